"""`Interrupt`: a flag that ends waits, whichever clock they wait on."""

from __future__ import annotations

import math
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Interrupt:
    """A flag that ends waits, whichever clock they wait on; like `threading.Event`, but it can be passed on."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._set = False
        self._listeners: list[Callable[[], None]] = []

    def set(self) -> None:
        """End every wait on this flag, now and until it is cleared."""
        with self._condition:
            self._set = True
            self._condition.notify_all()
            listeners = tuple(self._listeners)
        for listener in listeners:
            listener()

    def clear(self) -> None:
        """Let waits wait again."""
        with self._condition:
            self._set = False

    def is_set(self) -> bool:
        """Tell whether the flag is set."""
        return self._set

    def wait(self, seconds: float = math.inf) -> bool:
        """Block until the flag is set or so many real `seconds` have passed; return whether it is set."""
        with self._condition:
            return self._condition.wait_for(self.is_set, None if seconds == math.inf else seconds)

    @contextmanager
    def passed_to(self, listener: Callable[[], None]) -> Iterator[None]:
        """Call `listener` whenever the flag is set while the block runs, in the thread that sets it."""
        with self._condition:
            self._listeners.append(listener)
        try:
            yield
        finally:
            with self._condition:
                self._listeners.remove(listener)
