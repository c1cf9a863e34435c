"""`ScanText`: scans as SPEC's standard macros show them on the screen (SPEC_LANGUAGE.md 8.3), read as they appear."""

from __future__ import annotations

import re
from typing import NamedTuple

from .own_output import PROMPT
from .scan_record import MAX_POINTS, ScanPoint, ScanRecord

# Characters of a line; a longer one is no line of a scan.
MAX_LINE = 16 * 1024

# The prompt has no newline behind it: what is shown next stands in its line.
_PROMPT_BEFORE = re.compile(r"^\d+\.[A-Za-z_][\w.-]*> ?")
_TOTAL = re.compile(r"Total (\d+) points?\b")
_HEADER = re.compile(
    r"Scan +(?P<number>\d+) +(?P<date>\S.*?) {2,}(?:file = (?P<file>.*?)|\*\*NO DATA FILE\*\*)"
    r" {2,}(?P<title>.*?) {2,}user = (?P<user>.*?) *$"
)
_COLUMNS = re.compile(r" *# +\S")
_POINT = re.compile(r" *(\d+)((?: +[-+]?(?:\d|\.\d|nan|inf)\S*)+) *$", re.IGNORECASE)
_RETURNING = re.compile(r"Returning (?P<moves>.+)$")
_RETURN = re.compile(r"(\w+) to ([-+.\deE]+)")
_MNEMONIC = re.compile(r"[A-Za-z_]\w*$")


class Begun(NamedTuple):
    """A scan has begun."""

    record: ScanRecord


class Taken(NamedTuple):
    """A point was taken."""

    record: ScanRecord
    point: ScanPoint


class Over(NamedTuple):
    """A scan shows no more points."""

    record: ScanRecord


Event = Begun | Taken | Over


class ScanText:
    """Takes in pieces of text, cut anywhere, and gives what they say about scans.

    Args:
        prompts: whether a prompt ends a scan; who runs it knows its end better.

    Attributes:
        record: the scan that is under way, or None.

    """

    def __init__(self, *, prompts: bool = True) -> None:
        self._prompts = prompts
        self.record: ScanRecord | None = None
        self._rest = ""
        self._expected: int | None = None
        self._heading_next = False
        self._labels = ""  # the line of columns, until the first point shows where each ends

    def feed(self, text: str, time: float) -> list[Event]:
        """Take in text that was shown at a time, seconds since 1970; return what is new."""
        lines = (self._rest + text).split("\n")
        self._rest = lines.pop()[-MAX_LINE:]
        events: list[Event] = []
        for line in lines:
            self._line(line.rstrip("\r")[:MAX_LINE], time, events)
        if (
            self._prompts and self.record is not None and PROMPT.fullmatch(self._rest)
        ):  # a prompt has no newline behind it
            self._end(time, events)
        return events

    def finish(self, time: float) -> list[Event]:
        """End the scan that is under way, if any: its command is over."""
        events: list[Event] = []
        if self._rest:
            line, self._rest = self._rest, ""
            self._line(line, time, events)
        self._end(time, events)
        return events

    def _end(self, time: float, events: list[Event]) -> None:
        if self.record is not None:
            self.record.end = time
            events.append(Over(self.record))
        self.record, self._labels, self._heading_next = None, "", False

    def _line(self, line: str, time: float, events: list[Event]) -> None:
        shown = _PROMPT_BEFORE.sub("", line)
        if shown != line:
            line = shown
            if self._prompts:
                self._end(time, events)
        if match := _TOTAL.match(line):
            self._expected = int(match[1])
        elif match := _HEADER.match(line):
            self._begin(match, time, events)
        elif self.record is None:
            pass
        elif self._heading_next and line.strip():
            self._heading(line.strip())
            events.append(Begun(self.record))
        elif not self.record.columns and not self._labels and _COLUMNS.match(line):
            self._labels = line
        elif self._labels and (match := _POINT.match(line)):
            self._point(match, line, events)
        elif match := _RETURNING.match(line):
            self.record.returned.update({mne: float(where) for mne, where in _RETURN.findall(match["moves"])})

    def _begin(self, match: re.Match[str], time: float, events: list[Event]) -> None:
        number = int(match["number"])
        if self.record is not None and self.record.number == number:
            return  # one that goes on
        self._end(time, events)
        record = self.record = ScanRecord()
        record.number, record.date, record.start = number, match["date"], time
        record.file, record.title, record.user = match["file"], match["title"], match["user"]
        record.expected, self._expected = self._expected, None
        self._heading_next = True

    def _heading(self, line: str) -> None:
        assert self.record is not None  # noqa: S101  for the type checker
        self._heading_next = False
        self.record.command = line
        self.record.motors = tuple(word for word in line.split()[1:] if _MNEMONIC.match(word))

    def _point(self, match: re.Match[str], line: str, events: list[Event]) -> None:
        record = self.record
        assert record is not None  # noqa: S101  for the type checker
        words = match[2].split()
        if not record.columns:
            record.columns = _names(self._labels, line, len(words))
            if len(record.motors) > len(record.columns):
                record.motors = ()
        try:
            values = dict(zip(record.columns, map(float, words), strict=False))
        except ValueError:
            return  # a line that only looks like a point
        point = ScanPoint(int(match[1]), values)
        if len(record.points) < MAX_POINTS:
            record.points.append(point)
        events.append(Taken(record, point))


def _names(labels: str, line: str, count: int) -> tuple[str, ...]:
    """Return the columns' names: they may have blanks in them, and stand above the right ends of their numbers."""
    names = re.split(r" {2,}", labels.strip())[1:]
    if len(names) != count:
        ends = [match.end() for match in re.finditer(r"\S+", line)]
        names = [labels[start:end].strip() for start, end in zip(ends, [*ends[1:-1], None], strict=False)]
    names = (names + [f"column {place + 1}" for place in range(len(names), count)])[:count]
    seen: dict[str, int] = {}
    unique = []
    for place, name in enumerate(names):
        known = name or f"column {place + 1}"
        seen[known] = seen.get(known, 0) + 1
        unique.append(known if seen[known] == 1 else f"{known} {seen[known]}")
    return tuple(unique)
