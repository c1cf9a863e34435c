"""A scan that a client has seen, as the value that the files of all kinds are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .recorded import recorded_scan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pycertifspec.session.scan_record import ScanRecord
    from pycertifspec.simulator.datafile import Device, Scan


def measured_scan(record: ScanRecord, *, motors: Sequence[Device] = (), positions: Sequence[float] = ()) -> Scan:
    """Return a scan as a file would have it, every number as SPEC has shown it.

    Args:
        record: the scan.
        motors: names and mnemonics, in SPEC's order.
        positions: of the motors before the scan, in user units.

    Raises:
        DataFileError: it cannot be written.

    """
    started = record.start
    if started is None:  # it was met under way
        started = record.points[0].time if record.points else 0.0
    return recorded_scan(
        record.command,
        record.columns,
        [list(point.values.values()) for point in record.points],
        number=record.number or 0,
        started=started,
        aborted=record.aborted or record.end is None,
        name=record.file or "",
        title=record.title or "pycertifspec",
        user=record.user,
        motors=motors,
        positions=positions,
    )
