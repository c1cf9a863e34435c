"""TCP put together again: segments in, in any order and more than once, a direction's bytes out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from .frames import SYN

if TYPE_CHECKING:
    from .frames import Segment

# Bytes that wait for one that is missing; more never came before it was sent again, so it was not captured.
MAX_AHEAD: Final = 16 * 1024 * 1024
_WRAP: Final = 1 << 32


class Piece(NamedTuple):
    """Bytes that follow those before.

    Attributes:
        time: when the segment came that brought them.
        data: the bytes.
        missing: how many before them were not captured.

    """

    time: float
    data: bytes
    missing: int = 0


class Stream:
    """One direction of a connection."""

    def __init__(self) -> None:
        self._next: int | None = None
        self._ahead: dict[int, Segment] = {}
        self._ahead_size = 0
        self.whole = False
        """Whether it is known from its first byte on."""

    def receive(self, segment: Segment) -> list[Piece]:
        """Take in a segment; return what is in order now."""
        start = segment.sequence
        if segment.flags & SYN:
            start = (start + 1) % _WRAP
            self._next, self.whole = start, True
        elif self._next is None:
            self._next = start
        segment = segment._replace(sequence=start)
        if self._distance(start) > 0:
            self._keep(segment)
            return self.flush() if self._ahead_size > MAX_AHEAD else []
        return [*self._deliver(segment), *self._continued()]

    def flush(self) -> list[Piece]:
        """Return what waits for bytes that will not come."""
        found: list[Piece] = []
        for sequence in sorted(self._ahead, key=self._distance):
            if (missing := self._distance(sequence)) > 0:
                self._next = sequence
            pieces = self._deliver(self._take(sequence))
            if pieces and missing > 0:
                pieces[0] = pieces[0]._replace(missing=missing + pieces[0].missing)
            found += pieces
        return found

    def _distance(self, sequence: int) -> int:
        """Return how far a number lies beyond the next one that is expected; below 0 if it has been."""
        assert self._next is not None  # noqa: S101  for the type checker
        return (sequence - self._next + _WRAP // 2) % _WRAP - _WRAP // 2

    def _keep(self, segment: Segment) -> None:
        known = self._ahead.get(segment.sequence)
        if segment.data and (known is None or len(known.data) < len(segment.data)):
            self._ahead_size += len(segment.data) - (len(known.data) if known else 0)
            self._ahead[segment.sequence] = segment

    def _take(self, sequence: int) -> Segment:
        segment = self._ahead.pop(sequence)
        self._ahead_size -= len(segment.data)
        return segment

    def _continued(self) -> list[Piece]:
        """Return what waits and is in order now, or was before."""
        found: list[Piece] = []
        for sequence in sorted(self._ahead, key=self._distance):
            if self._distance(sequence) > 0:
                break
            found += self._deliver(self._take(sequence))
        return found

    def _deliver(self, segment: Segment) -> list[Piece]:
        assert self._next is not None  # noqa: S101  for the type checker
        known = -self._distance(segment.sequence)
        data = segment.data[known:]
        if not data and not segment.lost:
            return []
        lost = segment.lost if known <= len(segment.data) else 0
        self._next = (self._next + len(data) + lost) % _WRAP
        pieces = [Piece(segment.time, data)] if data else []
        # The next piece follows a hole: an empty one says so.
        return [*pieces, Piece(segment.time, b"", lost)] if lost else pieces
