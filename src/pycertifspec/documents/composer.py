"""`Composer`: the documents of one run, as far as the scan has come; the same ones whenever they are composed."""

from __future__ import annotations

import dataclasses
import json
import uuid
from typing import TYPE_CHECKING, Any, Final

from event_model import ComposeDescriptorBundle, compose_run

from .description import BASELINE, STREAM, describe_scan
from .measurement import from_record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pycertifspec.session.scan_record import ScanRecord

    from .instrument import Instrument
    from .measurement import Measurement

Document = tuple[str, dict[str, Any]]

# Uids are made of names within this one: who composes the same scan again composes the same uids.
NAMESPACE: Final = uuid.UUID("a3f4c1de-5a0b-5d0e-9c57-2f1d6b8e7c10")
# What may end a run.
SUCCESS: Final = "success"
ABORT: Final = "abort"
FAIL: Final = "fail"


def run_uid(server: str, file: str | None, number: int, date: str, part: int = 0) -> str:
    """Return the uid of a run: the same for the same scan, today and in a year, from its screen and from its file.

    Args:
        server: where SPEC is found: ``"beamline:fourc"``.
        file: SPEC's ``DATAFILE``, None where none is written.
        number: SPEC's ``SCAN_N``.
        date: when the scan began, as SPEC wrote it.
        part: 0, and for a scan that was resumed after it had ended 1, 2 ...

    """
    return str(uuid.uuid5(NAMESPACE, json.dumps([server, file or "", number, date, part])))


class Composer:
    """Composes the documents of a run: start, a baseline of all motors, descriptor, events, stop.

    Args:
        instrument: what the server has.
        part: 0, and for a scan that was resumed after it had ended 1, 2 ...; such a run has all points of the scan.

    Attributes:
        events: of the stream `primary`, so far.
        composed: how many documents whoever uses this has taken.

    """

    def __init__(self, instrument: Instrument, *, part: int = 0) -> None:
        self._instrument = instrument
        self._part = part
        self._run: Any = None
        self._primary: ComposeDescriptorBundle | None = None
        self._names: tuple[str, ...] = ()
        self._spectra: dict[str, int] = {}  # channels by name
        self._uid = ""
        self._started = self._last = 0.0
        self.events = 0
        self.composed = 0

    @property
    def begun(self) -> bool:
        """Whether there is a start document."""
        return self._run is not None

    def documents(self, scan: Measurement, *, over: bool = False, end: int | None = None) -> Iterator[Document]:
        """Return what is new since the last time.

        Args:
            scan: as far as it has come.
            over: whether no more of it comes; until then the start waits for the columns' names, and a point for its
                spectra.
            end: after how many points this run ended, though the scan went on; None if it has all of them.

        """
        if self._run is None:
            if not (over or scan.labels):
                return
            if scan.with_spectra and not (over or self._whole(scan, 0)):
                return
            yield from self._begin(scan)
        if self._primary is None:
            return
        limit = scan.points if end is None else min(end, scan.points)
        while self.events < limit and (over or self._whole(scan, self.events)):
            self.events += 1
            yield self._event(scan, self.events - 1)

    def stop(self, status: str, reason: str = "", *, time: float | None = None) -> Document:
        """Return the stop document.

        Args:
            status: how it ended: ``"success"``, ``"abort"`` or ``"fail"``.
            reason: why, in words.
            time: when, seconds since 1970; None for the last that is known of the scan.

        """
        when = self._last if time is None else max(time, self._last)
        return "stop", dict(
            self._run.compose_stop(exit_status=status, reason=reason, uid=self._made("stop"), time=when)
        )

    # ---- parts ----

    def _made(self, *parts: object) -> str:
        return str(uuid.uuid5(NAMESPACE, json.dumps([self._uid, *parts])))

    def _begin(self, scan: Measurement) -> Iterator[Document]:
        known = self._known(scan)
        self._uid = run_uid(known.server, scan.file, scan.number, scan.date, self._part)
        self._started = self._last = scan.started
        self._spectra = {
            spectrum.name or "A": len(spectrum.values) for spectrum in reversed(scan.spectra) if spectrum.point == 0
        }
        said = describe_scan(
            scan.command,
            scan.labels,
            known,
            number=scan.number,
            file=scan.file,
            title=scan.title,
            user=scan.user,
            date=scan.date,
            geometry=scan.geometry,
            q=scan.q,
            spectra=self._spectra,
        )
        metadata = said.metadata
        if self._part:
            metadata["resumes"] = run_uid(known.server, scan.file, scan.number, scan.date, self._part - 1)
        self._run = compose_run(uid=self._uid, time=scan.started, metadata=metadata)
        yield "start", dict(self._run.start_doc)
        if known.positions:
            yield from self._baseline(said.baseline, known)
        if not scan.labels:
            return
        self._names = said.names
        self._primary = self._descriptor(STREAM, said.data_keys, said.hints)
        yield "descriptor", dict(self._primary.descriptor_doc)

    def _known(self, scan: Measurement) -> Instrument:
        """Return what is known of the instrument: what the file says comes first."""
        known = self._instrument
        motors = dict(scan.motors or known.motors)
        positions = scan.positions or known.positions
        return dataclasses.replace(
            known,
            motors=motors,
            counters=scan.counters or known.counters,
            positions={name: positions[name] for name in motors if name in positions},
        )

    def _baseline(self, keys: dict[str, Any], known: Instrument) -> Iterator[Document]:
        here = {name: keys[name] for name in known.positions}
        bundle = self._descriptor(BASELINE, here, {})
        yield "descriptor", dict(bundle.descriptor_doc)
        yield self._composed(bundle, BASELINE, 0, dict(known.positions), self._started)

    def _descriptor(self, name: str, keys: dict[str, Any], hints: dict[str, Any]) -> ComposeDescriptorBundle:
        return self._run.compose_descriptor(  # type: ignore[no-any-return]
            name=name,
            data_keys=keys,
            object_keys={key: [key] for key in keys},
            hints=hints,
            configuration={key: {"data": {}, "timestamps": {}, "data_keys": {}} for key in keys},
            uid=self._made("descriptor", name),
            time=self._started,
        )

    def _event(self, scan: Measurement, point: int) -> Document:
        data: dict[str, Any] = dict(zip(self._names, scan.row(point), strict=True))
        if self._spectra:
            here = {s.name or "A": s.values.tolist() for s in scan.spectra if s.point == point}
            for name, size in self._spectra.items():
                channels = here.get(name, [])[:size]
                data[f"mca_{name}"] = channels + [float("nan")] * (size - len(channels))
        when = scan.time_of(point)
        assert self._primary is not None  # noqa: S101  for the type checker
        self._last = self._last if when is None else when
        return self._composed(self._primary, STREAM, point, data, self._last)

    def _composed(
        self, bundle: ComposeDescriptorBundle, stream: str, point: int, data: dict[str, Any], when: float
    ) -> Document:
        uid = self._made("event", stream, point)
        stamps = dict.fromkeys(data, when)
        # Its keys are those of the descriptor, which was validated; a thousand events a second cannot be.
        return "event", dict(bundle.compose_event(data=data, timestamps=stamps, time=when, uid=uid, validate=False))

    def _whole(self, scan: Measurement, point: int) -> bool:
        """Return whether a point has all its spectra."""
        if point >= scan.points or not scan.with_spectra:
            return point < scan.points
        if point + 1 < scan.points:
            return True
        here = sum(spectrum.point == point for spectrum in scan.spectra)
        first = sum(spectrum.point == 0 for spectrum in scan.spectra)
        return point > 0 and here >= first


def scan_documents(
    record: ScanRecord, instrument: Instrument, *, status: str | None = None, reason: str = ""
) -> Iterator[Document]:
    """Return the documents of a scan that is over, for callbacks of Bluesky, without a RunEngine.

    Args:
        record: of `Client.scan(…).wait()`, or of a scan that was followed.
        instrument: what the server has (`look_at`).
        status: how it ended: ``"success"``, ``"abort"`` or ``"fail"``; None for what the record says.
        reason: why, in words.

    """
    composer = Composer(instrument)
    yield from composer.documents(from_record(record), over=True)
    said = ABORT if record.aborted else SUCCESS
    yield composer.stop(said if status is None else status, reason, time=record.end)
