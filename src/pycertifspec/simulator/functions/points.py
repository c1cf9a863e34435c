"""What the standard macros do at each point of a scan, beside its row in the data file (SPEC_LANGUAGE.md 8.3).

Macros could do it, but a scan's speed is that of the work at its points.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pycertifspec.simulator.language import AssociativeArray, Function, SpecRuntimeError
from pycertifspec.simulator.language.values import to_key, to_number

if TYPE_CHECKING:
    from pycertifspec.simulator.language import Interpreter, Value

# Whole numbers that are shown with all their digits; no counter counts more between two points.
_ALL_DIGITS = 1e10


def install(interpreter: Interpreter) -> None:
    """Add the functions."""
    for name, implementation in (("_pick", _pick), ("_screen_columns", _screen_columns)):
        doc = (implementation.__doc__ or "").partition("\n")[0]
        interpreter.functions.register(Function(name, implementation, 3, 3, doc=doc))


def _pick(_: Interpreter, source: Value, indices: Value, target: Value) -> Value:
    """Put the elements of an array that another one names into a third, in order: (S, numbers, values)."""
    found = _elements(source)
    chosen = [found.get(to_key(index)) for _, index in _items(indices)]
    _elements(target).update((str(number), value) for number, value in enumerate(chosen))
    return float(len(chosen))


def _screen_columns(_: Interpreter, source: Value, indices: Value, widths: Value) -> Value:
    """The columns of counters on the screen: (S, numbers of counters, widths)."""
    found = _elements(source)
    pairs = zip(_items(indices), _items(widths), strict=False)
    return " ".join([_column(to_number(found.get(to_key(i))), int(to_number(width))) for (_, i), (_, width) in pairs])


def _column(value: float, width: int) -> str:
    """Return a number in its column: counts are whole numbers with all their digits."""
    return f"{value:{width}.0f}" if abs(value) <= _ALL_DIGITS and value == int(value) else f"{value:{width}.6g}"


def _elements(array: Value) -> dict[str, Value]:
    if not isinstance(array, AssociativeArray):
        raise SpecRuntimeError("The numbers of counters and their values are associative arrays.")
    return array.elements


def _items(array: Value) -> list[tuple[str, Value]]:
    return list(array.items()) if isinstance(array, AssociativeArray) else []
