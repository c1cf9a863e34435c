"""A motor as its user sees it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycertifspec.simulator.clock import ManualClock
from pycertifspec.simulator.hardware.bench import Bench
from pycertifspec.simulator.hardware.config import MotorConfig
from pycertifspec.simulator.hardware.motor import Motor
from pycertifspec.simulator.hardware.refusals import Refusal, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable


def test_a_motor_is_half_way_at_half_time_and_stays_where_it_is_stopped(
    clock: ManualClock, make_motor: Callable[..., Motor]
) -> None:
    motor = make_motor()
    motor.move(-10.0)
    clock.advance(5.0)
    assert motor.position == -5.0
    assert motor.read().move_done == 1

    motor.stop()
    clock.advance(100)
    assert motor.position == -5.0
    assert motor.commanded == -5.0
    assert not motor.moving
    assert not motor.busy


configs = st.builds(
    MotorConfig,
    mnemonic=st.just("m"),
    name=st.just("M"),
    steps_per_unit=st.sampled_from([1000.0, -333.3, 7.0]),
    sign=st.sampled_from([1, -1]),
    offset=st.floats(-50, 50),
    dial=st.floats(-50, 50),
    base_rate=st.floats(0, 5000),
    slew_rate=st.floats(10, 5000),
    acceleration=st.floats(0, 2000),
    backlash=st.integers(-100, 100).map(float),
    low_limit=st.just(-1000.0),
    high_limit=st.just(1000.0),
)


@given(configs, st.floats(-100, 100))
def test_a_move_ends_on_the_target_rounded_to_a_step(config: MotorConfig, target: float) -> None:
    clock = ManualClock()
    motor = Motor(config, Bench(clock))

    moved = motor.move(target)
    if moved:
        clock.advance(motor.next_event_time() - clock.now())

    assert not motor.moving
    assert motor.position == motor.units.rounded_user(target)
    assert motor.commanded == pytest.approx(target, abs=1e-9)


@given(configs, st.floats(-100, 100), st.floats(0, 1))
def test_a_motor_is_never_outside_its_way_but_for_the_backlash(config: MotorConfig, target: float, part: float) -> None:
    clock = ManualClock()
    motor = Motor(config, Bench(clock))
    start, units = motor.read().dial_position, motor.units
    if not motor.move(target):
        return

    clock.advance(part * motor.next_event_time())
    low, high = sorted((start * units.steps_per_unit, units.steps_of_user(target)))
    backlash = config.backlash
    low, high = low - max(0, backlash), high - min(0, backlash)

    assert low - 1e-3 <= motor.read().dial_position * units.steps_per_unit <= high + 1e-3


@given(configs, st.floats(-100, 100), st.floats(0, 1))
def test_a_motor_that_is_stopped_anywhere_stays_there_and_can_go_on(
    config: MotorConfig, target: float, part: float
) -> None:
    clock = ManualClock()
    motor = Motor(config, Bench(clock))
    if not motor.move(target):
        return
    clock.advance(part * motor.next_event_time())
    before = motor.position

    motor.stop()
    stopped = motor.read()
    clock.advance(1000)
    assert stopped.position == motor.position == before
    assert stopped.move_done == 0
    assert motor.discrepancy is None
    assert motor.true_position == pytest.approx(stopped.position)

    motor.move(target)
    clock.advance(1e6)
    assert motor.position == motor.units.rounded_user(target)


def test_a_motion_takes_the_time_that_its_rates_say(clock: ManualClock, make_motor: Callable[..., Motor]) -> None:
    motor = make_motor(base_rate=0, slew_rate=1000, acceleration=1000)
    motor.move(3.0)

    assert motor.next_event_time() == pytest.approx(4.0)
    clock.advance(2.0)
    assert motor.position == pytest.approx(1.5)


def test_a_motor_is_always_on_a_whole_step(clock: ManualClock, make_motor: Callable[..., Motor]) -> None:
    motor = make_motor(steps_per_unit=10, slew_rate=10)
    motor.move(1.0)
    clock.advance(0.58)

    assert motor.position == 0.5


def test_a_target_within_the_rounding_to_a_step_starts_nothing(make_motor: Callable[..., Motor]) -> None:
    motor = make_motor()

    assert motor.move(0.0004) is False
    assert not motor.busy
    assert motor.commanded == 0.0004
    assert motor.position == 0.0


def test_with_positive_backlash_the_last_way_goes_up(clock: ManualClock, make_motor: Callable[..., Motor]) -> None:
    motor = make_motor(backlash=100)
    motor.move(1.0)
    assert motor.next_event_time() == pytest.approx(1.0)
    clock.advance(1.0)

    motor.move(0.0)
    clock.advance(1.1)
    assert motor.position == -0.1
    assert motor.moving
    clock.advance(0.05)
    assert motor.position == -0.05
    clock.advance(0.06)
    assert motor.position == 0.0
    assert not motor.moving


@pytest.mark.parametrize(
    ("parameters", "target", "turn"),
    [
        ({"backlash": 1000.0, "low_limit": 0.5}, 1.0, 0.5),
        ({"backlash": 1000.0, "low_limit": 1.0}, 1.0, 1.0),
        ({"backlash": -1000.0, "high_limit": 10.0}, 9.9, 10.0),
        ({"backlash": 1000.0, "low_limit": -9.5, "sign": -1}, 9.0, 9.5),
        ({"backlash": 10.0, "low_limit": 0.5}, 1.0, 0.99),
    ],
)
def test_the_way_beyond_the_target_ends_at_the_software_limit(
    clock: ManualClock, make_motor: Callable[..., Motor], parameters: dict[str, float], target: float, turn: float
) -> None:
    motor = make_motor(**{"dial": 5.0, "steps_per_unit": 1000.0, **parameters})
    assert motor.plan(target).backlash == pytest.approx(turn - target)
    motor.move(target)
    seen = [motor.true_position]
    while motor.busy:
        clock.advance(0.05)
        seen.append(motor.true_position)

    assert motor.position == target
    assert (min if turn < target or (turn == target and target < 5) else max)(seen) == pytest.approx(turn, abs=0.1)
    assert all(motor.config.low_limit <= motor.units.dial_of_user(place) <= motor.config.high_limit for place in seen)


def test_with_negative_backlash_the_last_way_goes_down(clock: ManualClock, make_motor: Callable[..., Motor]) -> None:
    motor = make_motor(backlash=-100)
    motor.move(1.0)
    clock.advance(1.1)

    assert motor.position == 1.1
    assert motor.moving


@pytest.mark.parametrize(
    ("parameters", "target", "refusal"),
    [
        ({"high_limit": 5.0}, 5.1, Refusal.HIGH_LIMIT),
        ({"low_limit": -5.0}, -5.1, Refusal.LOW_LIMIT),
        ({"high_limit": 5.0, "sign": -1, "low_limit": -9.0}, -5.1, Refusal.HIGH_LIMIT),
        ({"disabled": True}, 1.0, Refusal.DISABLED),
        ({"unusable": True}, 1.0, Refusal.UNUSABLE),
        ({"read_only": True}, 1.0, Refusal.READ_ONLY),
        ({"protected": True}, 1.0, Refusal.PROTECTED),
    ],
)
def test_a_motor_refuses_what_it_must_not_do_and_says_why(
    make_motor: Callable[..., Motor], parameters: dict[str, Any], target: float, refusal: Refusal
) -> None:
    motor = make_motor(**parameters)

    assert motor.plan(target).error is refusal
    with pytest.raises(RefusedError, match=f"th cannot move to .*: {refusal}") as refused:
        motor.move(target)
    assert (refused.value.mnemonic, refused.value.refusal) == ("th", refusal)
    assert not motor.busy
    assert motor.commanded == 0.0


def test_a_motor_goes_up_to_its_limit_and_no_step_further(make_motor: Callable[..., Motor]) -> None:
    motor = make_motor(high_limit=5.0)

    assert motor.plan(5.0004).error is None
    assert motor.plan(5.001).error is Refusal.HIGH_LIMIT


def test_a_motor_that_moves_is_busy(make_motor: Callable[..., Motor]) -> None:
    motor = make_motor()
    motor.move(1.0)

    with pytest.raises(RefusedError, match="busy"):
        motor.move(2.0)
    with pytest.raises(RefusedError, match="busy"):
        motor.set_dial(3.0)
    with pytest.raises(RefusedError, match="busy"):
        motor.set_limits(-1, 1)
    with pytest.raises(RefusedError, match="busy"):
        motor.turn_by_hand(5)
    with pytest.raises(RefusedError, match="busy"):
        motor.configure(replace(motor.config, sign=-1))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_not_a_number_is_refused(make_motor: Callable[..., Motor], value: float) -> None:
    motor = make_motor()

    for setting in (motor.set_dial, motor.set_offset, motor.set_position, motor.move):
        with pytest.raises(RefusedError, match="bad value"):
            setting(value)
    with pytest.raises(RefusedError, match="bad value"):
        motor.set_limits(0, value)


def test_the_plan_tells_what_a_move_would_do(make_motor: Callable[..., Motor]) -> None:
    motor = make_motor(backlash=100, sign=-1, offset=1.0)

    plan = motor.plan(1.5004)

    assert plan.to_move
    assert plan.error is None
    assert plan.commanded == 1.5004
    assert plan.target == pytest.approx(1.5)
    assert plan.target_dial == pytest.approx(-0.5)
    assert (plan.current, plan.current_dial) == (1.0, 0.0)
    assert plan.magnitude == pytest.approx(0.5)
    assert plan.backlash == pytest.approx(0.1)
    assert plan.leftover == pytest.approx(0.0004)
    assert not motor.plan(1.0).to_move
    assert motor.plan(0.5).backlash == 0.0


def test_setting_the_position_changes_the_offset_and_moves_nothing(make_motor: Callable[..., Motor]) -> None:
    motor = make_motor(dial=2.0, sign=-1, offset=10.0)
    assert motor.position == 8.0

    motor.set_position(0.0)

    assert motor.position == 0.0
    assert motor.read().offset == 2.0
    assert motor.read().dial_position == 2.0
    assert motor.true_position == 8.0


def test_setting_the_offset_changes_the_position(make_motor: Callable[..., Motor]) -> None:
    motor = make_motor(dial=2.0)
    motor.set_offset(0.5)

    assert motor.position == 2.5


def test_setting_the_dial_moves_neither_the_axis_nor_its_switches(
    clock: ManualClock, make_motor: Callable[..., Motor]
) -> None:
    motor = make_motor(dial=2.0, high_switch=3.0, high_limit=100)

    motor.set_dial(50.0)
    assert motor.read().dial_position == 50.0
    assert motor.true_position == 2.0

    motor.move(60.0)
    clock.advance(100)
    assert motor.position == 51.0
    assert motor.read().high_lim_hit == 1


def test_limits_come_in_any_order_and_are_kept_in_dial_units(make_motor: Callable[..., Motor]) -> None:
    motor = make_motor()
    motor.set_limits(7.0, -3.0)

    assert (motor.read().low_limit, motor.read().high_limit) == (-3.0, 7.0)


def test_a_protected_motor_keeps_its_limits_and_dial(make_motor: Callable[..., Motor]) -> None:
    motor = make_motor(protected=True)

    with pytest.raises(RefusedError, match="protected"):
        motor.set_limits(0, 1)
    with pytest.raises(RefusedError, match="protected"):
        motor.set_dial(1)


def test_parameters_can_be_changed_and_hold_for_the_next_motion(
    clock: ManualClock, make_motor: Callable[..., Motor]
) -> None:
    motor = make_motor()
    motor.move(1.0)
    motor.configure(replace(motor.config, slew_rate=100))
    clock.advance(1.0)
    assert motor.position == 1.0

    motor.move(2.0)
    assert motor.next_event_time() == pytest.approx(11.0)
    assert motor.read().slew_rate == 100


def test_another_number_of_steps_per_unit_leaves_the_steps(make_motor: Callable[..., Motor]) -> None:
    motor = make_motor(dial=2.0)
    motor.configure(replace(motor.config, steps_per_unit=500))

    assert motor.position == 4.0
    assert motor.true_position == 2.0


def test_an_unusable_or_disabled_motor_says_so(make_motor: Callable[..., Motor]) -> None:
    motor = make_motor()
    assert motor.read().unusable == 0
    motor.configure(replace(motor.config, disabled=True))

    assert motor.read().unusable == 1


@pytest.mark.parametrize(
    "parameters",
    [
        {"mnemonic": "eightchr"},
        {"mnemonic": ""},
        {"mnemonic": "a b"},
        {"name": "x" * 16},
        {"steps_per_unit": 0},
        {"steps_per_unit": float("inf")},
        {"sign": 2},
        {"slew_rate": 0},
        {"base_rate": -1},
        {"acceleration": -1},
        {"backlash": 0.5},
        {"low_limit": 2, "high_limit": 1},
        {"low_switch": 2, "high_switch": 1},
    ],
)
def test_a_motor_that_cannot_be_is_not_made(make_motor: Callable[..., Motor], parameters: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="is"):
        make_motor(**parameters)
