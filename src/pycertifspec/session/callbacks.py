"""`Callback`: a watcher that is a function; `bound` keeps what waits to be told within limits."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from .stream import MAX_WAITING, shrink

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Callable

    Due: TypeAlias = deque[tuple[Callable[[Any], Any], Any]]

logger = logging.getLogger("pycertifspec.callbacks")


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


def bound(due: Due) -> None:
    """Make room where callbacks are too slow for what comes."""
    if len(due) > MAX_WAITING:
        logger.error("callbacks are too slow: of %d changes that wait, the newest are kept", len(due))
        shrink(due, _name)


def _name(call: tuple[Any, Any]) -> str:
    return getattr(call[1], "name", "")
