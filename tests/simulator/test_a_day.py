"""A day at the simulated beamline: what is shown, told and written from the morning to the morning after."""

from __future__ import annotations

import math
import re
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from tests.support import datafiles
from tests.support.typed import DATE

from pycertifspec import Client, RemoteError
from pycertifspec.simulator.datafile import DataFile, read_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pycertifspec.session.change import Change

TIME_SCALE = "40"
WAVELENGTH, LATTICE = 1.54, 1.6


class Running:
    """A simulator as a process, and a client of it."""

    def __init__(self, directory: Path) -> None:
        command = [sys.executable, "-m", "pycertifspec", "simulator", "--port", "0", "--time-scale", TIME_SCALE]
        command += ["--state", str(directory / "state"), "--directory", str(directory)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("fourc: SPEC server listening on 127.0.0.1:")
        self.client = Client("127.0.0.1", int(line.rpartition(":")[2]), call_timeout=30)

    def type(self, command: str) -> str:
        """Run a command as at the prompt; return what it showed."""
        return self.client.execute(command, timeout=60).output

    def number(self, expression: str) -> float:
        return float(self.client.execute(expression).value)

    def positions(self) -> dict[str, float]:
        return {mne: self.client.motor(mne).position for mne in self.client.motors}


@contextmanager
def simulator(directory: Path, *, end: int = signal.SIGTERM) -> Iterator[Running]:
    running = Running(directory)
    try:
        yield running
    finally:
        running.process.send_signal(end)
        running.process.wait(30)
        running.client.close()
        assert running.process.stdout is not None
        running.process.stdout.close()


def test_a_day_from_the_first_file_to_the_morning_after(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    with simulator(tmp_path, end=signal.SIGKILL) as spec:
        _the_morning(spec)
        _the_crystal(spec)
        _the_map(spec)
        spec.type("save_state")  # what a kill leaves may else be a tenth of a second old
        before, number = spec.positions(), spec.number("SCAN_N")
    with simulator(tmp_path) as spec:
        assert spec.positions() == before
        assert (spec.number("SCAN_N"), spec.client.read("var/DATAFILE")) == (number, "day.dat")
        assert spec.client.read("var/sample", str) == "silicon no 7"
        assert spec.number("U[0]") == LATTICE
        assert "\nScan   5   " in spec.type("loopscan 2 0.1")
    _the_file(tmp_path / "day.dat")


def _the_morning(spec: Running) -> None:
    """Open a file, count, find the centre of a peak and go there."""
    assert spec.type("newfile day.dat") == 'Using "day.dat".  Next scan is number 1.\n'
    spec.type('global sample; sample = "silicon no 7"')

    shown = spec.type("umv th 29.98 samx 0.5")
    assert shown.startswith("\n    Theta  Sample X\n")
    assert shown.endswith("  29.9800    0.5000\n\n")

    assert re.fullmatch(
        rf"\n{DATE}\n\n     Seconds = 1\n     Monitor = \d+ \(\d+/s\)\n    Detector = \d+ \(\d+/s\)\n(.* = .*\n)+",
        spec.type("ct 1"),
    )

    told: list[tuple[str, str]] = []
    all_told = threading.Event()

    def tell(change: Change) -> None:
        if not change.first:
            told.append((change.name, str(change.value)))
        if told.count(("motor/th/move_done", "False")) == 24:
            all_told.set()

    watches = [spec.client.watch(f"motor/th/{prop}", tell) for prop in ("move_done", "position")]
    shown = spec.type("dscan th -0.1 0.12 22 0.1")
    assert all_told.wait(30)
    for watch in watches:
        watch.close()
    lines = shown.splitlines()
    assert lines[0] == "Total 23 points, 2.3 seconds"
    assert re.fullmatch(rf"Scan   1   {DATE}   file = day\.dat  fourc  user = .*", lines[2])
    assert lines[3] == "ascan  th 29.88 30.1  22 0.1"
    assert lines[5].split() == ["#", "Theta", "H", "K", "L", "Detector", "Monitor", "Seconds"]
    assert [line.split()[1] for line in lines[6:29]] == [f"{29.88 + 0.01 * n:.4f}" for n in range(23)]
    assert lines[29:] == ["", "Returning th to 29.98"]
    # 22 moves in the scan, one to its beginning, one back; of each the end comes last.
    assert [value for name, value in told if name.endswith("move_done")] == ["True", "False"] * 24
    assert told[-2:] == [("motor/th/position", "29.98"), ("motor/th/move_done", "False")]

    assert spec.number("CEN") == pytest.approx(30, abs=0.003)
    spec.type("umv th CEN")
    assert spec.client.motor("th").position == pytest.approx(30, abs=0.003)


def _the_crystal(spec: Running) -> None:
    """Tell lattice and two reflections, go to a third, scan through it."""
    assert spec.type(f"setlat {LATTICE} {LATTICE} {LATTICE} 90 90 90").endswith(
        "(UB recalculated from orientation reflections and lattice.)\n"
    )
    spec.type("br 0 0 1; waitmove; or0 0 0 1")
    spec.type("br 0 1 0; waitmove; or1 0 1 0")
    spec.type("br 0 1 1; waitmove")
    theta = math.degrees(math.asin(WAVELENGTH * math.sqrt(2) / (2 * LATTICE)))
    at = spec.positions()
    assert at["tth"] == pytest.approx(2 * theta, abs=1e-3)
    assert at["th"] == pytest.approx(theta, abs=1e-3)
    assert at["chi"] == pytest.approx(-45, abs=1e-3)
    shown = spec.type("wh")
    hkl = re.search(r"H K L = +(\S+) +(\S+) +(\S+)\n", shown)
    assert hkl is not None
    assert [float(index) for index in hkl.groups()] == pytest.approx([0, 1, 1], abs=1e-4)

    shown = spec.type("hklscan 0 0 0.99 1.01 0.99 1.01 2 0.1")
    assert "\nhklscan  0 0  0.99 1.01  0.99 1.01  2 0.1\n" in shown


def _the_map(spec: Running) -> None:
    """Interrupt a map after some points, look at it, and go on with it."""
    scan = spec.client.scan("mesh samx -1 1 4 samz -1 1 2 0.2")
    points = iter(scan)
    for _ in range(3):
        next(points)
    scan.abort()
    with pytest.raises(RemoteError):
        spec.client.execute("nosuchmacro")  # SPEC is at its prompt again
    taken = spec.number("NPTS")
    assert 3 <= taken < 15
    assert spec.positions()["samx"] < 1

    shown = spec.type("resume")

    assert re.search(rf"{DATE}\.  Scan continued\.\n", shown)
    assert [int(line.split()[0]) for line in shown.splitlines() if re.match(r" *\d+ ", line)] == list(
        range(int(taken), 15)
    )
    assert spec.positions()["samz"] == 1
    spec.type("dscan samy -1 1 4 0.1")


def _the_file(path: Path) -> None:
    """Compare what the file says with what was done, and with what others read in it."""
    file = read_file(path)
    assert not file.problems
    text = path.read_text()
    assert text.startswith("#F day.dat\n#E ")
    assert [(scan.number, scan.command.split()[0]) for scan in file.scans] == [
        (1, "ascan"), (2, "hklscan"), (3, "mesh"), (4, "ascan"), (5, "loopscan")]  # fmt: skip
    assert [scan.points for scan in file.scans] == [23, 3, 15, 5, 2]
    assert [scan.aborted for scan in file.scans] == [False] * 5
    assert re.search(rf"\n#C {DATE}\.  Scan aborted after \d+ points\.\n#C {DATE}\.  Scan continued\.\n", text)
    assert file.scans[1].labels[:3] == ("H", "K", "L")
    assert file.scans[2].labels[:5] == ("Sample X", "Sample Z", "H", "K", "L")
    assert file.scans[2].geometry[1][:3] == (LATTICE,) * 3
    assert re.search(rf"\n#C {DATE}\.  g_aa reset from 1\.54 to {LATTICE}\.\n", text)
    _others_agree(path, file)


def _others_agree(path: Path, file: DataFile) -> None:
    for reader in (datafiles.silx, datafiles.spec2nexus):
        theirs = reader(path)
        assert [(scan.number, scan.labels) for scan in theirs] == [(s.number, list(s.labels)) for s in file.scans]
        for scan, other in zip(file.scans, theirs, strict=True):
            assert other.rows == scan.data.tolist()
            assert [other.positions[device.name] for device in scan.motors] == list(scan.positions)
