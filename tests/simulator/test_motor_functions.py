"""The functions for motors, each rule of SPEC_LANGUAGE.md 6.6."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.support.typed import Typed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def spec(tmp_path: Path) -> Iterator[Typed]:
    typed = Typed(tmp_path, [])
    yield typed
    typed.beamline.close()


@pytest.mark.parametrize(
    ("before", "expression", "value"),
    [
        ("", "motor_mne(1)", "th"),
        ("", "motor_name(0)", "Two Theta"),
        ("", "motor_name(-1)", "?"),
        # motor_num takes a mnemonic as text, in a variable, or as the variable that it is.
        ("", 'motor_num("th")', 1.0),
        ('m = "th"', "motor_num(m)", 1.0),
        ("", "motor_num(th)", 1.0),
        ("", "motor_num(99)", -1.0),
        # motor_par
        ("", 'motor_par(tth, "nosuch")', -1.0),
        ("", 'motor_par(tth, "backlash", 50); motor_par(tth, "backlash")', 50.0),
        ("", 'motor_par(tth, "velocity", 500); motor_par(tth, "slew_rate")', 500.0),
        ("", 'motor_par(tth, "acceleration", 80); motor_par(tth, "acceleration")', 80.0),
        ("", 'motor_par(tth, "base_rate", 10); motor_par(tth, "base_rate")', 10.0),
        ("", 'motor_par(tth, "controller") motor_par(tth, "unit") motor_par(tth, "channel")', "SIM00"),
        ("", 'motor_par(tth, "responsive")', 1.0),
        ("", 'motor_par(tth, "active")', 0.0),
        ("mv tth 70", 'motor_par(tth, "active")', 1.0),
        ("", 'motor_par(tth, "disable", 1); motor_par(tth, "disable")', 1.0),
        # read_motors: user positions, with bit 1 the dial's, with bit 4 the controller's without a question
        ("set tth 10", "read_motors(0); A[tth]", 10.0),
        ("set tth 10", "read_motors(1); A[tth]", 60.0),
        ("set tth 10", "read_motors(2); A[tth]", 10.0),
        ("A[tth] = 5", "read_motors(0); A[tth]", 60.0),
        # dial = (user - offset) / sign, rounded to a step
        ("set tth 10", "dial(tth, 11.00001)", 61.0),
        ("set tth 10", "user(tth, 61.00001)", 11.0),
        ('motor_par(tth, "sign", -1); set tth -10', "dial(tth, 0)", 50.0),
        ('motor_par(tth, "sign", -1); set tth -10', "user(tth, 50)", 0.0),
        # limits are the dial's, in any order
        ("set tth 0; set_lim(tth, 90, 10)", "get_lim(tth, -1) get_lim(tth, 1)", "1090"),
        ('motor_par(tth, "protected", 1)', "set_lim(tth, 0, 1)", -1.0),
        # chg_dial: the user position follows; chg_offset: the dial stays
        ("chg_dial(tth, 5); getangles", "A[tth]", 5.0),
        ("chg_offset(tth, 5); getangles", 'A[tth] ":" dial(tth, A[tth])', "5:60"),
        ("", "chg_offset(99, 5) != 0", 1.0),
        ('chg_dial(tth, "lim+"); waitmove', 'motor_par(tth, "active")', 0.0),
        # move_info
        ("", 'move_info(tth, "to_move")', 0.0),
        ("A[tth] = 61.00001", 'move_info(tth, "to_move") ":" move_info(tth, "target") ":" move_info(tth, "commanded")',
         "1:61:61"),
        ("A[tth] = 58", 'move_info(tth, "magnitude")', -2.0),
        ("set tth 0; A[tth] = 1", 'move_info(tth, "current_dial") ":" move_info(tth, "target_dial")', "60:61"),
        ('motor_par(tth, "backlash", 200); A[tth] = 59', 'move_info(tth, "backlash")', -0.1),
        ("A[tth] = -1000", 'move_info(tth, "error")', "low limit"),
        ("A[tth] = 1000", 'move_info(tth, "error")', "high limit"),
        ('motor_par(tth, "disable", 1); A[tth] = 61', 'move_info(tth, "error")', "disabled"),
        ('motor_par(tth, "unusable", 1); A[tth] = 61', 'move_info(tth, "error")', "unusable"),
        ('motor_par(tth, "read_only", 1); A[tth] = 61', 'move_info(tth, "error")', "read only"),
        ('motor_par(tth, "protected", 1); A[tth] = 61', 'move_info(tth, "error")', "protected"),
        ("mv tth 70; A[tth] = 61", 'move_info(tth, "error")', "busy"),
        ("A[tth] = 61", 'x = move_info(tth); x["current"] ":" x["target"]', "60:61"),
        ("A[tth] = 61", 'x = move_info(); x[tth]["to_move"] x[th]["to_move"]', "10"),
    ],
)  # fmt: skip
def test_motor_functions_answer_as_section_6_6_says(spec: Typed, before: str, expression: str, value: object) -> None:
    spec(f"getangles; {before}")
    spec(expression)
    assert spec.value == (pytest.approx(value) if isinstance(value, float) else value)


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("motor_mne(99)", "Motor 99 is not configured."),
        ('motor_par("nosuch", "unit")', "Motor nosuch is not configured."),
        ("mv tth 70; set_lim(tth, 0, 1)", "moves"),
        ("tth = 5", "Trying to assign to an immutable `tth'."),
        ("A[99] = 1", "A[99]"),
    ],
)
def test_motor_functions_reset_where_section_6_6_says_so(spec: Typed, command: str, message: str) -> None:
    assert message in spec(f'{command}; print "went on"')
    assert "went on" not in "".join(spec.shown)


def test_move_all_moves_what_was_set_and_returns_at_once(spec: Typed) -> None:  # 6.6
    assert spec("getangles; A[tth] = 61; A[th] = 31; move_all; print wait(0x21)") == "1\n"
    assert {motor.mnemonic for motor in spec.beamline.instrument.moving} == {"tth", "th"}


def test_move_all_moves_nothing_when_one_target_is_outside_its_limits(spec: Typed) -> None:  # 6.6
    assert "high limit" in spec("getangles; A[tth] = 61; A[th] = 1000; move_all")
    assert not spec.beamline.instrument.moving


def test_sync_stops_the_motors(spec: Typed) -> None:  # 6.6
    spec("mv tth 70; sync")
    assert not spec.beamline.instrument.moving
