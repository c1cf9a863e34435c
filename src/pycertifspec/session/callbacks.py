"""`Callback`: a watcher that is a function; `Backlog`: what waits to be told, within limits."""

from __future__ import annotations

import logging
from collections import deque
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from .stream import MAX_WAITING, shrink

if TYPE_CHECKING:
    from collections.abc import Callable

    Due: TypeAlias = deque[tuple[Callable[[Any], Any], Any]]

logger = logging.getLogger("pycertifspec.callbacks")
# What is logged of one that raises: the others are called all the same.
FAILED = "a callback for %s failed"


class Dispatching(Protocol):
    """Whoever calls callbacks, one after the other, in order.

    Attributes:
        due: what is to be called, and with what.

    """

    due: Due


class Callback:
    """A watcher whose changes are told to a function."""

    def __init__(self, dispatcher: Dispatching, callback: Callable[[Any], Any]) -> None:
        self._due = dispatcher.due
        self.callback = callback
        self.closed = False

    def put(self, change: Any) -> None:
        """Let the function be called soon, unless it is not to be told any more then."""
        self._due.append((self._tell, change))

    def _tell(self, change: Any) -> Any:
        return None if self.closed else self.callback(change)


class Backlog:
    """Calls that wait for their turn, and whether whoever does them sleeps.

    Whoever does them sets `sleeping` when nothing is left, and looks once more before it sleeps.

    Args:
        wake: ends the sleep.

    """

    def __init__(self, wake: Callable[[], object]) -> None:
        self.due: Due = deque()
        self.sleeping = False
        self._wake = wake

    def flush(self) -> None:
        """End the sleep if there is work; make room where callbacks are too slow for what comes."""
        due = self.due
        if len(due) > MAX_WAITING:
            logger.error("callbacks are too slow: of %d changes that wait, the newest are kept", len(due))
            shrink(due, _name)
        if due and self.sleeping:
            self.sleeping = False
            self._wake()

    def add(self, callback: Callable[[Any], Any], argument: Any) -> None:
        """Let a callback be called soon."""
        self.due.append((callback, argument))
        self.flush()


def _name(call: tuple[Any, Any]) -> str:
    return getattr(call[1], "name", "")
