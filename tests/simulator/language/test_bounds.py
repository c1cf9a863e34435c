"""What takes long can be interrupted, and what takes much is refused by the name of a limit (SPEC_LANGUAGE.md 9)."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest

from pycertifspec.simulator.language import Function, Interpreter, LimitExceededError, Limits, MacroInterruptError
from pycertifspec.simulator.language.memory_host import MemoryHost
from pycertifspec.simulator.language.room import held

SMALL = Limits(
    string_length=50_000,
    associative_elements=1_000,
    array_elements=20_000,
    index_items=50,
    curve_points=50,
    printed_numbers=100,
    json_characters=1_000,
    screen_characters=500,
    printf_conversions=5,
    statement_tokens=500,
    value_bytes=400_000,
    macros=20,
    macro_pieces=10,
    names=200,
    input_depth=20,
)


@pytest.fixture
def interpreter() -> Interpreter:
    """One with a function that interrupts while the arguments of a call are being evaluated."""
    made = Interpreter(MemoryHost())

    def interrupted(interpreter: Any, value: Any) -> Any:
        interpreter.interrupt()
        return value

    made.functions.register(Function("interrupted", interrupted, 1, 1))
    return made


@pytest.mark.parametrize(
    ("call", "unchanged"),
    [
        ('array_op("fill", a, interrupted(3))', "{2, 1, 0}"),
        ('array_op("sort", a, interrupted(3))', "{2, 1, 0}"),
        ('array_op("sort", t, interrupted(3))', "{2, 1, 0}"),
        ('array_dump(a, interrupted("%g"))', "{2, 1, 0}"),
        ('array_dump("f", a, interrupted("%g"))', "{2, 1, 0}"),
        ('array_read(interrupted("numbers"), a)', "{2, 1, 0}"),
        ('a = length(encode(interrupted("json"), a))', "{2, 1, 0}"),
    ],
)
def test_a_function_that_takes_long_looks_for_an_interrupt_before_it_has_done_anything(
    interpreter: Interpreter, call: str, unchanged: str
) -> None:
    host = interpreter.host
    assert isinstance(host, MemoryHost)
    host.files["numbers"] = "7 8 9\n"
    interpreter.execute("array a[3]; a[0] = 2; a[1] = 1; array t[3][1]; t[0][0] = 2; t[1][0] = 1")

    with pytest.raises(MacroInterruptError):
        interpreter.execute(call)

    assert host.take_screen() == "^C\n"
    assert host.files.get("f", "") == ""
    interpreter.execute("print a; print t")
    assert host.take_screen() == f"{unchanged}\n{{{{2}}, {{1}}, {{0}}}}\n"


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("array a[200][200]", "array_elements"),
        ("array a[100]; a[0:60,1]", "index_items"),
        ('array a[100]; array_op("fwhm", a)', "curve_points"),
        ('array a[100]; array_op("com", a, a)', "curve_points"),
        ('array a[200]; array_op("fill", a); print a', "printed_numbers"),
        ('array a[200]; array_op("fill", a); x = a ""', "printed_numbers"),
        ('array a[200][1]; array_op("fill", a, 1); print a', "printed_numbers"),
        ('array a[30][30]; array_op("fill", a, 1, 1); print a', "printed_numbers"),
        ("string array a[200][9]; for (i = 0; i < 200; i++) a[i] = i; print a", "printed_numbers"),
        ('array a[20000]; a = 1.23456; x = encode("json", a)', "string_length"),
        ('array a[20000]; a = 1.23456; array_dump("f", a)', "string_length"),
        ('x = sprintf("%2000s", ""); decode("json", x)', "json_characters"),
        ('decode("json", encode("json", sprintf("%999s", "")))', "json_characters"),
        ('tty_fmt(0, 0, 10, sprintf("%600s", "x"))', "screen_characters"),
        ('x = "%d%d%d%d%d%d" sprintf("%3000s", ""); printf(x)', "printf_conversions"),
        ("x = " + "1 " * 600, "statement_tokens"),
        ('for (i = 0; i < 40; i++) cdef("m" i, "1")', "macros"),
        ('for (i = 0; i < 40; i++) cdef("c", "", "k" i)', "macro_pieces"),
        ('for (i = 0; i < 400; i++) { n = "v" i; @n = 1 }', "names"),
        ("for (i = 0; i < 2000; i++) x[i] = 1; for (k in x) y[k] = 1", "associative_elements"),
        ("def more 'less; 1'; def less 'more; 1'; more", "input_depth"),
        ('x = sprintf("%2000s", ""); split(x "a b", y, " ")', "associative_elements"),
    ],
)
def test_what_takes_too_much_is_refused_by_the_name_of_its_limit(text: str, limit: str) -> None:
    interpreter = Interpreter(MemoryHost(), limits=SMALL)

    with pytest.raises(LimitExceededError, match=rf"\((?:{limit})\)") as refused:
        interpreter.execute(text)
    assert "exceeds the limit of" in refused.value.message


@pytest.mark.parametrize(
    "text",
    [
        's = sprintf("%1000s", ""); for (i = 0; i < 900; i++) x[i] = s i',
        's = sprintf("%1000s", ""); for (i = 0; i < 900; i++) x[i] = sprintf("%sx", s)',
        's = sprintf("%1000s", ""); for (i = 0; i < 900; i++) { n = "v" (i % 150); @n = s i @n }',
        '{ local s, x; s = sprintf("%1000s", ""); for (i = 0; i < 900; i++) x[i] = s i }',
        'def f(n) \'{ local s; s = sprintf("%9000s", "") n; return f(n + 1) }\'; f(0)',
        'local x[]; s = sprintf("%1000s", ""); for (i = 0; i < 900; i++) x[i] = s i',
        'for (j = 0; j < 90; j++) { n = "t" j; for (i = 0; i < 900; i++) @n[i] = 1 }',
        'for (i = 0; i < 900; i++) x[i] = i; for (j = 0; j < 90; j++) { n = "t" j; @n = x; @n = 0; n = "u" j; @n = x }',
        'array a[5000]; for (j = 0; j < 90; j++) { n = "t" j; global @n; @n = a }',
        'for (j = 0; j < 90; j++) eval("array a" j "[5000]")',
        's = sprintf("%9000s", ""); s = s s s s; for (j = 0; j < 30; j++) { x[j] = sprintf("%s%s", s, "a") }',
        'for (j = 0; j < 15; j++) { s = sprintf("%9000s", j); s = s s s s; cdef("m" j, s) }',
    ],
)
def test_all_variables_together_take_no_more_than_a_limit(text: str) -> None:
    interpreter = Interpreter(MemoryHost(), limits=SMALL)
    tracemalloc.start()
    try:
        with pytest.raises(LimitExceededError, match="value_bytes"):
            interpreter.execute(text)
            raise LimitExceededError(str(interpreter.get("EVAL_ERR")))  # what eval() has kept to itself
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 20 * SMALL.value_bytes
    assert held(cell.value for cell in interpreter.symbols) < 2 * SMALL.value_bytes


def test_the_same_text_held_many_times_counts_once(interpreter: Interpreter) -> None:
    small = Interpreter(MemoryHost(), limits=SMALL)

    small.execute('s = sprintf("%10000s", ""); s = s s; for (i = 0; i < 900; i++) x[i] = s; y = x')

    assert small.get("x", "899") == " " * 20_000


def test_room_is_there_again_when_variables_are_gone() -> None:
    small = Interpreter(MemoryHost(), limits=SMALL)

    small.execute('for (i = 0; i < 900; i++) { x = sprintf("%9999s", "") i; y["a"] = x; delete y }')

    assert small.get("i") == 900


def test_a_large_array_is_sorted_in_pieces_that_are_merged(
    interpreter: Interpreter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pycertifspec.simulator.language.functions.arrays._SORTED_AT_ONCE", 3)
    interpreter.execute('array a[11]; for (i = 0; i < 11; i++) a[i] = (i * 7) % 11; array_op("sort", a)')
    interpreter.execute("array t[5][2]; for (i = 0; i < 5; i++) { t[i][0] = -i; t[i][1] = (i * 3) % 5 }")
    interpreter.execute('array_op("sort", t); array w[2][9]; w[0] = 2; w[1] = 1; array_op("sort", w)')

    assert list(interpreter.get("a")) == list(range(11))
    assert interpreter.get("t").tolist() == [[n - 4, n] for n in range(5)]
    assert interpreter.get("w").tolist() == [[1] * 9, [2] * 9]


def test_filling_forgets_what_was_there(interpreter: Interpreter) -> None:
    interpreter.execute('array a[2][3]; a = log(-1); array_op("fill", a, 10, 1)')

    assert interpreter.get("a").tolist() == [[0, 1, 2], [10, 11, 12]]


def test_the_limit_on_texts_being_read_names_the_macro() -> None:
    interpreter = Interpreter(MemoryHost(), limits=SMALL)

    with pytest.raises(LimitExceededError, match=r"macro `(more|less)'\) exceeds the limit of 20 \(input_depth\)"):
        interpreter.execute("def more 'less; 1'; def less 'more; 1'; more")
