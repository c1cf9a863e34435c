"""The examples on all pages are run: `docs/conftest.py` hands them to pytest.

Each page has a simulated SPEC, a folder and a namespace of its own, and its examples are run from top to bottom:

- ``python``: run; if the first line is a file's name (``# first.py``), written to the folder;
- ``pycon``: run, and what it shows is compared;
- ``console``: a command for a shell in the folder; what it shows is compared;
- ``spec`` and ``toml`` that begin with a file's name: written to the folder.

In what is shown, ``...`` stands for any text. A comment ``<!-- invisible-code-block: python`` does what readers
need not see.
"""

from __future__ import annotations

import contextlib
import doctest
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sybil import Sybil
from sybil.evaluators.doctest import DocTestEvaluator, OutputChecker
from sybil.evaluators.python import PythonEvaluator
from sybil.parsers.abstract.doctest import DocTestStringParser
from sybil.parsers.myst import CodeBlockParser
from tests.documentation.console import COMMAND_LINE

from pycertifspec import Client
from pycertifspec.testing import SimulatedSpec

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sybil import Document, Example, Region

FLAGS = doctest.ELLIPSIS
FILE_NAME = re.compile(r"# (?P<name>[\w.]+\.\w+)\n")

# Model seconds per real second: motion takes long enough to be watched, a page not too long.
TIME_SCALE = 50

# Wherever the page's simulated SPEC listens, the page says that it is the first of SPEC's ports.
ADDRESS = re.compile(r"(?<=127\.0\.0\.1:)\d+")

_STACK = "the page's resources"


class Shown(OutputChecker):
    """Compares what a page says is shown with what is shown."""

    def check_output(self, want: str, got: str, optionflags: int) -> bool:
        """Return whether they are the same, wherever the simulated SPEC listens."""
        return super().check_output(want, ADDRESS.sub("6510", got), optionflags)


def begin(namespace: dict[str, Any]) -> None:
    """Start a page's simulated SPEC, and go to its folder; programs find it by SPEC_SERVER."""
    stack = contextlib.ExitStack()
    folder = stack.enter_context(tempfile.TemporaryDirectory())
    stack.enter_context(contextlib.chdir(folder))
    namespace["spec"] = stack.enter_context(SimulatedSpec(clock=TIME_SCALE, directory=folder))
    before = os.environ.get("SPEC_SERVER")
    os.environ["SPEC_SERVER"] = namespace["spec"].address
    stack.callback(_restore, before)
    namespace[_STACK] = stack


def _restore(before: str | None) -> None:
    if before is None:
        del os.environ["SPEC_SERVER"]
    else:
        os.environ["SPEC_SERVER"] = before


def end(namespace: dict[str, Any]) -> None:
    """End what a page has begun."""
    for value in namespace.values():
        if isinstance(value, Client):
            value.close()
    namespace[_STACK].close()


def write_file(example: Example) -> bool:
    """Write an example that begins with a file's name; return whether it does."""
    name = FILE_NAME.match(example.parsed)
    if name is not None:
        Path(name["name"]).write_text(example.parsed, encoding="utf-8")
    return name is not None


def run_python(example: Example) -> None:
    """Run an example, or write it if it is a file."""
    if not write_file(example):
        PythonEvaluator()(example)


def run_console(example: Example) -> str | None:
    """Run a command as at a shell's prompt; return how what it shows differs from the page."""
    command, _, shown = example.parsed.removeprefix("$ ").partition("\n")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        command,
        shell=True,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    got, checker = done.stdout + done.stderr, Shown()
    if checker.check_output(shown, got, FLAGS):
        return None
    return f"$ {command}\n{checker.output_difference(doctest.Example(command, shown), got, FLAGS)}"


class Sessions:
    """The parser of what is typed at Python's prompt."""

    def __init__(self) -> None:
        self._blocks = CodeBlockParser("pycon", run_python)
        evaluator = DocTestEvaluator()
        runner = doctest.DocTestRunner(Shown(), verbose=False, optionflags=FLAGS)
        evaluator.runner = runner  # type: ignore[assignment]  # of which Sybil has one with a checker of its own
        self._sessions = DocTestStringParser(evaluator)

    def __call__(self, document: Document) -> Iterable[Region]:
        """Return each thing that is typed as an example of its own."""
        for block in self._blocks(document):
            for region in self._sessions(block.parsed, document.path):
                region.adjust(block, block.parsed)
                yield region


def written(example: Example) -> None:
    """Write an example if it is a file; nothing else is done with it."""
    write_file(example)


PAGES = Sybil(
    [
        CodeBlockParser("python", run_python),
        CodeBlockParser("console", run_console),
        CodeBlockParser("spec", written),
        CodeBlockParser("toml", written),
        Sessions(),
    ],
    path=str(Path(__file__).parents[2] / "docs"),
    pattern="*.md",
    excludes=[f"how-to/{name}" for name in COMMAND_LINE],  # their output is made by running it
    setup=begin,
    teardown=end,
)
