"""What reading a large array adds to the most memory that a process has had."""

from __future__ import annotations

import contextlib
import importlib.util
import subprocess
import sys
from pathlib import Path

from . import packets, peer
from .connection import client, fill
from .row import Row, Target, compare

SIZE = 32_000_000
STATUS = Path("/proc/self/status")


def measure(rounds: int) -> list[Row]:
    """Measure in fresh processes: one reads with recv_spec, one into a bytearray."""
    if not can_measure():
        return []
    ours, bare = [], []
    stream = packets.array(8) + packets.array(SIZE)
    for _ in range(min(rounds, 3)):  # the figure hardly varies
        bare.append(_added("bare", stream))
        ours.append(_added("ours", stream))
    return [compare("memory that reading 32 MB adds", "MB", ours, bare, Target("figure", "<=", 34))]


def can_measure() -> bool:
    """Tell whether this system says how much memory a process has had; Windows does not."""
    return STATUS.exists() or importlib.util.find_spec("resource") is not None


def _added(reader: str, stream: bytes) -> float:
    """Return what one read adds, in MB, in a process of its own."""
    with peer.serving("blast", stream) as port:
        command = [sys.executable, "-m", "benchmarks.memory", reader, str(port)]
        root = Path(__file__).parent.parent
        run = subprocess.run(command, cwd=root, stdout=subprocess.PIPE, check=True, text=True, timeout=60)
        return float(run.stdout)


def _read(reader: str, port: int) -> float:
    """Be that process."""
    header = packets.HEADER_SIZE
    with client(port) as (bare, ours):
        # What the first message costs once is not the array's.
        _ = ours.recv_spec() if reader == "ours" else fill(bare, bytearray(header + 8))
        peak()  # imports may have needed more for a moment: that is forgotten
        before = peak()
        message = ours.recv_spec() if reader == "ours" else fill(bare, bytearray(header + SIZE))
        added = peak() - before
        assert message
        return added


def peak() -> float:
    """Return the most memory that this process has had since it was asked for last, in MB."""
    if STATUS.exists():
        lines = STATUS.read_text().splitlines()
        with contextlib.suppress(OSError):  # not everywhere; then it is since the process began
            Path("/proc/self/clear_refs").write_text("5")
        return int(next(line for line in lines if line.startswith("VmHWM:")).split()[1]) * 1024 / 1e6
    import resource  # noqa: PLC0415  not on Windows

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


if __name__ == "__main__":
    print(_read(sys.argv[1], int(sys.argv[2])))
