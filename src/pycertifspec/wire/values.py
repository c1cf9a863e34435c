"""Values: what a message's body means in Python, and Python's values as bodies (PROTOCOL.md 3)."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from pycertifspec.errors import LocalProtocolError

from . import arrays, assoc, scalars
from .constants import ELEMENTS, NO_TYPE, ByteOrder, DataTypes
from .message import decode_text, encode_text, encode_utf8
from .scalars import Scalar, format_scalar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from .message import SpecMessage

StringArray: TypeAlias = "list[str] | list[list[str]]"
Value: TypeAlias = "str | float | dict[assoc.Key, str] | npt.NDArray[Any] | StringArray | bytes | None"
Sendable: TypeAlias = "Scalar | Mapping[assoc.Index, Scalar] | Sequence[str] | Sequence[float] | npt.NDArray[Any]"


class Body(NamedTuple):
    """A body and the header fields that tell what it holds."""

    type: int
    rows: int
    cols: int
    data: bytes | memoryview


def text_of(message: SpecMessage) -> str:
    """Return the text of an SV_STRING or SV_ERROR body, up to its first NUL (PROTOCOL.md 3.1, 3.3)."""
    body = message.body
    return (body if isinstance(body, str) else decode_text(body)).split("\0", 1)[0]


def decode(message: SpecMessage) -> Value:
    """Return the value in a message's body.

    Returns:
        None for no body, a str for text and errors, a float for SV_DOUBLE, a dict of strings for an
        associative array, a numpy array, a list of strings (or of rows of them), bytes for a type
        that nobody knows.

    Raises:
        RemoteProtocolError: the body contradicts its header.

    """
    read = _READERS.get(message.type)
    return read(message) if read else message.raw_body


def _read_untyped(message: SpecMessage) -> str | None:
    return text_of(message) if message.body else None


def _read_double(message: SpecMessage) -> float | None:
    return scalars.decode_double(message.raw_body, message.byteorder, message.name)


def _read_assoc(message: SpecMessage) -> dict[assoc.Key, str]:
    return assoc.decode(decode_text(message.raw_body), message.name)


def _read_array(message: SpecMessage) -> npt.NDArray[Any]:
    return arrays.decode(message.type, message.rows, message.cols, message.raw_body, message.byteorder, message.name)


def _read_strings(message: SpecMessage) -> StringArray:
    """Read either known layout: fixed-width rows, or strings that end in NUL (PROTOCOL.md 3.6)."""
    raw, rows, cols = message.raw_body, message.rows, message.cols
    count = rows * cols
    if count and len(raw) in (count, count + 1):
        return [decode_text(raw[i : i + cols].split(b"\0", 1)[0]) for i in range(0, count, cols)]
    items = decode_text(raw).split("\0")
    if not items[-1]:
        items.pop()
    if count and len(items) == count + 1 and not items[-1]:
        items.pop()  # chess-pyspec ends every body with a NUL of its own
    if len(items) == count and min(rows, cols) > 1:
        return [items[i : i + cols] for i in range(0, count, cols)]
    return items


_READERS: dict[int, Callable[[SpecMessage], Value]] = {
    NO_TYPE: _read_untyped,
    DataTypes.SV_DOUBLE: _read_double,
    DataTypes.SV_STRING: text_of,
    DataTypes.SV_ERROR: text_of,
    DataTypes.SV_ASSOC: _read_assoc,
    DataTypes.SV_ARR_STRING: _read_strings,
    **dict.fromkeys(ELEMENTS, _read_array),
}


def encode(value: Sendable, order: ByteOrder = sys.byteorder) -> Body:
    """Return a value as a body.

    Args:
        value: text, a number (sent as text, ``%.15g``), a mapping (an associative array), a sequence
            of strings (fixed-width rows) or of numbers, or a numpy array.
        order: byte order of the connection; matters for numeric arrays alone.

    Raises:
        LocalTypeError: SPEC has no such value.
        LocalProtocolError: a text contains a NUL.

    """
    if isinstance(value, Mapping):
        return Body(DataTypes.SV_ASSOC, 0, 0, encode_text(assoc.encode(value)))
    if isinstance(value, (list, tuple)) and value and all(isinstance(item, str) for item in value):
        return encode_strings(value)
    if isinstance(value, (list, tuple)) or is_data_array(value):
        return Body(*arrays.encode(value, order))
    return encode_scalar(value)


def is_data_array(value: object) -> bool:
    """Return whether a value is numpy's array of at least one dimension."""
    return arrays.is_array(value) and bool(getattr(value, "ndim", None))


def encode_scalar(value: object) -> Body:
    """Return a text or a number as an SV_STRING body.

    Raises:
        LocalTypeError: it is neither.
        LocalProtocolError: the text contains a NUL, or is no text.

    """
    text = format_scalar(value)
    if "\0" in text:
        raise LocalProtocolError(f"cannot send: the text {text[:80]!r} contains a NUL")
    return Body(DataTypes.SV_STRING, 0, 0, encode_text(text))


def encode_error(text: str) -> Body:
    """Return an SV_ERROR body (PROTOCOL.md 3.3)."""
    return Body(DataTypes.SV_ERROR, 0, 0, encode_text(text.replace("\0", "")))


def encode_strings(strings: Sequence[str], *, width: int = 0, terminated: bool = False) -> Body:
    """Return an SV_ARR_STRING body (PROTOCOL.md 3.6).

    Args:
        strings: one for each row.
        width: bytes of a row; by default one more than the longest string has.
        terminated: True for the layout of chess-pyspec and QXRD: strings that end in NUL, one row.

    Raises:
        LocalProtocolError: a string contains a NUL, is longer than a row, or is no text.

    """
    rows = [encode_utf8(string) for string in strings]
    if any(b"\0" in row for row in rows):
        raise LocalProtocolError(f"cannot send: one of {list(strings)!r} contains a NUL")
    if terminated:
        return Body(DataTypes.SV_ARR_STRING, 1, len(rows), b"".join(row + b"\0" for row in rows))
    longest = max(map(len, rows), default=0)
    width = width or longest + 1
    if longest > width:
        raise LocalProtocolError(f"cannot send: one of {list(strings)!r} is longer than a row of {width} bytes")
    return Body(DataTypes.SV_ARR_STRING, len(rows), width, b"".join(row.ljust(width, b"\0") for row in rows))
