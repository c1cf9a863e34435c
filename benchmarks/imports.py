"""What `import pycertifspec`, `pycertifspec --help` and `pycertifspec get` cost a program that is starting."""

from __future__ import annotations

import os
import subprocess
import sys
from statistics import median
from time import perf_counter

from pycertifspec.server import ServerThread
from pycertifspec.server.demonstration import demonstration

from .row import Row, Target, spread

PROGRAM = "import pycertifspec"
HELP = "import sys; sys.argv = ['pycertifspec', '--help']; from pycertifspec.cli.main import main; main()"
GET = "import sys; sys.argv = ['pycertifspec', 'get', 'error', '--server', '{}']; \
from pycertifspec.cli.main import main; main()"
HEAVY = {"numpy", "asyncio"}


def measure(rounds: int) -> list[Row]:
    """Measure fresh interpreters, one that imports beside one that does not, and look at what was imported."""
    loaded = _run(f"{PROGRAM}, sys; print(*sys.modules)")  # and the byte code is there now
    ours, bare, helps, gets = [], [], [], []
    with ServerThread(demonstration()) as server:
        get = GET.format(f"127.0.0.1:{server.port}")
        _run(get)
        for _ in range(max(rounds, 9)):
            bare.append(_time("pass"))
            ours.append(_time(PROGRAM))
            helps.append(_time(HELP))
            gets.append(_time(get))
    added = median(with_import - without for with_import, without in zip(ours, bare, strict=True))
    return [
        Row("import", "ms", added, median(bare), added / median(bare), spread(bare), Target("figure", "<=", 25)),
        Row("pycertifspec --help", "ms", median(helps), median(bare), target=Target("figure", "<=", 150)),
        Row("pycertifspec get", "ms", median(gets), median(bare), target=Target("figure", "<=", 250)),
        Row(
            "import, of numpy and asyncio",
            "modules",
            len(HEAVY & set(loaded.split())),
            target=Target("figure", "<=", 0),
        ),
    ]


def _time(program: str) -> float:
    start = perf_counter()
    _run(program)
    return (perf_counter() - start) * 1000


def _run(program: str) -> str:
    # Where no byte code may be written, each import compiles anew: five times the time.
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    # -P: what lies in the present directory is not what is measured.
    command = [sys.executable, "-P", "-c", program]
    return subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, text=True, timeout=60).stdout
