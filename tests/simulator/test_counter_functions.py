"""Counting, waiting, and hardware that is not there: each rule of SPEC_LANGUAGE.md 6.7 and 6.9."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.support.typed import Typed

from pycertifspec.simulator.functions.links import ANSWERS

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
        ("", "cnt_mne(2)", "det"),
        ("", "cnt_name(det)", "Detector"),
        ("", "cnt_name(99)", "?"),
        ("", 'cnt_num("mon")', 1.0),
        ("", "cnt_num(mon)", 1.0),
        ("", 'cnt_num("nosuch")', -1.0),
        # counting is started and not waited for
        ("tcount(100)", "wait(0x22)", 1.0),
        ("mcount(1e6)", "wait(0x22)", 1.0),
        ("tcount(2); wait(2); getcounts", "S[sec]", 2.0),  # in seconds
        ("mcount(500); wait(2); getcounts", "S[mon]", 500.0),
        # counter_par
        ("", 'counter_par(sec, "timer") counter_par(det, "timer")', "10"),
        ("", 'counter_par(mon, "monitor") counter_par(mon, "monitor?") counter_par(det, "monitor")', "110"),
        ("", 'counter_par(det, "controller") counter_par(det, "unit")', "SIM0"),
        ("", 'counter_par(det, "responsive")', 1.0),
        ("", 'counter_par(det, "scale", 10); counter_par(det, "scale")', 10.0),
        ("", 'counter_par(det, "nosuch")', -1.0),
        # wait: 1 motors, 2 counters, 0 and nothing all, 32 asks
        ("mv tth 61; tcount(1e5)", "wait(1); wait(0x21) wait(0x22)", "01"),
        ("mv tth 61; tcount(0.1)", "wait(2); wait(0x22)", 0.0),
        ("mv tth 61; tcount(10)", "wait(); wait(0x20)", 0.0),
        ("mv tth 61; tcount(10)", "wait(0); wait(0x23)", 0.0),
        ("mv tth 61", "wait(0x22) wait(0x21) wait(0x20)", "011"),
        ("tcount(10)", "wait(4); wait(0x22)", 0.0),
        # stop: 1 motors, 2 counters, nothing all
        ("mv tth 61; tcount(10)", "stop(1); wait(0x21) wait(0x22)", "01"),
        ("mv tth 61; tcount(10)", "stop(2); wait(0x21) wait(0x22)", "10"),
        ("mv tth 61; tcount(10)", "stop(); wait(0x20)", 0.0),
        # set_sim
        ("", "set_sim(-1)", 0.0),
        ("set_sim(1)", "set_sim(-1)", 1.0),
        ("set_sim(1); set_sim(0)", "set_sim(-1)", 0.0),
    ],
)
def test_counting_functions_answer_as_section_6_7_says(
    spec: Typed, before: str, expression: str, value: object
) -> None:
    assert spec(before) == ""
    spec(expression)
    assert spec.value == value


def test_a_wait_with_a_negative_mode_says_what_for(spec: Typed) -> None:  # 6.7
    assert spec("mv tth 61; wait(-1)") == "Waiting for motors.\n"
    assert spec("tcount(1); wait(-2)") == "Waiting for counters.\n"
    assert spec("wait(-3)") == ""


def test_stopped_counters_keep_what_they_have(spec: Typed) -> None:  # 6.7
    spec("tcount(10); sleep(4); stop(2); getcounts; S[sec]")
    assert spec.value == pytest.approx(4, abs=0.1)


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_hardware_that_is_not_there_answers_that_it_is_not(spec: Typed, name: str) -> None:  # 6.9
    spec(f'{name}("x", 1)')
    assert spec.value == ANSWERS[name]
    spec(f'whatis("{name}") & 1')
    assert spec.value == 1


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ('epics_get("pv")', 0.0),
        ('epics_put("pv", 2.5)', 0.0),
        ('epics_put("pv" ".VAL", 2.5); epics_get("pv.VAL")', 2.5),
        ('epics_put("pv", "open", 1); epics_get("pv", "string")', "open"),
        ('epics_put("pv", 5); epics_get("pv", "short", 1)', 5.0),
        ('epics_par("pv", "connected")', 1.0),
        ('epics_par("pv", "timeout", 3)', 0.0),
        ('if (epics_get("pv") == 0) x = "number"; x', "number"),
    ],
)
def test_process_variables_keep_what_is_put_into_them(spec: Typed, expression: str, value: object) -> None:  # 6.9
    spec(expression)
    assert spec.value == value


def test_what_process_variables_keep_counts_as_what_variables_hold(tmp_path: Path) -> None:
    from pycertifspec.simulator.language.room import held

    typed = Typed(tmp_path, [])
    try:
        typed('epics_put("pv", sprintf("%9000s", "x")); prop_send("mine", sprintf("%9000s", "y"))')
        (sent, kept) = sorted(held(values()) for values in typed.beamline.interpreter.held_elsewhere)
        assert min(sent, kept) > 9000
    finally:
        typed.beamline.close()
