"""A simulated SPEC and the commands that are run on it."""

from __future__ import annotations

import contextlib
import json
import shlex
from typing import TYPE_CHECKING, Any

import jsonschema
from tests.support.command import COMMAND, Done, Terminal, run, start

from pycertifspec import Client

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from pycertifspec.testing import SimulatedSpec

VALUE = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "value": {},
        "type": {"enum": ["flag", "double", "string", "assoc", "array", "point", "scan", "output"]},
        "units": {"type": "string"},
        "timestamp": {"type": ["string", "null"], "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$"},
    },
    "required": ["name", "value", "type", "units", "timestamp"],
}


class Beamline:
    """A simulated SPEC and the commands that are run on it."""

    def __init__(self, spec: SimulatedSpec, directory: Path) -> None:
        self.spec = spec
        self.directory = directory
        self._address = spec.address

    @property
    def env(self) -> dict[str, str]:
        return {"SPEC_SERVER": self._address, "XDG_STATE_HOME": str(self.directory / "state")}

    def run(self, *words: str | Path, env: Mapping[str, str] | None = None) -> Done:
        """Run a command to its end, in the test's directory."""
        return run(*words, cwd=self.directory, env={**self.env, **(env or {})})

    @contextlib.contextmanager
    def start(self, *words: str | Path) -> Iterator[subprocess.Popen[str]]:
        """Start a command; it does not outlive the block."""
        with start(*words, cwd=self.directory, env=self.env) as process:
            try:
                yield process
            finally:
                process.kill()

    def terminal(self, *words: str | Path, env: Mapping[str, str] | None = None) -> Terminal:
        """Start a command in a terminal of 80 columns and 24 rows."""
        return Terminal(*words, env={**self.env, "PROMPT_TOOLKIT_NO_CPR": "1", **(env or {})})

    def shell(self, script: str) -> Terminal:
        """Run a shell's script in a terminal, in which `pycertifspec` is the program."""
        program = f'pycertifspec() {{ {shlex.join(COMMAND)} "$@"; }}\n'
        return Terminal(program + script, program=["bash", "-c"], env=self.env, cwd=self.directory)

    def client(self) -> Client:
        """Return a client of the test's own."""
        return Client(self.spec.host, self.spec.port)

    def json(self, *words: str | Path) -> Any:
        """Run a command with --json; return what it printed."""
        done = self.run(*words, "--json")
        assert (done.status, done.err) == (0, "")
        return json.loads(done.out)

    def position(self, mne: str) -> float:
        return float(self.spec.motor(mne).position)


def is_value(item: Any, **expected: Any) -> bool:
    """Check that an object has what every value has, and some values."""
    jsonschema.validate(item, VALUE)
    assert {name: item[name] for name in expected} == expected
    return True
