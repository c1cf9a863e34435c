"""`python -m benchmarks [NAME...]`: every figure beside its limit; it reports and judges nothing by its exit code."""

from __future__ import annotations

import argparse
import json
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

from . import (
    arrays,
    bluesky_scans,
    client_arrays,
    clients,
    datafile,
    decoder,
    documents,
    geometry,
    imports,
    language,
    machine,
    memory,
    request_reply,
    scans,
    server,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .row import Row

BENCHMARKS: dict[str, Callable[[int], list[Row]]] = {
    "request_reply": request_reply.measure,
    "decoder": decoder.measure,
    "arrays": arrays.measure,
    "memory": memory.measure,
    "imports": imports.measure,
    "language": language.measure,
    "datafile": datafile.measure,
    "server": server.measure,
    "scans": scans.measure,
    "geometry": geometry.measure,
    "clients": clients.measure,
    "client_arrays": client_arrays.measure,
    "bluesky_scans": bluesky_scans.measure,
    "documents": documents.measure,
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what is asked for and print it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure, beside the limits.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of: {', '.join(BENCHMARKS)}; all without any")
    parser.add_argument("--rounds", type=int, default=9, help="how often each figure is measured (%(default)s)")
    parser.add_argument("--json", action="store_true", help="print one JSON object in place of the table")
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - set(BENCHMARKS):
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    if options.rounds < 1:
        parser.error("--rounds must be 1 or more")
    begin = perf_counter()
    environment = machine.describe()
    rows = []
    if not options.json:
        _print_head(environment, options.rounds)
    for name in options.names or BENCHMARKS:
        measured = BENCHMARKS[name](options.rounds)
        rows += measured
        if not options.json:
            for row in measured:
                _print_row(row)
    if options.json:
        print(json.dumps({**environment, "rounds": options.rounds, "rows": [row.as_dict() for row in rows]}, indent=2))
    else:
        _print_foot(rows, perf_counter() - begin)


COLUMNS = "{:<42} {:>10} {:<7} {:>10} {:>6}  {:<18} {:<7} {:>5}"


def _print_head(environment: dict[str, str | int | bool], rounds: int) -> None:
    pinned = "latencies on one core" if environment["pinned"] else "NOT pinned to one core: latencies jump"
    print("{python}, {system}, {cores} cores".format(**environment))
    print(f"{pinned}; medians of {rounds} rounds\n")
    print(COLUMNS.format("what", "figure", "unit", "limit", "ratio", "target", "reached", "noise").rstrip())


def _print_row(row: Row) -> None:
    cells = [
        row.name,
        _number(row.figure),
        row.unit,
        _number(row.limit),
        "-" if row.ratio is None else f"{row.ratio:.2f}",
        "-" if row.target is None else str(row.target),
        {True: "yes", False: "no", None: "-"}[row.reached],
        "-" if row.noise is None else f"{row.noise:.0%}",
    ]
    print(COLUMNS.format(*cells).rstrip(), flush=True)


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 1000 or value == int(value) else f"{value:.1f}"


def _print_foot(rows: list[Row], seconds: float) -> None:
    missed = [row.name for row in rows if row.reached is False]
    noises = [row.noise for row in rows if row.noise is not None]
    print(f"\ntargets missed: {', '.join(missed) or 'none'}")
    if noises:
        print(
            f"noise: rounds of the bare loops are {min(noises):.0%} to {max(noises):.0%} apart, {median(noises):.0%} "
            "in the median (quartiles by median); smaller differences mean nothing"
        )
    print(f"{seconds:.0f} s")


if __name__ == "__main__":
    main()
