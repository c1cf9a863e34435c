"""Data files for tests: one to write for every property, and what silx and spec2nexus make of a file."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import strategies as st

from pycertifspec.simulator.datafile import Channels, Device, FileHeader, Preset, Reader, Writer

if TYPE_CHECKING:
    from io import StringIO
    from pathlib import Path

    from pycertifspec.simulator.datafile import DataFile

DATE = "Mon Mar 03 09:15:42 2025"
HEADER = FileHeader(
    name="si.dat",
    epoch=1740993300.0,
    date="Mon Mar 03 09:15:00 2025",
    title="fourc",
    user="ann",
    motors=(Device("Two Theta", "tth"), Device("Theta", "th"), Device("Chi", "chi"), Device("Phi", "phi")),
    counters=(Device("Seconds", "sec"), Device("Monitor", "mon"), Device("Detector", "det")),
)


@dataclass(frozen=True)
class Given:
    """A scan that is to be written."""

    number: int
    command: str
    labels: tuple[str, ...]
    rows: tuple[tuple[float, ...], ...]
    positions: tuple[float, ...]
    spectra: tuple[tuple[float, ...], ...] = ()
    preset: Preset | None = None
    aborted: bool = False


def write(stream: StringIO, header: FileHeader, scans: list[Given]) -> None:
    writer = Writer(stream)
    writer.header(header)
    for scan in scans:
        size = len(scan.spectra[0]) if scan.spectra else 0
        writer.begin_scan(
            scan.number,
            scan.command,
            DATE,
            scan.labels,
            preset=scan.preset,
            positions=scan.positions,
            channels=Channels(size, 0, size - 1, 1) if size else None,
        )
        for index, row in enumerate(scan.rows):
            if scan.spectra:
                writer.spectrum(scan.spectra[index])
            writer.row(row)
        if scan.aborted:
            writer.abort_scan(DATE)


def read(text: str | bytes) -> DataFile:
    reader = Reader()
    reader.feed(text.encode() if isinstance(text, str) else text)
    reader.finish()
    return reader.file


def as_written(value: float, label: str = "") -> float:
    """What is left of a number when it was written."""
    return float(f"{value:.3f}" if label == "Epoch" else f"{value:.8g}")


def rows_as_written(scan: Given) -> np.ndarray[Any, Any]:
    rows = [[as_written(value, label) for value, label in zip(row, scan.labels, strict=True)] for row in scan.rows]
    return np.array(rows, dtype=float).reshape(len(rows), len(scan.labels))


# ---- what the property tests write ----

# Two characters and more: silx reads the last "Motor 7" of a full line as "Motor7".
WORDS = st.text("abcXYZ0189._@-", min_size=2, max_size=6)
NAMES = st.lists(WORDS, min_size=1, max_size=3).map(" ".join)
COMMANDS = st.text("ascn th0123.-", max_size=30).map(lambda text: f"ascan {text}".strip())
ANY_NUMBER = st.floats() | st.integers(-10, 10**6).map(float)
FINITE = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-10, 10**6).map(float)


@st.composite
def headers(draw: Any) -> FileHeader:
    names = draw(st.lists(NAMES, max_size=20, unique=True))
    motors = tuple(Device(name, f"m{index}") for index, name in enumerate(names))
    counters = tuple(Device(name) for name in draw(st.lists(NAMES, max_size=9)))
    return FileHeader("si.dat", 1740993300.0, DATE, "fourc", draw(WORDS), motors, counters)


@st.composite
def scans(
    draw: Any, header: FileHeader, numbers: Any, channel_values: Any = None, least_columns: int = 1
) -> list[Given]:
    """Scans under a header; every label once, for spec2nexus keeps columns by their labels."""
    given = []
    for number in draw(st.lists(st.integers(1, 3), max_size=3)):
        columns = draw(st.integers(least_columns, 6))
        labels = draw(st.lists(NAMES | st.just("Epoch"), min_size=columns, max_size=columns, unique=True))
        # Of the epoch there are three decimals, however large it is: years at most.
        row = st.tuples(*(st.floats(0, 1e9) if label == "Epoch" else numbers for label in labels))
        rows = draw(st.lists(row, max_size=4))
        size = draw(st.integers(1, 60)) if channel_values is not None and draw(st.booleans()) else 0
        spectra = [tuple(draw(st.lists(channel_values, min_size=size, max_size=size))) for _ in rows] if size else []
        given.append(
            Given(
                number,
                draw(COMMANDS),
                tuple(labels),
                tuple(rows),
                tuple(draw(st.lists(FINITE, min_size=len(header.motors), max_size=len(header.motors)))),
                tuple(spectra),
                draw(st.sampled_from([None, Preset(1.5, "Seconds", False), Preset(20000.0, "Monitor", True)])),
                draw(st.booleans()),
            )
        )
    return given


# ---- readers that are not ours ----


@dataclass(frozen=True)
class Theirs:
    """What another reader says of a scan; nan and inf among the rows are told as they are."""

    number: int
    command: str
    labels: list[str]
    rows: list[list[float]]
    positions: dict[str, float]
    spectra: list[list[float]]


def silx(path: Path) -> list[Theirs]:
    from silx.io.specfile import SpecFile

    found = []
    file = SpecFile(str(path))
    try:
        for scan in file:
            header = scan.scan_header_dict["S"].split(maxsplit=1)
            found.append(
                Theirs(
                    scan.number,
                    header[1].strip() if len(header) > 1 else "",
                    scan.labels,
                    scan.data.T.tolist(),
                    dict(zip(scan.motor_names, scan.motor_positions, strict=False)),
                    [spectrum.tolist() for spectrum in scan.mca],
                )
            )
    finally:
        file.close()
    return found


def spec2nexus(path: Path, *, spectra: str = "mca") -> list[Theirs]:
    from spec2nexus.spec import SpecDataFile

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # it leaves the file open
        file = SpecDataFile(str(path))
    found = []
    for scan in file.scans.values():
        scan.interpret()
        columns = [scan.data[label] for label in scan.L if label in scan.data]
        found.append(
            Theirs(
                int(scan.S.split()[0]),
                scan.scanCmd,
                scan.L,
                [list(row) for row in zip(*columns, strict=True)],
                dict(scan.positioner),
                [list(spectrum) for spectrum in scan.data.get("_mca_", {}).get(spectra, [])],
            )
        )
    return found


def same(left: float, right: float) -> bool:
    return left == right or (math.isnan(left) and math.isnan(right))
