"""`pycertifspec file --follow`: a data file that grows, row by row or as a curve that grows with it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pycertifspec.errors import LocalProtocolError
from pycertifspec.saving.description import key_of, unique_labels
from pycertifspec.simulator.datafile import Follower

from .file import plotted, tell_problems
from .output import Record, number, printable

if TYPE_CHECKING:
    import argparse

    from pycertifspec.simulator.datafile import Scan

    from .output import Output

# Seconds between two looks at the file: less than a person notices, more than a disk or a network drive minds.
LOOK_EVERY = 0.2
# Columns of a number and the gap before the next.
WIDTH = 12


def follow(options: argparse.Namespace, output: Output) -> None:
    """Show the last scan and whatever comes, until the time is over or for ever.

    Raises:
        KeyboardInterrupt: the user has seen enough.

    """
    if options.duration is not None and not options.duration > 0:
        raise LocalProtocolError(f"--duration {options.duration:g} is no time to follow, such as 60")
    end = None if options.duration is None else time.monotonic() + options.duration
    shown = _Shown(options, output)
    with Follower(options.file) as follower:
        while True:
            changes = follower.look()
            if changes.restarted:
                output.note(f"{options.file}: was replaced, and is read again from its beginning")
                shown.restart()
            if changes.scans or not shown.looked:
                shown.show(follower)
            left = LOOK_EVERY if end is None else end - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(LOOK_EVERY, left))


class _Shown:
    """What the user has seen: which scan, and how many of its rows."""

    def __init__(self, options: argparse.Namespace, output: Output) -> None:
        self._options, self._output = options, output
        self.restart()

    def restart(self) -> None:
        """Begin anew with the last scan of the file."""
        self.looked = False
        self._scan: int | None = None
        self._rows = 0
        self._labels: list[str] = []
        self._aborted = False
        self._problems = 0

    def show(self, follower: Follower) -> None:
        """Show what is new."""
        file = follower.file
        self._problems = tell_problems(self._output, self._options.file, file, self._problems)
        first = max(len(file.scans) - 1, 0) if self._scan is None else self._scan
        self.looked = True
        for index in range(first, len(file.scans)):
            scan = file.scans[index]
            if index != self._scan:
                self._scan, self._rows, self._labels, self._aborted = index, 0, [], False
                if not self._options.plot:
                    self._begin(scan)
            if self._options.plot:
                continue
            self._show_rows(scan)
        if self._options.plot and file.scans:
            self._plot(file.scans[-1])

    def _begin(self, scan: Scan) -> None:
        if self._output.form == "jsonl":
            self._output.json(Record(key_of(scan), scan.command, "scan").as_json())
        elif self._output.form == "text":
            self._output.line(printable(f"scan {key_of(scan)}  {scan.command}"))

    def _show_rows(self, scan: Scan) -> None:
        labels = unique_labels(scan)
        rows = scan.data[self._rows :].tolist() if scan.columns else []
        if labels and labels != self._labels and self._output.form == "text":
            self._line([printable(label) for label in labels])
        self._labels = labels
        for point, row in enumerate(rows, self._rows):
            if self._output.form == "jsonl":
                item = Record(key_of(scan), dict(zip(labels, row, strict=True)), "row", timestamp=_time(scan, row))
                self._output.json(item.as_json(point=point))
            else:
                self._line([number(value) for value in row])
        self._rows += len(rows)
        if scan.aborted and not self._aborted:
            self._output.note(f"scan {key_of(scan)} was aborted after {scan.points} points")
        self._aborted = scan.aborted

    def _line(self, cells: list[str]) -> None:
        if self._output.on_terminal:
            self._output.line("".join(f"{cell:>{WIDTH}}" for cell in cells))
        else:
            self._output.line("\t".join(cells))

    def _plot(self, scan: Scan) -> None:
        clear = "\x1b[H\x1b[J" if self._output.on_terminal else ""
        if unique_labels(scan):
            self._output.line(clear + plotted(self._output, scan, self._options))


def _time(scan: Scan, row: list[float]) -> float | None:
    """Return when a row was written, in seconds since 1970, if the file says it: its column Epoch counts from #E."""
    if scan.header is None or scan.header.epoch is None or "Epoch" not in scan.labels[: len(row)]:
        return None
    return scan.header.epoch + row[scan.labels.index("Epoch")]
