"""Data arrays: numpy's door. It is imported here alone, and when the first array is met: it costs 0.1 s."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pycertifspec.errors import LocalProtocolError, LocalTypeError, RemoteProtocolError

from .constants import ELEMENT_SIZES, ELEMENTS, ByteOrder, DataTypes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    import numpy.typing as npt

_TYPES = {code: kind for kind, code in ELEMENTS.items()}
_MARKS: dict[ByteOrder, str] = {"little": "<", "big": ">"}


def numpy_types() -> Mapping[int, type[np.generic]]:
    """Return numpy's scalar type for each binary data type, by code."""
    import numpy as np  # noqa: PLC0415  see the module's first line

    others: dict[int, str] = {DataTypes.SV_DOUBLE: "f8", DataTypes.SV_ARR_STRING: "i1"}
    return MappingProxyType({kind: np.dtype(code).type for kind, code in (ELEMENTS | others).items()})


def item_size(kind: int) -> int:
    """Return the bytes of one element of a numeric array type."""
    return ELEMENT_SIZES[kind]


def decode(kind: int, rows: int, cols: int, raw: bytes, order: ByteOrder, name: str = "") -> npt.NDArray[Any]:
    """Return a numeric array: a view on `raw` where its byte order is the machine's, else a copy that is.

    Either is read-only; who wants to change it takes a copy.

    One-dimensional where either dimension is at most 1, else ``(rows, cols)``, row-major (PROTOCOL.md 3.5).
    A body that holds whole elements, but another number than the header says, comes out
    one-dimensional, with a warning in the log.

    Args:
        kind: the type of array.
        rows: as the header says.
        cols: as the header says.
        raw: the body; one NUL after the last element is ignored.
        order: byte order of the elements.
        name: of the property, for messages.

    Raises:
        RemoteProtocolError: the body's length is no whole number of elements.

    """
    import numpy as np  # noqa: PLC0415  see the module's first line

    size = item_size(kind)
    count = rows * cols or max(rows, cols)
    if not rows * cols and len(raw) < min(2, count * size):
        count = 0  # of the shape (0, N), not N elements that one of the two tells alone
    if len(raw) == count * size + 1 and raw.endswith(b"\0"):
        raw = raw[:-1] if size == 1 else raw  # elements of more bytes leave the odd one over by themselves
    elif len(raw) != count * size:
        if len(raw) % size:
            raise RemoteProtocolError(
                f"the array {name!r} has {len(raw)} bytes, expected {rows} x {cols} elements of {size} bytes",
                field="len",
                property=name,
            )
        import logging  # noqa: PLC0415  a third of this package's import time, for what hardly happens

        logger = logging.getLogger("pycertifspec.wire")
        logger.warning("the array %r has %d bytes for %d x %d elements of %d", name, len(raw), rows, cols, size)
        rows, cols = 1, len(raw) // size
    array = np.frombuffer(raw, dtype=_MARKS[order] + ELEMENTS[kind], count=len(raw) // size)
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
        array.flags.writeable = False
    return array.reshape(rows, cols) if min(rows, cols) > 1 else array


def table(raw: bytes, columns: int) -> npt.NDArray[np.float64]:
    """Return doubles in the machine's byte order as rows of `columns`: a view on `raw` that cannot be written to."""
    import numpy as np  # noqa: PLC0415  see the module's first line

    return np.frombuffer(raw, dtype="=f8").reshape(len(raw) // (8 * columns) if columns else 0, columns)


def placed(values: object, places: Sequence[int], shape: tuple[int, ...]) -> npt.NDArray[np.float64]:
    """Return an array of this shape with values at these places, counted row by row, and NaN at the others.

    A value whose place is not in the array is left out.
    """
    import numpy as np  # noqa: PLC0415  see the module's first line

    result = np.full(shape, np.nan)
    where = np.asarray(places, dtype=np.intp)
    inside = where < result.size
    result.flat[where[inside]] = np.asarray(values, dtype=np.float64)[inside]
    return result


def in_order(array: object, order: ByteOrder) -> memoryview:
    """Return the bytes of an array with its elements in this byte order.

    Args:
        array: contiguous, with numbers of one size.
        order: of the elements in the result.

    """
    import numpy as np  # noqa: PLC0415  see the module's first line

    copy = np.asarray(array).reshape(-1).astype(f"{_MARKS[order]}{np.asarray(array).dtype.str[1:]}")
    return copy.view("u1").data


def is_array(value: object) -> bool:
    """Tell whether a value is numpy's array or scalar, without importing numpy for it."""
    return type(value).__module__ == "numpy" and hasattr(value, "dtype")


def encode(value: object, order: ByteOrder) -> tuple[int, int, int, memoryview]:
    """Return the type, rows, columns and body of a numeric array.

    A one-dimensional array is one row (PROTOCOL.md 3.5). Where the array is contiguous and in the
    right byte order, the body is a view on it.

    Args:
        value: an array of one or two dimensions, or a sequence of numbers; booleans travel as bytes. The elements of
            an array are its maker's choice. Integers of a sequence become what every SPEC reads (PROTOCOL.md 3): 32
            bits where they fit, else doubles where these hold them exactly, else 64 bits.
        order: byte order of the connection.

    Raises:
        LocalTypeError: it has no numeric type that SPEC knows, or too many dimensions.

    """
    import numpy as np  # noqa: PLC0415  see the module's first line

    try:
        array = np.asarray(value)
    except ValueError as error:
        raise LocalTypeError(f"cannot send: {value!r} is no array: {error}") from error
    if array.dtype.kind == "b":
        array = array.astype("u1")
    if not isinstance(value, np.ndarray) and array.dtype.kind in "iu" and array.dtype.itemsize == 8:
        array = array.astype(_old_type(array))
    kind = _TYPES.get(f"{array.dtype.kind}{array.dtype.itemsize}")
    if kind is None or array.ndim not in (1, 2):
        raise LocalTypeError(
            f"cannot send: an array of {array.dtype} in {array.ndim} dimensions; "
            f"SPEC knows {', '.join(ELEMENTS.values())} in one or two"
        )
    array = np.ascontiguousarray(array, dtype=_MARKS[order] + ELEMENTS[kind])
    rows, cols = array.shape if array.ndim == 2 else (1, array.size)
    return kind, rows, cols, array.reshape(-1).view("u1").data


def _old_type(array: npt.NDArray[Any]) -> str:
    """Return the type for 64-bit integers that nobody chose: newer servers alone know them (PROTOCOL.md 3)."""
    import numpy as np  # noqa: PLC0415  see the module's first line

    numbers = array.reshape(-1).tolist()
    for code in ("i4", "u4"):
        limits = np.iinfo(code)
        if not numbers or limits.min <= min(numbers) <= max(numbers) <= limits.max:
            return code
    return "f8" if all(float(number) == number for number in numbers) else array.dtype.str[1:]


def as_array(value: object, dtype: Any = None, *, copy: bool | None = None) -> npt.NDArray[Any]:
    """Return a value as an array; a copy if that is asked for or needed."""
    import numpy as np  # noqa: PLC0415  see the module's first line

    return np.array(value, dtype=dtype) if copy else np.asarray(value, dtype=dtype)


def shape(value: object) -> tuple[int, ...]:
    """Return the shape of an array, or of a list as one."""
    return as_array(value).shape


def whole(value: object, item: object, name: str) -> Any:
    """Return what an array becomes when `item` is assigned to the whole of it: a scalar fills it.

    An array of another shape is refused: SPEC would copy what fits and keep the rest in silence (SPEC_LANGUAGE.md 3.2).

    Args:
        value: the array as it is.
        item: what is assigned.
        name: of the array, for messages.

    Raises:
        LocalProtocolError: it has another shape.
        LocalTypeError: it is no number, and the array has numbers.

    """
    import numpy as np  # noqa: PLC0415  see the module's first line

    there, new = np.asarray(value), _elements(value, item)
    if new.ndim == 2 and min(new.shape) == 1:
        new = new.reshape(-1)  # as such an array is read
    if new.ndim and new.shape != there.shape:
        raise LocalProtocolError(
            f"cannot set the array {name} of shape {there.shape} to one of shape {shape(item)}; a part of it is set "
            f"as {name}[0:2] = ..."
        )
    filled = np.broadcast_to(new, there.shape)
    return filled if there.dtype.kind in "iuf" else filled.tolist()


def _elements(value: object, item: object) -> npt.NDArray[Any]:
    import numpy as np  # noqa: PLC0415  see the module's first line

    try:
        new = np.asarray(item)
    except ValueError as error:
        raise LocalProtocolError(f"{item!r} is no array: {error}") from error
    if np.asarray(value).dtype.kind in "iuf" and new.dtype.kind not in "biuf":
        raise LocalTypeError(f"cannot set {item!r} in an array of numbers")
    return new


def places(value: object, index: object, item: object) -> list[tuple[tuple[int, ...], Any]]:
    """Return what an assignment ``value[index] = item`` sets: the place of each element, and what it becomes.

    Raises:
        IndexError: there is no such place.
        LocalProtocolError: `item` does not fit into it, or is not finite: SPEC's language has no such number.
        LocalTypeError: `item` is no number, and the array has numbers.

    """
    import numpy as np  # noqa: PLC0415  see the module's first line

    there, new = np.asarray(value), _elements(value, item)
    chosen = np.arange(there.size).reshape(there.shape)[index]  # type: ignore[call-overload]  # any index of numpy's
    if new.dtype.kind == "f" and not np.isfinite(new).all():
        raise LocalProtocolError(f"cannot set elements to {item!r}: SPEC has no word for it; assign the whole array")
    try:
        items = np.broadcast_to(new, chosen.shape)
    except ValueError as error:
        raise LocalProtocolError(f"cannot set {chosen.shape} elements to {new.shape}: the shapes differ") from error
    numbers = zip(np.ravel(chosen).tolist(), np.ravel(items).tolist(), strict=True)
    return [
        (tuple(int(axis) for axis in np.unravel_index(number, there.shape)), element) for number, element in numbers
    ]
