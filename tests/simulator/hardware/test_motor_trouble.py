"""Limit switches, searches and faults on demand."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import pytest

from pycertifspec.simulator.hardware.faults import HitLimit, LoseSteps, Refuse, SlowStart, Stall
from pycertifspec.simulator.hardware.mechanics import Search
from pycertifspec.simulator.hardware.refusals import Refusal, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycertifspec.simulator.clock import ManualClock
    from pycertifspec.simulator.hardware.motor import Motor


def test_a_limit_switch_stops_the_motor_and_says_so(clock: ManualClock, make_motor: Callable[..., Motor]) -> None:
    motor = make_motor(high_switch=2.0)
    motor.move(10.0)
    assert motor.next_event_time() == pytest.approx(2.0)
    clock.advance(1.999)
    assert motor.read().high_lim_hit == 0

    clock.advance(1.0)
    reading = motor.read()
    assert (reading.position, reading.high_lim_hit, reading.low_lim_hit, reading.move_done) == (2.0, 1, 0, 0)


def test_from_a_limit_switch_a_motor_moves_away_but_not_on(
    clock: ManualClock, make_motor: Callable[..., Motor]
) -> None:
    motor = make_motor(high_switch=2.0, dial=2.0)
    motor.move(3.0)
    assert motor.position == 2.0
    assert motor.read().high_lim_hit == 1

    motor.move(1.0)
    assert motor.read().high_lim_hit == 0
    clock.advance(1.0)
    assert motor.position == 1.0


@pytest.mark.parametrize("steps_per_unit", [1000, -1000])
@pytest.mark.parametrize("sign", [1, -1])
def test_low_and_high_are_ends_of_the_dial_however_the_motor_turns(
    clock: ManualClock, make_motor: Callable[..., Motor], steps_per_unit: float, sign: int
) -> None:
    motor = make_motor(low_switch=-1.0, high_switch=2.0, steps_per_unit=steps_per_unit, sign=sign)
    motor.move(sign * -9.0)
    clock.advance(100)
    assert (motor.read().dial_position, motor.read().low_lim_hit, motor.read().high_lim_hit) == (-1.0, 1, 0)

    motor.move(sign * 9.0)
    clock.advance(100)
    assert (motor.read().dial_position, motor.read().low_lim_hit, motor.read().high_lim_hit) == (2.0, 0, 1)


@pytest.mark.parametrize("steps_per_unit", [1000, -1000])
@pytest.mark.parametrize(
    ("how", "found", "seconds"),
    [
        (Search.HOME, 1.0, 4.0),
        (Search.HOME_DOWN, 1.0, 4.0),
        (Search.LIMIT_UP, 9.0, 4.0),
        (Search.LIMIT_DOWN, -3.0, 8.0),
    ],
)
def test_a_search_takes_its_time_and_ends_at_what_it_finds(
    clock: ManualClock,
    make_motor: Callable[..., Motor],
    steps_per_unit: float,
    how: Search,
    found: float,
    seconds: float,
) -> None:
    motor = make_motor(steps_per_unit=steps_per_unit, dial=5.0, home=1.0, low_switch=-3.0, high_switch=9.0)
    motor.search(how)
    assert motor.read().move_done == 1
    assert motor.next_event_time() == pytest.approx(seconds)

    clock.advance(seconds)
    assert not motor.moving
    assert motor.read().dial_position == found


def test_what_is_found_can_be_given_a_dial_position(clock: ManualClock, make_motor: Callable[..., Motor]) -> None:
    motor = make_motor(dial=5.0, home=1.0, offset=100)
    motor.search(Search.HOME, 0.25)
    clock.advance(4.0)

    assert motor.read().dial_position == 0.25
    assert motor.position == 100.25
    assert motor.true_position == 101.0


def test_a_limit_that_a_motor_stands_on_is_found_at_once(clock: ManualClock, make_motor: Callable[..., Motor]) -> None:
    motor = make_motor(dial=9.0, high_switch=9.0)
    motor.search(Search.LIMIT_UP, 0.0)

    assert motor.read().dial_position == 0.0
    assert motor.read().high_lim_hit == 1


def test_a_search_for_home_in_the_wrong_direction_ends_on_the_limit_switch_and_sets_nothing(
    clock: ManualClock, make_motor: Callable[..., Motor]
) -> None:
    motor = make_motor(dial=5.0, home=1.0, high_switch=9.0)
    motor.search(Search.HOME_UP, 77.0)
    clock.advance(100)

    assert motor.read().dial_position == 9.0
    assert motor.read().high_lim_hit == 1


def test_a_search_that_is_stopped_sets_nothing(clock: ManualClock, make_motor: Callable[..., Motor]) -> None:
    motor = make_motor(dial=5.0, home=1.0)
    motor.search(Search.HOME, 77.0)
    clock.advance(1.0)
    motor.stop()

    assert motor.read().dial_position == 4.0


@pytest.mark.parametrize("how", [Search.LIMIT_UP, Search.LIMIT_DOWN, Search.HOME_UP])
def test_a_search_for_a_switch_that_is_not_there_is_refused(make_motor: Callable[..., Motor], how: Search) -> None:
    motor = make_motor(dial=5.0, home=1.0)

    with pytest.raises(RefusedError, match="no limit switch"):
        motor.search(how)
    assert not motor.busy


def test_a_motor_that_cannot_move_cannot_search(make_motor: Callable[..., Motor]) -> None:
    with pytest.raises(RefusedError, match="read only"):
        make_motor(read_only=True).search(Search.HOME)


def test_a_limit_can_be_hit_on_demand_in_the_direction_of_the_motion(
    clock: ManualClock, make_motor: Callable[..., Motor]
) -> None:
    motor = make_motor()
    motor.inject(HitLimit(after=0.25))
    motor.move(-4.0)
    clock.advance(100)

    assert motor.position == -1.0
    assert (motor.read().low_lim_hit, motor.read().high_lim_hit) == (1, 0)


def test_a_motor_that_stalls_reports_a_fault_until_it_moves_again(
    clock: ManualClock, make_motor: Callable[..., Motor]
) -> None:
    motor = make_motor()
    motor.inject(Stall(after=0.5))
    motor.move(4.0)
    clock.advance(100)
    assert motor.position == 2.0
    assert motor.read().motor_fault == 1
    assert motor.commanded == 4.0

    motor.move(4.0)
    assert motor.read().motor_fault == 0
    clock.advance(100)
    assert motor.position == 4.0
    assert motor.read().motor_fault == 0


def test_lost_steps_are_a_discrepancy_that_spec_can_learn_of(
    clock: ManualClock, make_motor: Callable[..., Motor]
) -> None:
    motor = make_motor()
    motor.inject(LoseSteps(100))
    motor.move(-4.0)
    while_moving = motor.discrepancy
    assert while_moving is None
    clock.advance(100)
    assert motor.position == -4.0
    assert motor.true_position == -3.9
    assert motor.discrepancy == (-4000, -3900)

    motor.resolve(use_controller=True)
    assert motor.position == -3.9
    assert motor.discrepancy is None


def test_a_discrepancy_can_be_ended_by_giving_the_controller_specs_position(
    clock: ManualClock, make_motor: Callable[..., Motor]
) -> None:
    motor = make_motor()
    motor.turn_by_hand(250)
    assert motor.discrepancy == (0, 250)
    assert motor.true_position == 0.25

    motor.resolve(use_controller=False)
    assert motor.position == 0.0
    assert motor.true_position == 0.25
    assert motor.discrepancy is None


def test_a_motor_refuses_on_demand_once(make_motor: Callable[..., Motor]) -> None:
    motor = make_motor()
    motor.inject(Refuse())
    with pytest.raises(RefusedError, match="unresponsive"):
        motor.move(1.0)

    assert motor.move(1.0)


def test_a_slow_motor_is_busy_before_it_says_that_it_moves(
    clock: ManualClock, make_motor: Callable[..., Motor]
) -> None:
    motor = make_motor()
    motor.inject(SlowStart(0.5))
    motor.move(1.0)
    assert (motor.busy, motor.moving) == (True, False)
    assert motor.next_event_time() == 0.5

    clock.advance(0.5)
    assert (motor.busy, motor.moving) == (True, True)
    clock.advance(0.5)
    assert motor.position == 0.5
    clock.advance(0.5)
    assert (motor.busy, motor.moving, motor.position) == (False, False, 1.0)


def test_a_slow_motor_can_be_stopped_before_it_starts(clock: ManualClock, make_motor: Callable[..., Motor]) -> None:
    motor = make_motor()
    motor.inject(SlowStart(0.5))
    motor.move(1.0)
    motor.stop()
    clock.advance(10)

    assert (motor.busy, motor.position) == (False, 0.0)


def test_faults_work_together(clock: ManualClock, make_motor: Callable[..., Motor]) -> None:
    motor = make_motor()
    motor.inject(SlowStart(1.0))
    motor.inject(LoseSteps(10**9))
    motor.inject(HitLimit(0.5))
    motor.move(4.0)
    clock.advance(100)

    assert motor.position == 2.0
    assert motor.true_position == 0.0


def test_the_emergency_stop_stops_and_holds_until_it_is_released(
    clock: ManualClock, make_motor: Callable[..., Motor]
) -> None:
    motor = make_motor()
    motor.move(4.0)
    clock.advance(1.0)
    motor.set_emergency_stop(True)
    assert motor.read().emergency_stop == 1
    assert motor.read().move_done == 0
    with pytest.raises(RefusedError, match="emergency stop"):
        motor.move(4.0)

    motor.set_emergency_stop(False)
    assert motor.move(4.0)
    assert motor.read().emergency_stop == 0


def test_a_refusal_survives_pickling() -> None:
    error = RefusedError("th", Refusal.BUSY, "move to 3")
    copy = pickle.loads(pickle.dumps(error))

    assert (str(copy), copy.mnemonic, copy.refusal) == (str(error), "th", Refusal.BUSY)
