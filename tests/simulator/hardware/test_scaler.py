"""Counting: to a time or to monitor counts, with motors that stand or move."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycertifspec.simulator.clock import ManualClock
from pycertifspec.simulator.hardware.config import CounterConfig, CounterUse, MotorConfig
from pycertifspec.simulator.hardware.faults import CounterFault, SlowStart
from pycertifspec.simulator.hardware.instrument import Instrument
from pycertifspec.simulator.hardware.rates import Constant, Peak
from pycertifspec.simulator.hardware.refusals import Refusal, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycertifspec.simulator.hardware.scaler import Scaler

TH = MotorConfig(mnemonic="th", name="Theta", steps_per_unit=1000, slew_rate=1000, acceleration=0)
SEC = CounterConfig(mnemonic="sec", name="Seconds", use=CounterUse.TIMER, scale=1e6)
MON = CounterConfig(mnemonic="mon", name="Monitor", use=CounterUse.MONITOR, rate=Constant(1000))
PEAK = Peak("th", 0.0, 0.1, 10_000)
DET = CounterConfig(mnemonic="det", name="Detector", rate=PEAK)
AREA = 10_000 * 0.1 * math.sqrt(math.pi / math.log(2)) / 2  # under the peak, in counts per second times degrees


def instrument(clock: ManualClock, *counters: CounterConfig, seed: int = 0, **motor: Any) -> Instrument:
    return Instrument([replace(TH, **motor)], counters or (SEC, MON, DET), clock, seed=seed)


def quiet(config: CounterConfig) -> CounterConfig:
    return replace(config, noise=False)


def test_a_count_takes_its_time_and_shows_live_values_that_freeze(clock: ManualClock) -> None:
    one = instrument(clock, SEC, quiet(MON), quiet(DET))
    one.scaler.count_time(2.0)
    assert one.is_busy(motors=False)
    assert one.next_event_time() == 2.0
    clock.advance(0.5)
    assert one.scaler.values() == {"sec": 0.5, "mon": 500, "det": 5000}

    clock.advance(99)
    assert not one.is_busy(motors=False)
    assert one.scaler.values() == {"sec": 2.0, "mon": 2000, "det": 20_000}
    one.motor("th").move(90)
    clock.advance(99)
    assert one.counter("det").value == 20_000


def test_a_count_that_is_stopped_keeps_what_it_has(clock: ManualClock) -> None:
    one = instrument(clock, SEC, quiet(MON))
    one.scaler.count_time(2.0)
    clock.advance(0.25)
    one.scaler.stop()
    clock.advance(5)

    assert one.scaler.values() == {"sec": 0.25, "mon": 250}
    assert not one.is_busy(motors=False)
    one.scaler.stop()  # nothing to stop


def test_a_new_count_begins_at_zero(clock: ManualClock) -> None:
    one = instrument(clock)
    one.scaler.count_time(1)
    clock.advance(1)
    one.scaler.count_time(1)

    assert set(one.scaler.values().values()) == {0}


@given(st.integers(1, 10**6), st.integers(0, 1000))
def test_a_count_to_the_monitor_ends_exactly_there(preset: int, seed: int) -> None:
    clock = ManualClock()
    one = instrument(clock, seed=seed)
    one.scaler.count_monitor(preset)
    end = one.next_event_time()
    clock.advance(end)
    values = one.scaler.values()

    assert not one.is_busy(motors=False)
    assert values["mon"] == preset
    assert values["sec"] == pytest.approx(end, abs=1e-6)
    # The time to the last of so many arrivals: beyond this once in 10^12 times, of few arrivals too.
    assert end == pytest.approx(preset / 1000, abs=(6 * math.sqrt(preset) + 20) / 1000)


def test_noise_is_the_same_for_a_seed_and_sequence_whoever_looks_meanwhile(clock: ManualClock) -> None:
    results: list[list[dict[str, float]]] = []
    for looks in (1, 7, 50):
        clock, seen = ManualClock(), list[dict[str, float]]()
        one = instrument(clock, seed=42)
        for _ in range(3):
            one.motor("th").move(one.motor("th").position + 0.05)
            one.scaler.count_time(1.0)
            for _ in range(looks):
                clock.advance(1.0 / looks)
                one.scaler.values()
            clock.advance(1.0)
            seen.append(one.scaler.values())
        results.append(seen)

    assert results[0] == results[1] == results[2]
    assert len({values["det"] for values in results[0]}) == 3


def test_another_seed_and_another_count_give_other_noise(clock: ManualClock) -> None:
    counted: list[float] = []
    for seed in (1, 2):
        one = instrument(clock, seed=seed)
        for _ in range(2):
            one.scaler.count_time(10)
            clock.advance(10)
            counted.append(one.counter("mon").value)

    assert len(set(counted)) == 4
    assert all(abs(value - 10_000) < 600 for value in counted)


def test_live_values_never_fall(clock: ManualClock) -> None:
    one = instrument(clock)
    one.scaler.count_time(5)
    one.motor("th").move(1.0)
    seen = []
    for _ in range(60):
        clock.advance(0.1)
        seen.append(one.counter("det").value)

    assert seen == sorted(seen)
    assert seen[-1] > seen[0]


@pytest.mark.parametrize(("speed", "far"), [(1000, 1.0), (100_000, 100.0), (50, 0.4)])
def test_a_peak_that_is_crossed_while_counting_gives_its_area_over_the_speed(
    clock: ManualClock, speed: float, far: float
) -> None:
    one = instrument(clock, SEC, quiet(DET), dial=-far, slew_rate=speed)
    one.motor("th").move(far)
    one.scaler.count_time(2 * far * 1000 / speed + 1)
    clock.advance(1000)

    assert one.counter("det").value == pytest.approx(AREA / (speed / 1000), rel=1e-3, abs=1)


def test_a_motor_that_starts_ends_and_is_stopped_during_a_count_is_counted_where_it_was(clock: ManualClock) -> None:
    one = instrument(clock, SEC, quiet(CounterConfig(mnemonic="det", name="D", rate=Peak("th", 0.0, 2.0, 1000))))
    one.scaler.count_time(10)
    clock.advance(1)  # 1000 at the center
    one.motor("th").move(1.0)  # half way down within a second: the area from center to half height
    clock.advance(2)  # of which one stands at half height: 500
    one.motor("th").move(0.0)
    clock.advance(0.5)
    one.motor("th").stop()
    clock.advance(6.5)
    way = 1000 * math.sqrt(math.pi / math.log(2)) / 2 * math.erf(math.sqrt(math.log(2)))
    half = 1000 * math.sqrt(math.pi / math.log(2)) / 2 * math.erf(0.5 * math.sqrt(math.log(2)))
    there = 1000 * 2**-0.25

    expected = 1000 + way + 500 + (way - half) + 6.5 * there
    assert one.counter("det").value == pytest.approx(expected, abs=1.5)


@pytest.mark.parametrize("delay", [0.0, 0.7])
def test_a_monitor_that_sees_the_motors_ends_when_its_counts_are_there(clock: ManualClock, delay: float) -> None:
    monitor = quiet(replace(MON, rate=Peak("th", 1.0, 0.2, 1000)))
    one = instrument(clock, SEC, monitor)
    one.motor("th").inject(SlowStart(delay))
    one.motor("th").move(2.0)
    one.scaler.count_monitor(106)  # half of the peak's area
    assert one.next_event_time() <= delay + 1.01
    clock.advance(delay + 0.95)
    assert one.is_busy(motors=False)
    clock.advance(0.06)

    assert not one.is_busy(motors=False)
    assert one.counter("sec").value == pytest.approx(delay + 1.0, abs=0.01)


def test_a_monitor_waits_for_motors_and_counts_on_when_they_stand(clock: ManualClock) -> None:
    one = instrument(clock, SEC, quiet(replace(MON, rate=Peak("th", 1.0, 0.2, 1000))))
    one.scaler.count_monitor(1106)
    assert one.next_event_time() > 1e6

    one.motor("th").move(1.0)
    clock.advance(1.5)
    assert one.is_busy(motors=False)
    clock.advance(0.51)
    clock.advance(0.01)
    assert not one.is_busy(motors=False)
    assert one.counter("sec").value == pytest.approx(2.0, abs=0.01)


def test_a_dead_counter_reads_zero_and_a_stuck_one_what_it_had(clock: ManualClock) -> None:
    one = instrument(clock, SEC, quiet(MON), quiet(DET))
    one.scaler.count_time(3)
    clock.advance(1)
    one.counter("mon").fail(CounterFault.STUCK)
    one.counter("det").fail(CounterFault.DEAD)
    clock.advance(1)
    assert one.scaler.values() == {"sec": 2, "mon": 1000, "det": 0}
    assert one.counter("mon").fault is CounterFault.STUCK

    one.counter("mon").repair()
    clock.advance(5)
    assert one.scaler.values() == {"sec": 3, "mon": 2000, "det": 0}


@pytest.mark.parametrize("fault", [CounterFault.STUCK, CounterFault.DEAD])
def test_a_count_to_a_monitor_that_does_not_count_ends_only_when_stopped(
    clock: ManualClock, fault: CounterFault
) -> None:
    one = instrument(clock)
    one.counter("mon").fail(fault)
    one.scaler.count_monitor(10)
    clock.advance(1e6)
    assert one.is_busy(motors=False)
    assert one.next_event_time() == math.inf

    one.scaler.stop()
    assert one.counter("mon").value == 0
    assert one.counter("sec").value == 1e6


def test_a_counter_that_does_not_answer_lets_no_count_start(clock: ManualClock) -> None:
    one = instrument(clock)
    one.counter("det").fail(CounterFault.UNRESPONSIVE)

    with pytest.raises(RefusedError, match="det cannot count to 1: unresponsive"):
        one.scaler.count_time(1)
    assert not one.is_busy(motors=False)
    one.counter("det").repair()
    one.scaler.count_time(1)
    assert one.is_busy(motors=False)


def test_a_disabled_counter_is_left_alone(clock: ManualClock) -> None:
    one = instrument(clock)
    det = one.counter("det")
    det.configure(replace(det.config, disabled=True))
    det.fail(CounterFault.UNRESPONSIVE)
    one.scaler.count_time(1)
    clock.advance(1)

    assert det.value == 0


@pytest.mark.parametrize(
    ("start", "refusal"),
    [
        (lambda scaler: scaler.count_time(-1), Refusal.BAD_VALUE),
        (lambda scaler: scaler.count_time(math.inf), Refusal.BAD_VALUE),
        (lambda scaler: scaler.count_time(math.nan), Refusal.BAD_VALUE),
        (lambda scaler: scaler.count_monitor(0), Refusal.BAD_VALUE),
    ],
)
def test_a_preset_that_makes_no_sense_is_refused(
    clock: ManualClock, start: Callable[[Scaler], None], refusal: Refusal
) -> None:
    one = instrument(clock)
    with pytest.raises(RefusedError) as refused:
        start(one.scaler)
    assert refused.value.refusal is refusal


def test_there_is_one_count_at_a_time(clock: ManualClock) -> None:
    one = instrument(clock)
    one.scaler.count_time(5)
    with pytest.raises(RefusedError, match="busy"):
        one.scaler.count_monitor(5)


def test_without_a_monitor_nothing_counts_to_it(clock: ManualClock) -> None:
    with pytest.raises(RefusedError, match="monitor cannot count to 5: unusable"):
        instrument(clock, SEC).scaler.count_monitor(5)
    with pytest.raises(RefusedError, match="sec cannot count to 5: disabled"):
        instrument(clock, replace(SEC, disabled=True)).scaler.count_time(5)


def test_counting_for_no_time_is_over_at_once(clock: ManualClock) -> None:
    one = instrument(clock)
    one.scaler.count_time(0)

    assert not one.is_busy(motors=False)
    assert one.counter("sec").value == 0


def test_a_value_is_raw_counts_over_the_scale(clock: ManualClock) -> None:
    one = instrument(clock, SEC, replace(quiet(MON), scale=10.0))
    one.scaler.count_monitor(50)
    clock.advance(0.6)

    assert one.scaler.values() == {"sec": 0.5, "mon": 50.0}


@pytest.mark.parametrize("parameters", [{"mnemonic": "eightchr"}, {"name": ""}, {"scale": 0}, {"scale": math.inf}])
def test_a_counter_that_cannot_be_is_not_made(parameters: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="expected"):
        replace(DET, **parameters)
