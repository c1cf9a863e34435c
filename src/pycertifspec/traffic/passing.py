"""`Passing`: one message on its way, and what it belongs to."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

from pycertifspec.wire.constants import EventTypes

if TYPE_CHECKING:
    from pycertifspec.wire.message import SpecMessage

Direction: TypeAlias = Literal["up", "down"]
"""``up``: from the client to the server."""

# What servers send; everything else comes from clients (PROTOCOL.md 2.1).
FROM_SERVER: Final = frozenset({EventTypes.SV_REPLY, EventTypes.SV_EVENT, EventTypes.SV_HELLO_REPLY})
# Requests of one client whose reply may still come; those that wait longest are forgotten.
MAX_OPEN: Final = 10_000


class Passing(NamedTuple):
    """What was seen.

    Attributes:
        time: seconds since 1970.
        connection: counts the connections from 1.
        direction: whither it went.
        message: the message, or None where `note` tells something else.
        name: of the property; a reply has its request's, which its own field need not repeat (PROTOCOL.md 5.1).
        elapsed: seconds between a request and this reply, or None.
        note: that a connection began or ended, or what could not be read.

    """

    time: float
    connection: int
    direction: Direction
    message: SpecMessage | None
    name: str = ""
    elapsed: float | None = None
    note: str = ""


class Listener:
    """Hears both sides of one connection, and knows which reply answers which request.

    Args:
        connection: its number.

    """

    def __init__(self, connection: int) -> None:
        self.connection = connection
        self._open: OrderedDict[int, tuple[str, float]] = OrderedDict()

    def hear(self, direction: Direction, message: SpecMessage, time: float) -> Passing:
        """Take in a message; return it with what it belongs to."""
        name, elapsed = message.name, None
        if direction == "up":
            if message.sn:
                self._open[message.sn] = name, time
                if len(self._open) > MAX_OPEN:
                    self._open.popitem(last=False)
        elif message.cmd != EventTypes.SV_EVENT and (asked := self._open.pop(message.sn, None)):
            name, elapsed = name or asked[0], time - asked[1]
        return Passing(time, self.connection, direction, message, name, elapsed)

    def note(self, direction: Direction, text: str, time: float) -> Passing:
        """Return what is to be told of the connection itself."""
        return Passing(time, self.connection, direction, None, note=text)
