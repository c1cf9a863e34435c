"""A simulated SPEC that commands are tried on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.support.beamline import Beamline

from pycertifspec.testing import SimulatedSpec

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def beamline(tmp_path: Path) -> Iterator[Beamline]:
    """A beamline whose time vanishes."""
    with SimulatedSpec(directory=tmp_path) as spec:
        yield Beamline(spec, tmp_path)


@pytest.fixture
def slow_beamline(tmp_path: Path) -> Iterator[Beamline]:
    """A beamline whose time is ours: what moves can be interrupted."""
    with SimulatedSpec(directory=tmp_path, clock=1.0) as spec:
        yield Beamline(spec, tmp_path)
