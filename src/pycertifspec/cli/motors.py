"""`pycertifspec motors`: the motors of an instrument, with positions, limits and what each does."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from pycertifspec.errors import RemoteError
from pycertifspec.session.telling import state

from . import suggesting
from .arguments import add_output_arguments, add_server_argument, suggest
from .connecting import connected
from .output import number

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Sequence

    from pycertifspec.sync.client import Client

# What a motor's row can have, and how it is shown.
_COLUMNS: dict[str, Callable[[Any], str]] = {
    "motor": str,
    "name": str,
    "position": lambda value: "" if value is None else f"{value:.4f}",
    "dial": lambda value: "" if value is None else f"{value:.4f}",
    "low": lambda value: "" if value is None else number(value),
    "high": lambda value: "" if value is None else number(value),
    "state": str,
}


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Describe the command."""
    command.description = "List the motors of an instrument: user positions, limits in user units, and what each does."
    command.epilog = "example: pycertifspec motors 't*'"
    add_table_arguments(command, "motors", ("motor", "name", "position", "low", "high", "state"), "motor")


def add_table_arguments(command: argparse.ArgumentParser, kind: str, columns: Sequence[str], *keys: str) -> None:
    """Add what a list of motors needs.

    Args:
        command: the parser.
        kind: what is listed.
        columns: that are shown.
        keys: what the terse form shows.

    """
    patterns = command.add_argument("patterns", nargs="*", metavar="PATTERN", help=f"{kind} alone that match, as 't*'")
    suggest(patterns, suggesting.motors)
    add_server_argument(command)
    add_output_arguments(command)
    command.set_defaults(run=run, columns=columns, keys=keys)


def run(options: argparse.Namespace) -> None:
    """Ask and list."""
    with connected(options) as (client, _, output):
        items = rows(client, chosen(client.motor_names, options.patterns, "motor"))
    output.results(items, {name: _COLUMNS[name] for name in options.columns}, *options.keys)


def chosen(known: dict[str, str], patterns: Sequence[str], kind: str) -> dict[str, str]:
    """Return those of some mnemonics and names that a pattern matches, all without any.

    Raises:
        RemoteError: none does.

    """
    found = {
        mne: name
        for mne, name in known.items()
        if not patterns or any(fnmatchcase(mne, pattern) or fnmatchcase(name, pattern) for pattern in patterns)
    }
    if patterns and not found:
        raise no_such(kind, patterns, known)
    return found


def no_such(kind: str, wanted: Sequence[str], known: Iterable[str]) -> RemoteError:
    """Return the error that nothing has one of these names."""
    return RemoteError(f"no {kind} is called {' or '.join(wanted)}; there are {', '.join(known) or 'none'}")


def rows(client: Client, motors: dict[str, str]) -> list[dict[str, Any]]:
    """Return what is known of each motor; numbers in user units but for `dial`."""
    found = []
    for mne, name in motors.items():
        facts = client.motor(mne).facts()
        found.append(
            {
                "motor": mne,
                "name": name,
                "position": facts.position,
                "dial": facts.dial,
                "low": facts.low,
                "high": facts.high,
                "state": state(facts),
            }
        )
    return found
