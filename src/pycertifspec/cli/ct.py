"""`pycertifspec ct`: counts for a time, or to monitor counts."""

from __future__ import annotations

import math
from time import monotonic, time
from typing import TYPE_CHECKING, Any

from pycertifspec.errors import CallTimeoutError, LocalProtocolError
from pycertifspec.session import properties
from pycertifspec.session.procedures.counting import preset

from .arguments import add_output_arguments, add_server_argument, add_within_argument
from .connecting import connected
from .naming import record
from .output import number
from .progress import Bars
from .starting import add_no_wait_argument, limit_of, note_when_busy, refuse_when_busy
from .stopping import stopping

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from pycertifspec.sync.client import Client


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Describe the command."""
    command.description = "Count, and show what each counter has. Ctrl-C stops the counting and shows what is there."
    command.epilog = "example: pycertifspec ct 10"
    command.add_argument("seconds", nargs="?", type=float, metavar="SECONDS", help="how long (default: 1)")
    command.add_argument("--monitor", type=float, metavar="COUNTS", help="count to monitor counts in place of a time")
    add_no_wait_argument(command, "end when SPEC counts; it counts on")
    add_within_argument(command, "stop, and end with 4, after so long (default: never)")
    add_server_argument(command)
    add_output_arguments(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Count and show."""
    if options.seconds is not None and options.monitor is not None:
        raise LocalProtocolError("SECONDS and --monitor do not go together")
    seconds = 1.0 if options.seconds is None and options.monitor is None else options.seconds
    goal = seconds if seconds is not None else options.monitor
    if not (goal > 0 and math.isfinite(goal)):
        raise LocalProtocolError(f"cannot count to {goal:g}: expected a number above 0")
    limit = limit_of(options)
    with connected(options, doing="count") as (client, server, output):
        if options.no_wait:
            refuse_when_busy(client, "count")
            _begin(client, preset(seconds, options.monitor), server.timeout)
            output.note("counting")
            return
        note_when_busy(client, output)
        begin: list[float] = []

        def stopped() -> None:
            client.wait_for(properties.COUNT_ALL, False)

        with Bars(output, ["count"]) as bars:

            def tell(values: dict[str, float]) -> None:
                elapsed = monotonic() - begin[0] if begin else 0.0
                shown = next(iter(values.items()), ("", 0.0)) if seconds is None else None
                bars.update(
                    "count",
                    math.nan if seconds is None else elapsed / seconds,
                    f"{shown[0]} {number(shown[1])}" if shown else f"{min(elapsed, seconds):.1f} of {seconds:g} s",
                )

            tell({})
            try:
                with stopping(output, "the counters", stopped, lambda: bool(begin)):
                    values = client.count(
                        seconds,
                        tell,
                        monitor=options.monitor,
                        timeout=limit,
                        starting=lambda: begin.append(monotonic()),
                    )
            except KeyboardInterrupt:
                if begin:
                    output.note(
                        "counted until then: "
                        + ", ".join(f"{mne} {number(client.counter(mne).read())}" for mne in client.counters)
                    )
                raise
        counted = client.counter_names
    items = [
        record(properties.scaler_path(mne, "value"), value, time()).as_json(
            counter=mne, label=counted.get(mne, mne), per_second=None if seconds is None else value / seconds
        )
        for mne, value in values.items()
    ]
    columns: dict[str, Callable[[Any], str]] = {"counter": str, "label": str, "value": number}
    if seconds is not None:
        columns["per_second"] = number
    output.results(items, columns, "value")


def _begin(client: Client, goal: float, timeout: float) -> None:
    """Start counting; return when SPEC counts.

    Raises:
        CallTimeoutError: it does not yet: it is busy.

    """
    with client.changes(properties.COUNT_ALL) as changes:
        client.write(properties.COUNT_ALL, goal)
        end = monotonic() + timeout
        while (change := changes.next(max(0.0, end - monotonic()))) is not None:
            if change.value and not change.first:
                return
    raise CallTimeoutError(
        f"{client.server_name} did not begin to count within {timeout:g} s: it was told to, and may do so later"
    )
