"""Scans as files of other kinds: nothing that was read is lost."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycertifspec.errors import DataFileError, LocalProtocolError
from pycertifspec.saving import FORMS, form_of, recorded_scan, save, unique_labels
from pycertifspec.saving.text import as_spec
from pycertifspec.session.scan_columns import unique
from pycertifspec.simulator.datafile import Device, Preset, Reader, read_file

if TYPE_CHECKING:
    from pathlib import Path

    from pycertifspec.simulator.datafile import DataFile, Scan

TEXT = """\
#F run7
#E 1700000000
#D Tue Nov 14 22:13:20 2023
#C fourc  User = anna
#O0 Two Theta  Theta
#o0 tth th

#S 12  ascan  th 0 1 2 0.1
#D Tue Nov 14 22:14:20 2023
#T 0.1  (Seconds)
#G0 0 1
#Q 1 0 0
#P0 60 30
#UX temperature 20.5
#@MCA %16C
#@CHANN 4 0 3 1
#N 3
#L Theta  Detector  Detector
@A 1 2 3 4
0 1e-3 1
@A 5 6 7 8
0.123456789012 nan inf
@A 9 10 11 12
@B 7
#C Tue Nov 14 22:15:20 2023.  Scan aborted after 2 points.

#S 12  mesh
#D not a date
#M 1000  (Monitor)
#N 1
#L x
5 6
"""


def parse(text: str) -> DataFile:
    reader = Reader()
    reader.feed(text.encode())
    reader.finish()
    return reader.file


SCANS = parse(TEXT).scans


def same(one: Scan, other: Scan) -> bool:
    """Whether two scans say the same, wherever their lines stand."""
    spectra = [[(s.name, s.point, s.raw) for s in scan.spectra] for scan in (one, other)]
    lines = [[line.text for line in scan.lines] for scan in (one, other)]
    attributes = ("number", "order", "command", "date", "preset", "geometry", "q", "motors", "positions", "labels")
    return (
        all(getattr(one, name) == getattr(other, name) for name in attributes)
        and np.array_equal(one.data, other.data, equal_nan=True)
        and spectra[0] == spectra[1]
        and sorted(lines[0]) == sorted(lines[1])
        and one.aborted == other.aborted
    )


def test_spec_keeps_everything_to_the_last_digit() -> None:
    again = parse(as_spec(SCANS))
    assert all(map(same, again.scans, SCANS))
    assert [line.text for line in again.headers[0].lines] == TEXT.splitlines()[:6]


def test_json_has_everything_and_is_json(tmp_path: Path) -> None:
    save(SCANS, tmp_path / "a.json")
    first, second = json.loads((tmp_path / "a.json").read_text(), parse_constant=pytest.fail)["scans"]
    assert (first["scan"], second["scan"]) == ("12", "12.2")
    assert first["labels"] == ["Theta", "Detector", "Detector_2"]
    assert first["data"] == [[0.0, 0.001, 1.0], [0.123456789012, "nan", "inf"]]
    assert first["motors"][1] == {"name": "Theta", "mnemonic": "th", "position": 30.0}
    assert next(spectrum["values"] for spectrum in first["spectra"]) == [1.0, 2.0, 3.0, 4.0]
    assert "#UX temperature 20.5" in first["lines"]
    assert second["labels"] == ["x", "column_2"]
    assert second["preset"] == {"value": 1000.0, "counter": "Monitor", "monitor": True}


def test_nexus_can_be_plotted_and_has_everything(tmp_path: Path) -> None:
    save(SCANS, tmp_path / "a.nxs")
    with h5py.File(tmp_path / "a.nxs") as file:
        entry = file[file.attrs["default"]]
        assert entry.attrs["NX_class"] == "NXentry"
        data = entry[entry.attrs["default"]]
        assert (data.attrs["signal"], list(data.attrs["axes"])) == ("Detector_2", ["Theta"])
        assert data["Theta"][1] == 0.123456789012
        assert np.isnan(data["Detector"][1])
        assert data["mca_A"][()].tolist()[:2] == [[1, 2, 3, 4], [5, 6, 7, 8]]
        assert data["mca_B"].shape[1] == 1
        assert entry["start_time"][()].decode() == "2023-11-14T22:14:20"
        assert entry["title"][()].decode() == "ascan  th 0 1 2 0.1"
        assert entry["user/name"][()].decode() == "anna"
        assert entry["instrument/th/value"][()] == 30
        assert entry["monitor/preset"][()] == 0.1
        assert b"#UX temperature 20.5" in entry["spec/lines"][()]
        assert entry["spec/aborted"][()]
        assert entry["spec/Q"][()].tolist() == [1, 0, 0]
        other = file["scan_12_2"]
        assert "start_time" not in other
        assert other["monitor/mode"][()] == b"monitor"


def test_csv_is_one_table(tmp_path: Path) -> None:
    save(SCANS[1:], tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text() == (
        "# scan: 12.2\n# command: mesh\n# date: not a date\nx,column_2\n5.0,6.0\n"
    )
    for scans, reason in ((SCANS, "choose one scan instead of 2"), (SCANS[:1], "has spectra")):
        with pytest.raises(DataFileError, match=reason):
            save(scans, tmp_path / "b.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_a_file_that_is_there_is_replaced_only_if_that_is_wanted(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("precious")
    with pytest.raises(FileExistsError, match="is there already"):
        save(SCANS[1:], path)
    with pytest.raises(DataFileError):
        save(SCANS, path, replace=True)
    assert path.read_text() == "precious"
    save(SCANS[1:], path, replace=True)
    assert path.read_text().endswith("5.0,6.0\n")
    assert list(tmp_path.iterdir()) == [path]


def test_the_kind_of_file_is_told_by_its_name_or_named(tmp_path: Path) -> None:
    assert [form_of(tmp_path / name) for name in ("a.CSV", "a.h5", "a.dat")] == ["csv", "nexus", "spec"]
    assert form_of(tmp_path / "a", "json") == "json"
    with pytest.raises(LocalProtocolError, match="name the form: csv, json, nexus, spec"):
        form_of(tmp_path / "a.xlsx")
    assert FORMS == ("csv", "json", "nexus", "spec")


ROWS = st.lists(st.tuples(st.floats(), st.floats(), st.floats(0, 1e9)), max_size=5)


@given(ROWS)
def test_a_scan_that_was_measured_is_saved_as_one_that_was_read(rows: list[tuple[float, ...]]) -> None:
    scan = recorded_scan(
        "ascan  th 0 1 2 0.1",
        ["Theta", "Epoch", "Two Theta"],
        rows,
        number=7,
        started=1_700_000_000,
        preset=Preset(0.1, "Seconds", monitor=False),
        motors=[Device("Theta", "th")],
        positions=[30.5],
        q=[1, 0, 0],
        geometry={0: [0, 1]},
        comments=["a remark"],
        aborted=True,
        user="anna",
    )
    assert (scan.number, scan.command, scan.position("th"), scan.aborted, scan.points) == (
        7, "ascan  th 0 1 2 0.1", 30.5, True, len(rows)
    )  # fmt: skip
    assert np.array_equal(scan.data, np.array(rows).reshape(-1, 3), equal_nan=True)
    (again,) = parse(as_spec([scan])).scans
    assert same(again, scan)


def test_a_measured_row_has_a_value_for_each_label() -> None:
    with pytest.raises(DataFileError, match="2 values for 1 labels"):
        recorded_scan("ct", ["a"], [(1, 2)])


@given(st.lists(st.sampled_from(["a", "a_2", "b", "a_3"]), max_size=8))
def test_names_that_were_made_unique_are(names: list[str]) -> None:
    found = unique(names)
    assert len(set(found)) == len(found) == len(names)
    assert all(one == other or one.startswith(other + "_") for one, other in zip(found, names, strict=True))


def test_scans_without_rows_labels_or_header_are_saved_too(tmp_path: Path) -> None:
    scans = parse("#S 1  ct\n\n#S 2  empty\n#N 2\n#L a  b\n\n#S 3 odd\n#L Theta  2-Theta/deg  ???\n1 2 3\n").scans
    for form in ("json", "nexus", "spec"):
        save(scans, tmp_path / form, form)
    assert len(read_file(tmp_path / "spec").scans) == 3
    with h5py.File(tmp_path / "nexus") as file:
        assert list(file["scan_3/data"]) == ["2_Theta_deg", "Theta", "column"]
        assert file["scan_2/data/a"].shape == (0,)
    assert unique_labels(scans[0]) == []


def test_two_scans_of_one_name_cannot_be_in_one_nexus_file(tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match="scan_12 is there twice"):
        save([SCANS[0], SCANS[0]], tmp_path / "a.h5")
    assert list(tmp_path.iterdir()) == []


def test_positions_are_exact_whatever_spec_rounds() -> None:
    value = math.pi
    scan: Any = recorded_scan("ct", ["a"], [(value,)])
    assert scan.data[0, 0] == value
