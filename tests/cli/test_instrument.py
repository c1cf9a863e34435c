"""`motors`, `where`, `limits`, `mv`, `mvr`, `counters`, `ct`: the instrument, as processes and in a terminal."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING

import pytest
from tests.support.beamline import Beamline, is_value
from tests.support.command import PATIENCE, lines_of, one_line

from pycertifspec.simulator.clock import ManualClock
from pycertifspec.testing import SimulatedSpec

if TYPE_CHECKING:
    from pathlib import Path


def test_motors_are_listed_with_positions_limits_and_state(beamline: Beamline) -> None:
    done = beamline.run("motors", "t?h", "Theta")
    assert (done.status, done.err) == (0, "")
    assert done.out == (
        "motor\tname\tposition\tlow\thigh\tstate\n"
        "tth\tTwo Theta\t60.0000\t-20\t160\tidle\n"
        "th\tTheta\t30.0000\t-20\t100\tidle\n"
    )
    assert beamline.run("motors", "-t").out.split()[:2] == ["tth", "th"]


def test_motors_json_has_all_that_is_known(beamline: Beamline) -> None:
    (th,) = beamline.json("motors", "th")
    assert th == {
        "motor": "th", "name": "Theta", "position": 30.0, "dial": 30.0, "low": -20.0, "high": 100.0, "state": "idle",
    }  # fmt: skip


def test_where_and_limits_show_their_columns(beamline: Beamline) -> None:
    assert beamline.run("where", "th").out == "motor\tname\tposition\tdial\nth\tTheta\t30.0000\t30.0000\n"
    assert beamline.run("limits", "th", "samx", "-t").out == "-20.0\t100.0\n-25.0\t25.0\n"
    assert beamline.run("limits", "th").out == "motor\tname\tlow\tposition\thigh\nth\tTheta\t-20\t30.0000\t100\n"


@pytest.mark.parametrize("command", ["motors", "where", "limits", "counters"])
def test_a_pattern_that_matches_nothing_is_status_1(beamline: Beamline, command: str) -> None:
    done = beamline.run(command, "nosuch*")
    assert (done.status, done.out) == (1, "")
    assert "is called nosuch*; there are" in one_line(done.err)


def test_mv_moves_motors_together_and_says_where_they_stand(beamline: Beamline) -> None:
    done = beamline.run("mv", "th", "1", "tth", "-2e0")
    assert (done.status, done.err) == (0, "")
    assert done.out == "motor\tvalue\nth\t1.0000\ntth\t-2.0000\n"
    assert (beamline.position("th"), beamline.position("tth")) == (1, -2)


def test_mvr_moves_by_distances(beamline: Beamline) -> None:
    (told,) = beamline.json("mvr", "th", "-0.5")
    assert is_value(told, name="motor/th/position", value=29.5, motor="th", start=30.0, target=29.5, done=True)


def test_mv_jsonl_tells_positions_on_the_way(beamline: Beamline) -> None:
    lines = [json.loads(line) for line in beamline.run("mv", "th", "20", "--jsonl").out.splitlines()]
    assert all(is_value(line, motor="th", target=20.0) for line in lines)
    assert [line["done"] for line in lines] == [False] * (len(lines) - 1) + [True]
    assert lines[0]["value"] == 30.0
    assert lines[-1]["value"] == 20.0


def test_a_limit_is_checked_before_anything_moves(beamline: Beamline) -> None:
    done = beamline.run("mv", "tth", "5", "th", "500")
    assert (done.status, done.out) == (5, "")
    assert "500 is beyond its high limit at 100" in one_line(done.err)
    assert beamline.position("tth") == 60


def test_a_dry_run_shows_what_would_be_done(beamline: Beamline) -> None:
    done = beamline.run("mv", "th", "5", "--dry-run")
    assert done.out == "motor\tfrom\tto\tby\tlow\thigh\nth\t30\t5\t-25\t-20\t100\n"
    assert one_line(done.err) == "nothing was moved"
    assert beamline.run("mv", "th", "500", "--dry-run").status == 5
    assert beamline.position("th") == 30


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["th"], "'th' has no number"), (["th", "x"], "'x' is no number"), (["th", "nan"], "'nan' is no number"),
        (["th", "1", "th", "2"], "th is there twice"), (["th", "1", "--within", "-1"], "is no time"),
    ],
)  # fmt: skip
def test_moves_that_make_no_sense_are_wrong_usage(beamline: Beamline, words: list[str], reason: str) -> None:
    done = beamline.run("mv", *words)
    assert done.status == 2
    assert reason in one_line(done.err)


@pytest.mark.parametrize("command", ["mv", "mvr"])
def test_a_motor_that_is_not_there_is_told_with_those_that_are(beamline: Beamline, command: str) -> None:
    done = beamline.run(command, "th", "1", "nosuch", "1")
    assert (done.status, done.out) == (1, "")
    assert one_line(done.err).startswith(f"pycertifspec {command}: no motor is called nosuch; there are tth, th, ")


def test_mv_that_takes_too_long_is_stopped_with_4(slow_beamline: Beamline) -> None:
    done = slow_beamline.run("mv", "tth", "-20", "--within", "0.5")
    assert (done.status, done.out) == (4, "")
    assert "stopped at tth" in done.err
    assert -20 < slow_beamline.position("tth") < 60


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_stops_the_motors_and_says_where_they_stand(
    slow_beamline: Beamline, number: signal.Signals
) -> None:
    with slow_beamline.start("mv", "tth", "-20", "--jsonl") as process:
        lines = lines_of(process)
        while json.loads(next(lines))["value"] > 59.9:
            pass
        process.send_signal(number)
        assert process.wait() == 130
        assert process.stderr is not None
        said = process.stderr.read()
    assert "SPEC was told to stop" in said
    assert f"stopped at tth {slow_beamline.position('tth'):.4f}" in said
    with slow_beamline.client() as client:
        assert not client.motor("tth").moving


def test_a_bar_shows_where_the_motor_is_until_ctrl_c_stops_it(slow_beamline: Beamline) -> None:
    with slow_beamline.terminal("mv", "tth", "-20") as terminal:
        screen = terminal.wait_for("of -20")
        assert any("tth" in line and ("━" in line or "╸" in line or "╺" in line) for line in screen)
        terminal.type("\x03")
        terminal.wait_for("stopped at tth")
        assert terminal.end() == 130


def test_a_server_that_dies_while_motors_move_is_status_3(slow_beamline: Beamline) -> None:
    with slow_beamline.start("mv", "tth", "-20", "--jsonl") as process:
        lines = lines_of(process)
        while json.loads(next(lines))["value"] > 59.9:
            pass
        slow_beamline.spec.die()
        assert process.wait() == 3
        assert process.stderr is not None
        may_move, error = process.stderr.read().splitlines()
    assert may_move == "tth may still move"
    assert "closed the connection" in error


def test_counters_are_listed(beamline: Beamline) -> None:
    assert beamline.run("counters", "det").out == "counter\tname\tvalue\ndet\tDetector\t0\n"
    assert beamline.json("counters", "sec") == [{"counter": "sec", "name": "Seconds", "value": 0.0}]


def test_ct_counts_and_shows_each_counter(beamline: Beamline) -> None:
    first, seconds, *_ = beamline.run("ct", "2").out.splitlines()
    assert first == "counter\tlabel\tvalue\tper_second"
    assert seconds == "sec\tSeconds\t2\t1"
    values = beamline.json("ct", "0.5")
    assert is_value(values[0], name="scaler/sec/value", value=0.5, counter="sec", per_second=1.0)


def test_ct_counts_to_monitor_counts(beamline: Beamline) -> None:
    values = {item["counter"]: item["value"] for item in beamline.json("ct", "--monitor", "1000")}
    assert values["mon"] >= 1000


@pytest.mark.parametrize("words", [["0"], ["-1"], ["1", "--monitor", "5"], ["nan"], ["--monitor", "0"]])
def test_what_cannot_be_counted_to_is_wrong_usage(beamline: Beamline, words: list[str]) -> None:
    assert beamline.run("ct", *words).status == 2


def test_ct_that_takes_too_long_ends_with_4(slow_beamline: Beamline) -> None:
    assert slow_beamline.run("ct", "100", "--within", "0.3").status == 4


def test_ctrl_c_ends_counting_and_shows_what_was_counted_without_colour(slow_beamline: Beamline) -> None:
    with slow_beamline.terminal("ct", "100", env={"NO_COLOR": "1"}) as terminal:
        terminal.wait_for("of 100 s")
        terminal.type("\x03")
        terminal.wait_for("counted until then: sec")
        assert terminal.end() == 130
        assert b"\x1b[38" not in terminal.raw
    with slow_beamline.client() as client:
        assert not int(client.read("scaler/.all./count"))


# Whatever interrupts SPEC, this goes on: SPEC does not come back to its prompt.
CLEANUP = "def cleanup_always 'for (;;) sleep(1)'; "


@pytest.mark.parametrize(
    ("words", "begun", "what"),
    [
        (["run", 'print "begun"; sleep(60)'], "begun", "the command"),
        (["scan", "timescan 0.2"], "of ? points", "the scan"),
        (["scan", "timescan 0.2", "--plot"], "of ?", "the scan"),
    ],
)
def test_ctrl_c_twice_leaves_without_waiting(slow_beamline: Beamline, words: list[str], begun: str, what: str) -> None:
    with slow_beamline.terminal(words[0], CLEANUP + words[1], *words[2:]) as terminal:
        terminal.wait_for(begun)
        terminal.type("\x03")
        terminal.wait_for("(Ctrl-C again leaves)")
        terminal.type("\x03")
        assert terminal.end() == 130
    assert f"left without waiting: {what} may not have stopped yet".encode() in terminal.raw


def test_what_is_said_while_bars_are_drawn_stands_above_them_and_stays(slow_beamline: Beamline) -> None:
    with slow_beamline.terminal("mv", "tth", "-20", "th", "-20") as terminal:
        terminal.wait_for("of -20")
        terminal.type("\x03")
        assert terminal.end() == 130
    lines = [line for line in terminal.lines if line]
    end = next(place for place, line in enumerate(lines) if line.startswith("stopped at tth "))
    assert "".join(lines[:end]) == "SPEC was told to stop; waiting for tth and th (Ctrl-C again leaves)"
    assert lines[end + 1 :] == ["pycertifspec mv: interrupted"]


@pytest.mark.parametrize(
    "script",
    [
        "for place in -20 60; do pycertifspec mv tth $place; done; echo went on",
        "pycertifspec mv tth -20; pycertifspec mv tth 60; echo went on",
    ],
)
def test_ctrl_c_ends_the_loop_that_would_move_the_motors_again(slow_beamline: Beamline, script: str) -> None:
    with slow_beamline.shell(script) as terminal:
        terminal.wait_for("of -20")
        terminal.type("\x03")
        assert terminal.end() == 130
    assert b"went on" not in terminal.raw
    assert b"of 60" not in terminal.raw


def test_motors_that_are_not_waited_for_move_on(slow_beamline: Beamline) -> None:
    done = slow_beamline.run("mv", "tth", "61", "--no-wait")
    assert (done.status, done.out, done.err) == (0, "motor\ttarget\ntth\t61\n", "under way\n")
    assert slow_beamline.run("wait", "tth", "61", "--within", "30").status == 0
    (told,) = slow_beamline.json("mvr", "tth", "0.5", "--no-wait", "-q")
    assert is_value(told, motor="tth", target=61.5, done=False)


def test_counting_that_is_not_waited_for_goes_on(slow_beamline: Beamline) -> None:
    done = slow_beamline.run("ct", "1000", "--no-wait")
    assert (done.status, done.out, done.err) == (0, "", "counting\n")
    with slow_beamline.client() as client:
        assert client.read("scaler/.all./count")


def test_motors_that_do_not_begin_to_move_are_not_waited_for_without_end(tmp_path: Path) -> None:
    with SimulatedSpec(directory=tmp_path, clock=ManualClock()) as spec:  # time stands still
        done = Beamline(spec, tmp_path).run("mv", "tth", "50", "--no-wait", "-w", "0.5")
    assert (done.status, done.out) == (4, "")
    assert "tth on fourc did not begin to move within 0.5 s" in one_line(done.err)


def test_ctrl_c_before_motors_move_that_are_not_waited_for_stops_them(tmp_path: Path) -> None:
    with SimulatedSpec(directory=tmp_path, clock=ManualClock()) as spec:  # time stands still
        beamline = Beamline(spec, tmp_path)
        with beamline.client() as client, beamline.start("mv", "tth", "50", "--no-wait", "-w", "60") as process:
            client.wait_for("motor/tth/move_done", True, PATIENCE)
            process.send_signal(signal.SIGINT)
            assert process.stderr is not None
            assert "SPEC was told to stop" in process.stderr.readline()
            assert process.wait(PATIENCE) == 130
        assert spec.motor("tth").position == 60


@pytest.mark.parametrize("words", [["mv", "tth", "50"], ["ct", "1"]])
def test_what_spec_would_only_do_later_is_not_begun_unwatched(slow_beamline: Beamline, words: list[str]) -> None:
    with slow_beamline.client() as client, client.output() as output:
        client.run("print 1; sleep(1000)", blocking=False)
        next(iter(output))
        done = slow_beamline.run(*words, "--no-wait")
        client.abort()
    assert (done.status, done.out) == (5, "")
    assert "is busy; `pycertifspec wait status/ready 1` waits until it is at its prompt" in one_line(done.err)


@pytest.mark.parametrize("words", [["mv", "tth", "50"], ["ct", "1"]])
def test_what_waits_for_specs_prompt_says_so_and_stops_nobody_when_it_is_interrupted(
    slow_beamline: Beamline, words: list[str]
) -> None:
    with slow_beamline.client() as client, client.output() as output:
        client.counters  # noqa: B018
        client.run("print 1; sleep(1000)", blocking=False)
        next(iter(output))
        with slow_beamline.start(*words) as process:
            assert process.stderr is not None
            assert process.stderr.readline() == "fourc is busy: waiting until it is at its prompt\n"
            client.read("status/ready")
            process.send_signal(signal.SIGINT)
            assert process.wait(PATIENCE) == 130
            assert "told to stop" not in process.stderr.read()
        assert not client.read("status/ready")
        client.abort()
    assert slow_beamline.position("tth") == 60


@pytest.mark.parametrize(("words", "end"), [(["mv", "tth", "50"], 50), (["mvr", "tth", "0.5"], 60.5)])
def test_a_motor_that_moves_for_somebody_else_is_waited_for(tmp_path: Path, words: list[str], end: float) -> None:
    clock = ManualClock()
    with SimulatedSpec(directory=tmp_path, clock=clock) as spec:
        beamline = Beamline(spec, tmp_path)
        with beamline.client() as client:
            client.set("motor/tth/start_one", 60.4)
            client.wait_for("motor/tth/move_done", True, PATIENCE)
            refused = beamline.run("mv", "tth", "62", "--no-wait")
            assert refused.status == 5
            assert "refused to move tth with --no-wait: tth moves for somebody else" in one_line(refused.err)
            with beamline.start(*words) as process:
                assert process.stderr is not None
                assert process.stderr.readline() == "tth moves for somebody else: waiting until it stands\n"
                while process.poll() is None:
                    clock.advance(1)
                assert process.returncode == 0
        assert spec.motor("tth").position == (end if words[0] == "mv" else 60.9)


@pytest.mark.parametrize("words", [["mv", "th", "1"], ["ct", "1"]])
def test_what_is_not_waited_for_has_no_time(beamline: Beamline, words: list[str]) -> None:
    assert beamline.run(*words, "--no-wait", "--within", "5").status == 2
