"""`newfile` and what it does with files that are there: data files, foreign ones, those that were cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.support.typed import Typed

from pycertifspec.simulator.datafile import read_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def keys() -> list[str]:
    return []


@pytest.fixture
def spec(tmp_path: Path, keys: list[str]) -> Iterator[Typed]:
    typed = Typed(tmp_path, keys)
    yield typed
    typed.beamline.close()


QUESTION = '"notes.txt" is no SPEC data file.  Add to it (NO)? '


@pytest.mark.parametrize("answers", [[], [""], ["no"]])
def test_a_file_that_is_no_data_file_is_left_alone(
    spec: Typed, keys: list[str], tmp_path: Path, answers: list[str]
) -> None:
    (tmp_path / "notes.txt").write_text("my notes\n")
    spec("newfile first")
    keys += answers

    shown = spec("newfile notes.txt")

    assert shown == f'{QUESTION}Not using "notes.txt".  Still using "first".\n'
    assert (tmp_path / "notes.txt").read_text() == "my notes\n"
    spec("ct 1; ascan th 30 31 2 1")
    assert len(read_file(tmp_path / "first").scans) == 1


@pytest.mark.parametrize(
    "text",
    [
        "# ID @(#)getinfo.c 6.6\n# Motor    cntrl steps\nMOT000 = NONE 2000 1 2000 200 50 125 0 0x003 mx Mirror X\n",
        "#Energy profile\n#Shutter macros\ndef open 'p 1'\n",
        "1 2\n3 4\n",
    ],
)
def test_lines_that_begin_as_those_of_data_files_do_make_none(spec: Typed, tmp_path: Path, text: str) -> None:
    (tmp_path / "notes.txt").write_text(text)
    assert "is no SPEC data file" in spec("newfile notes.txt")
    assert (tmp_path / "notes.txt").read_text() == text


@pytest.mark.parametrize("text", ["#S 12  ascan  th 0 1 2 1\n#N 1\n#L th\n1\n", "#F old\n", "#E 1740993300\n#D now\n"])
def test_old_data_files_may_have_no_head_or_no_scan(spec: Typed, tmp_path: Path, text: str) -> None:
    (tmp_path / "old").write_text(text)
    assert spec("newfile old") == f'Using "old".  Next scan is number {13 if "#S" in text else 1}.\n'


def test_it_is_added_to_when_somebody_says_so(spec: Typed, keys: list[str], tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("my notes, cut")
    keys.append("yes")

    assert spec("newfile notes.txt") == f'{QUESTION}Using "notes.txt".  Next scan is number 1.\n'

    assert (tmp_path / "notes.txt").read_text().startswith("my notes, cut\n\n#F notes.txt\n#E ")


@pytest.mark.parametrize("text", ["", "\n"])
def test_an_empty_file_is_a_new_one(spec: Typed, tmp_path: Path, text: str) -> None:
    (tmp_path / "data").write_text(text)
    assert spec("newfile data") == 'Using "data".  Next scan is number 1.\n'
    assert "#F data\n" in (tmp_path / "data").read_text()


def test_a_file_without_scans_is_a_data_file(spec: Typed, tmp_path: Path) -> None:
    spec("newfile data; newfile other")
    assert spec("newfile data") == 'Using "data".  Next scan is number 1.\n'
    assert (tmp_path / "data").read_text().count("#F") == 1


def test_what_cannot_be_read_is_not_used(spec: Typed, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    assert "Cannot read folder" in spec("newfile folder")


def test_after_a_line_that_was_cut_an_empty_line_comes_before_the_next_scan(spec: Typed, tmp_path: Path) -> None:
    spec("newfile data; ascan th 30 31 2 1")
    path = tmp_path / "data"
    path.write_text(path.read_text()[:-4])  # cut behind SPEC's back, as by a full disk

    spec("ascan th 30 31 2 1")
    path.write_text(path.read_text()[:-4])
    spec("newfile other; newfile data; comment here; ascan th 30 31 2 1")

    text = path.read_text()
    assert text.count("\n\n#S ") == 3
    assert "\n#C " in text.split("#S 2")[1]
    scans = read_file(path).scans
    assert [scan.number for scan in scans] == [1, 2, 3]
    assert [len(scan.data) for scan in scans] == [3, 3, 3]
