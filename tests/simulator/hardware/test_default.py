"""The default beamline: what is there can be found and aligned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pycertifspec.simulator.clock import Interrupt, SteppingClock
from pycertifspec.simulator.hardware.default import default_instrument
from pycertifspec.simulator.hardware.mechanics import Search

if TYPE_CHECKING:
    from pycertifspec.simulator.hardware.instrument import Instrument


@pytest.fixture
def beamline() -> Instrument:
    return default_instrument(SteppingClock(start=0.0))


def counted(beamline: Instrument, mnemonic: str, seconds: float = 1.0, **targets: float) -> float:
    """Move, count and return a counter's value."""
    never = Interrupt()
    beamline.start(targets)
    assert beamline.wait(never)
    beamline.scaler.count_time(seconds)
    assert beamline.wait(never)
    return beamline.counter(mnemonic).value


def test_it_has_the_four_circles_first_and_the_three_counters_first(beamline: Instrument) -> None:
    assert [motor.mnemonic for motor in beamline.motors][:4] == ["tth", "th", "chi", "phi"]
    assert [counter.mnemonic for counter in beamline.counters][:3] == ["sec", "mon", "det"]
    assert len(beamline.motors) == 15


def scan(beamline: Instrument, counter: str, motor: str, positions: list[float]) -> list[float]:
    return [counted(beamline, counter, **{motor: position}) for position in positions]


@pytest.mark.parametrize(
    ("counter", "motor", "center", "width"),
    [
        ("det", "th", 30.0, 0.05),
        ("det", "tth", 60.0, 0.2),
        ("det", "chi", -90.0, 2.0),
        ("det", "samx", 0.0, 4.0),
        ("pin", "tabx", 1.5, 0.8),
    ],
)
def test_a_scan_finds_its_peak(beamline: Instrument, counter: str, motor: str, center: float, width: float) -> None:
    positions = [center + width * step / 5 for step in range(-10, 11)]
    counts = scan(beamline, counter, motor, positions)

    assert positions[counts.index(max(counts))] == pytest.approx(center, abs=width / 5)
    assert max(counts) > 5 * min(counts)


@pytest.mark.parametrize(
    ("angles"),
    [
        {"tth": 60, "th": 30, "chi": -90, "phi": 123},
        {"tth": 60, "th": 30, "chi": 0, "phi": 0},
        {"tth": 60, "th": 30, "chi": 0, "phi": -90},
        {"tth": 90, "th": 45, "chi": 0, "phi": -45},
        {"tth": 90, "th": 45, "chi": -45, "phi": 0},
        {"tth": 120, "th": 60, "chi": -35.2644, "phi": -45},
    ],
)
def test_the_reflections_are_where_specs_default_orientation_has_them(
    beamline: Instrument, angles: dict[str, float]
) -> None:
    assert counted(beamline, "det", **angles) > 15_000
    assert counted(beamline, "det", th=angles["th"] + 1) < 200


def test_an_energy_scan_shows_the_edge_of_copper(beamline: Instrument) -> None:
    assert counted(beamline, "fluo", en=8.9) < 100
    assert counted(beamline, "fluo", en=9.1) > 18_000


def test_closing_the_slit_darkens_the_monitor(beamline: Instrument) -> None:
    assert counted(beamline, "mon") > 49_000
    assert counted(beamline, "mon", s1t=-1.5) < 10


def test_every_motor_can_search_its_limits_and_home(beamline: Instrument) -> None:
    for motor in beamline.motors:
        for how in (Search.LIMIT_UP, Search.LIMIT_DOWN, Search.HOME):
            motor.search(how)
            assert beamline.wait(Interrupt())
        assert motor.read().dial_position == pytest.approx(motor.config.home)


def test_setting_a_position_moves_the_peak_on_the_dial_of_the_user(beamline: Instrument) -> None:
    beamline.motor("th").set_position(0.0)

    assert counted(beamline, "det", th=0.0) > 45_000
