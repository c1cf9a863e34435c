"""`pycertifspec simulator` with a beamline from a file and a state that outlives it, as a process that is killed."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from pycertifspec.simulator.datafile import read_file
from pycertifspec.SpecSocket import SpecSocket
from pycertifspec.wire.constants import EventTypes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pycertifspec.simulator.datafile import Scan

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")

PATIENCE = 40.0
SPEC_CONFIG = """\
# ID @(#)getinfo.c 6.6
SDEV_0 = /dev/ttyS0 9600 raw
MOT000 = EPICS_M2:0/1 2000 1 2000 200 50 125 0 0x003 mx Mirror X
CNT000 = SFTWARE 0 0 1000 0x001 sec Seconds
CNT001 = NONE 0 0 1 0x000 mu mu
"""


class Served:
    """A simulator that runs, and a client of it."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pycertifspec", "simulator", "--port", "0", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            pytest.fail(f"it did not start: {self.process.communicate()[1]}")
        self.name = line.partition(":")[0]
        self.socket = SpecSocket()
        self.socket.connect_spec("127.0.0.1", int(line.rpartition(":")[2]), port_range=None, timeout=PATIENCE)
        self.socket.settimeout(PATIENCE)

    def run(self, command: str) -> str:
        return self._ask(EventTypes.SV_CMD_WITH_RETURN, "", command)

    def get(self, name: str) -> str:
        return self._ask(EventTypes.SV_CHAN_READ, name, "")

    def _ask(self, kind: EventTypes, name: str, text: str) -> str:
        self.socket.send_spec(1, kind, 2, name, text.encode() + b"\0")
        body = self.socket.recv_spec().body
        return body if isinstance(body, str) else bytes(body).rstrip(b"\0").decode()

    def kill(self) -> None:
        """End it without a chance to write anything, and collect what is left of it."""
        self.process.kill()
        self.socket.close()
        self.process.communicate()

    def end(self) -> str:
        """End it as Ctrl-C does; return what it wrote on standard error."""
        self.process.send_signal(signal.SIGINT)
        self.socket.close()
        return self.process.communicate(timeout=PATIENCE)[1]


@contextlib.contextmanager
def served(*arguments: str) -> Iterator[Served]:
    spec = Served(*arguments)
    try:
        yield spec
    finally:
        spec.kill()


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pycertifspec", "simulator", *arguments],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_a_beamline_is_what_its_file_says(tmp_path: Path) -> None:
    (tmp_path / "beam.toml").write_text(
        'name = "powder"\n[[motor]]\nmnemonic = "gon"\nname = "Goniometer"\ndial = 4\n'
        '[[counter]]\nmnemonic = "sec"\nname = "Seconds"\nuse = "timebase"\nscale = 1e6\n'
        '[[counter]]\nmnemonic = "det"\nname = "Detector"\nnoise = false\n'
        'rate = { kind = "peak", motor = "gon", center = 5, fwhm = 1, height = 700 }\n'
    )
    (tmp_path / "try.mac").write_text("print SPEC, motor_name(0), A[gon]\nmv gon 5\nwaitmove\ncount 2\nprint S[det]\n")
    arguments = ("--time-scale", "inf", "--config", str(tmp_path / "beam.toml"), "--run", str(tmp_path / "try.mac"))

    assert run(*arguments).stdout == "powder Goniometer 4\n1400\n"
    assert run("--name", "other", *arguments).stdout.startswith("other ")


def test_what_of_specs_own_config_cannot_be_simulated_is_told(tmp_path: Path) -> None:
    (tmp_path / "config").write_text(SPEC_CONFIG)
    with served("--config", str(tmp_path / "config"), "--time-scale", "1000") as spec:
        assert spec.name == "fourc"
        assert spec.run("mv mx 3; waitmove; getangles; A[mx]") == "3"
        told = spec.end()
    lines = told.splitlines()
    assert f"{tmp_path}/config: line 2: SDEV_0 = /dev/ttyS0 9600 raw: no hardware is spoken to" in lines
    assert f"{tmp_path}/config: EPICS_M2: a plain simulated motor each (mx)" in lines
    assert all(line.startswith(f"{tmp_path}/config: ") for line in lines)


@pytest.mark.parametrize("arguments", [(), ("--state", "{tmp}/state")])
def test_a_file_that_is_wrong_is_told_and_nothing_starts(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    (tmp_path / "beam.toml").write_text('[[motor]]\nmnemonic = "th"\n')
    given = [argument.format(tmp=tmp_path) for argument in arguments]

    done = run("--port", "0", "--config", str(tmp_path / "beam.toml"), *given)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"pycertifspec simulator: {tmp_path}/beam.toml: motor[0] has no name, which every motor must have\n"
    )


def test_a_state_goes_on_and_a_fresh_start_keeps_the_motors_only(tmp_path: Path) -> None:
    state = ("--state", str(tmp_path / "state"), "--time-scale", "1000")
    with served(*state) as spec:
        spec.run("mv th 31; waitmove")
        spec.run('x = "kept"; y = 0')
        spec.run("def mine 'print \"x\"'")
        # A client's assignment to a property is kept as a command's is.
        spec.socket.send_spec(0, EventTypes.SV_CHAN_SEND, 2, "var/y", b"7\0")
        spec.socket.send_spec(0, EventTypes.SV_CHAN_SEND, 2, "motor/th/slew_rate", b"1234\0")
        assert spec.end() == ""
    with served(*state) as spec:
        assert spec.run('x y A[th] motor_par(th, "slew_rate") is_macro("mine")') == "kept73112341"
        spec.end()
    for fresh in ("-f", "--fresh"):
        with served(*state, fresh) as spec:
            assert spec.run('A[th] " " unset("x") is_macro("mine") FRESH') == "31 101"
            spec.end()


def test_a_file_that_is_no_state_is_named_and_stays(tmp_path: Path) -> None:
    (tmp_path / "fourc.json").write_text('{"precious": 1}')

    done = run("--port", "0", "--state", str(tmp_path))

    assert done.returncode == 2
    assert f"{tmp_path}/fourc.json cannot be used as a state" in done.stderr
    assert (tmp_path / "fourc.json").read_text() == '{"precious": 1}'


def test_a_state_that_is_in_use_is_told_and_one_of_another_name_is_not(tmp_path: Path) -> None:
    with served("--state", str(tmp_path)):
        done = run("--port", "0", "--state", str(tmp_path))
        assert done.returncode == 2
        assert "fourc.json is the state of a simulator that runs" in done.stderr
        with served("--state", str(tmp_path), "--name", "psic") as other:
            assert other.end() == ""


def test_a_port_that_is_taken_leaves_the_state_whole(tmp_path: Path) -> None:
    with served() as spec:
        port = str(spec.socket.getpeername()[1])
        done = run("--port", port, "--state", str(tmp_path))
    assert done.returncode == 3
    assert json.loads((tmp_path / "fourc.json").read_text())["name"] == "fourc"


def test_a_macro_file_is_run_on_the_state_and_a_failure_keeps_what_was_done(tmp_path: Path) -> None:
    (tmp_path / "count.mac").write_text("times += 1; mvr th 1; waitmove\nprint times, A[th]\nif (times == 2) nosuch\n")
    arguments = ("--time-scale", "inf", "--state", str(tmp_path / "state"), "--run", str(tmp_path / "count.mac"))

    done = [run(*arguments) for _ in range(3)]

    assert [one.returncode for one in done] == [0, 1, 0]
    assert [one.stdout.split("\n")[0] for one in done] == ["1 31", "2 32", "3 33"]


def scans_of(path: Path) -> list[Scan]:
    file = read_file(path)
    assert not file.problems
    return list(file.scans)


def killed_in_a_scan(tmp_path: Path, *state: str) -> None:
    with served(*state) as spec:
        spec.run("umv samx 3; newfile killed; ascan th 30 30.2 2 0.1")
        spec.run("sleep(1)")  # whatever is written in the background is written
        spec.socket.send_spec(0, EventTypes.SV_CMD, 2, "", b"dscan samx -1 1 40 5\0")
        while "\n#S 2 " not in (text := (tmp_path / "killed").read_text()) or not text.partition("#S 2 ")[2].count(
            "\n2."
        ):
            time.sleep(0.01)
        spec.kill()


def test_after_a_kill_in_a_scan_its_number_is_used_up_the_file_says_so_and_resume_goes_on(tmp_path: Path) -> None:
    state = ("--state", str(tmp_path / "state"), "--directory", str(tmp_path), "--time-scale", "50")
    killed_in_a_scan(tmp_path, *state)
    before = scans_of(tmp_path / "killed")[1]
    assert 0 < before.points < 41

    with served(*state) as spec:
        after = scans_of(tmp_path / "killed")[1]
        assert (after.aborted, after.points) == (True, before.points)
        assert after.comments[-1].text.endswith(f"Scan aborted after {before.points} points.")
        assert 2 <= float(str(spec.run("A[samx]"))) < 4  # nothing has moved by itself
        spec.run("resume")
        whole = scans_of(tmp_path / "killed")[1]
        assert (whole.aborted, whole.points) == (False, 41)
        assert spec.run('array_op("rows", SCAN_D) " " SCAN_D[0][0] " " SCAN_D[40][0]') == "41 2 4"
        assert spec.run("A[samx]") == "3"  # and a relative scan brings its motor back
        spec.run("ascan th 30 30.2 2 0.1")
        spec.end()
    assert [scan.number for scan in scans_of(tmp_path / "killed")] == [1, 2, 3]


def test_a_kill_before_the_state_has_what_the_data_file_says_forgets_no_point(tmp_path: Path) -> None:
    state = ("--state", str(tmp_path / "state"), "--directory", str(tmp_path), "--time-scale", "inf")
    killed_in_a_scan(tmp_path, *state[:-1], "50")
    kept = (tmp_path / "state" / "fourc.json").read_bytes()
    points = scans_of(tmp_path / "killed")[1].points

    with served(*state) as spec:  # notes in the data file that the scan was aborted
        spec.kill()
    (tmp_path / "state" / "fourc.json").write_bytes(kept)  # and was killed before its state was written

    with served(*state) as spec:
        assert spec.run("NPTS") == str(points)
        spec.run("resume")
        spec.end()
    whole = scans_of(tmp_path / "killed")[1]
    assert (whole.aborted, whole.points) == (False, 41)
    assert [comment.text.split(".  ")[1] for comment in whole.comments] == [
        f"Scan aborted after {points} points.", "Scan continued."]  # fmt: skip


def test_after_a_kill_in_a_scan_without_a_file_it_can_be_gone_on_with(tmp_path: Path) -> None:
    state = ("--state", str(tmp_path / "state"), "--time-scale", "50")
    with served(*state) as spec:
        spec.socket.send_spec(0, EventTypes.SV_CMD, 2, "", b"loopscan 5 200\0")
        spec.socket.send_spec(1, EventTypes.SV_CHAN_READ, 2, "var/NPTS", b"")
        while str(spec.socket.recv_spec().body) != "1":
            spec.socket.send_spec(1, EventTypes.SV_CHAN_READ, 2, "var/NPTS", b"")
        spec.kill()
    with served(*state, "--time-scale", "inf") as spec:
        assert spec.run('resume; NPTS " " SCAN_N') == "5 1"
        spec.end()


def test_a_file_that_others_have_added_scans_to_is_counted_on_from_there(tmp_path: Path) -> None:
    state = ("--state", str(tmp_path / "state"), "--directory", str(tmp_path), "--time-scale", "inf")
    with served(*state) as spec:
        spec.run("newfile shared; loopscan 1 0.1")
        spec.end()
    with (tmp_path / "shared").open("a") as file:
        file.write("\n#S 7  ascan  th 0 1  1 1\n#D Wed Feb 03 16:51:31 2016\n#N 1\n#L Theta\n0\n1\n")
    with served(*state) as spec:
        assert spec.run("loopscan 1 0.1; SCAN_N") == "8"
        spec.end()
    assert not scans_of(tmp_path / "shared")[1].aborted


COMMAND = """
{{
    first = {n}; t["n"] = {n}
    mv th {th} chi {chi}
    pair["a"]["{n}"] = {n}
    set_lm phi -{n} {n}
    words = ""
    for (i = 0; i < 200; i++) words = words "{n} "
    waitmove
    last = {n}
}}
"""


def test_a_kill_at_any_moment_leaves_a_consistent_state(tmp_path: Path) -> None:
    state = ("--state", str(tmp_path), "--time-scale", "200")
    chance = random.Random(7)
    with served(*state) as spec:
        spec.run('global first last t pair words i; first = last = 0; t["n"] = 0; words = ""')
        spec.end()
    n = 0
    seen = set()
    for _ in range(12):
        with served(*state) as spec:
            # What one command has set together was kept together.
            values = str(spec.run('first " " last " " t["n"] " " words')).split()
            found = int(values[0])
            assert set(values) == {str(found)}
            assert len(values) == (203 if found else 3)
            if found:
                assert spec.run(f'pair["a"]["{found}"]') == str(found)
                assert spec.run(f'pair["a"]["{found + 1}"]') in ("", "0")
            # A motor is somewhere on the way that was asked for, and its limits are a pair.
            assert 20 <= float(str(spec.run("A[th]"))) <= 40
            low, high = (float(str(spec.run(f"get_lim(phi, {which})"))) for which in (-1, 1))
            assert low == -high
            assert found <= n
            seen.add(found)

            end = time.monotonic() + chance.uniform(0.0, 0.6)
            while time.monotonic() < end:
                n += 1
                th, chi = chance.uniform(20, 40), chance.uniform(-100, -80)
                text = COMMAND.format(n=n, th=th, chi=chi).strip().replace("\n", "; ").replace("{;", "{")
                spec.socket.send_spec(0, EventTypes.SV_CMD, 2, "", text.encode() + b"\0")
                time.sleep(chance.uniform(0.0, 0.05))  # the moments are random, nothing depends on them
            spec.kill()
    assert len(seen) > 2
