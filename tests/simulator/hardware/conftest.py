"""A clock that tests move and a bench to put devices on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pycertifspec.simulator.clock import ManualClock
from pycertifspec.simulator.hardware.bench import Bench
from pycertifspec.simulator.hardware.config import MotorConfig
from pycertifspec.simulator.hardware.motor import Motor

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def make_motor(clock: ManualClock) -> Callable[..., Motor]:
    """Make motors of 1000 steps a unit that run 1 unit a second, without ramps unless told otherwise."""

    def make(**parameters: Any) -> Motor:
        plain = {"mnemonic": "th", "name": "Theta", "steps_per_unit": 1000, "slew_rate": 1000, "acceleration": 0}
        return Motor(MotorConfig(**{**plain, **parameters}), Bench(clock))

    return make
