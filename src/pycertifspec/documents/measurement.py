"""`Measurement`: a scan as far as it has come, whether the data file or the screen has told of it."""

from __future__ import annotations

import calendar
import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from pycertifspec.session.scan_text import ABORTED, CONTINUED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pycertifspec.session.scan_record import ScanRecord
    from pycertifspec.simulator.datafile import FileHeader, Scan, Spectrum

EPOCH: Final = "Epoch"
# Clocks differ by whole quarters of an hour from place to place; a file's #E and #D are written in the same second.
_QUARTER: Final = 900


class Rows(Protocol):
    """Points, each as numbers in the columns' order."""

    def __len__(self) -> int: ...

    def __getitem__(self, point: int, /) -> Sequence[float]: ...


@dataclass(frozen=True, slots=True)
class Measurement:
    """A scan as far as it has come.

    Attributes:
        number: SPEC's.
        command: its heading.
        file: SPEC's ``DATAFILE``, None where none is written.
        date: when it began, as SPEC wrote it.
        started: the same in seconds since 1970.
        title: of the header.
        user: of the header.
        labels: of the columns; empty as long as they are not known.
        rows: numbers for each label, a row for each point.
        times: when each point came, seconds since 1970, where there is no column Epoch; may be empty.
        epoch: what the column Epoch counts from, seconds since 1970; None without such a column.
        motors: mnemonics and names of `positions`, by mnemonic, or by name where the file has no mnemonics.
        counters: names by mnemonic.
        positions: of motors before the scan, in user units, by mnemonic.
        geometry: the numbers of the ``#G`` lines.
        q: h, k and l before the scan.
        spectra: in order.
        with_spectra: whether points have spectra.
        ends: after how many points it was aborted, each time.
        aborted: whether it is aborted now, and not resumed.

    """

    number: int
    command: str
    file: str | None
    date: str
    started: float
    title: str = ""
    user: str = ""
    labels: tuple[str, ...] = ()
    rows: Rows = field(default=(), repr=False)
    times: Sequence[float] = field(default=(), repr=False)
    epoch: float | None = None
    motors: Mapping[str, str] = field(default_factory=dict, repr=False)
    counters: Mapping[str, str] = field(default_factory=dict, repr=False)
    positions: Mapping[str, float] = field(default_factory=dict, repr=False)
    geometry: Mapping[int, tuple[float, ...]] = field(default_factory=dict)
    q: tuple[float, ...] = ()
    spectra: tuple[Spectrum, ...] = field(default=(), repr=False)
    with_spectra: bool = False
    ends: tuple[int, ...] = ()
    aborted: bool = False

    @property
    def points(self) -> int:
        """How many points there are."""
        return len(self.rows)

    def row(self, point: int) -> list[float]:
        """Return a point's numbers, one for each label."""
        row = list(map(float, self.rows[point]))[: len(self.labels)]
        return row + [math.nan] * (len(self.labels) - len(row))

    def time_of(self, point: int) -> float | None:
        """Return when a point was taken, seconds since 1970 by SPEC's clock, None where nothing says it."""
        if self.epoch is None:
            return self.times[point] if point < len(self.times) else None
        since = self.row(point)[self.labels.index(EPOCH)]
        return self.epoch + since if math.isfinite(since) else None


def from_file(scan: Scan, file: str | None) -> Measurement:
    """Return a scan of a data file.

    Args:
        scan: as far as the file has it.
        file: what SPEC calls the file.

    """
    header = scan.header
    motors = {device.mnemonic or device.name: device.name or device.mnemonic for device in scan.motors}
    keys = list(motors) if len(motors) == len(scan.motors) else []
    epoch = header.epoch if header is not None and EPOCH in scan.labels else None
    return Measurement(
        number=scan.number,
        command=scan.command,
        file=file,
        date=scan.date,
        started=_started(scan.date, header),
        title=header.title if header else "",
        user=header.user if header else "",
        labels=scan.labels,
        rows=scan.data if scan.columns else (),
        epoch=epoch,
        motors={key: motors[key] for key in keys},
        counters={device.mnemonic or device.name: device.name or device.mnemonic for device in header.counters}
        if header
        else {},
        positions=dict(zip(keys, scan.positions, strict=False)),
        geometry=scan.geometry,
        q=scan.q,
        spectra=scan.spectra,
        with_spectra=scan.channels is not None or bool(scan.spectra),
        ends=_ends(scan),
        aborted=scan.aborted,
    )


def from_record(record: ScanRecord, times: Sequence[float] = ()) -> Measurement:
    """Return a scan that a client has followed on the screen: the digits are those that were shown.

    Args:
        record: of the scan.
        times: when each of its points came, seconds since 1970.

    """
    aborted = record.end is not None and record.aborted
    return Measurement(
        number=record.number or 0,
        command=record.command,
        file=record.file,
        date=record.date,
        started=record.start or 0.0,
        title=record.title,
        user=record.user,
        labels=record.columns,
        rows=_RecordRows(record),
        times=times,
        ends=(len(record.points),) if aborted else (),
        aborted=aborted,
    )


class _RecordRows:
    """The points of a record as rows, without a copy of them."""

    def __init__(self, record: ScanRecord) -> None:
        self._record = record
        self._count = len(record.points)

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, point: int, /) -> Sequence[float]:
        values = self._record.points[point].values
        return [values.get(label, math.nan) for label in self._record.columns]


def _ends(scan: Scan) -> tuple[int, ...]:
    """Return after how many points a scan was aborted, each time; the last time too if it was not resumed."""
    ends: list[int] = []
    waiting: int | None = None
    for comment in scan.comments:
        if match := ABORTED.search(comment.text):
            waiting = int(match[1][:9])
        elif CONTINUED.search(comment.text) and waiting is not None:
            ends.append(min(waiting, scan.points))
            waiting = None
    return (*ends, scan.points) if scan.aborted else tuple(ends)


def _started(date: str, header: FileHeader | None) -> float:
    """Return when a scan began: local time of the place where SPEC runs, which may not be here.

    How far that place's clock is from ours is seen in the file's header, which has one moment in both forms.
    """
    wall = _wall(date)
    if wall is None:
        return (header and header.epoch) or 0.0
    here = time.mktime(wall)
    begun = _wall(header.date) if header is not None else None
    if header is None or header.epoch is None or begun is None or abs(time.mktime(begun) - header.epoch) < _QUARTER:
        return here
    offset = round((calendar.timegm(begun) - header.epoch) / _QUARTER) * _QUARTER
    return float(calendar.timegm(wall) - offset)


def _wall(date: str) -> time.struct_time | None:
    try:
        return time.strptime(date, "%a %b %d %H:%M:%S %Y")
    except ValueError:  # a site's own form of dates
        return None
