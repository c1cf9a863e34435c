"""Steps, dial and user positions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycertifspec.simulator.hardware.units import Units

units = st.builds(
    Units,
    steps_per_unit=st.floats(0.5, 1e5) | st.floats(-1e5, -0.5),
    sign=st.sampled_from([1, -1]),
    offset=st.floats(-1e3, 1e3),
)
positions = st.floats(-1e3, 1e3)


@given(units, st.integers(-(10**8), 10**8))
def test_steps_survive_the_way_to_user_units_and_back(units: Units, steps: int) -> None:
    assert units.steps(units.dial(steps)) == steps
    assert units.steps_of_user(units.user(steps)) == steps


@given(units, positions)
def test_dial_and_user_are_inverse(units: Units, position: float) -> None:
    assert units.dial_of_user(units.user_of_dial(position)) == pytest.approx(position, abs=1e-9)


@given(units, positions)
def test_rounding_changes_by_at_most_half_a_step_and_only_once(units: Units, position: float) -> None:
    rounded = units.rounded_user(position)

    assert abs(rounded - position) <= 0.5 / abs(units.steps_per_unit) * (1 + 1e-6) + 1e-9
    assert units.rounded_user(rounded) == rounded
    assert units.rounded_dial(units.rounded_dial(position)) == units.rounded_dial(position)


def test_user_is_sign_times_dial_plus_offset() -> None:
    units = Units(steps_per_unit=2000, sign=-1, offset=10.0)

    assert units.user_of_dial(3.0) == 7.0
    assert units.dial_of_user(7.0) == 3.0
    assert units.steps_of_user(7.0) == 6000
