"""`Waiter`: the blocking face's promise; a lock is made only when another thread has to be waited for."""

from __future__ import annotations

import contextlib
import threading
from typing import Any

# Seconds after which a thread that waits looks up: the system may have given Ctrl-C to another thread, and Python
# raises it in the main one when that goes on.
HEED = 1.0


class Waiter:
    """An answer that one thread waits for.

    Attributes:
        is_done: what `done` returns, without a call: it is looked at several times for each answer.
        chosen: to read the socket, as nobody else does.

    """

    __slots__ = ("_error", "_lock", "_result", "chosen", "is_done")

    def __init__(self) -> None:
        self.is_done = False
        self._result: Any = None
        self._error: BaseException | None = None
        self._lock: threading.Lock | None = None
        self.chosen = False

    def done(self) -> bool:
        """Return whether the answer is there."""
        return self.is_done

    def set_result(self, result: Any, /) -> None:
        """Give the answer."""
        self._result = result
        self.is_done = True
        if self._lock is not None:
            self.wake()

    def set_exception(self, error: BaseException, /) -> None:
        """Say why there is none."""
        self._error = error
        self.is_done = True
        self.wake()

    def prepare(self) -> None:
        """Get ready to be woken; to be called before anybody is told that this one waits."""
        if self._lock is None:
            self._lock = threading.Lock()
        self._lock.acquire(blocking=False)

    def wake(self) -> None:
        """End `block`, whether or not the answer is there."""
        lock = self._lock
        if lock is not None:
            with contextlib.suppress(RuntimeError):  # it is awake already
                lock.release()

    def block(self, seconds: float) -> None:
        """Wait until the answer is there, this one is woken, or the seconds have passed."""
        if self.is_done or self._lock is None:
            return
        self._lock.acquire(timeout=min(seconds, threading.TIMEOUT_MAX) if seconds > 0 else 0)

    def answer(self) -> Any:
        """Return the answer.

        Raises:
            SpecError: there is none, for this reason.

        """
        if self._error is not None:
            raise self._error
        return self._result
