"""Motors and counters together, and waiting for them."""

from __future__ import annotations

import math
import threading
from dataclasses import replace
from typing import Any

import pytest

from pycertifspec.simulator.clock import Interrupt, ManualClock, SteppingClock
from pycertifspec.simulator.hardware.config import CounterConfig, CounterUse, MotorConfig
from pycertifspec.simulator.hardware.faults import Refuse
from pycertifspec.simulator.hardware.instrument import Instrument
from pycertifspec.simulator.hardware.rates import Peak
from pycertifspec.simulator.hardware.refusals import RefusedError

TH = MotorConfig(mnemonic="th", name="Theta", steps_per_unit=1000, slew_rate=1000, acceleration=0)
TTH = replace(TH, mnemonic="tth", name="Two Theta")
SEC = CounterConfig(mnemonic="sec", name="Seconds", use=CounterUse.TIMER, scale=1000)


@pytest.fixture
def one(clock: ManualClock) -> Instrument:
    return Instrument([TH, TTH], [SEC], clock)


def test_motors_and_counters_have_their_order_and_mnemonics(one: Instrument) -> None:
    assert [motor.mnemonic for motor in one.motors] == ["th", "tth"]
    assert [counter.mnemonic for counter in one.counters] == ["sec"]
    assert one.motor("tth") is one.motors[1]
    assert one.counter("sec") is one.counters[0]
    with pytest.raises(KeyError):
        one.motor("nope")


@pytest.mark.parametrize("counter", [replace(SEC, mnemonic="th"), SEC])
def test_a_mnemonic_belongs_to_one(clock: ManualClock, counter: CounterConfig) -> None:
    with pytest.raises(ValueError, match="two motors or counters"):
        Instrument([TH], [SEC, counter], clock)


def test_a_rate_needs_its_motors(clock: ManualClock) -> None:
    with pytest.raises(ValueError, match="depends on chi"):
        Instrument([TH], [replace(SEC, rate=Peak("chi", 0, 1))], clock)


def test_motors_start_together_in_the_order_of_their_numbers(one: Instrument, clock: ManualClock) -> None:
    assert one.start({"tth": 2.0, "th": 1.0}) == list(one.motors)
    assert one.moving == one.motors
    clock.advance(1.5)
    assert one.moving == (one.motor("tth"),)


def test_a_motor_that_is_there_already_is_not_started(one: Instrument) -> None:
    assert one.start({"tth": 0.0, "th": 1.0}) == [one.motor("th")]


def test_if_one_motor_cannot_move_none_does(one: Instrument) -> None:
    with pytest.raises(RefusedError, match="tth cannot move to 999: high limit"):
        one.start({"th": 1.0, "tth": 999.0})
    assert one.moving == ()

    one.motor("tth").inject(Refuse())
    with pytest.raises(RefusedError, match="unresponsive"):
        one.start({"th": 1.0, "tth": 1.0})
    assert one.moving == ()


def test_motors_are_stopped_without_the_counters_or_with_them(one: Instrument) -> None:
    one.start({"th": 1.0})
    one.scaler.count_time(1)
    one.stop_motors()
    assert one.moving == ()
    assert one.is_busy()
    assert not one.is_busy(counters=False)

    one.stop()
    assert not one.is_busy()


def waiting(one: Instrument, interrupt: Interrupt | None = None, **what: Any) -> tuple[threading.Thread, list[bool]]:
    """Wait in a thread; return it and the list that the result goes to."""
    results: list[bool] = []
    thread = threading.Thread(target=lambda: results.append(one.wait(interrupt or Interrupt(), **what)), daemon=True)
    thread.start()
    assert isinstance(one.clock, ManualClock)
    assert one.clock.until_waited_for(1)
    return thread, results


def test_a_wait_ends_when_the_last_motor_and_counter_end(one: Instrument, clock: ManualClock) -> None:
    one.start({"th": 1.0, "tth": 2.0})
    one.scaler.count_time(3)
    thread, results = waiting(one)
    clock.advance(1.0)
    assert clock.until_waited_for(1)
    clock.advance(1.0)
    assert clock.until_waited_for(1)
    clock.advance(1.0)
    thread.join(10)

    assert results == [True]


def test_a_wait_for_motors_does_not_wait_for_counters_and_the_other_way_round(
    one: Instrument, clock: ManualClock
) -> None:
    interrupt = Interrupt()
    one.scaler.count_time(3)
    assert one.wait(interrupt, counters=False) is True
    one.stop()
    one.start({"th": 1})
    assert one.wait(interrupt, motors=False) is True


def test_a_wait_ends_at_once_when_another_thread_stops_what_it_waits_for(one: Instrument) -> None:
    one.start({"th": 100.0})
    thread, results = waiting(one)
    one.stop()
    thread.join(10)

    assert results == [True]


def test_a_wait_that_is_interrupted_says_so_and_stops_nothing(one: Instrument) -> None:
    interrupt = Interrupt()
    one.start({"th": 100.0})
    thread, results = waiting(one, interrupt)
    interrupt.set()
    thread.join(10)

    assert results == [False]
    assert one.moving
    assert one.wait(interrupt) is False


def test_a_wait_takes_in_what_is_started_meanwhile(one: Instrument, clock: ManualClock) -> None:
    one.start({"th": 2.0})
    thread, results = waiting(one)
    clock.advance(1.0)
    one.start({"tth": 5.0})
    clock.advance(1.0)
    assert clock.until_waited_for(1)
    assert thread.is_alive()
    clock.advance(4.0)
    thread.join(10)

    assert results == [True]


def test_on_a_clock_that_steps_a_day_of_counting_is_over_at_once() -> None:
    one = Instrument([TH], [SEC], SteppingClock(start=0.0))
    one.scaler.count_time(86_400)

    assert one.wait(Interrupt()) is True
    assert one.clock.now() == 86_400
    assert one.counter("sec").value == 86_400


def test_a_wait_ends_although_a_motion_ends_between_two_looks_at_the_clock() -> None:
    class Hasty(SteppingClock):
        """Each look at the clock takes as long as the motion."""

        def now(self) -> float:
            self._jump(super().now() + 1.2)
            return super().now()

        def wait(self, until: float, interrupt: Interrupt) -> bool:
            assert until < math.inf
            return super().wait(until, interrupt)

    instrument = Instrument([TH], [], Hasty())
    instrument.start({"th": 1.5})

    assert instrument.wait(Interrupt())
