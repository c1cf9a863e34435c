"""Associative arrays: a flat dict to the pairs of a body, and back (PROTOCOL.md 3.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from pycertifspec.errors import LocalProtocolError, RemoteProtocolError

from .constants import INDEX_SEPARATOR
from .scalars import Scalar, format_scalar

if TYPE_CHECKING:
    from collections.abc import Mapping

Key: TypeAlias = str | tuple[str, str]
Index: TypeAlias = Scalar | tuple[Scalar, Scalar]


def decode(text: str, name: str = "") -> dict[Key, str]:
    """Return an associative array from its body's text.

    Both terminators are read, one extra NUL at the end and none. An element with two indices has a
    pair of strings as its key.

    Args:
        text: keys and values, each followed by a NUL.
        name: of the property, for the error.

    Raises:
        RemoteProtocolError: a key comes without a value.

    """
    if not text.strip("\0"):
        return {}
    if not text.endswith("\0"):
        text += "\0"
    items = text.split("\0")[:-1]
    if len(items) % 2 and not items[-1]:
        items.pop()  # the terminator
    if len(items) % 2:
        raise RemoteProtocolError(
            f"the associative array {name!r} has {len(items)} items, expected pairs of key and value; "
            f"the last is {items[-1]!r}",
            field="body",
            property=name,
        )
    return {_decode_key(key): value for key, value in zip(items[::2], items[1::2], strict=True)}


def _decode_key(text: str) -> Key:
    first, separator, second = text.partition(INDEX_SEPARATOR)
    return (first, second) if separator else first


def encode(elements: Mapping[Index, Scalar]) -> str:
    """Return the text of an associative array; as a body it gets the extra NUL at its end.

    Args:
        elements: values by index, or by a pair of indices; numbers become text as SPEC writes them.

    Raises:
        LocalProtocolError: an index or a value contains a NUL, or an element has more than two indices.

    """
    pieces = []
    for key, value in elements.items():
        indices = key if isinstance(key, tuple) else (key,)
        if isinstance(key, tuple) and len(key) != 2:
            raise LocalProtocolError(f"cannot send: the element {key!r} has {len(key)} indices, expected one or two")
        pieces += [INDEX_SEPARATOR.join(map(format_scalar, indices)), format_scalar(value)]
    if any("\0" in piece for piece in pieces):
        raise LocalProtocolError(f"cannot send: an index or a value of {dict(elements)!r} contains a NUL")
    return "".join(piece + "\0" for piece in pieces)
