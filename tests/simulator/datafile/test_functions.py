"""Macros make the lines of a data file with functions: what they give is what the formats give."""

from __future__ import annotations

import pytest
from tests.support.datafiles import DATE, read

from pycertifspec.simulator.datafile import Channels, Preset
from pycertifspec.simulator.functions.datafile import DataFileFunctions
from pycertifspec.simulator.language import Interpreter, SpecRuntimeError
from pycertifspec.simulator.language.memory_host import MemoryHost

from .test_formats import EXAMPLE

# The worked example, as the standard macros write it.
PROGRAM = """
EPOCH = 1740993300
n = 4
m[0] = "Two Theta"; m[1] = "Theta"; m[2] = "Chi"; m[3] = "Phi"
mne[0] = "tth"; mne[1] = "th"; mne[2] = "chi"; mne[3] = "phi"
P[0] = 43.2163; P[1] = 21.6082; P[2] = -90; P[3] = 0
G[5] = 1
for (i = 0; i < 12; i++) G[i] = i == 5
array UB[3][3]
UB[0][0] = 1.1569113068458; UB[1][1] = -1.1569113068458; UB[2][2] = -1.1569113068458
f = _df_file("si.dat", "fourc", "ann", EPOCH, "Mon Mar 03 09:15:00 2025")
f = f _df_names("O", m) _df_names("o", mne)
f = f _df_names("J", "Seconds", "Monitor", "Detector") _df_names("j", "sec", "mon", "det")
f = f _df_scan(1, "ascan  th 21.5082 21.7082  4 1", "Mon Mar 03 09:15:42 2025") _df_preset(1, "Seconds")
f = f _df_geometry(0, G)
f = f _df_geometry(3, UB) _df_q(0, -3.490663225e-06, 4.000005409) _df_positions(P)
f = f _df_labels("Theta", "H", "K", "L", "Epoch", "Seconds", "Monitor", "Detector")
f = f _df_row(21.5082, 0, 0.00697783221, 3.99999932, _df_epoch(EPOCH + 42.5131), 1, 50023, 49)
"""


@pytest.fixture
def host() -> MemoryHost:
    return MemoryHost()


@pytest.fixture
def spec(host: MemoryHost) -> Interpreter:
    interpreter = Interpreter(host, program_name="fourc")
    DataFileFunctions().install(interpreter)
    return interpreter


def test_a_program_writes_the_worked_example_byte_for_byte(spec: Interpreter) -> None:
    spec.execute(PROGRAM)
    lines = EXAMPLE.splitlines(keepends=True)
    wanted = "".join(line for line in lines[:21] if not line.startswith(("#G1", "#G4")))
    assert spec.get("f") == wanted


def test_rows_take_whole_arrays_in_the_order_of_their_indices(spec: Interpreter) -> None:
    spec.execute("S[10] = 3; S[2] = 2; S[0] = 1; array a[2]; a[0] = 0.5; a[1] = 7")
    assert spec.execute("_df_row(0.25, S, a)") == "0.25 1 2 3 0.5 7\n"


def test_rows_take_text_as_it_is_and_what_is_unset_for_zero(spec: Interpreter) -> None:
    assert spec.execute('_df_row(1, "", "2.50", nothing)') == "1  2.50 0\n"


def test_the_epoch_counts_from_the_variable_and_is_that_of_now(spec: Interpreter, host: MemoryHost) -> None:
    now = host.now()
    assert spec.execute("_df_epoch(75.5)") == "75.500"
    spec.set("EPOCH", now - 12.25)
    assert float(spec.execute("_df_epoch()")) == pytest.approx(12.25, abs=1)
    assert spec.execute('_df_file("a", "fourc", "ann")').splitlines()[1] == f"#E {int(now - 12.25)}"


def test_dates_are_given_or_those_of_now_as_date_writes_them(spec: Interpreter) -> None:
    assert spec.execute('_df_scan(1, "ct", date(0)) == ("\\n#S 1  ct\\n#D " date(0) "\\n")') == 1
    assert str(spec.execute('_df_comment("Refilled.")')).startswith("#C ")
    assert spec.execute(f'_df_aborted(33, "{DATE}")') == f"#C {DATE}.  Scan aborted after 33 points.\n"
    assert spec.execute(f'_df_continued("{DATE}")') == f"#C {DATE}.  Scan continued.\n"


def test_spectra_and_their_channels(spec: Interpreter) -> None:
    spec.execute("array counts[3]; counts[1] = 5")
    text = spec.execute(
        '_df_scan(1, "ct") _df_preset(-1000, "I0") _df_mca(3, 0, 2, 1, 2) _df_labels("a")'
        ' _df_spectrum("A", counts) _df_row(1)'
    )
    (scan,) = read(str(text)).scans
    assert (scan.preset, scan.channels) == (Preset(1000.0, "I0", True), Channels(3, 0, 2, 1))
    assert scan.spectra[0].values.tolist() == [0, 5, 0]
    assert "#@MCA %2C\n" in str(text)
    assert str(spec.execute("_df_mca(3, 0, 2, 1)")).startswith("#@MCA %25C\n")


def test_a_text_with_blanks_is_several_values_and_one_without_goes_as_it_is(spec: Interpreter) -> None:
    assert spec.execute('_df_row("1.0 2.500 ", "", " ", "3.000", "on 1e3")') == "1 2.5  3.000 on 1000\n"


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        ('_df_names("Z", "a")', r"_df_names\(\): .*no line #Z"),
        ('_df_labels("two  blanks")', r"_df_labels\(\): .*would not be read back as one"),
        ('_df_comment("two\\nlines")', r"_df_comment\(\): .*more than one line"),
        ("_df_mca(1, 2)", "argument"),
    ],
)
def test_what_a_file_cannot_hold_is_an_error_of_the_program(spec: Interpreter, call: str, reason: str) -> None:
    with pytest.raises(SpecRuntimeError, match=reason):
        spec.execute(call)
