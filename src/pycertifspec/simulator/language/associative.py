"""Associative arrays, with one index or two (SPEC_LANGUAGE.md 3.2)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from . import messages
from .errors import SpecRuntimeError, exceeded, join_within
from .values import NumericString, Value, from_outside, parse_number, to_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

# Two indices are kept as one string with this between them.
SEPARATOR: Final = "\034"


class AssociativeArray:
    """A table of scalars by string.

    Attributes:
        elements: the values by key; the two indices of a pair are joined by `SEPARATOR`.
        owner: the global variable that holds it, so that element assignments are noticed.

    """

    __slots__ = ("elements", "owner")

    def __init__(self, elements: Mapping[str, Value] | None = None) -> None:
        self.elements: dict[str, Value] = dict(elements or {})
        self.owner: str | None = None

    def get(self, key: str) -> Value:
        """Return an element; a missing one is unset and is not created."""
        return self.elements.get(key)

    def set(self, key: str, value: Value) -> None:
        """Store an element."""
        self.elements[key] = value

    def delete(self, key: str) -> None:
        """Remove an element, if it is there."""
        self.elements.pop(key, None)

    def clear(self) -> None:
        """Remove all elements."""
        self.elements.clear()

    def replace(self, elements: Mapping[str, Value]) -> None:
        """Take over the elements of another array."""
        self.elements = dict(elements)

    def copy(self) -> AssociativeArray:
        """Return an array of its own with the same elements."""
        return AssociativeArray(self.elements)

    def row(self, first: str) -> AssociativeArray:
        """Return the elements whose first index is `first`, by their second index."""
        start = first + SEPARATOR
        return AssociativeArray({k[len(start) :]: v for k, v in self.elements.items() if k.startswith(start)})

    def column(self, second: str | None) -> AssociativeArray:
        """Return the elements whose second index is `second`, by their first; of all second indices when it is None."""
        found: dict[str, Value] = {}
        for key, value in self.elements.items():
            first, _, rest = key.partition(SEPARATOR)
            if second is None or rest == second:
                found.setdefault(first, value)
        return AssociativeArray(found)

    def keys(self) -> list[str]:
        """Return the keys, sorted: numbers by value and before other text [choice]."""
        return sorted(self.elements.copy(), key=sort_key)  # another thread may read what a program changes

    def items(self) -> Iterable[tuple[str, Value]]:
        """Return keys and values in the order of `keys`."""
        elements = self.elements.copy()
        if list(elements) == _COUNTED[: len(elements)]:  # as most are: in order already
            return list(elements.items())
        return [(key, elements[key]) for key in sorted(elements, key=sort_key)]

    def listing(self, name: str, limit: int) -> str:
        """Return what ``print`` shows, a line an element (SPEC_LANGUAGE.md 3.2).

        Raises:
            LimitExceededError: that has more than `limit` characters.

        """
        lines: list[str] = []
        length = 0
        for key, value in self.items():
            length += len(key) + (len(value) if isinstance(value, str) else 0)
            if length > limit:
                exceeded("string_length", limit, "The length of a string")
            lines.append(f"{name}{bracketed(key)} = {shown(value)}")
        return join_within("\n", lines, 2 * limit)


class BuiltinArray(AssociativeArray):
    """An array of the program's own, like ``A``: macros set only elements that exist (SPEC_LANGUAGE.md 3.3).

    The host fills `elements` itself; `on_set(key, value)` tells it what a macro stored, and may refuse by raising.
    """

    __slots__ = ("growing", "name", "on_set")

    def __init__(
        self,
        name: str,
        elements: Mapping[str, Value] | None = None,
        *,
        on_set: Callable[[str, Value], None] | None = None,
        growing: bool = False,
    ) -> None:
        super().__init__(elements)
        self.name = name
        self.on_set = on_set
        self.growing = growing

    def set(self, key: str, value: Value) -> None:
        """Store an existing element.

        Raises:
            SpecRuntimeError: there is no such element.

        """
        if key not in self.elements and not self.growing:
            raise SpecRuntimeError(messages.NO_ELEMENT.format(name=self.name, key=key))
        self.elements[key] = value
        if self.on_set is not None:
            self.on_set(key, value)

    def delete(self, key: str) -> None:  # noqa: ARG002  the elements are not ours
        """Refuse: the elements are the program's.

        Raises:
            SpecRuntimeError: always.

        """
        raise SpecRuntimeError(messages.NO_DELETE.format(name=self.name))

    def clear(self) -> None:
        """Refuse: the elements are the program's.

        Raises:
            SpecRuntimeError: always.

        """
        raise SpecRuntimeError(messages.NO_DELETE.format(name=self.name))

    def replace(self, elements: Mapping[str, Value]) -> None:  # noqa: ARG002
        """Refuse: the array is the program's.

        Raises:
            SpecRuntimeError: always.

        """
        raise SpecRuntimeError(messages.IMMUTABLE.format(name=self.name))


# The keys of an array that was filled from 0 on.
_COUNTED: Final = [str(number) for number in range(256)]


@lru_cache(maxsize=1024)
def sort_key(key: str) -> tuple[tuple[int, float, str], ...]:
    """Return what sorts keys index by index, numbers before text."""
    return tuple(_sort_part(part) for part in key.split(SEPARATOR))


def _sort_part(part: str) -> tuple[int, float, str]:
    number = parse_number(part)
    return (1, 0.0, part) if number is None else (0, number, part)


def bracketed(key: str) -> str:
    """Write a key as it stands in a program: ``["a"]["b"]``."""
    return "".join(f'["{part}"]' for part in key.split(SEPARATOR))


def shown(value: Value) -> str:
    """Write an element: strings in double quotes, numbers bare."""
    if value is None:
        return "0"
    if isinstance(value, str) and not isinstance(value, NumericString):
        return f'"{value}"'
    return to_text(value)


def from_texts(texts: Iterable[str]) -> AssociativeArray:
    """Make an array with elements 0, 1, ... of text that was read."""
    return AssociativeArray({str(n): from_outside(text) for n, text in enumerate(texts)})
