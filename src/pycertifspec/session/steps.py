"""What a procedure yields: each step is done by the face that drives it, and answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar

from pycertifspec.wire.constants import DataTypes, EventTypes
from pycertifspec.wire.values import Body

if TYPE_CHECKING:
    from collections.abc import Generator

    from .promise import Promise
    from .stream import Stream

T = TypeVar("T")

# A text body is never empty of everything: clients send type 2 without a body (PROTOCOL.md 2.2).
NOTHING = Body(DataTypes.SV_STRING, 0, 0, b"")

FOR_EVER = float("inf")


class Ask(NamedTuple):
    """Send a request and wait for its reply; answered with the message.

    Attributes:
        cmd: the command.
        name: the property.
        body: what is sent.
        timeout: seconds; None for the connection's own, `FOR_EVER` for no limit.
        capture: a stream that takes in nothing more once the reply is there.

    """

    cmd: EventTypes
    name: str = ""
    body: Body = NOTHING
    timeout: float | None = None
    capture: Stream | None = None


class AskAll(NamedTuple):
    """Send requests together; answered with a list of messages, and of errors where the server said no."""

    asks: tuple[Ask, ...]


class Begin(NamedTuple):
    """Send a request; answered with the promise of its reply, for `Within`."""

    ask: Ask


class Within(NamedTuple):
    """Wait for a promise; answered with what it brings, or None if the seconds pass before."""

    promise: Promise
    seconds: float


class Forget(NamedTuple):
    """Wait no more for what was begun."""

    promise: Promise


class Tell(NamedTuple):
    """Send what has no reply; answered with the serial number.

    Attributes:
        cmd: the command.
        name: the property.
        body: what is sent.
        slot: a promise that is failed if an error reply comes after all (PROTOCOL.md 2.5).

    """

    cmd: EventTypes
    name: str = ""
    body: Body = NOTHING
    slot: bool = False


class Follow(NamedTuple):
    """Let a stream take in changes of properties; answered with nothing."""

    stream: Stream
    names: tuple[str, ...]


class Unfollow(NamedTuple):
    """Let a stream take in nothing any more."""

    stream: Stream


class Next(NamedTuple):
    """Wait for the next of a stream; answered with it, or None if the seconds pass before."""

    stream: Stream
    seconds: float


class Now(NamedTuple):
    """Answered with the time in seconds, of a clock that never goes back."""


Step: TypeAlias = Ask | AskAll | Begin | Within | Forget | Tell | Follow | Unfollow | Next | Now

if TYPE_CHECKING:
    Procedure: TypeAlias = Generator[Step, Any, T]
