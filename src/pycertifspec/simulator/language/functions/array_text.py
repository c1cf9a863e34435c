"""Data arrays as text, in files and on the screen (SPEC_LANGUAGE.md 6.5)."""

from __future__ import annotations

import re
from io import StringIO
from typing import TYPE_CHECKING, Any, Final

from pycertifspec.simulator.language import messages
from pycertifspec.simulator.language.errors import SpecRuntimeError, exceeded
from pycertifspec.simulator.language.printf import format_text
from pycertifspec.simulator.language.tables import ANY, FunctionTable
from pycertifspec.simulator.language.values import ArrayValue, Value, parse_number, to_text

from .arrays import data_array
from .files import read_or_refuse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pycertifspec.simulator.language.data_array import DataArray
    from pycertifspec.simulator.language.interpreter import Interpreter
    from pycertifspec.simulator.language.values import Subscript

FUNCTIONS = FunctionTable()

_PER_LINE = re.compile(r"%(\d{1,6})([CW])")
_DELIMITER = re.compile(r"%D=(.*)", re.DOTALL)
_START_COLUMN = re.compile(r"\s*C=(\d{1,6})\s*")
# Numbers that are written or read between two looks for an interrupt.
_AT_ONCE: Final = 5_000


@FUNCTIONS.add("array_dump", 1, ANY)
def array_dump(interpreter: Interpreter, *values: Value) -> Value:
    """Write data arrays as text, to where output goes or to a file; several arrays stand side by side."""
    rest = list(values)
    file = None if isinstance(rest[0], ArrayValue) else str(to_text(rest.pop(0)))
    arrays: list[DataArray] = []
    while rest and isinstance(rest[0], ArrayValue):
        arrays.append(data_array(rest.pop(0), "array_dump", 1))
    if not arrays:
        raise SpecRuntimeError(messages.DATA_ARRAY_NEEDED.format(name="array_dump", number=1))
    text = _dumped(interpreter, arrays, [str(to_text(option)) for option in rest])
    if file is None:
        interpreter.outputs.write(text)
        return 0.0
    return 0.0 if interpreter.outputs.write_only(file, text) else -1.0


def _dumped(interpreter: Interpreter, arrays: list[DataArray], options: list[str]) -> str:
    delimiter, per_line, mark, formats = " ", 0, "", []
    for option in options:
        if found := _DELIMITER.fullmatch(option):
            delimiter = found[1]
        elif found := _PER_LINE.fullmatch(option):
            per_line, mark = int(found[1]), "\\" if found[2] == "C" else ""
        else:
            formats.append(option)
    limit, pieces, length = interpreter.limits.string_length, [], 0
    for row in _rows(arrays):
        per_group = per_line or max(len(row), 1)
        for start in range(0, max(len(row), 1), _AT_ONCE):
            interpreter.check_interrupt()
            items: list[str] = []
            for n, value in enumerate(_plain(row, start), start):
                if n:
                    items.append(delimiter if n % per_group else f"{mark}\n")
                items.append(
                    format_text(formats[min(n, len(formats) - 1)] if formats else "%.9g", [value], interpreter.limits)
                )
            pieces.append("".join(items))
            length += len(pieces[-1])
            if length > limit:
                exceeded("string_length", limit, "The length of a string")
        pieces.append("\n")
    return "".join(pieces)


def _plain(row: Any, start: int) -> list[Value]:
    """Return some of a row's items as values of the language."""
    part = row[start : start + _AT_ONCE]
    plain: list[Value] = part if isinstance(part, list) else part.tolist()
    return plain


def _rows(arrays: list[DataArray]) -> Iterable[Any]:
    """Return the rows of arrays that stand side by side: each a list, or numbers of one array."""
    if arrays[0].element == "string":
        return ([array.text()] for array in arrays)
    if len(arrays) == 1:
        data = arrays[0].numbers()
        if data.ndim == 1:
            return [data] if not arrays[0].column_wise else data.reshape(-1, 1)
        return data
    tables = [data.reshape(len(data), -1) for data in (array.numbers() for array in arrays)]
    return ([value for row in rows for value in row.tolist()] for rows in zip(*tables, strict=False))


@FUNCTIONS.add("array_read", 2, 3)
def array_read(interpreter: Interpreter, file: Value, target: Value, option: Value = None) -> Value:
    """Read numbers of a text file into a data array; return how many points or rows were read."""
    array = data_array(target, "array_read", 2)
    found = _START_COLUMN.fullmatch(str(to_text(option)))
    skip = int(found[1]) if found else 0
    is_row, columns = array.data.ndim == 1, array.data.shape[-1]
    rows = points = 0
    for line in StringIO(read_or_refuse(interpreter, file)):
        interpreter.check_interrupt()
        if (points if is_row else rows) >= len(array.data):
            break
        plain = line.replace(",", " ").strip()
        if not plain or plain.startswith("#"):
            continue
        room = columns - points if is_row else columns
        words = plain.split(None, skip + room)[skip : skip + room]
        for at, word in enumerate(words):
            if at % _AT_ONCE == 0:
                interpreter.check_interrupt()
            place: list[Subscript] = [[float(points + at)]] if is_row else [[float(rows)], [float(at)]]
            array.set_at(place, parse_number(word) or 0.0)
        rows, points = rows + 1, points + len(words)
    return float(points if is_row else rows)
