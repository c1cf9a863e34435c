"""Waiting until motors stand, whatever the events say, and saying why one has not arrived (PROTOCOL.md 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pycertifspec.errors import CallTimeoutError, ConnectionLostError, RemoteError
from pycertifspec.session import names, properties
from pycertifspec.session.properties import motor_path
from pycertifspec.session.steps import Ask, AskAll, Next, Now, Tell
from pycertifspec.wire.constants import EventTypes

from .waiting import LOOK

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pycertifspec.session.change import Change
    from pycertifspec.session.client import ClientSession
    from pycertifspec.session.steps import Procedure
    from pycertifspec.session.stream import Stream

    from .axis import Axis
    from .listeners import Listeners

_READ = EventTypes.SV_CHAN_READ

# How often in a row SPEC must be found at its prompt with the motor at rest, before that is believed.
LOOKS = 2


def carried_out(
    session: ClientSession[Any],
    start: Iterable[Tell],
    stream: Stream,
    axes: dict[str, Axis],
    going: dict[str, Axis],
    begin: float,
    *,
    timeout: float | None,
    leave: bool,
    listeners: Listeners,
) -> Procedure[str]:
    """Start motors and wait until they stand; return what the server said meanwhile.

    Whatever ends the waiting early stops them, once.
    """
    reason, over = "", False
    try:
        for step in start:  # noqa: UP028  a list cannot be sent the answers
            yield step
        while not over:
            told = yield from until_all_stand(
                session, stream, axes, going, begin, timeout=timeout, leave=leave, listeners=listeners
            )
            reason = told or reason
            over = True
            ready = yield from look(list(axes.values()))  # the last event may have an older position (6, 6)
            for axis in going.values():
                # The event may have told an older motion's end (6, 3 and 4), or one of a command that came before.
                axis.done = not axis.facts.moving and (ready or axis.is_at(axis.position))
                if axis.arrived is not None and not (axis.done and axis.is_at(axis.position)):
                    axis.done, axis.position = True, axis.arrived  # it was there; somebody else has moved it on
            over = all(axis.done for axis in going.values())
    except (RemoteError, ConnectionLostError):
        raise
    except BaseException:
        if not (leave or over):
            yield Tell(EventTypes.SV_ABORT)
        raise
    return reason


def until_all_stand(
    session: ClientSession[Any],
    stream: Stream,
    axes: dict[str, Axis],
    going: dict[str, Axis],
    begin: float,
    *,
    timeout: float | None,
    leave: bool,
    listeners: Listeners,
) -> Procedure[str]:
    """Wait until all stand; return what the server said meanwhile, which may be the reason if they did not arrive."""
    reason = ""
    rest = 0  # looks in a row that found everything at rest
    while not all(axis.done for axis in going.values()):
        now = yield Now()
        if timeout is not None and now - begin >= timeout:
            raise CallTimeoutError(
                f"{', '.join(axis.mne for axis in going.values() if not axis.done)} on {session.label} did not arrive "
                f"within {timeout} s; the motion {'goes on' if leave else 'was told to stop'}"
            )
        wait = LOOK if timeout is None else min(LOOK, begin + timeout - now)
        change: Change | None = yield Next(stream, wait)
        if change is None and wait < LOOK:
            continue  # the time is over
        if change is not None and change.name == properties.ERROR:
            reason = change.value or reason
        in_doubt = (
            change is None or change.name == properties.ERROR or (change.name == properties.READY and change.value)
        )
        if change is not None and change.name.startswith("motor/"):
            axis = axes[change.name.split("/")[1]]
            if change.name.endswith("/move_done"):
                axis.told(moving=change.value, first=change.first)
                if axis.done and listeners.arrived is not None:
                    yield from look([axis])  # the last event may have an older position (6, 6)
                    if not axis.facts.moving:
                        listeners.stands(axis)
            elif not change.first:
                axis.position = change.value
                listeners.moved(axes)
        if in_doubt:
            rest = yield from _rest(going, rest, silent=change is None)
            for axis in going.values():
                if axis.done:
                    listeners.stands(axis)
    return reason


def _rest(going: dict[str, Axis], rest: int, *, silent: bool) -> Procedure[int]:
    """Look how things are; where nothing moves any more, take note of it: no event need come (6, 5)."""
    ready = yield from look(list(going.values()))
    idle = [axis for axis in going.values() if not axis.done and not axis.facts.moving]
    if not ready or len(idle) < sum(not axis.done for axis in going.values()):
        return 0
    for axis in idle:
        # At its target and at rest: it was there, or its events have been lost. Elsewhere: refused, or not begun yet.
        axis.done = axis.is_at(axis.position) or (silent and rest + 1 >= LOOKS)
    return rest + 1 if silent else rest


def at_rest(axes: list[Axis]) -> Procedure[bool]:
    """Look how motors are; return whether they could be started at once."""
    ready = yield from look(axes)
    return ready and not any(axis.facts.moving for axis in axes)


def look(axes: list[Axis]) -> Procedure[bool]:
    """Ask whether motors move and where they are; return whether SPEC is at its prompt.

    The position is asked for last: of a motor that did not move before, it is where it stands.
    """
    asks = [Ask(_READ, properties.READY)]
    for axis in axes:
        asks += [Ask(_READ, motor_path(axis.mne, "move_done")), Ask(_READ, motor_path(axis.mne, "position"))]
    ready, *answers = yield AskAll(tuple(asks))
    for axis, moving, position in zip(axes, answers[::2], answers[1::2], strict=True):
        for answer in (moving, position):
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


def explain(label: str, short: list[Axis], reason: str) -> Procedure[str]:
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
