"""How many documents a second a publisher brings from a data file to subscribers: `python -m benchmarks documents`.

The limit is the barest program for the same documents: each as a line of JSON in a file.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any

from pycertifspec.documents import Composer, Instrument, Publisher, from_file
from pycertifspec.simulator.beamline import simulated
from pycertifspec.simulator.clock import SteppingClock
from pycertifspec.simulator.datafile import read_file
from pycertifspec.simulator.world import World
from pycertifspec.testing import SimulatedSpec

from .row import Row, Target

if TYPE_CHECKING:
    from pycertifspec.documents.composer import Document

SCANS = 20
POINTS = 250


def measure(rounds: int) -> list[Row]:
    """Measure a file of some scans, found by a publisher and delivered to a file and to a callback."""
    rounds = min(rounds, 3)
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        _scan(directory)
        documents = _composed(directory / "run7.spec")
        limit = median(_written(documents, directory) for _ in range(rounds))
        composing = median(_composing(directory / "run7.spec") for _ in range(rounds))
        publishing = median(asyncio.run(_published(directory, len(documents), place)) for place in range(rounds))
    return [
        Row("documents composed", "/s", composing, limit),
        Row("documents published, spool included", "/s", publishing, limit, target=Target("figure", ">=", 1000)),
    ]


def _scan(directory: Path) -> None:
    clock = SteppingClock(start=1_740_993_300.0)
    beamline = simulated(lambda _: World(clock, lambda _: None, directory=directory), "fourc", clock)
    try:
        beamline.run("newfile run7.spec\n")
        for _ in range(SCANS):
            beamline.run(f"ascan th 29 31 {POINTS - 1} 0.001\n")
    finally:
        beamline.close()


def _composed(path: Path) -> list[Document]:
    documents: list[Document] = []
    for scan in read_file(path).scans:
        composer = Composer(Instrument("simulated:fourc"))
        documents += [*composer.documents(from_file(scan, path.name), over=True), composer.stop("success")]
    return documents


def _composing(path: Path) -> float:
    begin = perf_counter()
    return len(_composed(path)) / (perf_counter() - begin)


def _written(documents: list[Document], directory: Path) -> float:
    begin = perf_counter()
    with (directory / "barest.jsonl").open("w") as file:
        for document in documents:
            file.write(json.dumps(document) + "\n")
    return len(documents) / (perf_counter() - begin)


async def _published(directory: Path, count: int, place: int) -> float:
    seen: list[tuple[str, Any]] = []
    with SimulatedSpec(directory=directory) as spec:
        spec.beamline.run("newfile run7.spec\n")
        begin = perf_counter()
        spool = directory / f"spool {place}"
        async with Publisher(spec.address, spool=spool, directory=directory, from_beginning=True) as publisher:
            publisher.subscribe(lambda *document: seen.append(document), name="callback")
            publisher.send_to(f"jsonl:{directory}/{place}.jsonl")
            await publisher.run(runs=SCANS)
        seconds = perf_counter() - begin
    assert len(seen) == count
    return count / seconds
