"""A recording as a server's memory: which answers and events a request brings, and when."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from pycertifspec.errors import DataFileError
from pycertifspec.wire.constants import EventTypes
from pycertifspec.wire.values import text_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pycertifspec.wire.message import SpecMessage

    from .passing import Passing

# Requests without a body that counts (PROTOCOL.md 2.2), and without consequences but their reply.
_BODYLESS: Final = frozenset({
    EventTypes.SV_ABORT,
    EventTypes.SV_CHAN_READ,
    EventTypes.SV_CLOSE,
    EventTypes.SV_HELLO,
    EventTypes.SV_REGISTER,
    EventTypes.SV_UNREGISTER,
})  # fmt: skip
_WITHOUT_EVENTS: Final = frozenset({
    EventTypes.SV_CHAN_READ,
    EventTypes.SV_CLOSE,
    EventTypes.SV_HELLO,
    EventTypes.SV_UNREGISTER,
})  # fmt: skip
_REPLIES: Final = frozenset({EventTypes.SV_REPLY, EventTypes.SV_HELLO_REPLY})

Key = tuple[int, str, bytes]

# A server's memory is in ours: so many messages and bytes of their bodies are some gigabytes at the most. A day at a
# beamline has less; what is longer is cut into pieces, for each line is a message.
MAX_MESSAGES: Final = 2_000_000
MAX_BYTES: Final = 1024 * 1024 * 1024


class Due(NamedTuple):
    """What is to be sent: after how many seconds, and what was recorded."""

    delay: float
    message: SpecMessage


@dataclass(slots=True)
class Step:
    """A recorded request and what it brought."""

    time: float
    brought: list[Due] = field(default_factory=list)

    def bring(self, passing: Passing) -> None:
        """Add what came of it."""
        assert passing.message is not None  # noqa: S101  for the type checker
        self.brought.append(Due(max(0.0, passing.time - self.time), passing.message))


@dataclass(slots=True)
class Conversation:
    """One recorded connection: equal requests in their order, and the name that the server told."""

    steps: dict[Key, list[Step]] = field(default_factory=dict)
    server_name: str = ""


def key_of(message: SpecMessage) -> Key:
    """Return what makes two requests the same: command, property and body, not serial number and time."""
    if message.cmd == EventTypes.SV_HELLO:
        return message.cmd, "", b""
    body = b"" if message.cmd in _BODYLESS else message.raw_body.rstrip(b"\0")
    return message.cmd, message.name, body


def conversations(passings: Iterable[Passing]) -> list[Conversation]:
    """Return the connections of a recording, in the order in which they began.

    A reply belongs to its request. The first event of a property belongs to its registration, a later one to the last
    request before it that may have had consequences: reading has none.

    Raises:
        DataFileError: it has more than is kept in memory.

    """
    found: dict[int, _Builder] = {}
    messages = size = 0
    for passing in passings:
        builder = found.setdefault(passing.connection, _Builder())
        if passing.message is not None:
            messages, size = messages + 1, size + passing.message.len
            if messages > MAX_MESSAGES or size > MAX_BYTES:
                raise DataFileError(
                    f"the recording is kept in memory, and has more than {MAX_MESSAGES} messages or {MAX_BYTES} bytes "
                    "in them: take its first line and those that matter, each is a message"
                )
            builder.take(passing, passing.message)
    return [builder.conversation for builder in found.values() if builder.conversation.steps]


class _Builder:
    """A conversation while it is read."""

    def __init__(self) -> None:
        self.conversation = Conversation()
        self._open: dict[int, Step] = {}
        self._registered: dict[str, Step] = {}
        self._cause: Step | None = None

    def take(self, passing: Passing, message: SpecMessage) -> None:
        if passing.direction == "up":
            step = Step(passing.time)
            self.conversation.steps.setdefault(key_of(message), []).append(step)
            if message.sn:
                self._open[message.sn] = step
            if message.cmd == EventTypes.SV_REGISTER:
                self._registered[message.name] = step
            if message.cmd not in _WITHOUT_EVENTS:
                self._cause = step
            return
        step_of: Step | None
        if message.cmd in _REPLIES:
            step_of = self._open.pop(message.sn, None)
            if message.cmd == EventTypes.SV_HELLO_REPLY:
                self.conversation.server_name = text_of(message) or message.name
        else:
            step_of = self._registered.pop(message.name, None) or self._cause
        if step_of is not None:
            step_of.bring(passing)


class Memory:
    """A whole recording, of which each client gets a conversation."""

    def __init__(self, found: list[Conversation]) -> None:
        self._conversations = found
        self._unused = list(found)

    @property
    def server_name(self) -> str:
        """The recorded server's name."""
        return next((one.server_name for one in self._conversations if one.server_name), "replay")

    def conversation(self, key: Key) -> Conversation:
        """Return the conversation for a client by its first request that is no HELLO.

        It is the first one that nobody has had yet in which that request occurs, else the first in which it does.
        """
        for choice in (self._unused, self._conversations):
            for one in choice:
                if key in one.steps:
                    if one in self._unused:
                        self._unused.remove(one)
                    return one
        return Conversation()


class Playing:
    """What one client is told.

    Args:
        memory: of the recording.

    """

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._conversation: Conversation | None = None
        self._next: dict[Key, int] = {}
        self.registered: set[str] = set()

    def asked(self, message: SpecMessage) -> list[Due] | None:
        """Return what a request brings, or None if it is not in the recording.

        The n-th time a client asks something it is told what was told the n-th time, and when the recording has no
        more, what was told the last time.
        """
        if message.cmd == EventTypes.SV_REGISTER:
            self.registered.add(message.name)
        elif message.cmd == EventTypes.SV_UNREGISTER:
            self.registered.discard(message.name)
        key = key_of(message)
        if self._conversation is None:
            self._conversation = self._memory.conversation(key)
        same = self._conversation.steps.get(key)
        if same is None:
            harmless = message.cmd in (EventTypes.SV_CLOSE, EventTypes.SV_UNREGISTER)
            return [] if harmless else None
        turn = self._next.get(key, 0)
        self._next[key] = turn + 1
        return same[min(turn, len(same) - 1)].brought
