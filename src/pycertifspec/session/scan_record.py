"""`ScanRecord`: a scan as far as it has come, and as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pycertifspec.wire import arrays

from . import frames

# Points of one scan; more than any instrument counts in a week, little enough to keep.
MAX_POINTS = 1_000_000


@dataclass(frozen=True, slots=True)
class ScanPoint:
    """One point.

    Attributes:
        index: its number, from 0.
        values: what was measured there, by column; motors and counters by the names that SPEC shows.

    """

    index: int
    values: dict[str, float]


class ScanRecord:
    """What is known of a scan.

    Attributes:
        number: SPEC's, or None before it is known.
        command: the scan's heading: ``ascan  th 0 1  20 0.1``.
        file: the data file, or None where none is written.
        title: of the header line.
        user: of the header line.
        date: of the header line, as SPEC wrote it.
        motors: mnemonics of what is scanned, in order; their columns come first.
        columns: all columns by name, as they are shown.
        expected: how many points it will have, or None.
        points: those that were taken.
        start: when its header came, seconds since 1970 by the server's clock.
        end: when it was over, or None.
        returned: where a relative scan has put its motors back, by mnemonic.

    """

    def __init__(self) -> None:
        self.number: int | None = None
        self.command = ""
        self.file: str | None = None
        self.title = ""
        self.user = ""
        self.date = ""
        self.motors: tuple[str, ...] = ()
        self.columns: tuple[str, ...] = ()
        self.expected: int | None = None
        self.points: list[ScanPoint] = []
        self.start: float | None = None
        self.end: float | None = None
        self.returned: dict[str, float] = {}

    @property
    def counters(self) -> tuple[str, ...]:
        """The columns that were counted."""
        return tuple(name for name in self.columns[len(self.motors) :] if name not in {"H", "K", "L"})

    def arrays(self) -> dict[str, Any]:
        """Return each column as a numpy array of floats, a value for each point; NaN where one is missing."""
        missing = float("nan")
        return {
            name: arrays.as_array([point.values.get(name, missing) for point in self.points], "f8")
            for name in self.columns
        }

    def to_pandas(self) -> Any:
        """Return a pandas DataFrame: a row for each point, what is known of the scan in its ``attrs``.

        Raises:
            ImportError: pandas is not installed.

        """
        return frames.to_pandas(self.arrays(), [point.index for point in self.points], self.facts())

    def to_xarray(self) -> Any:
        """Return an xarray Dataset along ``point``, with the motors as coordinates.

        Raises:
            ImportError: xarray is not installed.

        """
        index = [point.index for point in self.points]
        return frames.to_xarray(self.arrays(), index, self.columns[: len(self.motors)], self.facts())

    def facts(self) -> dict[str, Any]:
        """Return what is known of the scan besides its points."""
        known = {
            "number": self.number,
            "command": self.command,
            "file": self.file,
            "title": self.title,
            "user": self.user,
            "date": self.date,
            "motors": self.motors,
            "start": self.start,
            "end": self.end,
        }
        return {name: value for name, value in known.items() if value is not None}

    def __repr__(self) -> str:
        of = f" of {self.expected}" if self.expected else ""
        return f"<scan {self.number} {self.command!r}, {len(self.points)}{of} points>"
