"""Reads the arguments and hands them to a command."""

from __future__ import annotations

import argparse
import importlib
import logging
import sys
from typing import TYPE_CHECKING

from pycertifspec.errors import (
    CallTimeoutError,
    InvalidFileError,
    LocalProtocolError,
    RemoteError,
    ServerNotFoundError,
    SpecError,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

# The commands and what each is for. A command's module is imported when it is used: some need much.
COMMANDS = {
    "demo": "watch Python talk to a SPEC server",
    "lint": "mistakes in macro files, found without running them",
    "simulator": "a simulated SPEC",
}

# Packages that a command may need and the extra that brings them.
EXTRAS = {"plotext": "cli", "rich": "cli"}

# What the program's end tells a script; the first that fits counts.
EXIT_STATUS: tuple[tuple[type[BaseException], int], ...] = (
    (RemoteError, 1),
    (LocalProtocolError, 2),
    (InvalidFileError, 2),
    (ServerNotFoundError, 3),
    (CallTimeoutError, 4),
    (ConnectionError, 3),
    (SpecError, 1),
    (KeyboardInterrupt, 130),
)


def parser(chosen: str | None = None) -> argparse.ArgumentParser:
    """Return the parser of all arguments; of the commands, `chosen` alone knows its own."""
    program = argparse.ArgumentParser(prog="pycertifspec", description="The open bridge between SPEC and Python.")
    commands = program.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, purpose in COMMANDS.items():
        command = commands.add_parser(name, help=purpose)
        if name == chosen:
            importlib.import_module(f"pycertifspec.cli.{name}").add_arguments(command)
    return program


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return the exit status."""
    words = sys.argv[1:] if arguments is None else arguments
    # Without a handler of its own the library's warnings would stand between what a command says itself.
    logging.getLogger("pycertifspec").addHandler(logging.NullHandler())
    chosen = next((word for word in words if not word.startswith("-")), None)
    try:
        options = parser(chosen).parse_args(words)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in EXTRAS:
            raise
        sys.stderr.write(f"pycertifspec {chosen}: needs {package}: pip install 'pycertifspec[{EXTRAS[package]}]'\n")
        return 2
    try:
        return options.run(options) or 0
    except (SpecError, KeyboardInterrupt) as error:
        sys.stderr.write(f"pycertifspec {options.command}: {str(error) or 'interrupted'}\n")
        return next(status for kind, status in EXIT_STATUS if isinstance(error, kind))
