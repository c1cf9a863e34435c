"""The macro files in examples/macros, run with motors and counters of a few lines."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from pycertifspec.simulator.language import Command, Console, MacroExitError, MacroInterruptError, SpecLanguageError

MACROS = Path(__file__).parents[3] / "examples" / "macros"
MOTORS = ["th", "s1t", "s1b"]


@pytest.fixture
def beamline(spec: Any) -> Any:
    """Motors that are where they are told to be, and a detector that sees a peak at th = 0.3 and s1 = 0.2."""
    interpreter = spec.interpreter
    positions = interpreter.define_array("A", {str(n): 0.0 for n in range(len(MOTORS))})
    counts = interpreter.define_array("S", {"0": 0.0, "1": 0.0, "2": 0.0})
    for number, mne in enumerate(MOTORS):
        interpreter.symbols.set_builtin(mne, float(number))
    interpreter.symbols.set_builtin("det", 2.0)
    add = interpreter.functions.add
    spec.counted = []

    @add("motor_num", 1)
    def motor_num(_interpreter: Any, name: Any) -> Any:
        return float(MOTORS.index(name)) if name in MOTORS else -1.0

    @add("motor_mne", 1)
    def motor_mne(_interpreter: Any, number: Any) -> Any:
        return MOTORS[int(float(number))]

    @add("motor_name", 1)
    def motor_name(_interpreter: Any, number: Any) -> Any:
        return MOTORS[int(float(number))].title()

    @add("tcount", 1)
    def tcount(_interpreter: Any, seconds: Any) -> Any:
        spec.counted.append(seconds)
        spec.host.time += seconds
        return 0.0

    @add("wait", 0, 1)
    def wait(_interpreter: Any, _mode: Any = None) -> Any:
        return 0.0

    def getcounts(*_arguments: Any) -> Any:
        th = positions.get("0")
        slit = (positions.get("1") - positions.get("2")) / 2
        counts.elements["2"] = round(
            1000 * math.exp(-(((th - 0.3) / 0.2) ** 2)) * math.exp(-(((slit - 0.2) / 0.5) ** 2))
        )

    interpreter.commands.register(Command("getcounts", getcounts))
    interpreter.commands.register(Command("move_all", lambda *_arguments: None))
    spec("def waitmove ''; def getangles ''; def move_em 'move_all;'")
    return spec


def load(spec: Any, name: Any) -> Any:
    path = MACROS / name
    spec(path.read_text(), source=name)
    return spec


def test_the_shutter_opens_for_counts_and_closes_after_an_interruption(beamline: Any) -> None:
    spec = load(beamline, "shutter.mac")
    spec("def count 'user_precount; tcount($1); wait(2); user_postcount'")

    assert spec("shopen", "shclose") == "Shutter is open.\nShutter is closed.\n"
    assert spec("shutter auto", "count 1", 'p shutter_read(), SHUTTER["count"]') == "Shutter is now auto.\n0 2\n"
    assert spec.interpreter.get("SHUTTER", "exposure") == pytest.approx(1.0 + 2 * 0.1)

    spec.interpreter.functions.add("tcount", 1)(lambda interpreter, _seconds: interpreter.interrupt())
    with pytest.raises(MacroInterruptError):
        spec("count 1")
    assert spec.host.take_screen().endswith("Shutter closed after an interruption.\n")
    spec.host.keys = ["-1", "", "no"]
    assert "cannot be negative" in spec("shutter_setup")
    assert "user_precount" in spec.interpreter.macros
    assert spec.interpreter.macros.get("user_precount").text == ""
    assert "Shutter is closed, mode manual, opened 3 times." in spec("shstatus")
    with pytest.raises(MacroExitError):
        spec("shutter open")


def test_the_shutter_that_is_stuck_is_noticed(beamline: Any) -> None:
    spec = load(beamline, "shutter.mac")
    spec("def shutter_write(state) '{ return 0 }'")

    with pytest.raises(MacroExitError):
        spec("shopen")
    assert "Shutter does not open after 2 s." in spec.host.screen


def test_the_slits_move_as_gap_and_position(beamline: Any) -> None:
    spec = load(beamline, "slits.mac")
    spec("slit_def s1 s1t s1b", "slit_gap s1 2", "slit_pos s1 0.5")

    assert spec("slit_gap s1", "slit_pos s1") == "Slit s1 gap is 2.0000\nSlit s1 position is 0.5000\n"
    assert spec("p A[s1t], A[s1b]") == "1.5 0.5\n"
    assert spec("slit_show").split()[-5:] == ["s1", "2.0000", "0.5000", "s1t", "s1b"]
    for line, words in [
        ("slit_gap s1 50", "gap 50 is outside 0 to 10"),
        ("slit_gap s9", 'There is no slit "s9"'),
        ("slit_def s2 s1t nope", "is no motor"),
        ("slit_pos", "Usage:  slit_pos name [position]"),
    ]:
        with pytest.raises(MacroExitError):
            spec(line)
        assert words in spec.host.take_screen()


def test_the_slit_scan_finds_the_beam_and_returns(beamline: Any) -> None:
    spec = load(beamline, "slits.mac")
    spec("A[th] = 0.3", "slit_def s1 s1t s1b", "slit_gap s1 1")

    shown = spec("slit_scan s1 -1 1 11")

    assert "Best position is 0.2\n" in shown
    assert len(spec.counted) == 11
    assert spec("p A[s1t], A[s1b]") == "0.5 0.5\n"
    with pytest.raises(MacroExitError):  # half of it is out of reach, after which the clean-up goes back
        spec('SLIT["s1"]["max"] = 0.5; slit_scan s1 -1 1 3')


@pytest.fixture
def oven(beamline: Any) -> Any:
    """A controller whose temperature goes half of the way to its set point with each question."""
    state = {"set": 300.0, "now": 300.0}

    def command(_interpreter: Any, line: Any) -> Any:
        if line.startswith("SETP"):
            state["set"] = float(line.split()[1])
        state["now"] += (state["set"] - state["now"]) / 2
        return f"SETP {state['set']:.2f};TEMP {state['now']:.2f};HTR 45%"

    beamline.interpreter.functions.add("te_command", 1)(command)
    return load(beamline, "temperature.mac")


def test_the_temperature_is_set_and_waited_for(oven: Any) -> None:
    assert oven("te") == "Temperature is 300 K, set point 300 K, heater 45 %.\n"
    shown = oven("te 310", "te_wait")
    assert "Stable at 309.9" in shown
    assert "cleanup_once" not in oven.interpreter.macros
    assert "Stable at 2" in oven("te_ramp 290 10")
    assert oven("te_series 295 300").count("at ") == 4
    oven.host.keys = ["0.5", "", "te.dat"]
    oven("te_setup", "te")
    assert oven.host.files["te.dat"].endswith(" 300\n")


def test_an_interrupted_wait_holds_the_temperature(oven: Any) -> None:
    oven("te 400")
    oven.host.sleep = lambda _seconds: oven.interpreter.interrupt()

    with pytest.raises(MacroInterruptError):
        oven("te_wait 0.01")

    assert "Interrupted: holding" in oven.host.screen
    with pytest.raises(MacroExitError):
        oven("te 1000")


def test_a_series_with_a_broken_job_stops(oven: Any) -> None:
    oven('TE_JOB = "1 +"')

    with pytest.raises(MacroExitError):
        oven("te_series 295 300")

    assert "te_series: " in oven.host.screen


@pytest.mark.parametrize("method", ["com", "max", "fwhm", "edge"])
def test_the_alignment_goes_to_the_peak(beamline: Any, method: Any) -> None:
    spec = load(beamline, "align.mac")

    shown = spec("A[s1t] = 0.2; A[s1b] = -0.2", f"align_add th 2 41 {method}", "align_all")

    assert shown.endswith("1 of 1 motors aligned.\n")
    assert f"Th: {method} at 0." in shown
    assert spec.interpreter.get("ALIGN", "th", "result") == pytest.approx(0.3, abs=0.2)
    assert method in spec("align_show")


def test_the_alignment_goes_back_when_there_is_no_peak(beamline: Any) -> None:
    spec = load(beamline, "align.mac")
    spec("A[th] = 90", "def user_align 'hooked = 1'", "global hooked")

    with pytest.raises(MacroExitError):
        spec("align th 1 5 0.1")

    assert spec.host.screen.endswith("There is no peak.\n\nReturning th to 90\n")
    assert spec("p hooked, A[th]") == "1 90\n"


@pytest.mark.parametrize("name", sorted(path.name for path in MACROS.glob("*.mac")))
def test_the_examples_can_be_typed_line_by_line(beamline: Any, name: Any) -> None:
    console = Console(beamline.interpreter)

    for line in (MACROS / name).read_text().split("\n"):
        console.feed(line)

    assert console.is_complete


@pytest.mark.parametrize("name", sorted(path.name for path in MACROS.glob("*.mac")))
def test_the_examples_can_be_parsed_without_running_them(name: Any) -> None:
    from pycertifspec.simulator.language import Interpreter, Limits
    from pycertifspec.simulator.language.input_stack import Frame
    from pycertifspec.simulator.language.macros import MacroTable
    from pycertifspec.simulator.language.memory_host import MemoryHost
    from pycertifspec.simulator.language.program import Reader, walk

    commands = Interpreter(MemoryHost()).commands.styles

    def read(text: str, table: MacroTable) -> list[Any]:
        return list(Reader(Frame(text, name, closed=True), table, Limits(), commands=commands))

    table = MacroTable(Limits())
    items = read((MACROS / name).read_text(), table)

    assert not [item for item in items if isinstance(item, SpecLanguageError)]
    assert {node.position.source for node in walk(items)} == {name}
    assert len(list(table)) >= 6
    broken = (MACROS / name).read_text() + "\nx = )\ny = 1\nif (\n"
    errors = [item for item in read(broken, MacroTable(Limits())) if isinstance(item, SpecLanguageError)]
    lines = broken.count("\n")
    assert [error.line for error in errors] == [lines - 2, lines] or next(error.line for error in errors) == lines - 2


def test_errors_in_examples_are_spec_errors(beamline: Any) -> None:
    with pytest.raises(SpecLanguageError):
        load(beamline, "align.mac")("align_centre(1)")
