"""The reader loses nothing silently: whatever it does not understand is said with the line's number."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.datafiles import DATE, read

from pycertifspec.errors import DataFileError
from pycertifspec.simulator.datafile import Channels, Device, Preset, Problem, Reader, reader

from .test_formats import EXAMPLE

HEAD = "#F si.dat\n#E 1740993300\n#O0 Two Theta  Theta  \n#o0 tth th \n"


def scan(rows: str, number: int = 1, *, extra: str = "", labels: str = "Theta  Detector", columns: int = 2) -> str:
    return f"\n#S {number}  ascan  th 0 1  1 1\n#D {DATE}\n#P0 1.5 -2 \n{extra}#N {columns}\n#L {labels}\n{rows}"


def problems(text: str | bytes) -> list[tuple[int, str]]:
    return [(problem.line, problem.reason) for problem in read(text).problems]


def test_the_worked_example_is_understood_in_all_its_parts() -> None:
    file = read(EXAMPLE)
    assert file.problems == ()
    (header,) = file.headers
    assert (header.name, header.epoch, header.title, header.user) == ("si.dat", 1740993300, "fourc", "ann")
    assert header.motors == (
        Device("Two Theta", "tth"),
        Device("Theta", "th"),
        Device("Chi", "chi"),
        Device("Phi", "phi"),
    )
    assert header.counters[2] == Device("Detector", "det")
    (found,) = file.scans
    assert (found.number, found.order, found.command) == (1, 1, "ascan  th 21.5082 21.7082  4 1")
    assert (found.date, found.header, found.preset) == (DATE, header, Preset(1.0, "Seconds", False))
    assert found.q == (0.0, -3.49066e-06, 4.00001)
    assert list(found.geometry[3]) == [1.156911307, 0, 0, 0, -1.156911307, 0, 0, 0, -1.156911307]
    assert sorted(found.geometry) == [0, 1, 3, 4]
    assert (found.position("chi"), found.position("Two Theta")) == (-90.0, 43.2163)
    assert found.labels == ("Theta", "H", "K", "L", "Epoch", "Seconds", "Monitor", "Detector")
    assert (found.points, found.columns, found.data.shape) == (5, 8, (5, 8))
    assert found.column("Detector").tolist() == [49, 2455, 9812, 2455, 49]
    assert not found.aborted
    assert (found.line, found.last_line) == (10, 25)
    assert found.lines[0].text == "#S 1  ascan  th 21.5082 21.7082  4 1"


def test_what_was_read_cannot_be_changed() -> None:
    (found,) = read(EXAMPLE).scans
    with pytest.raises(ValueError, match="read-only"):
        found.data[0, 0] = 1
    with pytest.raises(AttributeError):
        found.number = 2  # type: ignore[misc]


def test_numpy_is_not_imported_before_an_array_is_asked_for() -> None:
    code = (
        "import sys; from pycertifspec.simulator.datafile import Reader; r = Reader();"
        "r.feed(b'#S 1  ascan\\n#N 1\\n#L a\\n1\\n2\\n'); s = r.file.scans[0]; print(s.points, 'numpy' in sys.modules);"
        "s.data; print('numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == ["2", "False", "True"]


@given(st.lists(st.integers(0, len(EXAMPLE) * 2), max_size=8))
def test_any_cut_of_a_file_gives_the_same_scans(cuts: list[int]) -> None:
    rows = "@A 1 2\\\n 3\n1 2\nnan 3\n"
    second = scan(rows, 2, extra="#@CHANN 3 0 2 1\n").replace("#P0 1.5 -2 \n", "#P0 1 2 3 4 \n")
    data = (EXAMPLE + second + f"#C {DATE}.  Scan aborted after 2 points.\n").encode()
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    machine = Reader()
    for begin, end in pairwise(edges):
        machine.feed(data[begin:end])
    machine.finish()
    assert machine.file == read(data)
    assert machine.file.problems == ()


@given(st.binary(max_size=300) | st.text("#SNLFEOP@AC\\ \n019.-ainf", max_size=300).map(str.encode))
def test_any_bytes_are_read_or_said_to_be_no_data_file(data: bytes) -> None:
    file = read(data)
    for found in file.scans:
        assert found.data.shape == (found.points, found.columns)


def test_nan_and_infinity_are_numbers_also_at_the_beginning_of_a_row() -> None:
    file = read(HEAD + scan("nan inf\n-inf -nan\n1 NaN\n"))
    assert file.problems == ()
    np.testing.assert_array_equal(file.scans[0].data, [[np.nan, np.inf], [-np.inf, np.nan], [1, np.nan]])


def test_a_scan_without_a_point_is_a_scan() -> None:
    file = read(HEAD + scan("") + scan(f"#C {DATE}.  Scan aborted after 0 points.\n", 2))
    assert [(found.points, found.columns, found.aborted) for found in file.scans] == [(0, 2, False), (0, 2, True)]
    assert file.scans[0].data.shape == (0, 2)
    assert file.problems == ()


def test_an_aborted_scan_that_went_on_is_whole() -> None:
    aborted, continued = f"#C {DATE}.  Scan aborted after 1 points.\n", f"#C {DATE}.  Scan continued.\n"
    assert read(HEAD + scan("1 2\n" + aborted)).scans[0].aborted
    assert not read(HEAD + scan("1 2\n" + aborted + continued)).scans[0].aborted
    went_on = read(HEAD + scan("1 2\n" + aborted + continued + "3 4\n")).scans[0]
    assert (went_on.aborted, went_on.points) == (False, 2)
    assert [comment.text for comment in went_on.comments] == [
        f"{DATE}.  Scan aborted after 1 points.",
        f"{DATE}.  Scan continued.",
    ]
    # A scan program of a site may say it in other words: rows are proof.
    assert not read(HEAD + scan("1 2\n" + aborted + "3 4\n")).scans[0].aborted


def test_rows_that_are_missing_before_the_end_of_an_aborted_scan_are_said() -> None:
    assert problems(HEAD + scan(f"1 2\n#C {DATE}.  Scan aborted after 3 points.\n")) == [(12, "1 rows were read")]
    assert problems(HEAD + scan(f"1 2\n3 4\n#C {DATE}.  Scan aborted after 1 points.\n")) == []


def test_a_last_line_without_its_end_is_read_and_said_to_be_cut_perhaps() -> None:
    file = read(HEAD + scan("1 2\n3 45"))
    assert file.scans[0].data.tolist() == [[1, 2], [3, 45]]
    assert file.problems == (Problem(12, "3 45", "the file ends within this line: it may be cut"),)
    assert str(file.problems[0]) == "line 12: the file ends within this line: it may be cut: '3 45'"


def test_a_last_line_does_not_count_while_the_file_grows() -> None:
    machine = Reader()
    assert machine.feed((HEAD + scan("1 2\n3 4")).encode()) == range(1)
    assert machine.file.scans[0].points == 1
    assert machine.feed(b"5") == range(0)
    assert machine.feed(b"\n") == range(1)
    assert machine.file.scans[0].data.tolist() == [[1, 2], [3, 45]]
    assert machine.feed(scan("5 6\n", 2).encode()) == range(2)
    assert machine.feed(b"7 8\n") == range(1, 2)
    assert machine.finish() == range(1, 2)
    assert machine.file.problems == ()


def test_scans_with_the_same_number_are_told_apart_by_their_order() -> None:
    file = read(HEAD + scan("1 2\n", 5) + scan("3 4\n", 6) + scan("5 6\n", 5))
    assert [(found.number, found.order) for found in file.scans] == [(5, 1), (6, 1), (5, 2)]
    assert file.scan(5).data.tolist() == [[1, 2]]
    assert file.scan(5, 2).data.tolist() == [[5, 6]]
    with pytest.raises(DataFileError, match=r"no scan 5\.3 among 3 scans"):
        file.scan(5, 3)


def test_a_file_without_its_head_is_a_file() -> None:
    file = read(scan("1 2\n").replace("#P0 1.5 -2 \n", ""))
    assert (file.headers, file.problems) == ((), ())
    assert file.scans[0].header is None
    assert file.scans[0].data.tolist() == [[1, 2]]


def test_each_scan_belongs_to_the_head_above_it() -> None:
    second = HEAD.replace("si.dat", "ge.dat").replace("Theta  \n", "Phi  \n").replace("th \n", "phi \n")
    third = "\n#E 1750000000\n#O0 Energy  Gap  \n"  # as SPEC writes it into a file that exists
    file = read(HEAD + scan("1 2\n") + second + scan("1 2\n", 2) + third + scan("1 2\n", 3))
    assert file.problems == ()
    assert [header.name for header in file.headers] == ["si.dat", "ge.dat", ""]
    assert [header.line for header in file.headers] == [1, 12, 24]
    assert [found.motors[1] for found in file.scans] == [Device("Theta", "th"), Device("Phi", "phi"), Device("Gap")]
    assert [found.header for found in file.scans] == list(file.headers)


def test_names_in_a_scan_go_before_those_in_the_head() -> None:
    file = read(HEAD + scan("1 2\n", extra="#O0 Mono  Gap\n#o0 mono gap\n") + scan("1 2\n", 2))
    assert [found.motors[0] for found in file.scans] == [Device("Mono", "mono"), Device("Two Theta", "tth")]
    assert file.scans[0].position("gap") == -2.0
    with pytest.raises(DataFileError, match="'th'"):
        file.scans[0].position("th")


@pytest.mark.parametrize("names", ["   2-theta     Motor 1", "2-theta\tMotor 1", "2-theta  Motor 1", "2-theta Motor_1"])
def test_names_are_told_apart_however_they_are_aligned(names: str) -> None:
    file = read(f"#F a\n#O0 {names}\n" + scan("1 2\n"))
    assert file.problems == ()
    assert [device.name.replace("_", " ") for device in file.scans[0].motors] == ["2-theta", "Motor 1"]


def test_labels_with_single_blanks_between_them_are_told_apart_by_their_number() -> None:
    file = read(scan("1 2 3\n", labels="Theta Epoch Detector", columns=3))
    assert file.scans[0].labels == ("Theta", "Epoch", "Detector")


def test_positions_without_names_are_said_and_kept() -> None:
    file = read("#F a\n#O0 Theta  \n" + scan("1 2\n"))
    assert file.scans[0].positions == (1.5, -2.0)
    assert file.scans[0].motors == (Device("Theta"), Device(""))
    assert problems("#F a\n#O0 Theta  \n" + scan("1 2\n")) == [(6, "2 positions, and #O0 has 1 names")]


def test_spectra_belong_to_the_row_that_follows_or_to_the_one_before() -> None:
    extra = "#@MCA %2C\n#@CHANN 3 0 2 1\n"
    before = read(HEAD + scan("@A 1 2\\\n 3\n1 2\n@A 4 5\\\n 6\n3 4\n", extra=extra))
    behind = read(HEAD + scan("1 2\n@A 1 2\\\n 3\n3 4\n@A 4 5\\\n 6\n", extra=extra))
    for file in (before, behind):
        assert file.problems == ()
        (found,) = file.scans
        assert found.channels == Channels(3, 0, 2, 1)
        assert found.data.tolist() == [[1, 2], [3, 4]]
        assert [(one.name, one.point, one.values.tolist()) for one in found.spectra] == [
            ("A", 0, [1, 2, 3]),
            ("A", 1, [4, 5, 6]),
        ]


def test_the_name_of_a_spectrum_is_no_channel() -> None:
    file = read(HEAD + scan("@A1 1 2\n@A2 3 4\\\n 5\n@0 6 7\n1 2\n"))
    assert [(one.name, one.values.tolist()) for one in file.scans[0].spectra] == [
        ("A1", [1, 2]),
        ("A2", [3, 4, 5]),
        ("0", [6, 7]),
    ]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("@A 1 2\\\n#C next\n1 2\n", [(12, "the spectrum is not complete"), (12, "2 channels, and #@CHANN says 3")]),
        ("@A 1 2\\\n@A 1 2 3\n1 2\n", [(12, "the spectrum is not complete"), (12, "2 channels, and #@CHANN says 3")]),
        ("@A 1 2\\\n", [(12, "the spectrum is not complete"), (12, "2 channels, and #@CHANN says 3")]),
        ("@A 1 x 3\n", [(12, "no number: x; nan stands for it")]),
        ("@A 1 2 3 4\n", [(12, "4 channels, and #@CHANN says 3")]),
        ("@+ 1 2 3\n", [(12, "no number: +; nan stands for it"), (12, "4 channels, and #@CHANN says 3")]),
    ],
)
def test_spectra_that_are_not_whole_are_said(rows: str, said: list[tuple[int, str]]) -> None:
    assert problems(HEAD + scan(rows, extra="#@CHANN 3 0 2 1\n")) == said


def test_rows_of_another_length_are_kept_and_said() -> None:
    file = read(HEAD + scan("1 2\n3\n4 5 6\n7 8\n"))
    nan = np.nan
    np.testing.assert_array_equal(file.scans[0].data, [[1, 2, nan], [3, nan, nan], [4, 5, 6], [7, 8, nan]])
    assert [(problem.line, problem.text) for problem in file.problems] == [(12, "3"), (13, "4 5 6"), (14, "7 8")]
    assert "1 values, and the first row has 2" in file.problems[0].reason


def test_rows_of_the_right_number_of_words_in_the_wrong_lines_are_found() -> None:
    assert [line for line, _ in problems(HEAD + scan("1 2\n3 \n4 5\n 6\n7 8\n"))] == [12, 14]
    assert [line for line, _ in problems(HEAD + scan("1 2\n3\n4 5 6\n7\n"))] == [12, 13, 14]
    file = read(HEAD + scan(" 1   2\n3\t4 \n"))
    assert (file.problems, file.scans[0].data.tolist()) == ((), [[1, 2], [3, 4]])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (scan("1 2\nhello\n3 4\n"), (8, "not understood")),
        (scan("1 2\n1 2.5.3\n"), (8, "no number: 2.5.3; nan stands for it")),
        (scan("1 2\n1 2_5\n"), (8, "no number: 2_5; nan stands for it")),
        (scan("1 2\n1 2#C glued\n"), (8, "no number: 2#C, glued; nan stands for it")),
        (scan("1 2 3\n"), (7, "3 values, and #N says 2")),
        (scan("1 2 3\n", columns=3), (6, "2 labels, and #N says 3")),
        (scan("1 2\n").replace("#N 2\n", ""), (6, "no #N says how many values a row has")),
        (scan("1 2\n", extra="#N 2\n"), (6, "a second #N in a scan; the first counts")),
        (scan("1 2\n", extra="#L A  B\n"), (7, "a second #L in a scan; the first counts")),
        (scan("1 2\n", extra="#N two\n"), (5, "no number of columns")),
        (scan("1 2\n", extra="#T soon\n"), (5, "no preset")),
        (scan("1 2\n", extra="#M\n"), (5, "no preset")),
        (scan("1 2\n", extra="#Q a 1\n"), (5, "no number: a; nan stands for it")),
        (scan("1 2\n", extra="#@CHANN 1 2\n"), (5, "no number, first, last and step of channels")),
        (scan("1 2\n", extra="#@CHANN 1 2 3 0\n"), (5, "no number, first, last and step of channels")),
        (scan("1 2\n", extra="#@CHANN 1 inf 3 1\n"), (5, "no number, first, last and step of channels")),
        (scan("1 2\n").replace("#S 1", "#S one"), (2, "a scan without a number; it is called 0")),
        ("#F a\n1 2\n", (2, "numbers without a scan")),
        ("#F a\n@A 1 2\n", (2, "a spectrum without a scan")),
        ("#F a\n#E soon\n", (2, "no number of seconds")),
        (scan("1 2\n@") + "\n", (8, "")),
    ],
)
def test_what_is_not_understood_is_said_with_its_line(text: str, said: tuple[int, str]) -> None:
    text = text.replace("#P0 1.5 -2 \n", "#Q 1 2 3\n")
    found = problems(text)
    if said[1]:
        assert said in found
        assert {line for line, _ in found} <= {said[0], said[0] + 1}
    else:  # a spectrum of no channels is one
        assert found == []


def test_lines_of_sites_are_kept_and_are_no_problem() -> None:
    file = read(HEAD + scan("1 2\n", extra="#UXML <a>\n#MD uid = 5\n#V0 1  2\n#WESRS1 100uA/V\n# free\n#\n#R 1\n"))
    assert file.problems == ()
    texts = [line.text for line in file.scans[0].lines]
    assert texts[3:10] == ["#UXML <a>", "#MD uid = 5", "#V0 1  2", "#WESRS1 100uA/V", "# free", "#", "#R 1"]
    assert read("#X 1\n" + HEAD).headers[0].lines[0].text == "#X 1"


def test_text_is_utf_8_and_latin_1_where_it_is_not() -> None:
    mixed = (HEAD + scan("1 2\n", labels="Größe  Å")).encode() + scan("1 2\n", 2, labels="Größe  Å").encode("latin-1")
    assert [found.labels for found in read(mixed).scans] == [("Größe", "Å")] * 2
    assert read(b"\xef\xbb\xbf" + HEAD.encode()).headers[0].name == "si.dat"


@pytest.mark.parametrize("label", ["Detector", "Détecteur"])
def test_lines_may_end_as_on_windows(label: str) -> None:
    text = (HEAD + scan("1 2\n3 4\n", labels=f"Theta  {label}")).replace("\n", "\r\n")
    for data in (text.encode(), text.encode("latin-1")):
        file = read(data)
        assert file.problems == ()
        assert file.scans[0].labels == ("Theta", label)
        assert file.scans[0].data.tolist() == [[1, 2], [3, 4]]


def test_a_column_is_found_by_its_label_and_a_missing_one_named() -> None:
    (found,) = read(scan("1 2\n", labels="A  A")).scans
    assert found.column("A").tolist() == [1]
    with pytest.raises(DataFileError, match="no column 'B'; it has A, A"):
        found.column("B")


def test_a_file_of_something_else_takes_bounded_memory() -> None:
    file = read("x\n" * 3000)
    assert (len(file.problems), file.more_problems) == (reader.MAX_PROBLEMS, 2000)
    assert len(read("y" * 5000 + "\n").problems[0].text) == reader.MAX_SHOWN
    machine = Reader()
    with pytest.raises(DataFileError, match="line 2 is longer than"):
        machine.feed(b"#F a\n" + b"0" * (reader.MAX_LINE + 1))
