"""Variables as Python values, for servers: text or number, dict, numpy array (SPEC_LANGUAGE.md 3.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from . import messages
from .associative import SEPARATOR, AssociativeArray
from .errors import SpecRuntimeError, UndefinedNameError
from .room import size_of
from .symbols import DELETED
from .values import ArrayValue, NumericString, Value, from_outside, parse_number, to_key

if TYPE_CHECKING:
    from .interpreter import Interpreter
    from .symbols import Cell, Symbols

_PATH = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)((?:\[[^\]]*\])*)")
_BRACKET = re.compile(r"\[\s*([\"']?)(.*?)\1\s*\]")


def split_name(symbols: Symbols, name: str, keys: tuple[str, ...]) -> tuple[str, list[str]]:
    """Split ``x["a"][b]`` into the name and its keys; a bare key that is a variable stands for its value.

    Raises:
        SpecRuntimeError: it is no name.

    """
    match = _PATH.fullmatch(name.strip())
    if match is None:
        raise SpecRuntimeError(messages.BAD_NAME.format(name=name))
    found = list(keys)
    for bracket in reversed(list(_BRACKET.finditer(match[2]))):
        quote, text = bracket.groups()
        cell = None if quote else symbols.find(text)
        number = None if quote else parse_number(text)
        found.insert(0, to_key(cell.value) if cell else text if number is None else to_key(number))
    return match[1], found


def to_python(value: Value) -> Value:
    """Return a value of the language as a Python one."""
    if isinstance(value, NumericString):
        return str(value)
    if isinstance(value, AssociativeArray):
        return {key: to_python(element) for key, element in value.items()}
    if isinstance(value, ArrayValue):
        from .data_array import DataArray  # noqa: PLC0415  numpy is there: an array is

        assert isinstance(value, DataArray)  # noqa: S101  the only kind
        return value.data.copy()
    return value


def from_python(interpreter: Interpreter, value: object) -> Value:
    """Return a Python value as one of the language; two keys of a dict are a tuple, or joined by `SEPARATOR`."""
    if value is None or isinstance(value, (AssociativeArray, ArrayValue, NumericString)):
        return value
    if isinstance(value, str):
        return from_outside(value)
    if isinstance(value, (bool, int, float)):
        return float(value)
    if isinstance(value, Mapping):
        array = AssociativeArray()
        for key, element in value.items():
            parts = key if isinstance(key, tuple) else (key,)
            name = SEPARATOR.join(to_key(from_python(interpreter, part)) for part in parts)
            array.elements[name] = from_python(interpreter, element)
        return array
    from .data_array import DataArray  # noqa: PLC0415  numpy is imported when the first array is made

    return DataArray.from_numpy(value, interpreter.limits)


def _cell(symbols: Symbols, name: str) -> Cell:
    cell = symbols.find(name)
    if cell is None:
        raise UndefinedNameError(messages.UNDEFINED.format(name=name))
    return cell


def get_variable(symbols: Symbols, name: str, keys: tuple[str, ...] = ()) -> Value:
    """Return a global variable or an element of one.

    Raises:
        UndefinedNameError: there is none.

    """
    plain, path = split_name(symbols, name, keys)
    value = _cell(symbols, plain).value
    if not path:
        return to_python(value)
    if isinstance(value, AssociativeArray):
        key = SEPARATOR.join(path)
        if key in value.elements:
            return to_python(value.get(key))
        row = value.row(key)
        if row.elements:
            return to_python(row)
        raise UndefinedNameError(messages.UNDEFINED.format(name=name))
    if isinstance(value, ArrayValue):
        return to_python(value.get_at([[from_outside(key)] for key in path]))
    raise SpecRuntimeError(messages.NOT_AN_ARRAY.format(name=plain))


def set_variable(interpreter: Interpreter, name: str, value: object, keys: tuple[str, ...] = ()) -> None:
    """Set a global variable or an element of one; a new variable is created.

    Raises:
        SpecRuntimeError: it cannot be set.

    """
    symbols = interpreter.symbols
    plain, path = split_name(symbols, name, keys)
    cell = symbols.cell(plain)
    new = from_python(interpreter, value)
    interpreter.room.made(size_of(new))
    if not path:
        symbols.assign(cell, new)
        if isinstance(cell.value, ArrayValue):
            interpreter.can_interrupt(cell.value)
        return
    if isinstance(new, (AssociativeArray, ArrayValue)):
        raise SpecRuntimeError(messages.ARRAY_AS_SCALAR)
    if isinstance(cell.value, ArrayValue) and cell.is_global:
        cell.value.set_at([[from_outside(key)] for key in path], new)
        symbols.changed(plain, None, cell.value)
        return
    if not cell.is_global or cell.value is None:
        symbols.assign(cell, AssociativeArray())
    if not isinstance(cell.value, AssociativeArray):
        raise SpecRuntimeError(messages.NOT_AN_ARRAY.format(name=plain))
    key = SEPARATOR.join(path)
    cell.value.set(key, new)
    symbols.changed(plain, key, new)


def delete_variable(symbols: Symbols, name: str, keys: tuple[str, ...] = ()) -> None:
    """Remove a global variable or an element of one.

    Raises:
        SpecRuntimeError: it is a built-in.

    """
    plain, path = split_name(symbols, name, keys)
    cell = _cell(symbols, plain)
    if not path:
        symbols.remove(cell)
    elif isinstance(cell.value, AssociativeArray):
        key = SEPARATOR.join(path)
        cell.value.delete(key)
        symbols.changed(plain, key, DELETED)
    else:
        raise SpecRuntimeError(messages.NOT_AN_ARRAY.format(name=plain))
