"""`specget`, `specput`, `specmonitor`: for hands that know EPICS's programs."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from . import get, put, watch
from .main import Parser, ended, left, main, obey

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable


def specget() -> int:
    """Run `get`."""
    return _run("specget", get.add_arguments)


def specput() -> int:
    """Run `put`."""
    return _run("specput", put.add_arguments)


def specmonitor() -> int:
    """Run `watch`, with EPICS's meaning of ``-t``."""
    return _run("specmonitor", watch.add_epics_arguments)


def _run(name: str, add_arguments: Callable[[argparse.ArgumentParser], None]) -> int:
    program = Parser(prog=name)
    add_arguments(program)
    program.epilog = (
        (program.epilog or "").replace("pycertifspec get", "specget").replace("pycertifspec put", "specput")
    )
    program.add_argument("--debug", action="store_true", help="show the traceback of an error")
    program.add_argument("-V", "--version", action="store_true", help="show our version")
    if "_ARGCOMPLETE" in os.environ:
        from .completion import complete  # noqa: PLC0415  a shell asks

        complete(program)
    if sys.argv[1:] in (["-V"], ["--version"]):
        return main(["version"])
    return left(ended(lambda: obey(program, sys.argv[1:]), name))
