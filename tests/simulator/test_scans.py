"""Scans as they are typed: what the screen shows, which hooks are called, where the motors are (SPEC_LANGUAGE.md 8)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from tests.support.typed import DATE, Typed

from pycertifspec.simulator.datafile import read_file
from pycertifspec.simulator.language import Function, MacroInterruptError, SpecLanguageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pycertifspec.simulator.language import Interpreter


@pytest.fixture
def spec(tmp_path: Path) -> Iterator[Typed]:
    typed = Typed(tmp_path, [])

    def pressed(_: Interpreter) -> float:
        typed.beamline.interrupt()
        return 0.0

    typed.beamline.interpreter.functions.register(Function("press_control_c", pressed, 0, 0))
    yield typed
    typed.beamline.close()


def number(spec: Typed, expression: str) -> float:
    spec(f"__x = {expression}")
    return float(spec.beamline.interpreter.get("__x"))


def column(screen: str, label: str) -> list[float]:
    """The values below a label that fills its column."""
    lines = screen.splitlines()
    head = next(n for n, line in enumerate(lines) if line.startswith("  #"))
    end = lines[head].index(label) + len(label)
    rows = [line for line in lines[head + 1 :] if re.match(r" *\d+ ", line)]
    return [float(line[:end].split()[-1]) for line in rows]


# ---- the screen ----


def test_a_scan_shows_its_points_as_measured(spec: Typed) -> None:
    shown = spec("ascan samx -1 1 2 0.5")

    assert re.fullmatch(
        rf"Total 3 points, 1\.5 seconds\n\nScan   1   {DATE}   \*\*NO DATA FILE\*\*  fourc  user = \w*\n"
        r"ascan  samx -1 1  2 0\.5\n\n  #  Sample X .* Detector +Monitor    Seconds\n"
        r"  0   -1\.0000 +0 +0 +1 +\d+ +\d+        0\.5\n"
        r"  1    0\.0000 .* +\d+ +\d+        0\.5\n"
        r"  2    1\.0000 .* +\d+ +\d+        0\.5\n",
        shown,
    )


def test_a_preset_in_monitor_counts_has_no_duration(spec: Typed) -> None:
    shown = spec("ascan samx -1 1 2 -1000")
    assert shown.startswith("\nScan   1 ")
    assert column(shown, "Monitor") == [1000.0] * 3
    assert all(0.01 < seconds < 0.03 for seconds in column(shown, "Seconds"))


def test_a_relative_scan_brings_its_motor_back_and_says_so(spec: Typed) -> None:
    shown = spec("umv samx 7.78; dscan samx -0.5 0.5 4 0.1")
    assert "\nascan  samx 7.28 8.28  4 0.1\n" in shown
    assert column(shown, "Sample X") == [7.28, 7.53, 7.78, 8.03, 8.28]
    assert shown.endswith("\n\nReturning samx to 7.78\n")
    assert spec.position("samx") == 7.78


def test_an_absolute_scan_leaves_its_motor_at_the_last_point(spec: Typed) -> None:
    spec("ascan samx 0 1 4 0.1")
    assert spec.position("samx") == 1.0


@pytest.mark.parametrize(
    ("command", "heading"),
    [
        ("ascan samx 0 1 samy 1 2 4 .1", "ascan  samx 0 1  samy 1 2  4 0.1"),
        ("a2scan samx 0 1 samy 1 2 4 .1", "a2scan  samx 0 1  samy 1 2  4 0.1"),
        ("a3scan samx 0 1 samy 1 2 samz 2 3 4 .1", "a3scan  samx 0 1  samy 1 2  samz 2 3  4 0.1"),
        ("d2scan samx 0 1 samy 1 2 4 .1", "a2scan  samx 0 1  samy 1 2  4 0.1"),
        ("lup samx -1 1 4 .1", "ascan  samx -1 1  4 0.1"),
        ("th2th -.1 .1 2 .1", "a2scan  tth 59.9 60.1  th 29.95 30.05  2 0.1"),
        ("mesh samx 0 1 2 samy 1 2 3 .1", "mesh  samx 0 1 2  samy 1 2 3  0.1"),
        ("loopscan 3 .1", "loopscan 3 0.1 0"),
        ("Escan 8.9 9 4 .1", "Escan 8.9 9 4 0.1"),
        ("loopscan 3 .1 .5", "loopscan 3 0.1 0.5"),
        ("{ local q; q = 4; ascan samx q/4 q/2 q .1 }", "ascan  samx 1 2  4 0.1"),
        ("def go(x) '{ ascan samx x x+1 2 .1 }'; go(1)", "ascan  samx 1 2  2 0.1"),
        ('ascan motor_num("samx") 0 1 2 .1', "ascan  samx 0 1  2 0.1"),
    ],
)
def test_a_scan_s_heading_says_what_was_asked_for(spec: Typed, command: str, heading: str) -> None:
    assert f"\n{heading}\n" in spec(command)
    assert spec.beamline.interpreter.get("HEADING") == heading


def test_in_a_mesh_the_first_motor_is_the_fast_one(spec: Typed) -> None:
    shown = spec("mesh samx 0 1 2 samy 5 6 1 .1")
    assert column(shown, "Sample X") == [0, 0.5, 1, 0, 0.5, 1]
    assert column(shown, "Sample Y") == [5, 5, 5, 6, 6, 6]


def test_a_loopscan_s_first_column_is_the_time(spec: Typed) -> None:
    times = column(spec("loopscan 3 1 2"), "Time")
    assert [round(time) for time in times] == [0, 3, 6]


def test_positions_are_shown_while_the_motors_of_a_scan_move_if_that_is_wanted(spec: Typed) -> None:
    shown = spec("_upd_flg = 1; ascan samx 0 1 1 .1")
    assert "\r   1.0000\n" in shown


def test_a_scan_waits_before_it_counts_if_that_is_wanted(spec: Typed) -> None:
    def took(command: str) -> float:
        before = spec.beamline.clock.now()
        spec(command)
        return spec.beamline.clock.now() - before

    quick = took("ascan samx 0 1 1 .1; umv samx 0")
    assert took("_sleep = 5; ascan samx 0 1 1 .1; umv samx 0") == pytest.approx(quick + 10, abs=0.1)


def test_a_timescan_goes_on_until_it_is_interrupted(spec: Typed) -> None:
    spec('cdef("user_scan_loop", "if (NPTS == 1500) press_control_c();")')
    shown = spec("timescan 0.01")
    assert isinstance(spec.value, MacroInterruptError)
    assert "Total" not in shown  # nobody knows how many points there will be
    assert [line.split()[-1] for line in shown.splitlines() if re.match(r" *\d+ ", line)] == ["0.01"] * 1500
    assert number(spec, "SCAN_D[1499][2]") == 0.01


def test_more_counters_are_shown_when_they_are_selected(spec: Typed) -> None:
    spec("plotselect fluo pin")
    shown = spec("ascan samx 0 1 1 .1")
    assert "Detector" in shown
    assert "Fluores" in shown
    assert len(column(shown, "Pin Diod")) == 2  # narrow columns: wide ones would not fit into the screen


# ---- reciprocal space ----


@pytest.mark.parametrize(
    ("command", "heading", "path"),
    [
        ("hscan 0 0.1 2 .1", "hscan  0 0.1  2 0.1", [(0, 0, 1), (0.05, 0, 1), (0.1, 0, 1)]),
        ("kscan 0 0.1 1 .1", "kscan  0 0.1  1 0.1", [(0, 0, 1), (0, 0.1, 1)]),
        ("lscan 0.9 1.1 2 .1", "lscan  0.9 1.1  2 0.1", [(0, 0, 0.9), (0, 0, 1), (0, 0, 1.1)]),
        ("hklscan 0 .1 0 .2 1 .9 1 -100", "hklscan  0 0.1  0 0.2  1 0.9  1 -100", [(0, 0, 1), (0.1, 0.2, 0.9)]),
        (
            "hklmesh H 0 .1 1 L 1 1.1 1 .1",
            "hklmesh  H 0 0.1 1  L 1 1.1 1  0.1",
            [(0, 0, 1), (0.1, 0, 1), (0, 0, 1.1), (0.1, 0, 1.1)],
        ),
        ("hlcircle 1 0 90 2 .1", "hlcircle  1 0 90  2 0.1", [(1, 0, 0), (0.70711, 0, 0.70711), (0, 0, 1)]),
        ("hkcircle 1 0 90 1 .1", "hkcircle  1 0 90  1 0.1", [(1, 0, 1), (0, 1, 1)]),
        ("klcircle 1 90 60 1 .1", "klcircle  1 90 60  1 0.1", [(0, 0, 1), (0, 0.5, 0.86603)]),
        ("hkradial 45 0.1 0.2 1 .1", "hkradial  45 0.1 0.2  1 0.1", [(0.070711, 0.070711, 1), (0.14142, 0.14142, 1)]),
        ("hlradial 90 1 1.1 1 .1", "hlradial  90 1 1.1  1 0.1", [(0, 0, 1), (0, 0, 1.1)]),
        ("klradial 90 1 1.1 1 .1", "klradial  90 1 1.1  1 0.1", [(0, 0, 1), (0, 0, 1.1)]),
    ],
)
def test_a_scan_through_reciprocal_space_takes_its_path(
    spec: Typed, command: str, heading: str, path: list[tuple[float, float, float]]
) -> None:
    shown = spec(command)

    assert f"\n{heading}\n" in shown
    taken = list(zip(*(column(shown, index) for index in ("H", "K", "L")), strict=True))
    assert [pytest.approx(point, abs=2e-4) for point in path] == taken


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("hscan 0 5 5 1", "Impossible reflection"),
        ("hscan 0 1", "Usage:  hscan start finish intervals time\n"),
        ("hklmesh X 0 1 1 K 0 1 1 1", "Invalid index: X\n"),
        ("hklscan 0 1", "Usage:  hklscan h_start h_finish k_start k_finish l_start l_finish intervals time\n"),
        ("lscan 1 1.9 0 1", "Intervals <= 0\n"),
        ("lscan 1 1.98 2 1", "Two Theta will exceed high limit at 163.7"),
    ],
)
def test_a_path_that_cannot_be_reached_is_refused_before_anything_moves(
    spec: Typed, command: str, message: str
) -> None:
    before = [motor.position for motor in spec.beamline.instrument.motors]
    assert spec(command).startswith(message)
    assert [motor.position for motor in spec.beamline.instrument.motors] == before
    assert number(spec, "SCAN_N") == 0


def test_without_a_geometry_there_are_no_hkl_columns_and_no_hkl_scans(tmp_path: Path) -> None:
    typed = Typed(tmp_path, [], name="spec")
    shown = typed("ascan samx 0 1 1 .1")
    assert "  #  Sample X    Detector     Monitor    Seconds\n" in shown
    assert typed("hscan 0 1 1 1") == "There is no reciprocal space here: this beamline has no geometry.\n"
    typed.beamline.close()


# ---- what is refused ----


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("ascan", "Usage:  ascan motor start finish [motor start finish ...] intervals time\n"),
        ("ascan samx 0 1", "Usage:  ascan motor start finish [motor start finish ...] intervals time\n"),
        ("a2scan samx 0 1 4 .1", "Usage:  a2scan motor1 start1 finish1 motor2 start2 finish2 intervals time\n"),
        ("dscan samx", "Usage:  dscan motor start finish [motor start finish ...] intervals time\n"),
        ("mesh samx 0 1", "Usage:  mesh motor1 start1 finish1 intervals1 motor2 start2 finish2 intervals2 time\n"),
        ("loopscan", "Usage:  loopscan points time [sleep]\n"),
        ("th2th 1", "Usage:  th2th tth_start_rel tth_finish_rel intervals time\n"),
        ("ascan tth 1 2 0 1", "Intervals <= 0\n"),
        ("mesh samx 0 1 2 samy 0 1 0 1", "Intervals <= 0\n"),
        ("ascan foo 0 1 4 1", "Invalid motor name: foo\n"),
        ("ascan samx nosuch 1 4 1", "Invalid position: nosuch\n"),
        ("ascan samx 0 1 nosuch 1", "Invalid number: nosuch\n"),
        ("ascan samx 0 100 4 1", "Sample X will exceed high limit at 100.  Limit is at 25.\n"),
        ("mesh samx 0 1 2 samy -99 1 2 1", "Sample Y will exceed low limit at -99.  Limit is at -25.\n"),
    ],
)
def test_a_scan_that_cannot_be_is_refused_before_anything_moves(spec: Typed, command: str, message: str) -> None:
    before = [motor.position for motor in spec.beamline.instrument.motors]
    assert spec(command) == message
    assert isinstance(spec.value, SpecLanguageError)
    assert [motor.position for motor in spec.beamline.instrument.motors] == before
    assert number(spec, "SCAN_N") == 0


# ---- hooks ----

HOOKS = (
    "user_prescan_head", "user_postscan_head", "user_premove", "user_postmove", "user_waitmove", "user_getangles",
    "measure0", "user_precount", "user_waitcount", "user_getcounts", "user_postcount", "measure2", "user_scan_loop",
    "user_scan_plot", "Ftail", "user_scan_tail", "spec_scan_tail",
)  # fmt: skip


def test_the_hooks_are_called_in_the_documented_order(spec: Typed) -> None:  # 2.8
    spec('DATAFILE = "x"; global said')
    for hook in HOOKS:
        spec(f'cdef("{hook}", \'said = said "{hook} ";\')')
    spec('said = ""; ascan samx 0 1 1 .1')

    said = str(spec.beamline.interpreter.get("said")).split()
    first = said.index("user_premove")
    point = ["user_premove", "user_postmove", "user_waitmove", "user_getangles", "measure0", "user_precount",
             "user_waitcount", "user_getcounts", "user_postcount", "measure2", "user_scan_loop",
             "user_scan_plot"]  # fmt: skip
    assert [hook for hook in said[:first] if "scan_head" in hook] == ["user_prescan_head", "user_postscan_head"]
    assert said[first:] == [*point, *point, "Ftail", "user_scan_tail", "spec_scan_tail"]


def test_a_site_may_replace_the_steps_and_the_counting_of_a_scan(spec: Typed) -> None:
    spec("def scan_move '{ _move; print \"moved\" }'; def measure1 '{ S[det] = 7; S[sec] = 1 }'")
    shown = spec("ascan samx 0 1 1 .1")
    assert shown.count("moved\n") == 2
    assert column(shown, "Detector") == [7, 7]


def test_a_site_s_own_scan_macro_may_use_the_public_steps(spec: Typed) -> None:
    spec("""
def uascan '{
    if ($# != 5) { print "Usage: uascan motor start finish intervals time"; exit }
    _check0 "$1"
    { _m1 = $1; _s1 = $2; _f1 = $3; _n1 = int($4); _ctime = $5 }
    if (_n1 <= 0) { print "Intervals <= 0"; exit }
    _bad_lim = 0
    _chk_lim _m1 _s1
    _chk_lim _m1 _f1
    if (_bad_lim) exit
    HEADING = sprintf("uascan  %s %g %g  %g %g", motor_mne(_m1), _s1, _f1, _n1, _ctime)
    _d1 = (_f1 - _s1) / _n1++
    _cols = 1
    X_L = motor_name(_m1)
    Y_L = cnt_name(DET)
    _stype = 1 | (1 << 8)
    FPRNT = sprintf("%s  ", motor_name(_m1))
    VPRNT = sprintf("%9.9s ", motor_name(_m1))
    PPRNT = ""
    scan_head
    def _scan_on \\'
        for (; NPTS < _n1; NPTS++) {
            A[_m1] = _s1 + NPTS * NPTS * _d1 / (_n1 - 1)
            scan_move
            FPRNT = sprintf("%.8g ", A[_m1])
            VPRNT = sprintf("%9.4f ", A[_m1])
            scan_loop
            scan_data(NPTS, A[_m1])
            scan_plot
        }
        scan_tail
    \\'
    scan_on
}'
""")
    shown = spec('DATAFILE = "x"; uascan samx 0 1 4 .1')
    assert column(shown, "Sample X") == [0, 0.063, 0.25, 0.563, 1]  # rounded to a step


# ---- interrupted and gone on with ----


def test_an_interrupted_relative_scan_returns_its_motors(spec: Typed) -> None:
    spec('umv samx 3; cdef("user_scan_loop", "if (NPTS == 2) press_control_c();")')
    shown = spec("dscan samx -1 1 4 .1")
    assert isinstance(spec.value, MacroInterruptError)
    assert "Returning samx to 3\n" in shown
    assert re.search(rf"{DATE}\.  Scan aborted after 2 points\.\n", shown)
    assert spec.position("samx") == 3


def test_a_scan_is_noted_as_aborted_although_another_control_c_ends_the_way_back(spec: Typed, tmp_path: Path) -> None:
    spec('newfile back; umv samx 3; global stopped; cdef("user_premove", "if (stopped) press_control_c();")')
    spec('cdef("user_scan_loop", "if (NPTS == 1) { stopped = 1; press_control_c() };")')
    assert "Scan aborted after 1 points.\n" in spec("dscan samx -1 1 4 .1")
    assert (tmp_path / "back").read_text().endswith(".  Scan aborted after 1 points.\n")
    assert spec.position("samx") == 2.5


def test_who_types_control_c_sees_that_and_not_in_which_line_of_which_macro(spec: Typed) -> None:
    spec('cdef("user_precount", "press_control_c(); sleep(1);")')
    assert "^C\n" in spec("ascan samx 0 1 1 .1")


def test_a_point_that_is_counted_when_somebody_interrupts_has_been_shown(spec: Typed) -> None:
    spec("""rdef Fout '(NPTS == 1 && press_control_c() ? "" : "")'; DATAFILE = "points";""")

    shown = spec("ascan samx 0 4 4 .1")

    assert isinstance(spec.value, MacroInterruptError)
    rows = [line.split()[0] for line in shown.splitlines() if re.match(r" +\d+ ", line)]
    assert rows == ["0", "1"]
    assert "Scan aborted after 2 points.\n" in shown
    assert number(spec, "NPTS") == 2


def test_an_interrupted_scan_is_gone_on_with_where_it_stopped(spec: Typed) -> None:
    spec('cdef("user_scan_loop", "if (NPTS == 2) press_control_c();", "stop")')
    spec("ascan samx 0 4 4 .1")
    spec('cdef("user_scan_loop", "", "stop", "delete")')

    shown = spec("resume")

    assert "Scan continued.\n" in shown
    assert [line.split()[:2] for line in shown.splitlines() if re.match(r" +\d", line)] == [
        ["2", "2.0000"], ["3", "3.0000"], ["4", "4.0000"]]  # fmt: skip
    assert number(spec, "SCAN_N") == 1
    assert spec("resume") == "There is no scan to go on with.\n"


def test_the_right_scan_is_gone_on_with_when_two_stand_in_one_block(spec: Typed) -> None:
    spec('cdef("user_scan_loop", "if (NPTS == 1 && SCAN_N == 1) press_control_c();", "stop")')
    spec("{ ascan samx 0 2 2 .1; loopscan 3 .1 }")
    spec('cdef("user_scan_loop", "", "stop", "delete")')
    spec("resume")
    assert spec.position("samx") == 2


def test_an_error_in_a_scan_aborts_it_too(spec: Typed) -> None:
    spec('cdef("user_scan_loop", "if (NPTS == 1) 1/0;")')
    shown = spec("ascan samx 0 2 2 .1")
    assert "Scan aborted after 1 points.\n" in shown


def test_a_site_s_abort_hooks_are_called(spec: Typed) -> None:  # 2.8
    spec('rdef _cleanup2 \'print "two"\'; rdef _cleanup3 \'print "three"\'; cdef("user_scan_abort", \'print "one";\')')
    spec('cdef("user_scan_loop", "exit;")')
    assert spec("ascan samx 0 2 2 .1").endswith("one\ntwo\nthree\n")


# ---- the points as numbers, and what the curve is like ----


def test_the_points_are_kept_and_the_curve_is_described(spec: Typed) -> None:
    spec("umv samx 0; ascan th 29.9 30.1 20 .1")

    assert number(spec, "NPTS") == 21
    assert number(spec, "LDT") == 20
    assert number(spec, "SCAN_D[10][0]") == pytest.approx(30)
    assert spec.beamline.interpreter.get("SCAN_COLS", "0") == "Theta"
    assert number(spec, "CEN") == pytest.approx(30, abs=0.005)
    assert number(spec, "pl_xMAX") == pytest.approx(30, abs=0.011)
    assert number(spec, "pl_FWHM") == pytest.approx(0.05, rel=0.3)
    assert spec("plot_res").startswith("Peak at ")


# ---- tw ----


def test_tw_moves_as_it_is_told_and_ends_at_anything_else(spec: Typed) -> None:
    spec.keys[:] = ["+", "p", "0.5", "-", "q"]
    shown = spec("tw samx 0.1")
    assert spec.position("samx") == pytest.approx(-0.3)
    assert "samx = 0.2, step 0.5 (+)? " in shown


def test_tw_does_not_go_on_when_nobody_types_any_more(spec: Typed) -> None:
    spec.keys[:] = ["+"]
    spec("tw samx 0.1")
    assert spec.position("samx") == pytest.approx(0.1)


def test_tw_counts_after_each_move_when_it_is_given_a_time(spec: Typed) -> None:
    spec.keys[:] = ["+", "q"]
    assert "     Seconds = 0.5\n" in spec("tw samx 0.1 0.5")


# ---- a time of 0, and going on ----

TIMELESS = (
    "ascan samx 0 1 2 0",
    "dscan samx -1 1 2 0",
    "mesh samx 0 1 1 samy 0 1 1 0",
    "th2th -1 1 2 0",
    "loopscan 3 0",
    "hscan 0 0.1 2 0",
    "hklscan 0 0.1 0 0 1 1 2 0",
    "hklmesh H 0 0.1 1 K 0 0.1 1 0",
    "hkcircle 0.1 0 90 2 0",
    "hkradial 0 0.1 0.2 2 0",
)


@pytest.mark.parametrize("command", TIMELESS)
def test_a_time_of_0_is_the_default_time_in_screen_and_file_too(spec: Typed, tmp_path: Path, command: str) -> None:
    spec("newfile timeless; COUNT = 0.25")
    shown = spec(command)
    assert set(column(shown, "Seconds")) == {0.25}
    (scan,) = read_file(tmp_path / "timeless").scans
    assert scan.preset is not None
    assert scan.preset.value == 0.25
    assert set(scan.column("Seconds").tolist()) == {0.25}
    assert " 0.25" in scan.command


def test_a_default_time_that_is_negative_is_monitor_counts(spec: Typed, tmp_path: Path) -> None:
    spec("newfile counts; COUNT = -500")
    assert column(spec("loopscan 2 0"), "Monitor") == [500.0, 500.0]
    assert "\n#M 500  (Monitor)\n" in (tmp_path / "counts").read_text()


@pytest.mark.parametrize("word", ["resume", "scan_on"])
def test_scan_on_is_the_older_name_of_resume(spec: Typed, tmp_path: Path, word: str) -> None:
    spec("newfile on")
    assert spec(word) == "There is no scan to go on with.\n"
    spec('cdef("user_scan_loop", "if (NPTS == 1) exit;", "once"); ascan samx 0 2 2 0.1')
    spec('cdef("user_scan_loop", "", "once", "delete")')

    shown = spec(word)

    assert re.match(rf"{DATE}\.  Scan continued\.\n  1 ", shown)
    assert re.search(rf"#C {DATE}\.  Scan continued\.\n1 0 ", (tmp_path / "on").read_text())
    assert spec(word) == "There is no scan to go on with.\n"


def test_a_scan_of_more_points_than_can_be_held_uses_up_no_number(spec: Typed) -> None:
    assert "exceeds the limit" in spec("loopscan 1e9 .1")
    assert "Scan   1 " in spec("loopscan 1 .1")


def test_a_scan_that_was_refused_in_its_head_cannot_be_gone_on_with(spec: Typed) -> None:
    spec('cdef("user_scan_loop", "if (NPTS == 1) exit;", "once"); ascan samx 0 2 2 0.1')
    spec('cdef("user_postscan_head", "exit;", "no")')
    spec("ascan samx 0 2 2 0.1")
    assert spec("scan_on") == "There is no scan to go on with.\n"


def test_the_energy_motor_is_the_one_that_the_site_names_for_scans_and_for_the_wavelength(spec: Typed) -> None:
    shown = spec('ENERGY_MOTOR = "samx"; umv samx 10; Escan 11 12 1 .1; calcE; print LAMBDA')
    assert "\n  #  Sample X " in shown
    assert shown.endswith("\n1.0332\n")


def test_counts_on_the_screen_have_all_their_digits(spec: Typed) -> None:
    spec('cdef("user_getcounts", "S[det] = 12345678; S[mon] = 0.12345678; S[sec] = 1e11;")')
    assert "    12345678    0.123457      1e+11\n" in spec("loopscan 1 1")
    spec('cdef("user_getcounts", "S[det] = 0/1; S[mon] = -7; S[sec] = exp(1000);")')
    assert "           0          -7        inf\n" in spec("loopscan 1 1")
