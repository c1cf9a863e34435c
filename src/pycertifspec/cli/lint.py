"""`pycertifspec lint`: mistakes in macro files, found without running them."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from pycertifspec.errors import LocalProtocolError

if TYPE_CHECKING:
    import argparse


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Describe the command."""
    command.description = (
        "Looks for mistakes in macro files without running them: syntax, names that nobody defines, wrong argument "
        "counts. The exit status is 0 if there are none, 1 if there are, 2 if a file cannot be read."
    )
    command.epilog = "example: pycertifspec lint --definitions site.mac --known s2t,s2b -- shutter.mac align.mac"
    add = command.add_argument
    add("files", type=Path, nargs="+", metavar="FILE", help="macro files, in the order in which SPEC reads them")
    add("--json", action="store_true", help="write a JSON list of file, line, column, code and message")
    add("--known", action="append", default=[], metavar="NAME,…", help="motors, macros and so on made elsewhere")
    add("--definitions", type=Path, action="append", default=[], metavar="FILE", help="read for what it defines")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Show the mistakes; return the exit status."""
    from pycertifspec.simulator.linting import lint  # noqa: PLC0415  --help needs no simulator

    for path in [*options.definitions, *options.files]:
        if not path.is_file():
            raise LocalProtocolError(f"{path} is no file")
    known = [name for names in options.known for name in names.replace(",", " ").split()]
    findings = lint(options.files, known=known, definitions=options.definitions)
    if options.json:
        sys.stdout.write(json.dumps([asdict(finding) for finding in findings], indent=2) + "\n")
    else:
        sys.stdout.writelines(f"{finding}\n" for finding in findings)
    return 1 if findings else 0
