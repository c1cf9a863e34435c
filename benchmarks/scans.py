"""How fast the simulator scans where time vanishes, the data file included: `python -m benchmarks scans`."""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

from pycertifspec.simulator.beamline import simulated
from pycertifspec.simulator.clock import SteppingClock
from pycertifspec.simulator.world import World

from .row import Row, Target

POINTS = 10_000


def measure(rounds: int) -> list[Row]:
    """Measure a scan of many points of a millisecond, with and without a data file."""
    rounds = min(rounds, 3)
    with_file = median(_points_per_second("scan.dat") for _ in range(rounds))
    without = median(_points_per_second("null") for _ in range(rounds))
    name = f"scan of {POINTS:,} points of 1 ms"
    return [
        Row(f"{name}, with data file", "/s", with_file, target=Target("figure", ">=", 2000)),
        Row(f"{name}, without", "/s", without),
    ]


def _points_per_second(file: str) -> float:
    shown: list[str] = []
    clock = SteppingClock(start=1_740_993_300.0)
    with tempfile.TemporaryDirectory() as directory:
        beamline = simulated(lambda _: World(clock, shown.append, directory=Path(directory)), "fourc", clock)
        try:
            beamline.run(f"newfile {file}\n")
            begin = perf_counter()
            beamline.run(f"ascan th 29 31 {POINTS - 1} 0.001\n")
            seconds = perf_counter() - begin
        finally:
            beamline.close()
    assert sum(line.count("\n") for line in shown) > POINTS
    return POINTS / seconds
