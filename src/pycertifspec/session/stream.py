"""`Stream`: changes that wait for who reads them, in order and within bounds."""

from __future__ import annotations

import logging
from collections import deque
from typing import TYPE_CHECKING, Any

from .promise import fulfil

if TYPE_CHECKING:
    from collections.abc import Callable

    from .promise import Promise

logger = logging.getLogger("pycertifspec.session")

# Changes that wait for a slow reader, some 40 MB of memory; a minute of all the events that SPEC can send.
MAX_WAITING = 100_000


class Stream:
    """Takes in items; gives them out one after the other.

    Args:
        lasting: whether it goes on over a lost connection; one that is part of an operation does not.
        hears_losses: whether a lost connection is an item of it, the error that says why.

    Attributes:
        names: the properties that it takes in, as long as it does.

    """

    def __init__(self, *, lasting: bool = False, hears_losses: bool = False) -> None:
        self.names: tuple[str, ...] = ()
        self.lasting = lasting
        self.hears_losses = hears_losses
        self.closed = False
        self._items: deque[Any] = deque()
        self._promise: Promise | None = None
        self._error: BaseException | None = None

    def put(self, item: Any) -> None:
        """Take in an item."""
        if self.closed:
            return
        if len(self._items) >= MAX_WAITING:
            if len(self._items) == MAX_WAITING:
                logger.error("%s: nobody reads the changes; the oldest of %d are dropped", self.names, MAX_WAITING)
            shrink(self._items)
        self._items.append(item)
        self._wake()

    def fail(self, error: BaseException) -> None:
        """Let whoever reads on, after what is here already, get an error."""
        self._error = error
        self._wake()

    def close(self) -> None:
        """Take in nothing more; what is here can be read."""
        self.closed = True
        self._wake()

    def _wake(self) -> None:
        """Let whoever waits look again: what has come stays here until it is taken, however the waiting ends."""
        if self._promise is not None:
            fulfil(self._promise, None)

    @property
    def ready(self) -> bool:
        """Whether `take` gives something at once."""
        return bool(self._items) or self._error is not None or self.closed

    def take(self) -> Any:
        """Return the oldest item, None if there is none.

        Raises:
            ConnectionLostError: the connection is lost.

        """
        if self._items:
            return self._items.popleft()
        if self._error is not None:
            raise self._error
        return None

    def rest(self) -> list[Any]:
        """Return all that is here, oldest first, whether or not more would have come."""
        items = []
        while self._items:
            items.append(self._items.popleft())
        return items

    def wait(self, promise: Promise | None) -> None:
        """Let a promise be kept when `take` gives something; None for nobody waits."""
        self._promise = promise


def shrink(items: deque[Any], name: Callable[[Any], str] = lambda item: getattr(item, "name", "")) -> None:
    """Make room where too much waits: of a state only the newest value is of use, of all else the end.

    Args:
        items: what waits, oldest first.
        name: returns an item's property; an empty one for an item that no later one replaces.

    """
    newest: dict[str, int] = {}
    for place, item in enumerate(items):
        newest[name(item)] = place
    kept = [item for place, item in enumerate(items) if _is_piece(name(item)) or newest[name(item)] == place]
    items.clear()
    items.extend(kept[-(MAX_WAITING // 2) :])


def _is_piece(name: str) -> bool:
    """Return whether a value does not replace the one before: text, and events of what alone has changed."""
    return not name or name.startswith(("output/", "var/"))
