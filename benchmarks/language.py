"""How fast SPEC programs run: `python -m benchmarks.language`.

A statement is one that a person would count: the loop ``for (i = 0; i < N; i++) x = x + i*2`` has N assignments, and N
comparisons and N increments that are not counted.
"""

from __future__ import annotations

import time
from statistics import median

from pycertifspec.simulator.language import Interpreter
from pycertifspec.simulator.language.memory_host import MemoryHost

from .row import Row, Target

# What is timed: the program and the number of statements that it runs.
PROGRAMS: dict[str, tuple[str, int]] = {
    "numbers, global variables": ("for (i = 0; i < 1000000; i++) x = x + i*2", 1_000_000),
    "numbers, local variables": ("{ local i, x; for (i = 0; i < 1000000; i++) x = x + i*2 }", 1_000_000),
    "a string that grows": ('for (i = 0; i < 100000; i++) s = s "ab"', 100_000),
    "elements of an associative array": ("for (i = 0; i < 200000; i++) a[i % 100] += i", 200_000),
    "calls of a macro function": ("for (i = 0; i < 200000; i++) y = f(i)", 400_000),
    "text macros, one statement each": ("m\n" * 5_000, 5_000),
    "blocks with if": ("for (i = 0; i < 200000; i++) { if (i % 2) j++; else k++ }", 400_000),
}


# What was promised, in statements per second: one million simple ones in four seconds.
TARGETS = {"numbers, global variables": 250_000.0}


def measure(rounds: int) -> list[Row]:
    """Measure the programs in a few rounds; there is no barer way to run them."""
    results = [run() for _ in range(min(rounds, 3))]
    rows = []
    for name in PROGRAMS:
        rate = median(result[name]["statements per second"] for result in results)
        target = Target("figure", ">=", TARGETS[name]) if name in TARGETS else None
        rows.append(Row(f"SPEC: {name}", "/s", rate, target=target))
    return rows


def run() -> dict[str, dict[str, float]]:
    """Return, for each program, its seconds and its statements per second."""
    figures: dict[str, dict[str, float]] = {}
    started = time.perf_counter()
    interpreter = Interpreter(MemoryHost())
    figures["making an interpreter"] = {"seconds": time.perf_counter() - started}
    interpreter.execute("def f(n) '{ return n + 1 }'; def m 'x = 1'")
    for name, (program, statements) in PROGRAMS.items():
        started = time.perf_counter()
        interpreter.execute(program)
        seconds = time.perf_counter() - started
        figures[name] = {"seconds": seconds, "statements per second": statements / seconds}
    return figures


def main() -> None:
    """Print the figures."""
    for name, figures in run().items():
        rate = figures.get("statements per second")
        print(f"{name:36} {figures['seconds']:8.4f} s" + (f"  {rate:12,.0f} statements/s" if rate else ""))


if __name__ == "__main__":
    main()
