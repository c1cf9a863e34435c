"""Single values: a number or a text as SPEC writes it, and text as a number (PROTOCOL.md 3.1, 3.2)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, SupportsFloat, TypeAlias

from pycertifspec.errors import LocalProtocolError, LocalTypeError, RemoteProtocolError

if TYPE_CHECKING:
    from .constants import ByteOrder

Scalar: TypeAlias = str | bool | int | float

_DOUBLES: dict[ByteOrder, struct.Struct] = {"little": struct.Struct("<d"), "big": struct.Struct(">d")}


def format_number(value: SupportsFloat) -> str:
    """Return a number as SPEC writes it on the wire: ``%.15g``, True as 1.

    Raises:
        LocalProtocolError: the number is an integer beyond what a double holds.
        LocalTypeError: it is no single number (numpy's arrays and dates have a `__float__`, too).

    """
    try:
        return f"{float(value):.15g}"
    except OverflowError:
        raise LocalProtocolError("cannot send: the integer is larger than any number of SPEC (1.8e308)") from None
    except (TypeError, ValueError) as error:
        raise LocalTypeError(f"cannot send: {value!r} is neither a text nor a number ({error})") from error


def format_scalar(value: object) -> str:
    """Return a text as it is and a number (Python's or numpy's) by `format_number`.

    Raises:
        LocalTypeError: the value is neither.

    """
    if isinstance(value, str):
        return value
    if isinstance(value, SupportsFloat):
        return format_number(value)
    raise LocalTypeError(f"cannot send: {value!r} is neither a text nor a number")


def decode_double(raw: bytes, order: ByteOrder, name: str = "") -> float | None:
    """Return the number in an SV_DOUBLE body: eight bytes, with or without a NUL, or text (PROTOCOL.md 3.2).

    Eight or nine bytes are text only if they are a number's, printable, with at most the one NUL that ends a text:
    no double that a program computes looks so. None for an empty body.

    Raises:
        RemoteProtocolError: it is neither.

    """
    size = _DOUBLES[order].size
    binary = len(raw) in (size, size + 1)
    text = raw.removesuffix(b"\0") if binary else raw.rstrip(b"\0")
    if not text and not binary:
        return None
    number = _literal(text)
    if number is not None:
        return number
    if binary:
        return float(_DOUBLES[order].unpack_from(raw)[0])
    raise RemoteProtocolError(
        f"the SV_DOUBLE body of {name!r} is {raw[:32]!r}, {len(raw)} bytes; expected {size} bytes or a number's text",
        field="body",
        property=name,
    )


def _literal(text: bytes) -> float | None:
    """Return the number that a text is, or None; Python alone knows underscores in numbers."""
    literal = text.decode("latin-1")
    if not (literal.isascii() and literal.isprintable()) or "_" in literal:
        return None
    try:
        return float(literal)
    except ValueError:
        return None
