"""Model time: how a simulated device and those who use it tell, wait for and are called at a time.

A clock is used by a command thread, which blocks in `wait`, and by an event loop, which asks to be called with
`call_at`. No clock has a thread of its own, so none must be closed.
"""

from __future__ import annotations

import math
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Model seconds that a look at motors, counters or the time takes where time does not pass by itself: about what
# reading a controller takes.
LOOK_TIME = 0.001
_LONGEST_WAIT = min(threading.TIMEOUT_MAX, 3600.0)  # seconds; then the clock is looked at again


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


class Cancellable(Protocol):
    """Something that was scheduled."""

    def cancel(self) -> None:
        """See to it that it does not happen; without effect when it has happened."""
        ...


class Loop(Protocol):
    """What a clock needs of an event loop; asyncio's loops have it."""

    def call_later(self, delay: float, callback: Callable[[], object], /) -> Cancellable:
        """Call `callback` in `delay` real seconds."""
        ...

    def call_soon_threadsafe(self, callback: Callable[[], object], /) -> object:
        """Call `callback` in the loop's thread, as soon as it can."""
        ...


class Clock(Protocol):
    """Model time, in seconds."""

    def now(self) -> float:
        """Return the present model time; it never goes back."""
        ...

    def wait(self, until: float, interrupt: Interrupt) -> bool:
        """Block this thread until the model time `until`, which may be infinity, or until interrupted.

        Returns:
            False if the wait was interrupted.

        """
        ...

    def call_at(self, when: float, callback: Callable[[], object], *, loop: Loop) -> Cancellable:
        """Have `loop` call `callback` once it is `when` in model time. Call this in the loop's own thread."""
        ...

    def look(self) -> None:
        """Say that a program looks at what time changes, and may do nothing else until it has changed."""
        ...


def clock_at(scale: float) -> Clock:
    """Return a clock on which `scale` model seconds pass per real second; at infinity, waiting takes no time."""
    return SteppingClock() if scale == math.inf else ScaledClock(scale)


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


class ManualClock:
    """Time that a test moves, with `advance`."""

    def __init__(self, *, start: float = 0.0) -> None:
        self._now = start
        self._condition = threading.Condition()
        self._timers: list[_Timer] = []
        self._waits: list[float] = []

    def now(self) -> float:
        """Return the present model time."""
        return self._now

    def wait(self, until: float, interrupt: Interrupt) -> bool:
        """Block until the clock was advanced to `until`, or until interrupted; return False if interrupted."""
        with interrupt.passed_to(self._look), self._condition:
            self._waits.append(until)
            self._condition.notify_all()
            try:
                self._condition.wait_for(lambda: self._now >= until or interrupt.is_set())
            finally:
                self._waits.remove(until)
                self._condition.notify_all()
        return not interrupt.is_set()

    def _look(self) -> None:
        with self._condition:
            self._condition.notify_all()

    def call_at(self, when: float, callback: Callable[[], object], *, loop: Loop) -> Cancellable:
        """Have `loop` call `callback` once the clock was advanced to `when`."""
        timer = _Timer(when, callback, loop)
        with self._condition:
            if when > self._now:
                self._timers.append(timer)
                return timer
        loop.call_soon_threadsafe(timer.fire)
        return timer

    def look(self) -> None:
        """Do nothing: the test moves the time."""

    def advance(self, seconds: float) -> None:
        """Let so many `seconds` pass, and stop on the way at each time that someone waits for, earliest first.

        A thread whose time has come leaves its wait before the clock goes on; what it does then, it does at its
        own speed. A callback is handed to its loop when its time has come, in the order of their times.
        """
        with self._condition:
            goal = self._now + seconds
            while (due := self._next_due()) <= goal:
                self._now = max(self._now, due)
                self._condition.notify_all()
                self._condition.wait_for(lambda: not any(until <= self._now for until in self._waits))
                for timer in self._take_timers():
                    timer.loop.call_soon_threadsafe(timer.fire)
            self._now = goal

    def _next_due(self) -> float:
        return min([*self._waits, *(timer.when for timer in self._timers)], default=math.inf)

    def _take_timers(self) -> list[_Timer]:
        due = [timer for timer in self._timers if timer.when <= self._now]
        self._timers = [timer for timer in self._timers if timer.when > self._now]
        return due

    def until_waited_for(self, threads: int = 1, *, real_seconds: float = 10.0) -> bool:
        """Block until so many `threads` wait on this clock; return False if they do not within `real_seconds`."""
        with self._condition:
            return self._condition.wait_for(lambda: len(self._waits) >= threads, real_seconds)
