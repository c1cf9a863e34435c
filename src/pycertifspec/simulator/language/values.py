"""Scalars of the language: numbers, strings, strings that are numbers, and unset (SPEC_LANGUAGE.md 3.2, 4.5)."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Final, Self, TypeAlias

from . import messages
from .errors import SpecRuntimeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

# Elements are Any because a value is a float, a str, None for unset, or one of the two kinds of array.
Value: TypeAlias = Any
# What stands in one pair of brackets: nothing, values, or (first, last) pairs of a range.
Subscript: TypeAlias = "list[Value | tuple[Value, Value]]"

# Above this a double that happens to be whole is written with %g (4.5 [choice]).
LARGEST_INTEGER: Final = 1e15

_NUMBER = re.compile(r"\s*([+-]?)(?:(0[xX][0-9a-fA-F]+)|((?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?))\s*")
# Longer digits are no number that anybody wrote, and converting them would take time.
_LONGEST_NUMBER: Final = 400


class NumericString(str):
    """A string that came from outside and looks like a number: it is both (SPEC_LANGUAGE.md 3.2).

    Attributes:
        number: its value as a number.

    """

    __slots__ = ("number",)

    number: float

    def __new__(cls, text: str, number: float) -> Self:
        """Make one."""
        self = super().__new__(cls, text)
        self.number = number
        return self


class ArrayValue(ABC):
    """What the language asks of a data array; `data_array` has the only kind, and imports numpy."""

    __slots__ = ("owner", "pause")

    # The global variable that holds it, so that element assignments are noticed.
    owner: str | None
    # Called between the pieces of an operation on many elements; it raises to end it. What is made of this array by an
    # operation has it, too.
    pause: Callable[[], None]

    def __bool__(self) -> bool:
        raise SpecRuntimeError(messages.ARRAY_AS_SCALAR)

    @abstractmethod
    def binary(self, operator: str, other: Value, *, reflected: bool) -> Value:
        """Apply an operator element by element."""

    @abstractmethod
    def unary(self, operator: str) -> Value:
        """Apply an operator or a mathematical function to each element."""

    @abstractmethod
    def get_at(self, subscripts: Sequence[Subscript]) -> Value:
        """Return an element or a sub-array."""

    @abstractmethod
    def set_at(self, subscripts: Sequence[Subscript], value: Value) -> None:
        """Store into an element or a sub-array."""

    @abstractmethod
    def set_row(self, row: int, values: Sequence[float]) -> None:
        """Store numbers into the first columns of a row."""

    @abstractmethod
    def assign(self, value: Value) -> None:
        """Fill with a scalar or copy from an array, up to the smaller size."""

    @abstractmethod
    def copy(self) -> ArrayValue:
        """Return an array of its own."""

    @abstractmethod
    def contains(self, key: Value) -> bool:
        """Tell whether `key` is an index."""

    @abstractmethod
    def keys(self) -> Iterable[str]:
        """Return the indices as strings."""

    @property
    @abstractmethod
    def byte_count(self) -> int:
        """The memory that its elements take, in bytes."""

    @abstractmethod
    def text(self) -> str:
        """Return what ``print`` shows."""


SCALARS: Final = frozenset({float, str, NumericString, type(None)})


def parse_number(text: str) -> float | None:
    """Return the number that the whole of `text` is, or None (SPEC_LANGUAGE.md 3.2)."""
    match = _NUMBER.fullmatch(text) if len(text) <= _LONGEST_NUMBER else None
    if match is None:
        return None
    sign, hexadecimal, decimal = match.groups()
    number = float(int(hexadecimal, 16)) if hexadecimal else float(decimal)
    return -number if sign == "-" else number


def from_outside(text: str) -> str:
    """Make the value of text that was read: a numeric string when it looks like a number (SPEC_LANGUAGE.md 4.2)."""
    number = parse_number(text)
    return text if number is None else NumericString(text, number)


def to_number(value: Value) -> float:
    """Return the number value.

    Raises:
        SpecRuntimeError: the value is an array.

    """
    if value.__class__ is float:
        return value
    if value is None:
        return 0.0
    if value.__class__ is NumericString:
        return value.number
    if isinstance(value, str):
        return parse_number(value) or 0.0
    if isinstance(value, (int, float)):
        return float(value)
    raise SpecRuntimeError(messages.ARRAY_AS_SCALAR)


def format_number(number: float) -> str:
    """Write a number as ``print`` does (SPEC_LANGUAGE.md 4.5)."""
    if -LARGEST_INTEGER < number < LARGEST_INTEGER and number == int(number):
        return str(int(number))
    return f"{number:g}"


def to_text(value: Value) -> str:
    """Return the string value; unset is empty.

    Raises:
        SpecRuntimeError: the value is an associative array.

    """
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, (int, float)):
        return format_number(value)
    if isinstance(value, ArrayValue):
        return value.text()
    raise SpecRuntimeError(messages.ARRAY_AS_SCALAR)


def to_printed(value: Value) -> str:
    """Return what ``print`` shows for a scalar: as `to_text`, but ``0`` for unset (SPEC_LANGUAGE.md 3.2)."""
    return "0" if value is None else to_text(value)


def to_integer(value: Value) -> int:
    """Return the number value truncated toward zero; what has no integer gives 0."""
    number = to_number(value)
    try:
        return int(number)
    except (ValueError, OverflowError):  # nan, inf
        return 0


# The indices that programs use most: those of motors, counters and columns.
_INDICES: Final = {float(number): str(number) for number in range(256)}


def to_key(value: Value) -> str:
    """Return the string under which an element is kept (SPEC_LANGUAGE.md 3.2).

    Raises:
        SpecRuntimeError: the value is an array.

    """
    if value.__class__ is str:
        return value
    if value.__class__ is float and (index := _INDICES.get(value)) is not None:
        return index
    if value.__class__ not in SCALARS:
        raise SpecRuntimeError(messages.ARRAY_AS_SCALAR)
    return str(to_printed(value))


def truth(value: Value) -> bool:
    """Tell whether a condition holds (SPEC_LANGUAGE.md 4.2)."""
    return to_number(value) != 0.0


def is_numeric(value: Value) -> bool:
    """Tell whether a value compares as a number: numbers, numeric strings and unset (SPEC_LANGUAGE.md 4.2)."""
    return value.__class__ is not str
