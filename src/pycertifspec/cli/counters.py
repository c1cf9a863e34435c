"""`pycertifspec counters`: the counters of an instrument and what they have counted last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import suggesting
from .arguments import add_output_arguments, add_server_argument, suggest
from .connecting import connected
from .motors import chosen
from .output import number

if TYPE_CHECKING:
    import argparse


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Describe the command."""
    command.description = "List the counters of an instrument and what they have counted last."
    command.epilog = "example: pycertifspec counters"
    patterns = command.add_argument("patterns", nargs="*", metavar="PATTERN", help="counters alone that match, as 'm*'")
    suggest(patterns, suggesting.counters)
    add_server_argument(command)
    add_output_arguments(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Ask and list."""
    with connected(options) as (client, _, output):
        found = chosen(client.counter_names, options.patterns, "counter")
        items = [{"counter": mne, "name": name, "value": client.counter(mne).read()} for mne, name in found.items()]
    output.results(items, {"counter": str, "name": str, "value": number}, "counter")
