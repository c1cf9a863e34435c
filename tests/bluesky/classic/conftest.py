"""A simulated four-circle, and hklpy2's diffractometer on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pycertifspec import Client
from pycertifspec.bluesky import spec_diffractometer
from pycertifspec.bluesky.classic import clients
from pycertifspec.testing import SimulatedSpec

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def nothing_goes_on() -> Iterator[None]:
    """ophyd keeps devices for good: their connections end with the test, and look for no server that is gone."""
    yield
    for shared in list(clients._clients.values()):
        shared.close()
    clients._clients.clear()


@pytest.fixture
def spec() -> Iterator[SimulatedSpec]:
    with SimulatedSpec() as simulated:
        yield simulated


@pytest.fixture
def client(spec: SimulatedSpec) -> Iterator[Client]:
    with Client(spec.host, spec.port) as connected:
        yield connected


@pytest.fixture
def fourc(spec: SimulatedSpec) -> Any:
    return spec_diffractometer(spec.address, name="fourc")
