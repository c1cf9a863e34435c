"""The command line as a process of its own, and in a terminal of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

import pexpect
import pyte

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import Self

PATIENCE = 60.0
COMMAND = [sys.executable, "-m", "pycertifspec"]


class Done(NamedTuple):
    """A process that has ended."""

    status: int
    out: str
    err: str


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return an environment in which nothing is set that counts for the command line."""
    ours = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYCERTIFSPEC_", "SPEC_", "NO_COLOR", "FORCE_COLOR", "XDG_CONFIG"))
    }
    return {**ours, "XDG_CONFIG_HOME": "/nonexistent", "PYTHONWARNINGS": "error", **(more or {})}


def start(*words: str | Path, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    """Start the command; the caller ends it."""
    return subprocess.Popen(
        [*COMMAND, *map(str, words)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd,
        env=environment(env),
    )


def run(*words: str | Path, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> Done:
    """Run the command to its end."""
    with start(*words, cwd=cwd, env=env) as process:
        try:
            out, err = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
    assert "Traceback" not in err
    return Done(process.returncode, out, err)


def one_line(text: str) -> str:
    """Return the only line of a text."""
    (line,) = text.splitlines()
    return line


class Terminal:
    """The command in a terminal, whose screen can be read."""

    def __init__(
        self,
        *words: str | Path,
        size: tuple[int, int] = (80, 24),
        env: Mapping[str, str] | None = None,
        program: Sequence[str] = COMMAND,
        cwd: Path | None = None,
    ) -> None:
        columns, rows = size
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self.raw = b""
        self._child = pexpect.spawn(
            program[0],
            [*program[1:], *map(str, words)],
            cwd=cwd,
            env={**environment(env), "TERM": "xterm-256color"},
            dimensions=(rows, columns),
            timeout=PATIENCE,
        )

    def _read(self) -> None:
        data = self._child.read_nonblocking(65536, PATIENCE)
        self.raw += data
        self._stream.feed(data)

    @property
    def lines(self) -> list[str]:
        """What is on the screen, without blanks at the ends of lines."""
        return [line.rstrip() for line in self._screen.display]

    def wait_for(self, text: str) -> list[str]:
        """Read until a text is on the screen; return the screen."""
        return self.wait_until(lambda lines: any(text in line for line in lines))

    def wait_until(self, seen: Callable[[list[str]], bool]) -> list[str]:
        """Read until the screen is as it should be; return it."""
        while not seen(self.lines):
            self._read()
        return self.lines

    def type(self, keys: str) -> None:
        """Type."""
        self._child.send(keys)

    def end(self) -> int:
        """Read to the end; return the exit status."""
        try:
            while True:
                self._read()
        except pexpect.EOF:
            pass
        self._child.close()
        # As a shell tells it.
        status = self._child.exitstatus if self._child.exitstatus is not None else 128 + self._child.signalstatus
        return int(status)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._child.close(force=True)


def lines_of(process: subprocess.Popen[str]) -> Iterator[str]:
    """Give the lines of a process's standard output as they come."""
    assert process.stdout is not None
    return iter(process.stdout.readline, "")
