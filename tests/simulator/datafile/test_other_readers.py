"""Where readers differ: each line of the table in docs/reference/data-files.md is a test here."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import spec2nexus as spec2nexus_package
from tests.support.datafiles import DATE, read, silx, spec2nexus

from pycertifspec.simulator.datafile import read_file

from .test_formats import EXAMPLE
from .test_reader import HEAD, scan

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.datafiles import Theirs

# As SPEC writes it; without #C and #D spec2nexus takes a header for none.
FULL = HEAD.replace("#O0", f"#D {DATE}\n#C fourc  User = ann\n#O0")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "si.dat"


def each(path: Path, text: str) -> tuple[list[list[float]], list[list[float]], list[list[float]]]:
    """The rows of the first scan, as we, silx and spec2nexus read them."""
    path.write_text(text, encoding="utf-8", newline="")
    return read(text).scans[0].data.tolist(), silx(path)[0].rows, spec2nexus(path)[0].rows


def test_all_agree_on_the_worked_example(path: Path) -> None:
    ours, theirs, others = each(path, EXAMPLE)
    assert ours == theirs == others
    assert len(ours) == 5
    found: Callable[[list[Theirs]], dict[str, float]] = lambda scans: scans[0].positions  # noqa: E731
    assert (
        found(silx(path)) == found(spec2nexus(path)) == {"Two Theta": 43.2163, "Theta": 21.6082, "Chi": -90, "Phi": 0}
    )


def test_silx_takes_nan_at_the_beginning_of_a_row_for_zero_and_drops_rows_that_have_it_later(path: Path) -> None:
    ours, theirs, others = each(path, FULL + scan("1 2\nnan 3\n4 nan\n5 inf\n-inf 6\n7 8\n"))
    np.testing.assert_array_equal(ours, [[1, 2], [np.nan, 3], [4, np.nan], [5, np.inf], [-np.inf, 6], [7, 8]])
    np.testing.assert_array_equal(others, ours)
    assert theirs == [[1, 2], [0, 3], [0, 6], [7, 8]]


def test_silx_drops_a_last_line_without_its_end(path: Path) -> None:
    ours, theirs, others = each(path, FULL + scan("1 2\n3 4"))
    assert ours == others == [[1, 2], [3, 4]]
    assert theirs == [[1, 2]]


def test_both_drop_rows_that_are_too_short(path: Path) -> None:
    ours, theirs, others = each(path, FULL + scan("1 2\n3\n5 6\n"))
    np.testing.assert_array_equal(ours, [[1, 2], [3, np.nan], [5, 6]])
    assert theirs == others == [[1, 2], [5, 6]]


def test_spec2nexus_drops_the_data_of_a_scan_with_one_column(path: Path) -> None:
    ours, theirs, others = each(path, FULL + scan("1\n2\n", labels="Theta", columns=1))
    assert ours == theirs == [[1], [2]]
    assert others == []


def test_silx_takes_the_number_of_a_detector_for_a_channel(path: Path) -> None:
    text = FULL + scan("@A1 5 6\n1 2\n", extra="#@CHANN 2 0 1 1\n")
    path.write_text(text, encoding="utf-8")
    assert spec2nexus(path, spectra="mca1")[0].spectra == [[5, 6]]
    assert read(text).scans[0].spectra[0].values.tolist() == [5, 6]
    assert silx(path)[0].spectra == [[1, 5, 6]]


def test_neither_reads_nan_in_a_spectrum(path: Path) -> None:
    text = FULL + scan("@A 5 nan 6\n1 2\n", extra="#@MCA %25C\n#@CHANN 3 0 2 1\n")
    path.write_text(text, encoding="utf-8")
    np.testing.assert_array_equal(read(text).scans[0].spectra[0].values, [5, np.nan, 6])
    assert silx(path)[0].spectra == [[5, 6]]
    with pytest.raises(ValueError, match=r"invalid literal for int\(\)"):
        spec2nexus(path)


def test_silx_keeps_the_carriage_return_of_windows_in_the_last_label(path: Path) -> None:
    text = (FULL + scan("1 2\n")).replace("\n", "\r\n")
    ours, theirs, others = each(path, text)
    assert ours == theirs == others == [[1, 2]]
    assert read(text).scans[0].labels == ("Theta", "Detector")
    assert silx(path)[0].labels == ["Theta", "Detector\r"]
    assert spec2nexus(path)[0].labels == ["Theta", "Detector"]


def test_silx_joins_the_last_name_of_a_full_line_if_its_last_word_has_one_character(path: Path) -> None:
    names = "  ".join(["th"] * 7 + ["Motor 7"])
    text = scan("1 2\n").replace("#P0 1.5 -2 ", "#P0 1 2 3 4 5 6 7 8")
    path.write_text(f"#F a\n#E 1\n#D {DATE}\n#C fourc  User = ann\n#O0 {names}\n{text}", encoding="utf-8")
    assert read_file(path).scans[0].position("Motor 7") == spec2nexus(path)[0].positions["Motor 7"] == 8
    assert "Motor7" in silx(path)[0].positions


def test_spec2nexus_renames_a_column_whose_label_is_there_already(path: Path) -> None:
    text = FULL + scan("1 2\n", labels="A  A")
    path.write_text(text, encoding="utf-8")
    assert list(read(text).scans[0].labels) == silx(path)[0].labels == ["A", "A"]
    assert spec2nexus(path)[0].labels == ["A", "A_1"]


def test_names_with_single_blanks_between_them_are_told_apart_here_alone(path: Path) -> None:
    head = FULL.replace("Two Theta  Theta  ", "TwoTheta Theta").replace("#o0 tth th \n", "")
    text = head + scan("1 2\n", labels="Theta Detector")
    path.write_text(text, encoding="utf-8")
    (ours,) = read(text).scans
    assert (ours.labels, ours.position("TwoTheta"), ours.position("Theta")) == (("Theta", "Detector"), 1.5, -2)
    assert silx(path)[0].labels == ["Theta Detector"]
    assert spec2nexus(path)[0].labels == ["Theta", "Detector"]
    assert list(silx(path)[0].positions) == list(spec2nexus(path)[0].positions) == ["TwoTheta Theta"]


def test_silx_gives_the_names_of_a_header_that_begins_with_its_epoch_to_the_scan_before_it_alone() -> None:
    path = REAL / "lmn40.spe"  # scan 8 is the first below such a header
    found = [next(one for one in read(path) if one.number == 8).positions for read in (silx, spec2nexus)]
    assert read_file(path).scan(8).motors[0].name == next(iter(found[1])) == "Two Theta"
    assert next(iter(found[0])) == "Kohzu_th"  # of the first header


# ---- files of real instruments, which come with spec2nexus ----

REAL = Path(os.fspath(spec2nexus_package.__file__)).parent / "data"
# In what silx and we differ, with the reason.
GLUED = {"rows"}  # the end of a row is missing, and a comment stands in its place
NAN = {"rows"}
BLANKS = WINDOWS = {"labels", "positions"}  # names with single blanks between them, carriage returns
SECOND = {"positions"}  # a second header that begins with #E; silx gives its names to another scan
NUMBER = {"spectra"}  # @A1 ... @A4
NOTHING: set[str] = set()
FILES = {
    "02_03_setup.dat": (50, 11, NOTHING),
    "33bm_spec.dat": (17, 0, NOTHING),
    "33id_spec.dat": (106, 0, NOTHING),
    "APS_spec_data.dat": (20, 0, NOTHING),
    "CdOsO": (74, 0, NOTHING),
    "CdSe": (102, 3, GLUED),
    "YSZ011_ALDITO_Fe2O3_planar_fired_1.spc": (37, 0, NOTHING),
    "lmn40.spe": (262, 0, SECOND),
    "mca_spectra_example.dat": (2, 0, NUMBER),
    "spec_from_spock.spc": (171, 0, NAN),
    "twoc.dat": (3, 0, WINDOWS),
    "user6idd.dat": (2, 0, BLANKS),
}


@pytest.mark.parametrize("name", FILES)
def test_files_of_real_instruments_are_read_and_silx_agrees_but_for_what_is_known(name: str) -> None:
    count, problems, difference = FILES[name]
    file = read_file(REAL / name)
    theirs = silx(REAL / name)
    assert (len(file.scans), len(file.problems)) == (count, problems)
    assert [one.number for one in theirs] == [one.number for one in file.scans]
    found = set()
    for ours, other in zip(file.scans, theirs, strict=True):
        names = [device.name for device in ours.motors[: len(ours.positions)]]
        same = {
            "labels": list(ours.labels) == other.labels,
            "positions": dict(zip(names, ours.positions, strict=True)) == other.positions,
            "rows": np.array_equal(ours.data.reshape(-1), np.reshape(other.rows, -1)),
            "spectra": [one.values.tolist() for one in ours.spectra] == other.spectra,
        }
        found |= {what for what, agrees in same.items() if not agrees}
    assert found == difference
