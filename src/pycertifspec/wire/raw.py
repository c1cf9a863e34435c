"""`raw_view`: the bytes of whatever may be a message's body."""

from __future__ import annotations

import sys

from pycertifspec.errors import LocalProtocolError, LocalTypeError

from .constants import ELEMENT_SIZES

# What `typing` has of this name; importing that costs a third of the time that `import pycertifspec` may take.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from .constants import ByteOrder

_ORDERS: dict[str, ByteOrder] = {"<": "little", ">": "big", "!": "big"}
_NUMBERS = frozenset("hHiIlLqQnNfd")  # formats of more than one byte, as `struct` names them


def check_array(kind: int, rows: int, cols: int, size: int) -> None:
    """Refuse a numeric array whose body is not as long as its rows and columns say.

    Args:
        kind: the data type.
        rows: as the header will say.
        cols: as the header will say; an array sent without both tells nothing of its shape, as old programs do.
        size: bytes of the body; one NUL after the elements is nothing wrong (PROTOCOL.md 3.5).

    Raises:
        LocalProtocolError: it is not.

    """
    element = ELEMENT_SIZES[kind]
    count = rows * cols or max(rows, cols)
    if count and size not in (count * element, count * element + 1):
        raise LocalProtocolError(
            f"cannot send: the body has {size} bytes, but {rows} rows and {cols} columns of {element} bytes "
            f"are {count * element}"
        )


def raw_view(body: object, order: ByteOrder) -> memoryview:
    """Return a view on a body's bytes.

    Args:
        body: bytes and the like, or an array that is contiguous in memory.
        order: byte order of the connection; an array of another one is copied into it.

    Raises:
        LocalTypeError: the body is no bytes.
        LocalProtocolError: it is not contiguous, row by row.

    """
    if type(body) is bytes:
        return memoryview(body)
    if isinstance(body, str):
        raise LocalTypeError(f"cannot send: the body is the str {body[:80]!r}; encode it and end it with a NUL")
    try:
        view = memoryview(body)  # type: ignore[arg-type]  # this finds out
    except (TypeError, ValueError) as error:
        raise LocalTypeError(
            f"cannot send: the body is a {type(body).__name__}, expected bytes or an array of numbers ({error})"
        ) from error
    if not view.c_contiguous:
        raise LocalProtocolError("cannot send: the body is not contiguous in memory; copy it (numpy.ascontiguousarray)")
    if not view.nbytes:
        return memoryview(b"")
    if view.itemsize > 1:
        if view.format.lstrip("@=<>!") not in _NUMBERS:
            raise LocalTypeError(f"cannot send: the body's elements are of format {view.format!r}, expected numbers")
        if _ORDERS.get(view.format[0], sys.byteorder) != order:
            from .arrays import in_order  # noqa: PLC0415  arrays are numpy's door

            return in_order(body, order)
    return view.cast("B")
