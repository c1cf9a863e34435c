"""`Connection`: one client's connection to a server, in asyncio."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from pycertifspec.errors import RemoteProtocolError
from pycertifspec.present import sec_usec
from pycertifspec.session.outbox import Outbox
from pycertifspec.session.server import ServerSession

if TYPE_CHECKING:
    from .host import Server

logger = logging.getLogger("pycertifspec.server")

# What a client may send in one message: an array of a large detector, not a denial of service.
MAX_CLIENT_BODY = 256 * 1024 * 1024


class Connection(asyncio.BufferedProtocol):
    """Bytes in both directions; what a slow client does not take yet waits in an outbox."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.session = ServerSession(sec_usec, max_body=MAX_CLIENT_BODY)
        self._outbox: Outbox | None = None  # made when the client first reads slowly
        self._paused = False
        self._closing = False
        self.label = "a client"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Come in, or be turned away."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  for the type checker
        self._transport = transport
        peer = transport.get_extra_info("peername")
        self.label = f"{peer[0]}:{peer[1]}" if isinstance(peer, tuple) else "a client"
        if not self._server.admit(self):
            logger.warning("%s is turned away: %d clients are connected", self.label, self._server.max_clients)
            transport.abort()
            return
        logger.info("%s connected", self.label)

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002  asyncio's signature
        """Return the buffer that all connections are read into."""
        return self._server.read_buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Act on what has come."""
        try:
            messages = self.session.receive(self._server.read_buffer[:nbytes])
        except RemoteProtocolError as error:
            logger.warning("%s is dropped: %s", self.label, error)
            self._transport.abort()
            return
        for message in messages:
            if self._closing:
                return
            logger.debug("%s: %s", self.label, message)
            self._server.service.received(self, message)
        if self.session.failure is not None:
            logger.warning("%s is dropped: %s", self.label, self.session.failure)
            self.close()

    def send(self, packet: bytes, key: str | None = None, *, event: bool = False) -> None:
        """Send a packet, or let it wait while the client reads slowly."""
        if self._closing:
            return
        if not self._paused:
            self._transport.write(packet)
            return
        if self._outbox is None:
            self._outbox = Outbox()
        if not self._outbox.put(packet, key, asked=not event):
            logger.warning("%s is dropped: it has not read %d bytes", self.label, self._outbox.size)
            self._closing = True
            self._transport.abort()

    def pause_writing(self) -> None:
        """Let packets wait from now on: the client reads slowly."""
        self._paused = True

    def resume_writing(self) -> None:
        """Send what waits."""
        self._paused = False
        while self._outbox and not self._paused:
            self._transport.write(self._outbox.take())
        if self._closing and not self._outbox:
            self._transport.close()

    def close(self) -> None:
        """Close the connection after what waits was sent."""
        self._closing = True
        if not self._outbox:
            self._transport.close()

    def abort(self) -> None:
        """Close the connection now."""
        self._closing = True
        self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Be forgotten by the server."""
        logger.info("%s is gone%s", self.label, f": {exc}" if exc else "")
        self._closing = True
        self._outbox = None
        self._server.dismiss(self)
