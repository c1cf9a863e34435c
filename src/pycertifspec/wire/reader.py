"""`MessageReader`: one message at a time from a stream, and never a byte of the next."""

from __future__ import annotations

import sys
from io import BytesIO

from pycertifspec.errors import RemoteProtocolError

from . import header, message
from .constants import DEFAULT_MAX_BODY, MAX_HEADER_SIZE
from .header import MIN_HEADER_SIZE, USUAL_SIZE, USUAL_START, unpack_usual, usual_body_size

# What `typing` has of this name; importing that costs a third of the time that `import pycertifspec` may take.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .message import SpecMessage

# Bodies up to this size are read together with the rest of their header: one system call less.
# Copying so much out of the common buffer afterwards costs less than the call.
SMALL_BODY = 16 * 1024

# A large body may come in thousands of pieces; their counts are added up before there are more than so many.
_MANY_COUNTS = 32


class BodyBuffer:
    """Memory for a body whose size is known: written into place, then handed over as bytes without a copy."""

    # The bytes object under a BytesIO is written in place and given out by getvalue() as it is; bytes(n)
    # is memory that the system has zeroed already, so nothing is touched before the socket writes to it.

    def __init__(self, size: int) -> None:
        self._file = BytesIO(bytes(size))

    def memory(self) -> memoryview:
        """Return the memory, to be released after use: a buffer that is given up must not be held on to."""
        return self._file.getbuffer()

    def take(self) -> bytes:
        """Return the body; the buffer is used up."""
        return self._file.getvalue()


def body_too_long(fields: header.Fields, limit: int) -> RemoteProtocolError:
    """Return the error for a body longer than the limit; to be raised before memory is taken for it."""
    name = header.decode_name(fields[-1])
    return RemoteProtocolError(
        f"header field 'len' of property {name!r} is {fields[10]}, more than the limit of {limit} bytes",
        field="len",
        property=name,
    )


class MessageReader:
    """Reads one message after the other through a function that fetches bytes.

    What has come is kept between calls: when fetching raises (a timeout, a non-blocking socket without
    data, Ctrl-C), the next call goes on where this one stopped.

    Args:
        max_body: the longest body that is accepted, in bytes.

    Attributes:
        failure: why the stream was given up, or None.

    """

    def __init__(self, *, max_body: int = DEFAULT_MAX_BODY) -> None:
        self.max_body = max_body
        self.failure: RemoteProtocolError | None = None
        self._scratch = bytearray(MAX_HEADER_SIZE + SMALL_BODY)
        self._view = memoryview(self._scratch)
        self._first = (self._view[:MIN_HEADER_SIZE],)
        self._usual_most = USUAL_SIZE + SMALL_BODY
        self._body: BodyBuffer | None = None
        # What each fetch of the message gave. `+=` runs to its end in C: an exception of a signal's handler
        # (Ctrl-C) comes before bytes are taken from the system or when their count is in the list, never between.
        self._counts: list[int] = []

    @property
    def started(self) -> int:
        """How many bytes of a message that is not whole have come."""
        return sum(self._counts)

    def read(self, fetch: Callable[[memoryview], int], check: Callable[[], None] | None = None) -> SpecMessage | None:
        """Return the next message, or None at the end of the stream.

        Args:
            fetch: puts bytes into the memory that it is given, as many as fit or fewer, and returns how many;
                0 at the end. It is never given more memory than surely belongs to this message.
            check: called before each fetch; may raise.

        Raises:
            RemoteProtocolError: the bytes are no SPEC message; the stream is lost.

        """
        if self.failure is not None:
            raise self.failure
        try:
            counts = self._counts
            if not counts and check is None:
                # What nearly all messages are, in two fetches and without a call that can be spared;
                # whatever else comes is left for the general way.
                scratch = self._scratch
                counts += map(fetch, self._first)
                if counts[0] == MIN_HEADER_SIZE and scratch.startswith(USUAL_START):
                    need = USUAL_SIZE + usual_body_size(scratch)[0]
                    if need <= self._usual_most and need <= USUAL_SIZE + self.max_body:
                        counts += map(fetch, (self._view[MIN_HEADER_SIZE:need],))
                        if counts[0] + counts[1] == need:
                            counts.clear()
                            return message.make(
                                sys.byteorder, unpack_usual(scratch), bytes(self._view[USUAL_SIZE:need])
                            )
                if not counts[-1]:
                    return None
            return self._read_any(fetch, check)
        except RemoteProtocolError as error:
            self.failure = error
            raise

    def _read_any(self, fetch: Callable[[memoryview], int], check: Callable[[], None] | None) -> SpecMessage | None:
        """Read whatever comes, from where it stopped."""
        scratch, least = self._scratch, MIN_HEADER_SIZE
        while (have := self.started) < least:
            if have:
                # Looked at from the first bytes on: a peer that speaks something else is told
                # from one that is slow, whether or not the 124 bytes ever come.
                header.check(scratch[:have])
            if not self._more(fetch, check, self._view[have:least]):
                return None
        order, size, body_size = header.measure(scratch)
        small = body_size <= SMALL_BODY and body_size <= self.max_body
        need = size + body_size if small else size
        while (have := self.started) < need:
            if not self._more(fetch, check, self._view[have:need]):
                return None
        fields = header.unpack(scratch, 0, order)
        if small:
            whole = message.make(order, fields, bytes(self._view[size:need]))
            self._counts = []
            return whole
        if body_size > self.max_body:
            raise body_too_long(fields, self.max_body)
        if self._body is None:
            self._body = BodyBuffer(body_size)
        while (filled := self.started - size) < body_size:
            with self._body.memory() as memory, memory[filled:] as rest:
                if not self._more(fetch, check, rest):
                    return None
        whole = message.make(order, fields, self._body.take())
        self._body, self._counts = None, []
        return whole

    def _more(self, fetch: Callable[[memoryview], int], check: Callable[[], None] | None, view: memoryview) -> int:
        """Fetch once; return how many bytes came, 0 at the end of the stream."""
        if check is not None:
            check()
        counts = self._counts
        counts += map(fetch, (view,))
        came = counts[-1]
        if len(counts) > _MANY_COUNTS:
            self._counts = [sum(counts)]
        return came
