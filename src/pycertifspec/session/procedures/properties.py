"""Reading, writing and waiting for properties."""

from __future__ import annotations

import contextlib
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pycertifspec.errors import CallTimeoutError, RemoteError
from pycertifspec.session import names
from pycertifspec.session import properties as table
from pycertifspec.session.change import Change
from pycertifspec.session.steps import NOTHING, Ask, Follow, Next, Now, Tell, Unfollow
from pycertifspec.session.stream import Stream
from pycertifspec.wire import values
from pycertifspec.wire.constants import EventTypes

from .deadline import within

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycertifspec.session.client import ClientSession
    from pycertifspec.session.steps import Procedure
    from pycertifspec.wire.message import SpecMessage

_READ = EventTypes.SV_CHAN_READ

# Seconds that a write is waited for which SPEC, at its prompt, does as a command; what is longer waits for a motor.
QUEUED = 1.0


def read_message(name: str, timeout: float | None = None) -> Procedure[SpecMessage]:
    """Read a property; return the reply."""
    message: SpecMessage = yield Ask(_READ, name, timeout=timeout)
    return message


def read(name: str, kind: Callable[[Any], Any] | None = None, timeout: float | None = None) -> Procedure[Any]:
    """Read a property; return its value, made by `kind` if that is given."""
    message = yield _reading(name, timeout)
    value = names.value_of(message, name)
    return value if kind is None else converted(value, kind, name)


def read_change(name: str, timeout: float | None = None) -> Procedure[Change]:
    """Read a property; return its value with the message that it came in."""
    message = yield from read_message(names.check_name(name), timeout)
    return Change(name, names.value_of(message, name), first=True, deleted=False, part=None, message=message)


@lru_cache(maxsize=1024)
def _reading(name: str, timeout: float | None) -> Ask:
    """Return the request; they are kept, as programs read the same properties again and again."""
    return Ask(_READ, names.check_name(name), NOTHING, timeout)


def converted(value: Any, kind: Callable[[Any], Any], name: str) -> Any:
    """Return a value as the caller wants it.

    Raises:
        RemoteError: it cannot be made of what came.

    """
    try:
        return kind(value)
    except (TypeError, ValueError) as error:
        wanted = getattr(kind, "__name__", kind)
        raise RemoteError(f"the value of {name!r} is {value!r}, which is no {wanted}: {error}") from error


def write(session: ClientSession[Any], name: str, value: Any, timeout: float | None = None) -> Procedure[None]:
    """Write a property, and see that the server did not refuse.

    There is no reply to a write (PROTOCOL.md 6, 14). A read behind it is answered later than it, so an error
    that does not come before that answer does not come.

    What SPEC does as a command is done when this is over, if SPEC was at its prompt; where it is busy, or waits for a
    motor to stand, it is done when SPEC comes to it.
    """
    before, _ = session.last_error
    waits = table.is_queued(name) and (yield from is_ready(timeout))
    serial = yield Tell(EventTypes.SV_CHAN_SEND, names.check_name(name), values.encode(value, session.order), slot=True)
    try:
        ready = yield from is_ready(timeout)
    except CallTimeoutError as error:
        raise CallTimeoutError(f"{name!r} was written, but nobody knows if that had an effect: {error}") from error
    if waits and not ready:
        with contextlib.suppress(CallTimeoutError):
            yield from wait_for(table.READY, True, QUEUED, session)
    reason = session.refusals.pop(serial, "")
    count, text = session.last_error
    if not reason and count > before and name in text:
        reason = text  # where there is no error reply, the property `error` tells it to everybody (2.5)
    if reason:
        raise RemoteError(f"{session.label} refused to write {name!r}: {reason}")


def is_ready(timeout: float | None = None) -> Procedure[bool]:
    """Return whether the server waits at its prompt; one that does not know is taken to be busy."""
    try:
        ready = yield Ask(_READ, table.READY, timeout=timeout)
    except RemoteError:
        return False
    return bool(names.value_of(ready, table.READY))


def wait_for(
    name: str, wanted: Any, timeout: float | None, session: ClientSession[Any], *, changed: bool = False
) -> Procedure[Any]:
    """Wait until a property has a value, or one for which a predicate is true; return it."""
    fits: Callable[[Any], bool] = wanted if callable(wanted) else lambda value: bool(value == wanted)
    stream = Stream()
    deadline = None if timeout is None else (yield Now()) + timeout
    yield Follow(stream, (names.check_name(name),))
    try:
        value = None
        yield from within(session, confirm(name), timeout)
        while True:
            change: Change | None = yield Next(stream, (yield from left(deadline)))
            if change is None:
                raise CallTimeoutError(
                    f"{name!r} on {session.label} is {value!r}: not what was waited for within {timeout} s"
                )
            value = change.value
            if not (changed and change.first) and fits(value):
                return value
    finally:
        yield Unfollow(stream)


def confirm(name: str) -> Procedure[None]:
    """See that a property that is watched exists: registration itself says nothing (PROTOCOL.md 5.1)."""
    if not name.startswith("output/"):
        yield Ask(_READ, name)


def left(deadline: float | None) -> Procedure[float]:
    """Return the seconds until a deadline, none of them for ever."""
    if deadline is None:
        return float("inf")
    now: float = yield Now()
    return max(0.0, deadline - now)


def subscribe(stream: Stream, name: str, timeout: float | None) -> Procedure[bool]:
    """Wait for a watched property's first event; return whether it came in time.

    Raises:
        RemoteError: there is no such property.

    """
    yield from confirm(name)
    if name.startswith("output/"):
        return True
    return (yield Next(stream, float("inf") if timeout is None else timeout)) is not None


def until_ready(session: ClientSession[Any], timeout: float | None) -> Procedure[None]:
    """Wait until SPEC takes commands."""
    yield from wait_for(table.READY, True, timeout, session)
