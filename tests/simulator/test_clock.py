"""Model time: real, scaled, stepping and manual."""

from __future__ import annotations

import asyncio
import math
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from pycertifspec.simulator.clock import Clock, Interrupt, ManualClock, ScaledClock, SteppingClock, clock_at

if TYPE_CHECKING:
    from collections.abc import Callable

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


def test_a_manual_clock_calls_back_only_when_it_is_advanced_and_in_order() -> None:
    clock, heap = ManualClock(), Heap()
    called: list[float] = []
    clock.call_at(2, lambda: called.append(2), loop=heap)
    clock.call_at(1, lambda: called.append(1), loop=heap)
    clock.call_at(1.5, lambda: called.append(-1.0), loop=heap).cancel()
    clock.call_at(9, lambda: called.append(9), loop=heap)

    heap.run()
    assert called == []
    clock.advance(2.0)
    heap.run()
    assert called == [1, 2]
    assert clock.now() == 2.0


def test_a_manual_clock_calls_at_once_for_a_time_that_has_come() -> None:
    clock, heap = ManualClock(start=4.0), Heap()
    called: list[float] = []
    clock.call_at(4.0, lambda: called.append(1), loop=heap)
    heap.run()

    assert called == [1]


def test_a_callback_can_be_cancelled_when_it_is_handed_over_already() -> None:
    clock, heap = ManualClock(), Heap()
    called: list[float] = []
    timer = clock.call_at(1, lambda: called.append(1), loop=heap)
    clock.advance(1)
    timer.cancel()
    heap.run()

    assert called == []


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
