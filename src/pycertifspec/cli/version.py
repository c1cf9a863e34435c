"""`pycertifspec version`: our version and that of what we stand on."""

from __future__ import annotations

import platform
from importlib import metadata
from typing import TYPE_CHECKING

from .arguments import add_output_arguments
from .output import Output

if TYPE_CHECKING:
    import argparse

# What differs between two installations that behave differently.
PACKAGES = ("numpy", "rich", "plotext", "prompt_toolkit", "pygments", "argcomplete", "h5py")


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Describe the command."""
    command.description = "Show our version, Python's, and those of the packages that we use if they are there."
    command.epilog = "example: pycertifspec version --json"
    add_output_arguments(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Show the versions."""
    output = Output.of(options, options.color or "auto")
    found = {"pycertifspec": metadata.version("pycertifspec"), "python": platform.python_version()}
    found |= {name: version for name in PACKAGES if (version := _version(name))}
    if options.form in ("json", "jsonl"):
        output.json(found)
    elif options.form == "terse":
        output.line(found["pycertifspec"])
    else:
        for name, version in found.items():
            output.line(f"{name} {version}")


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
