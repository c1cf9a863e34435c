"""`SteppingClock`: time that vanishes."""

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

# Model seconds that a look at motors, counters or the time takes where time does not pass by itself: about what
# reading a controller takes.
LOOK_TIME = 0.001


class _Timer:
    """A callback that a clock without real time keeps."""

    def __init__(self, when: float, callback: Callable[[], object], loop: Loop) -> None:
        self.when, self.callback, self.loop, self.cancelled = when, callback, loop, False

    def cancel(self) -> None:
        self.cancelled = True

    def fire(self) -> None:
        if not self.cancelled:
            self.callback()


class SteppingClock:
    """Time that vanishes: it stands still while anyone works, and jumps to what is waited for."""

    def __init__(self, *, start: float | None = None) -> None:
        self._now = time.time() if start is None else start
        self._lock = threading.Lock()
        self._timers: list[_Timer] = []

    def now(self) -> float:
        """Return the present model time."""
        return self._now

    def _jump(self, when: float) -> None:
        with self._lock:
            self._now = max(self._now, when)

    def wait(self, until: float, interrupt: Interrupt) -> bool:
        """Jump to `until` unless interrupted; only a wait for ever blocks."""
        if until == math.inf:
            interrupt.wait()
        if interrupt.is_set():
            return False
        self._jump(until)
        return True

    def look(self) -> None:
        """Let a look take its time: a program that looks again and again sees the end of what it looks at."""
        self._jump(self._now + LOOK_TIME)

    def call_at(self, when: float, callback: Callable[[], object], *, loop: Loop) -> Cancellable:
        """Have `loop` jump to `when` and call `callback` as soon as it has done what else it has to do."""
        timer = _Timer(when, callback, loop)
        if when < math.inf:
            with self._lock:
                self._timers.append(timer)
            loop.call_soon_threadsafe(lambda: self._fire_earliest(loop))
        return timer

    def _fire_earliest(self, loop: Loop) -> None:
        with self._lock:
            mine = [timer for timer in self._timers if timer.loop is loop]
            timer = min(mine, key=lambda timer: timer.when)  # of equal ones, the first
            self._timers.remove(timer)
        if not timer.cancelled:
            self._jump(timer.when)
            timer.fire()

    def call_soon(self, callback: Callable[[], object], *, loop: Loop) -> None:
        """Have `loop` call `callback` as soon as it can; any thread may ask for it."""
        loop.call_soon_threadsafe(callback)

    def work(self, what: str) -> Work:  # noqa: ARG002  of use to a clock that waits for it
        """Begin work of which this clock need not know."""
        return Untold()

    def elsewhere(self) -> AbstractContextManager[None]:
        """Return a block that does nothing."""
        return nullcontext()
