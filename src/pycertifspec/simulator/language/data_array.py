"""Typed data arrays on numpy: the only module of the language that imports it (SPEC_LANGUAGE.md 3.2)."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from . import messages
from .errors import SpecRuntimeError, exceeded
from .values import ArrayValue, Value, format_number, to_integer, to_number, to_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from .limits import Limits
    from .values import Subscript

Elements: TypeAlias = "np.ndarray[Any, Any]"

TYPES: Final[dict[str, type[np.generic]]] = {
    "byte": np.int8, "ubyte": np.uint8, "short": np.int16, "ushort": np.uint16, "long": np.int32, "ulong": np.uint32,
    "long64": np.int64, "ulong64": np.uint64, "float": np.float32, "double": np.float64, "string": np.uint8,
}  # fmt: skip
# The largest doubles that are 64-bit integers, with a sign and without.
_LARGEST: Final = 2.0**63 - 1024
_LARGEST_UNSIGNED: Final = 2.0**64 - 2048

_ARITHMETIC: Final[dict[str, Any]] = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "**": np.power,
    "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal, "==": np.equal, "!=": np.not_equal,
}  # fmt: skip
_INTEGER: Final[dict[str, Any]] = {
    "%": np.fmod, "<<": np.left_shift, ">>": np.right_shift, "&": np.bitwise_and, "^": np.bitwise_xor,
    "|": np.bitwise_or,
}  # fmt: skip
_UNARY: Final[dict[str, Any]] = {
    "-": np.negative, "+": np.positive, "!": np.logical_not, "sin": np.sin, "cos": np.cos, "tan": np.tan,
    "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan, "exp": np.exp, "exp10": lambda x: np.power(10.0, x),
    "log": np.log, "log10": np.log10, "sqrt": np.sqrt, "fabs": np.fabs, "int": np.trunc, "deg": np.degrees,
    "rad": np.radians, "~": lambda x: np.invert(_whole(x)),
}  # fmt: skip


def _whole(values: Elements) -> Elements:
    """Return 64-bit integers, truncated toward zero."""
    limited = np.clip(np.nan_to_num(np.trunc(values), nan=0.0), -_LARGEST, _LARGEST)
    result: Elements = limited.astype(np.int64)
    return result


class DataArray(ArrayValue):
    """An array of one or two dimensions with elements of one type.

    Attributes:
        data: the elements; text rows are bytes with zeros at the end.
        element: the name of the type, as in its declaration.
        column_wise: the sense of an array of one dimension (SPEC_LANGUAGE.md 3.2).

    """

    __slots__ = ("column_wise", "data", "element", "limits")

    def __init__(self, data: Elements, element: str, limits: Limits) -> None:
        self.data = data
        self.element = element
        self.limits = limits
        self.column_wise = False
        self.owner = None

    @classmethod
    def zeros(cls, element: str, shape: Sequence[int], limits: Limits) -> DataArray:
        """Make an array of zeros.

        Raises:
            SpecRuntimeError: the size is not positive.
            LimitExceededError: it is too large.

        """
        if any(size <= 0 for size in shape):
            raise SpecRuntimeError(messages.BAD_INDEX.format(index=min(shape), size=0))
        if math.prod(shape) > limits.array_elements:
            exceeded("array_elements", limits.array_elements, "The size of an array")
        return cls(np.zeros(tuple(shape), dtype=TYPES[element]), element, limits)

    @classmethod
    def from_numpy(cls, value: object, limits: Limits) -> DataArray:
        """Make an array of one of Python's.

        Raises:
            SpecRuntimeError: it has another kind of element, or more than two dimensions.

        """
        data = np.array(value)
        names = {np.dtype(kind): name for name, kind in TYPES.items() if name != "string"}
        if data.ndim not in {1, 2} or data.dtype not in names or data.size == 0:
            raise SpecRuntimeError(messages.BAD_SUBSCRIPT)
        if data.size > limits.array_elements:
            exceeded("array_elements", limits.array_elements, "The size of an array")
        return cls(data, names[data.dtype], limits)

    # -- what the language asks --------------------------------------------------------------------------------------

    def copy(self) -> DataArray:
        """Return an array of its own with the same elements."""
        new = DataArray(self.data.copy(), self.element, self.limits)
        new.column_wise = self.column_wise
        return new

    @property
    def byte_count(self) -> int:
        """The memory that its elements take, in bytes."""
        return int(self.data.nbytes)

    def contains(self, key: Value) -> bool:
        """Tell whether `key` is an index."""
        index = to_number(key)
        return index == int(index if math.isfinite(index) else -1) and 0 <= index < self.data.shape[0]

    def keys(self) -> Iterator[str]:
        """Return the indices of rows, or of a single row."""
        return (str(n) for n in range(self.data.shape[0]))

    def binary(self, operator: str, other: Value, *, reflected: bool) -> Value:
        """Apply an operator element by element."""
        mine = self.numbers()
        theirs = self._operand(other)
        left, right = (theirs, mine) if reflected else (mine, theirs)
        if operator in {"/", "%"} and not np.all(right):
            raise SpecRuntimeError(messages.DIVISION_BY_ZERO)
        with np.errstate(all="ignore"):
            if operator in _INTEGER:
                whole = _whole(right) & 63 if operator in {"<<", ">>"} else _whole(right)
                result = _INTEGER[operator](_whole(left), whole)
            else:
                result = _ARITHMETIC[operator](left, right)
        return self._new(result)

    def unary(self, operator: str) -> Value:
        """Apply an operator or a mathematical function to each element."""
        with np.errstate(all="ignore"):
            return self._new(_UNARY[operator](self.numbers()))

    @staticmethod
    def without_warnings() -> AbstractContextManager[object]:
        """Let results that are too large be infinite, as numbers of the language are, while a block runs."""
        return np.errstate(all="ignore")

    def numbers(self) -> Elements:
        """Return the elements as doubles."""
        return self.data.astype(np.float64, copy=False)

    def _new(self, data: Elements) -> DataArray:
        new = DataArray(np.asarray(data, dtype=np.float64), "double", self.limits)
        new.column_wise = self.column_wise
        return new

    def _operand(self, other: Value) -> Elements:
        if not isinstance(other, DataArray):
            return np.asarray(to_number(other))
        theirs = other.numbers()
        if theirs.shape != self.data.shape:
            if theirs.size != self.data.size or min(theirs.ndim, self.data.ndim) != 1:
                raise SpecRuntimeError(messages.ARRAY_SIZES.format(left=self.data.shape, right=theirs.shape))
            theirs = theirs.reshape(self.data.shape)
        return theirs

    def element_text(self) -> str:
        """Return the text in a row of a string array."""
        return bytes(self.data.astype(np.uint8).reshape(-1)).split(b"\0", 1)[0].decode("latin-1")

    def get_at(self, subscripts: Sequence[Subscript]) -> Value:
        """Return an element or a sub-array."""
        return self._found(self.data[self._where(subscripts)])

    def _found(self, found: Any) -> Value:
        if not isinstance(found, np.ndarray):
            return float(found)
        new = DataArray(found, self.element, self.limits)
        return new.element_text() if self.element == "string" and found.ndim == 1 else new

    def set_at(self, subscripts: Sequence[Subscript], value: Value) -> None:
        """Store into an element or a sub-array."""
        if value.__class__ is float and len(subscripts) == 2 and self._set_double(subscripts, value):
            return
        where = self._where(subscripts)
        target = self.data[where]
        if not isinstance(target, np.ndarray):
            self.data[where] = self._stored(np.asarray(to_number(value)))
            return
        changed = DataArray(target.copy(), self.element, self.limits)
        changed.assign(value)
        self.data[where] = changed.data

    def set_row(self, row: int, values: Sequence[float]) -> None:
        """Store numbers into the first columns of a row."""
        data = self.data
        if data.ndim == 2 and data.dtype == np.float64 and 0 <= row < len(data) and len(values) <= data.shape[1]:
            data[row, : len(values)] = values
            return
        for column, value in enumerate(values):
            self.set_at([[float(row)], [float(column)]], value)

    def _set_double(self, subscripts: Sequence[Subscript], value: float) -> bool:
        """Store a number into an element of a table of doubles, the usual case; tell whether it was one."""
        data = self.data
        row, column = subscripts
        if data.ndim != 2 or data.dtype != np.float64 or len(row) != 1 or len(column) != 1:
            return False
        i, j = row[0], column[0]
        if i.__class__ is not float or j.__class__ is not float or not (0 <= i < len(data) and 0 <= j < data.shape[1]):
            return False
        data[int(i), int(j)] = value
        return True

    def assign(self, value: Value) -> None:
        """Fill with a scalar or copy from an array, up to the smaller size."""
        if isinstance(value, DataArray):
            source = value.numbers()
            if source.ndim != self.data.ndim:
                source = source.reshape(-1)
                flat = self.data.reshape(-1).copy()
                count = min(flat.size, source.size)
                flat[:count] = self._stored(source[:count])
                self.data[...] = flat.reshape(self.data.shape)
                return
            part = tuple(slice(0, min(a, b)) for a, b in zip(source.shape, self.data.shape, strict=True))
            self.data[part] = self._stored(source[part])
        elif self.element == "string" and (isinstance(value, str) or value is None):
            text = str(to_text(value)).encode("latin-1", "replace")[: self.data.shape[-1]]
            self.data[...] = 0
            self.data[..., : len(text)] = np.frombuffer(text, dtype=np.uint8)
        else:
            self.data[...] = self._stored(np.asarray(to_number(value)))

    def _stored(self, values: Elements) -> Elements:
        """Return values in the type of the elements, truncated."""
        with np.errstate(all="ignore"):
            if self.data.dtype.kind == "f":
                return values.astype(self.data.dtype)
            if self.data.dtype != np.uint64 or not np.any(values > _LARGEST):
                return _whole(values).astype(self.data.dtype)
            large = np.minimum(np.maximum(np.nan_to_num(np.trunc(values)), 0.0), _LARGEST_UNSIGNED).astype(np.uint64)
            return np.where(values > _LARGEST, large, _whole(values).astype(np.uint64))

    # -- subscripts --------------------------------------------------------------------------------------------------

    def _where(self, subscripts: Sequence[Subscript]) -> Any:
        shape = self.data.shape
        if len(subscripts) > 2:
            raise SpecRuntimeError(messages.BAD_SUBSCRIPT)
        if len(subscripts) == 2 and len(shape) == 1:
            # One dimension is one row of columns, or one column of rows.
            row, column = (subscripts[1], subscripts[0]) if self.column_wise else (subscripts[0], subscripts[1])
            self._indices(row, 1)
            return self._indices(column, shape[0])
        if len(subscripts) == 1:
            return self._indices(subscripts[0], shape[0])
        rows, columns = self._indices(subscripts[0], shape[0]), self._indices(subscripts[1], shape[1])
        if isinstance(rows, list) and isinstance(columns, list):
            return np.ix_(rows, columns)
        return rows, columns

    def _indices(self, subscript: Subscript, size: int) -> Any:
        """Return what numpy takes: an index, a slice, or a list of indices."""
        if not subscript:
            return slice(None)
        if len(subscript) == 1 and not isinstance(subscript[0], tuple):
            return _index(subscript[0], size)
        if len(subscript) == 1:
            return _range(subscript[0], size)
        indices: list[int] = []
        for item in subscript:
            if isinstance(item, tuple):
                indices.extend(range(size)[_range(item, size)])
            else:
                indices.append(_index(item, size))
            if len(indices) > self.limits.index_items:
                exceeded("index_items", self.limits.index_items, "The number of indices in brackets")
        return indices

    # -- printing ----------------------------------------------------------------------------------------------------

    def text(self) -> str:
        """Return what ``print`` shows: repeats are counted."""
        rows = self.data.reshape(1, -1) if self.data.ndim == 1 else self.data
        starts = _changes(np.any(rows[1:] != rows[:-1], axis=1))
        self._count_printed(len(starts))
        lengths = np.diff([*starts, len(rows)]).tolist()
        if self.element == "string":
            texts = [(DataArray(rows[n], "string", self.limits).element_text()) for n in starts]
            if self.data.ndim == 1:
                return texts[0]
            return "{" + ", ".join(_repeated(f'"{t}"', n) for t, n in zip(texts, lengths, strict=True)) + "}"
        pieces: list[str] = []
        shown = 0
        for start, count in zip(starts, lengths, strict=True):
            row = rows[start]
            edges = _changes(row[1:] != row[:-1])
            shown += len(edges)
            self._count_printed(shown)
            ends = pairwise([*edges, len(row)])
            inner = ", ".join([_repeated(format_number(float(row[a])), b - a) for a, b in ends])
            pieces.append(_repeated("{" + inner + "}", count))
        return pieces[0] if self.data.ndim == 1 else "{" + ", ".join(pieces) + "}"

    def _count_printed(self, count: int) -> None:
        if count > self.limits.printed_numbers:
            exceeded("printed_numbers", self.limits.printed_numbers, "The number of values to print of an array")


def _changes(different: Elements) -> list[int]:
    """Return where runs of equal items begin, of whether each item differs from the one before it."""
    return [0, *(np.flatnonzero(different) + 1).tolist()]


def _repeated(text: str, count: int) -> str:
    return text if count == 1 else f"{text} <{count} repeats>"


def _index(value: Value, size: int) -> int:
    index = to_integer(value)
    if not -size <= index < size:
        raise SpecRuntimeError(messages.BAD_INDEX.format(index=index, size=size))
    return index % size


def _range(ends: tuple[Value, Value], size: int) -> slice:
    first = 0 if ends[0] is None else _index(ends[0], size)
    last = size - 1 if ends[1] is None else _index(ends[1], size)
    if first <= last:
        return slice(first, last + 1)
    return slice(first, None if last == 0 else last - 1, -1)


def copy_bytes(target: DataArray, sources: Sequence[DataArray | bytes]) -> None:
    """Copy the bytes of `sources`, one after the other, over those of `target`, as far as there is room."""
    room = bytearray(target.data.tobytes())
    data = b"".join(source if isinstance(source, bytes) else source.data.tobytes() for source in sources)[: len(room)]
    room[: len(data)] = data
    target.data[...] = np.frombuffer(bytes(room), dtype=target.data.dtype).reshape(target.data.shape)
