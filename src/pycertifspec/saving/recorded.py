"""A scan that was measured rather than read from a file, as the value that the files of all kinds are made of."""

from __future__ import annotations

from array import array
from dataclasses import replace
from io import StringIO
from typing import TYPE_CHECKING

from pycertifspec.errors import DataFileError
from pycertifspec.simulator.datafile import FileHeader, Reader, Writer
from pycertifspec.simulator.datafile.formats import date_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pycertifspec.simulator.datafile import Device, Preset, Scan


def recorded_scan(
    command: str,
    labels: Sequence[str],
    rows: Iterable[Sequence[float]],
    *,
    number: int = 1,
    started: float = 0.0,
    preset: Preset | None = None,
    motors: Sequence[Device] = (),
    positions: Sequence[float] = (),
    geometry: Mapping[int, Iterable[float]] | None = None,
    q: Iterable[float] = (),
    comments: Iterable[str] = (),
    aborted: bool = False,
    name: str = "",
    title: str = "pycertifspec",
    user: str = "",
) -> Scan:
    """Return a scan as a file would have it, every number as it was measured.

    Args:
        command: as it was given.
        labels: of the columns.
        rows: a number for each label.
        number: of the scan.
        started: seconds since 1970; a column Epoch counts from here.
        preset: to what was counted.
        motors: names and mnemonics, in SPEC's order.
        positions: of the motors before the scan, in user units.
        geometry: numbers of the ``#G`` lines, by the line's number.
        q: h, k and l before the scan.
        comments: of which each is one line.
        aborted: whether the scan was interrupted.
        name: of the file that the scan belongs to.
        title: of the program that measured.
        user: who measured.

    Raises:
        DataFileError: a text has more than one line, a label would be read as two, or a row is too long or too short.

    """
    stream = StringIO()
    date = date_text(started)
    writer = Writer(stream)
    writer.header(FileHeader(name or "none", started, date, title, user))
    writer.begin_scan(
        number, command, date, labels, preset=preset, geometry=geometry, q=q, motors=motors, positions=positions
    )
    values = array("d")
    for row in rows:
        if len(row) != len(labels):
            raise DataFileError(f"cannot keep a row: {len(row)} values for {len(labels)} labels")
        writer.row(row)
        values.extend(map(float, row))
    for comment in comments:
        writer.comment(date, comment)
    if aborted:
        writer.abort_scan(date)
    reader = Reader()
    reader.feed(stream.getvalue().encode())
    reader.finish()
    return replace(reader.file.scans[0], raw=values.tobytes())  # the text has eight digits
