"""The changes that a reader is told, their order and their times."""

from __future__ import annotations

import math
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pycertifspec.simulator.clock import ScaledClock
from pycertifspec.simulator.hardware.bench import Bench
from pycertifspec.simulator.hardware.changes import MAX_PENDING
from pycertifspec.simulator.hardware.config import CounterConfig, CounterUse, MotorConfig
from pycertifspec.simulator.hardware.faults import CounterFault, HitLimit, SlowStart, Stall
from pycertifspec.simulator.hardware.instrument import Instrument
from pycertifspec.simulator.hardware.motor import Motor
from pycertifspec.simulator.hardware.rates import Constant

if TYPE_CHECKING:
    from pycertifspec.simulator.clock import ManualClock
    from pycertifspec.simulator.hardware.faults import MotorFault

TH = MotorConfig(mnemonic="th", name="Theta", steps_per_unit=1000, slew_rate=1000, acceleration=0)
MOTORS = [TH, replace(TH, mnemonic="tth", name="Two Theta")]
COUNTERS = [
    CounterConfig(mnemonic="sec", name="Seconds", use=CounterUse.TIMER, scale=1000),
    CounterConfig(mnemonic="mon", name="Monitor", use=CounterUse.MONITOR, rate=Constant(100), noise=False),
]


@pytest.fixture
def one(clock: ManualClock) -> Instrument:
    return Instrument(MOTORS, COUNTERS, clock)


class Reader:
    """Takes changes when they are due, as a server does."""

    def __init__(self, instrument: Instrument) -> None:
        self.woken = 0
        self.feed = instrument.watch(self.wake)

    def wake(self) -> None:
        self.woken += 1

    def told(self, *names: str) -> list[tuple[float, str, float]]:
        return [(c.time, c.path, c.value) for c in self.feed.take() if not names or c.name in names]


def test_a_move_is_told_in_specs_order(one: Instrument, clock: ManualClock) -> None:
    reader = Reader(one)
    one.motor("th").move(0.7)
    clock.advance(10)

    assert reader.told() == [
        (0.0, "motor/th/move_done", 1),
        (0.5, "motor/th/position", 0.5),
        (0.5, "motor/th/dial_position", 0.5),
        (0.7, "motor/th/position", 0.7),
        (0.7, "motor/th/dial_position", 0.7),
        (0.7, "motor/th/move_done", 0),
    ]
    assert reader.told() == []


def test_two_motors_that_start_together_are_told_as_in_the_trace(one: Instrument, clock: ManualClock) -> None:
    reader = Reader(one)
    one.start({"tth": 0.6, "th": 0.6})
    clock.advance(10)

    assert reader.told("position", "move_done") == [
        (0.0, "motor/th/move_done", 1),
        (0.0, "motor/tth/move_done", 1),
        (0.5, "motor/th/position", 0.5),
        (0.5, "motor/tth/position", 0.5),
        (0.6, "motor/th/position", 0.6),
        (0.6, "motor/th/move_done", 0),
        (0.6, "motor/tth/position", 0.6),
        (0.6, "motor/tth/move_done", 0),
    ]


def test_what_is_told_does_not_depend_on_how_often_it_is_taken(one: Instrument, clock: ManualClock) -> None:
    often, seldom = Reader(one), Reader(one)
    one.motor("th").move(2.2)
    one.scaler.count_time(1.7)
    taken: list[tuple[float, str, float]] = []
    for _ in range(30):
        clock.advance(0.1)
        taken += often.told()
        one.motor("th").read()

    assert taken == seldom.told()


def test_each_event_is_due_exactly_when_next_event_time_says(one: Instrument, clock: ManualClock) -> None:
    reader = Reader(one)
    assert one.next_event_time() == math.inf
    one.motor("th").move(1.2)
    dues: list[float] = []
    while (due := one.next_event_time()) < math.inf:
        dues.append(due)
        reader.told()
        clock.advance(due - clock.now())
        assert next(time for time, *_ in reader.told()) == due

    assert dues == pytest.approx([0.5, 1.0, 1.2])


def test_without_a_reader_only_ends_are_due(one: Instrument) -> None:
    one.motor("th").move(1.2)
    assert one.next_event_time() == pytest.approx(1.2)


def test_a_reader_who_comes_late_is_told_from_then_on(one: Instrument, clock: ManualClock) -> None:
    one.motor("th").move(1.2)
    clock.advance(0.3)
    reader = Reader(one)
    clock.advance(10)

    assert [time for time, *_ in reader.told("position")] == pytest.approx([0.5, 1.0, 1.2])


def test_a_count_is_told_to_have_started_before_and_ended_after_its_values(one: Instrument, clock: ManualClock) -> None:
    reader = Reader(one)
    one.scaler.count_monitor(70)
    clock.advance(10)

    assert reader.told() == [
        (0.0, "scaler/.all./count", 1),
        (0.5, "scaler/sec/value", 0.5),
        (0.5, "scaler/mon/value", 50),
        (0.7, "scaler/sec/value", 0.7),
        (0.7, "scaler/mon/value", 70),
        (0.7, "scaler/.all./count", 0),
    ]


def test_a_stop_is_told_with_the_place(one: Instrument, clock: ManualClock) -> None:
    reader = Reader(one)
    one.motor("th").move(5.0)
    clock.advance(0.25)
    one.stop()

    assert reader.told("position", "move_done") == [
        (0.0, "motor/th/move_done", 1),
        (0.25, "motor/th/position", 0.25),
        (0.25, "motor/th/move_done", 0),
    ]


@pytest.mark.parametrize(("fault", "flag"), [(HitLimit(0.1), "high_lim_hit"), (Stall(0.1), "motor_fault")])
def test_trouble_is_told_before_the_end_and_its_end_with_the_next_start(
    one: Instrument, clock: ManualClock, fault: MotorFault, flag: str
) -> None:
    reader = Reader(one)
    one.motor("th").inject(fault)
    one.motor("th").move(1.0)
    clock.advance(0.1)
    one.motor("th").move(0.2)

    assert [(path, value) for _, path, value in reader.told(flag, "move_done")] == [
        ("motor/th/move_done", 1),
        (f"motor/th/{flag}", 1),
        ("motor/th/move_done", 0),
        ("motor/th/move_done", 1),
        (f"motor/th/{flag}", 0),
    ]


def test_a_slow_start_is_told_when_it_shows(one: Instrument, clock: ManualClock) -> None:
    reader = Reader(one)
    one.motor("th").inject(SlowStart(2.0))
    one.motor("th").move(0.1)
    clock.advance(5)

    assert [time for time, *_ in reader.told("move_done")] == pytest.approx([2.0, 2.1])


def test_settings_are_told_if_they_change_something(one: Instrument) -> None:
    reader = Reader(one)
    motor = one.motor("th")
    motor.set_offset(1.5)
    motor.set_offset(1.5)
    motor.set_limits(-1, 180)
    motor.set_dial(2.0)

    assert [(path, value) for _, path, value in reader.told()] == [
        ("motor/th/position", 1.5),
        ("motor/th/offset", 1.5),
        ("motor/th/low_limit", -1),
        ("motor/th/position", 3.5),
        ("motor/th/dial_position", 2.0),
    ]


def test_a_reader_is_woken_by_what_is_started_stopped_or_set_and_not_by_reading_or_time(
    one: Instrument, clock: ManualClock
) -> None:
    reader = Reader(one)
    one.motor("th").read()
    clock.advance(1)
    one.scaler.values()
    assert reader.woken == 0

    one.start({"th": 1.0, "tth": 1.0})
    assert reader.woken == 1
    one.stop()
    assert reader.woken == 2
    reader.told()
    one.unwatch(reader.feed)
    one.motor("th").move(1.0)
    assert reader.woken == 2
    assert reader.told() == []


def test_a_reader_is_woken_without_the_lock(one: Instrument) -> None:
    free: list[float] = []

    def wake() -> None:
        thread = threading.Thread(target=lambda: free.append(one.motor("th").position))
        thread.start()
        thread.join(10)

    one.watch(wake)
    one.motor("th").set_position(4.0)

    assert free == [4.0]


def test_of_a_reader_who_stays_behind_only_the_newest_of_each_property_is_kept(one: Instrument) -> None:
    feed = one.watch(lambda: None)
    one.motor("tth").set_limits(-7, 180)
    for number in range(MAX_PENDING):
        one.motor("th").set_offset(number + 1.0)

    changes = feed.take()
    assert len(changes) <= MAX_PENDING
    assert (changes[0].path, changes[0].value) == ("motor/tth/low_limit", -7)
    assert [(c.name, c.value) for c in changes[-2:]] == [
        ("position", MAX_PENDING),
        ("offset", MAX_PENDING),
    ]


def test_a_count_without_end_is_still_told_live(one: Instrument, clock: ManualClock) -> None:
    reader = Reader(one)
    one.counter("mon").fail(CounterFault.STUCK)
    one.scaler.count_monitor(10)
    clock.advance(1.0)

    assert [value for _, _, value in reader.told("value")] == [0.5, 1.0]


def test_time_stands_still_while_the_bench_is_held() -> None:
    one = Instrument(MOTORS, COUNTERS, ScaledClock(1e6))
    with one.hold() as now:
        one.start({"th": 10.0})
        while one.clock.now() < now + 100:
            pass
        assert one.motor("th").position == 0.0
    assert one.motor("th").position == 10.0


def test_values_cannot_be_told_all_the_time(clock: ManualClock) -> None:
    with pytest.raises(ValueError, match="live_interval"):
        Bench(clock, live_interval=0)


def test_a_motor_can_stand_on_a_bench_of_its_own(clock: ManualClock) -> None:
    motor = Motor(MOTORS[0], Bench(clock))
    motor.move(1)
    clock.advance(1)

    assert motor.position == 1
