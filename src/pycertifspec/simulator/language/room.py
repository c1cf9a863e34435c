"""How much all variables hold together: counted anew whenever programs have made enough to make it worth while."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .associative import AssociativeArray
from .errors import exceeded
from .values import ArrayValue, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .limits import Limits

# Shorter texts need not be counted when they are made: what they are stored in is.
SHORT: Final = 64
# Bytes that an element takes beside its text: its place in the table, its key and its number.
ELEMENT: Final = 160
# Variables are counted each time when this part of the limit was made.
_PART: Final = 8


class Room:
    """The bytes that the values of an interpreter may take.

    Args:
        limits: `Limits.value_bytes` is the limit.
        values: gives all that is held now.

    """

    def __init__(self, limits: Limits, values: Callable[[], Iterable[Value]]) -> None:
        self._limit = limits.value_bytes
        self._values = values
        self._made = 0

    def made(self, size: int) -> None:
        """Tell that a value of so many bytes was made.

        Raises:
            LimitExceededError: all values together take more than they may.

        """
        self._made += size
        if self._made > self._limit // _PART:
            # When it is too much, the next value is too much again, also for a program that goes on after the error.
            if held(self._values()) > self._limit:
                exceeded("value_bytes", self._limit, "The memory that variables and macros take together")
            self._made = 0


def held(values: Iterable[Value]) -> int:
    """Return the bytes that values take together; one that is held several times counts once."""
    seen: dict[int, Value] = {}
    return sum(_size(value, seen) for value in values)


def _size(value: Value, seen: dict[int, Value]) -> int:
    if value.__class__ is float or value is None:
        return 0
    if isinstance(value, str):
        if len(value) < SHORT:
            return SHORT
    elif not isinstance(value, (AssociativeArray, ArrayValue)):
        return 0
    if id(value) in seen:
        return 0
    seen[id(value)] = value
    if isinstance(value, AssociativeArray):
        elements = value.elements.copy()
        return len(elements) * ELEMENT + sum([_size(element, seen) for element in elements.values()])
    return size_of(value)


def size_of(value: Value) -> int:
    """Return about how many bytes a copy of a value takes."""
    if isinstance(value, AssociativeArray):
        return len(value.elements) * ELEMENT
    return value.byte_count if isinstance(value, ArrayValue) else value.__sizeof__()
