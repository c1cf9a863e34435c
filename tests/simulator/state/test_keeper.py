"""A simulated SPEC that was kept goes on where it was, whatever was set, moved, defined or undone."""

from __future__ import annotations

import contextlib
import json
import logging
import math
import threading
from typing import TYPE_CHECKING, Any

import pytest

from pycertifspec.errors import InvalidFileError
from pycertifspec.simulator.beamline import Beamline, simulated
from pycertifspec.simulator.clock import ManualClock, SteppingClock
from pycertifspec.simulator.hardware.config import CounterConfig, CounterUse, MotorConfig
from pycertifspec.simulator.hardware.faults import LoseSteps
from pycertifspec.simulator.hardware.instrument import Instrument
from pycertifspec.simulator.hardware.rates import Peak
from pycertifspec.simulator.language import AssociativeArray, SpecRuntimeError
from pycertifspec.simulator.state import Keeper, StateFile
from pycertifspec.simulator.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from pycertifspec.simulator.clock import Clock

    Running = Callable[..., AbstractContextManager["Kept"]]

MOTORS = (
    MotorConfig(mnemonic="th", name="Theta", slew_rate=2000),
    MotorConfig(mnemonic="chi", name="Chi", sign=-1, offset=10.0),
)
COUNTERS = (
    CounterConfig(mnemonic="sec", name="Seconds", use=CounterUse.TIMER, scale=1e6),
    CounterConfig(mnemonic="det", name="Detector", rate=Peak("th", 3.0, 0.1, 1000.0), noise=False),
)


class Kept(Beamline):
    """A beamline and its keeper."""

    keeper: Keeper


@pytest.fixture
def running(tmp_path: Path) -> Running:
    """Run a simulated SPEC on the one state of a test."""

    @contextlib.contextmanager
    def run(
        *,
        site: str = "",
        motors: tuple[MotorConfig, ...] = MOTORS,
        counters: tuple[CounterConfig, ...] = COUNTERS,
        clock: Clock | None = None,
        fresh: bool = False,
        geometry: dict[str, Any] | None = None,
        on_set: Callable[[str, Any], None] | None = None,
    ) -> Iterator[Kept]:
        clock = clock or SteppingClock()
        shown: list[str] = []
        beamline: Any = simulated(
            lambda _: World(clock, shown.append),
            "fourc",
            clock,
            instrument=Instrument(motors, counters, clock),
        )
        if geometry is not None:
            beamline.interpreter.define_array("G", geometry, on_set)
        try:
            beamline.keeper = Keeper(StateFile(tmp_path / "state", "fourc"), beamline.instrument, fresh=fresh)
            beamline.keep(beamline.keeper)
            beamline.run(site)
            beamline.begin()
            yield beamline
        finally:
            beamline.close()

    return run


@pytest.fixture
def state(tmp_path: Path) -> Callable[[], Any]:
    return lambda: json.loads((tmp_path / "state" / "fourc.json").read_text())


def test_variables_come_back(running: Running) -> None:
    with running() as first:
        first.run(r"""
x = 1/3; s = "a \"quoted\" ä\n"; huge = 1e308 * 10; nothing = log(-1)
t["a"]["b c"] = 5; t["a"][2] = "two"; t["é"] = -1e308 * 10
n = "0x1f" ; split("12 cm 1e3", words)
constant C "fixed"
global unset_one
empty = ""
arr["gone"] = 1; delete arr["gone"]
""")
        before = {name: first.interpreter.get(name) for name in ("x", "s", "huge", "t", "n", "words", "empty", "arr")}
        assert math.isinf(before["huge"])

    with running() as second:
        assert {name: second.interpreter.get(name) for name in before} == before
        assert second.run("words[0] + words[2]") == 1012.0
        assert second.run('whatis("unset_one")') == first.run('whatis("unset_one")')
        with pytest.raises(Exception, match="constant"):
            second.run("C = 5")
        second.run("constant C 6")
        second.run("constant sec_per_hour 3600; x = sec_per_hour")

    with running() as third:
        assert (third.interpreter.get("C"), third.interpreter.get("x")) == (6.0, 3600.0)


def test_not_a_number_comes_back(running: Running) -> None:
    with running() as first:
        first.interpreter.set("x", math.nan)
        first.keeper.command_ended()
    with running() as second:
        assert math.isnan(second.interpreter.get("x"))


def test_what_is_gone_stays_gone_and_what_is_set_back_is_no_difference(
    running: Running, state: Callable[[], Any]
) -> None:
    site = "global a b c\na = 1; b = 2; c = 3\ndef one '1'\ndef two '2'\n"
    with running(site=site) as first:
        first.run("unglobal a; b = 5; x = 1\nundef one; def two '22'\ndef three '3'")
    assert state()["variables"] == {"a": None, "b": {"value": 5.0}, "x": {"value": 1.0}}
    assert state()["macros"]["one"] is None

    with running(site=site) as second:
        assert not second.interpreter.symbols.is_global("a")
        assert second.interpreter.get("b") == 5.0
        assert "one" not in second.interpreter.macros
        assert second.run("two + three") == 25.0
        second.run("global a; a = 1; b = 2; unglobal x\ndef one '1'\ndef two '2'\nundef three")

    assert state()["variables"] == {}
    assert "three" not in state()["macros"]
    with running(site=site.replace("b = 2", "b = 22")) as third:
        assert third.interpreter.get("b") == 22.0


def test_macros_of_every_kind_come_back(running: Running) -> None:
    with running() as first:
        first.run("""
def add(a, b) '{ return(a + b) }'
rdef text "x = " 5
cdef("user_precount", "before = 1;", "key")
cdef("user_precount", "th_there = 1;", "th", 0x01)
cdef("user_precount", "tth_there = 1;", "tth", 0x01)
def told '$2 $1'
""")
    with running() as second:
        second.run("text; user_precount")
        assert second.run("add(1, 2)") == 3.0
        assert [second.interpreter.get(name) for name in ("x", "before", "th_there")] == [5.0, 1.0, 1.0]
        assert not second.interpreter.symbols.is_global("tth_there")
        second.run('cdef("user_precount", "", "key", "delete")')
    with running() as third:
        assert [piece.key for piece in third.interpreter.macros.get("user_precount").pieces] == ["th", "tth"]  # type: ignore[union-attr]


def test_motors_stand_where_they_were_and_detectors_see_them_there(running: Running) -> None:
    with running() as first:
        first.run("mv th 3; waitmove; set_dial th 7; set th 70; set_lm th 60 80; mv chi 2.5; waitmove; mvr chi 0.00001")
        first.run('motor_par(th, "slew_rate", 500); motor_par(chi, "disable", 1); counter_par(det, "scale", 2)')
        first.instrument.motor("th").inject(LoseSteps(4))
        first.run("mvr th 0.1")
        first.instrument.wait(first.world.interrupt)
        before = [(motor.read(), motor.discrepancy, motor.commanded) for motor in first.instrument.motors]
        seen = first.instrument.motor("th").true_position

    with running() as second:
        assert [(m.read(), m.discrepancy, m.commanded) for m in second.instrument.motors] == before
        assert before[0][1] is not None
        assert second.instrument.motor("th").true_position == seen
        assert second.instrument.motor("th").config.slew_rate == 500.0
        assert second.instrument.motor("chi").config.disabled
        assert second.instrument.counter("det").config.scale == 2.0
        second.run("read_motors(4); mv th 70; waitmove; count 1; get_counts")
        assert second.instrument.motor("th").true_position == 3.0
        assert second.run("S[det]") == 500.0


def test_site_files_see_the_motors_as_they_were_left(running: Running) -> None:
    with running(site="was_fresh = FRESH; at = A[th]; file = STATE_FILE") as first:
        assert first.interpreter.get("was_fresh") == 1.0
        assert first.interpreter.get("file").endswith("fourc.json")
        first.run("mv th 3; waitmove")
    with running(site="was_fresh = FRESH; at = A[th]") as second:
        assert (second.interpreter.get("was_fresh"), second.interpreter.get("at")) == (0.0, 3.0)


def test_a_fresh_start_forgets_variables_and_macros_but_motors_stay(running: Running) -> None:
    with running() as first:
        first.run("x = 5; mv th 3; waitmove\ndef mine '1'")
    with running(fresh=True) as second:
        assert not second.interpreter.symbols.is_global("x")
        assert "mine" not in second.interpreter.macros
        assert second.run("FRESH") == 1.0
        assert second.run("A[th]") == 3.0
    with running() as third:
        assert not third.interpreter.symbols.is_global("x")


def test_data_arrays_are_not_kept(running: Running) -> None:
    with running(site="changes = 1") as first:
        first.run("array data[5]; data[2] = 3; x = 1\nunglobal changes\narray changes[3]")
    with running(site="changes = 1") as second:
        assert not second.interpreter.symbols.is_global("data")
        assert not second.interpreter.symbols.is_global("changes")
        assert second.interpreter.get("x") == 1.0
        second.run("data = 7")
    with running(site="array data[5]") as third:
        assert third.interpreter.get("data") == 7.0


def test_arrays_of_a_geometry_are_kept_but_those_of_the_hardware_are_not(
    running: Running, state: Callable[[], Any]
) -> None:
    def refuse(key: str, _: Any) -> None:
        if key == "1":
            raise SpecRuntimeError("not now")

    with running(geometry={"0": 0.0, "1": 0.0}) as first:
        first.run('G[1] = 5; G[0] = "text"; A[th] = 7')
    assert state()["variables"] == {"G": {"value": {"array": {"0": "text", "1": 5.0}}}}

    with running(geometry={"0": 0.0, "1": 0.0}) as second:
        assert second.interpreter.get("G") == {"0": "text", "1": 5.0}
        assert second.keeper.remarks == []
        second.run("G[1] = 6")
    with running(geometry={"0": 0.0, "1": 0.0}, on_set=refuse) as third:
        assert third.interpreter.get("G")["0"] == "text"
        assert third.keeper.remarks == [f"{third.keeper.path}: G is SPEC's own now; its value is kept"]


def test_a_file_that_names_what_is_the_programs_own_now_keeps_it(running: Running, state: Callable[[], Any]) -> None:
    with running() as first:
        first.run("omega = 5; x = 6")
    omega = (*MOTORS, MotorConfig(mnemonic="omega", name="Omega"))
    with running(motors=omega) as second:
        assert second.keeper.remarks == [f"{second.keeper.path}: omega is SPEC's own now; its value is kept"]
        assert second.run("x + omega") == 8.0
    assert state()["variables"]["omega"] == {"value": 5.0}


def test_motors_that_are_not_described_keep_their_state(running: Running, state: Callable[[], Any]) -> None:
    with running() as first:
        first.run('mv th 3 chi 4; waitmove; counter_par(det, "scale", 2)')
    with running(motors=MOTORS[1:], counters=COUNTERS[:1]) as second:
        assert [remark.partition(": ")[2] for remark in second.keeper.remarks] == [
            "motor th is not described; its state is kept",
            "counter det is not described; its state is kept",
        ]
        second.run("mv chi 5; waitmove")
    with running() as third:
        assert third.run("A[th] * 10 + A[chi]") == 35.0
        assert third.instrument.counter("det").config.scale == 2.0


def changed(state: Any, section: str, key: str, record: Any) -> str:
    return json.dumps({**state, section: {**state[section], key: record}})


STANDING = dict.fromkeys(("axis", "controller", "dial", "commanded", "offset", "low_limit", "high_limit"), 0.0)


@pytest.mark.parametrize(
    ("section", "key", "record", "reason"),
    [
        ("motors", "th", 5, "motor th: 5 is no record"),
        ("motors", "th", {"axis": 1.0}, "motor th: controller is missing"),
        ("motors", "th", {**STANDING, "axis": "far"}, "motor th: axis is 'far', expected a finite number"),
        ("motors", "th", {**STANDING, "dial": True}, "motor th: dial is True, expected a finite number"),
        ("motors", "th", {**STANDING, "low_limit": 1.0}, "motor th: low_limit is 1.0, expected at most high_limit"),
        ("motors", "th", {**STANDING, "colour": 1}, "motor th: colour is nothing that is kept"),
        ("motors", "th", {**STANDING, "sign": 1.0}, "motor th: sign is 1.0, expected int"),
        ("motors", "th", {**STANDING, "slew_rate": -1}, "motor th: slew_rate of motor th is -1.0"),
        ("motors", "th", {**STANDING, "axis": 1e308}, "motor th: "),
        ("counters", "det", {"scale": 0.0}, "counter det: scale of counter det is 0.0"),
        ("variables", "x", 5, "variable x: it is no record of a variable"),
        ("variables", "x", {"value": [1]}, "variable x: [1] is no value of a variable"),
        ("macros", "m", {"text": 5}, "macro m: {'text': 5} is no macro"),
        ("macros", "m", {"text": "x" * 20_000_000, "source": "tty", "line": 1}, "macro m: "),
    ],
)
def test_a_record_that_is_damaged_is_named_and_nothing_is_overwritten(
    running: Running, tmp_path: Path, state: Callable[[], Any], section: str, key: str, record: Any, reason: str
) -> None:
    with running() as first:
        first.run("x = 5")
    path = tmp_path / "state" / "fourc.json"
    path.write_text(changed(state(), section, key, record))
    damaged = path.read_text()

    for _ in range(2):  # nobody holds the file after a failure
        with pytest.raises(InvalidFileError) as caught, running():
            pass
        assert f"{path} cannot be used as a state: {reason}" in str(caught.value)
        assert path.read_text() == damaged


def test_a_command_that_fails_is_kept_as_far_as_it_came(running: Running) -> None:
    with running() as first, pytest.raises(Exception, match="nosuch"):
        first.run("x = 1\nnosuch\nx = 2")
    with running() as second:
        assert second.interpreter.get("x") == 1.0


class Written:
    """A state file that tells what is written, and can be made to wait or to fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.states: list[dict[str, Any]] = []
        self.changed = threading.Condition()
        self.error: OSError | None = None
        original = StateFile.write

        def write(file: StateFile, sections: dict[str, Any]) -> None:
            if self.error is not None:
                raise self.error
            original(file, sections)
            with self.changed:
                self.states.append(sections)
                self.changed.notify_all()

        monkeypatch.setattr(StateFile, "write", write)

    def wait_for(self, wanted: Callable[[dict[str, Any]], bool]) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: any(wanted(state) for state in self.states), 20)


def test_a_motion_is_kept_when_it_ends_although_the_command_goes_on(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = Written(monkeypatch)
    clock = ManualClock()
    with running(clock=clock) as beamline:
        command = threading.Thread(
            target=beamline.run, args=("global half whole\n{ half = 1; mv th 3; waitmove; sleep(1000); whole = 1 }",)
        )
        command.start()
        try:
            assert clock.until_waited_for()
            clock.advance(10)
            written.wait_for(lambda state: state["motors"]["th"]["dial"] == 3.0)
            assert not any("half" in state["variables"] for state in written.states)
        finally:
            assert clock.until_waited_for()
            clock.advance(2000)
            command.join()
        written.wait_for(lambda state: {"half", "whole"} <= state["variables"].keys())


def test_savstate_writes_at_once(running: Running, state: Callable[[], Any]) -> None:
    with running() as beamline:
        beamline.run("x = 5\nsavstate")
        assert state()["variables"]["x"] == {"value": 5.0}


def test_what_has_not_changed_is_not_written_again(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    with running() as first:
        first.run("x = 5")
    written = Written(monkeypatch)
    with running() as second:
        second.run("x = 5")
        second.run("savstate")
    assert written.states == []


def test_a_disk_that_is_full_is_told_once_and_the_simulator_goes_on(
    running: Running, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with running() as first:
        first.run("x = 5")
        written = Written(monkeypatch)
        written.error = OSError(28, "No space left on device")
        with caplog.at_level(logging.ERROR, "pycertifspec.simulator"):
            first.run("x = 6\nsavstate")
            first.run("x = 7\nsavstate")
        assert len(caplog.records) == 1
        assert "No space left on device; the state of before is still there" in caplog.text
        written.error = None
        first.run("savstate")
    with running() as second:
        assert second.interpreter.get("x") == 7.0


def test_an_associative_array_is_copied_when_the_command_ends(running: Running) -> None:
    with running() as first:
        first.run('t["a"] = 1')
        cell = first.interpreter.symbols.find("t")
        assert cell is not None
        assert isinstance(cell.value, AssociativeArray)
        cell.value.elements["a"] = 2.0  # as the next command does before it has ended
    with running() as second:
        assert second.interpreter.get("t") == {"a": 1.0}
