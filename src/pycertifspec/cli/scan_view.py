"""A scan on the screen: a table or a curve that grows, how long it will take, and what its peak is like."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

from .output import Record, number, printable
from .progress import Bars

if TYPE_CHECKING:
    import argparse
    from types import TracebackType
    from typing import Self

    from pycertifspec.session.peak import Peak
    from pycertifspec.session.scan_record import ScanPoint, ScanRecord
    from pycertifspec.sync.client import Client

    from .output import Output

# Columns of the terminal for a number and the gap before it, at the most and at the least; for the point's number.
WIDTH, MIN_WIDTH, FIRST_WIDTH = 12, 10, 6
# Digits of a number, at the most and at the least.
DIGITS, MIN_DIGITS = 8, 3
# Seconds between two drawings of a curve: no eye sees more, and each costs some milliseconds.
DRAW_EVERY = 0.1
_BAR = "scan"


def add_view_arguments(command: argparse.ArgumentParser) -> None:
    """Add how a scan is shown."""
    command.add_argument("--plot", action="store_true", help="draw the curve while it grows, in place of the table")
    add = command.add_argument
    add("-x", metavar="COLUMN", help="label or mnemonic of what to draw along (default: the first column)")
    add("-y", metavar="COLUMN", help="label or mnemonic of what is drawn and described (default: the first counter)")


def label_columns(client: Client, options: argparse.Namespace) -> None:
    """Make labels of the mnemonics in `-x` and `-y`: a scan's columns have these."""
    if (options.x or options.y) and client.ready:
        known = client.load_names()
        for axis in ("x", "y"):
            said = getattr(options, axis)
            setattr(options, axis, known.counters.get(said) or known.motors.get(said) or said)


class ScanView:
    """Shows one scan while it is taken.

    Attributes:
        told: how many points were shown.

    """

    def __init__(self, output: Output, options: argparse.Namespace) -> None:
        self.told = 0
        self._output, self._options = output, options
        self._bars = Bars(output, [] if self._draws else [_BAR], remaining=True)
        self._labelled = False
        self._drawn = 0.0

    @property
    def _draws(self) -> bool:
        return bool(self._options.plot) and self._output.on_terminal

    def __enter__(self) -> Self:
        self._bars.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.__exit__(kind, error, trace)

    def tell(self, record: ScanRecord, point: ScanPoint) -> None:
        """Show a point.

        Raises:
            LocalProtocolError: with the first, there is no such column as is to be drawn or described.

        """
        if not self.told:
            record.axes(self._options.x, self._options.y)
        self.told += 1
        form = self._output.form
        if form == "jsonl":
            told = Record(str(record.number), point.values, "point", timestamp=time.time())
            self._output.json(told.as_json(point=point.index, expected=record.expected))
        elif self._draws:
            if time.monotonic() - self._drawn > DRAW_EVERY:
                self._draw(record)
        elif form != "json" and not self._options.plot:
            self._row(record, point)
        taken = len(record.points)
        if not self._draws:
            fraction = taken / record.expected if record.expected else math.nan
            self._bars.update(_BAR, fraction, f"{taken} of {record.expected or '?'} points")

    def _row(self, record: ScanRecord, point: ScanPoint) -> None:
        columns, width = self._fitting(record)
        numbers = [point.values.get(name, math.nan) for name in columns]
        if not self._labelled:
            self._labelled = True
            if self._output.form == "text":
                if self._output.on_terminal:
                    self._output.line(printable(f"scan {record.number}  {record.command}"))
                self._output.line(self._line(["#", *columns], width))
        texts = [_short(value, width - 1) if self._output.on_terminal else number(value) for value in numbers]
        self._output.line(self._line([str(point.index), *texts], width))

    def _fitting(self, record: ScanRecord) -> tuple[list[str], int]:
        """Return which columns are shown, and how wide each is.

        In a terminal what is scanned and counted goes before what follows from it, such as H, K and L; what does not
        fit is in the file, and with --json.
        """
        columns = list(record.columns)
        if not self._output.on_terminal:
            return columns, WIDTH
        room = self._output.size[0] - FIRST_WIDTH
        if len(columns) * MIN_WIDTH > room:
            columns = [*columns[: len(record.motors)], *record.counters] or columns
        columns = columns[: max(1, room // MIN_WIDTH)]
        return columns, min(WIDTH, max(MIN_WIDTH, room // len(columns)))

    def _line(self, cells: list[str], width: int) -> str:
        shown = [printable(cell) for cell in cells]
        if not self._output.on_terminal:
            return "\t".join(shown)
        first, *rest = shown
        return f"{first:>{FIRST_WIDTH}}" + "".join(f" {cell[: width - 1]:>{width - 1}}" for cell in rest)

    def _draw(self, record: ScanRecord) -> None:
        from .plotting import curve  # noqa: PLC0415  for this alone

        self._drawn = time.monotonic()
        x, y = record.axes(self._options.x, self._options.y)
        xs, ys = record.column(x), record.column(y)
        clear = "\x1b[H\x1b[J" if self._output.on_terminal else ""
        title = printable(f"scan {record.number}  {record.command}  {len(record.points)} of {record.expected or '?'}")
        colored = self._output.colored and self._output.on_terminal
        self._output.line(clear + curve(xs, ys, labels=(x, y), title=title, size=self._output.size, colored=colored))

    def end(self, record: ScanRecord) -> None:
        """Show what came of it."""
        aborted = record.aborted or record.end is None  # the connection is lost, or who looks has seen enough
        if self._options.plot and record.points and self._output.form == "text":
            self._draw(record)
        found = record.peak(self._options.y, self._options.x)
        of = record.axes(self._options.x, self._options.y)[1] if found else ""
        if self._output.form in ("json", "jsonl"):
            whole = Record(str(record.number), record.command, "scan", timestamp=time.time())
            told: dict[str, Any] = {**whole.as_json(), **record.facts()}
            told |= {"columns": record.columns, "expected": record.expected, "aborted": aborted}
            told |= {"peak": None if found is None else {"column": of, **found._asdict()}}
            if self._output.form == "json":
                told["points"] = [point.values for point in record.points]
            self._output.json(told)
            return
        if aborted:
            how = "the connection was lost" if record.lost else "aborted"
            self._output.note(f"{how} after {len(record.points)} of {record.expected or '?'} points")
        if found is not None:
            self._say(describe(of, found))

    def _say(self, text: str) -> None:
        """Say what is beside the table: in a pipe it must not stand in it."""
        if self._output.on_terminal and self._output.form == "text":
            self._output.line(printable(text))
        else:
            self._output.note(text)


def describe(label: str, found: Peak) -> str:
    """Return a peak in words."""
    return (
        f"{label}: peak at {number(found.x)} is {number(found.y)}, COM {number(found.com)}, "
        f"FWHM {number(found.fwhm)} at {number(found.center)}"
    )


def _short(value: float, width: int) -> str:
    """Return a number with as many digits as there is room for."""
    for digits in range(DIGITS, MIN_DIGITS, -1):
        text = f"{value:.{digits}g}"
        if len(text) <= width:
            return text
    return f"{value:.{MIN_DIGITS}g}"
