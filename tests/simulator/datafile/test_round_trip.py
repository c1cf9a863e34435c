"""What is written is read back: by our reader, by silx and by spec2nexus, number by number."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.datafiles import (
    ANY_NUMBER,
    DATE,
    FINITE,
    Given,
    Theirs,
    as_written,
    headers,
    read,
    rows_as_written,
    same,
    scans,
    silx,
    spec2nexus,
    write,
)

if TYPE_CHECKING:
    from pycertifspec.simulator.datafile import FileHeader

COUNTS = st.integers(0, 10**7).map(float)


def files(numbers: Any, channels: Any, least_columns: int = 1) -> Any:
    return headers().flatmap(lambda header: st.tuples(st.just(header), scans(header, numbers, channels, least_columns)))


def text_of(header: FileHeader, given_scans: list[Given]) -> str:
    stream = io.StringIO()
    write(stream, header, given_scans)
    return stream.getvalue()


def orders(given_scans: list[Given]) -> list[int]:
    numbers = [scan.number for scan in given_scans]
    return [numbers[: index + 1].count(number) for index, number in enumerate(numbers)]


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(files(ANY_NUMBER, ANY_NUMBER))
def test_our_reader_reads_back_what_was_written(made: tuple[FileHeader, list[Given]]) -> None:
    header, given_scans = made
    file = read(text_of(header, given_scans))
    assert file.problems == ()
    (found_header,) = file.headers
    assert found_header.motors == header.motors
    assert found_header.counters == header.counters
    assert (found_header.name, found_header.epoch, found_header.date) == (header.name, header.epoch, header.date)
    assert (found_header.title, found_header.user) == (header.title, header.user)
    assert [scan.order for scan in file.scans] == orders(given_scans)
    for wanted, scan in zip(given_scans, file.scans, strict=True):
        assert (scan.number, scan.command, scan.date) == (wanted.number, wanted.command, DATE)
        assert (scan.labels, scan.preset, scan.aborted) == (wanted.labels, wanted.preset, wanted.aborted)
        assert scan.motors == header.motors
        assert scan.positions == tuple(map(as_written, wanted.positions))
        np.testing.assert_array_equal(scan.data, rows_as_written(wanted))
        assert scan.points == len(wanted.rows)
        assert [spectrum.point for spectrum in scan.spectra] == list(range(len(wanted.spectra)))
        for channels, spectrum in zip(wanted.spectra, scan.spectra, strict=True):
            np.testing.assert_array_equal(spectrum.values, list(map(as_written, channels)))


def _read_by(reader: Any, header: FileHeader, given_scans: list[Given]) -> list[Theirs]:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "si.dat"
        path.write_text(text_of(header, given_scans), encoding="utf-8")
        found: list[Theirs] = reader(path)
        return found


def _agrees(header: FileHeader, wanted: Given, theirs: Theirs) -> None:
    assert theirs.number == wanted.number
    assert theirs.labels == list(wanted.labels)
    expected = rows_as_written(wanted)
    assert len(theirs.rows) == len(expected)
    assert all(
        same(a, b) for mine, other in zip(expected, theirs.rows, strict=True) for a, b in zip(mine, other, strict=True)
    )
    names = [motor.name for motor in header.motors]
    assert theirs.positions == dict(zip(names, map(as_written, wanted.positions), strict=True))
    assert theirs.spectra == [list(map(as_written, channels)) for channels in wanted.spectra]


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=60)
@given(files(FINITE, FINITE))
def test_silx_reads_finite_numbers_as_they_were_written(made: tuple[FileHeader, list[Given]]) -> None:
    header, given_scans = made
    found = _read_by(silx, header, given_scans)
    for wanted, theirs in zip(given_scans, found, strict=True):
        _agrees(header, wanted, theirs)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=60)
@given(files(ANY_NUMBER, COUNTS, 2))
def test_spec2nexus_reads_two_columns_and_more_as_they_were_written(made: tuple[FileHeader, list[Given]]) -> None:
    header, given_scans = made
    if not given_scans:
        return
    found = _read_by(spec2nexus, header, given_scans)
    for wanted, theirs in zip(given_scans, found, strict=True):
        _agrees(header, wanted, theirs)
