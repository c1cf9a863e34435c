"""Moving motors, one or several, right in every race that is known (PROTOCOL.md 6)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from pycertifspec.errors import LocalProtocolError, LocalTypeError, RemoteError
from pycertifspec.session import properties
from pycertifspec.session.properties import motor_path
from pycertifspec.session.steps import NOTHING, Follow, Now, Tell, Unfollow
from pycertifspec.session.stream import Stream
from pycertifspec.wire.constants import EventTypes
from pycertifspec.wire.values import encode_scalar

from .arriving import at_rest, carried_out, explain
from .axis import Axis, check
from .deadline import within
from .facts import facts
from .listeners import Listeners
from .waiting import until_free

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pycertifspec.session.change import Change
    from pycertifspec.session.client import ClientSession
    from pycertifspec.session.steps import Procedure

    from .facts import Facts

_SEND = EventTypes.SV_CHAN_SEND

# Motors that SPEC can have (SPEC_LANGUAGE.md 3.3 leaves it open; config files allow a few hundred).
MAX_MOTORS = 1_000


def move(
    session: ClientSession[Any],
    targets: Mapping[str, float],
    *,
    by: bool = False,
    timeout: float | None = None,
    leave: bool = False,
    progress: Callable[[dict[str, float]], None] | None = None,
    arrived: Callable[[str, float], None] | None = None,
    starting: Callable[[dict[str, float]], None] | None = None,
) -> Procedure[dict[str, float]]:
    """Move motors together and wait until all stand; return where each is.

    A motor that is at its target already is not moved. While SPEC is busy, or one of them moves for somebody else,
    nothing is started, as SPEC's own ``mv`` does. Whatever ends the waiting early stops the motion, once.

    Args:
        session: the conversation.
        targets: where to, in user units.
        by: the targets are distances from where the motors stand when they are started.
        timeout: seconds for all; None for as long as they move.
        leave: let them move on when the waiting ends early.
        progress: as `Listeners`.
        arrived: as `Listeners`.
        starting: as `Listeners`.

    Raises:
        RefusedError: a target is beyond a limit, or a motor is disabled; nothing has moved.
        RemoteError: a motor is not there, refused or stopped short; the text says which, where and why.
        CallTimeoutError: the timeout passed.

    """
    if not targets or len(targets) > MAX_MOTORS:
        raise LocalProtocolError(f"cannot move {len(targets)} motors; expected 1 to {MAX_MOTORS}")
    wanted = {mne: _number(mne, target) for mne, target in targets.items()}
    listeners = Listeners(progress, arrived, starting)
    return (yield from within(session, _move(session, wanted, by, timeout, leave, listeners), timeout))


def _move(
    session: ClientSession[Any],
    wanted: dict[str, float],
    by: bool,
    timeout: float | None,
    leave: bool,
    listeners: Listeners,
) -> Procedure[dict[str, float]]:
    begin = yield Now()
    stream = Stream()
    watched = [motor_path(mne, prop.name) for mne in wanted for prop in (properties.MOVE_DONE, properties.POSITION)]
    yield Follow(stream, (properties.ERROR, properties.READY, *watched))
    try:
        axes = yield from _axes(wanted)
        if not by:
            _check(session, axes)
        what = f"the motion of {', '.join(axes)}"
        yield from until_free(session, stream, lambda: at_rest(list(axes.values())), begin, timeout, what)
        if by:
            for mne, axis in axes.items():
                axis.target = axis.position + wanted[mne]
            _check(session, axes)
        listeners.starts(axes)
        return (yield from _moved(session, stream, axes, begin, timeout, leave, listeners))
    finally:
        yield Unfollow(stream)


def move_one(
    session: ClientSession[Any], mne: str, target: float, *, by: bool = False, timeout: float | None, leave: bool
) -> Procedure[float]:
    """Move one motor, as `move`; return where it stands."""
    return (yield from move(session, {mne: target}, by=by, timeout=timeout, leave=leave))[mne]


def checked(session: ClientSession[Any], targets: Mapping[str, float]) -> Procedure[dict[str, Facts]]:
    """See whether motors could be moved to targets, and return what is known of each; nothing moves.

    Raises:
        RefusedError: one could not; the text says which and why.

    """
    axes = yield from _axes({mne: _number(mne, target) for mne, target in targets.items()})
    _check(session, axes)
    return {mne: axis.facts for mne, axis in axes.items()}


def targets_of(mapping: Mapping[str, float] | None, named: Mapping[str, float]) -> dict[str, float]:
    """Return the targets of a call: a mapping, or motors as keywords, or both."""
    return {**(mapping or {}), **named}


def _axes(targets: Mapping[str, float]) -> Procedure[dict[str, Axis]]:
    axes = {}
    for mne, target in targets.items():
        axes[mne] = Axis(mne, target, (yield from facts(mne)))
    return axes


def _check(session: ClientSession[Any], axes: Mapping[str, Axis]) -> None:
    for axis in axes.values():
        check(session.label, axis)


def _number(mne: str, target: Any) -> float:
    try:
        number = float(target)
    except (TypeError, ValueError) as error:
        raise LocalTypeError(f"cannot move motor {mne!r} to {target!r}: it is no number") from error
    if not math.isfinite(number):
        raise LocalProtocolError(f"cannot move motor {mne!r} to {target!r}")
    return number


def _moved(
    session: ClientSession[Any],
    stream: Stream,
    axes: dict[str, Axis],
    begin: float,
    timeout: float | None,
    leave: bool,
    listeners: Listeners,
) -> Procedure[dict[str, float]]:
    going = {mne: axis for mne, axis in axes.items() if not axis.is_at(axis.position)}
    if not going:
        return {mne: axis.position for mne, axis in axes.items()}
    for axis in axes.values():
        if axis.mne not in going:
            listeners.stands(axis)
    start = _start(list(going.values()))
    reason = yield from carried_out(
        session, start, stream, axes, going, begin, timeout=timeout, leave=leave, listeners=listeners
    )
    listeners.moved(axes)
    for axis in going.values():
        listeners.stands(axis)
    short = [axis for axis in going.values() if not axis.is_at(axis.position)]
    if short:
        raise RemoteError((yield from explain(session.label, short, reason)))
    return {mne: axis.position for mne, axis in axes.items()}


def _start(axes: list[Axis]) -> list[Tell]:
    """Return what starts motors: several with one command of SPEC's (PROTOCOL.md 5.7)."""
    each = [Tell(_SEND, motor_path(axis.mne, "start_one"), encode_scalar(axis.target), slot=True) for axis in axes]
    if len(axes) == 1:
        return each
    return [Tell(_SEND, properties.PRESTART_ALL, NOTHING), *each, Tell(_SEND, properties.START_ALL, NOTHING)]


def sync_answer(callback: Callable[[float, float], bool], answer: Callable[[bool], Any]) -> Callable[[Change], Any]:
    """Return what answers SPEC's question; an event without two numbers is none (PROTOCOL.md 5.8)."""

    def told(change: Change) -> Any:
        words = str(change.value).split()
        if len(words) != 2:
            return None
        return answer(bool(callback(float(words[0]), float(words[1]))))

    return told
