"""Scans as CSV, JSON and SPEC's own text."""

from __future__ import annotations

import csv
import math
from io import StringIO
from typing import TYPE_CHECKING, Final

from pycertifspec.errors import DataFileError
from pycertifspec.session import plain
from pycertifspec.simulator.datafile import formats

from .description import described, key_of, unique_labels

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pycertifspec.simulator.datafile import Scan, Spectrum

# What a reader of CSV passes over if it is told so (pandas: comment="#").
_COMMENT: Final = "# "
# What SPEC writes; a number that has more digits is written with all of them.
_USUAL: Final = ".8g"


def as_csv(scans: Sequence[Scan]) -> str:
    """Return one scan as CSV: what it was in lines with ``#``, then labels, then rows.

    Raises:
        DataFileError: there is not exactly one, or it has spectra: a table has no place for them.

    """
    if len(scans) != 1:
        raise DataFileError(f"CSV is one table: choose one scan instead of {len(scans)}, or JSON, NeXus or SPEC")
    (scan,) = scans
    if scan.spectra:
        raise DataFileError(f"scan {key_of(scan)} has spectra, for which CSV has no place: choose JSON, NeXus or SPEC")
    stream = StringIO()
    stream.write(f"{_COMMENT}scan: {key_of(scan)}\n{_COMMENT}command: {scan.command}\n{_COMMENT}date: {scan.date}\n")
    for motor, position in zip(scan.motors, scan.positions, strict=False):
        stream.write(f"{_COMMENT}motor {motor.name or motor.mnemonic}: {position!r}\n")
    for comment in scan.comments:
        stream.write(f"{_COMMENT}comment: {comment.text.strip()}\n")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(unique_labels(scan))
    writer.writerows(scan.data.tolist())
    return stream.getvalue()


def as_json(scans: Sequence[Scan]) -> str:
    """Return scans as JSON: an object whose ``scans`` have all that was read; nan and inf are texts."""
    return plain.as_json({"scans": [described(scan) for scan in scans]}, indent=1) + "\n"


def as_spec(scans: Sequence[Scan]) -> str:
    """Return scans as a SPEC data file: lines with ``#`` as they stood, numbers with all their digits."""
    return "".join(_spec_lines(scans))


def _spec_lines(scans: Sequence[Scan]) -> Iterator[str]:
    header = None
    for scan in scans:
        if scan.header is not None and scan.header is not header:
            header = scan.header
            yield from (f"{line.text}\n" for line in header.lines)
        yield "\n"
        comments = {comment.number for comment in scan.comments}
        yield from (f"{line.text}\n" for line in scan.lines if line.number not in comments)
        spectra: dict[int, list[Spectrum]] = {}
        for spectrum in scan.spectra:
            spectra.setdefault(spectrum.point, []).append(spectrum)
        for point, row in enumerate(scan.data.tolist()):
            yield from map(_spectrum, spectra.pop(point, ()))
            yield formats.row([_exact(value) for value in row])
        for left in spectra.values():
            yield from map(_spectrum, left)
        yield from (f"#C{comment.text and ' '}{comment.text}\n" for comment in scan.comments)


def _spectrum(spectrum: Spectrum) -> str:
    return formats.spectrum(spectrum.values.tolist(), spectrum.name or "A")


def _exact(value: float) -> str:
    text = format(value, _USUAL)
    return text if float(text) == value or math.isnan(value) else repr(value)
