"""A scan while it is read: lines in, a `Scan` out, at any time."""

from __future__ import annotations

import math
from array import array
from typing import TYPE_CHECKING, ClassVar, Final

from pycertifspec.session.scan_text import ABORTED, CONTINUED

from .heading import NAME_LINES, NameLines
from .parsing import PRESET, parse_number, parse_numbers, split_names
from .rows import parse_rows
from .values import Channels, Device, FileHeader, Line, Preset, Scan, Spectrum

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# How a line of a spectrum says that the next one continues it.
CONTINUES: Final = "\\"


class ScanBuilder:
    """Takes in the lines of a scan.

    Args:
        number: of ``#S``.
        order: which of the scans with this number it is, from 1.
        command: of ``#S``.
        header: the file header above it.
        names: the lines of names of that header.
        line: the number of the ``#S`` line.
        complain: told the line's number, its text and what is wrong with it.

    """

    def __init__(
        self,
        number: int,
        order: int,
        command: str,
        header: FileHeader | None,
        names: NameLines,
        line: Line,
        complain: Callable[[int, str, str], None],
    ) -> None:
        self._number, self._order, self._command = number, order, command
        self._header = header
        self._inherited = names
        self._complain = complain
        self._line = self._last_line = line.number
        self._lines = [line]
        self._own = NameLines()
        self._date = ""
        self._preset: Preset | None = None
        self._geometry: dict[int, tuple[float, ...]] = {}
        self._q: tuple[float, ...] = ()
        self._positions: dict[int, tuple[Line, list[float]]] = {}
        self._declared: int | None = None
        self._labels: Line | None = None
        self._comments: list[Line] = []
        self._aborted = False
        self._channels: Channels | None = None
        self._spectra: list[tuple[str, int, bytes, int]] = []  # name, rows before it, channels, line
        self._open: tuple[str, Line, list[str]] | None = None  # the spectrum that is continued
        self._rows = array("d")
        self._columns = 0
        self._head_done = False

    @property
    def continued(self) -> bool:
        """Whether the next line continues a spectrum."""
        return self._open is not None

    # ---- control lines ----

    def control(self, key: str, number: str, rest: str, line: Line) -> None:
        """Take in a line that begins with ``#``."""
        self._seen(line)
        self._lines.append(line)
        if key in NAME_LINES:
            self._own.add(key, number, rest)
        elif (take := self._CONTROLS.get(key)) is not None:
            take(self, int(number or 0), rest, line)

    def _take_date(self, _: int, rest: str, __: Line) -> None:
        self._date = self._date or rest.strip()

    def _take_comment(self, _: int, rest: str, line: Line) -> None:
        self._comments.append(Line(line.number, rest))
        if (match := ABORTED.search(rest)) is not None:
            self._aborted = True
            # SPEC may have written one more; fewer means that rows are missing.
            if len(match[1]) > 9 or int(match[1]) > self._points:
                self._complain(*line, f"{self._points} rows were read")
        elif CONTINUED.search(rest):
            self._aborted = False

    def _take_time(self, _: int, rest: str, line: Line) -> None:
        self._take_preset(rest, line, monitor=False)

    def _take_monitor(self, _: int, rest: str, line: Line) -> None:
        self._take_preset(rest, line, monitor=True)

    def _take_preset(self, rest: str, line: Line, *, monitor: bool) -> None:
        match = PRESET.fullmatch(rest)
        try:
            self._preset = Preset(parse_number(match[1] if match else rest), (match and match[2]) or "", monitor)
        except ValueError:
            self._complain(*line, "no preset")

    def _take_geometry(self, number: int, rest: str, line: Line) -> None:
        self._geometry[number] = tuple(self._numbers(rest, line))

    def _take_q(self, _: int, rest: str, line: Line) -> None:
        self._q = tuple(self._numbers(rest, line))

    def _take_positions(self, number: int, rest: str, line: Line) -> None:
        self._positions[number] = (line, self._numbers(rest, line))

    def _take_columns(self, _: int, rest: str, line: Line) -> None:
        word = (rest.split() or [""])[0]
        if not word.isdecimal() or len(word) > 9:
            self._complain(*line, "no number of columns")
        elif self._declared is not None:
            self._complain(*line, "a second #N in a scan; the first counts")
        else:
            self._declared = int(word)

    def _take_labels(self, _: int, rest: str, line: Line) -> None:
        if self._labels is not None:
            self._complain(*line, "a second #L in a scan; the first counts")
        else:
            self._labels = Line(line.number, rest)

    def _take_channels(self, _: int, rest: str, line: Line) -> None:
        numbers, others = parse_numbers(rest)
        if others or len(numbers) != 4 or not all(math.isfinite(n) for n in numbers) or not numbers[3]:
            self._complain(*line, "no number, first, last and step of channels")
        else:
            self._channels = Channels(*map(int, numbers))

    def _numbers(self, text: str, line: Line) -> list[float]:
        numbers, others = parse_numbers(text)
        if others:
            self._complain(*line, f"no number: {', '.join(others[:5])}; nan stands for it")
        return numbers

    _CONTROLS: ClassVar[dict[str, Callable[[ScanBuilder, int, str, Line], None]]] = {
        "C": _take_comment,
        "D": _take_date,
        "G": _take_geometry,
        "L": _take_labels,
        "M": _take_monitor,
        "N": _take_columns,
        "P": _take_positions,
        "Q": _take_q,
        "T": _take_time,
        "@CHANN": _take_channels,
    }

    # ---- rows and spectra ----

    def rows(self, lines: Sequence[str], first: int) -> None:
        """Take in lines of numbers, of which `first` is the number of the first."""
        self._finish_head()
        self._aborted = False
        self._last_line = first + len(lines) - 1
        if not self._columns:  # the first row tells how long the others are
            self._row(Line(first, lines[0]))
            lines, first = lines[1:], first + 1
        if (many := parse_rows(lines, self._columns)) is not None:
            self._rows.extend(many)
            return
        for number, text in enumerate(lines, first):
            self._row(Line(number, text))

    def _row(self, line: Line) -> None:
        values = self._numbers(line.text, line)
        if not self._columns:
            self._columns = len(values)
            if self._declared not in (None, len(values)):
                self._complain(*line, f"{len(values)} values, and #N says {self._declared}")
            elif self._declared is None:
                self._complain(*line, "no #N says how many values a row has")
        elif len(values) != self._columns:
            self._complain(*line, f"{len(values)} values, and the first row has {self._columns}; nan stands for others")
            self._widen(len(values))
            values += [math.nan] * (self._columns - len(values))
        self._rows.fromlist(values)

    def _widen(self, columns: int) -> None:
        """Make room for a row that is longer than those before."""
        if columns <= self._columns:
            return
        old, self._rows = self._rows, array("d")
        gap = [math.nan] * (columns - self._columns)
        for start in range(0, len(old), self._columns):
            self._rows.extend(old[start : start + self._columns])
            self._rows.fromlist(gap)
        self._columns = columns

    def spectrum(self, name: str, text: str, line: Line) -> None:
        """Take in a line that begins with ``@``."""
        self._finish_head()
        self._aborted = False
        self._open = (name, line, [])
        self.continuation(text, line)

    def continuation(self, text: str, line: Line) -> None:
        """Take in a line of the spectrum that is open."""
        assert self._open is not None  # noqa: S101  for the type checker
        self._seen(line)
        text = text.rstrip()
        self._open[2].append(text.removesuffix(CONTINUES))
        if not text.endswith(CONTINUES):
            self._close_spectrum()

    def cut_spectrum(self) -> None:
        """Close the spectrum that is open, though it was to go on."""
        if self._open is not None:
            self._complain(*self._open[1], "the spectrum is not complete")
            self._close_spectrum()

    def _close_spectrum(self) -> None:
        assert self._open is not None  # noqa: S101  for the type checker
        name, line, parts = self._open
        self._open = None
        values = array("d", self._numbers(" ".join(parts), line))
        if (known := self._channels) is not None:
            expected = (known.last - known.first) // known.step + 1
            if len(values) not in (expected, known.total):
                self._complain(*line, f"{len(values)} channels, and #@CHANN says {expected}")
        self._spectra.append((name, self._points, values.tobytes(), line.number))

    # ---- what was read ----

    @property
    def _points(self) -> int:
        return len(self._rows) // self._columns if self._columns else 0

    def _seen(self, line: Line) -> None:
        self._last_line = line.number

    def _finish_head(self) -> None:
        """Say what does not fit together in the lines before the data, once."""
        if self._head_done:
            return
        self._head_done = True
        if self._labels is not None and self._declared is not None and len(self._split_labels()) != self._declared:
            self._complain(*self._labels, f"{len(self._split_labels())} labels, and #N says {self._declared}")
        names = self._own.over(self._inherited)
        for number, (line, values) in sorted(self._positions.items()):
            count = len(names.row("O", "o", number, len(values)))
            if count != len(values):
                self._complain(*line, f"{len(values)} positions, and #O{number} has {count} names")

    def _split_labels(self) -> list[str]:
        return split_names(self._labels.text, self._declared or self._columns) if self._labels else []

    def finish(self) -> Scan:
        """Return the scan: nothing more will come."""
        self.cut_spectrum()
        self._finish_head()
        return self.freeze()

    def freeze(self) -> Scan:
        """Return the scan as far as it was read."""
        names = self._own.over(self._inherited)
        motors: list[Device] = []
        positions: list[float] = []
        for number, (_, values) in sorted(self._positions.items()):
            found = names.row("O", "o", number, len(values))[: len(values)]
            motors += found + [Device("")] * (len(values) - len(found))
            positions += values
        labels = self._split_labels()
        # A spectrum stands before its row or behind it; which, the first one of the scan tells.
        behind = bool(self._spectra and self._spectra[0][1])
        return Scan(
            number=self._number,
            order=self._order,
            command=self._command,
            date=self._date,
            header=self._header,
            preset=self._preset,
            geometry=dict(self._geometry),
            q=self._q,
            motors=tuple(motors) if motors else names.devices("O", "o"),
            positions=tuple(positions),
            labels=tuple(labels),
            columns=self._columns or self._declared or len(labels),
            raw=self._rows.tobytes(),
            channels=self._channels,
            spectra=tuple(Spectrum(name, rows - behind, raw, line) for name, rows, raw, line in self._spectra),
            comments=tuple(self._comments),
            lines=tuple(self._lines),
            aborted=self._aborted,
            line=self._line,
            last_line=self._last_line,
        )
