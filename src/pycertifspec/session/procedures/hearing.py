"""Running a command and hearing what it prints as it prints it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pycertifspec.errors import ConnectionLostError, RemoteError
from pycertifspec.session import names, properties
from pycertifspec.session.own_output import OwnOutput, event_text, own_output
from pycertifspec.session.steps import FOR_EVER, Ask, Begin, Follow, Forget, Next, Now, Unfollow, Within
from pycertifspec.session.stream import Stream
from pycertifspec.wire.constants import EventTypes

from .commands import DROPPED_AFTER, HEARTBEAT, MAX_OUTPUT, Result, aborted, command_body, dropped, too_long
from .deadline import within
from .properties import is_ready

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycertifspec.session.change import Change
    from pycertifspec.session.client import ClientSession
    from pycertifspec.session.steps import Procedure
    from pycertifspec.wire.message import SpecMessage


def stream(
    session: ClientSession[Any],
    command: str,
    progress: Callable[[str], object],
    timeout: float | None,
    *,
    leave: bool = False,
) -> Procedure[Result]:
    """Run a command; tell what it prints as it comes, and return its value and the whole of it."""
    own = OwnOutput(others=not (yield from within(session, is_ready(), timeout)))
    shown: list[str] = []

    def tell(text: str) -> None:
        if text:
            progress(text)

    def hear(change: Change) -> None:
        shown.append(event_text(change.value))
        tell(own.feed(change.value))

    try:
        reply = yield from heard(session, command, hear, timeout, leave=leave)
    finally:
        tell(own.finish())
    return Result(names.value_of(reply, ""), own_output("".join(shown)[-MAX_OUTPUT:]), reply)


def heard(
    session: ClientSession[Any],
    command: str,
    hear: Callable[[Change], object],
    timeout: float | None,
    *,
    leave: bool = False,
) -> Procedure[SpecMessage]:
    """Run a command; hear each piece of the screen until its reply, and return that.

    An aborted one is heard until it has ended, if it does so soon: what ``^C`` shows is its own.

    Whatever ends the waiting early aborts the command, once, unless it is to be left alone.

    Raises:
        RemoteError: it failed, or somebody aborted it.
        CallTimeoutError: it took longer than it may; or the server says nothing any more.

    """
    screen = Stream()
    yield Follow(screen, (properties.TTY,))
    try:
        ask = Ask(EventTypes.SV_CMD_WITH_RETURN, "", command_body(command), FOR_EVER, screen)
        promise = yield Begin(ask)
        try:
            yield from within(session, _listen(session, ask, screen, hear, timeout, leave=leave), timeout)
            return (yield Within(promise, FOR_EVER))  # type: ignore[no-any-return]
        except (RemoteError, ConnectionLostError):
            raise
        except BaseException:
            if not leave:
                yield from aborted(promise)
            raise
        finally:
            yield Forget(promise)
    finally:
        yield Unfollow(screen)
        for change in screen.rest():
            hear(change)


def _listen(
    session: ClientSession[Any],
    ask: Ask,
    screen: Stream,
    hear: Callable[[Change], object],
    timeout: float | None,
    *,
    leave: bool,
) -> Procedure[None]:
    """Hear the screen until the reply is there."""
    begin = yield Now()
    idle = 0
    while not screen.closed or screen.ready:
        now = yield Now()
        if timeout is not None and now - begin >= timeout:
            raise too_long(session, ask, timeout, leave=leave)
        wait = HEARTBEAT if timeout is None else min(HEARTBEAT, begin + timeout - now)
        change = yield Next(screen, wait)
        if change is None and wait < HEARTBEAT and not screen.closed:
            continue  # the time is over
        if change is not None:
            idle = 0
            hear(change)
            continue
        if screen.closed:
            return
        idle = idle + 1 if (yield from is_ready()) else 0  # a server that is gone does not answer
        if idle >= DROPPED_AFTER and not screen.closed:
            raise dropped(session, ask)
