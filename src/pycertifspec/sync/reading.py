"""`ReadingTurns`: one thread at a time reads the socket, whoever waits for an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .waiter import Waiter


class ReadingTurns:
    """Who reads. Each operation is one call into C or safe to be done half: a signal's handler may raise anywhere.

    Args:
        background: stands for the thread that reads when no caller does.

    Attributes:
        expected: callers that are likely to call together, as they did last.
        finished: turns that have ended.

    """

    def __init__(self, background: Waiter) -> None:
        self.expected = 1
        self._background = background
        self._reader: dict[str, object] = {}
        self._blocked: dict[Waiter, None] = {}
        self.finished = 0

    def take(self, who: object) -> bool:
        """Try to become the one who reads."""
        return self._reader.setdefault("reader", who) is who

    def give(self, who: object) -> None:
        """Read no more, if `who` does; another who waits goes on."""
        if self._reader.get("reader") is who:
            self.finished += 1
            del self._reader["reader"]
            if self._blocked:
                self.expected = max(self.expected, self.waiting + 1)
                self.choose()

    @property
    def waiting(self) -> int:
        """How many callers wait for their turn, or for an answer that another reads."""
        return len(self._blocked) - (self._background in self._blocked)

    def is_taken(self) -> bool:
        """Whether anybody reads."""
        return bool(self._reader)

    def choose(self) -> None:
        """Wake one who waits for a turn."""
        blocked = self._blocked
        while blocked:
            try:
                waiter = next(iter(blocked))
                del blocked[waiter]
            except (KeyError, RuntimeError, StopIteration):
                continue  # it left meanwhile
            if not waiter.is_done:
                waiter.chosen = True
                waiter.wake()
                return

    def join(self, waiter: Waiter) -> None:
        """Wait for a turn; to be followed by another `take`."""
        self._blocked[waiter] = None

    def leave(self, waiter: Waiter) -> None:
        """Wait for a turn no more; one that was given meanwhile is passed on."""
        self._blocked.pop(waiter, None)
        if waiter.chosen:
            waiter.chosen = False
            if not self._reader:
                self.choose()
