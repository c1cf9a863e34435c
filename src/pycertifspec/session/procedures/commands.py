"""Running commands and calling functions; what a command printed."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from pycertifspec.errors import (
    CallTimeoutError,
    ConnectionLostError,
    LocalProtocolError,
    LocalTypeError,
    RemoteError,
    SpecError,
)
from pycertifspec.session import names, properties
from pycertifspec.session.client import told
from pycertifspec.session.own_output import event_text, own_output
from pycertifspec.session.quoting import literal
from pycertifspec.session.steps import FOR_EVER, Ask, Begin, Follow, Forget, Now, Tell, Unfollow, Within
from pycertifspec.session.stream import Stream
from pycertifspec.wire.constants import EventTypes
from pycertifspec.wire.values import Body, encode_scalar

from .deadline import within
from .properties import converted, is_ready

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycertifspec.session.client import ClientSession
    from pycertifspec.session.promise import Promise
    from pycertifspec.session.steps import Procedure
    from pycertifspec.wire.message import SpecMessage

# Seconds of silence after which a server that runs a command is asked whether it still does.
HEARTBEAT = 2.0

# A command of which the server, at its prompt, has said nothing in so many heartbeats was dropped (PROTOCOL.md 2.6).
DROPPED_AFTER = 2

# Seconds that an aborted command has to end: motors slow down, cleanup macros bring them back or say what was counted.
# What it still prints is its own, and not the next command's.
GRACE = 2.0

# Characters of its output that are kept while a command runs: what a person would ever scroll through.
MAX_OUTPUT = 4 * 1024 * 1024


class Result(NamedTuple):
    """What a command gave.

    Attributes:
        value: of its last statement: text, an associative array or a data array. Text stays text, and for
            a command that is no expression it says nothing (PROTOCOL.md 2.4).
        output: what it printed on the screen, without prompts.
        message: the reply as it came.

    """

    value: Any
    output: str
    message: SpecMessage


def call(
    session: ClientSession[Any],
    function: str,
    *arguments: Any,
    returns: Callable[[Any], Any] | None,
    timeout: float | None,
) -> Procedure[Any]:
    """Call a macro function or a built-in one; return its value."""
    if not function.strip() or "\0" in function:
        raise LocalProtocolError(f"cannot call {function!r}: it is no name")
    # The spelling that every server reads; not all take NUL-separated items (PROTOCOL.md 7.2).
    text = f"{function}({', '.join(map(literal, arguments))})"
    ask = Ask(EventTypes.SV_FUNC_WITH_RETURN, "", encode_scalar(text))
    reply = yield from awaited(session, ask, timeout, leave=False)
    value = names.value_of(reply, "")
    return value if returns is None else converted(value, returns, f"{function}()")


def execute(
    session: ClientSession[Any], command: str, timeout: float | None, *, leave: bool = False
) -> Procedure[Result]:
    """Run a command as at SPEC's prompt; return its value and what it printed.

    Output comes before the reply (PROTOCOL.md 6, 13); commands run one after the other, with a prompt between.
    """
    screen = Stream()
    reply, output = yield from _captured(session, command, screen, timeout, leave=leave)
    return Result(names.value_of(reply, ""), output, reply)


def _captured(
    session: ClientSession[Any], command: str, screen: Stream, timeout: float | None, *, leave: bool
) -> Procedure[tuple[SpecMessage, str]]:
    ask = Ask(EventTypes.SV_CMD_WITH_RETURN, "", command_body(command), FOR_EVER, screen)
    yield Follow(screen, (properties.TTY,))
    try:
        reply = yield from awaited(session, ask, timeout, leave=leave)
    finally:
        yield Unfollow(screen)
    return reply, own_output(drained(screen))


def reply_and_output(session: ClientSession[Any], command: str) -> Procedure[tuple[SpecMessage, str]]:
    """Run a command; return its reply, which may be an error, and what it printed."""
    screen = Stream()
    try:
        return (yield from _captured(session, command, screen, None, leave=False))
    except RemoteError as error:
        if error.reply is None:
            raise
        return error.reply, own_output(drained(screen))


def start(command: str) -> Procedure[None]:
    """Run a command without waiting for anything."""
    yield Tell(EventTypes.SV_CMD, "", command_body(command))


def abort() -> Procedure[None]:
    """Stop everything, as ^C at SPEC's keyboard (PROTOCOL.md 2.6)."""
    yield Tell(EventTypes.SV_ABORT)


def command_body(command: str) -> Body:
    """Return a command as a body; an empty one is refused, and what is no text."""
    if not isinstance(command, str):
        raise LocalTypeError(f"cannot send {command!r}: a command is a text, as at SPEC's prompt")
    if not command.strip():
        raise LocalProtocolError("cannot send: the command is empty")
    return encode_scalar(command)


def awaited(session: ClientSession[Any], ask: Ask, timeout: float | None, *, leave: bool) -> Procedure[SpecMessage]:
    """Send a command and wait for its reply, however long it takes, as long as the server is alive.

    Whatever ends the waiting early aborts the command, once, unless it is to be left alone.

    Raises:
        CallTimeoutError: it took longer than it may; or the server says nothing any more.
        RemoteError: the command failed, or the server dropped it.

    """
    promise: Promise = yield Begin(ask._replace(timeout=FOR_EVER))
    try:
        return (yield from within(session, _reply(session, ask, promise, timeout, leave=leave), timeout))
    except (RemoteError, ConnectionLostError):
        raise
    except BaseException:
        if not leave:
            yield from aborted(promise)
        raise
    finally:
        yield Forget(promise)


def aborted(promise: Promise) -> Procedure[None]:
    """Abort the command of which a promise is the reply, once, and give it some time to end."""
    yield Tell(EventTypes.SV_ABORT)
    with suppress(SpecError):  # that it was aborted, or that the connection is lost: nobody waits for either
        yield Within(promise, GRACE)


def _reply(
    session: ClientSession[Any], ask: Ask, promise: Promise, timeout: float | None, *, leave: bool
) -> Procedure[SpecMessage]:
    begin = yield Now()
    idle = 0
    while True:
        now = yield Now()
        wait = HEARTBEAT if timeout is None else max(0.0, min(HEARTBEAT, begin + timeout - now))
        reply = yield Within(promise, wait)
        if reply is not None:
            return reply  # type: ignore[no-any-return]
        if timeout is not None and (yield Now()) - begin >= timeout:
            raise too_long(session, ask, timeout, leave=leave)
        idle = idle + 1 if (yield from is_ready()) else 0
        if idle >= DROPPED_AFTER:
            raise dropped(session, ask)


def too_long(session: ClientSession[Any], ask: Ask, timeout: float, *, leave: bool) -> CallTimeoutError:
    """Return the error for a command that took longer than it may."""
    then = "it goes on" if leave else "it was told to stop"
    return CallTimeoutError(f"{told(ask)} took more than {timeout} s on {session.label}; {then}")


def dropped(session: ClientSession[Any], ask: Ask) -> RemoteError:
    """Return the error for a command of which a server at its prompt says nothing (PROTOCOL.md 2.6)."""
    return RemoteError(f"{session.label} waits at its prompt and has not answered {told(ask)}: somebody aborted it")


def drained(stream: Stream) -> str:
    """Return the text that a stream took in."""
    return "".join([event_text(change.value) for change in stream.rest()])[-MAX_OUTPUT:]
