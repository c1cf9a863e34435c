"""SPEC's messages in a capture: which connections speak SPEC, and what they say."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

from pycertifspec.errors import DataFileError, RemoteProtocolError
from pycertifspec.wire import header
from pycertifspec.wire.constants import MAGIC
from pycertifspec.wire.decoder import Decoder

from .frames import ACK, FIN, RST, SYN
from .passing import FROM_SERVER, Listener
from .streams import Stream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pycertifspec.wire.message import SpecMessage

    from .frames import End, Segment
    from .passing import Direction, Passing
    from .streams import Piece

# Connections that are kept in mind; a beamline's network of a day has some thousand.
MAX_CONNECTIONS: Final = 100_000
# How far the first message is looked for in a connection that began before the capture, or behind a hole in it.
MAX_SEARCH: Final = 64 * 1024 * 1024
_MAGICS: Final = (MAGIC.to_bytes(4, "little"), MAGIC.to_bytes(4, "big"))
# What must be there to tell a header from bytes that look like its first four.
_HEADER_START: Final = 12


class _Side:
    """One direction: its bytes in order, and the messages in them."""

    def __init__(self) -> None:
        self.stream = Stream()
        self.heard = False  # whether there was a message
        self.deaf = False  # it does not speak SPEC
        self._decoder: Decoder | None = None
        self._kept = b""
        self._searched = 0

    def take(self, piece: Piece) -> tuple[list[SpecMessage], str]:
        """Return the messages that are whole now, and what is wrong behind them, if anything is."""
        if piece.missing:
            self._decoder, self._kept = None, b""
        data = self._kept + piece.data
        self._kept = b""
        if self._decoder is None:
            data = self._search(data)
        if self._decoder is None:
            return [], ""
        messages: list[SpecMessage] = []
        with contextlib.suppress(RemoteProtocolError):  # told below, as is what came behind messages that were whole
            messages = self._decoder.receive(data)
        self.heard = self.heard or bool(messages)
        failure = self._decoder.failure
        if failure is not None:
            self._decoder = None
        return messages, str(failure or "")

    def _search(self, data: bytes) -> bytes:
        """Return the bytes from the first message on, and begin to decode; none if there is no message yet."""
        at = 0
        while found := [place for magic in _MAGICS if (place := data.find(magic, at)) >= 0]:
            at = min(found)
            start = data[at : at + _HEADER_START]
            if len(start) < _HEADER_START:
                self._kept = data[at:]
                return b""
            try:
                header.check(start)
            except RemoteProtocolError:
                at += 1
                continue
            self._decoder = Decoder()
            return data[at:]
        self._kept = data[-3:]
        self._searched += len(data)
        # From its first byte on, SPEC is told from everything else.
        self.deaf = (self.stream.whole and not self.heard and len(data) >= 4) or self._searched > MAX_SEARCH
        return b""


class _Connection:
    """Both directions, by who sends."""

    def __init__(self, segment: Segment) -> None:
        self.sides = {segment.source: _Side(), segment.destination: _Side()}
        self.client: End | None = segment.source if segment.flags & SYN else None
        self.listener: Listener | None = None


class Conversations:
    """Hears SPEC in a capture's segments."""

    def __init__(self) -> None:
        self._connections: dict[frozenset[End], _Connection] = {}
        self._count = 0

    def receive(self, segment: Segment) -> Iterator[Passing]:
        """Take in a segment; return what it completes.

        Raises:
            DataFileError: there are more connections than any beamline has.

        """
        ends = frozenset((segment.source, segment.destination))
        if len(ends) == 1:
            return  # a connection to itself has no two sides
        known = self._connections.get(ends)
        if known is None or (segment.flags & SYN and known.sides[segment.source].stream.whole and _is_new(segment)):
            if known is not None:
                yield from self._end(known)
            if len(self._connections) >= MAX_CONNECTIONS:
                raise DataFileError(f"the capture has more than {MAX_CONNECTIONS} connections: filter it by port first")
            known = self._connections[ends] = _Connection(segment)
        side = known.sides[segment.source]
        if not side.deaf:
            for piece in side.stream.receive(segment):
                yield from self._heard(known, segment.source, piece)
        if segment.flags & (FIN | RST) and known.listener is not None:
            how = "is reset" if segment.flags & RST else "closes"
            yield known.listener.note(_direction(known, segment.source), how, segment.time)
        if segment.flags & RST:
            yield from self._end(known)
            del self._connections[ends]

    def finish(self) -> Iterator[Passing]:
        """Return what waits for segments that the capture does not have."""
        for connection in self._connections.values():
            yield from self._end(connection)

    def _end(self, connection: _Connection) -> Iterator[Passing]:
        for end, side in connection.sides.items():
            for piece in side.stream.flush():
                yield from self._heard(connection, end, piece)

    def _heard(self, connection: _Connection, source: End, piece: Piece) -> Iterator[Passing]:
        side = connection.sides[source]
        if piece.missing and side.heard and connection.listener is not None:
            told = f"{piece.missing} bytes were not captured"
            yield connection.listener.note(_direction(connection, source), told, piece.time)
        messages, told = side.take(piece)
        if messages and connection.listener is None:
            self._count += 1
            connection.listener = Listener(self._count)
            if connection.client is None:
                (other,) = connection.sides.keys() - {source}
                connection.client = other if messages[0].cmd in FROM_SERVER else source
            (server,) = connection.sides.keys() - {connection.client}
            yield connection.listener.note("up", f"{connection.client} to {server}", piece.time)
        if connection.listener is None:
            return
        direction = _direction(connection, source)
        for message in messages:
            yield connection.listener.hear(direction, message, piece.time)
        if told and side.heard:
            yield connection.listener.note(direction, told, piece.time)


def _is_new(segment: Segment) -> bool:
    """Return whether a client begins a new connection: an answer to it says SYN too, with ACK."""
    return not segment.flags & ACK


def _direction(connection: _Connection, source: End) -> Direction:
    return "up" if source == connection.client else "down"
