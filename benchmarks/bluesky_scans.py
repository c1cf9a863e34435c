"""What a point costs in a scan of Bluesky, and in the same scan by SPEC: `python -m benchmarks bluesky_scans`."""

from __future__ import annotations

import importlib.util
from statistics import median
from time import perf_counter
from typing import Any

from pycertifspec import Client
from pycertifspec.testing import SimulatedSpec

from .row import Row, Target

POINTS = 201
FIRST, LAST, SECONDS = 29.9, 30.1, 0.001


def measure(rounds: int) -> list[Row]:
    """Measure both where time vanishes: what is left is what the programs take, and the connection between them."""
    if importlib.util.find_spec("ophyd_async") is None:
        return []
    rounds = min(rounds, 5)
    with SimulatedSpec(process=True) as spec:
        own = median(_own(spec) for _ in range(rounds))
        by_bluesky, flown = _bluesky(spec, rounds)
    name = f"scan of {POINTS} points"
    return [
        Row(f"{name} by SPEC, each", "ms", own),
        Row(f"{name} by SPEC in Bluesky, each", "ms", flown),
        Row(f"{name} by Bluesky, each", "ms", by_bluesky),
        Row("... beyond SPEC's own", "ms", by_bluesky - own, target=Target("figure", "<=", 10)),
    ]


def _own(spec: SimulatedSpec) -> float:
    with Client(spec.host, spec.port) as client:
        begin = perf_counter()
        client.execute(f"ascan th {FIRST} {LAST} {POINTS - 1} {SECONDS}")
        return (perf_counter() - begin) / POINTS * 1000


def _bluesky(spec: SimulatedSpec, rounds: int) -> tuple[float, float]:
    from bluesky import RunEngine  # noqa: PLC0415  a second of import, and not everywhere
    from bluesky.plans import scan  # noqa: PLC0415
    from bluesky.run_engine import call_in_bluesky_event_loop  # noqa: PLC0415
    from ophyd_async.core import init_devices  # noqa: PLC0415

    from pycertifspec.bluesky import (  # noqa: PLC0415
        SpecCounters,
        SpecMotor,
        SpecScanFlyer,
        close_connections,
        spec_scan,
    )

    engine = RunEngine()
    with init_devices():
        th = SpecMotor("th", spec.address)
        counters = SpecCounters(server=spec.address, preset=SECONDS)
        flyer = SpecScanFlyer(spec.address)
    command = f"ascan th {FIRST} {LAST} {POINTS - 1} {SECONDS}"

    def each(plan: Any) -> float:
        begin = perf_counter()
        engine(plan)
        return (perf_counter() - begin) / POINTS * 1000

    stepped = median(each(scan([counters], th, FIRST, LAST, POINTS)) for _ in range(rounds))
    flown = median(each(spec_scan(command, flyer)) for _ in range(rounds))
    call_in_bluesky_event_loop(close_connections())
    return stepped, flown
