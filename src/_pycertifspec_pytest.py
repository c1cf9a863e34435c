"""pytest's plugin: a simulated SPEC for each test that asks for one (docs/how-to/simulated-spec-in-tests.md).

It stands outside the package, so that a test run that uses none of it does not import the package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pycertifspec.testing import ManualClock, SimulatedSpec

MARKER = (
    "spec_simulator(**options): how the fixture spec_simulator is made; what pycertifspec.testing.SimulatedSpec takes"
)
# When model time begins on `spec_clock`: a date that looks like one in headers, the same in each test.
START = 1_700_000_000.0


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", MARKER)


@pytest.fixture
def spec_clock() -> ManualClock:
    """The time of `spec_simulator`, which the test moves: ``spec_clock.advance(seconds)``."""
    from pycertifspec.testing import ManualClock  # noqa: PLC0415  only now

    return ManualClock(start=START)


@pytest.fixture
def spec_options() -> dict[str, Any]:
    """How `spec_simulator` is made, besides what the marker says: to be overridden where a path is known only then.

    ``return {"config": HERE / "beam.toml", "load": [HERE / "site.mac"], "state": tmp_path / "state"}``
    """
    return {}


@pytest.fixture
def spec_simulator(
    request: pytest.FixtureRequest, tmp_path: Path, spec_options: dict[str, Any]
) -> Iterator[SimulatedSpec]:
    """A simulated SPEC that runs; its files are in `tmp_path`.

    Its time vanishes, unless the test asks for `spec_clock` too, or the marker ``spec_simulator`` or `spec_options`
    names a clock.
    """
    from pycertifspec.testing import SimulatedSpec  # noqa: PLC0415  only now

    options: dict[str, Any] = {"directory": tmp_path, **spec_options}
    for marker in reversed(list(request.node.iter_markers("spec_simulator"))):  # the closest last
        options |= marker.kwargs
    if "spec_clock" in request.fixturenames:
        options["clock"] = request.getfixturevalue("spec_clock")
    with SimulatedSpec(**options) as spec:
        yield spec


@pytest.fixture
def spec_address(spec_simulator: SimulatedSpec) -> str:
    """Where `spec_simulator` listens, as ``host:port``."""
    return spec_simulator.address
