"""Files on a disk: written point by point, followed meanwhile, by us and by others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.support.datafiles import DATE, HEADER, silx, spec2nexus

from pycertifspec.errors import DataFileError
from pycertifspec.simulator.datafile import Channels, Device, Follower, Writer, files, open_writer, read_file

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "si.dat"


def begin(writer: Writer, number: int = 1) -> None:
    writer.begin_scan(number, "ascan  th 0 1  2 1", DATE, ["Theta", "Epoch", "Detector"], positions=[1, 2, 3, 4])


def test_every_point_can_be_read_as_soon_as_it_is_written(path: Path) -> None:
    with open_writer(path) as writer, open_writer(path):
        writer.header(HEADER)
        begin(writer)
        with Follower(path) as follower:
            assert follower.look() == (range(1), False)
            for point in range(3):
                writer.row([point, point + 0.5, 100])
                assert follower.look() == (range(1), False)
                rows = [[index, index + 0.5, 100.0] for index in range(point + 1)]
                assert follower.file.scans[0].data.tolist() == rows
                assert silx(path)[0].rows == rows
                assert spec2nexus(path)[0].rows == rows
            assert follower.look() == (range(0), False)
            begin(writer, 2)
            writer.row([1, 2, 3])
            assert follower.look() == (range(2), False)
            writer.row([1, 2, 3])
            assert follower.look() == (range(1, 2), False)
            assert [scan.points for scan in follower.file.scans] == [3, 2]
            assert follower.file == read_file(path)


def test_a_file_that_was_replaced_or_cut_is_read_again(path: Path) -> None:
    path.write_text("#F a\n\n#S 1  ct\n#N 1\n#L a\n1\n2\n", encoding="utf-8")
    with Follower(path) as follower:
        follower.look()
        assert follower.file.scans[0].points == 2
        path.write_text("#F b\n\n#S 1  ct\n#N 1\n#L a\n7\n", encoding="utf-8")
        assert follower.look() == (range(1), True)
        assert follower.file.scans[0].data.tolist() == [[7]]
        other = path.with_name("other.dat")
        other.write_text("#F c\n\n#S 4  ct\n#N 1\n#L a\n1\n2\n3\n4\n5\n6\n7\n", encoding="utf-8")
        path.unlink()
        assert follower.look() == (range(0), False)
        other.rename(path)
        assert follower.look() == (range(1), True)
        assert follower.file.headers[0].name == "c"


def test_a_large_file_is_read_in_pieces(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "CHUNK", 7)
    with open_writer(path) as writer:
        writer.header(HEADER)
        begin(writer)
        writer.row([0, 1, 2])
        begin(writer, 2)
    with Follower(path) as follower:
        assert follower.look() == (range(2), False)
        assert follower.file == read_file(path)


def test_a_file_that_is_not_there_is_said_so(path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_file(path)
    with pytest.raises(FileNotFoundError):
        Follower(path)


def test_a_file_is_added_to_and_a_line_that_was_cut_is_ended_first(path: Path) -> None:
    with open_writer(path) as writer:
        writer.header(HEADER)
        begin(writer)
        writer.row([0, 1, 2])
    with path.open("a", encoding="utf-8") as file:
        file.write("1 1.5")
    with open_writer(path) as writer:
        begin(writer, 2)
        writer.row([5, 6, 7])
    found = read_file(path)
    assert [problem.text for problem in found.problems] == ["1 1.5"]
    assert found.scan(2).data.tolist() == [[5, 6, 7]]
    with open_writer(path) as writer:
        begin(writer, 3)
    assert "\n\n\n" not in path.read_text(encoding="utf-8")


def test_a_scan_that_was_interrupted_and_went_on(path: Path) -> None:
    with open_writer(path) as writer:
        writer.header(HEADER)
        begin(writer)
        writer.row([0, 1, 2])
        writer.abort_scan(DATE)
        assert read_file(path).scans[0].aborted
        writer.comment(DATE, "Refilled.")
        writer.continue_scan(DATE)
        writer.row([1, 2, 3])
        assert writer.points == 2
    (scan,) = read_file(path).scans
    assert (scan.points, scan.aborted) == (2, False)
    assert scan.comments[0].text == f"{DATE}.  Scan aborted after 1 points."
    assert read_file(path).problems == ()


def test_a_scan_may_have_motors_spectra_and_lines_of_its_own(path: Path) -> None:
    with open_writer(path) as writer:
        writer.begin_scan(
            7,
            "loopscan 1 1",
            DATE,
            ["Time"],
            motors=[Device("Mono"), Device("Gap")],
            positions=[1, 2],
            channels=Channels(2, 10, 11, 1),
            extra="#U my own\n",
        )
        writer.row([0.5])
        writer.spectrum([3, 4])
        writer.lines("#R done\n")
    file = read_file(path)
    assert file.problems == ()
    (scan,) = file.scans
    assert (scan.motors, scan.position("Gap"), scan.channels) == ((Device("Mono"), Device("Gap")), 2.0, (2, 10, 11, 1))
    assert [(one.point, one.values.tolist()) for one in scan.spectra] == [(0, [3, 4])]
    assert [line.text for line in scan.lines][-1] == "#R done"
    assert "#U my own" in [line.text for line in scan.lines]


def test_what_cannot_be_written_leaves_the_file_as_it_was(path: Path) -> None:
    with open_writer(path) as writer:
        with pytest.raises(DataFileError, match="cannot write a row: no scan was begun"):
            writer.row([1])
        with pytest.raises(DataFileError, match="cannot write a spectrum: no scan was begun"):
            writer.spectrum([1])
        for end in (writer.abort_scan, writer.continue_scan):
            with pytest.raises(DataFileError, match="no scan was begun"):
                end(DATE)
        writer.header(HEADER)
        begin(writer)
        before = path.read_bytes()
        with pytest.raises(DataFileError, match="2 values for 3 labels"):
            writer.row([1, 2])
        with pytest.raises(DataFileError, match="'x' is no number"):
            writer.row([1, "x", 3])  # type: ignore[list-item]
        with pytest.raises(DataFileError, match="more than one line"):
            writer.begin_scan(2, "a\nb", DATE, ["a"])
        assert path.read_bytes() == before
        assert writer.points == 0
