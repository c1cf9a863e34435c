"""What a SPEC data file says, as immutable values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from pycertifspec.errors import DataFileError
from pycertifspec.wire import arrays

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import numpy.typing as npt


class Device(NamedTuple):
    """A motor or a counter: its name and, where the file has it, its mnemonic."""

    name: str
    mnemonic: str = ""


class Line(NamedTuple):
    """A line of a file that is kept as it stands: its number, counted from 1, and its text."""

    number: int
    text: str


class Problem(NamedTuple):
    """What was not understood: the line's number, counted from 1, its text, cut if it is long, and what is wrong."""

    line: int
    text: str
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}: {self.text!r}"


class Preset(NamedTuple):
    """To what was counted: seconds (``#T``) or monitor counts (``#M``), and the counter's name."""

    value: float
    counter: str
    monitor: bool


class Channels(NamedTuple):
    """The channels of a scan's spectra (``#@CHANN``): how many, the first, the last and the step between them."""

    total: int
    first: int
    last: int
    step: int


@dataclass(frozen=True, slots=True)
class FileHeader:
    """The head of a file; a file may have several, each good for the scans that follow it.

    Attributes:
        name: ``#F``; empty where there is none.
        epoch: ``#E``, seconds since 1970 from which the column Epoch counts; None where there is none.
        date: ``#D``, local time as it stands.
        title: of the first ``#C``: usually the program's name.
        user: of the first ``#C``.
        motors: names and mnemonics (``#O``, ``#o``), in SPEC's order.
        counters: names and mnemonics (``#J``, ``#j``), in SPEC's order.
        lines: every line of the header that begins with ``#``.
        line: the number of its first line.

    """

    name: str = ""
    epoch: float | None = None
    date: str = ""
    title: str = ""
    user: str = ""
    motors: tuple[Device, ...] = ()
    counters: tuple[Device, ...] = ()
    lines: tuple[Line, ...] = field(default=(), repr=False)
    line: int = 1


@dataclass(frozen=True, slots=True)
class Spectrum:
    """One spectrum (``@A …``).

    Attributes:
        name: what follows the ``@``.
        point: index of the row it belongs to.
        raw: the channels as doubles.
        line: the number of its first line.

    """

    name: str
    point: int
    raw: bytes = field(repr=False)
    line: int

    @property
    def values(self) -> npt.NDArray[np.float64]:
        """The channels, one-dimensional."""
        return arrays.table(self.raw, 1).reshape(-1)


@dataclass(frozen=True, slots=True)
class Scan:
    """A scan, as far as the file has it.

    Attributes:
        number: ``#S``.
        order: 1 for the first scan of that number in the file, 2 for the second ...
        command: as it was given.
        date: ``#D``, local time as it stands.
        header: the file header that it stands under; None where there is none.
        preset: ``#T`` or ``#M``; None where there is none.
        geometry: the numbers of the ``#G`` lines, by the line's number.
        q: ``#Q``: h, k and l before the scan; empty without reciprocal space.
        motors: names and mnemonics of the motors in `positions`, the scan's own if it has any.
        positions: of all motors before the scan (``#P``), in user units.
        labels: of the columns (``#L``).
        columns: the width of `data`: the longest row, or without rows what ``#N`` says.
        raw: the rows as doubles, one after the other.
        channels: ``#@CHANN``; None where there is none.
        spectra: in the file's order.
        comments: ``#C`` lines, without the ``#C``.
        lines: every line that begins with ``#``, those of macros and sites included.
        aborted: whether it was interrupted and not continued.
        line: the number of its ``#S`` line.
        last_line: the number of its last line that is not empty.

    """

    number: int
    order: int
    command: str
    date: str
    header: FileHeader | None = field(repr=False)
    preset: Preset | None
    geometry: Mapping[int, tuple[float, ...]]
    q: tuple[float, ...]
    motors: tuple[Device, ...] = field(repr=False)
    positions: tuple[float, ...] = field(repr=False)
    labels: tuple[str, ...]
    columns: int
    raw: bytes = field(repr=False)
    channels: Channels | None
    spectra: tuple[Spectrum, ...] = field(repr=False)
    comments: tuple[Line, ...] = field(repr=False)
    lines: tuple[Line, ...] = field(repr=False)
    aborted: bool
    line: int
    last_line: int

    @property
    def points(self) -> int:
        """How many rows there are."""
        return len(self.raw) // (8 * self.columns) if self.columns else 0

    @property
    def data(self) -> npt.NDArray[np.float64]:
        """The rows: an array of points by columns that cannot be written to."""
        return arrays.table(self.raw, self.columns)

    def column(self, label: str) -> npt.NDArray[np.float64]:
        """Return a column by its label; of several with that label the first.

        Raises:
            DataFileError: there is none.

        """
        if label not in self.labels[: self.columns]:
            raise DataFileError(f"scan {self.number} has no column {label!r}; it has {', '.join(self.labels)}")
        return self.data[:, self.labels.index(label)]

    def position(self, motor: str) -> float:
        """Return where a motor stood before the scan, by mnemonic or name.

        Raises:
            DataFileError: there is none.

        """
        for index, device in enumerate(self.motors[: len(self.positions)]):
            if motor in (device.mnemonic, device.name):
                return self.positions[index]
        raise DataFileError(f"scan {self.number} has no position of a motor {motor!r}")


@dataclass(frozen=True, slots=True)
class DataFile:
    """All that was read of a file.

    Attributes:
        headers: the file headers.
        scans: in the file's order.
        problems: what was not understood, by line.
        more_problems: how many further ones there are, of which no text was kept.

    """

    headers: tuple[FileHeader, ...]
    scans: tuple[Scan, ...]
    problems: tuple[Problem, ...] = ()
    more_problems: int = 0

    def scan(self, number: int, order: int = 1) -> Scan:
        """Return a scan by its number; of several with that number the first, or the `order`-th.

        Raises:
            DataFileError: there is none.

        """
        for scan in self.scans:
            if (scan.number, scan.order) == (number, order):
                return scan
        raise DataFileError(
            f"there is no scan {number}{f'.{order}' if order > 1 else ''} among {len(self.scans)} scans"
        )
