"""Traffic to a server of which nothing may change: requests that write, move or run are answered, not passed on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pycertifspec.session.server import ServerSession
from pycertifspec.wire.constants import EventTypes
from pycertifspec.wire.decoder import Decoder

if TYPE_CHECKING:
    from pycertifspec.wire.message import SpecMessage

    from .passing import Direction, Passing

# What changes nothing (PROTOCOL.md 2.1); whatever else a client sends may.
HARMLESS: Final = frozenset({
    EventTypes.SV_CHAN_READ,
    EventTypes.SV_CLOSE,
    EventTypes.SV_HELLO,
    EventTypes.SV_REGISTER,
    EventTypes.SV_UNREGISTER,
})  # fmt: skip


def refuse_changes(passing: Passing) -> list[tuple[Direction, SpecMessage]]:
    """Return what is passed on in place of a message: itself, or an error reply to who wanted to change something."""
    message = passing.message
    if message is None:
        return []
    if passing.direction == "down" or message.cmd in HARMLESS:
        return [(passing.direction, message)]
    if not message.sn:
        return []
    return [("down", _refusal(message))]


def _refusal(message: SpecMessage) -> SpecMessage:
    session = ServerSession(lambda: (message.sec, message.usec))
    session.order, session.version = message.byteorder, min(message.vers, session.version)
    text = "refused: this session is read-only"
    (reply,) = Decoder().receive(session.error_reply(message.sn, message.name, text))
    return reply
