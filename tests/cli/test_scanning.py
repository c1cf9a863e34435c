"""`scan`, `follow`: scans as processes and in a terminal."""

from __future__ import annotations

import csv
import json
import signal
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from tests.support.beamline import is_value
from tests.support.command import lines_of, one_line

from pycertifspec.session.peak import Peak, peak

if TYPE_CHECKING:
    from tests.support.beamline import Beamline

SCAN = {
    "type": "object",
    "properties": {
        "type": {"const": "scan"},
        "number": {"type": "integer"},
        "columns": {"type": "array", "items": {"type": "string"}},
        "aborted": {"type": "boolean"},
        "peak": {"type": ["object", "null"], "required": ["column", "x", "y", "com", "fwhm", "center"]},
    },
    "required": ["name", "type", "number", "command", "columns", "aborted", "peak", "expected"],
}
PEAK = "ascan th 29 31 10 0.1"
# It goes on until it is aborted.
ENDLESS = "timescan 0.2"


def test_a_scan_is_a_table_in_a_pipe_and_its_peak_stands_beside(beamline: Beamline) -> None:
    done = beamline.run("scan", PEAK)
    assert done.status == 0
    heads, *rows = done.out.splitlines()
    assert heads == "#\tTheta\tH\tK\tL\tDetector\tMonitor\tSeconds"
    assert [row.split("\t")[0] for row in rows] == [str(number) for number in range(11)]
    assert rows[-1].split("\t")[1] == "31"
    assert one_line(done.err).startswith("Detector: peak at ")


def test_scan_json_has_all_points(beamline: Beamline) -> None:
    done = beamline.run("scan", PEAK, "--json")
    told = json.loads(done.out)
    jsonschema.validate(told, SCAN)
    assert [point["Theta"] for point in told["points"]][::5] == [29.0, 30.0, 31.0]
    assert told["peak"]["column"] == "Detector"


def test_scan_jsonl_tells_each_point_and_then_the_scan(beamline: Beamline) -> None:
    *points, end = map(json.loads, beamline.run("scan", "ascan th 0 1 2 0.1", "--jsonl").out.splitlines())
    assert [point["point"] for point in points] == [0, 1, 2]
    assert all(is_value(point, type="point", expected=3) and point["timestamp"] for point in points)
    jsonschema.validate(end, SCAN)
    assert is_value(end, name=str(end["number"]), value=end["command"], type="scan")


@pytest.mark.parametrize("name", ["peak.csv", "peak.json", "peak.h5", "peak.spec"])
def test_a_scan_is_saved_as_what_the_file_is_called(beamline: Beamline, name: str) -> None:
    done = beamline.run("scan", "ascan th 0 1 2 0.1", "--save", name, "-q")
    assert (done.status, (beamline.directory / name).exists()) == (0, True)
    again = beamline.run("scan", "ascan th 0 1 2 0.1", "--save", name)
    assert (again.status, again.out) == (2, "")
    assert "is there already" in again.err


def test_the_file_has_what_was_measured_and_where_the_motors_were(beamline: Beamline) -> None:
    told = json.loads(beamline.run("scan", "ascan th 0 1 2 0.1", "--save", "scan{number}.csv", "--json").out)
    text = (beamline.directory / f"scan{told['number']}.csv").read_text()
    assert "# motor Theta: 30.0\n" in text
    rows = list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))
    assert [float(row["Detector"]) for row in rows] == [point["Detector"] for point in told["points"]]


@pytest.mark.parametrize("words", [["--save", "x.nosuch"], ["--within", "0"]])
def test_wrong_usage_is_said_before_anything_is_scanned(beamline: Beamline, words: list[str]) -> None:
    assert beamline.run("scan", PEAK, *words).status == 2
    assert beamline.position("th") == 30


@pytest.mark.parametrize("text", ["", "  "])
def test_an_empty_scan_is_wrong_usage(beamline: Beamline, text: str) -> None:
    done = beamline.run("scan", text)
    assert (done.status, one_line(done.err)) == (2, "pycertifspec scan: the SCAN is empty")


def test_a_scan_beyond_a_limit_says_what_spec_printed(beamline: Beamline) -> None:
    done = beamline.run("scan", "ascan th 0 1000 3 0.1")
    assert (done.status, done.out) == (1, "")
    assert "Limit is at 100" in one_line(done.err)
    assert beamline.position("th") == 30


def test_what_is_no_scan_is_the_servers_no(beamline: Beamline) -> None:
    assert '"nosuch" is undefined' in beamline.run("scan", "nosuch").err
    done = beamline.run("scan", "p 1")
    assert done.status == 1
    assert "printed no scan" in done.err


def test_columns_have_labels_and_mnemonics(beamline: Beamline) -> None:
    assert beamline.run("scan", "ascan th 0 1 2 0.1", "-y", "mon", "-x", "Theta").err.startswith("Monitor: peak at ")
    told = json.loads(beamline.run("scan", "ascan th 0 1 2 0.1", "--json", "-y", "th").out)
    assert told["peak"]["column"] == "Theta"


@pytest.mark.parametrize("words", [["-y", "nosuch"], ["-x", "nosuch", "--json"]])
def test_a_column_that_is_not_there_ends_the_scan_at_once(beamline: Beamline, words: list[str]) -> None:
    done = beamline.run("scan", ENDLESS, *words, "--save", "x.csv")
    assert (done.status, done.out) == (2, "")
    assert "no column 'nosuch'; it has " in one_line(done.err)
    assert done.err.endswith("; the scan was aborted\n")
    assert list(beamline.directory.glob("x*")) == []
    with beamline.client() as client:
        client.wait_until_ready(20)


def test_who_follows_with_a_wrong_column_leaves_the_scan_alone(slow_beamline: Beamline) -> None:
    with slow_beamline.start("follow", "-y", "nosuch") as process, slow_beamline.client() as client:
        assert process.stderr is not None
        process.stderr.readline()
        with client.scan(ENDLESS) as scan:
            assert process.wait() == 2
            taken = len(scan.record.points)
            assert any(point.index > taken for point in scan)


@pytest.mark.parametrize("path", ["/nonexistent/x.csv", "x.csv/y.csv", "/dev/null/x.h5"])
def test_what_cannot_be_saved_is_not_measured(beamline: Beamline, path: str) -> None:
    done = beamline.run("scan", PEAK, "--save", path)
    assert (done.status, done.out) == (2, "")
    assert "there is no such directory to save in" in one_line(done.err)
    assert beamline.position("th") == 30


def test_a_numbered_file_that_is_there_already_costs_nobody_what_was_measured(beamline: Beamline) -> None:
    (beamline.directory / "scan1.csv").write_text("mine")
    for twin in (2, 3):
        done = beamline.run("scan", "ascan th 0 1 2 0.1; SCAN_N = 0", "--save", "scan{number}.csv")
        assert f"saved in scan1.{twin}.csv" in done.err
    assert (beamline.directory / "scan1.csv").read_text() == "mine"
    assert len(list(beamline.directory.glob("scan*"))) == 3


def test_many_scans_do_not_go_into_one_file(beamline: Beamline) -> None:
    done = beamline.run("follow", "--save", "x.csv")
    assert done.status == 2
    assert "put {number} into its name" in one_line(done.err)


def test_ctrl_c_aborts_a_scan_and_keeps_what_was_taken(slow_beamline: Beamline) -> None:
    with slow_beamline.start("scan", ENDLESS, "--jsonl", "--save", "part.csv") as process:
        lines = lines_of(process)
        next(lines)
        process.send_signal(signal.SIGINT)
        end = [json.loads(line) for line in lines][-1]
        assert process.wait() == 130
    assert end["aborted"] is True
    assert (slow_beamline.directory / "part.csv").exists()
    with slow_beamline.client() as client:
        client.wait_until_ready(20)


def test_a_scan_that_takes_too_long_is_aborted_with_4(slow_beamline: Beamline) -> None:
    done = slow_beamline.run("scan", ENDLESS, "--within", "1")
    assert done.status == 4
    assert "aborted after" in done.err


def test_a_server_that_dies_in_a_scan_is_status_3_and_what_was_taken_is_shown(slow_beamline: Beamline) -> None:
    with slow_beamline.start("scan", ENDLESS, "--jsonl") as process:
        lines = lines_of(process)
        next(lines)
        slow_beamline.spec.die()
        assert [json.loads(line) for line in lines][-1]["aborted"] is True
        assert process.wait() == 3


def test_on_a_terminal_rows_and_a_bar_grow_and_the_peak_stands_below(slow_beamline: Beamline) -> None:
    with slow_beamline.terminal("scan", "ascan samx 0 0.2 4 0.1") as terminal:
        terminal.wait_for("of 5 points")
        screen = terminal.wait_for("Detector: peak at")
        assert terminal.end() == 0
    assert any(line.startswith("scan ") and "samx 0 0.2" in line for line in screen)
    heads = next(line for line in screen if line.startswith("     #"))
    assert heads.split() == ["#", "Sample", "X", "H", "K", "L", "Detector", "Monitor", "Seconds"]
    assert len(next(line for line in screen if line.startswith("     4"))) == len(heads)
    assert not any("points" in line for line in terminal.lines)


def test_what_another_program_shows_of_a_scan_is_not_drawn_over(beamline: Beamline) -> None:
    with beamline.shell(f"pycertifspec scan '{PEAK}' | cat") as terminal:
        assert terminal.end() == 0
    assert b"of 11 points" not in terminal.raw
    rows = [line.split()[0] for line in terminal.lines if line and not line.startswith("Detector: ")]
    assert rows == ["#", *map(str, range(11))]


@pytest.mark.parametrize("words", [[], ["--plot"]])
def test_on_a_terminal_a_server_that_dies_leaves_what_was_taken_and_one_line(
    slow_beamline: Beamline, words: list[str]
) -> None:
    with slow_beamline.terminal("scan", ENDLESS, *words) as terminal:
        terminal.wait_for("of ?")
        slow_beamline.spec.die()
        terminal.wait_for("pycertifspec scan: ")
        assert terminal.end() == 3
    assert b"Traceback" not in terminal.raw


def test_what_does_not_fit_into_the_terminal_is_not_what_was_counted(beamline: Beamline) -> None:
    with beamline.terminal("scan", "a2scan th 0 0.1 tth 0 0.2 2 0.1") as terminal:
        screen = terminal.wait_for("Detector: peak at")
        assert terminal.end() == 0
    assert next(line for line in screen if line.startswith("     #")).split() == [
        "#", "Theta", "Two", "Theta", "Detector", "Monitor", "Seconds",
    ]  # fmt: skip


@pytest.mark.parametrize("colors", [{}, {"NO_COLOR": "1"}])
def test_on_a_terminal_the_curve_grows(slow_beamline: Beamline, colors: dict[str, str]) -> None:
    with slow_beamline.terminal("scan", "ascan samx 0 0.2 4 0.1", "--plot", env=colors) as terminal:
        terminal.wait_for("Detector: peak at")
        assert terminal.end() == 0
    # The live display is gone at the end, and may be within one read of the screen.
    assert all(text in terminal.raw for text in (b" of 5", b"Sample X"))
    assert (b"\x1b[38" in terminal.raw) is not bool(colors)


def test_scans_that_others_start_are_followed(beamline: Beamline) -> None:
    with beamline.start("follow", "-n", "2", "--jsonl", "--save", "followed{number}.csv") as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "waiting for scans on fourc\n"
        with beamline.client() as client:
            client.execute("ascan th 0 1 2 0.1")
            client.execute("loopscan 2 0.1")
        told: list[Any] = [json.loads(line) for line in lines_of(process)]
        assert process.wait() == 0
    ends = [item for item in told if item["type"] == "scan"]
    assert [end["command"].split()[0] for end in ends] == ["ascan", "loopscan"]
    assert [end["aborted"] for end in ends] == [False, False]
    assert sum(item["type"] == "point" for item in told) == sum(end["expected"] for end in ends)
    assert len(list(beamline.directory.glob("followed*.csv"))) == 2


def test_following_ends_with_ctrl_c_and_leaves_the_scan_alone(slow_beamline: Beamline) -> None:
    with slow_beamline.start("follow") as process, slow_beamline.client() as client:
        assert process.stderr is not None
        process.stderr.readline()
        with client.scan(ENDLESS) as scan:
            assert process.stdout is not None
            process.stdout.readline()
            process.send_signal(signal.SIGINT)
            assert process.wait() == 130
            taken = len(scan.record.points)
            assert any(point.index > taken for point in scan)


def test_no_scans_are_none_to_follow(beamline: Beamline) -> None:
    assert beamline.run("follow", "-n", "0").status == 2


def test_a_peak_is_what_spec_says_it_is() -> None:
    assert peak([0, 1, 2, 3, 4], [0, 1, 2, 1, 0]) == Peak(2, 2, 2, 2, 2)
    assert peak([0, 1, 2], [0, 0, 0]) == Peak(0, 0, 0, 0, 0)
    assert peak([0, 1, float("nan")], [1, 3, 9]) == peak([0, 1], [1, 3])
    assert peak([], []) is None
