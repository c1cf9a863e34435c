"""What is kept of variables and macros: what differs from what the standard macros and a site's files have made."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from pycertifspec.simulator.language import ArrayValue, AssociativeArray, BuiltinArray, SpecLanguageError

from .values import decoded, decoded_macro, encoded, encoded_macro

if TYPE_CHECKING:
    from pycertifspec.simulator.language import Interpreter, Value
    from pycertifspec.simulator.language.symbols import Cell

# Built-in arrays that the hardware and open files fill; others, such as those of a geometry, are kept.
NOT_KEPT = frozenset({"A", "S", "OUTFILES"})

_Held = tuple[bool, "Value"]  # whether it is a constant, and the value, of which nobody else has the array


class KeptLanguage:
    """The variables and macros of an interpreter as records by name, and back.

    A record is None for what was there in the beginning and is gone.

    Args:
        interpreter: as the standard macros and a site's files have left it: make this before anything else was changed.

    """

    def __init__(self, interpreter: Interpreter) -> None:
        self._interpreter = interpreter
        self._lock = threading.Lock()
        self.changed: set[str] = set()
        """Names that were assigned to since `take`; any thread may add."""
        self._first = {cell.name: _record(held) for cell in interpreter.symbols if (held := _held(cell)) is not None}
        self._first_macros = interpreter.macros.snapshot()
        values = [cell.value for cell in interpreter.symbols]
        self._builtins = [v for v in values if isinstance(v, BuiltinArray) and v.name not in NOT_KEPT]
        self._told = {array.name: array.elements.copy() for array in self._builtins}
        self._version = interpreter.macros.version
        self._taken: dict[str, _Held | None] = {}
        self._taken_macros = self._first_macros
        self._variables: dict[str, Any] = {}

    def take(self) -> bool:
        """Note what was changed, at a moment when no command is half way; return whether anything was.

        It copies only, and quickly: what is a record is made in `sections`.
        """
        taken: dict[str, _Held | None] = {}
        symbols, macros = self._interpreter.symbols, self._interpreter.macros
        while self.changed:
            name = self.changed.pop()
            cell = symbols.find(name)
            if cell is None or not _is_builtin(cell):
                taken[name] = None if cell is None else _held(cell)
        for array in self._builtins:
            if array.elements != self._told[array.name]:
                self._told[array.name] = array.elements.copy()
                taken[array.name] = (False, AssociativeArray(array.elements))
        present = self._taken_macros
        if macros.version != self._version:
            self._version, present = macros.version, macros.snapshot()
        anything = bool(taken) or present != self._taken_macros
        with self._lock:
            self._taken.update(taken)
            self._taken_macros = present
        return anything

    def sections(self) -> dict[str, dict[str, Any]]:
        """Return the records of what was taken; for one thread."""
        with self._lock:
            taken, self._taken = self._taken, {}
            macros = self._taken_macros
        for name, held in taken.items():
            record = None if held is None else _record(held)
            if record == self._first.get(name):
                self._variables.pop(name, None)
            else:
                self._variables[name] = record
        changes = {name: encoded_macro(m) for name, m in macros.items() if m != self._first_macros.get(name)}
        gone = {name: None for name in self._first_macros if name not in macros}
        return {"variables": dict(self._variables), "macros": {**changes, **gone}}

    def restore(self, sections: dict[str, dict[str, Any]]) -> list[str]:
        """Put variables and macros back to what was kept.

        Returns:
            what could not be: names that have become the program's own since.

        Raises:
            ValueError: a record is not as it was written; what it is about stands in the message.

        """
        for name, record in sections["macros"].items():
            _told(f"macro {name}", self._restore_macro, name, record)
        kept = sections["variables"].items()
        refused = [name for name, record in kept if not _told(f"variable {name}", self._restore_variable, name, record)]
        self._variables = dict(sections["variables"])
        self.changed.clear()
        self._told = {array.name: array.elements.copy() for array in self._builtins}
        self._taken_macros = self._interpreter.macros.snapshot()
        self._version = self._interpreter.macros.version
        return refused

    def _restore_macro(self, name: str, record: Any) -> bool:
        if record is None:
            self._interpreter.macros.remove(name)
        else:
            self._interpreter.macros.restore(decoded_macro(name, record))
        return True

    def _restore_variable(self, name: str, record: Any) -> bool:
        symbols = self._interpreter.symbols
        cell = symbols.cell(name)
        constant, value = (False, None) if record is None else _decoded_record(record)
        if isinstance(cell.value, BuiltinArray):
            return isinstance(value, AssociativeArray) and _fill(cell.value, value)
        if cell.immutable:
            return False
        if isinstance(cell.value, ArrayValue) or record is None:
            symbols.remove(cell)
        if record is not None:
            cell.constant = False
            (symbols.set_constant if constant else symbols.assign)(cell, value)
        return True


def _is_builtin(cell: Cell) -> bool:
    return cell.immutable or isinstance(cell.value, BuiltinArray)


def _held(cell: Cell) -> _Held | None:
    """Return what is kept of a global variable; None if nothing is: of built-ins and of data arrays."""
    value = cell.value
    if _is_builtin(cell) or isinstance(value, ArrayValue):
        return None
    return cell.constant, value.copy() if isinstance(value, AssociativeArray) else value


def _record(held: _Held) -> dict[str, Any]:
    constant, value = held
    return {"value": encoded(value), **({"constant": True} if constant else {})}


def _decoded_record(record: Any) -> _Held:
    match record:
        case {"value": value, **rest} if rest in ({}, {"constant": True}):
            return bool(rest), decoded(value)
    raise ValueError("it is no record of a variable")


def _fill(array: BuiltinArray, kept: AssociativeArray) -> bool:
    """Set the elements that there are; return whether the program took them all."""
    try:
        for key, value in kept.elements.items():
            array.set(key, value)
    except SpecLanguageError:
        return False
    return True


def _told(what: str, restore: Any, name: str, record: Any) -> bool:
    try:
        return bool(restore(name, record))
    except (ValueError, SpecLanguageError) as error:
        raise ValueError(f"{what}: {error}") from error
