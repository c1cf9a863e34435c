"""`pycertifspec config`: what is set, and where each value comes from."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import settings
from .arguments import add_output_arguments, add_server_argument
from .output import Output

if TYPE_CHECKING:
    import argparse


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Describe the command."""
    command.description = (
        "Show what is set. An option wins over the environment (SPEC_SERVER, PYCERTIFSPEC_TIMEOUT, "
        "PYCERTIFSPEC_SESSIONS__FOURC__PORT), that over files, nearer files over farther ones: pycertifspec.toml and "
        "[tool.pycertifspec] of pyproject.toml in the current directory, the user's, /etc/pycertifspec.toml; "
        "PYCERTIFSPEC_CONFIG names one to be read in place of all."
    )
    command.epilog = "example: pycertifspec config show"
    command.add_argument(
        "action",
        nargs="?",
        default="show",
        choices=("show", "files"),
        help="show: the values (default); files: where they may stand",
    )
    add_server_argument(command)
    add_output_arguments(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Show the settings, or the files that are read."""
    found = settings.read(options)
    output = Output.of(options, found.of("color"))
    if options.action == "files":
        items: list[dict[str, Any]] = [
            {"name": str(path), "value": "read" if path.exists() else "not there"}
            for path in settings.candidates(os.environ, Path.cwd())
        ]
        output.results(items, {"name": str, "value": str}, "name")
        return
    found.server()  # an address that makes no sense is told here too
    items = [{"name": name, "value": value, "source": source} for name, (value, source) in sorted(found.values.items())]
    output.results(items, {"name": str, "value": _toml, "source": str}, "value")


def _toml(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
