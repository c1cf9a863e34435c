"""`python -m soaking`: the clients' 1,000 lives, a day at a beamline, and the tests many times over, all under load."""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LIVES = "tests/client/test_lives.py::test_many_lives_leave_no_thread_descriptor_task_or_object"

# Seconds after which one round is ended; the tests' own limit, for each of them, comes first.
LONGEST = 3 * 3600.0


@contextlib.contextmanager
def load(number: int) -> Iterator[None]:
    """Keep so many processes busy, with nothing, while the block runs."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(number)]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


def run(label: str, command: Sequence[str], **environment: str) -> bool:
    """Run a command; say in one line how it went, and show what it said if it went wrong."""
    begin = monotonic()
    done = subprocess.run(
        [sys.executable, "-m", *command],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=LONGEST,
        check=False,
    )
    lines = done.stdout.strip().splitlines() or ["it said nothing"]
    if done.returncode:
        print(done.stdout)
    print(f"{label}: {'' if done.returncode == 0 else 'FAILED: '}{lines[-1]} ({monotonic() - begin:.0f} s)", flush=True)
    return done.returncode == 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Do everything; return 1 if anything failed."""
    parser = argparse.ArgumentParser(prog="python -m soaking", description="Find what goes wrong once in a while.")
    parser.add_argument("tests", nargs="*", help="what pytest is given; every test without any")
    parser.add_argument("--rounds", type=int, default=50, help="how often the tests are run (%(default)s)")
    parser.add_argument("--lives", type=int, default=1000, help="lives of each client (%(default)s)")
    parser.add_argument("--hours", type=float, default=24, help="of the day at the beamline (%(default)s)")
    processors = os.cpu_count() or 1
    parser.add_argument(
        "--busy", type=int, default=processors, help="processes that take the processors' time from those (%(default)s)"
    )
    parser.add_argument(
        "--workers", type=int, default=2 * processors, help="tests at a time: they are each other's load (%(default)s)"
    )
    options = parser.parse_args(arguments)
    pytest = ["pytest", "-q", "-p", "no:cacheprovider"]
    with load(options.busy):
        went = [
            run(f"{options.lives} lives", [*pytest, "--timeout=1800", LIVES], CYCLES=str(options.lives)),
            run(f"{options.hours:g} hours", ["soaking.day", "--hours", str(options.hours)]),
        ]
    together = [*pytest, "--numprocesses", str(options.workers), "--dist", "loadfile", *options.tests]
    went += [run(f"round {number} of {options.rounds}", together) for number in range(1, options.rounds + 1)]
    print(f"{went.count(False)} of {len(went)} failed")
    return int(not all(went))


if __name__ == "__main__":
    sys.exit(main())
