"""Functions on strings (SPEC_LANGUAGE.md 6.2)."""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any, Final

from pycertifspec.simulator.language import messages
from pycertifspec.simulator.language.associative import SEPARATOR, AssociativeArray, from_texts
from pycertifspec.simulator.language.errors import SpecRuntimeError, exceeded, join_within
from pycertifspec.simulator.language.exchange import to_python
from pycertifspec.simulator.language.printf import format_text
from pycertifspec.simulator.language.room import ELEMENT
from pycertifspec.simulator.language.scanf import scan
from pycertifspec.simulator.language.tables import ANY, FunctionTable
from pycertifspec.simulator.language.values import ArrayValue, NumericString, Value, from_outside, to_integer, to_text

if TYPE_CHECKING:
    from pycertifspec.simulator.language.interpreter import Interpreter
    from pycertifspec.simulator.language.scope import Reference

FUNCTIONS = FunctionTable()

# Numbers that are written between two looks for an interrupt.
_JSON_PIECE: Final = 10_000


@FUNCTIONS.add("length", 1)
def length(_interpreter: Interpreter, text: Value) -> Value:
    """The number of characters."""
    return float(len(to_text(text)))


@FUNCTIONS.add("index", 2)
def index(_interpreter: Interpreter, text: Value, wanted: Value) -> Value:
    """The position of a string in another, from 1; 0 if it is not there."""
    return float(to_text(text).find(to_text(wanted)) + 1)


@FUNCTIONS.add("substr", 2, 3)
def substr(_interpreter: Interpreter, text: Value, start: Value, count: Value = None) -> Value:
    """The part of a string from a position (from 1), at most so many characters."""
    whole = str(to_text(text))
    first = to_integer(start)
    last = len(whole) if count is None else first - 1 + max(to_integer(count), 0)
    return from_outside(whole[max(first - 1, 0) : max(last, 0)])


def fill(target: Reference, texts: list[str], interpreter: Interpreter) -> float:
    """Store texts as elements 0, 1, ... of an array; return how many."""
    value = target.get()
    if len(texts) > interpreter.limits.associative_elements:
        exceeded("associative_elements", interpreter.limits.associative_elements, "The size of an associative array")
    interpreter.room.made(len(texts) * ELEMENT)
    new = from_texts(texts)
    if isinstance(value, ArrayValue):
        for number, text in enumerate(texts):
            value.set_at([[float(number)]], text)
        return float(len(texts))
    array = target.array()
    if interpreter.choices.split_clears:
        array.clear()
    for key, element in new.elements.items():
        array.set(key, element)
    if array.owner is not None:
        interpreter.symbols.changed(array.owner, None, array)
    return float(len(texts))


@FUNCTIONS.add("split", 2, 3, by_reference=(1,))
def split(interpreter: Interpreter, text: Value, target: Reference, delimiter: Value = None) -> Value:
    """Split a string at white space or at a delimiter into an array; return the number of parts."""
    separator = "" if delimiter is None else str(to_text(delimiter))
    whole = str(to_text(text))
    # One more than may be kept, so that `fill` refuses it.
    most = interpreter.limits.associative_elements
    parts = whole.split(separator, most) if separator and whole else whole.split(None, most)
    return fill(target, parts, interpreter)


@FUNCTIONS.add("sprintf", 1, ANY)
def sprintf(interpreter: Interpreter, template: Value, *values: Value) -> Value:
    """Formatted text."""
    return format_text(str(to_text(template)), values, interpreter.limits)


@FUNCTIONS.add("sscanf", 2, ANY, references_from=2)
def sscanf(interpreter: Interpreter, text: Value, template: Value, *targets: Reference) -> Value:
    """Read values out of a string into variables, in a format; return how many."""
    interpreter.room.made(len(to_text(text)))
    found = scan(str(to_text(text)), str(to_text(template)))
    count = 0
    for target, value in zip(targets, found, strict=False):
        target.set(value)
        count += 1
    return float(count)


def _change_case(text: Value, count: Value, start: Value, change: Any) -> str:
    whole = str(to_text(text))
    first = 0 if start is None else max(to_integer(start) - 1, 0)
    last = len(whole) if count is None else first + max(to_integer(count), 0)
    changed: str = whole[:first] + change(whole[first:last]) + whole[last:]
    return changed


@FUNCTIONS.add("tolower", 1, 3)
def tolower(_interpreter: Interpreter, text: Value, count: Value = None, start: Value = None) -> Value:
    """The string in lower case; so many characters of it, from a position."""
    return _change_case(text, count, start, str.lower)


@FUNCTIONS.add("toupper", 1, 3)
def toupper(_interpreter: Interpreter, text: Value, count: Value = None, start: Value = None) -> Value:
    """The string in upper case; so many characters of it, from a position."""
    return _change_case(text, count, start, str.upper)


@FUNCTIONS.add("asc", 1, 2)
def asc(_interpreter: Interpreter, text: Value, position: Value = None) -> Value:
    """The code of a character; 0 outside the string."""
    place = 1 if position is None else to_integer(position)
    whole = to_text(text)
    return float(ord(whole[place - 1])) if 1 <= place <= len(whole) else 0.0


def _json_value(interpreter: Interpreter, value: Value) -> Any:
    if isinstance(value, AssociativeArray):
        nested: dict[str, Any] = {}
        for key, element in value.items():
            first, found, second = key.partition(SEPARATOR)
            if found:
                row = nested.setdefault(first, {})
                if isinstance(row, dict):
                    row[second] = _json_value(interpreter, element)
            else:
                nested[first] = _json_value(interpreter, element)
        return nested
    if isinstance(value, NumericString):
        return _json_value(interpreter, value.number)
    if isinstance(value, float) and value == int(value if abs(value) < 1e15 else 0):
        return int(value)
    return value


def _json_array(interpreter: Interpreter, array: ArrayValue) -> str:
    """Write a data array in pieces, so that it can be interrupted and ends where a string does."""
    data = to_python(array)
    rows = data if data.ndim == 2 else [data]
    pieces: list[str] = []
    length = 0
    for row in rows:
        numbers: list[str] = []
        for start in range(0, len(row), _JSON_PIECE):
            interpreter.check_interrupt()
            numbers.append(json.dumps(row[start : start + _JSON_PIECE].tolist())[1:-1])
            length += len(numbers[-1])
            if length > interpreter.limits.string_length:
                exceeded("string_length", interpreter.limits.string_length, "The length of a string")
        pieces.append("[" + ", ".join(numbers) + "]")
    return pieces[0] if data.ndim == 1 else "[" + ", ".join(pieces) + "]"


@FUNCTIONS.add("encode", 2)
def encode(interpreter: Interpreter, kind: Value, value: Value) -> Value:
    """A value as text in a format: "json" or "base64"."""
    wanted = to_text(kind)
    if isinstance(value, AssociativeArray):
        limit = interpreter.limits.string_length
        if sum(len(element) for element in value.elements.values() if isinstance(element, str)) > limit:
            exceeded("string_length", limit, "The length of a string")
    if wanted == "json":
        text = _json_array(interpreter, value) if isinstance(value, ArrayValue) else None
        return join_within("", [text or json.dumps(_json_value(interpreter, value))], interpreter.limits.string_length)
    if wanted == "base64":
        return base64.b64encode(to_text(value).encode()).decode()
    raise SpecRuntimeError(messages.BAD_PARAMETER.format(function="encode", option=wanted))


def _fill_from_json(interpreter: Interpreter, array: AssociativeArray, value: Any, keys: tuple[str, ...]) -> None:
    limit = interpreter.limits.associative_elements
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, element in items:
        path = (*keys, str(key))
        # Arrays have two indices; what lies deeper stays text.
        if isinstance(element, (dict, list)) and len(path) < 2:
            _fill_from_json(interpreter, array, element, path)
        else:
            if len(array.elements) >= limit:
                exceeded("associative_elements", limit, "The size of an associative array")
            array.set(SEPARATOR.join(path), _from_json(element))


def _from_json(value: Any) -> Value:
    if isinstance(value, (bool, int, float)):
        try:
            return float(value)
        except OverflowError:
            return float("inf")
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value)


@FUNCTIONS.add("decode", 2, 3, by_reference=(2,))
def decode(interpreter: Interpreter, kind: Value, text: Value, target: Reference | None = None) -> Value:
    """The value of text in a format: "json" or "base64"; a table goes into an array."""
    wanted = to_text(kind)
    if wanted == "base64":
        try:
            return base64.b64decode(str(to_text(text)), validate=True).decode("latin-1")
        except (binascii.Error, ValueError):
            return ""
    if wanted != "json":
        raise SpecRuntimeError(messages.BAD_PARAMETER.format(function="decode", option=wanted))
    if len(to_text(text)) > interpreter.limits.json_characters:
        exceeded("json_characters", interpreter.limits.json_characters, "The text to decode")
    try:
        value = json.loads(str(to_text(text)))
    except (ValueError, RecursionError):
        return -1.0
    if not isinstance(value, (dict, list)):
        return _from_json(value)
    array = target.array() if target is not None else AssociativeArray()
    array.clear()
    _fill_from_json(interpreter, array, value, ())
    interpreter.room.made(len(array.elements) * ELEMENT + len(to_text(text)))
    if array.owner is not None:
        interpreter.symbols.changed(array.owner, None, array)
    return float(len(array.elements)) if target is not None else array
