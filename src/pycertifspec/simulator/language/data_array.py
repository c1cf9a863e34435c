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
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from .limits import Limits
    from .values import Subscript

Elements: TypeAlias = "np.ndarray[Any, Any]"

TYPES: Final[dict[str, type[np.generic]]] = {
    "byte": np.int8, "ubyte": np.uint8, "short": np.int16, "ushort": np.uint16, "long": np.int32, "ulong": np.uint32,
    "long64": np.int64, "ulong64": np.uint64, "float": np.float32, "double": np.float64, "string": np.uint8,
}  # fmt: skip
# Elements of an operation between two looks whether somebody interrupted: some ten milliseconds of the slowest.
PIECE: Final = 1_000_000
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


def _no_pause() -> None:
    """Go on: nobody can interrupt."""


def _parts(shape: Sequence[int]) -> Iterator[tuple[slice, ...]]:
    """Give parts of an array, along its longer side, of about `PIECE` elements each."""
    axis = shape.index(max(shape))
    step = max(PIECE * shape[axis] // math.prod(shape), 1)
    for start in range(0, shape[axis], step):
        yield (*[slice(None)] * axis, slice(start, start + step))


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
        self.pause = _no_pause
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
        return self._like(self.data.copy(), self.element)

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
        theirs = self._operand(other)
        left, right = (theirs, self.data) if reflected else (self.data, theirs)
        if operator in {"/", "%"} and not np.all(right):
            raise SpecRuntimeError(messages.DIVISION_BY_ZERO)

        def apply(left: Elements, right: Elements) -> Elements:
            if operator not in _INTEGER:
                result: Elements = _ARITHMETIC[operator](left, right)
                return result
            whole = _whole(right) & 63 if operator in {"<<", ">>"} else _whole(right)
            return _INTEGER[operator](_whole(left), whole)  # type: ignore[no-any-return]

        return self._in_pieces(apply, left, right)

    def unary(self, operator: str) -> Value:
        """Apply an operator or a mathematical function to each element."""
        return self._in_pieces(_UNARY[operator], self.data)

    def _in_pieces(self, function: Callable[..., Elements], *operands: Elements) -> DataArray:
        """Apply a function to all elements as doubles, some at a time; operands without dimensions go to all."""
        with np.errstate(all="ignore"):
            if self.data.size <= PIECE:
                whole = function(*(operand.astype(np.float64, copy=False) for operand in operands))
                return self._like(np.asarray(whole, dtype=np.float64), "double")
            result = np.empty(self.data.shape)
            for part in _parts(self.data.shape):
                self.pause()
                pieces = (operand[part] if operand.ndim else operand for operand in operands)
                result[part] = function(*(piece.astype(np.float64, copy=False) for piece in pieces))
        return self._like(result, "double")

    @staticmethod
    def without_warnings() -> AbstractContextManager[object]:
        """Let results that are too large be infinite, as numbers of the language are, while a block runs."""
        return np.errstate(all="ignore")

    def numbers(self) -> Elements:
        """Return the elements as doubles."""
        return self.data.astype(np.float64, copy=False)

    def _like(self, data: Elements, element: str) -> DataArray:
        """Return another array of the same sense."""
        new = DataArray(data, element, self.limits)
        new.column_wise, new.pause = self.column_wise, self.pause
        return new

    def filled(self, by_row: float, by_column: float) -> DataArray:
        """Return an array of this shape that counts from 0: up by `by_row` a row, and by `by_column` a column."""
        shape = self.data.shape
        steps = (by_row, by_column)
        if len(shape) == 1:
            steps = (by_row if self.column_wise or not by_column else by_column,)  # type: ignore[assignment]
        result = np.zeros(shape)
        with np.errstate(all="ignore"):
            for part in _parts(shape):
                self.pause()
                for axis, step in enumerate(steps):
                    here = part[axis] if axis < len(part) else slice(None)
                    counted = np.arange(*here.indices(shape[axis]), dtype=np.float64) * step
                    result[part] += counted.reshape([-1 if side == axis else 1 for side in range(len(shape))])
        return self._like(result, "double")

    def transposed(self) -> DataArray:
        """Return an array with rows for columns; one of one dimension gets the other sense."""
        result = np.empty(self.data.shape[::-1], dtype=self.data.dtype)
        for part in _parts(self.data.shape):
            self.pause()
            whole = (*part, slice(None))[: self.data.ndim]
            result[whole[::-1]] = self.data[part].T
        new = self._like(result, self.element)
        new.column_wise = self.data.ndim == 1 and not self.column_wise
        return new

    def contracted(self, down: int, across: int) -> DataArray:
        """Return an array of the sums of `down` by `across` elements.

        Raises:
            SpecRuntimeError: there are not so many.

        """
        data = self.data.reshape(1, -1) if self.data.ndim == 1 else self.data
        rows, columns = data.shape[0] // down, data.shape[1] // across
        if not rows or not columns:
            raise SpecRuntimeError(messages.BAD_SUBSCRIPT)
        result = np.empty((rows, columns))
        together = max(PIECE // (down * columns * across), 1)
        for first in range(0, rows, together):
            self.pause()
            count = min(together, rows - first)
            strip = data[first * down : (first + count) * down, : columns * across].astype(np.float64, copy=False)
            result[first : first + count] = strip.reshape(count, down, columns, across).sum(axis=(1, 3))
        return self._like(result if self.data.ndim == 2 else result.reshape(-1), "double")

    def _operand(self, other: Value) -> Elements:
        if not isinstance(other, DataArray):
            return np.asarray(to_number(other))
        theirs = other.data
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
        new.pause = self.pause
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
        changed = self._like(target.copy(), self.element)
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
            if value.data.ndim != self.data.ndim:
                flat = self._like(self.data.reshape(-1).copy(), self.element)
                flat.take(value.data.reshape(-1), value.pause)
                self.data[...] = flat.data.reshape(self.data.shape)
            else:
                self.take(value.data, value.pause)
        elif self.element == "string" and (isinstance(value, str) or value is None):
            text = str(to_text(value)).encode("latin-1", "replace")[: self.data.shape[-1]]
            self.data[...] = 0
            self.data[..., : len(text)] = np.frombuffer(text, dtype=np.uint8)
        else:
            self.data[...] = self._stored(np.asarray(to_number(value)))

    def take(self, source: Elements, pause: Callable[[], None]) -> None:
        """Copy the elements of an array of as many dimensions, up to the smaller size.

        It is for the source to pause: an array that a client sends is stored in the server's thread, which nobody
        interrupts.
        """
        if source.size <= PIECE and source.shape == self.data.shape:
            self.data[...] = self._stored(source.astype(np.float64, copy=False))
            return
        common = tuple(slice(0, min(a, b)) for a, b in zip(source.shape, self.data.shape, strict=True))
        mine, theirs = self.data[common], source[common]
        if np.may_share_memory(mine, theirs):
            theirs = theirs.copy()
        for part in _parts(mine.shape):
            pause()
            mine[part] = self._stored(theirs[part].astype(np.float64, copy=False))

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
    room = target.data if target.data.flags.c_contiguous else target.data.copy()
    place = room.reshape(-1).view(np.uint8)
    begin = 0
    for source in sources:
        if isinstance(source, bytes):
            data = np.frombuffer(source, dtype=np.uint8)
        else:
            data = np.ascontiguousarray(source.data).reshape(-1).view(np.uint8)
            # Of the target as it was: what stands in it is copied before it is overwritten.
            data = data.copy() if np.may_share_memory(data, place) and begin else data
        count = min(len(data), len(place) - begin)
        for start in range(0, count, 8 * PIECE):
            target.pause()
            end = min(start + 8 * PIECE, count)
            place[begin + start : begin + end] = data[start:end]
        begin += count
    if room is not target.data:
        target.data[...] = room
