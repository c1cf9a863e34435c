"""`pycertifspec get`, `specget`: what properties, motors, counters and variables are now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pycertifspec.errors import RemoteError

from . import suggesting, values
from .arguments import add_output_arguments, add_server_argument, suggest
from .connecting import connected
from .naming import HELP, Named, find
from .output import iso

if TYPE_CHECKING:
    import argparse
    from typing import Any

    from .output import Output
    from .values import Style

# What a text is made into where that is asked for.
NUMBERS = "flags as numbers"
KINDS = {"string": str, "double": float, "int": lambda value: int(float(value))}


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Describe the command."""
    command.description = "Show what properties, motors, counters and variables are now."
    command.epilog = "example: pycertifspec get th det @SCAN_N motor/tth/offset"
    suggest(command.add_argument("names", nargs="+", metavar="NAME", help=HELP), suggesting.names)
    command.add_argument("-a", "--all", action="store_true", help="show name, time, value and units")
    command.add_argument("-d", "--type", choices=KINDS, help="make this of the value")
    command.add_argument("-n", "--numbers", action="store_true", help="flags as 1 and 0 with --json and --jsonl, too")
    values.add_style_arguments(command)
    add_server_argument(command)
    add_output_arguments(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Ask for each, and show them.

    Raises:
        RemoteError: one is not there; the others are shown.

    """
    how = values.style(options)
    with connected(options) as (client, _, output):
        found: list[Named] = []
        missing: list[RemoteError] = []
        for name in options.names:
            try:
                found.append(find(client, name))
            except RemoteError as error:
                missing.append(error)
        kind = options.type or (NUMBERS if options.numbers else None)
        show(output, found, how, wide=options.all, kind=kind, several=len(options.names) > 1)
    for problem in missing[:-1]:
        output.note(f"pycertifspec get: {problem}")
    if missing:
        raise missing[-1]


def show(
    output: Output,
    found: list[Named],
    how: Style,
    *,
    wide: bool = False,
    kind: str | None = None,
    several: bool = False,
) -> None:
    """Show values in the form that was asked for; of several that were asked for, JSON is a list, however many came."""
    items = [(named, _converted(named, kind)) for named in found]
    if output.form in ("json", "jsonl"):
        objects = [named.record._replace(value=value).as_json() for named, value in items]
        if output.form == "json":
            output.json(objects if several or not objects else objects[0])
        else:
            for item in objects:
                output.json(item)
        return
    rows = []
    for named, value in items:
        for label, text in values.in_lines(named.name, value, how):
            stamp, units = iso(named.record.timestamp) or "", named.record.units
            rows.append([label, stamp, text, units] if wide else [label, text])
    if output.form == "terse":
        for row in rows:
            output.line(row[2] if wide else row[1])
    else:
        width = max((len(row[0]) for row in rows), default=0)
        for row in rows:
            first = row[0].ljust(width) if output.on_terminal else row[0]
            output.line(("  " if output.on_terminal else "\t").join([first, *row[1:]]).rstrip())


def _converted(named: Named, kind: str | None) -> Any:
    value = named.value
    if kind == NUMBERS:
        return int(value) if isinstance(value, bool) else value
    if kind is None or isinstance(value, dict) or not isinstance(value, str | int | float):
        return value
    try:
        return KINDS[kind](value)  # type: ignore[operator]  # each takes any
    except ValueError as error:
        raise RemoteError(f"{named.name} is {value!r}, which is no {kind}") from error
