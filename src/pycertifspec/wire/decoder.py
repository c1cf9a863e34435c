"""`Decoder`: a stream's bytes in, in any slicing, whole messages out."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from pycertifspec.errors import RemoteProtocolError

from . import header
from .constants import DEFAULT_MAX_BODY, ByteOrder
from .header import USUAL_SIZE, USUAL_START, unpack_usual
from .message import make
from .reader import BodyBuffer, body_too_long

if TYPE_CHECKING:
    from .message import SpecMessage


# Bytes that are copied at a time where they cannot be read in place; what that takes is nothing beside a large body.
PIECE = 64 * 1024


class Decoder:
    """Cuts a stream into messages.

    Args:
        max_body: the longest body that is accepted, in bytes.

    Attributes:
        failure: why the stream was given up, or None; what came before it was returned.

    """

    def __init__(self, *, max_body: int = DEFAULT_MAX_BODY) -> None:
        self.max_body = max_body
        self.failure: RemoteProtocolError | None = None
        self._kept = b""  # the beginning of a message, less than its header or than a body worth a buffer
        self._order: ByteOrder = "little"  # of the message whose body is being filled
        self._fields: header.Fields = ()
        self._body: BodyBuffer | None = None
        self._filled = 0

    def receive(self, data: bytes | bytearray | memoryview) -> list[SpecMessage]:
        """Take in `data`; return the messages that are whole now, oldest first.

        Where messages come before bytes that are none, the messages are returned, `failure` is set,
        and the next call raises.

        Raises:
            RemoteProtocolError: the bytes are not messages; the stream is lost.

        """
        if self.failure is not None:
            raise self.failure
        messages: list[SpecMessage] = []
        try:
            if type(data) is bytes and self._body is None and not self._kept:
                self._cut(data, messages)
            else:
                self._receive(data, messages)
        except RemoteProtocolError as error:
            self.failure = error
            if not messages:
                raise
        return messages

    @property
    def filling(self) -> bool:
        """Whether a large body is under way."""
        return self._body is not None

    def room(self) -> memoryview | None:
        """Return the memory for the rest of a large body that is under way, to be filled in place, or None.

        It is to be released before `filled` is called.
        """
        return None if self._body is None else self._body.memory()[self._filled :]

    def filled(self, count: int) -> list[SpecMessage]:
        """Take note that so many bytes were put into `room`; return the message if it is whole."""
        assert self._body is not None  # noqa: S101  for the type checker
        self._filled += count
        if self._filled < int(self._fields[10]):
            return []
        whole = make(self._order, self._fields, self._body.take())
        self._body = None
        return [whole]

    def state(self) -> tuple[Any, ...]:
        """Return where in the stream it is, for `restore`: cheap, nothing is copied."""
        return self.failure, self._kept, self._order, self._fields, self._body, self._filled

    def restore(self, state: tuple[Any, ...]) -> None:
        """Go back to where it was: the bytes since then can be received again."""
        self.failure, self._kept, self._order, self._fields, self._body, self._filled = state

    def _receive(self, data: bytes | bytearray | memoryview, messages: list[SpecMessage]) -> None:
        at, end = 0, len(data)
        with memoryview(data) as view:
            while at < end:
                if self._body is not None:
                    at = self._fill(view, at, messages)
                    continue
                # What is to be joined or converted is copied piece by piece: a body that goes on
                # behind its piece is then filled from `data` itself.
                piece = self._kept + view[at : at + PIECE]
                at += PIECE
                self._cut(piece, messages)

    def _cut(self, stream: bytes, messages: list[SpecMessage]) -> None:
        """Take the messages out of bytes that begin with a message; keep what is no whole header."""
        at, end = 0, len(stream)
        append, native = messages.append, sys.byteorder
        while stream.startswith(USUAL_START, at) and end - at >= USUAL_SIZE:
            # What nearly all messages are, without a call that can be spared; whatever else comes is left for
            # the general way.
            fields = unpack_usual(stream, at)
            body_start = at + USUAL_SIZE
            body_end = body_start + fields[10]
            if body_end > end or fields[10] > self.max_body:
                break
            append(make(native, fields, stream[body_start:body_end]))
            if body_end == end:
                self._kept = b""
                return
            at = body_end
        while end - at >= header.MIN_HEADER_SIZE:
            order, size, body_size = header.measure(stream, at)
            body_start = at + size
            if end < body_start:
                break
            fields = header.unpack(stream, at, order)
            if body_size > self.max_body:
                raise body_too_long(fields, self.max_body)
            at = body_start + body_size
            if at > end:
                self._order, self._fields, self._body, self._filled = order, fields, BodyBuffer(body_size), 0
                self._kept = b""
                self._fill(stream, body_start, messages)
                return
            append(make(order, fields, stream[body_start:at]))
        self._kept = stream[at:]
        if self._kept:
            header.check(self._kept)

    def _fill(self, data: bytes | bytearray | memoryview, start: int, messages: list[SpecMessage]) -> int:
        """Copy what belongs to the body that is being filled; return where the next message starts in `data`."""
        assert self._body is not None  # noqa: S101  for the type checker
        size = int(self._fields[10])
        count = min(len(data) - start, size - self._filled)
        with self._body.memory() as memory:
            memory[self._filled : self._filled + count] = memoryview(data)[start : start + count]
        self._filled += count
        if self._filled == size:
            messages.append(make(self._order, self._fields, self._body.take()))
            self._body = None
        return start + count
