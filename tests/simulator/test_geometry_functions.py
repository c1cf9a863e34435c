"""Reciprocal space in the interpreter: the arrays and calc() (SPEC_LANGUAGE.md 10.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.support.typed import Typed

from pycertifspec.simulator.beamline import Beamline
from pycertifspec.simulator.clock import SteppingClock
from pycertifspec.simulator.hardware.default import COUNTERS, MOTORS
from pycertifspec.simulator.hardware.instrument import Instrument
from pycertifspec.simulator.language import SpecLanguageError
from pycertifspec.simulator.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pycertifspec.simulator.hardware.config import MotorConfig


@pytest.fixture
def spec(tmp_path: Path) -> Iterator[Typed]:
    typed = Typed(tmp_path, [])
    yield typed
    typed.beamline.close()


def array(spec: Typed, name: str, digits: str = "%.10g") -> str:
    """The elements of an array, as a line #G of the data file has them."""
    return spec(f'for (i = 0; i in {name}; i++) printf("%s{digits}", i ? " " : "", {name}[i])')


# ---- the arrays ----


def test_the_arrays_at_the_start(spec: Typed) -> None:
    star = "4.079990459 4.079990459 4.079990459"
    assert array(spec, "G", "%g") == "0 0 0 0 0 1 0 0 0 0 0 0"
    assert array(spec, "U") == (
        f"1.54 1.54 1.54 90 90 90 {star} 90 90 90 1 0 0 0 1 0 60 30 0 0 0 0 60 30 0 -90 0 0 1.54 1.54"
    )
    assert array(spec, "UB") == "4.079990459 0 0 0 -4.079990459 0 0 0 -4.079990459"
    assert array(spec, "Q") == "0 0 0 1.54" + " 0" * 12 + " -180" * 9 + " 0"


def test_the_arrays_of_the_worked_example(spec: Typed) -> None:  # 8.5
    spec("setlat 5.431 5.431 5.431 90 90 90; LAMBDA = 1")
    for motor, angle in (("tth", 43.2163), ("th", 21.6082), ("chi", -90), ("phi", 0)):
        spec(f"A[{motor}] = {angle}")
    spec("calcHKL")

    assert array(spec, "G", "%g") == "0 0 0 0 0 1 0 0 0 0 0 0"
    assert array(spec, "U") == (
        "5.431 5.431 5.431 90 90 90 1.156911307 1.156911307 1.156911307 90 90 90 1 0 0 0 1 0 60 30 0 0 0 0 60 30 0 -90"
        " 0 0 1.54 1.54"
    )
    assert array(spec, "UB") == "1.156911307 0 0 0 -1.156911307 0 0 0 -1.156911307"
    assert array(spec, "Q") == (
        "0 -3.490663225e-06 4.000005409 1 21.6082 21.6081 0 90 0 0 0 0 0 0 0 0 -180 -180 -180 -180 -180 -180 -180 -180"
        " -180 0"
    )


@pytest.mark.parametrize(
    ("alias", "element"),
    [
        ("H", "Q[0]"), ("K", "Q[1]"), ("L", "Q[2]"), ("LAMBDA", "Q[3]"), ("ALPHA", "Q[4]"), ("BETA", "Q[5]"),
        ("OMEGA", "Q[6]"), ("AZIMUTH", "Q[7]"), ("F_ALPHA", "Q[8]"), ("F_BETA", "Q[9]"), ("F_OMEGA", "Q[10]"),
        ("F_AZIMUTH", "Q[11]"), ("F_PHI", "Q[12]"), ("F_CHI_Z", "Q[13]"), ("F_PHI_Z", "Q[14]"), ("F_THETA", "Q[15]"),
        ("g_mode", "G[0]"), ("g_sect", "G[1]"), ("g_frz", "G[2]"), ("g_haz", "G[3]"), ("g_laz", "G[5]"),
        ("g_aa", "U[0]"), ("g_ga", "U[5]"), ("g_aa_s", "U[6]"), ("g_h0", "U[12]"), ("g_l1", "U[17]"),
        ("g_u00", "U[18]"), ("g_u05", "U[23]"), ("g_u10", "U[24]"), ("g_lambda0", "U[30]"), ("g_lambda1", "U[31]"),
    ],
)  # fmt: skip
def test_a_name_stands_for_its_element(spec: Typed, alias: str, element: str) -> None:
    assert spec(f"{alias} = 7; print {element}") == "7\n"


def test_elements_cannot_be_added_and_the_arrays_not_replaced(spec: Typed) -> None:
    assert "does not exist" in spec("Q[26] = 1")
    assert "immutable `UB'" in spec("UB = 1")
    assert "immutable `_geo'" in spec('_geo["title"] = 1')
    assert spec('print _geo["title"]') == "Four-Circle\n"


# ---- calc() ----


def test_calc_1_puts_the_angles_of_h_k_l_into_a(spec: Typed) -> None:
    spec("H = 1; K = 1; L = 0; calc(1)")
    assert spec('printf("%.4f %.4f %.4f %.4f", A[tth], A[th], A[chi], A[phi])') == "90.0000 45.0000 0.0000 -45.0000"


def test_calc_2_finds_h_k_l_and_the_angles_that_are_shown(spec: Typed) -> None:
    spec("A[tth] = 90; A[th] = 46; A[chi] = -45; A[phi] = 0; calc(2)")
    assert spec('printf("%.5f %.5f %.5f %g", H, K, L, OMEGA)') == "0.99985 -0.02468 0.99985 1"


def test_what_calc_1_gives_is_moved_to(spec: Typed) -> None:
    spec("getangles; H = 0; K = 1; L = 0; calcA; move_em; waitmove")
    assert [spec.position(motor) for motor in ("tth", "th", "chi", "phi")] == [60.0, 30.0, 0.0, -90.0]


def test_hkl_below_the_rounding_limit_is_zero(spec: Typed) -> None:
    spec("A[tth] = 60; A[th] = 30; A[chi] = 1e-9; A[phi] = 0; calcHKL")
    assert spec("print L") == "0\n"
    assert spec('spec_par("HKL_rounding", 0); calcHKL; print L') == "-1.74533e-11\n"


def test_calc_7_makes_the_reciprocal_lattice_and_calc_8_goes_back(spec: Typed) -> None:
    spec("g_aa = 3; g_cc = 5; calcL")
    assert spec("print g_aa_s, g_cc_s") == "2.0944 1.25664\n"
    assert spec("g_aa_s = 2 * PI; calc(8); print g_aa, g_cc") == "1 5\n"


def test_calc_5_uses_what_was_changed(spec: Typed) -> None:
    spec("g_aa = g_bb = g_cc = 5.431; calcL; calcG")
    assert spec('printf("%.10g", UB[0])') == "1.156911307"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("H = 9; calc(1)", "Impossible reflection: sin(theta) would be 4.5 at wavelength 1.54."),
        ("LAMBDA = 0; calc(2)", "The wavelength must be positive: LAMBDA is 0."),
        ("LAMBDA = -1; H = 1; calc(1)", "The wavelength must be positive: LAMBDA is -1."),
        ("H = 1e999; calc(1)", "Q[] has an element that is no finite number."),
        ("A[tth] = 1e999; calc(2)", "A[] has an element that is no finite number."),
        ("A[tth] = 1e300; calc(2)", None),
        ('H = "x"; calc(1)', None),
        ("for (i in UB) UB[i] = 0; calc(2)", "The orientation matrix UB has no inverse."),
        ("for (i in UB) UB[i] = 0; H = 1; calc(1)", "The orientation matrix UB has no inverse."),
        ("for (i in UB) UB[i] = 1e300; H = K = L = 1e300; calc(1)", "Impossible reflection"),
        ("UB[0] = 1e-300; UB[4] = 1e-300; UB[8] = 1e-10; calc(2)", None),
        ("g_aa = 0; calc(5)", "Lattice constants must be positive: 0 1.54 1.54 / 90 90 90."),
        ("g_aa = 0; calc(7)", "Lattice constants must be positive"),
        ("g_al_s = 0; calc(8)", "Lattice angles must be between 0 and 180"),
        ('calc(7, "1 2 3")', "calc(): six lattice parameters are needed, not '1 2 3'."),
        ('calc(7, "1 2 3 a b c")', "calc(): six lattice parameters are needed"),
        ("g_h1 = 3; g_k1 = 0; calc(5)", "No orientation matrix: the orientation reflections are parallel."),
        ("g_u10 = g_u00; g_u11 = g_u01; g_u13 = 0; calc(5)", "the angles of the orientation reflections are parallel."),
        ("g_mode = 8; calc(1)", "There is no four-circle mode 8."),
        ("g_mode = -1; calc(3)", "There is no four-circle mode -1."),
        ("g_sect = 3; calc(1)", "There is no four-circle sector 3."),
        ("g_mode = 5; g_laz = 0; H = 1; calc(1)", "There is no azimuthal reference: its H K L are 0 0 0."),
        ("LAMBDA = 1e-300; for (i in UB) UB[i] *= 1e-20; calc(2)", "The result of calc() is no finite number."),
        ("calc(99)", "calc(): there is no calculation 99."),
    ],
)
def test_degenerate_input_is_an_error_of_spec_and_changes_nothing(spec: Typed, text: str, message: str | None) -> None:
    *settings, calculation = text.split("; ")
    spec("getangles; " + "; ".join(settings))
    before = [array(spec, name) for name in ("A", "Q", "U", "UB")]
    shown = spec(calculation)

    if message is None:  # an answer, whatever it is
        assert spec.value == 0.0 or isinstance(spec.value, SpecLanguageError)
    else:
        assert message in shown
        assert isinstance(spec.value, SpecLanguageError)
        assert [array(spec, name) for name in ("A", "Q", "U", "UB")] == before


# ---- modes in the interpreter ----


@pytest.mark.parametrize(
    ("mode", "frozen"),
    [
        (1, "F_OMEGA = 5"),
        (2, "F_CHI_Z = 0; F_PHI_Z = 30"),
        (3, "F_PHI = 30"),
        (4, "F_AZIMUTH = 20"),
        (5, "F_ALPHA = 10"),
        (6, "F_BETA = 10"),
        (7, "F_THETA = 37"),
    ],
)
def test_frozen_values_are_kept_wherever_the_motors_are(spec: Typed, mode: int, frozen: str) -> None:
    kept = {1: "OMEGA", 2: "A[phi]", 3: "A[phi]", 4: "AZIMUTH", 5: "ALPHA", 6: "BETA", 7: "A[th]"}[mode]
    spec(f"getangles; g_mode = {mode}; g_frz = 1; {frozen}; H = 1; K = 0.1; L = 0; calcA; calcHKL")

    assert spec(f'printf("%.4f", {kept})') == f"{float(frozen.rpartition('= ')[2]):.4f}"
    assert spec('printf("%.4f %.4f %.4f", H, K, L)') == "1.0000 0.1000 0.0000"


@pytest.mark.parametrize("mode", range(1, 8))
def test_without_freezing_what_a_mode_keeps_is_where_it_is(spec: Typed, mode: int) -> None:
    spec("A[tth] = 60; A[th] = 31; A[chi] = 20; A[phi] = 30; calcHKL")
    spec(f"g_mode = {mode}; calcA")
    found = spec('printf("%.4f %.4f %.4f %.4f", A[tth], A[th], A[chi], A[phi])')

    if mode in (5, 6):  # there are two settings; this is the other
        spec("calcHKL")
        assert found.startswith("60.0000")
    else:
        assert found == "60.0000 31.0000 20.0000 30.0000"


def test_calc_3_freezes_what_the_mode_keeps(spec: Typed) -> None:
    spec("A[tth] = 60; A[th] = 31; A[chi] = 20; A[phi] = 30; g_mode = 2; calc(3)")
    assert spec("print F_CHI_Z, F_PHI_Z, F_PHI") == "20 30 0\n"


# ---- with and without a geometry ----


def other(tmp_path: Path, name: str, motors: tuple[MotorConfig, ...], geometry: str | None) -> Beamline:
    clock = SteppingClock(start=0.0)
    world = World(clock, lambda _: None, directory=tmp_path)
    used = {motor.mnemonic for motor in motors}
    counters = [counter for counter in COUNTERS if {motor for motor, _ in counter.rate.widths()} <= used]
    return Beamline(name, clock, world, instrument=Instrument(motors, counters, clock), geometry=geometry)


@pytest.mark.parametrize(
    ("name", "motors", "geometry", "expected"),
    [
        ("fourc", MOTORS, None, True),
        ("fourc", MOTORS[1:], None, False),  # no tth
        ("spec", MOTORS, None, False),
        ("eh1", MOTORS, "fourc", True),
        ("fourc", MOTORS, "spec", False),
        ("fourc", MOTORS[4:] + MOTORS[:4], None, True),  # found by mnemonic, wherever they are
    ],
)
def test_a_beamline_has_the_geometry_of_its_name_if_its_motors_are_there(
    tmp_path: Path, name: str, motors: tuple[MotorConfig, ...], geometry: str | None, expected: bool
) -> None:
    beamline = other(tmp_path, name, motors, geometry)
    try:
        assert beamline.run('whatis("Q") != 0') == float(expected)
        assert beamline.run("_has_geo()") == float(expected)
        if expected:
            assert beamline.run("getangles; calcHKL; ubr 1 0 0; A[tth]") == 60.0
            assert beamline.instrument.motor("th").position == 30.0
        else:
            assert beamline.run("calcHKL; calcA; 5") == 5.0  # scans may call them
    finally:
        beamline.close()
