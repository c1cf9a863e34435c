"""`ScanText`: scans as SPEC's standard macros show them on the screen (SPEC_LANGUAGE.md 8.3), read as they appear."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from pycertifspec.errors import ConnectionLostError

from .change import sent_at
from .own_output import PROMPT
from .scan_columns import column_names, unique
from .scan_heading import MAX_MOTORS, heading
from .scan_record import MAX_POINTS, ScanPoint, ScanRecord

if TYPE_CHECKING:
    from .change import Change

# Characters of a line; a longer one is no line of a scan.
MAX_LINE = 16 * 1024

# What SPEC remarks on a scan, on the screen and in its data file (SPEC_LANGUAGE.md 8.4).
ABORTED: Final = re.compile(r"\bScan aborted after (\d+) points")
CONTINUED: Final = re.compile(r"\bScan continued\b")

# The prompt has no newline behind it: what is shown next stands in its line.
_PROMPT_BEFORE = re.compile(r"^\d+\.[A-Za-z_][\w.-]*> ?")
_TOTAL = re.compile(r"Total (\d{1,9}) points?\b")
_HEADER = re.compile(
    r"Scan +(?P<number>\d{1,9}) +(?P<date>\S.*?) {2,}(?:file = (?P<file>.*?)|\*\*NO DATA FILE\*\*)"
    r" {2,}(?P<title>.*?) {2,}user = (?P<user>.*?) *$"
)
_COLUMNS = re.compile(r" *# +\S")
_POINT = re.compile(r" *(\d{1,9})((?: +[-+]?(?:\d|\.\d|nan|inf)\S*)+) *$", re.IGNORECASE)
_RETURNING = re.compile(r"Returning (?P<moves>.+)$")
_RETURN = re.compile(r"(\w+) to ([-+.\deE]+)")


class ScanBegun(NamedTuple):
    """A scan has begun, or one that was under way is seen for the first time; it has no point yet."""

    record: ScanRecord


class ScanResumed(NamedTuple):
    """A scan that was over, or lost, goes on; its record keeps the points that it has: this is their number."""

    record: ScanRecord
    points: int


class PointTaken(NamedTuple):
    """A point was taken: the last of the record's."""

    record: ScanRecord
    point: ScanPoint


class ScanOver(NamedTuple):
    """A scan shows no more points, unless it goes on; `ScanRecord.aborted` and `lost` say whether it has them all."""

    record: ScanRecord


class Met(NamedTuple):
    """A scan of which the beginning was not seen.

    Attributes:
        record: what is known of it.
        number: of the point that SPEC takes now.
        under_way: whether it shows points without being resumed.

    """

    record: ScanRecord
    number: int
    under_way: bool


Event = ScanBegun | ScanResumed | PointTaken | ScanOver


class ScanText:
    """Takes in pieces of text, cut anywhere, and gives what they say about scans.

    Args:
        prompts: whether a prompt ends a scan; who runs it knows its end better.

    Attributes:
        record: the scan that is under way, or None.
        time: when text was shown last, seconds since 1970.

    """

    def __init__(self, *, prompts: bool = True) -> None:
        self._prompts = prompts
        self.record: ScanRecord | None = None
        self._before: ScanRecord | None = None  # what may go on: the last one, or one that was met under way
        self._joins: int | None = None  # ... which shows a point of at least this number next
        self._rest = ""
        self._expected: int | None = None
        self._heading_next = False
        self._labels = ""  # the line of columns, until the first point shows where each ends
        self.time = 0.0
        self._events: list[Event] = []

    # ---- text in, events out ----

    def hear(self, change: Change | ConnectionLostError) -> list[Event]:
        """Take in an event of the screen, or why there are none any more; return what is new."""
        if isinstance(change, ConnectionLostError):
            return self.lose()
        return self.feed(change.value, sent_at(change.message))

    def feed(self, text: str, time: float) -> list[Event]:
        """Take in text that was shown at a time, seconds since 1970; return what is new."""
        self.time = time
        lines = (self._rest + text).split("\n")
        self._rest = lines.pop()[-MAX_LINE:]
        for line in lines:
            self._line(line.rstrip("\r")[:MAX_LINE])
        if self._prompts and PROMPT.fullmatch(self._rest):  # a prompt has no newline behind it
            self._prompt()
        return self._new()

    def finish(self, time: float | None = None, *, aborted: bool = False) -> list[Event]:
        """End the scan that is under way, if any: its command is over, or was aborted.

        Args:
            time: when; by default with what was shown last.
            aborted: whether it was aborted, or failed.

        """
        self.time = self.time if time is None else time
        if self._rest:
            line, self._rest = self._rest, ""
            self._line(line)
        self._end(aborted=aborted)
        return self._new()

    def lose(self) -> list[Event]:
        """Take note that the connection is lost: a scan that is under way may go on, with a point not seen yet."""
        self._rest, self._joins, self._heading_next = "", None, False
        record, self.record = self.record, None
        if record is not None and record.command:
            record.lost = True
            self._before, self._joins = record, record.points[-1].index + 1 if record.points else 0
            self._events.append(ScanOver(record))
        return self._new()

    def go_on(self) -> bool:
        """Let the scan that was ended last be under way again; return whether there is one."""
        self._resume()
        self._events.clear()  # who says so knows it
        return self.record is not None

    def join(self, met: Met) -> None:
        """Take note of a scan of which the beginning was not seen, unless one was that is under way."""
        if self.record is None:
            self._before, self._joins = met.record, max(0, met.number - 1) if met.under_way else None

    def _new(self) -> list[Event]:
        events, self._events = self._events, []
        return events

    # ---- lines ----

    def _line(self, line: str) -> None:
        shown = _PROMPT_BEFORE.sub("", line)
        if shown != line:
            line = shown
            if self._prompts:
                self._prompt()
        if match := _TOTAL.match(line):
            self._expected = int(match[1]) or None
        elif match := _HEADER.match(line):
            self._begin(match)
        elif CONTINUED.search(line):
            self._resume()
        elif match := _POINT.match(line):
            self._point(match, line)
        elif self.record is None or not line.strip():
            pass
        elif self._heading_next:
            self._heading(self.record, line.strip())
        elif not self.record.columns and not self._labels and _COLUMNS.match(line):
            self._labels = line
        elif match := _RETURNING.match(line):
            self._returned(self.record, match)
        elif ABORTED.search(line):
            self.record.aborted = True

    def _prompt(self) -> None:
        self._end()
        self._expected = self._joins = None
        self._end_lost()

    def _end_lost(self) -> None:
        """Take note that a lost scan is over, whatever became of it: SPEC does something else."""
        lost = self._before
        if lost is not None and lost.lost and lost.end is None:
            lost.end, lost.aborted = self.time, lost.is_short

    def _begin(self, match: re.Match[str]) -> None:
        number = int(match["number"])
        if self.record is None and self._before is not None and (self._before.aborted or self._before.lost):
            known = self._before
            if (known.number, known.file, known.date) == (number, match["file"], match["date"]):
                self._resume()  # a site's macros show the head again
        if self.record is not None and self.record.number == number:
            return  # one that goes on
        self._end()
        self._end_lost()
        record = self.record = ScanRecord()
        record.number, record.date, record.start = number, match["date"], self.time
        record.file, record.title, record.user = match["file"], match["title"], match["user"]
        record.expected, self._expected = self._expected, None
        self._before = self._joins = None
        self._heading_next = True

    def _heading(self, record: ScanRecord, line: str) -> None:
        self._heading_next = False
        describe(record, line)
        self._events.append(ScanBegun(record))

    def _resume(self) -> None:
        """Go on with the last scan; one without columns begins with its next point."""
        record = self._before
        if self.record is not None:
            self.record.aborted = False
        elif record is not None and record.columns:
            self._go_on(record)
        elif record is not None:
            self._joins = 0

    def _go_on(self, record: ScanRecord) -> None:
        record.end, record.aborted, record.lost = None, False, False
        self.record, self._before, self._joins = record, None, None
        self._events.append(ScanResumed(record, len(record.points)))

    def _end(self, *, aborted: bool = False) -> None:
        record = self.record
        if record is not None and not self._heading_next:
            record.end = self.time
            record.aborted = record.aborted or aborted or record.is_short
            self._before = record
            self._events.append(ScanOver(record))
        self.record, self._labels, self._heading_next = None, "", False

    def _returned(self, record: ScanRecord, match: re.Match[str]) -> None:
        for mne, where in _RETURN.findall(match["moves"]):
            value = _number(where)
            if value is not None and len(record.returned) < MAX_MOTORS:
                record.returned[mne] = value

    # ---- points ----

    def _point(self, match: re.Match[str], line: str) -> None:
        index, words = int(match[1]), match[2].split()
        values = [value for value in map(_number, words) if value is not None]
        if len(values) < len(words):
            return  # it only looks like one
        record = self.record or self._joined(index, len(words))
        if record is None:
            return
        if not record.columns:
            record.columns = (self._labels and column_names(self._labels, line)) or ()
        if len(record.columns) != len(values):
            return
        point = ScanPoint(index, dict(zip(record.columns, values, strict=True)), self.time)
        if len(record.points) < MAX_POINTS:
            record.points.append(point)
        self._events.append(PointTaken(record, point))

    def _joined(self, index: int, count: int) -> ScanRecord | None:
        """Return the scan that was met under way, or lost, if this can be a point of it.

        The columns of one that was met have no labels.
        """
        record = self._before
        if record is None or self._joins is None or index < self._joins:
            return None
        if record.lost:
            if record.columns and len(record.columns) != count:
                return None
            self._go_on(record)
            return record
        named = heading(record.command).scanned
        if count <= (len(named) or 1) or (record.expected is not None and index >= record.expected):
            return None
        record.columns = tuple(unique([*named, *[""] * (count - len(named))]))
        self.record, self._before, self._joins = record, None, None
        self._events.append(ScanBegun(record))
        return record


def describe(record: ScanRecord, command: str) -> None:
    """Let a record know its heading, and what that says."""
    known = heading(command)
    record.command, record.motors = command, known.motors
    record.expected = record.expected or known.expected
    record.shape = known.shape if known.expected == record.expected else None


def _number(word: str) -> float | None:
    try:
        return float(word)
    except ValueError:
        return None
