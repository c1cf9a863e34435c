"""`ScanRecord`: a scan as far as it has come, and as a whole."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pycertifspec.errors import LocalProtocolError
from pycertifspec.wire import arrays

from . import frames
from .peak import Peak, peak
from .telling import table

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

# Points of one scan; more than any instrument counts in a week, little enough to keep.
MAX_POINTS = 1_000_000

# Rows of a scan that a notebook shows at its beginning and at its end; between them it says how many there are.
SHOWN_ROWS = 5


@dataclass(frozen=True, slots=True)
class ScanPoint:
    """One point.

    Attributes:
        index: its number, from 0.
        values: what was measured there, by column; motors and counters by the names that SPEC shows.
        time: when SPEC showed it, seconds since 1970 by the server's clock.

    """

    index: int
    values: dict[str, float]
    time: float = math.nan


class ScanRecord:
    """What is known of a scan; while it is under way, that grows.

    Attributes:
        number: SPEC's, or None before it is known.
        command: the scan's heading: ``ascan  th 0 1  20 0.1``.
        file: the data file, or None where none is written.
        title: of the header line.
        user: of the header line.
        date: of the header line, as SPEC wrote it.
        motors: mnemonics of what is scanned, in order; of a mesh the fast one first. Their columns come first.
        columns: all columns by name, as they are shown; known with the first point.
        shape: points along each axis, the slow one first: ``(21,)``, ``(5, 11)`` for a mesh; None if not known.
        expected: how many points it will have, or None.
        points: those that were taken.
        start: when its header came, seconds since 1970 by the server's clock; None where it was `joined`.
        end: when it was over, or None.
        aborted: whether it was over before it had all its points; a timescan ends in no other way.
        lost: whether the connection was lost while it was under way: it may go on, and points may be missing.
        joined: whether it was under way when it was first seen: its points until then are not here, and where a
            label is not known the column is called ``column_3``.
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
        self.shape: tuple[int, ...] | None = None
        self.expected: int | None = None
        self.points: list[ScanPoint] = []
        self.start: float | None = None
        self.end: float | None = None
        self.aborted = False
        self.lost = False
        self.joined = False
        self.returned: dict[str, float] = {}

    # ---- what is known ----

    @property
    def scanned(self) -> tuple[str, ...]:
        """The columns of what the scan steps through: its motors, or H K L, or the time."""
        hkl = self.columns[:3] == ("H", "K", "L")
        return self.columns[: len(self.motors) or (3 if hkl else 1)]

    @property
    def counters(self) -> tuple[str, ...]:
        """The columns that were counted."""
        return tuple(name for name in self.columns[len(self.scanned) :] if name not in {"H", "K", "L"})

    @property
    def is_short(self) -> bool:
        """Whether points are missing at its end."""
        return self.expected is not None and (not self.points or self.points[-1].index + 1 < self.expected)

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
            "aborted": self.aborted,
        }
        return {name: value for name, value in known.items() if value is not None}

    # ---- numbers ----

    def column(self, name: str) -> list[float]:
        """Return what was measured in a column, a value for each point.

        Args:
            name: as SPEC shows it, or the mnemonic of a motor that is scanned.

        Raises:
            LocalProtocolError: there is no such column.

        """
        label = self._label(name)
        return [point.values[label] for point in self.points]

    def __getitem__(self, name: str) -> Any:
        """Return `column` as a numpy array: ``scan["Detector"]``, ``scan["th"]``."""
        return arrays.as_array(self.column(name), "f8")

    def _label(self, name: str) -> str:
        if name in self.columns:
            return name
        if name in self.motors and self.columns:
            return self.columns[self.motors.index(name)]
        raise LocalProtocolError(f"the scan has no column {name!r}; it has {', '.join(self.columns) or 'no points'}")

    def arrays(self) -> dict[str, Any]:
        """Return each column as a numpy array of floats, a value for each point."""
        return {name: self[name] for name in self.columns}

    def to_numpy(self) -> Any:
        """Return all of it as one numpy array of floats, points by `columns`."""
        rows = [list(point.values.values()) for point in self.points]
        return arrays.as_array(rows, "f8").reshape(len(rows), len(self.columns))

    def to_pandas(self, *, mnemonics: bool = False) -> Any:
        """Return a pandas DataFrame: a row for each point, what is known of the scan in its ``attrs``.

        Args:
            mnemonics: whether motors' columns are there by their mnemonics as well: ``frame["th"]``.

        Raises:
            ImportError: pandas is not installed.

        """
        columns = self.arrays()
        if mnemonics and columns:
            columns |= {mne: self[mne] for mne in self.motors if mne not in columns}
        return frames.to_pandas(columns, [point.index for point in self.points], self.facts())

    def to_xarray(self) -> Any:
        """Return an xarray Dataset along ``point``, of a mesh along ``slow`` and ``fast``, NaN where it has no point.

        What is scanned are coordinates, what was counted variables, the rest of what is known its ``attrs``.

        Raises:
            ImportError: xarray is not installed.

        """
        index = [point.index for point in self.points]
        return frames.to_xarray(self.arrays(), index, self.scanned, self.facts(), self.shape)

    # ---- curves ----

    def axes(self, x: str | None = None, y: str | None = None) -> tuple[str, str]:
        """Return of which columns a curve is: along what and of what.

        Args:
            x: by default what is scanned, of a mesh the fast axis.
            y: by default the first counter, SPEC's detector.

        Raises:
            LocalProtocolError: there is no such column.

        """
        if not self.columns:
            raise LocalProtocolError(f"the scan {self.command!r} has no points yet")
        return self._label(x or self._moving()), self._label(y or next(iter(self.counters), self.columns[-1]))

    def _moving(self) -> str:
        """Return the first column that is scanned and not the same all along: the L of a scan along L."""
        for name in self.scanned:
            if len(set(self.column(name))) > 1:
                return name
        return self.columns[0]

    def peak(self, y: str | None = None, x: str | None = None) -> Peak | None:
        """Return what the peak of a curve is like: maximum, centre of mass, width; None without points.

        Args:
            y: as for `axes`.
            x: as for `axes`.

        Raises:
            LocalProtocolError: there is no such column.

        """
        if not self.points:
            return None
        along, of = self.axes(x, y)
        return peak(self.column(along), self.column(of))

    # ---- files, prompts and notebooks ----

    def save(self, path: str | os.PathLike[str], form: str | None = None, *, replace: bool = False) -> None:
        """Write the scan to a file.

        Args:
            path: of the file: ``.csv``, ``.json``, ``.h5`` or ``.nxs`` (NeXus), ``.spec`` or ``.dat``.
            form: ``"csv"``, ``"json"``, ``"nexus"`` or ``"spec"``; by default what the suffix tells.
            replace: whether a file that is there is replaced.

        Raises:
            LocalProtocolError: what kind of file is meant cannot be told.
            FileExistsError: it is there already.
            ModuleNotFoundError: h5py is not installed, which NeXus needs (extra ``files``).
            OSError: it cannot be written.

        """
        frames.save(self, path, form, replace=replace)

    def __repr__(self) -> str:
        of = f" of {self.expected}" if self.expected else ""
        ending = ", lost" if self.lost else ", aborted" if self.aborted else ""
        return f"<scan {self.number} {self.command!r}, {len(self.points)}{of} points{ending}>"

    def _repr_html_(self) -> str:
        points: Sequence[ScanPoint | None] = self.points
        if len(points) > 2 * SHOWN_ROWS:
            points = [*points[:SHOWN_ROWS], None, *points[-SHOWN_ROWS:]]
        left = ["…", f"{len(self.points) - 2 * SHOWN_ROWS} more", *[""] * len(self.columns)]
        rows = [
            left[: 1 + len(self.columns)]
            if point is None
            else [str(point.index), *(f"{value:.8g}" for value in point.values.values())]
            for point in points
        ]
        return table([repr(self)[1:-1]], []) + table(["#", *self.columns], rows)
