"""Values as text for people, and text as values for SPEC."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pycertifspec.errors import LocalProtocolError
from pycertifspec.session.plain import plain
from pycertifspec.wire import arrays

from .output import printable

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

TYPES: Final = ("string", "double", "int", "array", "assoc", "json")
# Digits of a number that is shown: as many as SPEC itself sends.
DIGITS: Final = ".15g"
MAX_DIGITS: Final = 40


class Style(NamedTuple):
    """How values are written.

    Attributes:
        form: of numbers, as Python's format() has it.
        separator: between elements.
        elements: how many elements of an array, associative or not, are shown, None for all.

    """

    form: str = DIGITS
    separator: str = " "
    elements: int | None = None


def add_style_arguments(command: argparse.ArgumentParser) -> None:
    """Add how values are written, as EPICS's programs have it."""
    number = command.add_mutually_exclusive_group()
    for letter, what in (("e", "1.2e+03"), ("f", "1200.0"), ("g", "the shorter of both")):
        number.add_argument(
            f"-{letter}", dest=f"form_{letter}", type=int, metavar="N", help=f"numbers with N digits, as {what}"
        )
    command.add_argument(
        "-#", dest="elements", type=int, metavar="N", help="show the first N elements of an array, associative or not"
    )
    command.add_argument("-F", dest="separator", default=" ", metavar="TEXT", help="between elements of an array")


def style(options: argparse.Namespace) -> Style:
    """Return how values are to be written.

    Raises:
        LocalProtocolError: a number makes no sense.

    """
    form = DIGITS
    for letter in "efg":
        digits = getattr(options, f"form_{letter}")
        if digits is not None:
            if not 0 <= digits <= MAX_DIGITS:
                raise LocalProtocolError(f"-{letter} {digits} is no number of digits, 0 to {MAX_DIGITS}")
            form = f".{digits}{letter}"
    if options.elements is not None and options.elements < 0:
        raise LocalProtocolError(f"-# {options.elements} is no number of elements")
    return Style(form, options.separator, options.elements)


def scalar(value: Any, how: Style) -> str:
    """Return one value as text; flags as SPEC has them, 1 and 0."""
    if isinstance(value, bool):
        return str(int(value))
    return format(value, how.form) if isinstance(value, int | float) else printable(str(value))


def in_line(value: Any, how: Style) -> str:
    """Return a value in one line: ``1 2 3``, rows of an array separated by semicolons, ``th=1 tth=2``."""
    known = plain(value)
    if isinstance(known, dict):
        return " ".join(f"{printable(key)}={scalar(item, how)}" for key, item in _first(known, how))
    if isinstance(known, list):
        rows = known if known and isinstance(known[0], list) else [known]
        return "; ".join(
            how.separator.join(scalar(item, how) for item in row[: how.elements]) for row in rows[: how.elements]
        )
    return scalar(known, how)


def in_lines(name: str, value: Any, how: Style) -> list[tuple[str, str]]:
    """Return what is shown of a value, each line as a name and a text: elements and rows have lines of their own."""
    known = plain(value)
    if isinstance(known, dict):
        return [(f"{name}[{key}]", scalar(item, how)) for key, item in _first(known, how)] or [(name, "")]
    if isinstance(known, list) and known and isinstance(known[0], list):
        return [(f"{name}[{place}]", in_line(row, how)) for place, row in enumerate(known[: how.elements])]
    return [(name, in_line(known, how))]


def _first(known: Mapping[str, Any], how: Style) -> list[tuple[str, Any]]:
    return list(known.items())[: how.elements]


def parse(words: Sequence[str], kind: str) -> Any:
    """Return the value that words on the command line stand for.

    Args:
        words: at least one.
        kind: one of `TYPES`.

    Raises:
        LocalProtocolError: they are no such value.

    """
    text = " ".join(words)
    try:
        if kind == "array":
            return arrays.as_array([float(word) for word in text.split()], "f8")
        if kind == "assoc":
            return dict(_pair(word) for word in words)
        if kind == "json":
            return _of_json(json.loads(text))
        if kind == "int":
            return int(text, 0)
        return float(text) if kind == "double" else text
    except ValueError as error:
        raise LocalProtocolError(f"{text!r} is no value of type {kind}: {error}") from error


def _pair(word: str) -> tuple[str, str]:
    key, sign, value = word.partition("=")
    if not sign:
        raise ValueError(f"{word!r} is not KEY=VALUE")
    return key, value


def _of_json(value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        raise ValueError("SPEC has numbers, texts, arrays and associative arrays")
    if isinstance(value, dict):
        return {key: item if isinstance(item, str) else format(item, DIGITS) for key, item in value.items()}
    return arrays.as_array(value, "f8") if isinstance(value, list) else value
