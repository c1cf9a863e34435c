"""`SpecFileWriter`: documents as a SPEC data file that can be followed point by point."""

from __future__ import annotations

import json
import logging
import os
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pycertifspec.errors import DataFileError
from pycertifspec.simulator.datafile import Channels, Device, FileHeader, formats, open_writer, read_file

from .columns import Columns, columns_of, command_of, geometry_of, motors_of, preset_of, spectrum_of
from .composer import SUCCESS
from .description import BASELINE, STREAM

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Self

    from pycertifspec.simulator.datafile import Scan, Writer

    from .spool import Entry

logger = logging.getLogger("pycertifspec.documents")

# Documents of a run inside another run that wait until that has ended: a file has one scan after the other.
MAX_WAITING: Final = 100_000
# The line that says which run a scan is.
UID_LINE: Final = "#MD uid = "
_MONITOR: Final = "_monitor"


def target(address: str) -> SpecFile:
    """Return the target of ``spec:FILE``."""
    return SpecFile(address)


class SpecFileWriter:
    """Writes runs to a SPEC data file, each point as it comes: ``RE.subscribe(SpecFileWriter("run7.spec"))``.

    A run is a scan with SPEC's own header lines: ``#S`` (SPEC's command, or the plan with its motors and ranges),
    ``#D``, ``#T`` or ``#M``, ``#G``, ``#Q``, ``#P`` with ``#O`` (the baseline), ``#L``; one-dimensional arrays are
    spectra (``@A``); what has no place is named in a comment. A file that is there is added to; a run that it has
    already is not written again, and one that was cut is gone on with.

    Args:
        path: of the file.
        title: of the file's header; None for the run's own.
        user: of the file's header; None for the run's own.

    """

    def __init__(self, path: str | os.PathLike[str], *, title: str | None = None, user: str | None = None) -> None:
        self.path = Path(path)
        self._title, self._user = title, user
        self._writer: Writer | None = None
        self._known: dict[str, Scan] = {}  # what the file had when it was opened, by the run's uid
        self._epoch = 0.0
        self._motors: tuple[Device, ...] = ()
        self._has_header = False
        self._number = 0
        self._run: _Run | None = None
        self._streams: dict[str, str] = {}  # run by descriptor
        self._waiting: deque[tuple[str, str, Any]] = deque()

    def __call__(self, name: str, document: Mapping[str, Any]) -> None:
        """Take a document.

        Raises:
            OSError: the file cannot be written.

        """
        if name == "event_page":
            for event in _events(document):
                self("event", event)
            return
        run = self._run_of(name, document)
        if run is not None:
            self._take_or_wait(run, name, document)

    def _take_or_wait(self, run: str, name: str, document: Mapping[str, Any]) -> None:
        if self._run is not None and run != self._run.uid:
            if len(self._waiting) >= MAX_WAITING:
                raise DataFileError(f"{self.path}: more than {MAX_WAITING} documents of a run inside a run wait")
            self._waiting.append((run, name, document))
            return
        self._take(run, name, document)

    def close(self) -> None:
        """Close the file; the next document opens it again."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        self._run = None
        self._waiting.clear()
        self._known.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ---- documents ----

    def _run_of(self, name: str, document: Mapping[str, Any]) -> str | None:
        if name == "descriptor":
            self._streams[document["uid"]] = document["run_start"]
        if name == "event":
            return self._streams.get(document["descriptor"])
        if name == "start":
            return str(document["uid"])
        return str(document["run_start"]) if name in ("descriptor", "stop") else None

    def _take(self, run: str, name: str, document: Mapping[str, Any]) -> None:
        if name == "start":
            self._run = _Run(run, document)
        elif self._run is None:
            return  # its start was before this was subscribed
        elif name == "descriptor":
            self._run.descriptors[document["uid"]] = document
            if document.get("name", STREAM) == STREAM:
                self._choose(self._run, document)
        elif name == "event":
            self._event(self._run, document)
        elif name == "stop":
            self._stop(self._run, document)

    def _event(self, run: _Run, event: Mapping[str, Any]) -> None:
        descriptor = run.descriptors[event["descriptor"]]
        stream = descriptor.get("name", STREAM)
        if stream == BASELINE:
            if run.baseline is None:
                run.baseline = (descriptor, event)
            return
        if not stream.endswith(_MONITOR):
            self._choose(run, descriptor)
        if stream != run.stream or run.columns is None:
            run.others.add(stream)
            return
        run.points += 1
        if run.points > run.there:
            self._point(run.columns, event)

    def _choose(self, run: _Run, descriptor: Mapping[str, Any]) -> None:
        """Begin the scan with the columns of a stream: `primary`, or else the first that has an event."""
        if run.stream is None:
            run.stream = descriptor.get("name", STREAM)
            run.columns = columns_of(run.start, descriptor)
            self._begin(run)

    def _point(self, columns: Columns, event: Mapping[str, Any]) -> None:
        writer = self._open()
        for key, name in columns.spectra.items():
            writer.spectrum(spectrum_of(event["data"].get(key, ()), columns.channels), name)
        writer.row(columns.row(event, self._epoch))

    def _stop(self, run: _Run, stop: Mapping[str, Any]) -> None:
        if run.columns is None:
            run.columns = Columns((None,), ("Epoch",), {}, 0, ())
            self._begin(run)
        if not run.finished:
            writer, date = self._open(), formats.date_text(stop["time"])
            if run.others:
                writer.comment(date, f"Not in this file: the streams {', '.join(sorted(run.others))}")
            if stop["exit_status"] != SUCCESS:
                writer.abort_scan(date)
                reason = " ".join(str(stop.get("reason") or "").split())
                writer.comment(date, f"{stop['exit_status']}: {reason}" if reason else stop["exit_status"])
        self._streams = {descriptor: of for descriptor, of in self._streams.items() if of != run.uid}
        self._run = None
        waiting, self._waiting = self._waiting, deque()
        for waited in waiting:
            self._take_or_wait(*waited)

    # ---- the file ----

    def _open(self) -> Writer:
        if self._writer is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if self.path.exists() and self.path.stat().st_size:
                self._look_at_what_is_there()
            self._writer = open_writer(self.path)
        return self._writer

    def _look_at_what_is_there(self) -> None:
        _cut_off_what_is_not_whole(self.path)
        file = read_file(self.path)
        if file.headers and file.headers[-1].epoch is not None:
            self._has_header = True
            self._epoch, self._motors = file.headers[-1].epoch, file.headers[-1].motors
        for scan in file.scans:
            self._number = scan.number
            uid = next((line.text for line in scan.lines if line.text.startswith(UID_LINE)), "")
            if uid:
                self._known[json.loads(uid.removeprefix(UID_LINE))] = scan
        self._last = file.scans[-1] if file.scans else None

    def _begin(self, run: _Run) -> None:
        writer = self._open()
        there = self._known.get(run.uid)
        if there is not None:
            run.finished = there is not self._last or there.aborted
            run.there = 2**63 if run.finished else there.points
            writer.take_up_scan(there.labels, there.points)
            return
        start, columns = run.start, run.columns
        assert columns is not None  # noqa: S101  for the type checker
        motors, positions = motors_of(*run.baseline) if run.baseline else ((), ())
        if not self._has_header or (motors and motors != self._motors):
            self._header(start, motors)
        date = formats.date_text(start["time"])
        self._number = int(start.get("scan_id") or self._number + 1)
        writer.begin_scan(
            self._number,
            command_of(start),
            date,
            columns.labels,
            preset=preset_of(start),
            geometry=geometry_of(start),
            q=[float(value) for value in start.get("hkl") or ()],
            positions=positions,
            channels=Channels(columns.channels, 0, columns.channels - 1, 1) if columns.channels else None,
            extra=f"{UID_LINE}{json.dumps(run.uid)}\n",
        )
        for what in columns.left_out:
            writer.comment(date, f"Not in this file: {' '.join(what.split())}")
        if len(columns.spectra) > 1 or any(not key.startswith("mca_") for key in columns.spectra):
            for key, name in columns.spectra.items():
                writer.comment(date, f"@{name} is {' '.join(key.split())}")

    def _header(self, start: Mapping[str, Any], motors: tuple[Device, ...]) -> None:
        user = self._user if self._user is not None else str(start.get("user") or start.get("login_id") or "")
        title = self._title if self._title is not None else str(start.get("title") or "bluesky")
        self._epoch = float(int(start["time"]))
        self._motors, self._has_header = motors, True
        self._open().header(
            FileHeader(
                self.path.name,
                self._epoch,
                formats.date_text(self._epoch),
                " ".join(title.split()),
                " ".join(user.split()),
                motors,
            )
        )


class _Run:
    """What is known of the run that is written."""

    def __init__(self, uid: str, start: Mapping[str, Any]) -> None:
        self.uid = uid
        self.start = start
        self.descriptors: dict[str, Mapping[str, Any]] = {}
        self.baseline: tuple[Mapping[str, Any], Mapping[str, Any]] | None = None
        self.stream: str | None = None
        self.columns: Columns | None = None
        self.others: set[str] = set()
        self.points = 0
        self.there = 0  # points that the file had before
        self.finished = False  # whether the file had all of it


class SpecFile:
    """A SPEC data file as a target of the publisher; a run is acknowledged with its stop document.

    Args:
        path: of the file.

    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._writer = SpecFileWriter(path)

    def open(self) -> None:
        """Get ready: what is in the file already is looked at again."""
        self._writer.close()

    def send(self, entries: Sequence[Entry]) -> int:
        """Write documents; return the position of the last stop document."""
        for entry in entries:
            self._writer(entry.name, entry.document)
        return max((entry.position for entry in entries if entry.name == "stop"), default=0)

    def close(self) -> None:
        """Close the file."""
        self._writer.close()


def _events(page: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the events of a page."""
    return [
        {
            "descriptor": page["descriptor"],
            "time": page["time"][place],
            "data": {key: column[place] for key, column in page["data"].items()},
        }
        for place in range(len(page["seq_num"]))
    ]


def _cut_off_what_is_not_whole(path: Path) -> None:
    """Remove what a crash has left at the end of a file: half a line, or a spectrum whose row did not come."""
    with path.open("r+b") as file:
        lines = file.read().split(b"\n")
        keep = len(lines) - 1  # behind the last line end
        while keep and (lines[keep - 1][:1] == b"@" or (keep > 1 and lines[keep - 2].endswith(b"\\"))):
            keep -= 1
        size = sum(len(line) + 1 for line in lines[:keep])
        if size != file.seek(0, os.SEEK_END):
            logger.warning("%s: the end of its last line was missing; it is written again", path)
            file.truncate(size)
