"""The program as a whole: help, exit statuses, pipes, completion, version."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pexpect
import pytest
from tests.support.command import COMMAND, PATIENCE, environment, one_line, run, start

from pycertifspec import errors
from pycertifspec.cli import main as cli
from pycertifspec.cli import version
from pycertifspec.cli.completion import SHELLS

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from tests.support.beamline import Beamline


def test_the_help_names_every_command_and_exit_status() -> None:
    done = run("--help")
    assert (done.status, done.err) == (0, "")
    for word in (*cli.COMMANDS, "exit status: 0 done", "130 interrupted"):
        assert word in " ".join(done.out.split())


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_the_help_of_each_command_shows_an_example(command: str) -> None:
    done = run(command, "--help")
    assert (done.status, done.err) == (0, "")
    assert "example: " in done.out
    assert f"pycertifspec {command}" in done.out.split("example:")[1]


def test_the_help_imports_nothing_that_takes_time() -> None:
    program = (
        "import sys; from pycertifspec.cli.main import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: print('loaded:', *sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    loaded = done.stdout.split("loaded:")[1].split()
    assert {"numpy", "asyncio", "rich", "plotext", "h5py"}.isdisjoint(loaded)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ([], "pycertifspec: which command? There are completion, config"),
        (["nosuch"], "pycertifspec: argument COMMAND: invalid choice: 'nosuch'"),
        (["--nosuch"], "pycertifspec: unrecognized arguments: --nosuch"),
        (["file"], "pycertifspec file: the following arguments are required: FILE"),
        (
            ["file", "x", "--nosuch"],
            "pycertifspec file: unrecognized arguments: --nosuch; see pycertifspec file --help",
        ),
    ],
)
def test_wrong_usage_is_said_in_one_line(words: list[str], reason: str) -> None:
    done = run(*words)
    assert (done.status, done.out) == (2, "")
    assert one_line(done.err).startswith(reason)


FREE_PORT = "127.0.0.1:1"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.RemoteError("no"), 1),
        (errors.DataFileError("no"), 1),
        (errors.LocalProtocolError("no"), 2),
        (FileNotFoundError(2, "No such file", "x"), 2),
        (errors.ServerNotFoundError("no"), 3),
        (errors.ConnectionLostError("no"), 3),
        (errors.CallTimeoutError("no"), 4),
        (errors.RefusedError("no"), 5),
        (OSError(28, "No space left on device", "x"), 1),
        (KeyboardInterrupt(), 130),
    ],
)
def test_each_error_has_its_status_and_one_line(
    error: BaseException, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: argparse.Namespace) -> None:
        raise error

    monkeypatch.setattr(version, "run", fail)
    assert cli.main(["version"]) == status
    assert one_line(capsys.readouterr().err).startswith("pycertifspec version: ")
    assert cli.main(["version", "--debug"]) == status
    assert cli.main(["--debug", "version"]) == status
    assert capsys.readouterr().err.count("Traceback") == 2


@pytest.mark.parametrize("error", [ModuleNotFoundError(name="pycertifspec.none"), TypeError("what\never")])
def test_a_fault_of_ours_is_one_line_too_and_debug_shows_where(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: argparse.Namespace) -> None:
        raise error

    monkeypatch.setattr(version, "run", fail)
    assert cli.main(["version"]) == 1
    said = one_line(capsys.readouterr().err)
    assert said.startswith(f"pycertifspec version: a fault of this program: {type(error).__name__}: ")
    assert said.endswith("--debug shows where")
    with pytest.raises(type(error)):
        cli.main(["version", "--debug"])


@pytest.mark.parametrize(
    ("words", "arranged"),
    [
        (["--server", "a:1", "-w", "5", "get", "th"], (["get", "--server", "a:1", "-w", "5", "th"], "get")),
        (["--server=a:1", "--debug", "-q", "mv", "-t"], (["--debug", "mv", "--server=a:1", "-q", "-t"], "mv")),
        (["--json", "nosuch"], (["nosuch"], None)),
        (["--json"], ([], None)),
        (["get", "--json"], (["get", "--json"], "get")),
    ],
)
def test_options_of_every_command_may_stand_before_it(words: list[str], arranged: tuple[list[str], str | None]) -> None:
    assert cli.arranged(words) == arranged


def test_a_program_that_stops_reading_ends_us_quietly(tmp_path: Path) -> None:
    path = tmp_path / "long"
    path.write_text("#S 1 x\n#N 1\n#L a\n" + "1\n" * 100_000)
    with start("file", path, "1") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "a\n"
        process.stdout.close()
        assert process.wait(PATIENCE) == 141
        assert process.stderr.read() == ""


def test_more_words_log_each_step() -> None:
    quiet, loud = run("discover", FREE_PORT), run("discover", FREE_PORT, "-vv")
    assert quiet.status == loud.status == 3
    assert "pycertifspec.discovery" in loud.err
    assert "pycertifspec.discovery" not in one_line(quiet.err)


def test_the_version_is_told_in_each_form() -> None:
    text = run("version").out
    assert text.startswith("pycertifspec 0")
    assert "\npython 3" in text
    assert run("--version").out == run("-V").out == text
    assert json.loads(run("version", "--json").out)["pycertifspec"] == run("version", "-t").out.strip()


def test_packages_that_are_not_there_are_not_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(version, "PACKAGES", ("numpy", "no-such-package"))
    cli.main(["version"])
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["pycertifspec", "python", "numpy"]


# ---- completion ----


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_is_given_what_it_reads(shell: str) -> None:
    done = run("completion", shell)
    assert (done.status, done.err) == (0, "")
    assert "pycertifspec" in done.out
    assert {"bash": "complete -o", "zsh": "compdef", "fish": "complete --command"}[shell] in done.out


def completed(line: str, shell: str, program: str = "main.main", **more: str) -> list[str]:
    """Return what the program answers to a shell that asks what may follow a line."""
    module, function = program.split(".")
    read, write = os.pipe()
    env = {
        **environment(more),
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_IFS": "\n",
        "_ARGCOMPLETE_SHELL": shell,
        "_ARGCOMPLETE_SUPPRESS_SPACE": "1",
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
        "ARGCOMPLETE_USE_TEMPFILES": "",
    }
    try:
        code = f"import os; os.dup2({write}, 8); from pycertifspec.cli.{module} import {function}; {function}()"
        subprocess.run([sys.executable, "-c", code], env=env, pass_fds=[write], timeout=PATIENCE, check=False)
    finally:
        os.close(write)
    with os.fdopen(read) as answer:
        return [word.split("\t")[0].strip() for word in answer.read().split("\n")]


@pytest.mark.parametrize("shell", SHELLS)
def test_commands_and_their_arguments_are_completed(shell: str, tmp_path: Path) -> None:
    assert {word.split(":")[0] for word in completed("pycertifspec dis", shell)} == {"discover"}
    assert "--spectrum" in {word.split(":")[0] for word in completed("pycertifspec file --sp", shell)}
    settings = tmp_path / "a.toml"
    settings.write_text("[sessions.fourc]\nport = 6510\n[sessions.psic]\nport = 6511\n")
    found = completed("pycertifspec sniff --server ", shell, PYCERTIFSPEC_CONFIG=str(settings))
    assert {"fourc", "psic"} <= {word.rstrip(":") for word in found}


@pytest.mark.parametrize("shell", SHELLS)
def test_names_are_those_of_the_server(shell: str, beamline: Beamline) -> None:
    def found(line: str, program: str = "main.main") -> set[str]:
        for _ in range(5):  # a server that takes half a second on a slow machine is not waited for
            names = {word.split(":")[0] for word in completed(line, shell, program, **beamline.env)} - {""}
            if names:
                break
        return names

    assert found("pycertifspec mv t") == {"th", "tth", "tabh", "tabx"}
    assert found("pycertifspec mv th ") == set()
    assert found("pycertifspec mv th 1 sam") == {"samx", "samy", "samz"}
    assert found("pycertifspec counters ") == {"sec", "mon", "det", "fluo", "ion", "pin"}
    assert found("pycertifspec get motor/th/sl") == found("pycertifspec put motor/th/sl") == {"motor/th/slew_rate"}
    assert found("pycertifspec put motor/th/move") == set()
    assert found("specget de", "epics.specget") == {"det"}


@pytest.mark.parametrize("words", ["mv t", "counters ", "get t", "put motor/th/s"])
def test_without_a_server_there_is_nothing_to_suggest(words: str) -> None:
    assert completed(f"pycertifspec {words}", "bash", SPEC_SERVER=FREE_PORT) == [""]


def test_names_of_files_are_completed_where_there_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "run7.spec").touch()
    found = completed(f"pycertifspec file {tmp_path}/run", "bash")
    assert found == [f"{tmp_path}/run7.spec"]
    assert completed(f"pycertifspec get {tmp_path}/run", "bash", SPEC_SERVER=FREE_PORT) == [""]


def test_bash_completes_at_its_prompt(tmp_path: Path) -> None:
    program = tmp_path / "pycertifspec"
    program.write_text(f'#!/bin/sh\nexec {" ".join(COMMAND)} "$@"\n')
    program.chmod(0o755)
    env = environment({"PATH": f"{tmp_path}:{os.environ['PATH']}", "PS1": "$ ", "TERM": "dumb"})
    shell: Any = pexpect.spawn("bash", ["--norc", "--noprofile"], env=env, timeout=PATIENCE, encoding="utf-8")
    shell.sendline('eval "$(pycertifspec completion bash)"; echo read"y"')
    shell.expect("ready\r\n")
    shell.send("pycertifspec disc\t --js\t")
    shell.expect("discover +--js\x07?on")
    shell.close(force=True)
