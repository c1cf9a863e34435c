"""Operations on large data arrays are done in pieces: the same comes out, and an interrupt is noticed in between."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pycertifspec.simulator.language import Interpreter, MacroInterruptError, data_array
from pycertifspec.simulator.language.memory_host import MemoryHost

MAKE = """
double array a[7][5]; double array b[7][5]; long array n[7][5]; ubyte array u[5][7]; double array v[35]
float array w[9][9]
array_op("fill", a, 10, 1); array_op("fill", b, -1, 0.5); b = b + 3; n = a * 1.5 - 7; v = a; w = 2.5
"""
OPERATIONS = [
    "a + b", "2 * a", "a / 3", "a % 7", "a << 1", "n & 3", "a < b", "-a", "sin(a)", "~n", "!a",
    "a = b", "n = a", "w = a", "u = a", "v = b", "a[2:5][1:3] = b[0:3][0:2]", "n = n + 1", "a[][0:3] = a[][1:4]",
    'array_op("fill", a, 2, 3)', 'array_op("fill", n, 2, 3)', 'array_op("fill", v)', 'array_op("fill", v, 2)',
    'array_op("contract", a, 2, 2)', 'array_op("contract", v, 1, 3)', 'array_op("transpose", n)',
    'array_op("transpose", v)', "array_copy(a, b)", 'array_copy(v, "text", b, v)',
    "array_copy(u, n, n)", 'array_op("sort", v)',
]  # fmt: skip
# What takes no time has no pieces.
WHOLE = {'array_op("contract", v, 1, 3)', 'array_op("sort", v)'}


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_array, "PIECE", 6)


def run(operation: str) -> list[Any]:
    interpreter = Interpreter(MemoryHost())
    interpreter.execute(MAKE)
    value: Any = interpreter.execute(operation)
    arrays = [interpreter.get(name) for name in "abnuvw"]
    return [*arrays, value.data if hasattr(value, "data") else value]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_same_comes_out_in_pieces(operation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = run(operation)
    monkeypatch.setattr(data_array, "PIECE", 6)
    for one, other in zip(whole, run(operation), strict=True):
        assert np.array_equal(one, other)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("operation", [one for one in OPERATIONS if one not in WHOLE])
def test_an_interrupt_is_noticed_between_two_pieces(operation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    interpreter = Interpreter(MemoryHost())
    interpreter.execute(MAKE)
    looks = []

    def check() -> None:
        looks.append(1)
        if len(looks) == 3:
            interpreter.interrupt()
        Interpreter.check_interrupt(interpreter)

    monkeypatch.setattr(interpreter, "check_interrupt", check)
    for name in "abnuvw":
        interpreter.can_interrupt(interpreter.symbols.cell(name).value)
    with pytest.raises(MacroInterruptError):
        interpreter.execute(operation)
    assert interpreter.execute("1 + 1") == 2


@pytest.mark.usefixtures("small")
def test_what_a_client_stores_is_not_ended_by_an_interrupt_of_the_command_that_runs() -> None:
    interpreter = Interpreter(MemoryHost())
    interpreter.execute("double array a[10]; c = 1")
    interpreter.interrupt()  # the command has not noticed yet

    interpreter.set("a", np.arange(10.0))
    interpreter.set("new", np.arange(10.0))

    assert interpreter.interrupted
    with pytest.raises(MacroInterruptError):
        interpreter.execute("1")
    assert interpreter.execute("a[9] + new[9]") == 18
    for name in ("a", "new"):
        assert interpreter.symbols.cell(name).value.pause == interpreter.check_interrupt
