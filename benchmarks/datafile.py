"""How fast SPEC data files are read, against silx, whose reader is written in C: `python -m benchmarks.datafile`.

The file is that of the promise: 200 scans of 200 points and 20 columns. Both are timed until every number is in an
array: in a process that has everything imported, where all that counts is how fast text becomes numbers, and from the
start of Python, as a person at a prompt waits for it.
"""

from __future__ import annotations

import gc
import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random
from time import perf_counter
from typing import TYPE_CHECKING

from pycertifspec.simulator.datafile import Device, FileHeader, Preset, Writer, open_writer, read_file

from .row import Row, Target, compare

if TYPE_CHECKING:
    from collections.abc import Callable

SCANS, POINTS, COLUMNS = 200, 200, 20
DATE = "Mon Mar 03 09:15:42 2025"
MOTORS = tuple(Device(f"Axis {letter}{letter}", letter) for letter in "abcdefgh")

START = "import sys\nfrom {} as read\n"
ADD_UP = "n = sum(scan.data.size for scan in {})\n"
OURS = START.format("pycertifspec.simulator.datafile import read_file") + ADD_UP.format("read(sys.argv[1]).scans")
SILX = START.format("silx.io.specfile import SpecFile") + ADD_UP.format("read(sys.argv[1])")
CHECK = f"assert n == {SCANS * POINTS * COLUMNS}, n"


def measure(rounds: int) -> list[Row]:
    """Measure reading, by turns with silx, and writing point by point."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "bench.dat"
        writing = [_write(path) for _ in range(min(rounds, 3))]
        reading = _by_turns(rounds, lambda: _read_ours(path), lambda: _read_silx(path))
        process = _by_turns(min(rounds, 5), lambda: _in_process(OURS, path), lambda: _in_process(SILX, path))
    size = f"{SCANS} x {POINTS} x {COLUMNS} numbers"
    return [
        compare(f"data file: {size} read", "ms", *reading, Target("ratio", "<=", 1.5)),
        compare("data file: the same, Python's start included", "ms", *process, Target("ratio", "<=", 1.5)),
        Row("data file: points written, each flushed", "/s", SCANS * POINTS / sorted(writing)[len(writing) // 2]),
    ]


def _by_turns(rounds: int, ours: Callable[[], float], theirs: Callable[[], float]) -> tuple[list[float], list[float]]:
    ours(), theirs()  # what is read, imported or compiled for the first time
    figures: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        figures[0].append(1000 * ours())
        figures[1].append(1000 * theirs())
    return figures


def _write(path: Path) -> float:
    """Write the file; return the seconds it took."""
    random = Random(1)
    rows = [[random.uniform(-1000, 100_000) for _ in range(COLUMNS)] for _ in range(POINTS)]
    path.unlink(missing_ok=True)
    begin = perf_counter()
    with open_writer(path) as writer:
        writer.header(FileHeader("bench.dat", 1740993300.0, DATE, "fourc", "ann", MOTORS))
        for number in range(1, SCANS + 1):
            _write_scan(writer, number, rows)
    return perf_counter() - begin


def _write_scan(writer: Writer, number: int, rows: list[list[float]]) -> None:
    labels = [f"Column {column:02}" for column in range(COLUMNS)]
    preset = Preset(1.0, "Seconds", monitor=False)
    writer.begin_scan(number, "ascan  aa 0 1  199 1", DATE, labels, preset=preset, positions=[1.25] * len(MOTORS))
    for row in rows:
        writer.row(row)


def _read_ours(path: Path) -> float:
    gc.collect()
    begin = perf_counter()
    arrays = [scan.data for scan in read_file(path).scans]
    seconds = perf_counter() - begin
    assert sum(array.size for array in arrays) == SCANS * POINTS * COLUMNS
    return seconds


def _read_silx(path: Path) -> float:
    from silx.io.specfile import SpecFile  # noqa: PLC0415  heavy, and of no other benchmark's business

    gc.collect()
    begin = perf_counter()
    file = SpecFile(str(path))
    arrays = [scan.data for scan in file]
    seconds = perf_counter() - begin
    assert sum(array.size for array in arrays) == SCANS * POINTS * COLUMNS
    file.close()
    return seconds


def _in_process(code: str, path: Path) -> float:
    """Return the seconds that a process of its own takes."""
    begin = perf_counter()
    subprocess.run([sys.executable, "-c", code + CHECK, str(path)], check=True, timeout=120)
    return perf_counter() - begin


def main() -> None:
    """Print the figures."""
    for row in measure(5):
        ratio = "" if row.ratio is None else f"  {row.ratio:.2f} times silx's {row.limit:,.0f}"
        print(f"{row.name:50} {row.figure:10,.0f} {row.unit}{ratio}")


if __name__ == "__main__":
    main()
