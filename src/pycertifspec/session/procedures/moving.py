"""Moving motors, one or several, right in every race that is known (PROTOCOL.md 6)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from pycertifspec.errors import CallTimeoutError, ConnectionLostError, LocalProtocolError, RefusedError, RemoteError
from pycertifspec.session import names, properties
from pycertifspec.session.properties import motor_path
from pycertifspec.session.steps import NOTHING, Ask, AskAll, Follow, Next, Now, Tell, Unfollow
from pycertifspec.session.stream import Stream
from pycertifspec.wire.constants import EventTypes
from pycertifspec.wire.values import encode_scalar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pycertifspec.session.change import Change
    from pycertifspec.session.client import ClientSession
    from pycertifspec.session.properties import Property
    from pycertifspec.session.steps import Procedure

_READ, _SEND = EventTypes.SV_CHAN_READ, EventTypes.SV_CHAN_SEND

# Seconds without news after which it is looked how things are: events may be late, or not come at all (6, 2 and 5).
LOOK = 1.0

# How often in a row SPEC must be found at its prompt with the motor at rest, before that is believed.
LOOKS = 2

# Motors that SPEC can have (SPEC_LANGUAGE.md 3.3 leaves it open; config files allow a few hundred).
MAX_MOTORS = 1_000


class Facts(NamedTuple):
    """What is known of a motor; None where the server does not say.

    Attributes:
        position: in user units.
        moving: whether it moves.
        unusable: whether it is disabled.
        low: lower limit, in user units.
        high: upper limit, in user units.
        step: the least distance that it can move, in user units.
        dial: position in dial units.

    """

    position: float
    moving: bool
    unusable: bool
    low: float | None
    high: float | None
    step: float
    dial: float | None = None


class _Listeners(NamedTuple):
    """Who is told of a motion."""

    progress: Callable[[dict[str, float]], None] | None = None
    arrived: Callable[[str, float], None] | None = None

    def moved(self, axes: dict[str, _Axis]) -> None:
        """Tell where all are."""
        if self.progress is not None:
            self.progress({mne: axis.position for mne, axis in axes.items()})

    def stands(self, axis: _Axis) -> None:
        """Tell that one stands, if that is where it was sent."""
        if self.arrived is not None and axis.is_at(axis.position):
            self.arrived(axis.mne, axis.position)


class _Axis:
    """One motor on its way."""

    def __init__(self, mne: str, target: float, facts: Facts) -> None:
        self.mne = mne
        self.target = target
        self.facts = facts
        self.position = facts.position
        self.started = False
        self.done = False
        self._older = facts.moving  # it is under way already: the next end is that of the older motion

    def told(self, *, moving: bool, first: bool) -> None:
        """Take note of an event of ``move_done``."""
        if moving:
            # Registration tells it, too, if it is late; it was at rest before it was started (6, 3).
            self.started, self.done = True, False
        elif self._older:
            self._older = self.started = False
        elif self.started and not first:  # a 0 before the 1 is an older motion's (6, 2 and 4)
            self.done = True

    @property
    def tolerance(self) -> float:
        """How far from the target a motor that has arrived may stand: its steps are no finer (PROTOCOL.md 5.6)."""
        return max(self.facts.step, 1e-9 * abs(self.target)) * 1.000_001

    def is_at(self, position: float) -> bool:
        return abs(position - self.target) <= self.tolerance


def facts(mne: str) -> Procedure[Facts]:
    """Ask for what must be known of a motor before it moves.

    Raises:
        RemoteError: there is no such motor.

    """
    wanted: tuple[Property[Any], ...] = (
        properties.POSITION, properties.MOVE_DONE, properties.UNUSABLE, properties.LOW_LIMIT, properties.HIGH_LIMIT,
        properties.OFFSET, properties.SIGN, properties.STEP_SIZE, properties.DIAL_POSITION,
    )  # fmt: skip
    answers = yield AskAll(tuple(Ask(_READ, motor_path(mne, prop.name)) for prop in wanted))
    if isinstance(answers[0], Exception):
        raise answers[0]
    position, moving, unusable, low, high, offset, sign, step, dial = (
        None if isinstance(answer, Exception) else names.value_of(answer, motor_path(mne, prop.name))
        for prop, answer in zip(wanted, answers, strict=True)
    )
    ends = [None if end is None else (sign or 1.0) * end + (offset or 0.0) for end in (low, high)]
    if sign == -1:
        ends.reverse()
    smallest = 1 / abs(step) if step else 0.0
    return Facts(float(position or 0.0), bool(moving), bool(unusable), ends[0], ends[1], smallest, dial)


def limits(mne: str) -> Procedure[tuple[float, float]]:
    """Return a motor's limits in user units, the lower one first; SPEC has them in dial units (PROTOCOL.md 5.6).

    Raises:
        RemoteError: the server does not say.

    """
    known = yield from facts(mne)
    if known.low is None or known.high is None:
        raise RemoteError(f"the server does not say where the limits of motor {mne!r} are")
    return known.low, known.high


def check(label: str, axis: _Axis) -> None:
    """Refuse what SPEC would refuse, before anything moves.

    Raises:
        RefusedError: which motor, and why.

    """
    mne, target, known = axis.mne, axis.target, axis.facts
    if known.unusable:
        raise RefusedError(f"motor {mne!r} on {label} is not moved: it is disabled (unusable)")
    # Both limits at one place stand for none (SPEC_LANGUAGE.md 6.6).
    if known.low is None or known.high is None or known.low == known.high:
        return
    if target < known.low - axis.tolerance or target > known.high + axis.tolerance:
        end, limit = ("low", known.low) if target < known.low else ("high", known.high)
        raise RefusedError(f"motor {mne!r} on {label} is not moved: {target:g} is beyond its {end} limit at {limit:g}")


def move(
    session: ClientSession[Any],
    targets: Mapping[str, float],
    *,
    timeout: float | None = None,
    leave: bool = False,
    progress: Callable[[dict[str, float]], None] | None = None,
    arrived: Callable[[str, float], None] | None = None,
) -> Procedure[dict[str, float]]:
    """Move motors together and wait until all stand; return where each is.

    A motor that is at its target already is not moved. Whatever ends the waiting early stops the motion, once.

    Args:
        session: the conversation.
        targets: where to, in user units.
        timeout: seconds for all; None for as long as they move.
        leave: let them move on when the waiting ends early.
        progress: is called with the positions when one has changed.
        arrived: is called with a motor's mnemonic and position when it stands at its target.

    Raises:
        RefusedError: a target is beyond a limit, or a motor is disabled; nothing has moved.
        RemoteError: a motor is not there, refused or stopped short; the text says which, where and why.
        CallTimeoutError: the timeout passed.

    """
    if not targets or len(targets) > MAX_MOTORS:
        raise LocalProtocolError(f"cannot move {len(targets)} motors; expected 1 to {MAX_MOTORS}")
    wanted = {mne: _number(mne, target) for mne, target in targets.items()}
    stream = Stream()
    watched = [motor_path(mne, prop.name) for mne in wanted for prop in (properties.MOVE_DONE, properties.POSITION)]
    yield Follow(stream, (properties.ERROR, properties.READY, *watched))
    try:
        axes = yield from _axes(session, wanted)
        while stream.ready:  # what registration told is no news (6, 3)
            stream.take()
        return (yield from _moved(session, stream, axes, timeout, leave, _Listeners(progress, arrived)))
    finally:
        yield Unfollow(stream)


def checked(session: ClientSession[Any], targets: Mapping[str, float]) -> Procedure[dict[str, Facts]]:
    """See whether motors could be moved to targets, and return what is known of each; nothing moves.

    Raises:
        RefusedError: one could not; the text says which and why.

    """
    return {mne: axis.facts for mne, axis in (yield from _axes(session, targets)).items()}


def _axes(session: ClientSession[Any], targets: Mapping[str, float]) -> Procedure[dict[str, _Axis]]:
    axes = {}
    for mne, target in targets.items():
        axes[mne] = _Axis(mne, _number(mne, target), (yield from facts(mne)))
        check(session.label, axes[mne])
    return axes


def _number(mne: str, target: Any) -> float:
    number = float(target)
    if not math.isfinite(number):
        raise LocalProtocolError(f"cannot move motor {mne!r} to {target!r}")
    return number


def _moved(
    session: ClientSession[Any],
    stream: Stream,
    axes: dict[str, _Axis],
    timeout: float | None,
    leave: bool,
    listeners: _Listeners,
) -> Procedure[dict[str, float]]:
    going = {mne: axis for mne, axis in axes.items() if axis.facts.moving or not axis.is_at(axis.position)}
    if not going:
        return {mne: axis.position for mne, axis in axes.items()}
    begin = yield Now()
    for axis in axes.values():
        if axis.mne not in going:
            listeners.stands(axis)
    try:
        yield from _start(list(going.values()))
        reason = yield from _wait(session, stream, axes, going, begin, timeout, listeners)
    except (RemoteError, ConnectionLostError):
        raise
    except BaseException:
        if not leave:
            yield Tell(EventTypes.SV_ABORT)
        raise
    yield from _look(list(axes.values()))  # the last event may have an older position (6, 6)
    listeners.moved(axes)
    short = [axis for axis in going.values() if not axis.is_at(axis.position)]
    if short:
        raise RemoteError((yield from _explain(session.label, short, reason)))
    return {mne: axis.position for mne, axis in axes.items()}


def _start(axes: list[_Axis]) -> Procedure[None]:
    """Start motors: several with one command of SPEC's (PROTOCOL.md 5.7)."""
    if len(axes) > 1:
        yield Tell(_SEND, properties.PRESTART_ALL, NOTHING)
    for axis in axes:
        yield Tell(_SEND, motor_path(axis.mne, "start_one"), encode_scalar(axis.target), slot=True)
    if len(axes) > 1:
        yield Tell(_SEND, properties.START_ALL, NOTHING)


def _wait(
    session: ClientSession[Any],
    stream: Stream,
    axes: dict[str, _Axis],
    going: dict[str, _Axis],
    begin: float,
    timeout: float | None,
    listeners: _Listeners,
) -> Procedure[str]:
    """Wait until all stand; return what the server said meanwhile, which may be the reason if they did not arrive."""
    reason = ""
    rest = 0  # looks in a row that found everything at rest
    while not all(axis.done for axis in going.values()):
        now = yield Now()
        if timeout is not None and now - begin >= timeout:
            raise CallTimeoutError(
                f"{', '.join(axis.mne for axis in going.values() if not axis.done)} on {session.label} did not arrive "
                f"within {timeout} s; the motion was told to stop"
            )
        wait = LOOK if timeout is None else min(LOOK, begin + timeout - now)
        change: Change | None = yield Next(stream, wait)
        if change is not None and change.name == properties.ERROR:
            reason = change.value or reason
        look = change is None or change.name == properties.ERROR or (change.name == properties.READY and change.value)
        if change is not None and change.name.startswith("motor/"):
            axis = axes[change.name.split("/")[1]]
            if change.name.endswith("/move_done"):
                axis.told(moving=change.value, first=change.first)
                if axis.done and listeners.arrived is not None:
                    yield from _look([axis])  # the last event may have an older position (6, 6)
                    listeners.stands(axis)
            elif not change.first:
                axis.position = change.value
                listeners.moved(axes)
        if look:
            rest = yield from _rest(going, rest, silent=change is None)
    return reason


def _rest(going: dict[str, _Axis], rest: int, *, silent: bool) -> Procedure[int]:
    """Look how things are; where nothing moves any more, take note of it: no event need come (6, 5)."""
    ready = yield from _look(list(going.values()))
    idle = [axis for axis in going.values() if not axis.done and not axis.facts.moving]
    if not ready or len(idle) < sum(not axis.done for axis in going.values()):
        return 0
    for axis in idle:
        # At its target and at rest: it was there, or its events have been lost. Elsewhere: refused, or not begun yet.
        axis.done = axis.is_at(axis.position) or (silent and rest + 1 >= LOOKS)
    return rest + 1 if silent else rest


def _look(axes: list[_Axis]) -> Procedure[bool]:
    """Ask where motors are and whether they move; return whether SPEC is at its prompt."""
    asks = [Ask(_READ, properties.READY)]
    for axis in axes:
        asks += [Ask(_READ, motor_path(axis.mne, "position")), Ask(_READ, motor_path(axis.mne, "move_done"))]
    ready, *answers = yield AskAll(tuple(asks))
    for axis, position, moving in zip(axes, answers[::2], answers[1::2], strict=True):
        for answer in (position, moving):
            if isinstance(answer, Exception):
                raise answer
        axis.position = names.value_of(position, motor_path(axis.mne, "position"))
        axis.facts = axis.facts._replace(moving=names.value_of(moving, motor_path(axis.mne, "move_done")))
    # A server without this property has no queue in which a motion could still wait.
    return isinstance(ready, Exception) or bool(names.value_of(ready, properties.READY))


_REASONS = (
    (properties.HIGH_LIM_HIT, "it is at its switch at the high end"),
    (properties.LOW_LIM_HIT, "it is at its switch at the low end"),
    (properties.MOTOR_FAULT, "its controller reports a fault"),
    (properties.EMERGENCY_STOP, "its emergency stop is active"),
    (properties.UNUSABLE, "it is disabled"),
)


def _explain(label: str, short: list[_Axis], reason: str) -> Procedure[str]:
    """Return what to tell of motors that have not arrived."""
    told = []
    for axis in short:
        paths = [motor_path(axis.mne, prop.name) for prop, _ in _REASONS]
        answers = yield AskAll(tuple(Ask(_READ, path) for path in paths))
        why = [
            words
            for (_, words), path, answer in zip(_REASONS, paths, answers, strict=True)
            if not isinstance(answer, Exception) and names.value_of(answer, path)
        ]
        how = "stopped" if axis.started else "did not start: it is"
        told.append(
            f"motor {axis.mne!r} {how} at {axis.position:g}, short of {axis.target:g}"
            + (f": {', '.join(why)}" if why else "")
        )
    said = f"; the server said: {reason.strip()}" if reason else ""
    return f"{'; '.join(told)}, on {label}{said}"


def search(
    session: ClientSession[Any], mne: str, how: str, home: float | None, *, timeout: float | None, leave: bool = False
) -> Procedure[float]:
    """Search for a motor's home or limit switch, and wait; return where it stands, in user units."""
    text = how if home is None else f"{how} {home:.15g}"
    stream = Stream()
    yield Follow(
        stream, (properties.ERROR, properties.READY, motor_path(mne, "move_done"), motor_path(mne, "position"))
    )
    try:
        known = yield from facts(mne)
        axis = _Axis(mne, math.nan, known)
        check(session.label, axis)
        while stream.ready:
            stream.take()
        begin = yield Now()
        try:
            yield Tell(_SEND, motor_path(mne, "search"), encode_scalar(text), slot=True)
            reason = yield from _wait(session, stream, {mne: axis}, {mne: axis}, begin, timeout, _Listeners())
        except (RemoteError, ConnectionLostError):
            raise
        except BaseException:
            if not leave:
                yield Tell(EventTypes.SV_ABORT)
            raise
        yield from _look([axis])
        if not axis.started and reason:
            raise RemoteError(f"motor {mne!r} on {session.label} was not searched ({text}): {reason.strip()}")
        return axis.position
    finally:
        yield Unfollow(stream)


def move_one(
    session: ClientSession[Any], mne: str, target: float, *, timeout: float | None, leave: bool
) -> Procedure[float]:
    """Move one motor, as `move`; return where it stands."""
    return (yield from move(session, {mne: target}, timeout=timeout, leave=leave))[mne]


def targets_of(mapping: Mapping[str, float] | None, named: Mapping[str, float]) -> dict[str, float]:
    """Return the targets of a call: a mapping, or motors as keywords, or both."""
    return {**(mapping or {}), **named}


def sync_answer(callback: Callable[[float, float], bool], answer: Callable[[bool], Any]) -> Callable[[Change], Any]:
    """Return what answers SPEC's question; an event without two numbers is none (PROTOCOL.md 5.8)."""

    def told(change: Change) -> Any:
        words = str(change.value).split()
        if len(words) != 2:
            return None
        return answer(bool(callback(float(words[0]), float(words[1]))))

    return told
