"""Legs at trapezoidal speed and what cuts them short."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycertifspec.simulator.hardware.motion import Ending, Leg, Motion, Path

rates = st.floats(1.0, 1e5)
legs = st.builds(
    Leg,
    steps=st.integers(-(10**6), 10**6).filter(bool),
    base_rate=st.floats(0.0, 1e5),
    slew_rate=rates,
    ramp=st.floats(0.0, 5.0).filter(lambda ramp: ramp == 0 or ramp > 1e-3),
)
parts = st.floats(0.0, 1.0)


@given(legs, parts, parts)
def test_a_leg_is_continuous_and_monotone_and_never_faster_than_it_may(leg: Leg, one: float, other: float) -> None:
    early, late = sorted((one * leg.duration, other * leg.duration))
    way = leg.travelled(late) - leg.travelled(early)

    assert 0 <= leg.travelled(early) <= leg.distance
    assert -1e-6 <= way <= leg.peak_rate * (late - early) * (1 + 1e-6) + 1e-6
    assert leg.peak_rate <= leg.slew_rate


@given(legs)
def test_a_leg_takes_no_less_time_than_at_slew_rate_and_ends_where_it_should(leg: Leg) -> None:
    assert leg.duration >= leg.distance / leg.slew_rate * (1 - 1e-9)
    assert leg.travelled(leg.duration) == leg.distance
    assert leg.travelled(0) == 0


@given(legs, parts)
def test_the_time_to_a_distance_is_when_that_distance_is_done(leg: Leg, part: float) -> None:
    distance = part * leg.distance

    assert leg.travelled(leg.time_to(distance)) == pytest.approx(distance, rel=1e-6, abs=1e-3)


@given(legs, parts)
def test_a_leg_is_the_same_backwards(leg: Leg, part: float) -> None:
    begin, end = leg.travelled(part * leg.duration), leg.travelled((1 - part) * leg.duration)

    assert begin + end == pytest.approx(leg.distance, rel=1e-6, abs=1e-3)


def test_a_long_leg_ramps_up_runs_and_ramps_down() -> None:
    leg = Leg(steps=3000, base_rate=0, slew_rate=1000, ramp=1.0)

    assert leg.duration == pytest.approx(4.0)  # 500 steps of ramp, 2000 of slew, 500 of ramp
    assert leg.travelled(0.5) == pytest.approx(125)
    assert leg.travelled(1.0) == pytest.approx(500)
    assert leg.travelled(2.0) == pytest.approx(1500)
    assert leg.travelled(3.5) == pytest.approx(2875)
    assert leg.corners == pytest.approx((0, 1, 3, 4))


def test_a_short_leg_is_a_triangle_that_does_not_reach_slew_rate() -> None:
    leg = Leg(steps=250, base_rate=0, slew_rate=1000, ramp=1.0)

    assert leg.peak_rate == pytest.approx(500)
    assert leg.duration == pytest.approx(1.0)
    assert leg.travelled(0.5) == pytest.approx(125)


def test_without_a_ramp_or_with_a_base_rate_above_it_a_leg_runs_at_slew_rate() -> None:
    assert Leg(500, 10, 1000, 0.0).duration == pytest.approx(0.5)
    assert Leg(500, 5000, 1000, 1.0).duration == pytest.approx(0.5)


def test_no_way_takes_no_time() -> None:
    assert Leg(0, 0, 1000, 1.0).duration == 0
    assert Path(5, (Leg(0, 0, 1000, 1.0),)).at(3.0) == 5


paths = st.builds(Path, start=st.integers(-1000, 1000), legs=st.lists(legs, min_size=1, max_size=2).map(tuple))


@given(paths, st.integers(0, 10**6))
def test_a_path_that_is_cut_ends_where_it_was_at_that_time(path: Path, length: int) -> None:
    motion = Motion(path, begins=100.0, length=min(length, path.length))

    assert motion.at(99.0) == path.start
    assert motion.at(motion.ends) == motion.final == motion.step_at(motion.ends + 1)
    assert path.at(motion.ends - 100.0) == pytest.approx(
        motion.final, rel=1e-6, abs=0.02 + path.legs[0].slew_rate * 1e-6
    )


@given(paths, parts)
def test_the_visible_step_is_the_last_whole_one(path: Path, part: float) -> None:
    seconds = part * path.duration

    assert abs(path.step_at(seconds) - path.at(seconds)) <= 1 + 1e-6


def test_a_path_of_two_legs_goes_there_and_back() -> None:
    path = Path(0, (Leg(-150, 0, 100, 0), Leg(50, 0, 100, 0)))

    assert [path.step_at(t) for t in (0, 1, 1.5, 1.75, 2)] == [0, -100, -150, -125, -100]
    assert path.length == 200
    assert path.time_to(175) == pytest.approx(1.75)
    assert path.time_to(1000) == pytest.approx(2.0)
    assert (path.place_after(175), path.place_after(1000)) == (-125, -100)
    assert (path.direction_after(150), path.direction_after(151), path.direction_after(999)) == (-1, 1, 1)


def test_a_path_is_outside_where_it_reaches_a_switch_in_its_direction() -> None:
    path = Path(0, (Leg(-150, 0, 100, 0), Leg(50, 0, 100, 0)))

    assert path.length_until_outside(-120, math.inf) == 120
    assert path.length_until_outside(-math.inf, -110) == 190
    assert path.length_until_outside(-151, 0) is None
    assert Path(10, (Leg(5, 0, 100, 0),)).length_until_outside(-5, 5) == 0
    assert Path(10, (Leg(-5, 0, 100, 0),)).length_until_outside(0, 5) is None


def test_a_motion_tells_the_corners_before_its_end() -> None:
    path = Path(0, (Leg(3000, 0, 1000, 1.0),))
    motion = Motion(path, begins=10.0, length=1500, ending=Ending.STALLED)

    assert motion.corners == pytest.approx((10, 11, 12))
