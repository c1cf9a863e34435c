"""Functions on data arrays (SPEC_LANGUAGE.md 6.8, 6.5)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from pycertifspec.session.peak import half_maximum
from pycertifspec.simulator.language import messages
from pycertifspec.simulator.language.errors import SpecRuntimeError, exceeded
from pycertifspec.simulator.language.printf import format_text
from pycertifspec.simulator.language.tables import ANY, FunctionTable
from pycertifspec.simulator.language.values import ArrayValue, Value, parse_number, to_integer, to_number, to_text

from .files import read_or_refuse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pycertifspec.simulator.language.data_array import DataArray
    from pycertifspec.simulator.language.interpreter import Interpreter

FUNCTIONS = FunctionTable()

_PER_LINE = re.compile(r"%(\d{1,6})([CW])")
_DELIMITER = re.compile(r"%D=(.*)", re.DOTALL)
_START_COLUMN = re.compile(r"\s*C=(\d{1,6})\s*")


def _array(value: Value, name: str, number: int) -> DataArray:
    from pycertifspec.simulator.language.data_array import DataArray  # noqa: PLC0415  imports numpy

    if not isinstance(value, DataArray):
        raise SpecRuntimeError(messages.DATA_ARRAY_NEEDED.format(name=name, number=number))
    return value


def _at(array: DataArray, position: int) -> tuple[int, int]:
    columns = array.data.shape[-1]
    if array.data.ndim == 1:
        return (position, 0) if array.column_wise else (0, position)
    return position // columns, position % columns


def _pair(arrays: Sequence[DataArray]) -> tuple[list[float], list[float]]:
    """Return x and y of two arrays; x counts from 0 when there is one."""
    y: list[float] = arrays[-1].numbers().reshape(-1).tolist()
    x = arrays[0].numbers().reshape(-1).tolist() if len(arrays) > 1 else [float(n) for n in range(len(y))]
    count = min(len(x), len(y))
    return x[:count], y[:count]


def _centre(interpreter: Interpreter, x: Sequence[float], y: Sequence[float]) -> float:
    weight = float(len(y)) if interpreter.choices.com_divides_by_points else sum(y)
    return sum(a * b for a, b in zip(x, y, strict=True)) / weight if weight else 0.0


# What array_op() gives of the elements of one array.
_OF_ONE: Final[dict[str, Callable[[DataArray], float]]] = {
    "rows": lambda a: float(a.data.shape[0] if a.data.ndim == 2 or a.column_wise else 1),
    "cols": lambda a: float(a.data.shape[-1] if a.data.ndim == 2 or not a.column_wise else 1),
    "min": lambda a: float(a.data.min()),
    "max": lambda a: float(a.data.max()),
    "gmin": lambda a: float(a.data.min()),
    "gmax": lambda a: float(a.data.max()),
    "i_at_min": lambda a: float(a.data.argmin()),
    "i_at_max": lambda a: float(a.data.argmax()),
    "row_at_min": lambda a: float(_at(a, int(a.data.argmin()))[0]),
    "row_at_max": lambda a: float(_at(a, int(a.data.argmax()))[0]),
    "col_at_min": lambda a: float(_at(a, int(a.data.argmin()))[1]),
    "col_at_max": lambda a: float(_at(a, int(a.data.argmax()))[1]),
    "sum": lambda a: float(a.numbers().sum()),
    "gsum": lambda a: float(a.numbers().sum()),
    "sumsq": lambda a: float((a.numbers() ** 2).sum()),
    # Arrays that other programs write to do not exist here.
    "frame_size": lambda a: float(a.data.shape[0]),
    "latest_frame": lambda _a: 0.0,
    "tag": lambda _a: 0.0,
    "untag": lambda _a: 0.0,
    "updated?": lambda _a: 0.0,
}
# What array_op() gives of a curve: x and y.
_OF_CURVE: Final[dict[str, Callable[[Sequence[float], Sequence[float]], float]]] = {
    "fwhm": lambda x, y: half_maximum(x, y)[1] - half_maximum(x, y)[0],
    "cfwhm": lambda x, y: sum(half_maximum(x, y)) / 2,
    "lhmx": lambda x, y: half_maximum(x, y)[0],
    "uhmx": lambda x, y: half_maximum(x, y)[1],
    "x_at_min": lambda x, y: x[min(range(len(y)), key=y.__getitem__)],
    "x_at_max": lambda x, y: x[max(range(len(y)), key=y.__getitem__)],
}


@FUNCTIONS.add("array_op", 2, ANY)
def array_op(interpreter: Interpreter, command: Value, *values: Value) -> Value:
    """An operation on data arrays: "rows", "max", "sum", "fwhm", "transpose" and others."""
    name = str(to_text(command))
    first = _array(values[0], "array_op", 2)
    if name in _OF_ONE:
        return _OF_ONE[name](first)
    if name in _OF_CURVE or name == "com":
        arrays = [_array(value, "array_op", n) for n, value in enumerate(values, 2)]
        x, y = _pair(arrays)
        return _centre(interpreter, x, y) if name == "com" else _OF_CURVE[name](x, y)
    if name in _CHANGES:
        return _CHANGES[name](interpreter, first, [to_number(value) for value in values[1:]])
    raise SpecRuntimeError(messages.BAD_PARAMETER.format(function="array_op", option=name))


def _like(array: DataArray, data: Any) -> DataArray:
    new = array.copy()
    new.data = data
    return new


def _fill(_interpreter: Interpreter, array: DataArray, numbers: list[float]) -> Value:
    by_row = numbers[0] if numbers else 0.0
    by_column = numbers[1] if len(numbers) > 1 else 1.0 if not numbers else 0.0
    steps = array.numbers() * 0
    if array.data.ndim == 1:
        rows = steps + 0
        index = rows.cumsum() + list(range(array.data.size))
        array.assign(_like_double(array, index * (by_row if array.column_wise or not by_column else by_column)))
        return 0.0
    row_numbers = steps + [[float(n)] for n in range(array.data.shape[0])]
    column_numbers = steps + [float(n) for n in range(array.data.shape[1])]
    array.assign(_like_double(array, row_numbers * by_row + column_numbers * by_column))
    return 0.0


def _like_double(array: DataArray, data: Any) -> DataArray:
    new = _like(array, data)
    new.element = "double"
    return new


def _transpose(_interpreter: Interpreter, array: DataArray, _numbers: list[float]) -> Value:
    new = _like(array, array.data.T.copy())
    new.column_wise = array.data.ndim == 1 and not array.column_wise
    return new


def _sort(_interpreter: Interpreter, array: DataArray, _numbers: list[float]) -> Value:
    array.data.sort(axis=-1 if array.data.ndim == 1 else 0)
    return 0.0


def _contract(_interpreter: Interpreter, array: DataArray, numbers: list[float]) -> Value:
    data = array.numbers()
    data = data.reshape(1, -1) if data.ndim == 1 else data
    down, across = (max(to_integer(n), 1) for n in (*numbers, 1.0, 1.0)[:2])
    rows, columns = data.shape[0] // down, data.shape[1] // across
    if not rows or not columns:
        raise SpecRuntimeError(messages.BAD_SUBSCRIPT)
    summed = data[: rows * down, : columns * across].reshape(rows, down, columns, across).sum(axis=(1, 3))
    return _like_double(array, summed if array.data.ndim == 2 else summed.reshape(-1))


def _sense(*, column_wise: bool) -> Callable[[Interpreter, DataArray, list[float]], Value]:
    def run(_interpreter: Interpreter, array: DataArray, numbers: list[float]) -> Value:
        if numbers:
            array.column_wise = column_wise if numbers[0] else not column_wise
        return float(array.column_wise == column_wise)

    return run


def _swap(_interpreter: Interpreter, array: DataArray, _numbers: list[float]) -> Value:
    array.data.byteswap(inplace=True)
    return 0.0


def _info(_interpreter: Interpreter, array: DataArray, _numbers: list[float]) -> Value:
    return f"{array.element} " + " ".join(map(str, array.data.shape))


_CHANGES: Final[dict[str, Callable[[Any, Any, list[float]], Value]]] = {
    "fill": _fill,
    "transpose": _transpose,
    "sort": _sort,
    "contract": _contract,
    "row_wise": _sense(column_wise=False),
    "col_wise": _sense(column_wise=True),
    "swap": _swap,
    "info": _info,
    "meta": lambda _interpreter, _array, _numbers: "",
}


@FUNCTIONS.add("array_copy", 2, ANY)
def array_copy(_interpreter: Interpreter, target: Value, *sources: Value) -> Value:
    """Copy the bytes of arrays or strings over those of an array."""
    from pycertifspec.simulator.language.data_array import DataArray, copy_bytes  # noqa: PLC0415  imports numpy

    destination = _array(target, "array_copy", 1)
    pieces = [
        source if isinstance(source, DataArray) else str(to_text(source)).encode("latin-1", "replace")
        for source in sources
    ]
    copy_bytes(destination, pieces)
    return destination


@FUNCTIONS.add("array_dump", 1, ANY)
def array_dump(interpreter: Interpreter, *values: Value) -> Value:
    """Write data arrays as text, to where output goes or to a file; several arrays stand side by side."""
    rest = list(values)
    file = None if isinstance(rest[0], ArrayValue) else str(to_text(rest.pop(0)))
    arrays: list[DataArray] = []
    while rest and isinstance(rest[0], ArrayValue):
        arrays.append(_array(rest.pop(0), "array_dump", 1))
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
    lines: list[str] = []
    length = 0
    for row in _rows(arrays):
        interpreter.check_interrupt()
        items = [
            format_text(formats[min(n, len(formats) - 1)] if formats else "%.9g", [value], interpreter.limits)
            for n, value in enumerate(row)
        ]
        size = per_line or max(len(items), 1)
        groups = [delimiter.join(items[start : start + size]) for start in range(0, len(items), size)]
        lines.append(f"{mark}\n".join(groups) + "\n")
        length += len(lines[-1])
        if length > interpreter.limits.string_length:
            exceeded("string_length", interpreter.limits.string_length, "The length of a string")
    return "".join(lines)


def _rows(arrays: list[DataArray]) -> list[list[Value]]:
    if arrays[0].element == "string":
        return [[array.text()] for array in arrays]
    if len(arrays) == 1:
        data = arrays[0].numbers()
        if data.ndim == 1 and not arrays[0].column_wise:
            return [data.tolist()]
        return [row if isinstance(row, list) else [row] for row in data.tolist()]
    tables = [[row if isinstance(row, list) else [row] for row in array.numbers().tolist()] for array in arrays]
    return [[value for row in rows for value in row] for rows in zip(*tables, strict=False)]


@FUNCTIONS.add("array_read", 2, 3)
def array_read(interpreter: Interpreter, file: Value, target: Value, option: Value = None) -> Value:
    """Read numbers of a text file into a data array; return how many points or rows were read."""
    array = _array(target, "array_read", 2)
    found = _START_COLUMN.fullmatch(str(to_text(option)))
    skip = int(found[1]) if found else 0
    rows: list[list[float]] = []
    for line in read_or_refuse(interpreter, file).splitlines():
        words = line.replace(",", " ").split()
        if words and not line.lstrip().startswith("#"):
            numbers = [parse_number(word) for word in words]
            rows.append([0.0 if number is None else number for number in numbers][skip:])
    if array.data.ndim == 1:
        flat = [number for row in rows for number in row][: array.data.size]
        for at, number in enumerate(flat):
            array.set_at([[float(at)]], number)
        return float(len(flat))
    for at, row in enumerate(rows[: array.data.shape[0]]):
        for column, number in enumerate(row[: array.data.shape[1]]):
            array.set_at([[float(at)], [float(column)]], number)
    return float(min(len(rows), array.data.shape[0]))


def _ignored(_interpreter: Interpreter, *_values: Value) -> Value:
    """Accepted and ignored: there is no plot window."""
    return 0.0


for _name in ("array_plot", "plot_cntl", "plot_move", "plot_range"):
    FUNCTIONS.add(_name, 0, ANY)(_ignored)
