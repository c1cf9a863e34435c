"""The standard macros for motors and counting, run by a beamline whose screen is a list (SPEC_LANGUAGE.md 7)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from tests.support.typed import DATE, Typed

from pycertifspec.simulator.language import SpecLanguageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def spec(tmp_path: Path) -> Iterator[Typed]:
    typed = Typed(tmp_path, [])
    yield typed
    typed.beamline.close()


# ---- moving (SPEC_LANGUAGE.md 7.2) ----


def test_mv_starts_and_returns_without_a_word(spec: Typed) -> None:
    assert spec("mv tth 61 th 30.5") == ""
    assert spec.beamline.instrument.moving
    spec("waitmove")
    assert (spec.position("tth"), spec.position("th")) == (61.0, 30.5)


@pytest.mark.parametrize(
    ("command", "position"),
    [
        ("mv tth 61", 61.0),
        ("mv 0 61", 61.0),
        ('mv motor_num("tth") 61', 61.0),
        ("mvr tth 2", 62.0),
        ("mvr tth -2", 58.0),
        ("umv tth 1+2*3", 7.0),
        ("umv tth A[th]", 30.0),
        ("umvr tth 0.5", 60.5),
        ("set tth 0; umvd tth 61", 1.0),
        ("set tth 0; mvd tth 62", 2.0),
        ("{ local where; where = 61; mv tth where }", 61.0),
        ("def go(where) '{ mv tth where }'; go(61)", 61.0),
        ("def go 'mv $1 $2+1'; go tth 60", 61.0),
    ],
)
def test_a_position_is_an_expression_and_may_use_local_variables(spec: Typed, command: str, position: float) -> None:
    spec(f"{command}; waitmove")
    assert spec.position("tth") == pytest.approx(position)


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("mv", "Usage:  mv motor position [motor position ...]\n"),
        ("mv tth", "Usage:  mv motor position [motor position ...]\n"),
        ("umv tth 1 th", "Usage:  umv motor position [motor position ...]\n"),
        ("mv foo 5", "Invalid motor name: foo\n"),
        ("mv th 31 foo 5", "Invalid motor name: foo\n"),
        ("mv 99 5", "Invalid motor name: 99\n"),
        ("mv th nosuch", "Invalid position: nosuch\n"),
        ("mv th 31 tth 1000", "Two Theta at 1000 will exceed high limit at 160."),
        ("umv th 31 tth -1000", "Two Theta at -1000 will exceed low limit at -20."),
        ("mv th 31 tth 1e999", "Two Theta"),
    ],
)
def test_a_motion_that_cannot_be_moves_nothing_and_says_why(spec: Typed, command: str, message: str) -> None:
    assert message in spec(command)
    assert isinstance(spec.value, SpecLanguageError)
    assert not spec.beamline.instrument.moving
    assert spec.position("th") == 30.0


def test_umv_rewrites_a_line_of_positions_until_the_motors_stand(spec: Typed) -> None:
    shown = spec("umv tth 61 th 30.5")

    assert shown.startswith("\nTwo Theta     Theta\n  60.0000   30.0000\r")
    assert shown.endswith("\r  61.0000   30.5000\n\n")
    assert shown.count("\r") > 3


def test_positions_are_rounded_to_a_step(spec: Typed) -> None:
    spec("umv tth 61.00012")
    assert spec.position("tth") == 61.0


def test_moves_wait_for_motors_that_move(spec: Typed) -> None:
    spec("mv tth 61; mv tth 62; waitmove")
    assert spec.position("tth") == 62.0


def test_the_hooks_are_called_around_a_motion_and_a_count(spec: Typed) -> None:  # 2.8
    for hook in ("user_checkall", "user_premove", "user_postmove", "user_waitmove", "user_getangles",
                 "user_precount", "user_postcount", "user_waitcount", "user_getcounts"):  # fmt: skip
        spec(f'cdef("{hook}", \'print "{hook}";\')')

    assert spec("mv tth 61").split() == [
        "user_waitmove", "user_getangles", "user_checkall", "user_premove", "user_postmove"]  # fmt: skip
    assert spec("count 1").split() == ["user_precount", "user_waitcount", "user_getcounts", "user_postcount"]


def test_user_checkall_can_forbid_a_motion(spec: Typed) -> None:  # 2.8
    spec('cdef("user_checkall", \'{ print "no"; exit }\')')
    assert spec("mv tth 61") == "no\n"
    assert not spec.beamline.instrument.moving


def test_a_loop_that_only_looks_ends_where_time_is_a_jump(spec: Typed) -> None:
    spec("mv tth 61; while (wait(0x21)) ; tcount(1); while (wait(0x22)) ;")
    assert spec.position("tth") == 61.0
    spec("mv tth 62; getangles; while (A[tth] != 62) getangles; t = time(); while (time() < t + 1) ;")
    assert spec.position("tth") == 62.0


# ---- showing (SPEC_LANGUAGE.md 7.3) ----


def test_wu_shows_all_user_positions_in_groups(spec: Typed) -> None:
    lines = spec("wu").splitlines()

    assert lines[:5] == [
        "",
        "Current Positions",
        "Two Theta     Theta       Chi       Phi  Slit Top Slit Bott Slit Outb Slit Inbo",
        "  60.0000   30.0000  -90.0000    0.0000    1.0000   -1.0000    1.0000   -1.0000",
        "",
    ]
    assert len(lines) == 8


def test_wa_shows_user_and_dial_positions(spec: Typed) -> None:
    spec("set tth 5")
    lines = spec("wa").splitlines()

    assert lines[1] == "Current Positions  (user, dial)"
    assert [line[:29] for line in lines[2:6]] == [
        "Two Theta     Theta       Chi",
        "      tth        th       chi",
        "   5.0000   30.0000  -90.0000",
        "  60.0000   30.0000  -90.0000",
    ]


def test_wm_shows_positions_and_limits(spec: Typed) -> None:
    spec("set_lm tth -180 180; set_lm th -90 90")

    assert (
        spec("wm tth th")
        == """
              Two Theta     Theta
                    tth        th
User
 High          180.0000   90.0000
 Current        60.0000   30.0000
 Low          -180.0000  -90.0000
Dial
 High          180.0000   90.0000
 Current        60.0000   30.0000
 Low          -180.0000  -90.0000

"""
    )


def test_wm_shows_the_limits_of_a_motor_whose_directions_are_opposed(spec: Typed) -> None:
    spec('motor_par(tth, "sign", -1); set tth -60; set_lm tth -100 10')
    rows = [line.split() for line in spec("wm tth").splitlines()]

    assert [row[-1] for row in rows[4:7]] == ["10.0000", "-60.0000", "-100.0000"]
    assert [row[-1] for row in rows[8:11]] == ["100.0000", "60.0000", "-10.0000"]


@pytest.mark.parametrize(("command", "message"), [("wm", "Usage:  wm motor"), ("wm foo", "Invalid motor name: foo")])
def test_wm_needs_motors(spec: Typed, command: str, message: str) -> None:
    assert message in spec(command)


def test_lm_lists_the_limits_of_all_motors(spec: Typed) -> None:
    rows = [line.split() for line in spec("lm").splitlines() if line]
    assert len(rows) == 1 + len(spec.beamline.instrument.motors)
    assert rows[1] == ["tth", "Two", "Theta", "-20.0000", "160.0000", "-20.0000", "160.0000"]
    spec("set_lm tth -100000 100000")
    assert {len(line) for line in spec("lm").splitlines() if line} == {9 + 1 + 9 + 4 * 13}  # columns, however far


# ---- setting (SPEC_LANGUAGE.md 7.4) ----


def test_set_changes_the_user_position_and_says_so(spec: Typed) -> None:
    assert re.fullmatch(DATE + r"\.  Two Theta reset from 60 to 5\.\n", spec("set tth 5"))
    assert spec.position("tth") == 5.0


def test_set_dial_changes_both_positions_and_says_so(spec: Typed) -> None:
    assert re.fullmatch(DATE + r"\.  Two Theta dial reset from 60 to 24\.526\.\n", spec("set_dial tth 24.526"))
    assert spec.position("tth") == 24.526


def test_set_lm_takes_user_units_in_any_order(spec: Typed) -> None:
    spec("set tth 0")
    assert "Two Theta limits reset to -10 10" in spec("set_lm tth 10 -10")
    reading = spec.beamline.instrument.motor("tth").read()
    assert (reading.low_limit, reading.high_limit) == (50.0, 70.0)


def test_set_lm_without_a_motor_asks_for_all(spec: Typed) -> None:
    spec.keys = ["-10", "100", "", ""]
    spec("set_lm")
    reading = spec.beamline.instrument.motor("tth").read()
    assert (reading.low_limit, reading.high_limit) == (-10.0, 100.0)


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("set tth", "Usage:  set motor position"),
        ("set_dial tth", "Usage:  set_dial motor position"),
        ("set_lm tth 1", "Usage:  set_lm motor low high"),
        ("set foo 1", "Invalid motor name: foo"),
        ("set_dial foo 1", "Invalid motor name: foo"),
        ("set_lm foo 1 2", "Invalid motor name: foo"),
        ("_check0 foo", "Invalid motor name: foo"),
    ],
)
def test_what_cannot_be_set_says_why(spec: Typed, command: str, message: str) -> None:
    assert message in spec(command)
    assert isinstance(spec.value, SpecLanguageError)


def test_what_was_set_is_kept_in_the_data_file(spec: Typed, tmp_path: Path) -> None:
    spec('DATAFILE = "data"; set tth 5; set_lm tth 0 10; com all is well')

    lines = (tmp_path / "data").read_text().splitlines()
    assert re.fullmatch(r"#C " + DATE + r"\.  Two Theta reset from 60 to 5\.", lines[0])
    assert [line.partition(".  ")[2] for line in lines[1:]] == ["Two Theta limits reset to 0 10.", "all is well"]


def test_chk_lim_counts_and_tells_what_is_outside(spec: Typed) -> None:
    shown = spec("_bad_lim = 0; _chk_lim tth 200; _chk_lim tth -30; _chk_lim tth 0; print _bad_lim")
    assert shown.splitlines() == [
        "Two Theta will exceed high limit at 200.  Limit is at 160.",
        "Two Theta will exceed low limit at -30.  Limit is at -20.",
        "2",
    ]


# ---- counting (SPEC_LANGUAGE.md 7.5) ----


def test_ct_shows_the_date_and_every_counter_with_its_rate(spec: Typed) -> None:
    lines = spec("ct 2").splitlines()

    assert lines[0] == ""
    assert re.fullmatch(DATE, lines[1])
    assert lines[2:4] == ["", "     Seconds = 2"]
    assert all(re.fullmatch(r"[ \w]{12} = [-\d.e+]+ \([-\d.e+]+/s\)", line) for line in lines[4:])
    assert len(lines) == 3 + len(spec.beamline.instrument.counters)
    assert lines[4].startswith("     Monitor = ")


def test_a_count_of_no_time_has_no_rates(spec: Typed) -> None:
    assert "/s)" not in spec("show_cnts")


@pytest.mark.parametrize(("preset", "what", "value"), [("", 0, 1), ("0.5", 0, 0.5), ("-500", 1, 500)])
def test_count_takes_seconds_or_monitor_counts_or_the_default(
    spec: Typed, preset: str, what: int, value: float
) -> None:
    assert spec(f"count {preset}") == ""
    spec(f"S[{what}]")
    assert spec.value == value


def test_uct_shows_the_counts_again_and_again_in_their_place(spec: Typed) -> None:
    shown = spec("uct 1")
    assert "s)\n" + 9 * "\x1b[A" + "\x1b[J\n" in shown
    seconds = [float(s) for s in re.findall(r"     Seconds = (.*)", shown)]
    assert len(seconds) > 3
    assert seconds == sorted(seconds)
    assert seconds[-1] == 1


def test_user_ct_is_called_at_the_end_and_cleanup_is_left_behind_by_nothing(spec: Typed) -> None:
    spec('cdef("user_ct", \'print "shown";\')')
    assert spec("ct 1").endswith("shown\n")
    assert "shown" not in spec("nosuchthing")


def test_counting_twice_at_once_is_refused(spec: Typed) -> None:
    assert "Cannot count" in spec("tcount(10); tcount(1)")


# ---- helpers (SPEC_LANGUAGE.md 7.1) ----


def test_simulation_is_switched_with_hooks(spec: Typed) -> None:  # 2.8, 6.7
    spec('cdef("user_onsim", \'print "on";\'); cdef("user_offsim", \'print "off";\')')
    assert spec("onsim; print set_sim(-1); offsim; print set_sim(-1)").split() == ["on", "1", "off", "0"]


def test_do_and_qdo_run_command_files(spec: Typed, tmp_path: Path) -> None:
    (tmp_path / "some.mac").write_text("y = y + 1\n")
    spec("y = 0; do some.mac\nqdo some.mac\nprint y, DOFILE")
    assert "".join(spec.shown).endswith("2 some.mac\n")
    assert 'Cannot read "none.mac".' in spec("do none.mac")
    assert "Usage:  do filename" in spec("do")
    assert "Usage:  qdo filename" in spec("qdo")
    assert 'Cannot read "none.mac".' in spec("qdo none.mac")


def test_do_leaves_a_comment_in_the_data_file(spec: Typed, tmp_path: Path) -> None:
    (tmp_path / "some.mac").write_text("y = 1\n")
    spec('DATAFILE = "data"; do some.mac')
    assert (tmp_path / "data").read_text().endswith(".  do some.mac.\n")


def test_directories_are_changed_and_shown(spec: Typed, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    assert spec("cd sub; pwd") == f"{tmp_path}/sub\n"
    assert spec("cd; pwd") == f"{tmp_path}\n"
    assert 'Cannot change to "nowhere".' in spec("cd nowhere")


def test_macros_are_saved_to_a_file(spec: Typed, tmp_path: Path) -> None:
    spec("def mine 'print 1'; savmac saved")
    assert "mine" in (tmp_path / "saved").read_text()
    assert spec("print 2") == "2\n"
    spec("def other 'print 3'; savmac some mine o?her")
    assert re.findall(r"^def (\w+)", (tmp_path / "some").read_text(), re.MULTILINE) == ["mine", "other"]
    assert "Usage:  savmac" in spec("savmac")
    assert 'Cannot write "../x"' in spec("savmac ../x")


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ('is_macro("mv")', 1.0), ('is_macro("nosuch")', 0.0), ('global gg; unset("gg")', 1.0), ('motor_num("th")', 1.0),
        ('motor_num("nosuch")', -1.0), ("motor_name(99)", "?"), ("cnt_name(99)", "?"), ('cnt_num("det")', 2.0),
        ("cnt_mne(0)", "sec"), ('cnt_num("x")', -1.0), ('motor_par(tth, "step_size")', 2000.0),
        ('motor_par(tth, "nosuch")', -1.0), ('motor_par(tth, "responsive")', 1.0), ("get_lim(tth, 1)", 160.0),
        ("get_lim(tth, -1)", -20.0), ("user(tth, 5.00012)", 5.0), ("dial(tth, 5.00012)", 5.0),
        ('counter_par(det, "monitor")', 0.0), ('counter_par(mon, "monitor?")', 1.0),
        ('counter_par(det, "nosuch")', -1.0), ('counter_par(det, "disable", 1)', 1.0),
        ("chg_offset(99, 1)", -1.0), ('A[tth] = 61; move_info(tth, "to_move")', 1.0),
        ('A[tth] = 1000; move_info(tth, "error")', "high limit"), ("set_lim(tth, 10, -10); get_lim(tth, 1)", 10.0),
        ("mca_get(1, 2)", -1.0), ("image_get(0)", -1.0), ('sock_get("x")', ""), ('epics_get("pv")', 0.0),
        ('epics_put("pv", 5); epics_get("pv")', 5.0), ('epics_par("pv", "connected")', 1.0),
        ('remote_stat("localhost:1")', 0.0), ("remote_poll(5)", -1.0), ('remote_par("h", "connected")', 0.0),
        ("stop()", 0.0), ("wait(0x20)", 0.0),
    ],
)  # fmt: skip
def test_functions_answer(spec: Typed, expression: str, value: object) -> None:  # 6.6, 6.7, 6.9, 6.10
    spec(expression)
    assert spec.value == value


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("motor_mne(99)", "Motor 99 is not configured."),
        ("cnt_mne(99)", "Counter 99 is not configured."),
        ('motor_par(tth, "step_size", 0)', "motor_par()"),
        ('counter_par(det, "scale", 0)', "counter_par()"),
        ('motor_par(tth, "step_size", 1e-9)', "motor_par()"),
        ('motor_par(tth, "step_size", 1e30)', "motor_par()"),
        ('motor_par(tth, "backlash", 1e30)', "backlash of motor tth is 1e+30"),
        ('motor_par(tth, "backlash", exp(1000))', "motor_par()"),
        ('motor_par(tth, "backlash", 0.5)', "motor_par()"),
        ('motor_par(tth, "velocity", 0)', "motor_par()"),
        ('motor_par(tth, "velocity", 1e30)', "motor_par()"),
        ('motor_par(tth, "base_rate", -1)', "motor_par()"),
        ('motor_par(tth, "base_rate", 1e30)', "motor_par()"),
        ('motor_par(tth, "acceleration", -1)', "motor_par()"),
        ('motor_par(tth, "acceleration", 1e30)', "motor_par()"),
        ('mv tth 70; motor_par(tth, "step_size", 1000)', "motor_par()"),
        ('counter_par(det, "scale", exp(1000))', "counter_par()"),
        ("p dial(tth, exp(1000))", "Two Theta: inf is no position."),
        ("p user(tth, 1e300)", "Two Theta: 1e+300 is no position."),
        ("chg_offset(tth, 1e300)", "Two Theta: 1e+300 is no position."),
        ("A[tth] = 1e300; move_info(tth)", "Two Theta: 1e+300 is no position."),
        ("A[tth] = 1e300; move_all", "Two Theta"),
        ("chg_dial(tth, exp(1000))", "Two Theta cannot move: bad value"),
        ("mv tth 70; set_lim(tth, 0, 1)", "moves: its limits cannot be set"),
        ("mv tth 70; chg_dial(tth, 1)", "Two Theta cannot move"),
        ('motor_par(tth, "disable", 1); mv tth 70', "Two Theta cannot move: disabled"),
        ('remote_eval("127.0.0.1:1", "1")', "127.0.0.1:1"),
        ("A[99] = 1", "99"),
    ],
)  # fmt: skip
def test_functions_refuse(spec: Typed, command: str, message: str) -> None:  # 6.6, 6.7
    assert message in spec(command)


def test_a_fault_on_demand_is_told_when_the_motor_is_moved(spec: Typed) -> None:
    from pycertifspec.simulator.hardware.faults import Refuse

    spec.beamline.instrument.motor("tth").inject(Refuse())
    assert "Two Theta cannot move" in spec("mv th 31 tth 61")
    assert not spec.beamline.instrument.moving


def test_move_info_tells_what_all_motors_would_do(spec: Typed) -> None:  # 6.6
    spec("A[tth] = 61; A[chi] = 1000; i = 0; x = move_info()")
    spec('x[tth]["to_move"] x[th]["to_move"] x[chi]["error"] x[tth]["current"]')
    assert spec.value == "10high limit60"


def test_limits_of_a_protected_motor_are_not_set(spec: Typed) -> None:
    assert "Cannot set the limits of Two Theta." in spec('motor_par(tth, "protected", 1); set_lm tth 0 1')


def test_the_printer_gets_positions_if_there_is_one(spec: Typed, tmp_path: Path) -> None:
    assert "There is no printer." in spec("pwa")
    assert spec('PRINTER = "paper"; pwm tth') == ""
    assert "Two Theta" in (tmp_path / "paper").read_text()
    assert spec("print 1") == "1\n"


def test_what_is_printed_between_onp_and_offp_goes_to_the_printer(spec: Typed, tmp_path: Path) -> None:
    assert spec("onp; print 1; offp; print 2") == "1\n2\n"  # nothing happens without one
    spec('PRINTER = "paper"')
    assert spec("onp; print 3; offt; print 4; ont; offp; print 5") == "3\n5\n"
    assert (tmp_path / "paper").read_text() == "3\n4\n"


def test_the_head_of_a_scan_goes_to_the_printer_and_once_to_the_screen(spec: Typed, tmp_path: Path) -> None:
    shown = spec('PRINTER = "paper"; ascan th 1 2 1 0.1')
    assert shown.count("ascan  th 1 2  1 0.1") == 1
    paper = (tmp_path / "paper").read_text()
    assert paper.count("ascan  th 1 2  1 0.1") == 1
    assert re.findall(r"^ +(#|0|1) +(Theta|\d\.0000)", paper, re.MULTILINE) == [
        ("#", "Theta"),
        ("0", "1.0000"),
        ("1", "2.0000"),
    ]


def test_stop_stops_motors_or_counters(spec: Typed) -> None:  # 6.7
    spec("mv tth 70; tcount(100); stop(1)")
    assert not spec.beamline.instrument.moving
    assert spec.beamline.instrument.scaler.counting
    spec("stop(2)")
    assert not spec.beamline.instrument.scaler.counting


def test_sync_stops_and_takes_the_controllers_positions(spec: Typed) -> None:  # 6.6
    spec.beamline.instrument.motor("tth").turn_by_hand(2000)
    spec("sync; print A[tth]")
    assert "".join(spec.shown) == "61\n"


def test_reconfig_runs_config_mac(spec: Typed) -> None:  # 2.7, 6.7
    assert spec("def config_mac 'print \"read\"\n'; config") == "read\n"


# ---- simulation (6.7) and hardware errors (3.3) ----


def test_in_simulate_mode_moves_change_positions_and_no_motor(spec: Typed) -> None:
    spec("set_sim(1); mv tth 65 th 31; waitmove; getangles")
    assert not spec.beamline.instrument.moving
    assert (spec.position("tth"), spec.position("th")) == (60.0, 30.0)
    assert spec("print A[tth], A[th]; umvr tth 1.0001; read_motors(1); print A[tth]").split()[:2] == ["65", "31"]
    spec("A[tth]")
    assert spec.value == 66.0  # rounded to a step, as a motor would be


def test_in_simulate_mode_positions_are_read_without_the_hardware(spec: Typed) -> None:
    spec.beamline.instrument.motor("tth").turn_by_hand(2000)
    spec("set_sim(1); getangles; print A[tth]; sync; print A[tth]")
    assert "".join(spec.shown) == "60\n60\n"
    assert spec.beamline.instrument.motor("tth").discrepancy is not None


def test_in_simulate_mode_limits_hold_and_what_is_disabled_does_not_matter(spec: Typed) -> None:
    spec('set_sim(1); motor_par(th, "disable", 1); mv th 31; print A[th]')
    assert "".join(spec.shown).endswith("31\n")
    assert "high limit" in spec("mv tth 1000")
    spec("getangles; A[tth]")
    assert spec.value == 60.0
    spec('A[tth] = 61; move_info(tth, "current") ":" move_info(tth, "to_move")')
    assert spec.value == "60:1"


@pytest.mark.parametrize("command", ["chg_dial(tth, 5)", 'chg_dial(tth, "home")', "chg_offset(tth, 5)"])
def test_in_simulate_mode_what_would_set_a_motor_is_refused(spec: Typed, command: str) -> None:
    assert "not in simulate mode" in spec(f"set_sim(1); {command}")
    assert (spec.position("tth"), spec.beamline.instrument.motor("tth").dial_position) == (60.0, 60.0)


def test_in_simulate_mode_nothing_counts(spec: Typed) -> None:
    spec("ct 1")
    spec("set_sim(1); tcount(1); print wait(0x22); mcount(1000); getcounts; print S[sec], S[mon], S[det]")
    assert "".join(spec.shown).endswith("0\n0 0 0\n")
    assert not spec.beamline.instrument.scaler.counting
    assert "Seconds = 0" in spec("ct 1")


def test_after_simulate_mode_the_motors_are_where_they_were(spec: Typed) -> None:
    spec("set_sim(1); mv tth 65; set_sim(0); print A[tth]; A[tth] = 65; move_all; waitmove; getangles; print A[tth]")
    assert "".join(spec.shown) == "60\n65\n"
    assert spec.position("tth") == 65.0


@pytest.mark.parametrize(
    ("before", "call", "code"),
    [
        ('motor_par(tth, "disable", 1); getangles; A[tth] = 61', "move_all", 4),
        ("mv tth 70", "chg_dial(tth, 1)", 3),
        ("tcount(100)", "tcount(1)", 3),
        ("x = exp(1000)", "tcount(x)", 9),
        ('counter_par(sec, "disable", 1)', "tcount(1)", 4),
        ("x = exp(1000)", "mcount(x)", 9),
        ("x = 1", "tcount(1e300)", 9),
        ("x = 1", "mcount(1e300)", 9),
    ],
)
def test_a_hardware_error_resets_unless_that_is_suppressed_and_leaves_its_code(  # 3.3
    spec: Typed, before: str, call: str, code: int
) -> None:
    assert spec(f"{before}; HDW_ERR = 0") == ""
    assert "annot" in spec(f'{call}; print "went on"')
    spec("HDW_ERR")
    assert spec.value == code
    spec("stop()")

    assert spec(f'{before}; HDW_ERR = -1; {call}; print "went on", HDW_ERR') == f"went on {code}\n"


def test_a_hardware_call_that_goes_well_leaves_no_error(spec: Typed) -> None:  # 3.3
    assert spec("HDW_ERR = -1; read_motors(0); print HDW_ERR; HDW_ERR = 7; getcounts; print HDW_ERR") == "0\n0\n"


def test_a_target_outside_the_limits_resets_whatever_hdw_err_is(spec: Typed) -> None:  # 3.3, 6.6
    assert spec('getangles; HDW_ERR = -1; A[tth] = 1000; move_all; print "went on"').startswith("Two Theta at 1000")
    spec("HDW_ERR")
    assert spec.value == 0


def test_spec_has_a_process_and_no_port_while_it_is_not_served(spec: Typed) -> None:  # 3.3
    import os

    assert spec('print SPEC_PID, IS_SERVER, file_info(SPEC_PID, "alive")') == f"{os.getpid()} 0 1\n"


def test_save_state_says_that_there_is_no_place_for_it(spec: Typed) -> None:  # 7.1
    assert "savstate: the state is not saved" in spec("save_state")


# ---- how things look ----


@pytest.mark.parametrize("setting", ['motor_par(th, "step_size", -2000)', 'motor_par(th, "sign", -1)'])
def test_no_position_is_minus_nothing(spec: Typed, setting: str) -> None:
    spec(f"{setting}; set_dial th 0; set th 0")
    shown = spec("wa; wu; wm th; wh; umv th 1; umvr th -1; pa; print A[th]; ca 0 0 1")
    assert not re.search(r"-0(\.0+)?(?![\d.])", shown)


def test_positions_in_a_file_are_not_minus_nothing(spec: Typed, tmp_path: Path) -> None:
    spec('motor_par(samx, "step_size", -2000); set_dial samx 0; set samx 0; newfile zero; ascan samx 0 1 1 0.1')
    assert not re.search(r"(^| )-0( |$)", (tmp_path / "zero").read_text(), re.MULTILINE)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ('a "b" c', 'a "b" c'),
        ("'all of it'", "'all of it'"),
        ('two  blanks; print "next"', "two  blanks"),
        ("sample no.#3 # not this", "sample no.#3"),
        ('"a; b" c', '"a; b" c'),
        ("it's so", "it's so"),
        (r"an escaped \" too", 'an escaped " too'),
    ],
)
def test_a_comment_is_kept_as_it_was_typed(spec: Typed, tmp_path: Path, typed: str, kept: str) -> None:
    spec("newfile noted")
    for name in ("comment", "com"):
        assert re.match(rf"{DATE}\.  {re.escape(kept)}\n", spec(f"{name} {typed}"))
    lines = [line for line in (tmp_path / "noted").read_text().splitlines() if line.startswith("#C")][1:]
    assert [line.partition(".  ")[2] for line in lines] == [kept, kept]


def test_a_comment_in_a_macro_has_the_macro_s_arguments(spec: Typed) -> None:
    spec("def note 'comment at $1: \"$2\"'")
    assert spec('{ note here "so so"; print 5 }').endswith('.  at here: "so so"\n5\n')
    assert spec("comment") == "Usage:  comment text\n"


def test_a_title_of_two_lines_splits_no_line(spec: Typed, tmp_path: Path) -> None:
    shown = spec('TITLE = "first\nsecond"; newfile titled; loopscan 1 0.1')
    text = (tmp_path / "titled").read_text()
    assert "\n#C first second  User = " in text
    assert "  first second  user = " in shown
    assert all(line[:1] in ("#", "") or line[0].isdigit() for line in text.splitlines())


def test_a_data_file_has_a_user_where_the_environment_names_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("USER", raising=False)
    monkeypatch.setenv("LOGNAME", "ann")
    typed = Typed(tmp_path, [])
    try:
        assert "user = ann\n" in typed("newfile whose; loopscan 1 0.1")
        assert "  User = ann\n" in (tmp_path / "whose").read_text()
    finally:
        typed.beamline.close()


def test_a_user_whom_nobody_knows_is_called_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("USER", "LOGNAME", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.getuid", lambda: 4_000_000_000, raising=False)
    typed = Typed(tmp_path, [])
    try:
        assert typed("print USER") == "unknown\n"
    finally:
        typed.beamline.close()
