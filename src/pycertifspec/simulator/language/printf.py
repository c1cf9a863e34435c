"""Formats of printf(), sprintf() and fprintf() (SPEC_LANGUAGE.md 5)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from .errors import exceeded
from .values import Value, to_integer, to_number, to_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .limits import Limits

_CONVERSION = re.compile(r"%([-+ #0]*)(\*|\d+)?(?:\.(\*|-?\d+)?)?(?:hh|h|ll|l|L|q|j|z|t)?([diuoxXcseEfFgGaA%])")
_HAS_PRECISION = re.compile(r"%[-+ #0]*(?:\*|\d+)?\.")
# %u, %o and %x of a negative number show it in this many bits, as C's int does.
_UNSIGNED_BITS: Final = 32


class _Arguments:
    """Hands out the arguments one by one; missing ones are unset."""

    def __init__(self, values: Sequence[Value]) -> None:
        self._values = values
        self._next = 0

    def take(self) -> Value:
        self._next += 1
        return self._values[self._next - 1] if self._next <= len(self._values) else None


def format_text(template: str, values: Sequence[Value], limits: Limits) -> str:
    """Return the formatted text; an unknown conversion stays as it is.

    Raises:
        LimitExceededError: a width or the text is too large.

    """
    arguments = _Arguments(values)
    pieces: list[str] = []
    length = last = 0
    for match in _CONVERSION.finditer(template):
        pieces.append(template[last : match.start()])
        pieces.append(_convert(match, arguments, limits))
        last = match.end()
        length += len(pieces[-1]) + len(pieces[-2])
        if length > limits.string_length:
            exceeded("string_length", limits.string_length, "The length of a string")
    pieces.append(template[last:])
    return "".join(pieces)


def _convert(match: re.Match[str], arguments: _Arguments, limits: Limits) -> str:
    flags, width_text, precision_text, kind = match.groups()
    if kind == "%":
        return "%"
    width = to_integer(arguments.take()) if width_text == "*" else int((width_text or "0")[:9])
    if width < 0:
        flags, width = flags + "-", -width
    precision = -1
    if _HAS_PRECISION.match(match.group()):
        precision = to_integer(arguments.take()) if precision_text == "*" else int((precision_text or "0")[:9])
    for size in (width, precision):
        if size > limits.printf_width:
            exceeded("printf_width", limits.printf_width, "The width or precision in a format")
    dot = f".{precision}" if precision >= 0 else ""
    start = f"%{''.join(sorted(set(flags)))}{width or ''}"
    value = arguments.take()
    if kind in "di":
        return f"{start}{dot}d" % to_integer(value)
    if kind in "uoxX":
        return _unsigned(start, flags, width, precision, kind, to_integer(value))
    if kind == "c":
        text = to_text(value)[:1] if isinstance(value, str) else chr(to_integer(value) & 0xFF)
        return f"{_without_zero(start)}s" % text
    if kind == "s":
        return f"{_without_zero(start)}{dot}s" % to_text(value)
    number = to_number(value)
    if kind in "aA":
        return f"{_without_zero(start)}s" % number.hex()
    return f"{start}{dot}{kind}" % number


def _without_zero(start: str) -> str:
    return re.sub(r"^(%[-+ #]*)0([-+ #0]*)", r"\1\2", start)


def _unsigned(start: str, flags: str, width: int, precision: int, kind: str, number: int) -> str:
    if number < 0:
        number &= (1 << _UNSIGNED_BITS) - 1
    digits = {"u": "d", "o": "o", "x": "x", "X": "X"}[kind]
    if not ("#" in flags and number):
        dot = f".{precision}" if precision >= 0 else ""
        return f"{start.replace('#', '')}{dot}{digits}" % number
    # Python writes 0o17 where C writes 017.
    body = format(number, digits).rjust(max(precision, 0), "0")
    text = {"u": "", "o": "0", "x": "0x", "X": "0X"}[kind] + body
    return text.ljust(width) if "-" in flags else text.rjust(width)
