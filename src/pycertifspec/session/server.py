"""`ServerSession`: one client's conversation as its server sees it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from pycertifspec.wire import header
from pycertifspec.wire.constants import DEFAULT_MAX_BODY, MAX_NAME, ByteOrder, DataTypes, EventTypes
from pycertifspec.wire.decoder import Decoder
from pycertifspec.wire.message import encode_text
from pycertifspec.wire.values import Body, encode_error

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycertifspec.errors import RemoteProtocolError
    from pycertifspec.wire.message import SpecMessage

# Error code of an error reply. The values that real servers send are unknown (PROTOCOL.md 2.5); clients test for 0.
ERROR_CODE = 1


class ServerSession:
    """Takes a client's bytes in and writes the packets for it, in the byte order and version of its first packet.

    Args:
        now: gives the time of sending, seconds since 1970 and microseconds.
        max_body: the longest body that the client may send, in bytes.

    """

    def __init__(self, now: Callable[[], tuple[int, int]], *, max_body: int = DEFAULT_MAX_BODY) -> None:
        self._now = now
        self._decoder = Decoder(max_body=max_body)
        self._heard = False
        self.order: ByteOrder = sys.byteorder
        self.version = header.NEWEST_VERSION

    def receive(self, data: bytes | memoryview) -> list[SpecMessage]:
        """Take in a client's bytes; return the requests that are whole now.

        Raises:
            RemoteProtocolError: the bytes are no SPEC messages; the connection is to be closed.

        """
        messages = self._decoder.receive(data)
        if messages and not self._heard:
            self._heard = True
            self.order = messages[0].byteorder
            self.version = min(messages[0].vers, header.NEWEST_VERSION)
        return messages

    @property
    def failure(self) -> RemoteProtocolError | None:
        """Why nothing more can be received, after the messages that came before; or None."""
        return self._decoder.failure

    def hello_reply(self, sn: int, name: str) -> bytes:
        """Return the answer to HELLO: the process name in both places where clients look for it (PROTOCOL.md 1.5)."""
        return self._packet(EventTypes.SV_HELLO_REPLY, sn, name, Body(DataTypes.SV_STRING, 0, 0, encode_text(name)))

    def reply(self, sn: int, name: str, body: Body) -> bytes:
        """Return the answer to a request."""
        return self._packet(EventTypes.SV_REPLY, sn, name, body)

    def error_reply(self, sn: int, name: str, text: str) -> bytes:
        """Return the answer that says no: both of its signs are set, type and err (PROTOCOL.md 2.5)."""
        return self._packet(EventTypes.SV_REPLY, sn, name, encode_error(text), err=ERROR_CODE)

    def event(self, name: str, body: Body, flags: int = 0) -> bytes:
        """Return the event that tells a property's value."""
        return self._packet(EventTypes.SV_EVENT, 0, name, body, flags=flags)

    def _packet(self, cmd: int, sn: int, name: str, body: Body, *, err: int = 0, flags: int = 0) -> bytes:
        if not (name.isascii() and len(name) <= MAX_NAME):
            name = ""  # a client may ask for any name; the answer's need not repeat it (PROTOCOL.md 5.1)
        sec, usec = self._now()
        start = header.build(
            self.order,
            self.version,
            sn,
            sec,
            usec,
            cmd,
            body.type,
            body.rows,
            body.cols,
            len(body.data),
            err,
            flags,
            name,
        )
        return start + body.data
