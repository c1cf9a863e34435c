"""Formats of printf(), sprintf() and fprintf() (SPEC_LANGUAGE.md 5)."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import chain, repeat
from typing import TYPE_CHECKING, Final, NamedTuple

from .errors import exceeded
from .values import Value, to_integer, to_number, to_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .limits import Limits

_CONVERSION = re.compile(r"%([-+ #0]*)(\*|\d+)?(?:\.(\*|-?\d+)?)?(?:hh|h|ll|l|L|q|j|z|t)?([diuoxXcseEfFgGaA%])")
_HAS_PRECISION = re.compile(r"%[-+ #0]*(?:\*|\d+)?\.")
# %u, %o and %x of a negative number show it in this many bits, as C's int does.
_UNSIGNED_BITS: Final = 32


# Templates are kept as what they consist of: a macro formats with the same one again and again.
_KEPT_TEMPLATES: Final = 512
# A longer one is no template that somebody wrote, but text that is printed.
_LONGEST_KEPT: Final = 2_000


class _Conversion(NamedTuple):
    """One conversion of a template.

    Attributes:
        kind: its letter.
        start: ``%``, the flags and the width as Python's formats have them; empty where ``*`` stands for a number.
        dot: the precision likewise.
        flags: as they stand.
        width: None where it is an argument.
        precision: -1 where there is none, None where it is an argument.

    """

    kind: str
    start: str
    dot: str
    flags: str
    width: int | None
    precision: int | None


def _parsed(template: str) -> tuple[str | _Conversion, ...]:
    """Return a template as its texts and conversions; an unknown conversion is text."""
    parts: list[str | _Conversion] = []
    last = 0
    for match in _CONVERSION.finditer(template):
        parts.append(template[last : match.start()])
        last = match.end()
        flags, width_text, precision_text, kind = match.groups()
        if kind == "%":
            parts.append("%")
            continue
        width = None if width_text == "*" else int((width_text or "0")[:9])
        precision: int | None = -1
        if _HAS_PRECISION.match(match.group()):
            precision = None if precision_text == "*" else int((precision_text or "0")[:9])
        start, dot = _written(kind, flags, width or 0, -1 if precision is None else precision)
        parts.append(_Conversion(kind, start, dot, flags, width, precision))
    parts.append(template[last:])
    return tuple(part for part in parts if part)


_parsed_before = lru_cache(maxsize=_KEPT_TEMPLATES)(_parsed)


def _written(kind: str, flags: str, width: int, precision: int) -> tuple[str, str]:
    """Return the begin and the precision of a conversion as Python's formats have them."""
    start = f"%{''.join(sorted(set(flags)))}{width or ''}"
    return _without_zero(start) if kind in "csaA" else start, f".{precision}" if precision >= 0 else ""


def format_text(template: str, values: Sequence[Value], limits: Limits) -> str:
    """Return the formatted text; an unknown conversion stays as it is.

    Raises:
        LimitExceededError: a width or the text is too large.

    """
    arguments = chain(values, repeat(None))  # missing ones are unset
    pieces: list[str] = []
    length = 0
    if len(template) > _LONGEST_KEPT and template.count("%") > limits.printf_conversions:
        exceeded("printf_conversions", limits.printf_conversions, "The number of conversions in a format")
    for part in _parsed_before(template) if len(template) <= _LONGEST_KEPT else _parsed(template):
        piece = part if part.__class__ is str else _convert(part, arguments, limits)  # type: ignore[arg-type]
        pieces.append(piece)
        length += len(piece)
        if length > limits.string_length:
            exceeded("string_length", limits.string_length, "The length of a string")
    return "".join(pieces)


def _convert(part: _Conversion, arguments: Iterator[Value], limits: Limits) -> str:
    kind, start, dot, flags, width, precision = part
    if width is None or precision is None:
        if width is None:
            width = to_integer(next(arguments))
            if width < 0:
                flags, width = flags + "-", -width
        if precision is None:
            precision = to_integer(next(arguments))
        start, dot = _written(kind, flags, min(width, limits.printf_width), min(precision, limits.printf_width))
    if width > limits.printf_width or precision > limits.printf_width:
        exceeded("printf_width", limits.printf_width, "The width or precision in a format")
    value = next(arguments)
    if kind in "eEfFgG":
        return f"{start}{dot}{kind}" % to_number(value)
    if kind == "s":
        return f"{start}{dot}s" % to_text(value)
    if kind in "di":
        return f"{start}{dot}d" % to_integer(value)
    if kind in "uoxX":
        return _unsigned(start, flags, width, precision, kind, to_integer(value))
    if kind == "c":
        text = to_text(value)[:1] if isinstance(value, str) else chr(to_integer(value) & 0xFF)
        return f"{start}s" % text
    return f"{start}s" % to_number(value).hex()


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
