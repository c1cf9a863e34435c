"""Macros that ask are answered: at the console, from a pipe, in the simulator's own terminal."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pexpect
import pytest
from tests.support.command import COMMAND, PATIENCE, Terminal, environment

from pycertifspec import Client
from pycertifspec.server import Application, ServerThread

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.support.beamline import Beamline

pytestmark = pytest.mark.skipif(os.name == "nt", reason="terminals are POSIX's")

ASKS = 'a = getval("Energy", 8); b = yesno("Sure", 1)\nprintf("<%g %g %s>\\n", a, b, input("Who? "))\n'


def piped(typed: str, *words: str | Path, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command whose standard input is a pipe."""
    return subprocess.run(
        [*COMMAND, *map(str, words)],
        input=typed,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        env=environment(env),
    )


def run_file(typed: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return piped(typed, "simulator", "--time-scale", "inf", "--run", *arguments)


@pytest.mark.parametrize(
    ("typed", "given"),
    [("12.4\nn\n  me \n", "<12.4 0 me >"), ("0x10\n", "<16 1 >"), ("", "<8 1 >"), ("1\ny\nlast", "<1 1 last>")],
)
def test_a_macro_file_reads_its_answers_from_a_pipe_until_that_ends(tmp_path: Path, typed: str, given: str) -> None:
    path = tmp_path / "asks.mac"
    path.write_text(ASKS)

    done = run_file(typed, path)

    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].startswith("Energy (8)? ")  # the answer stands behind the question, as in a terminal
    assert given in lines[-1]


def test_a_macro_file_may_come_from_standard_input() -> None:
    text = 'def test_one \'{\n\tassert(1, "fine")\n}\'\nprint input("Anybody? ") "nobody"\n'

    done = run_file(text, "-", "--test", "--coverage")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[:2] == ["Anybody? ", "nobody"]
    assert "ok     test_one" in done.stdout
    assert re.search(r"^standard input +3 +3 +100 %$", done.stdout, re.MULTILINE)


def test_an_error_in_standard_input_names_its_line() -> None:
    done = run_file("x = 1\nnosuch_function(1)\n", "-")

    assert done.returncode == 1
    assert "standard input:2: " in done.stderr


def test_a_macro_file_asks_in_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "asks.mac"
    path.write_text(ASKS)
    with Terminal("simulator", "--time-scale", "inf", "--run", path) as terminal:
        terminal.wait_for("Energy (8)?")
        terminal.type("9\r")
        terminal.wait_for("Sure (YES)?")
        terminal.type("\x04")  # an end of input, here; one may go on typing
        terminal.wait_for("Who?")
        terminal.type("me\r")
        terminal.wait_for("<9 1 me>")
        assert terminal.end() == 0


@pytest.mark.parametrize(
    "how", ["set -m; {command} & wait", "{command} 0<&-"], ids=["in the background", "without standard input"]
)
def test_where_nobody_can_type_each_answer_is_the_default(tmp_path: Path, how: str) -> None:
    path = tmp_path / "asks.mac"
    path.write_text(ASKS)
    command = shlex.join([*COMMAND, "simulator", "--time-scale", "inf", "--run", str(path)])
    shell = pexpect.spawn("bash", ["-c", how.format(command=command)], env=environment(), timeout=PATIENCE)

    shell.expect_exact("<8 1 >")
    shell.expect(pexpect.EOF)
    shell.close()
    assert shell.exitstatus == 0


def test_a_server_that_cannot_be_answered_is_not_asked_what_it_asks() -> None:
    application = Application()
    application.publish("SCAN", 1)
    with ServerThread(application, port=0) as server:
        done = piped("2\n", "run", "-p", "1", env={"SPEC_SERVER": f"127.0.0.1:{server.port}"})
    assert (done.returncode, done.stdout) == (0, "1\n")


def test_ctrl_c_ends_a_question_and_runs_the_cleanup(tmp_path: Path) -> None:
    path = tmp_path / "asks.mac"
    path.write_text('cdef("cleanup_once", "print \\"cleaned\\";", "mine")\nx = input("Who? ")\n')
    with Terminal("simulator", "--run", path) as terminal:
        terminal.wait_for("Who?")
        terminal.type("\x03")
        terminal.wait_for("cleaned")
        assert terminal.end() == 130


def test_the_console_answers_what_its_command_asks(beamline: Beamline) -> None:
    with beamline.terminal("console", "--no-names") as terminal:
        terminal.wait_for("FOURC>")
        terminal.type("tw th 0.5\r")
        for step in ("30", "30.5"):
            terminal.wait_for(f"th = {step}, step 0.5 (+)?")
            terminal.type("+\r")
        terminal.wait_for("th = 31,")
        terminal.type("q\r")
        terminal.wait_until(lambda lines: sum(line.startswith("FOURC>") for line in lines) == 2)
        assert beamline.position("th") == 31
        terminal.type('p "on", 1\r')
        terminal.wait_until(lambda lines: "on 1" in lines)
        terminal.type("\x04")
        assert terminal.end() == 0


def test_ctrl_c_at_a_question_of_the_console_aborts_the_command(beamline: Beamline) -> None:
    with beamline.terminal("console", "--no-names") as terminal:
        terminal.wait_for("FOURC>")
        terminal.type("tw th 0.5\r")
        terminal.wait_for("th = 30,")
        terminal.type("\x03")
        terminal.wait_until(lambda lines: sum(line.startswith("FOURC>") for line in lines) == 2)
        terminal.type('p "on", 1\r')
        terminal.wait_until(lambda lines: "on 1" in lines)
        terminal.type("\x04")
        assert terminal.end() == 0
    assert beamline.position("th") == 30


def test_a_command_of_a_shell_is_answered_by_its_standard_input(beamline: Beamline) -> None:
    answered = piped("2\n", "run", "setmode; p g_mode", env=beamline.env)
    assert (answered.returncode, answered.stderr) == (0, "")
    assert "Your choice (0)? 2\n" in answered.stdout  # as in a terminal
    assert answered.stdout.endswith("\n2\n")

    unanswered = piped("", "run", "setmode; p g_mode", env=beamline.env)
    assert unanswered.returncode == 0
    assert unanswered.stdout.endswith("\n2\n")  # an end of input: nothing changes


def test_many_answers_stand_behind_their_questions(beamline: Beamline) -> None:
    done = piped("5.4\n\n6\n", "run", "setlat", env=beamline.env)

    assert (done.returncode, done.stderr) == (0, "")
    assert (
        " Lattice a (1.54)? 5.4\n Lattice b (1.54)? \n Lattice c (1.54)? 6\n Lattice alpha (90)? \n Lattice beta"
        in done.stdout
    )


def test_the_simulators_terminal_answers_for_clients_that_cannot(tmp_path: Path) -> None:
    with Terminal("simulator", "--port", "0", "--directory", tmp_path) as terminal:
        (line,) = [line for line in terminal.wait_for("listening on") if "listening" in line]
        address = {"SPEC_SERVER": "127.0.0.1:" + line.rsplit(":", 1)[1]}
        with Client("127.0.0.1", int(line.rsplit(":", 1)[1])) as client, ThreadPoolExecutor(1) as thread:
            command = thread.submit(client.execute, 'input("Who? ")')
            terminal.wait_for("Who?")
            terminal.type("me\r")
            assert command.result(PATIENCE).value == "me"
            assert command.result().output == "Who? "
        assert piped("you\n", "run", "-p", 'input("And? ")', env=address).stdout == "And? you\nyou\n"
        terminal.type("\x03")
        assert terminal.end() == 0
