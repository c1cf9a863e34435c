"""`Connection`: the messages of one connection, as asyncio's transport brings and takes them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from pycertifspec.errors import ConnectionLostError, RemoteProtocolError
from pycertifspec.wire.decoder import Decoder

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycertifspec.wire.message import SpecMessage

# Bytes that are read at a time: some hundred events, which are still in the processor's cache when they are told.
READ_SIZE = 32 * 1024


class Connection(asyncio.BufferedProtocol):
    """One connection, until it is lost.

    Args:
        transport: carries the bytes.
        label: the server, for messages.
        receive: is called with what came.
        lose: is called with this and the reason when nothing more can come; perhaps more than once.

    Attributes:
        transport: the same.

    """

    def __init__(
        self,
        transport: asyncio.Transport,
        label: str,
        receive: Callable[[list[SpecMessage]], None],
        lose: Callable[[Connection, ConnectionLostError], None],
    ) -> None:
        self.transport = transport
        self._loop = asyncio.get_running_loop()
        self._label = label
        self._receive = receive
        self._lose = lose
        self._decoder = Decoder()
        self._memory = memoryview(bytearray(READ_SIZE))
        self._room: memoryview | None = None
        self._outgoing: list[bytes] = []
        transport.set_protocol(self)

    # ---- out ----

    def send(self, packet: bytes) -> None:
        """Send a packet with the others of this turn of the loop: the first leaves now, the rest in one call."""
        outgoing = self._outgoing
        if outgoing:
            outgoing.append(packet)
        elif packet:
            self.transport.write(packet)
            outgoing.append(b"")
            self._loop.call_soon(self.flush)

    def flush(self) -> None:
        """Send what waits for the turn's end."""
        if len(self._outgoing) > 1:
            self.transport.write(b"".join(self._outgoing))
        self._outgoing.clear()

    # ---- in: asyncio's names ----

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002  asyncio's signature
        """Return where the next bytes go: into a large body itself, where one is under way."""
        self._room = self._decoder.room()
        return self._memory if self._room is None else self._room

    def buffer_updated(self, nbytes: int) -> None:
        """Take in what was put there."""
        decoder = self._decoder
        try:
            if self._room is None:
                messages = decoder.receive(bytes(self._memory[:nbytes]))
            else:
                self._room.release()
                self._room = None
                messages = decoder.filled(nbytes)
            self._receive(messages)
            if decoder.failure is not None:
                raise decoder.failure
        except RemoteProtocolError as error:
            self._lose(self, ConnectionLostError(f"{self._label} sent what is no message: {error}"))

    def connection_lost(self, exc: Exception | None) -> None:
        """Say why nothing more comes."""
        why = f"the connection to {self._label} is lost: {exc}" if exc else f"{self._label} closed the connection"
        self._lose(self, ConnectionLostError(why))
