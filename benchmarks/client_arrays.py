"""A large array that whole clients read as numpy's, and the memory that it takes, beside the barest loop."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from . import instrument, packets, stage
from .connection import fill
from .instrument import IMAGE, IMAGE_SIZE
from .memory import can_measure, peak
from .row import Row, Target, compare

if TYPE_CHECKING:
    from collections.abc import Callable

    from .stage import Stage

COUNT = 3  # arrays of a round
READERS = ("bare", "blocking", "asyncio", "chess-pyspec")


def measure(rounds: int) -> list[Row]:
    """Measure the rate on one core, and the memory in fresh processes."""
    with stage.on_one_core() as on:
        readers = _readers(on)
        rates: dict[str, list[float]] = {name: [] for name in readers}
        for _ in range(rounds):
            for name, read in readers.items():
                rates[name].append(_rate(read))
    rows = [
        compare(f"32 MB array to numpy, {name}", "MB/s", rates[name], rates["bare"], _ours(name, "ratio", ">=", 0.9))
        for name in list(readers)[1:]
    ]
    if can_measure():
        added = {name: [_added(name) for _ in range(min(rounds, 3))] for name in readers}  # hardly varies
        rows += [
            compare(f"memory that it adds, {name}", "MB", added[name], added["bare"], _ours(name, "figure", "<=", 34))
            for name in list(readers)[1:]
        ]
    return rows


def _ours(name: str, *target: object) -> Target | None:
    return None if name == "chess-pyspec" else Target(*target)  # type: ignore[arg-type]


def _readers(on: Stage) -> dict[str, Callable[[], object]]:
    request = instrument.request(1, IMAGE)

    def bare() -> object:
        on.bare.sendall(request)
        return fill(on.bare, bytearray(packets.HEADER_SIZE + IMAGE_SIZE))

    readers: dict[str, Callable[[], object]] = {
        "bare": bare,
        "blocking": lambda: on.blocking.read(IMAGE),
        "asyncio": lambda: on.run(on.awaited.read(IMAGE)),
    }
    if on.chess is not None:
        image = on.chess.var(IMAGE.removeprefix("var/"))
        readers["chess-pyspec"] = lambda: on.run(image.get())
    return readers


def _rate(read: Callable[[], object]) -> float:
    start = perf_counter()
    for _ in range(COUNT):
        read()
    return COUNT * IMAGE_SIZE / (perf_counter() - start) / 1e6


def _added(reader: str) -> float:
    """Return what one read adds, in MB, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.client_arrays", reader]
    root = Path(__file__).parent.parent
    run = subprocess.run(command, cwd=root, stdout=subprocess.PIPE, check=True, text=True, timeout=120)
    return float(run.stdout)


def _read(reader: str) -> float:
    """Be that process."""
    import numpy as np  # noqa: PLC0415  what it costs is not the array's

    np.zeros(1)
    with contextlib.ExitStack() as stack:
        on = stack.enter_context(stage.on_one_core())
        read = _readers(on)[reader]
        on.blocking.read(instrument.POSITION)
        on.run(on.awaited.read(instrument.POSITION))
        peak()  # imports may have needed more for a moment: that is forgotten
        before = peak()
        array = read()
        added = peak() - before
        assert array is not None
        return added


if __name__ == "__main__":
    print(_read(sys.argv[1]))
