"""`ScaledClock`: real time, or some times faster."""

from __future__ import annotations

import math
import threading
import time
from contextlib import nullcontext
from typing import TYPE_CHECKING

from .protocol import Untold

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from .interrupt import Interrupt
    from .protocol import Cancellable, Loop, Work

_LONGEST_WAIT = min(threading.TIMEOUT_MAX, 3600.0)  # seconds; then the clock is looked at again


class ScaledClock:
    """Real time, times a factor; it starts as the real seconds since 1970."""

    def __init__(self, scale: float = 1.0, *, start: float | None = None) -> None:
        if not 0 < scale < math.inf:
            raise ValueError(f"a clock cannot run at {scale} times real time, expected a positive number")
        self._scale = scale
        self._start = time.time() if start is None else start
        self._zero = time.monotonic()

    def now(self) -> float:
        """Return the present model time."""
        return self._start + (time.monotonic() - self._zero) * self._scale

    def real_seconds(self, until: float) -> float:
        """Return the real time that is left until the model time `until`."""
        return max(0.0, (until - self.now()) / self._scale)

    def wait(self, until: float, interrupt: Interrupt) -> bool:
        """Block until the model time `until` or until interrupted; return False if interrupted."""
        while not interrupt.is_set():
            if self.now() >= until:
                return True
            interrupt.wait(min(self.real_seconds(until), _LONGEST_WAIT))
        return False

    def call_at(self, when: float, callback: Callable[[], object], *, loop: Loop) -> Cancellable:
        """Have `loop` call `callback` once it is `when`."""
        return _RealTimer(self, when, callback, loop)

    def look(self) -> None:
        """Do nothing: time goes on by itself."""

    def call_soon(self, callback: Callable[[], object], *, loop: Loop) -> None:
        """Have `loop` call `callback` as soon as it can; any thread may ask for it."""
        loop.call_soon_threadsafe(callback)

    def work(self, what: str) -> Work:  # noqa: ARG002  of use to a clock that waits for it
        """Begin work of which this clock need not know."""
        return Untold()

    def elsewhere(self) -> AbstractContextManager[None]:
        """Return a block that does nothing."""
        return nullcontext()


class _RealTimer:
    """A callback that waits in an event loop; loops may fire a hair early, and then it waits again."""

    def __init__(self, clock: ScaledClock, when: float, callback: Callable[[], object], loop: Loop) -> None:
        self._clock, self._when, self._callback, self._loop = clock, when, callback, loop
        self._again()

    def _again(self) -> None:
        delay = min(self._clock.real_seconds(self._when), _LONGEST_WAIT)
        self._handle = self._loop.call_later(delay, self._fire)

    def _fire(self) -> None:
        if self._clock.now() < self._when:
            self._again()
        else:
            self._callback()

    def cancel(self) -> None:
        self._handle.cancel()
