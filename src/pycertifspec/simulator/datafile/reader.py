"""`Reader`: a data file's bytes in, in any slicing, scans out."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from pycertifspec.errors import DataFileError

from .heading import HeaderBuilder, NameLines
from .parsing import CONTROL, NUMBERED, SPECTRUM, parse_numbers
from .scanning import ScanBuilder
from .values import DataFile, Line, Problem

if TYPE_CHECKING:
    from .values import FileHeader, Scan

# A spectrum of a million channels in one line has ten million characters.
MAX_LINE: Final = 16 * 1024 * 1024
# Somebody reads them; a file that is no SPEC data file has one for each line.
MAX_PROBLEMS: Final = 1_000
# Of a line that was not understood, as much as a screen shows.
MAX_SHOWN: Final = 200

_ROW_BEGINS: Final = frozenset("0123456789+-.")


class Reader:
    """Reads a SPEC data file that is there, or one that grows.

    It loses nothing silently: what it does not understand is among the problems, with the line's number. Lines of
    sites and macros that begin with ``#`` are kept as they stand, and are no problem.
    """

    def __init__(self) -> None:
        self._tail = b""
        self._number = 0
        self._rows: list[str] = []
        self._header: HeaderBuilder | None = None
        self._frozen_header: FileHeader | None = None
        self._scan: ScanBuilder | None = None
        self._headers: list[FileHeader] = []
        self._scans: list[Scan] = []
        self._orders: Counter[int] = Counter()
        self._problems: list[Problem] = []
        self._more_problems = 0

    # ---- bytes in, scans out ----

    def feed(self, data: bytes) -> range:
        """Take in more of the file; a line counts when its end is there.

        Returns:
            The indices of the scans that may have changed or are new.

        Raises:
            DataFileError: a line is longer than `MAX_LINE` bytes; nothing more can be read.

        """
        whole, newline, self._tail = (self._tail + data).rpartition(b"\n")
        first = len(self._scans)
        if newline:
            self._take(whole)
        if len(self._tail) > MAX_LINE:
            raise DataFileError(f"line {self._number + 1} is longer than {MAX_LINE} bytes: this is no SPEC data file")
        return range(first, self._count if newline else first)

    def finish(self) -> range:
        """Take in what is left, a last line without its end: nothing more will come.

        Returns:
            As `feed`.

        """
        first = len(self._scans)
        if self._tail:
            tail, self._tail = self._tail, b""
            self._take(tail)
            self._complain(self._number, _decoded(tail)[0], "the file ends within this line: it may be cut")
        count = self._count
        self._end_scan()
        return range(first, count)

    @property
    def file(self) -> DataFile:
        """All that was read so far."""
        headers, scans = tuple(self._headers), tuple(self._scans)
        if self._header is not None and self._frozen_header is None:
            headers += (self._header.freeze(),)
        if self._scan is not None:
            scans += (self._scan.freeze(),)
        return DataFile(headers, scans, tuple(self._problems), self._more_problems)

    @property
    def _count(self) -> int:
        return len(self._scans) + (self._scan is not None)

    # ---- the line machine ----

    def _take(self, data: bytes) -> None:
        for line in _decoded(data):
            self._number += 1
            begin = line[:1]
            if self._scan is not None and self._scan.continued:
                self._continue(line)
            elif begin in _ROW_BEGINS:
                self._rows.append(line)
            else:
                self._other(begin, line)
        self._end_rows(self._number + 1)

    def _continue(self, line: str) -> None:
        """Give a line to the spectrum that is open, unless it begins something else."""
        assert self._scan is not None  # noqa: S101  for the type checker
        if line[:1] in ("#", "@"):
            self._scan.cut_spectrum()
            self._other(line[:1], line)
        else:
            self._scan.continuation(line, Line(self._number, line))

    def _other(self, begin: str, line: str) -> None:
        """Take in a line that does not begin as rows do."""
        if begin == "#":
            self._end_rows(self._number)
            self._control(Line(self._number, line))
        elif begin == "@":
            self._end_rows(self._number)
            self._spectrum(Line(self._number, line))
        elif words := line.split(maxsplit=1):
            if parse_numbers(words[0])[1]:
                self._end_rows(self._number)
                self._complain(self._number, line, "not understood")
            else:  # a blank before the first number, or nan or inf as the first
                self._rows.append(line)
        else:
            self._end_rows(self._number)

    def _end_rows(self, before: int) -> None:
        """Give the rows that were gathered to the scan; the line with number `before` follows them."""
        rows, self._rows = self._rows, []
        if not rows:
            return
        if self._scan is not None:
            self._scan.rows(rows, before - len(rows))
            return
        for number, row in enumerate(rows, before - len(rows)):
            self._complain(number, row, "numbers without a scan")

    def _control(self, line: Line) -> None:
        match = CONTROL.fullmatch(line.text)
        key, number, rest = (match[1], match[2][:9], match[3] or "") if match else ("", "", "")
        if key == "S" and not number:
            self._begin_scan(rest, line)
            return
        starts = key == "F" or (key == "E" and (self._scan is not None or self._epoch_known))
        if starts or (self._scan is None and self._header is None):
            self._begin_header(line)
        target = self._scan or self._header
        assert target is not None  # noqa: S101  one of the two was begun
        target.control(key, number, rest, line)

    @property
    def _epoch_known(self) -> bool:
        return self._header is not None and self._header.epoch is not None

    def _begin_header(self, line: Line) -> None:
        self._end_scan()
        self._end_header()
        self._header = HeaderBuilder(line.number, self._complain)
        self._frozen_header = None

    def _end_header(self) -> None:
        """Keep the header that was read: no line of it will come any more."""
        if self._header is not None and self._frozen_header is None:
            self._frozen_header = self._header.freeze()
            self._headers.append(self._frozen_header)

    def _begin_scan(self, rest: str, line: Line) -> None:
        self._end_scan()
        self._end_header()
        match = NUMBERED.fullmatch(rest)
        if match is None:
            self._complain(*line, "a scan without a number; it is called 0")
        number, command = (int(match[1]), match[2] or "") if match else (0, rest)
        self._orders[number] += 1
        names = NameLines() if self._header is None else self._header.names
        self._scan = ScanBuilder(
            number, self._orders[number], command.strip(), self._frozen_header, names, line, self._complain
        )

    def _end_scan(self) -> None:
        if self._scan is not None:
            self._scans.append(self._scan.finish())
            self._scan = None

    def _spectrum(self, line: Line) -> None:
        match = SPECTRUM.fullmatch(line.text)
        if self._scan is None or match is None:
            self._complain(*line, "a spectrum without a scan" if match else "not understood")
        else:
            self._scan.spectrum(match[1], match[2], line)

    def _complain(self, number: int, text: str, reason: str) -> None:
        if len(self._problems) < MAX_PROBLEMS:
            self._problems.append(Problem(number, text[:MAX_SHOWN], reason))
        else:
            self._more_problems += 1


def _decoded(data: bytes) -> list[str]:
    """Return lines as text: UTF-8, and Latin-1 where a line is not."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return [_decoded_line(line) for line in data.split(b"\n")]
    lines = text.removeprefix("\ufeff").split("\n")
    return [line.removesuffix("\r") for line in lines] if "\r" in text else lines


def _decoded_line(line: bytes) -> str:
    line = line.removesuffix(b"\r")
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("latin-1")
