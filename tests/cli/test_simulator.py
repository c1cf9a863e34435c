"""`pycertifspec simulator`, as a process of its own."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pycertifspec.SpecSocket import SpecSocket
from pycertifspec.wire.constants import EventTypes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")

PATIENCE = 40.0

Started = subprocess.Popen[str]


@pytest.fixture
def start() -> Iterator[Callable[..., Started]]:
    """Start the command with arguments; what still runs at the end is killed."""
    processes: list[Started] = []

    def begin(*arguments: str) -> Started:
        process = subprocess.Popen(
            [sys.executable, "-m", "pycertifspec", "simulator", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        return process

    yield begin
    for process in processes:
        process.kill()
        process.communicate()


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pycertifspec", "simulator", *arguments],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def line_of(process: Started) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def run_file(tmp_path: Path, text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    path = tmp_path / "some.mac"
    path.write_text(text)
    return run("--time-scale", "inf", "--run", str(path), *arguments)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_listens_and_stops_cleanly_on_a_signal(start: Callable[..., Started], number: int) -> None:
    process = start("--port", "0", "--name", "psic")
    found = re.fullmatch(r"psic: SPEC server listening on 127\.0\.0\.1:(\d+)\n", line_of(process))
    assert found
    with SpecSocket() as client:
        client.connect_spec("127.0.0.1", int(found[1]), port_range=None, timeout=PATIENCE, name="psic")
        client.settimeout(PATIENCE)
        client.send_spec(0, EventTypes.SV_REGISTER, 0, "status/quit")
        assert client.recv_spec().body == "0"
        client.send_spec(5, EventTypes.SV_CMD_WITH_RETURN, 2, "", b"while (1) ;\0")

        process.send_signal(number)

        messages = [client.recv_spec() for _ in range(2)]
    assert {(m.name, m.body) for m in messages if m.cmd == EventTypes.SV_EVENT} == {("status/quit", "1")}
    assert [m.sn for m in messages if m.cmd == EventTypes.SV_REPLY] == [5]
    assert process.wait(PATIENCE) == 0
    assert process.stderr is not None
    assert process.stderr.read() == ""


def test_quit_ends_the_program(start: Callable[..., Started]) -> None:
    process = start("--port", "0")
    port = int(line_of(process).rpartition(":")[2])
    with SpecSocket() as client:
        client.connect_spec("127.0.0.1", port, port_range=None, timeout=PATIENCE)
        client.send_spec(5, EventTypes.SV_CMD, 2, "", b"quit\0")

        assert process.wait(PATIENCE) == 0


def test_a_site_loads_its_macros_and_messages_are_logged(start: Callable[..., Started], tmp_path: Path) -> None:
    (tmp_path / "site.mac").write_text("def five() '{ return(5) }'\n")
    process = start("--port", "0", "--load", str(tmp_path / "site.mac"), "--log-messages", "--time-scale", "50")
    port = int(line_of(process).rpartition(":")[2])
    with SpecSocket() as client:
        client.connect_spec("127.0.0.1", port, port_range=None, timeout=PATIENCE)
        client.settimeout(PATIENCE)
        client.send_spec(5, EventTypes.SV_CMD_WITH_RETURN, 2, "", b"five()\0")
        assert client.recv_spec().body == "5"
    process.terminate()
    assert "five()" in process.communicate(timeout=PATIENCE)[1]


def test_a_macro_file_is_run_without_a_server(tmp_path: Path) -> None:
    done = run_file(tmp_path, 'umv tth 61\nct 1\nprint A[tth], SPEC\nfprintf("out", "written\\n")\n',
                    "--directory", str(tmp_path), "--name", "psic")  # fmt: skip

    assert (done.returncode, done.stderr) == (0, "")
    assert "  61.0000\n" in done.stdout
    assert "     Seconds = 1\n" in done.stdout
    assert done.stdout.endswith("61 psic\n")
    assert (tmp_path / "out").read_text() == "written\n"


SHORT_RAIL = """
[[motor]]
mnemonic = "samx"
name = "Sample X"
high_switch = 2
[[counter]]
mnemonic = "sec"
name = "Seconds"
use = "timebase"
"""


def test_a_limit_switch_ends_a_macro_file_which_names_motor_and_place(tmp_path: Path) -> None:
    (tmp_path / "short.toml").write_text(SHORT_RAIL)
    done = run_file(tmp_path, 'umv samx 3\nprint "went on"\n', "--config", str(tmp_path / "short.toml"))
    assert done.returncode == 1
    assert "some.mac:1: Sample X has hit its high limit at 2 on the way to 3." in done.stderr
    assert "went on" not in done.stdout


@pytest.mark.parametrize(("option", "answer"), [((), "7"), (("--limit-reset",), "has hit its high limit at 2 on")])
def test_with_a_server_it_is_an_option_whether_a_limit_resets(
    start: Callable[..., Started], tmp_path: Path, option: tuple[str, ...], answer: str
) -> None:
    (tmp_path / "short.toml").write_text(SHORT_RAIL)
    process = start("--port", "0", "--time-scale", "inf", "--config", str(tmp_path / "short.toml"), *option)
    port = int(line_of(process).rpartition(":")[2])
    with SpecSocket() as client:
        client.connect_spec("127.0.0.1", port, port_range=None, timeout=PATIENCE)
        client.settimeout(PATIENCE)
        client.send_spec(5, EventTypes.SV_CMD_WITH_RETURN, 2, "", b"umv samx 3; 7\0")
        assert answer in str(client.recv_spec().body)


def test_the_same_seed_gives_the_same_counts(tmp_path: Path) -> None:
    one, same, other = (run_file(tmp_path, "count 1\nprint S[mon], rand(1)\n", "--seed", s) for s in ("1", "1", "2"))
    assert one.stdout == same.stdout != other.stdout


def test_quit_in_a_macro_file_is_a_success(tmp_path: Path) -> None:
    done = run_file(tmp_path, "quit\nprint 1\n")
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("print 1\n\n# so\nnosuch\n", 4, '"nosuch" is undefined'),
        ("print 1\nprint 1 +\nprint 2\n", 2, "Syntax error"),
        ("print 1\nmv en 1000\n", 2, "Energy at 1000 will exceed high limit"),
        ("def f() '{\n  nosuch\n}'\nprint 1\nf()\n", 5, '"nosuch" is undefined'),
        ("def f() '{\n  nosuch\n}'\nprint 1\nf()\n", 5, "some.mac:2, in f()) near: nosuch\n"),
        ("print 1\n  print 1 +\n", 2, " near: print 1 +\n"),
        ("print 1\nexit\n", 2, "exit"),
        ("print 1\nif (1) {\nprint 2\n", 4, "not complete"),
        ("print 1\ndef f '{ print 1\n", 2, "a quote is open"),
        ("def f() '{ return(f()) }'\nprint 1\nf()\n", 3, "call_depth"),
    ],
)
def test_an_error_in_a_macro_file_names_file_and_line(tmp_path: Path, text: str, line: int, message: str) -> None:
    done = run_file(tmp_path, text)

    assert done.returncode == 1
    assert f"{tmp_path}/some.mac:{line}: " in done.stderr
    assert message in done.stderr
    assert done.stdout.startswith("1\n")


def test_ctrl_c_runs_the_cleanup_macros_and_a_second_one_ends_them(
    start: Callable[..., Started], tmp_path: Path
) -> None:
    path = tmp_path / "some.mac"
    path.write_text('def cleanup_once \'print "cleaning"; sleep(1e6);\'\nmv tth 61\nprint "begun"\nsleep(1e6)\n')
    process = start("--run", str(path))
    assert line_of(process) == "begun\n"

    process.send_signal(signal.SIGINT)
    assert line_of(process).startswith("^C")
    assert line_of(process) == "cleaning\n"
    for _ in range(int(PATIENCE)):  # a signal that comes while the first one is being acted on may be one with it
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(1)
            break

    assert process.wait(PATIENCE) == 130


def test_ctrl_c_says_where_the_macro_file_was(start: Callable[..., Started], tmp_path: Path) -> None:
    path = tmp_path / "some.mac"
    path.write_text('print "begun"\n\nsleep(1e6)\n')
    process = start("--run", str(path))
    assert line_of(process) == "begun\n"

    process.send_signal(signal.SIGINT)

    _, error = process.communicate(timeout=PATIENCE)
    assert f'interrupted in "{path}" at line' in error  # 3, or 1 if it came before that had begun
    assert process.returncode == 130


@pytest.mark.parametrize("scale", ["0.5", "1000"])
def test_model_time_runs_at_its_scale(tmp_path: Path, scale: str) -> None:
    path = tmp_path / "some.mac"
    path.write_text("t = time(); sleep(0.1); print time() - t >= 0.1\n")
    assert run("--time-scale", scale, "--run", str(path)).stdout == "1\n"


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("--time-scale", "0"), 2, "--time-scale"),
        (("--time-scale", "nan"), 2, "--time-scale"),
        (("--port", "x"), 2, "--port"),
        (("--port", "99999"), 2, "--port"),
        (("--port", "6530-6510"), 2, "--port"),
        (("--run", "/nonexistent.mac"), 2, "/nonexistent.mac is no file"),
        (("--load", "/nonexistent.mac"), 2, "/nonexistent.mac is no file"),
        (("--directory", "/nonexistent"), 2, "/nonexistent is no directory"),
        (("--name", "../a b"), 2, "--name '../a b' is not a name"),
    ],
)
def test_arguments_that_make_no_sense_are_told(arguments: tuple[str, ...], status: int, message: str) -> None:
    done = run(*arguments)

    assert done.returncode == status
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_that_is_taken_is_told(start: Callable[..., Started]) -> None:
    port = line_of(start("--port", "0")).strip().rpartition(":")[2]

    done = run("--port", port)

    assert done.returncode == 3
    assert port in done.stderr


def test_shell_commands_run_only_if_they_are_allowed(tmp_path: Path) -> None:
    text = 'print unix("echo hello; exit 3")\n'

    assert run_file(tmp_path, text).returncode == 1
    assert run_file(tmp_path, text, "--allow-unix", "--directory", str(tmp_path)).stdout == "hello\n3\n"


def test_quit_of_a_client_is_answered_before_the_server_closes(start: Callable[..., Started]) -> None:
    process = start("--port", "0")
    found = re.search(r":(\d+)\n", line_of(process))
    assert found
    with SpecSocket() as client:
        client.connect_spec("127.0.0.1", int(found[1]), port_range=None, timeout=PATIENCE, name="fourc")
        client.settimeout(PATIENCE)
        client.send_spec(5, EventTypes.SV_CMD_WITH_RETURN, 2, "", b"quit\0")

        reply = client.recv_spec()

    assert (reply.cmd, reply.sn, reply.is_error) == (EventTypes.SV_REPLY, 5, False)
    assert process.wait(PATIENCE) == 0
