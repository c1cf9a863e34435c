"""`run`, `info`, `doctor`, `specget`, `specput`, `specmonitor`, as processes against a simulated SPEC."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import jsonschema
import pytest
from tests.support.beamline import is_value
from tests.support.command import PATIENCE, environment, lines_of, one_line, run

from pycertifspec.cli.completeness import pending
from pycertifspec.cli.run import MAX_FILE, statements
from pycertifspec.errors import LocalProtocolError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.beamline import Beamline


def test_run_shows_what_a_command_prints(beamline: Beamline) -> None:
    done = beamline.run("run", "p 2 + 2", ";", "p SPEC")
    assert (done.status, done.out, done.err) == (0, "4\nfourc\n", "")


def test_run_shows_output_as_it_comes(slow_beamline: Beamline) -> None:
    with slow_beamline.start("run", 'print "begun"; sleep(60)') as process:
        assert next(lines_of(process)) == "begun\n"
        process.send_signal(signal.SIGINT)
        assert process.wait() == 130
        assert process.stderr is not None
        assert "SPEC was told to stop" in process.stderr.read()
    with slow_beamline.client() as client:
        client.wait_until_ready(20)


def test_the_status_of_run_is_the_commands(beamline: Beamline) -> None:
    done = beamline.run("run", "nosuch")
    assert done.status == 1
    assert '"nosuch" is undefined' in one_line(done.err)
    assert beamline.run("run").status == 2
    assert one_line(beamline.run("run", "").err) == "pycertifspec run: the COMMAND is empty"
    assert beamline.run("run", "p 1", "-f", "x.mac").status == 2


def test_a_command_that_takes_too_long_is_aborted_with_4(slow_beamline: Beamline) -> None:
    assert slow_beamline.run("run", "sleep(60)", "--within", "0.3").status == 4
    with slow_beamline.client() as client:
        client.wait_until_ready(20)


def test_a_server_that_dies_while_a_command_runs_is_status_3(slow_beamline: Beamline) -> None:
    with slow_beamline.start("run", "print 1; sleep(60)") as process:
        next(lines_of(process))
        slow_beamline.spec.die()
        assert process.wait() == 3


def test_run_shows_the_value_where_that_is_asked_for(beamline: Beamline) -> None:
    assert beamline.run("run", "-p", "3 * 4").out == "12\n"
    assert is_value(beamline.json("run", "p 1; 3 * 4"), name="p 1; 3 * 4", value="12", type="string", output="1\n")
    first, *_, last = map(json.loads, beamline.run("run", "p 1; p 2", "--jsonl").out.splitlines())
    assert is_value(first, name="output/tty", value="1\n", type="output")
    assert is_value(last, name="p 1; p 2")


def test_a_macro_file_runs_statement_by_statement_until_one_fails(beamline: Beamline) -> None:
    (beamline.directory / "align.mac").write_text(
        "# a comment\ndef twice(x) {\n  return 2 * x\n}\np twice(21)\n"
        'if (1) {\n  p "yes"\n}\nelse {\n  p "no"\n}\n'
        "nosuch_macro\np 3\n"
    )
    done = beamline.run("run", "-f", "align.mac")
    assert (done.status, done.out) == (1, '42\nyes\n"nosuch_macro" is undefined.\n')
    assert "align.mac, what begins in line" in done.err


def test_of_a_macro_file_that_was_cut_nothing_is_run(beamline: Beamline) -> None:
    (beamline.directory / "cut.mac").write_text("p 1\nif (1) {\n  p 2\n")
    done = beamline.run("run", "-f", "cut.mac")
    assert (done.status, done.out) == (2, "")
    assert "cut.mac is not run: the text ends inside the statement that begins in line 2" in one_line(done.err)


def test_a_macro_file_comes_from_standard_input_as_well(beamline: Beamline) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pycertifspec", "run", "-f", "-"],
        input="p 1\np 2\n",
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        env=environment(beamline.env),
    )
    assert (done.returncode, done.stdout) == (0, "1\n2\n")


@pytest.mark.parametrize(("text", "reason"), [(b"a\0b", "contains a NUL"), (b"#" * (MAX_FILE + 1), "is longer than")])
def test_what_is_no_macro_file_is_wrong_usage(beamline: Beamline, text: bytes, reason: str) -> None:
    (beamline.directory / "x.mac").write_bytes(text)
    done = beamline.run("run", "-f", "x.mac")
    assert done.status == 2
    assert reason in one_line(done.err)
    assert beamline.run("run", "-f", "nosuch.mac").status == 2


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("p 1", ""), ("if (1) {", "more"), ("if (1) {\n print 1\n}\n", ""), ("def f '{", "quot"), ('p "a', "quot"),
        ("x = 1 + \\", "cont"), ("ascan th 0 1 20 0.1", ""), ("{ ascan th 0 1 20 0.1", "more"), ("if (1)", "more"),
        ('nosuch 1 ; p "a', "quot"), ("umv th 1 }", ""), ("x = = 2", ""), ("", ""),
        ("nosuch 1 2 \\", "cont"), ("} {", ""), ("nosuch 1 { {", "more"),
    ],
)  # fmt: skip
def test_a_text_is_complete_or_spec_would_ask_for_more(text: str, kind: str) -> None:
    assert pending(text) == kind


def test_statements_have_the_number_of_their_first_line() -> None:
    assert list(statements("p 1\n\n# x\nwhile (0) {\n  p 2\n}\np 3")) == [
        (1, "p 1"), (4, "while (0) {\n  p 2\n}"), (7, "p 3"),
    ]  # fmt: skip
    with pytest.raises(LocalProtocolError, match="begins in line 2"):
        list(statements("p 1\nif (1) {\np 2\n"))
    assert list(statements("if (1) p 1\n")) == [(1, "if (1) p 1")]


INFO = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "host": {"type": "string"},
        "port": {"type": "integer"},
        "session": {"type": ["string", "null"]},
        "read_only": {"type": "boolean"},
        "version": {"type": ["string", "null"]},
        "ready": {"type": ["boolean", "null"]},
        "motors": {"type": ["array", "null"], "items": {"type": "string"}},
        "counters": {"type": ["array", "null"], "items": {"type": "string"}},
    },
    "required": ["name", "host", "port", "version", "data_file", "scan", "ready", "motors", "counters"],
}


def test_info_says_what_a_server_is_and_has(beamline: Beamline) -> None:
    told = beamline.json("info")
    jsonschema.validate(told, INFO)
    assert (told["name"], told["ready"], told["scan"]) == ("fourc", True, "0")
    assert {"th", "tth"} <= set(told["motors"])
    lines = dict(line.split("\t") for line in beamline.run("info").out.splitlines())
    assert lines["counters"].startswith("6: sec mon det")
    assert beamline.run("info", "-t").out == "fourc\n"


def test_info_does_not_wait_for_a_server_that_is_busy(slow_beamline: Beamline) -> None:
    with slow_beamline.start("run", "print 1; sleep(60)") as process:
        next(lines_of(process))
        told = slow_beamline.json("info")
        assert (told["ready"], told["motors"]) == (False, None)
        assert "motors\tnot asked: SPEC is busy" in slow_beamline.run("info").out
        findings = {item["what"]: item for item in slow_beamline.json("doctor")}
        assert findings["prompt"]["state"] == "note"
        process.send_signal(signal.SIGINT)
        assert process.wait() == 130


def test_doctor_finds_nothing_wrong_with_a_good_server(beamline: Beamline) -> None:
    findings = beamline.json("doctor")
    assert {item["what"] for item in findings} == {
        "installation", "connection", "latency", "version", "prompt", "motors", "counters",
    }  # fmt: skip
    assert "problem" not in {item["state"] for item in findings}


def test_doctor_says_what_is_wrong_and_what_to_do(beamline: Beamline) -> None:
    beamline.spec.beamline.run('motor_par(th, "disable", 1)')
    done = beamline.run("doctor")
    assert done.status == 0
    assert "motors\tnote\tth is disabled" in done.out


@pytest.fixture
def other_server() -> Iterator[Callable[[bytes | None], int]]:
    """Return what makes a program listen that is no SPEC server: it says something, or None to hang up."""
    with contextlib.ExitStack() as stack:

        def listen(says: bytes | None) -> int:
            def serve() -> None:
                with contextlib.suppress(OSError):
                    while True:
                        connection = stack.enter_context(server.accept()[0])
                        if says is None:
                            connection.close()
                        else:
                            connection.sendall(says)

            server = socket.create_server(("127.0.0.1", 0))
            thread = threading.Thread(target=serve)
            thread.start()
            stack.callback(thread.join, PATIENCE)
            stack.callback(server.close)
            stack.callback(server.shutdown, socket.SHUT_RDWR)
            return int(server.getsockname()[1])

        yield listen


@pytest.mark.parametrize(
    ("says", "advice"),
    [
        (b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n", "Some other program listens there"),
        (b"", "Something listens there and says nothing"),
        (None, "Something takes the connection and ends it"),
    ],
)
def test_doctor_tells_what_listens_where_spec_should(
    other_server: Callable[[bytes | None], int], says: bytes | None, advice: str
) -> None:
    done = run("doctor", "-w", "0.5", "--server", f"127.0.0.1:{other_server(says)}")
    assert done.status == 3
    assert advice in done.out


@pytest.mark.parametrize(
    ("server", "advice"),
    [("127.0.0.1:1", "Nothing listens there"), ("nosuch.invalid", "Is the name of the host spelt")],
)
def test_doctor_tells_where_nothing_is(server: str, advice: str) -> None:
    done = run("doctor", "--server", server)
    assert done.status == 3
    assert advice in done.out


def test_a_server_that_is_no_session_is_told_with_the_sessions_there_are(beamline: Beamline) -> None:
    (beamline.directory / "pycertifspec.toml").write_text("[sessions.psic]\nport = 1\n")
    done = beamline.run("get", "th", "--server", "psci.invalid")
    assert done.status == 3
    assert one_line(done.err).endswith("; the settings have the sessions psic")


def test_doctor_says_what_a_server_is_set_to(beamline: Beamline) -> None:
    beamline.spec.beamline.run("set_sim(1)")
    (beamline.directory / "pycertifspec.toml").write_text(
        f'[sessions.mine]\nhost = "127.0.0.1"\nport = {beamline.spec.port}\nread_only = true\n'
    )
    done = beamline.run("doctor", "--server", "mine")
    assert done.status == 0
    assert "session\tnote\tmine is read-only" in done.out
    assert "simulate\tnote\tSPEC simulates" in done.out


def epics(beamline: Beamline, name: str, *words: str) -> subprocess.CompletedProcess[str]:
    program = f"import sys; from pycertifspec.cli.epics import {name}; sys.exit({name}())"
    return subprocess.run(
        [sys.executable, "-c", program, *words],
        capture_output=True, text=True, timeout=PATIENCE, check=False, env=environment(beamline.env),
    )  # fmt: skip


def test_epics_hands_find_their_flags(beamline: Beamline) -> None:
    assert epics(beamline, "specget", "-t", "-w", "1", "th").stdout == "30\n"
    assert epics(beamline, "specget", "-f", "2", "th", "tth").stdout == "th\t30.00\ntth\t60.00\n"
    assert epics(beamline, "specput", "-c", "-l", "motor/th/offset", "0").stdout == (
        "Old : motor/th/offset\t0\nNew : motor/th/offset\t0\n"
    )
    assert epics(beamline, "specmonitor", "-t", "n", "-n", "1", "th").stdout == "th\t30\n"
    for key in ("r", "sr", "cI"):
        assert epics(beamline, "specmonitor", "-t", key, "-n", "1", "th").stdout == "+0.000000\tth\t30\n"
    assert epics(beamline, "specget", "-V").stdout.startswith("pycertifspec ")
    assert "pycertifspec.discovery connected" in epics(beamline, "specget", "th", "-vv").stderr


def test_epics_programs_speak_for_themselves(beamline: Beamline) -> None:
    done = epics(beamline, "specget", "nosuch")
    assert (done.returncode, done.stdout) == (1, "")
    assert one_line(done.stderr).startswith("specget: 'nosuch' is no motor")
    wrong = epics(beamline, "specmonitor", "-t", "x", "th")
    assert wrong.returncode == 2
    assert one_line(wrong.stderr).startswith("specmonitor: argument -t: 'x' is none of s, c, n, r, i, I")
    assert "example: specput" in epics(beamline, "specput", "--help").stdout
    assert is_value(json.loads(epics(beamline, "specget", "th", "--json").stdout), value=30.0)
