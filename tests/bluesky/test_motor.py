"""A motor of SPEC in plans."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import pytest
from bluesky.utils import FailedStatus
from ophyd_async.core import init_devices

from pycertifspec.bluesky import SpecMotor
from pycertifspec.errors import RefusedError

if TYPE_CHECKING:
    from bluesky import RunEngine
    from tests.bluesky.conftest import Documents

    from pycertifspec.testing import SimulatedSpec


def test_a_scan_records_where_the_motor_is_asked_to_be(
    engine: RunEngine, documents: Documents, spec: SimulatedSpec
) -> None:
    with init_devices():
        th = SpecMotor("th", spec.address, "deg")

    engine(bp.scan([], th, -0.5, 0.5, 3))

    assert documents.column("th") == [-0.5, 0, 0.5]
    assert documents.of("stop")[0]["exit_status"] == "success"


def test_nothing_moves_if_one_of_the_motors_that_are_set_together_is_refused(
    engine: RunEngine, spec: SimulatedSpec
) -> None:
    with init_devices():
        th, tth = SpecMotor("th", spec.address), SpecMotor("tth", spec.address)
    before = spec.motor("th").position

    with pytest.raises(FailedStatus) as failed:
        engine(bps.mv(th, 1, tth, 20_000))

    assert isinstance(failed.value.__cause__, RefusedError)
    assert "'tth'" in str(failed.value.__cause__)
    assert spec.motor("th").position == before
