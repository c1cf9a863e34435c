"""`ManualClock`: time that a test moves, and that does not go on before everyone has come to rest."""

from __future__ import annotations

import asyncio
import contextlib
import math
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pycertifspec.errors import ClockStuckError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .interrupt import Interrupt
    from .protocol import Cancellable, Loop

# How long `advance` lets others work before it gives up, in real seconds: no command computes as long between two
# waits, and a test that hangs says why before the test runner's own limit.
PATIENCE = 30.0


@dataclass(eq=False, slots=True)
class _Wait:
    """A thread in `wait`."""

    until: float
    interrupt: Interrupt


class _Work:
    """Work that the clock knows of: a command, or a callback that its loop has not called yet."""

    def __init__(self, clock: ManualClock, what: str, loop: Loop | None = None) -> None:
        self.what, self.loop = what, loop
        self.waits = False
        self._clock = clock

    def here(self) -> contextlib.AbstractContextManager[None]:
        """Say that this thread does it while the block runs."""
        return self._clock.done_here(self)

    def end(self) -> None:
        """Say that it is done."""
        self._clock.ended(self)


class _Call:
    """A callback for a time, and the work that it is once that has come."""

    def __init__(self, work: _Work, when: float, callback: Callable[[], object], loop: Loop) -> None:
        self.work, self.when, self.loop = work, when, loop
        self._callback, self._cancelled = callback, False

    def cancel(self) -> None:
        self._cancelled = True
        self.work.end()

    def fire(self) -> None:
        try:
            if not self._cancelled:
                self._callback()
        finally:
            self.work.end()


class ManualClock:
    """Time that a test moves, with `advance`.

    The clock knows of the work that was told it (`work`, and callbacks whose time has come) and stands still until
    all of it waits or is done. So one `advance` carries a command through any number of waits.

    Args:
        start: the model time at first, in seconds.
        patience: how long, in real seconds, others may work before `advance` gives up.

    """

    def __init__(self, *, start: float = 0.0, patience: float = PATIENCE) -> None:
        self._now = start
        self._patience = patience
        self._condition = threading.Condition()
        self._calls: list[_Call] = []
        self._waits: list[_Wait] = []
        self._works: list[_Work] = []
        self._threads: dict[int, _Work] = {}
        self._advancing = threading.Lock()

    def now(self) -> float:
        """Return the present model time."""
        return self._now

    # ---- those who wait ----

    def wait(self, until: float, interrupt: Interrupt) -> bool:
        """Block until the clock was advanced to `until`, or until interrupted; return False if interrupted."""
        wait = _Wait(until, interrupt)
        # The lock is held from the work's last step to the wait and from the wait to its next: nobody sees a thread
        # that neither works nor waits.
        with interrupt.passed_to(self._look), self._condition:
            self._waits.append(wait)
            try:
                with self.elsewhere():
                    self._condition.wait_for(lambda: self._now >= until or interrupt.is_set())
            finally:
                self._waits.remove(wait)
        return not interrupt.is_set()

    def _look(self) -> None:
        with self._condition:
            self._condition.notify_all()

    def call_at(self, when: float, callback: Callable[[], object], *, loop: Loop) -> Cancellable:
        """Have `loop` call `callback` once the clock was advanced to `when`."""
        call = _Call(_Work(self, f"a callback for {when:.10g}", loop), when, callback, loop)
        with self._condition:
            if when > self._now:
                self._calls.append(call)
                return call
        self._hand_over(call)
        return call

    def call_soon(self, callback: Callable[[], object], *, loop: Loop) -> None:
        """Have `loop` call `callback` as soon as it can; the time stands still until then."""
        self._hand_over(_Call(_Work(self, "a callback", loop), self._now, callback, loop))

    def _hand_over(self, call: _Call) -> None:
        with self._condition:
            self._works.append(call.work)
        try:
            call.loop.call_soon_threadsafe(call.fire)
        except RuntimeError:  # it is closed
            call.work.end()
            raise

    def look(self) -> None:
        """Do nothing: the test moves the time."""

    # ---- those who work ----

    def work(self, what: str) -> _Work:
        """Begin work: until it waits on this clock or ends, the time stands still."""
        work = _Work(self, what)
        with self._condition:
            self._works.append(work)
        return work

    @contextlib.contextmanager
    def done_here(self, work: _Work) -> Iterator[None]:
        """Let `work` wait where this thread waits while the block runs."""
        me = threading.get_ident()
        before = self._threads.get(me)
        self._threads[me] = work
        try:
            yield
        finally:
            if before is None:
                del self._threads[me]
            else:
                self._threads[me] = before

    def ended(self, work: _Work) -> None:
        """Forget work that is done, and a callback that is not wanted any more."""
        with self._condition:
            self._calls = [call for call in self._calls if call.work is not work]
            if work in self._works:
                self._works.remove(work)
            self._condition.notify_all()

    @contextlib.contextmanager
    def elsewhere(self) -> Iterator[None]:
        """Let this thread's work count as waiting while the block runs."""
        work = self._threads.get(threading.get_ident())
        with self._condition:
            if work is not None:
                work.waits = True
            self._condition.notify_all()
        try:
            yield
        finally:
            with self._condition:
                if work is not None:
                    work.waits = False
                self._condition.notify_all()

    # ---- the one who moves the time ----

    def advance(self, seconds: float) -> None:
        """Let so many `seconds` pass, and stop on the way at each time that someone waits for, earliest first.

        Before the clock goes on, each thread whose time has come has left its wait, each callback whose time has come
        was called, and all work that the clock was told of waits again or is done. When this returns, nobody has
        anything left to do at the present time; with 0 seconds it only waits for that. In a coroutine, run it in
        a thread (`asyncio.to_thread`), so that the loop goes on.

        Raises:
            ClockStuckError: something still worked after `patience` real seconds; the time stays where it is then.
            RuntimeError: this thread's own work is what the clock would wait for.

        """
        mine = self._threads.get(threading.get_ident())
        if mine is not None:
            raise RuntimeError(f"the time cannot be moved by what works on the clock itself: {mine.what}")
        with self._advancing, self._condition:
            goal = self._now + seconds
            self._rest()
            while (due := self._next_due()) <= goal:
                self._now = max(self._now, due)
                self._condition.notify_all()
                self._rest()
                if (call := self._take_call()) is not None:
                    self._hand_over(call)
                    self._rest()
            self._now = goal

    def _rest(self) -> None:
        """Wait until nobody has anything to do at the present time."""
        here: object = None
        with contextlib.suppress(RuntimeError):
            here = asyncio.get_running_loop()
        if not self._condition.wait_for(lambda: not any(self._busy(here)), self._patience):
            what = ", ".join(self._busy(here))
            raise ClockStuckError(
                f"model time stands still at {self._now:.10g}: after {self._patience:g} real seconds this still works "
                f"and waits for no time: {what}. Does it loop without sleep(), or wait for this thread?"
            )

    def _busy(self, here: object) -> Iterator[str]:
        """Name what works; callbacks of the loop that runs in this very thread cannot be waited for."""
        yield from (work.what for work in self._works if not work.waits and (here is None or work.loop is not here))
        yield from (
            f"a wait until {wait.until:.10g}"
            for wait in self._waits
            if wait.until <= self._now or wait.interrupt.is_set()
        )

    def _next_due(self) -> float:
        return min([*(wait.until for wait in self._waits), *(call.when for call in self._calls)], default=math.inf)

    def _take_call(self) -> _Call | None:
        """Take the earliest callback whose time has come; of equal ones, the first."""
        call = min(self._calls, key=lambda call: call.when, default=None)
        if call is None or call.when > self._now:
            return None
        self._calls.remove(call)
        return call

    def until_waited_for(self, threads: int = 1, *, real_seconds: float = 10.0) -> bool:
        """Block until so many `threads` wait on this clock; return False if they do not within `real_seconds`."""
        with self._condition:
            return self._condition.wait_for(lambda: len(self._waits) >= threads, real_seconds)
