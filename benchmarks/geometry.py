"""How fast a SPEC server computes angles for hklpy2, alone and by the hundred: `python -m benchmarks geometry`."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Any

from pycertifspec import Client
from pycertifspec.testing import SimulatedSpec

from .row import Row, Target, compare

if TYPE_CHECKING:
    from collections.abc import Callable

POINTS = 500

# What hklpy2 asks of a solver.
TARGET = Target("figure", ">=", 2000)


def measure(rounds: int) -> list[Row]:
    """Measure reflections a second, beside the calls of a function that does nothing."""
    from pycertifspec.bluesky.classic.solver import SpecSolver  # noqa: PLC0415  it takes a second

    with SimulatedSpec(process=True) as spec, Client(spec.host, spec.port) as client:
        solver = SpecSolver("fourc", client=client)
        points = [{"h": 1.0, "k": n / 1000, "l": 0.1} for n in range(POINTS)]

        def many() -> None:
            solver.forward_many(points)

        def each() -> None:
            for point in points:
                solver.forward(point)

        def bare() -> None:
            for _ in points:
                client.call("sin", 1)

        ways: tuple[tuple[str, Callable[[], None], Target | None], ...] = (
            ("reflections of hklpy2, a hundred in a command", many, TARGET),
            ("reflections of hklpy2, each a command", each, None),
        )
        rows = []
        for name, way, target in ways:
            series: list[tuple[float, float]] = [(_rate(way), _rate(bare)) for _ in range(rounds)]
            ours, limit = zip(*series, strict=True)
            rows.append(compare(name, "/s", ours, limit, target))
    return rows


def _rate(way: Callable[[], Any]) -> float:
    begin = perf_counter()
    way()
    return POINTS / (perf_counter() - begin)
