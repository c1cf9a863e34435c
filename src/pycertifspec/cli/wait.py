"""`pycertifspec wait`: until a property, motor, counter or variable is what is wanted."""

from __future__ import annotations

import operator
import re
import time
from typing import TYPE_CHECKING, Any

from pycertifspec.errors import LocalProtocolError
from pycertifspec.session.plain import plain

from . import suggesting, values
from .arguments import add_output_arguments, add_server_argument, add_within_argument, suggest, within
from .connecting import connected
from .naming import HELP, find, record

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "": operator.eq,
}
_CONDITION = re.compile(r"\s*(==|!=|>=|<=|>|<|)\s*(.*?)\s*", re.DOTALL)


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Describe the command."""
    command.description = "Wait until a property, motor, counter or variable is what is wanted, and show it."
    command.epilog = "example: pycertifspec wait status/ready 1 --within 600 && pycertifspec wait det '> 1000'"
    suggest(command.add_argument("name", metavar="NAME", help=HELP), suggesting.names)
    command.add_argument(
        "condition",
        nargs="+",
        metavar="CONDITION",
        help="a value, or '> 1.5', '>=', '<', '<=', '==', '!=' and one, or changed",
    )
    add_within_argument(command, "give up, with 4, after so long (default: never)")
    add_server_argument(command)
    add_output_arguments(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Wait."""
    wanted, limit = " ".join(options.condition), within(options)
    fits = condition(wanted)
    with connected(options) as (client, _, output):
        found = find(client, options.name)
        path = found.path
        if isinstance(found.value, int | float) and not is_numeric(wanted):
            raise LocalProtocolError(f"{options.name} is a number, and would never be {wanted!r}")
        value = client.wait_for(path, fits, limit)
        if output.form in ("json", "jsonl"):
            output.json(record(path, value, time.time()).as_json())
        elif output.form == "terse" or not output.quiet:
            output.line(values.in_line(value, values.Style()))


def condition(text: str) -> Callable[[Any], bool]:
    """Return what tells whether a value is wanted.

    Raises:
        LocalProtocolError: it is no condition.

    """
    if text.strip() == "changed":
        return _Changed()
    match = _CONDITION.fullmatch(text)
    if match is None or not match[2]:
        raise LocalProtocolError(f"{text!r} is no condition: a value, or one with ==, !=, >, >=, < or <= in front")
    compare, wanted = _OPERATORS[match[1]], match[2]
    number = _number(wanted)
    if number is None and match[1] not in ("", "==", "!="):
        raise LocalProtocolError(f"{text!r} is no condition: {wanted!r} is no number")

    def fits(value: Any) -> bool:
        known = None if number is None else _number(value)
        return (
            compare(known, number)
            if known is not None
            else match[1] in ("", "==", "!=") and compare(str(value), wanted)
        )

    return fits


def is_numeric(text: str) -> bool:
    """Return whether a number can meet a condition."""
    match = _CONDITION.fullmatch(text)
    return text.strip() == "changed" or (match is not None and _number(match[2]) is not None)


class _Changed:
    """Tells whether a value is another than the first."""

    def __init__(self) -> None:
        self._first: list[Any] = []

    def __call__(self, value: Any) -> bool:
        known = plain(value)
        if not self._first:
            self._first.append(known)
        return bool(known != self._first[0])


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
