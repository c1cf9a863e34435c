"""Python's values as SPEC's source text: the arguments of a call (PROTOCOL.md 2.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pycertifspec.errors import LocalProtocolError, LocalTypeError
from pycertifspec.wire.scalars import format_scalar

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def literal(value: Any) -> str:
    """Return a value as SPEC reads it: numbers bare, text in quotes, a mapping as an associative array.

    Raises:
        LocalTypeError: SPEC has no such value.
        LocalProtocolError: a text contains a NUL.

    """
    if isinstance(value, str):
        if "\0" in value:
            raise LocalProtocolError(f"cannot send: the text {value[:80]!r} contains a NUL")
        return '"' + "".join(_ESCAPES.get(character, character) for character in value) + '"'
    if isinstance(value, Mapping):
        return "[" + ", ".join(f"{literal(key)}: {literal(element)}" for key, element in value.items()) + "]"
    if value is None:
        raise LocalTypeError("cannot send: None is no value of SPEC; leave the argument out")
    return format_scalar(value)
