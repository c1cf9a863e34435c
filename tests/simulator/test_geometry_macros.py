"""The macros for reciprocal space, and what they show (SPEC_LANGUAGE.md 10.3)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from tests.support.typed import DATE, Typed

from pycertifspec.simulator.language import SpecLanguageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CIRCLES = ("tth", "th", "chi", "phi")


@pytest.fixture
def spec(tmp_path: Path) -> Iterator[Typed]:
    typed = Typed(tmp_path, [])
    yield typed
    typed.beamline.close()


@pytest.fixture
def guide(spec: Typed) -> Typed:
    """The crystal and the place of the transcripts: what a real server showed there is known."""
    spec("setlat 5.4 5.4 5.4 90 90 90; LAMBDA = 1.033; setaz 0 1 1")
    spec.keys = ["44.9885", "22.494", "-90", "0", "0", "0", "4", "19.072", "9.536", "-35.264", "0", "1", "1", "1"]
    spec("setor0; setor1")
    spec("umv tth 15.548 th 7.774 chi -45 phi 45")
    return spec


def positions(spec: Typed) -> list[float]:
    return [spec.position(motor) for motor in CIRCLES]


# ---- showing ----


def test_wh_shows_where_the_crystal_is(spec: Typed) -> None:
    assert (
        spec("wh")
        == """
H K L =  0  0  1
Alpha = 30  Beta = 30  Azimuth = 90
Omega = 0  Lambda = 1.54

Two Theta     Theta       Chi       Phi
  60.0000   30.0000  -90.0000    0.0000
"""
    )


def test_br_0_0_1_of_the_default_crystal(spec: Typed) -> None:  # 12, test 35
    spec("umv tth 10 th 0 chi 0; br 0 0 1\nwaitmove")
    shown = spec("wh")

    assert "H K L =  0  0  1\nAlpha = 30  Beta = 30  Azimuth = 90\nOmega = 0" in shown
    assert shown.endswith("  60.0000   30.0000  -90.0000    0.0000\n")


def test_wh_as_a_real_server_showed_it(guide: Typed) -> None:
    assert (
        guide("wh")
        == """
H K L =  1  0  0.99999
Alpha = 50.196  Beta = -39.27  Azimuth = 144.74
Omega = 0  Lambda = 1.033

Two Theta     Theta       Chi       Phi
  15.5480    7.7740  -45.0000   45.0000
"""
    )


def test_ca_as_a_real_server_showed_it_and_nothing_moves(guide: Typed) -> None:
    guide("wh")
    assert (
        guide("ca H+0.1 K L")
        == """
Calculated Positions:

H K L =  1.1  3.0851e-07  0.99997
Alpha = 50.135  Beta = -39.219  Azimuth = 143.5
Omega = 0  Lambda = 1.033

Two Theta     Theta       Chi       Phi
  16.3490    8.1745  -42.2735   45.0000
"""
    )
    assert not guide.beamline.instrument.moving
    assert guide('printf("%.5g %.5g %.5g %g", H, K, L, A[tth])') == "1 0 0.99999 15.548"


@pytest.mark.parametrize(
    ("sector", "azimuth", "motors"),
    [
        (0, "-90.001", "15.5480    7.7740  -45.0000  -45.0000"),
        (4, "89.999", "15.5480    7.7740 -135.0000  135.0000"),
    ],
)
def test_the_sector_decides_where_a_reflection_is_looked_for(
    guide: Typed, sector: int, azimuth: str, motors: str
) -> None:
    guide(f"setsector {sector}")
    assert (
        guide("cal 0 1 1")
        == f"""
Calculated Positions:

H K L =  0  0.99999  1
Alpha = 7.774  Beta = 7.774  Azimuth = {azimuth}
Omega = 0  Lambda = 1.033

Two Theta     Theta       Chi       Phi
  {motors}
"""
    )


def test_ci_shows_the_reflection_of_angles(spec: Typed) -> None:
    shown = spec("ci 90 45 -45 0")

    assert shown.startswith("\nCalculated Positions:\n\nH K L =  1  0  1\n")
    assert shown.endswith("  90.0000   45.0000  -45.0000    0.0000\n")
    assert positions(spec) == [60.0, 30.0, -90.0, 0.0]
    assert spec("print H, K, L, A[tth]") == "0 0 1 60\n"


def test_pa_shows_all_parameters(guide: Typed) -> None:
    guide("setmode 3; freeze 45; unfreeze; freeze 45")
    assert (
        guide("pa")
        == """
Four-Circle Geometry, Phi fixed (Three-circle) (mode 3)
Frozen values:  Phi = 45
Sector 0

  Primary Reflection (at lambda 1.033):
          tth th chi phi = 44.9885 22.494 -90 0
                   H K L = 0 0 4

  Secondary Reflection (at lambda 1.033):
          tth th chi phi = 19.072 9.536 -35.264 0
                   H K L = 1 1 1

  Lattice Constants (lengths / angles):
              real space = 5.4 5.4 5.4 / 90 90 90
        reciprocal space = 1.164 1.164 1.164 / 90 90 90

  Azimuthal Reference:
                   H K L = 0 1 1

                  Lambda = 1.033

 Cut Points:
      tth   th  chi  phi
     -180 -180 -180 -180
"""
    )


def test_pa_of_a_fresh_start(spec: Typed) -> None:
    shown = spec("pa")
    assert shown.startswith("\nFour-Circle Geometry, Omega equals zero (mode 0)\nSector 0\n\n  Primary")
    assert "          tth th chi phi = 60 30 0 -90\n                   H K L = 0 1 0\n" in shown
    assert "        reciprocal space = 4.08 4.08 4.08 / 90 90 90\n" in shown


def test_pwh_prints(spec: Typed, tmp_path: Path) -> None:
    assert "There is no printer." in spec("pwh")
    spec('PRINTER = "paper"; pwh')
    assert "H K L =  0  0  1\n" in (tmp_path / "paper").read_text()


# ---- moving ----


@pytest.mark.parametrize("command", ["br", "mk"])
def test_br_starts_all_circles_and_returns(spec: Typed, command: str) -> None:
    assert spec(f"{command} 1 0 0") == ""
    assert spec.beamline.instrument.moving
    spec("waitmove")
    assert positions(spec) == [60.0, 30.0, 0.0, 0.0]


def test_ubr_shows_the_circles_until_they_stand(spec: Typed) -> None:
    shown = spec("ubr 1 0 0")

    assert shown.startswith("\nTwo Theta     Theta       Chi       Phi\n  60.0000   30.0000  -90.0000    0.0000\r")
    assert shown.endswith("\r  60.0000   30.0000    0.0000    0.0000\n\n")
    assert spec("print H, K, L") == "1 0 0\n"


@pytest.mark.parametrize(
    ("answer", "place"), [("y", [60.0, 30.0, 0.0, 0.0]), ("", [60.0, 30.0, -90.0, 0.0])], ids=["yes", "no"]
)
def test_mi_shows_where_it_would_go_and_asks(spec: Typed, answer: str, place: list[float]) -> None:
    spec.keys = [answer]
    shown = spec("mi 1 0 0")
    spec("waitmove")

    assert "Calculated Positions:\n\nH K L =  1  0  0\n" in shown
    assert shown.endswith("\nMove to these positions (NO)? ")
    assert positions(spec) == place


def test_a_reflection_is_given_in_expressions_of_the_present_one(spec: Typed) -> None:
    spec("wh; { local step; step = 0.1; br H+step K L-step\n }; waitmove; wh")
    assert spec('printf("%.3f %.3f %.3f", H, K, L)') == "0.100 0.000 0.900"


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("br", "Usage:  br h k l\n"),
        ("br 1 0", "Usage:  br h k l\n"),
        ("ubr 1 0 0 0", "Usage:  ubr h k l\n"),
        ("mk", "Usage:  mk h k l\n"),
        ("mi", "Usage:  mi h k l\n"),
        ("ca", "Usage:  ca h k l\n"),
        ("cal 1", "Usage:  cal h k l\n"),
        ("ci 1", "Usage:  ci tth th chi phi\n"),
        ("or0", "Usage:  or0 h k l\n"),
        ("or1 1 1", "Usage:  or1 h k l\n"),
        ("setlat 1", "Usage:  setlat [a b c alpha beta gamma]\n"),
        ("setrlat 1", "Usage:  setrlat [a* b* c* alpha* beta* gamma*]\n"),
        ("setaz 1", "Usage:  setaz [h k l]\n"),
        ("setmode 1 2", "Usage:  setmode [mode]\n"),
        ("setsector 1 2", "Usage:  setsector [sector]\n"),
        ("cuts 1", "Usage:  cuts tth th chi phi\n"),
        ("set_E 1 2", "Usage:  set_E [energy]\n"),
        ("setmode 3; freeze 1 2", "Usage:  freeze [phi]\n"),
        ("br nosuch 0 0", "Invalid value: nosuch\n"),
        ("setmode nosuch", "Invalid value: nosuch\n"),
        ("br 9 0 0", "Impossible reflection: sin(theta) would be 4.5 at wavelength 1.54."),
        ("ca 0 0 3", "Impossible reflection: sin(theta) would be 1.5 at wavelength 1.54."),
        ("br 1.9 0 0", "Two Theta at 143.61"),
        ("setlat 0 0 0 90 90 90", "Lattice constants must be positive: 0 0 0 / 90 90 90."),
        ("setlat 1 1 1 120 120 120", "The lattice has no volume: 1 1 1 / 120 120 120."),
        ("setmode 8", "There is no mode 8.\n"),
        ("setmode 0.5", "There is no mode 0.5.\n"),
        ("setsector 3", "There is no sector 3.\n"),
        ("freeze", "Nothing is kept fixed in mode 0 (Omega equals zero).\n"),
        ("set_E 0", "The energy must be positive: 0.\n"),
    ],
)
def test_what_cannot_be_says_why_and_nothing_moves(spec: Typed, command: str, message: str) -> None:
    spec("set_lm tth -20 140")
    assert message in spec(command)
    assert isinstance(spec.value, SpecLanguageError)
    assert not spec.beamline.instrument.moving
    assert spec("print U[0], UB[0]") == "1.54 4.07999\n"


# ---- lattice and orientation ----


def test_setlat_asks_and_keeps_what_is_not_answered(spec: Typed) -> None:
    spec.keys = ["5.4", "5.4", "5.4", "", "", ""]
    assert spec("setlat") == (
        "\nEnter real space lattice parameters:\n"
        " Lattice a (1.54)?  Lattice b (1.54)?  Lattice c (1.54)?"
        "  Lattice alpha (90)?  Lattice beta (90)?  Lattice gamma (90)? "
        "(UB recalculated from orientation reflections and lattice.)\n"
    )
    assert spec("print g_aa, g_al, UB[0]") == "5.4 90 1.16355\n"


def test_setrlat_takes_the_reciprocal_lattice(spec: Typed) -> None:
    spec("setrlat 2*PI PI PI 90 90 90")
    assert spec("print g_aa, g_bb, g_cc, UB[0]") == "1 2 2 6.28319\n"
    spec.keys = ["2", "", "", "", "", ""]
    assert "space lattice parameters:\n Lattice a* (6.28319)?  Lattice b* (3.14159)? " in spec("setrlat")
    assert spec("print g_aa") == "3.14159\n"


def test_two_reflections_found_on_the_diffractometer_make_the_orientation(spec: Typed) -> None:
    spec("setlat 5.431 5.431 5.431 90 90 90")
    assert spec("umv chi -80 phi 10; or0 0 0 2").endswith(
        "(UB recalculated from orientation reflections and lattice.)\n"
    )
    spec("umv chi 5 phi 20; or1 1 0 0")
    spec("umv chi -80 phi 10; getangles; calcHKL")

    assert spec('printf("%.4f %.4f %g", H, K, L > 0)') == "0.0000 0.0000 1"
    assert spec("print g_l0, g_u02, g_u03, g_h1, g_u12, g_u13, g_lambda0") == "2 -80 10 1 5 20 1.54\n"


def test_setor0_asks_for_angles_and_indices(spec: Typed) -> None:
    spec.keys = ["", "", "10", "", "", "1", ""]
    assert spec("setor0") == (
        "Enter primary-reflection angles:\n Two Theta (60)?  Theta (30)?  Chi (0)?  Phi (0)? \n"
        "Enter primary-reflection HKL coordinates:\n H (1)?  K (0)?  L (0)? "
        "(UB recalculated from orientation reflections and lattice.)\n"
    )
    assert spec("print g_u02, g_k0, A[chi]") == "10 1 -90\n"


def test_or_swap_exchanges_the_reflections(spec: Typed) -> None:
    spec("g_lambda0 = 1; or_swap")
    assert spec("print g_h0, g_k0, g_u03, g_lambda0, g_h1, g_k1, g_u13, g_lambda1") == "0 1 -90 1.54 1 0 0 1\n"


def test_parallel_reflections_leave_ub_as_it_was(spec: Typed) -> None:
    assert "No orientation matrix: the orientation reflections are parallel." in spec("or0 0 2 0")
    assert spec("print UB[0], g_k0") == "4.07999 2\n"  # the next or1 may make it a pair


def test_setaz_sets_what_azimuths_refer_to(spec: Typed) -> None:
    assert spec("setaz 1 0 0").endswith("Azimuthal Reference reset from 0 0 1 to 1 0 0.\n")
    spec.keys = ["", "1", ""]
    assert "\nAzimuthal Reference:\n H (1)?  K (0)?  L (0)? " in spec("setaz")
    assert spec("print g_haz, g_kaz, g_laz") == "1 1 0\n"
    assert spec("setaz 1 1 0") == ""  # as it was: nothing to tell


# ---- modes ----


def test_setmode_shows_a_menu(spec: Typed) -> None:
    spec.keys = ["3"]
    assert spec("setmode").startswith(
        "Choose a four-circle geometry mode:\n\n0 Omega equals zero\n1 Omega fixed\n2 Zone (Chi and Phi fixed)\n"
        "3 Phi fixed (Three-circle)\n4 Azimuth fixed\n5 Alpha fixed\n6 Beta fixed\n7 Theta fixed\n\nYour choice (0)? "
    )
    assert spec("print g_mode") == "3\n"


def test_setsector_says_what_is_used(spec: Typed) -> None:
    assert spec("setsector 4") == "Now using sector 4.\n"
    spec.keys = ["0"]
    assert spec("setsector") == "\nGeometry sector (4)? Now using no sector transformations.\n"


def test_freeze_keeps_what_is_given_or_what_is(spec: Typed) -> None:
    spec("setmode 3")
    assert re.fullmatch(DATE + r"\.  Freezing Phi at 45\.\n", spec("freeze 45"))
    spec("ubr 1 0 0")
    assert spec.position("phi") == 45.0
    spec("umv phi 10; freeze; ubr 1 0.1 0")
    assert spec.position("phi") == 10.0
    spec("umv phi 20; ubr 1 0 0")
    assert spec.position("phi") == 10.0
    spec("unfreeze; umv phi 20; ubr 1 0 0")
    assert spec.position("phi") == 20.0


def test_a_zone_keeps_two_angles(spec: Typed) -> None:
    spec("umv chi 0; setmode 2")
    assert [line.partition(".  ")[2] for line in spec("freeze").splitlines()] == [
        "Freezing Chi at 0.",
        "Freezing Phi at 0.",
    ]
    spec("ubr 1 0.5 0")
    assert positions(spec)[2:] == [0.0, 0.0]
    assert "Frozen values:  Chi = 0  Phi = 0\n" in spec("pa")
    assert "it is not in the zone of chi = 0 and phi = 0." in spec("br 1 0 0.5")


def test_cuts_are_set_for_all_circles(spec: Typed) -> None:
    assert "Cut point of phi reset from -180 to 0." in spec("cuts -180 -180 -180 0")
    assert spec("ca 0 1 0").endswith("  60.0000   30.0000    0.0000  270.0000\n")
    spec.keys = ["", "", "", "-180"]
    assert "\nCut Points:\n Two Theta (-180)?  Theta (-180)?  Chi (-180)?  Phi (0)? " in spec("cuts")
    assert "     -180 -180 -180 -180\n" in spec("pa")


# ---- energy ----


def test_the_energy_sets_the_wavelength_and_moves_nothing(spec: Typed) -> None:
    assert spec("set_E 12.39842").endswith("Lambda reset from 1.54 to 1.\n")
    assert not spec.beamline.instrument.moving
    spec.keys = ["6.19921"]
    assert spec("setmono").startswith(" Energy in keV (12.3984)? ")
    assert spec("print LAMBDA") == "2\n"


def test_an_unchanged_energy_is_not_told(spec: Typed) -> None:
    assert spec("set_E") == " Energy in keV (8.05092)? "


def test_the_energy_motor_leaves_the_wavelength_until_asked(spec: Typed) -> None:
    spec("umv en 12.39842")
    assert spec("print LAMBDA") == "1.54\n"
    assert spec("calcE; print LAMBDA") == "1\n"


# ---- hooks and the data file ----


def test_the_hooks_of_calculating_and_of_changing(spec: Typed) -> None:
    spec('cdef("user_save_HKL", \'print "hkl", L;\'); cdef("user_savegeo", \'print "changed";\')')
    assert spec("getangles; calcHKL") == "hkl 1\n"
    assert spec("setmode 1").endswith("changed\n")
    assert spec("or0 0 0 1; or1 1 0 0").count("changed") == 1  # parallel angles: there was no new UB


def test_what_was_changed_is_kept_in_the_data_file(spec: Typed, tmp_path: Path) -> None:
    spec('DATAFILE = "data"; setlat 3.888 3.888 3.888 90 90 90; setlat 3.876 3.888 3.888 90 90 90')
    spec("setmode 5; setmode 3; freeze 0; unfreeze; setsector 4; setaz 1 0 0; cuts 0 -180 -180 -180; set_E 12.39842")
    spec("umv chi 10; or0 1 0 0; setmode 3")

    lines = (tmp_path / "data").read_text().splitlines()
    assert all(re.match(r"#C " + DATE + r"\.  ", line) for line in lines)
    assert [line.partition(".  ")[2] for line in lines] == [
        "g_aa reset from 1.54 to 3.888.",
        "g_bb reset from 1.54 to 3.888.",
        "g_cc reset from 1.54 to 3.888.",
        "g_aa reset from 3.888 to 3.876.",
        "Mode reset from 0 to 5.",
        "Mode reset from 5 to 3.",
        "Freezing Phi at 0.",
        "Frozen values are off.",
        "Sector reset from 0 to 4.",
        "Azimuthal Reference reset from 0 0 1 to 1 0 0.",
        "Cut point of tth reset from -180 to 0.",
        "Lambda reset from 1.54 to 1.",
        "g_u02 reset from 0 to 10.",
        "g_lambda0 reset from 1.54 to 1.",
    ]


def test_every_macro_for_reciprocal_space_says_when_there_is_none(spec: Typed) -> None:
    text = "There is no reciprocal space here: this beamline has no geometry.\n"
    spec("def _has_geo() '{ return(0) }'")
    for command in (
        "wh", "pa", "br 1 0 0", "ubr 1 0 0", "mk 1 0 0", "mi 1 0 0", "ca 1 0 0", "cal 1 0 0", "ci 1 1 1 1", "setlat",
        "setrlat", "or0 1 0 0", "or1 1 0 0", "setor0", "setor1", "or_swap", "setaz", "setmode", "setsector", "freeze",
        "unfreeze", "cuts", "set_E", "setmono", "calcE",
    ):  # fmt: skip
        assert spec(command) == text
