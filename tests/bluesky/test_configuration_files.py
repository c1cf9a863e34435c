"""Devices from a TOML file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import bluesky.plans as bp
import pytest
from bluesky.run_engine import call_in_bluesky_event_loop
from guarneri import Instrument
from guarneri.exceptions import InvalidConfiguration

import pycertifspec.bluesky

if TYPE_CHECKING:
    from bluesky import RunEngine
    from tests.bluesky.conftest import Documents

    from pycertifspec.testing import SimulatedSpec

EXAMPLE = Path(__file__).parents[2] / "examples" / "devices.toml"
CLASSES = ("SpecMotor", "SpecCounters", "SpecVariable", "SpecScanFlyer")


def instrument(text: str, directory: Path) -> Instrument:
    file = directory / "devices.toml"
    file.write_text(text)
    made = Instrument({name: getattr(pycertifspec.bluesky, name) for name in CLASSES})
    made.load(file)
    return made


def test_the_example_makes_devices_that_work(
    engine: RunEngine, documents: Documents, spec: SimulatedSpec, tmp_path: Path
) -> None:
    made = instrument(EXAMPLE.read_text().replace("localhost:fourc", spec.address), tmp_path)
    call_in_bluesky_event_loop(made.connect())

    devices: Any = made.devices
    engine(bp.scan([devices["counters"]], devices["th"], 0, 1, 3))
    engine(pycertifspec.bluesky.spec_scan("ascan th 0 1 2 0.1", devices["scans"]))

    assert documents.column("counters-sec") == [1, 1, 1]
    assert documents.of("start")[1]["scan_id"] == 1


def test_an_argument_of_another_type_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfiguration, match="mnemonic"):
        instrument('[[SpecMotor]]\nname = "th"\nmnemonic = 1\n', tmp_path)
    with pytest.raises(InvalidConfiguration, match="mnemonic"):
        instrument('[[SpecMotor]]\nname = "th"\n', tmp_path)
