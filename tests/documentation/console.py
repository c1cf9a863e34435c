"""Runs the commands that the how-to pages show, and compares or writes what they print.

`python -m tests.documentation.console` writes the output of each ``$ command`` into the pages' ``console`` blocks.
A command that ends in ``&`` goes on in the background: its first line is shown; ``$ wait`` waits for the last of them,
or stops it if it serves, and shows the rest.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support.captures import CLIENT, SERVER, SYN, framed, pcap, tcp
from tests.support.command import PATIENCE, environment
from tests.support.packets import VECTORS

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "docs" / "how-to"
DATA_FILE = PAGES / "run7.spec"
# The pages of the command line; those of other subjects are run by `tests.docs.pages`.
COMMAND_LINE = (
    "command-line.md",
    "data-files.md",
    "find-servers.md",
    "instrument.md",
    "run-commands.md",
    "scans-in-a-terminal.md",
    "settings.md",
    "traffic.md",
    "values.md",
)

_BLOCK = re.compile(r"(?<=```console\n).*?(?=```)", re.DOTALL)
# What differs from one run to the next, and what the pages show for it.
_VARYING = (
    (re.compile(r"\d\d:\d\d:\d\d\.\d{6}"), "12:00:00.000000"),
    (re.compile(r"\d{4}-\d\d-\d\dT12:00"), "2026-11-25T12:00"),
    (re.compile(r"\b\d+\.\d ms"), "0.4 ms"),
    (re.compile(r"(\"(?:seconds|elapsed)\": )[\d.e-]+"), r"\g<1>0.0004"),
    (re.compile(r"127\.0\.0\.1:\d{5}(?= connects)"), "127.0.0.1:50001"),
    (re.compile(r" +$", re.MULTILINE), ""),
)
# The ports that the pages show. Elsewhere they may be taken.
_PORTS = ("6510", "6511", "6512")


class Shell:
    """A directory with the pages' files, and the commands that run in it."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._background: list[tuple[subprocess.Popen[bytes], Path]] = []
        self._ports = dict(zip(_PORTS, map(str, _free_ports(len(_PORTS))), strict=True))
        shutil.copy(DATA_FILE, directory)
        frames = [
            tcp(CLIENT, SERVER, 100, flags=SYN),
            tcp(CLIENT, SERVER, 101, VECTORS["hello_v4_le"]),
            tcp(SERVER, CLIENT, 1, VECTORS["hello_reply_v4_le"]),
        ]
        (directory / "capture.pcap").write_bytes(pcap([framed(1, frame) for frame in frames]))
        program = directory / "bin" / "pycertifspec"
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -m pycertifspec "$@"\n')
        program.chmod(0o755)
        path = f"{program.parent}:{os.environ['PATH']}"
        self._environment = {**environment({"PATH": path, "TZ": "UTC"}), "USER": "ann", "COLUMNS": "80", "LINES": "20"}

    def run(self, command: str) -> str:
        """Run a command; return what it printed."""
        real = command
        for shown, port in self._ports.items():
            real = real.replace(shown, port)
        if command == "wait":
            text = self._wait()
        elif command.startswith("export "):
            name, _, value = real.removeprefix("export ").partition("=")
            self._environment[name] = value
            text = ""
        elif command.endswith("&"):
            text = self._begin(real.removesuffix("&"))
        else:
            done = subprocess.run(
                ["bash", "-c", real],
                cwd=self._directory,
                env=self._environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=PATIENCE,
                check=False,
            )
            text = done.stdout.decode()
        return self._as_shown(text)

    def _begin(self, command: str) -> str:
        output = self._directory / "bin" / f"{len(self._background)}.out"
        with output.open("wb") as file:
            process = subprocess.Popen(
                ["bash", "-c", f"exec {command}"],
                cwd=self._directory,
                env=self._environment,
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        self._background.append((process, output))
        while b"\n" not in (text := output.read_bytes()):
            try:
                process.wait(0.01)
                break
            except subprocess.TimeoutExpired:
                continue
        return text.decode().partition("\n")[0] + "\n"

    def _wait(self) -> str:
        process, output = self._background.pop()
        if not any(word in str(process.args) for word in ("sniff", "follow -n")):
            process.send_signal(signal.SIGINT)
        process.wait(PATIENCE)
        return output.read_text().partition("\n")[2]

    def _as_shown(self, text: str) -> str:
        for shown, port in self._ports.items():
            text = text.replace(port, shown)
        text = text.replace(str(self._directory), "/home/anna/run7")
        for pattern, shown in _VARYING:
            text = pattern.sub(shown, text)
        return text if not text or text.endswith("\n") else text + "\n"

    def close(self) -> None:
        """Stop what runs in the background."""
        for process, _ in self._background:
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(sock.getsockname()[1]) for sock in sockets]
    for sock in sockets:
        sock.close()
    return ports


def made(page: str) -> str:
    """Return a page with what its commands print now."""
    with tempfile.TemporaryDirectory() as directory:
        shell = Shell(Path(directory))
        try:
            return _BLOCK.sub(lambda block: _run(shell, block[0]), page)
        finally:
            shell.close()


def _run(shell: Shell, block: str) -> str:
    commands = [line for line in block.splitlines() if line.startswith("$ ")]
    return "".join(f"{command}\n{shell.run(command.removeprefix('$ '))}" for command in commands)


def main() -> None:
    """Write what the commands print into every page."""
    for path in (PAGES / name for name in COMMAND_LINE):
        path.write_text(made(path.read_text()))


if __name__ == "__main__":
    main()
