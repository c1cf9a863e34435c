"""Functions on data arrays (SPEC_LANGUAGE.md 6.8, 6.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pycertifspec.session.peak import half_maximum
from pycertifspec.simulator.language import messages
from pycertifspec.simulator.language.errors import SpecRuntimeError, exceeded
from pycertifspec.simulator.language.tables import ANY, FunctionTable
from pycertifspec.simulator.language.values import Value, to_integer, to_number, to_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pycertifspec.simulator.language.data_array import DataArray
    from pycertifspec.simulator.language.interpreter import Interpreter

FUNCTIONS = FunctionTable()

# Numbers that are sorted between two looks for an interrupt.
_SORTED_AT_ONCE: Final = 1_000_000


def data_array(value: Value, name: str, number: int) -> DataArray:
    """Return the data array that an argument is.

    Raises:
        SpecRuntimeError: it is none.

    """
    from pycertifspec.simulator.language.data_array import DataArray  # noqa: PLC0415  imports numpy

    if not isinstance(value, DataArray):
        raise SpecRuntimeError(messages.DATA_ARRAY_NEEDED.format(name=name, number=number))
    return value


def _at(array: DataArray, position: int) -> tuple[int, int]:
    columns = array.data.shape[-1]
    if array.data.ndim == 1:
        return (position, 0) if array.column_wise else (0, position)
    return position // columns, position % columns


def _pair(interpreter: Interpreter, arrays: Sequence[DataArray]) -> tuple[list[float], list[float]]:
    """Return x and y of two arrays; x counts from 0 when there is one."""
    if max(array.data.size for array in arrays) > interpreter.limits.curve_points:
        exceeded("curve_points", interpreter.limits.curve_points, "The number of points of a curve")
    y: list[float] = arrays[-1].numbers().reshape(-1).tolist()
    x = arrays[0].numbers().reshape(-1).tolist() if len(arrays) > 1 else [float(n) for n in range(len(y))]
    count = min(len(x), len(y))
    return x[:count], y[:count]


def _centre(interpreter: Interpreter, x: Sequence[float], y: Sequence[float]) -> float:
    weight = float(len(y)) if interpreter.choices.com_divides_by_points else sum(y)
    return sum(a * b for a, b in zip(x, y, strict=True)) / weight if weight else 0.0


def _sum_of_squares(numbers: Any) -> float:
    return float(numbers @ numbers)  # without an array of the squares, which would take the time


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
    "sumsq": lambda a: _sum_of_squares(a.numbers().reshape(-1)),
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
    first = data_array(values[0], "array_op", 2)
    with first.without_warnings():
        if name in _OF_ONE:
            return _OF_ONE[name](first)
        if name in _OF_CURVE or name == "com":
            arrays = [data_array(value, "array_op", n) for n, value in enumerate(values, 2)]
            x, y = _pair(interpreter, arrays)
            return _centre(interpreter, x, y) if name == "com" else _OF_CURVE[name](x, y)
        if name in _CHANGES:
            return _CHANGES[name](interpreter, first, [to_number(value) for value in values[1:]])
    raise SpecRuntimeError(messages.BAD_PARAMETER.format(function="array_op", option=name))


def _fill(_interpreter: Interpreter, array: DataArray, numbers: list[float]) -> Value:
    by_row = numbers[0] if numbers else 0.0
    by_column = numbers[1] if len(numbers) > 1 else 1.0 if not numbers else 0.0
    array.assign(array.filled(by_row, by_column))
    return 0.0


def _transpose(_interpreter: Interpreter, array: DataArray, _numbers: list[float]) -> Value:
    return array.transposed()


def _sort(interpreter: Interpreter, array: DataArray, _numbers: list[float]) -> Value:
    """Sort in pieces, which are then merged, so that it can be interrupted: numbers, or each column of a table."""
    data = array.data
    if data.ndim == 1:
        _sort_column(interpreter, data)
    elif len(data) > _SORTED_AT_ONCE:
        for column in range(data.shape[1]):
            _sort_column(interpreter, data[:, column])
    else:
        together = max(_SORTED_AT_ONCE // len(data), 1)
        for start in range(0, data.shape[1], together):
            interpreter.check_interrupt()
            data[:, start : start + together].sort(axis=0)
    return 0.0


def _sort_column(interpreter: Interpreter, data: Any) -> None:
    size = _SORTED_AT_ONCE
    for start in range(0, len(data), size):
        interpreter.check_interrupt()
        data[start : start + size].sort()
    while size < len(data):
        for start in range(0, len(data), 2 * size):
            interpreter.check_interrupt()
            # A stable sort merges the runs that it finds.
            data[start : start + 2 * size].sort(kind="stable")
        size *= 2


def _contract(_interpreter: Interpreter, array: DataArray, numbers: list[float]) -> Value:
    down, across = (max(to_integer(n), 1) for n in (*numbers, 1.0, 1.0)[:2])
    return array.contracted(down, across)


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

    destination = data_array(target, "array_copy", 1)
    pieces = [
        source if isinstance(source, DataArray) else str(to_text(source)).encode("latin-1", "replace")
        for source in sources
    ]
    copy_bytes(destination, pieces)
    return destination


def _ignored(_interpreter: Interpreter, *_values: Value) -> Value:
    """Accepted and ignored: there is no plot window."""
    return 0.0


for _name in ("array_plot", "plot_cntl", "plot_move", "plot_range"):
    FUNCTIONS.add(_name, 0, ANY)(_ignored)
