"""Each line of a data file is written as SPEC_LANGUAGE.md 8.4 says, to the byte."""

from __future__ import annotations

import io
import locale
import math
import time
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.datafiles import DATE, HEADER

from pycertifspec.errors import DataFileError
from pycertifspec.simulator.datafile import Preset, Writer, formats

if TYPE_CHECKING:
    from collections.abc import Iterator

# The worked example; ~ marks a blank at the end of a line.
EXAMPLE = """\
#F si.dat
#E 1740993300
#D Mon Mar 03 09:15:00 2025
#C fourc  User = ann
#O0 Two Theta  Theta  Chi  Phi~~
#o0 tth th chi phi~
#J0 Seconds  Monitor  Detector~~
#j0 sec mon det~

#S 1  ascan  th 21.5082 21.7082  4 1
#D Mon Mar 03 09:15:42 2025
#T 1  (Seconds)
#G0 0 0 0 0 0 1 0 0 0 0 0 0
#G1 5.431 5.431 5.431 90 90 90 1.156911307 1.156911307 1.156911307 90 90 90 1 0 0 0 1 0 60 30 0 0 0 0 60 30 0 -90 0 0 1.54 1.54
#G3 1.156911307 0 0 0 -1.156911307 0 0 0 -1.156911307
#G4 0 -3.490663225e-06 4.000005409 1 21.6082 21.6081 0 90 0 0 0 0 0 0 0 0 -180 -180 -180 -180 -180 -180 -180 -180 -180 0
#Q 0 -3.49066e-06 4.00001
#P0 43.2163 21.6082 -90 0~
#N 8
#L Theta  H  K  L  Epoch  Seconds  Monitor  Detector
21.5082 0 0.0069778322 3.9999993 42.513 1 50023 49
21.5582 0 0.0034871721 4.0000039 44.021 1 49980 2455
21.6082 0 -3.4906632e-06 4.0000054 45.530 1 50011 9812
21.6582 0 -0.0034941534 4.0000039 47.038 1 50102 2455
21.7082 0 -0.0069848136 3.9999993 48.547 1 49967 49
""".replace("~", " ")  # noqa: E501  as it stands in the reference

RECIPROCAL = 1.1569113068458
LATTICE = [5.431] * 3 + [90.0] * 3 + [RECIPROCAL] * 3 + [90.0] * 3
REFLECTIONS = [1.0, 0, 0, 0, 1, 0, 60, 30, 0, 0, 0, 0, 60, 30, 0, -90, 0, 0, 1.54, 1.54]
HKL = (0.0, -3.490663225e-06, 4.000005409)
GEOMETRY = {
    0: [0.0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0],
    1: LATTICE + REFLECTIONS,
    3: [RECIPROCAL, 0.0, 0.0, 0.0, -RECIPROCAL, 0.0, 0.0, 0.0, -RECIPROCAL],
    4: [*HKL, 1.0, 21.6082, 21.6081, 0, 90, *[0.0] * 8, *[-180.0] * 9, 0],
}
ROWS = [
    [21.5082, 0, 0.00697783221, 3.99999932, 42.5131, 1, 50023, 49],
    [21.5582, 0, 0.00348717209, 4.00000393, 44.0209, 1, 49980, 2455],
    [21.6082, 0, -3.49066323e-06, 4.00000541, 45.53, 1, 50011, 9812],
    [21.6582, 0, -0.00349415342, 4.00000391, 47.0382, 1, 50102, 2455],
    [21.7082, 0, -0.00698481361, 3.99999931, 48.5469, 1, 49967, 49],
]


def test_the_worked_example_is_written_byte_for_byte() -> None:
    stream = io.StringIO()
    writer = Writer(stream)
    writer.header(HEADER)
    writer.begin_scan(
        1,
        "ascan  th 21.5082 21.7082  4 1",
        DATE,
        ["Theta", "H", "K", "L", "Epoch", "Seconds", "Monitor", "Detector"],
        preset=Preset(1.0, "Seconds", False),
        geometry=GEOMETRY,
        q=HKL,
        positions=[43.2163, 21.6082, -90, 0],
    )
    for row in ROWS:
        writer.row(row)
    assert stream.getvalue() == EXAMPLE


@pytest.mark.parametrize(
    ("letter", "count", "expected"),
    [
        ("O", 0, ""),
        ("O", 1, "#O0 a0  \n"),
        ("o", 1, "#o0 a0 \n"),
        ("O", 8, "#O0 a0  a1  a2  a3  a4  a5  a6  a7\n"),
        ("J", 9, "#J0 a0  a1  a2  a3  a4  a5  a6  a7\n#J1 a8  \n"),
        ("j", 9, "#j0 a0 a1 a2 a3 a4 a5 a6 a7\n#j1 a8 \n"),
    ],
)
def test_names_stand_eight_to_a_line_and_a_line_that_is_not_full_ends_with_the_separator(
    letter: str, count: int, expected: str
) -> None:
    assert formats.names(letter, [f"a{index}" for index in range(count)]) == expected


def test_more_than_eighty_names_have_lines_with_numbers_of_two_digits() -> None:
    assert formats.names("o", ["m"] * 81).splitlines()[10] == "#o10 m "


def test_positions_have_eight_digits_and_one_blank_between_them() -> None:
    values = [0.1 + 0.2, -1 / 3, 123456789.0, 1e-7, 0, 5, 6, 7, 8]
    assert formats.positions(values) == "#P0 0.3 -0.33333333 1.2345679e+08 1e-07 0 5 6 7\n#P1 8 \n"


def test_a_preset_is_of_seconds_or_if_negative_of_monitor_counts() -> None:
    assert formats.preset(0.1, "Seconds") == "#T 0.1  (Seconds)\n"
    assert formats.preset(0, "Seconds") == "#T 0  (Seconds)\n"
    assert formats.preset(-20000, "I0") == "#M 20000  (I0)\n"
    assert formats.preset(-1e6, "ic2") == "#M 1e+06  (ic2)\n"  # as in lmn40.spe


def test_without_reciprocal_space_q_is_empty_and_its_blank_stays() -> None:
    assert formats.reciprocal([]) == "#Q \n"


def test_where_h_k_and_l_are_missing_their_separators_stay() -> None:
    assert formats.labels(["Two Theta", "", "Epoch"]) == "#N 2\n#L Two Theta    Epoch\n"
    assert formats.row([-0.5, "", formats.epoch(75)]) == "-0.5  75.000\n"


def test_rows_hold_what_is_no_finite_number() -> None:
    assert formats.row([math.nan, math.inf, -math.inf, 1e300]) == "nan inf -inf 1e+300\n"


def test_a_spectrum_is_continued_after_a_backslash() -> None:
    assert formats.spectrum(range(3)) == "@A 0 1 2\n"
    assert formats.spectrum(range(5), "A2", per_line=2) == "@A2 0 1\\\n 2 3\\\n 4\n"
    assert formats.spectrum([0] * 50).count("\\\n") == 1
    assert formats.channels(1024, 0, 1023, 1) == "#@MCA %25C\n#@CHANN 1024 0 1023 1\n"
    assert formats.channels(91, 1110, 1200, 1, per_line=16) == "#@MCA %16C\n#@CHANN 91 1110 1200 1\n"


def test_comments_of_an_interrupted_scan_are_spelled_as_spec_spells_them() -> None:
    assert formats.aborted(DATE, 33) == f"#C {DATE}.  Scan aborted after 33 points.\n"
    assert formats.continued(DATE) == f"#C {DATE}.  Scan continued.\n"


@pytest.fixture
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("utc")
def test_a_date_has_two_digits_for_the_day_and_english_names_in_any_locale() -> None:
    before = locale.setlocale(locale.LC_TIME)
    try:
        locale.setlocale(locale.LC_TIME, "")
        assert formats.date_text(1740993342.9) == "Mon Mar 03 09:15:42 2025"
    finally:
        locale.setlocale(locale.LC_TIME, before)


@pytest.mark.parametrize(
    "make",
    [
        lambda: formats.names("X", ["a"]),
        lambda: formats.names("O", ["two  blanks"]),
        lambda: formats.names("O", ["end "]),
        lambda: formats.names("O", [""]),
        lambda: formats.names("O", ["tab\tis two"]),
        lambda: formats.names("o", ["one blank"]),
        lambda: formats.labels([]),
        lambda: formats.labels([""]),
        lambda: formats.labels(["a", "b\nc"]),
        lambda: formats.positions(["x"]),  # type: ignore[list-item]
        lambda: formats.positions([None]),  # type: ignore[list-item]
        lambda: formats.row(["two words"]),
        lambda: formats.row([[1]]),  # type: ignore[list-item]
        lambda: formats.row([10**400]),
        lambda: formats.scan_head(1, "ascan\n#S 2", DATE),
        lambda: formats.file_header("a\rb", 0, DATE, "fourc", "ann"),
        lambda: formats.preset(1, "Sec\nonds"),
        lambda: formats.comment(DATE, "two\nlines"),
        lambda: formats.spectrum([]),
        lambda: formats.spectrum([1], "1A"),
        lambda: formats.spectrum([1], per_line=0),
    ],
)
def test_what_would_not_be_read_back_is_refused(make: Any) -> None:
    with pytest.raises(DataFileError, match="cannot write"):
        make()
