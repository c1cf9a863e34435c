"""Model time: real, scaled, stepping and manual."""

from __future__ import annotations

import asyncio
import math
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from pycertifspec.errors import ClockStuckError
from pycertifspec.simulator.clock import Clock, Interrupt, ManualClock, ScaledClock, SteppingClock, clock_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pycertifspec.simulator.clock import Cancellable

FAST = 1000.0  # model seconds per real second: what takes a model second takes a millisecond


def in_thread(function: Callable[[], object]) -> tuple[threading.Thread, list[Any]]:
    """Run a function in a thread; return the thread and the list that its result goes to."""
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(function()), daemon=True)
    thread.start()
    return thread, results


class Heap:
    """A loop that runs what it is given when told to."""

    def __init__(self) -> None:
        self.ready: list[Callable[[], object]] = []

    def call_soon_threadsafe(self, callback: Callable[[], object]) -> None:
        self.ready.append(callback)

    def call_later(self, delay: float, callback: Callable[[], object]) -> Cancellable:
        raise AssertionError("a clock without real time has no delay")

    def run(self) -> None:
        while self.ready:
            self.ready.pop(0)()


@pytest.mark.parametrize("clock", [ManualClock(), SteppingClock(start=5.0), ScaledClock(FAST)])
def test_a_wait_for_a_time_that_has_passed_returns_at_once(clock: Clock) -> None:
    assert clock.wait(clock.now(), Interrupt()) is True
    assert clock.wait(clock.now() - 1, Interrupt()) is True


@pytest.mark.parametrize("clock", [ManualClock(), SteppingClock(start=5.0), ScaledClock(FAST)])
def test_a_wait_that_is_interrupted_beforehand_returns_at_once_and_does_not_move_time(clock: Clock) -> None:
    interrupt = Interrupt()
    interrupt.set()

    assert clock.wait(clock.now() + 1e9, interrupt) is False
    assert clock.wait(math.inf, interrupt) is False
    assert clock.now() < time.time() + 1e6


@pytest.mark.parametrize("clock", [ManualClock(), SteppingClock(start=5.0), ScaledClock(FAST)])
def test_a_wait_for_ever_ends_when_it_is_interrupted_from_another_thread(clock: Clock) -> None:
    interrupt = Interrupt()
    thread, results = in_thread(lambda: clock.wait(math.inf, interrupt))

    interrupt.set()
    thread.join(10)

    assert results == [False]


def test_an_interrupt_can_be_cleared_and_used_again() -> None:
    interrupt, clock = Interrupt(), SteppingClock(start=0.0)
    interrupt.set()
    interrupt.clear()

    assert not interrupt.is_set()
    assert clock.wait(3.0, interrupt) is True
    assert clock.now() == 3.0


def test_an_interrupt_is_passed_on_while_asked_to_and_not_longer() -> None:
    interrupt = Interrupt()
    heard: list[int] = []
    with interrupt.passed_to(lambda: heard.append(1)):
        interrupt.set()
    interrupt.set()

    assert heard == [1]


def test_a_scaled_clock_runs_at_its_scale() -> None:
    clock = ScaledClock(FAST, start=100.0)
    real = time.monotonic()

    assert clock.wait(120.0, Interrupt()) is True

    assert clock.now() >= 120.0
    assert time.monotonic() - real >= 0.9 * 20 / FAST


def test_real_time_is_a_scaled_clock_of_scale_one() -> None:
    assert abs(ScaledClock().now() - time.time()) < 5.0


@pytest.mark.parametrize("scale", [0.0, -1.0, math.nan])
def test_time_that_does_not_go_forward_is_refused(scale: float) -> None:
    with pytest.raises(ValueError, match="clock cannot run"):
        clock_at(scale)


def test_at_infinite_scale_time_steps() -> None:
    assert isinstance(clock_at(math.inf), SteppingClock)
    assert isinstance(clock_at(50), ScaledClock)


def test_a_scaled_clock_never_calls_too_early_and_not_when_cancelled() -> None:
    clock = ScaledClock(FAST)
    called: list[float] = []

    async def main() -> None:
        loop, done = asyncio.get_running_loop(), asyncio.Event()
        start = clock.now()

        def finish(after: float) -> None:
            called.append(after)
            done.set()

        clock.call_at(start + 2, lambda: called.append(-1.0), loop=loop).cancel()
        clock.call_at(start + 5, lambda: finish(clock.now() - start), loop=loop)
        await done.wait()

    asyncio.run(main())
    assert len(called) == 1
    assert called[0] >= 5


def test_a_scaled_clock_asks_its_loop_again_when_that_fires_early() -> None:
    clock = ScaledClock(1.0, start=0.0)
    delays: list[tuple[float, Callable[[], object]]] = []
    called: list[float] = []

    class Timer:
        def cancel(self) -> None:
            raise AssertionError

    class Early:
        def call_later(self, delay: float, callback: Callable[[], object]) -> Cancellable:
            delays.append((delay, callback))
            return Timer()

        def call_soon_threadsafe(self, callback: Callable[[], object]) -> None:
            raise AssertionError

    clock.call_at(1000.0, lambda: called.append(1), loop=Early())
    delays[0][1]()

    assert len(delays) == 2
    assert not called


def test_a_stepping_clock_jumps_to_what_a_loop_waits_for_in_the_order_of_the_times() -> None:
    clock = SteppingClock(start=0.0)
    called: list[float] = []

    async def main() -> None:
        loop, done = asyncio.get_running_loop(), asyncio.Event()

        def finish() -> None:
            called.append(clock.now())
            done.set()

        clock.call_at(7, finish, loop=loop)
        clock.call_at(3, lambda: called.append(clock.now()), loop=loop)
        clock.call_at(5, lambda: called.append(-1.0), loop=loop).cancel()
        clock.call_at(math.inf, lambda: called.append(-2.0), loop=loop)
        await done.wait()

    asyncio.run(main())
    assert called == [3, 7]


def test_a_stepping_clock_never_goes_back() -> None:
    clock, heap = SteppingClock(start=0.0), Heap()
    called: list[float] = []
    clock.call_at(3, lambda: called.append(clock.now()), loop=heap)
    clock.wait(10, Interrupt())
    heap.run()

    assert called == [10]


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """An event loop that runs in a thread."""
    made = asyncio.new_event_loop()
    thread = threading.Thread(target=made.run_forever)
    thread.start()
    yield made
    made.call_soon_threadsafe(made.stop)
    thread.join()
    made.close()


def test_a_manual_clock_calls_back_only_when_it_is_advanced_and_in_order(loop: asyncio.AbstractEventLoop) -> None:
    clock = ManualClock()
    called: list[float] = []
    for when in (2, 1, 9):
        clock.call_at(when, lambda: called.append(clock.now()), loop=loop)
    clock.call_at(1.5, lambda: called.append(-1.0), loop=loop).cancel()

    clock.advance(0)
    assert called == []
    clock.advance(2.5)
    assert called == [1, 2]
    assert clock.now() == 2.5


def test_a_manual_clock_calls_at_once_for_a_time_that_has_come() -> None:
    clock, heap = ManualClock(start=4.0), Heap()
    called: list[float] = []
    clock.call_at(4.0, lambda: called.append(1), loop=heap)
    heap.run()

    assert called == [1]


def test_a_callback_can_be_cancelled_when_it_is_handed_over_already() -> None:
    clock, heap = ManualClock(), Heap()
    called: list[float] = []
    timer = clock.call_at(0, lambda: called.append(1), loop=heap)
    timer.cancel()
    clock.advance(1)
    heap.run()

    assert called == []


def test_a_callback_has_run_before_the_clock_goes_on_and_what_it_asks_for_is_done_too(
    loop: asyncio.AbstractEventLoop,
) -> None:
    clock = ManualClock()
    called: list[float] = []

    def again() -> None:
        called.append(clock.now())
        clock.call_at(clock.now() + 1, again, loop=loop)

    clock.call_soon(again, loop=loop)
    clock.advance(100)

    assert called == [float(second) for second in range(101)]


def test_a_callback_of_the_loop_that_advances_the_clock_is_called_when_the_loop_can() -> None:
    clock = ManualClock(patience=0.0)
    called: list[float] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        clock.call_at(1, lambda: called.append(clock.now()), loop=loop)
        clock.advance(5)
        assert called == []
        await asyncio.sleep(0)

    asyncio.run(main())
    assert called == [5]


def test_a_callback_for_a_loop_that_is_closed_is_an_error_and_holds_nobody_up(loop: asyncio.AbstractEventLoop) -> None:
    clock = ManualClock(patience=0.0)
    closed = asyncio.new_event_loop()
    closed.close()

    with pytest.raises(RuntimeError, match="closed"):
        clock.call_soon(lambda: None, loop=closed)
    clock.advance(1)


def at_work(clock: ManualClock, function: Callable[[], object], what: str = "a command") -> threading.Thread:
    """Do something in a thread as work that the clock knows of."""
    work = clock.work(what)

    def do() -> None:
        with work.here():
            function()
        work.end()

    return in_thread(do)[0]


def test_one_advance_carries_work_through_all_its_waits_and_ends_when_it_has_come_to_rest() -> None:
    clock = ManualClock()
    times: list[float] = []

    def scan() -> None:
        for _ in range(200):
            clock.wait(clock.now() + 0.5, Interrupt())
            times.append(clock.now())

    thread = at_work(clock, scan)
    clock.advance(40)
    assert times == [0.5 * point for point in range(1, 81)]
    clock.advance(1000)

    assert times[-1] == 100.0
    assert len(times) == 200
    assert clock.now() == 1040
    thread.join(10)


def test_a_wait_that_was_interrupted_is_left_before_the_clock_goes_on() -> None:
    clock, interrupt, left = ManualClock(), Interrupt(), threading.Event()

    def wait() -> None:
        assert clock.wait(1000, interrupt) is False
        left.set()

    thread = at_work(clock, wait)
    assert clock.until_waited_for()
    interrupt.set()
    clock.advance(10)

    assert left.is_set()
    thread.join(10)


def test_work_that_neither_waits_nor_ends_is_named_and_the_time_stands_still() -> None:
    clock = ManualClock(patience=0.05)
    work = clock.work("an endless loop")
    with pytest.raises(ClockStuckError, match=r"stands still at 0: after 0.05 real seconds .* an endless loop\."):
        clock.advance(5)
    assert clock.now() == 0
    work.end()
    work.end()
    clock.advance(5)
    assert clock.now() == 5


def test_the_time_goes_on_while_work_waits_for_something_else() -> None:
    clock, key = ManualClock(), Interrupt()

    def ask() -> None:
        with clock.elsewhere():
            key.wait(10)

    thread = at_work(clock, ask)
    clock.advance(5)
    assert thread.is_alive()
    key.set()
    thread.join(10)


def test_what_works_on_a_clock_cannot_advance_it() -> None:
    clock = ManualClock()
    outer, inner = clock.work("a command"), clock.work("a part of it")
    with outer.here():
        with inner.here():
            pass
        with pytest.raises(RuntimeError, match="works on the clock itself: a command"):
            clock.advance(1)
    outer.end()
    inner.end()
    clock.advance(1)


@pytest.mark.parametrize("clock", [SteppingClock(start=5.0), ScaledClock(FAST)])
def test_a_clock_that_nobody_moves_need_not_know_of_work(clock: Clock) -> None:
    heap = Heap()
    work = clock.work("a command")
    with work.here(), clock.elsewhere():
        clock.call_soon(work.end, loop=heap)
    heap.run()


def test_threads_wake_when_the_manual_clock_has_passed_their_time_and_not_before() -> None:
    clock = ManualClock()
    early, early_results = in_thread(lambda: clock.wait(1.0, Interrupt()))
    late, late_results = in_thread(lambda: clock.wait(2.0, Interrupt()))
    assert clock.until_waited_for(2)

    clock.advance(1.5)
    early.join(10)
    assert early_results == [True]
    assert late_results == []
    assert late.is_alive()

    clock.advance(0.5)
    late.join(10)
    assert late_results == [True]


def test_a_test_can_tell_that_nobody_waits() -> None:
    assert not ManualClock().until_waited_for(1, real_seconds=0.0)
