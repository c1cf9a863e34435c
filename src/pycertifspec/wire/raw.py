"""`raw_view`: the bytes of whatever may be a message's body."""

from __future__ import annotations

import sys

from pycertifspec.errors import LocalProtocolError, LocalTypeError

from .constants import ELEMENT_SIZES, ELEMENTS, NO_TYPE, DataTypes

# What `typing` has of this name; importing that costs a third of the time that `import pycertifspec` may take.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from .constants import ByteOrder

_ORDERS: dict[str, ByteOrder] = {"<": "little", ">": "big", "!": "big"}

# What the elements of a buffer are, by the last letter of their format as `struct` names it; "u1" may be any bytes.
_KINDS = {
    **dict.fromkeys("bhilqn", "i"),
    **dict.fromkeys("BHILQNc", "u"),
    **dict.fromkeys("fd", "f"),
    "?": "b",
    "s": "S",
}

# What the elements of each data type may be besides bytes; the types that are not here tell nothing of it.
_TEXT = frozenset({"i1", "S"})
_ELEMENTS: dict[int, frozenset[str]] = {
    **{kind: frozenset({code}) for kind, code in ELEMENTS.items()},
    DataTypes.SV_ARR_CHAR: frozenset({"i1", "b1"}),
    DataTypes.SV_ARR_UCHAR: frozenset({"u1", "b1"}),
    DataTypes.SV_DOUBLE: frozenset({"f8"}),
    **dict.fromkeys((DataTypes.SV_STRING, DataTypes.SV_ERROR, DataTypes.SV_ASSOC, DataTypes.SV_ARR_STRING), _TEXT),
}


def check_array(kind: int, rows: int, cols: int, body: bytes | memoryview) -> None:
    """Refuse a numeric array whose body is not as long as its rows and columns say.

    Args:
        kind: the data type.
        rows: as the header will say.
        cols: as the header will say; an array sent without both tells nothing of its shape, as old programs do.
        body: its bytes; one NUL after the elements is nothing wrong (PROTOCOL.md 3.5).

    Raises:
        LocalProtocolError: it is not, or it holds no whole number of elements.

    """
    element, size = ELEMENT_SIZES[kind], len(body)
    sizes = (size, size - 1) if size and not body[-1] else (size,)
    if not rows and not cols:
        if all(each % element for each in sizes):
            raise LocalProtocolError(
                f"cannot send: the body has {size} bytes, no whole number of {element}-byte elements"
            )
        return
    # One dimension may be told by one of the two alone (PROTOCOL.md 3.5).
    count = int(rows) * int(cols)
    if not {count * element, (count or max(rows, cols)) * element}.intersection(sizes):
        raise LocalProtocolError(
            f"cannot send: the body has {size} bytes, but {rows} rows and {cols} columns of {element} bytes "
            f"are {(count or max(rows, cols)) * element}"
        )


def raw_view(body: object, order: ByteOrder, kind: int = NO_TYPE) -> memoryview:
    """Return a view on a body's bytes.

    Args:
        body: bytes and the like, or an array that is contiguous in memory; numpy's strings of a fixed
            number of bytes (``S5``) are the rows of an SV_ARR_STRING (PROTOCOL.md 3.6).
        order: byte order of the connection; an array of another one is copied into it.
        kind: the data type that the header will have.

    Raises:
        LocalTypeError: the body is no bytes, or its elements are not those of the data type.
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
    code = _element(view)
    _check_element(code, kind)
    if not view.nbytes:
        return memoryview(b"")
    if view.itemsize > 1 and code != "S" and _ORDERS.get(view.format[0], sys.byteorder) != order:
        from .arrays import in_order  # noqa: PLC0415  arrays are numpy's door

        return in_order(body, order)
    return view.cast("B")


def _element(view: memoryview) -> str:
    """Return what a buffer's elements are: "S", or the kind of number and its bytes, such as "f8"."""
    letters = view.format.lstrip("@=<>!")
    kind = _KINDS.get(letters[-1:])
    if kind is None or (len(letters) > 1 and not (kind == "S" and letters[:-1].isdigit())):
        raise LocalTypeError(f"cannot send: the body's elements are of format {view.format!r}, expected numbers")
    return kind if kind == "S" else f"{kind}{view.itemsize}"


def _check_element(code: str, kind: int) -> None:
    fitting: frozenset[str] | None
    try:
        fitting = _ELEMENTS.get(kind)
    except TypeError as error:
        raise LocalTypeError(f"cannot send: type is {kind!r}, expected an integer") from error
    if fitting is not None and code != "u1" and code not in fitting:
        expected = "text" if fitting is _TEXT else " or ".join(sorted(fitting - {"b1"}))
        raise LocalTypeError(
            f"cannot send: the body's elements are of type {code}, but {DataTypes(kind).name} is {expected}; convert "
            "them (numpy's astype) or name their data type"
        )
