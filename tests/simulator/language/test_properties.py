"""Whatever the text: a result, a SPEC error or an interrupt, within bounded time."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pycertifspec.simulator.language import Interpreter, Limits
from pycertifspec.simulator.language.macros import Macro, MacroTable
from pycertifspec.simulator.language.memory_host import MemoryHost
from pycertifspec.simulator.language.quoting import definition_text, quote_definition
from pycertifspec.simulator.language.regex import Regex
from pycertifspec.simulator.language.values import format_number, parse_number

# By its path: `pytest` alone does not put the project's folder on the path, `python -m pytest` does.
_PLACE = importlib.util.spec_from_file_location(
    "fuzzing_language", Path(__file__).parents[3] / "fuzzing" / "language.py"
)
assert _PLACE is not None
assert _PLACE.loader is not None
fuzzing = importlib.util.module_from_spec(_PLACE)
_PLACE.loader.exec_module(fuzzing)

SLOW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
pieces = st.sampled_from(
    [
        "def",
        "m",
        "'p",
        "1'",
        "'",
        '"',
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        ";",
        "\n",
        "\\",
        "$1",
        "$*",
        "#",
        "if",
        "else",
        "while",
        "for",
        "in",
        "x",
        "y",
        "1",
        "2.5",
        "=",
        "==",
        "+",
        "-",
        ",",
        "local",
        "global",
        "array",
        "p",
        "f(",
        "eval(",
        "sprintf(",
        '"""',
        "@",
        "++",
        "return",
        "break",
        "exit",
        "cdef(",
        ":",
        "?",
        '"a"',
        "print",
        "undef",
        "rdef",
        "delete",
    ]
)


@SLOW
@given(st.lists(pieces, max_size=25).map(" ".join))
def test_any_sequence_of_tokens_ends_well(text: Any) -> None:
    fuzzing.check(text)


@SLOW
@given(st.text(max_size=60))
def test_any_text_ends_well(text: Any) -> None:
    fuzzing.check(text)


@SLOW
@given(st.integers(0, 2**32))
def test_any_program_of_the_generator_ends_well(seed: Any) -> None:
    fuzzing.check(fuzzing.Generator(seed).program())


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32))
def test_any_program_ends_well_on_a_beamline_whose_motors_move(seed: Any) -> None:
    fuzzing.check_beamline(fuzzing.Generator(seed).hardware_program())


@given(st.text(alphabet="ab'\"\\\n $1{};", max_size=40))
def test_a_definition_survives_being_quoted(text: Any) -> None:
    quoted = quote_definition(text)

    expected = text + " " if (len(text) - len(text.rstrip("\\"))) % 2 else text
    assert definition_text(quoted[1:-1], "'") == expected


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="ab'\"\\\n $1{};#", max_size=40))
def test_what_prdef_prints_defines_the_same_macro(text: Any) -> None:
    host = MemoryHost()
    interpreter = Interpreter(host)
    interpreter.macros.define(Macro("m", text))
    interpreter.execute("prdef m")
    printed = host.take_screen()
    interpreter.execute("undef m")

    interpreter.execute(printed)

    macro = interpreter.macros.get("m")
    assert macro is not None
    assert macro.text.removesuffix(" ") == text.removesuffix(" ")


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_written_so_that_it_can_be_read(number: Any) -> None:
    read = parse_number(format_number(number))

    assert read == pytest.approx(number, rel=1e-5)


@given(st.text(alphabet="ab()*+?|[]^$.{}1,\\", max_size=12), st.text(alphabet="ab", max_size=12))
@settings(deadline=None)
def test_any_pattern_matches_or_is_refused(pattern: Any, text: Any) -> None:
    from pycertifspec.simulator.language import SpecLanguageError

    try:
        found = Regex(pattern, Limits()).search(text)
    except SpecLanguageError:
        return
    if found is not None:
        assert 0 <= found.start <= found.end <= len(text)


@given(
    st.text(alphabet="ab", max_size=12),
    st.sampled_from(["a*b", "(a|b)*a", "a+b?", "^b*a", "b$", "[^a]+", "(ab)+", "a{2}", "a{1,2}b"]),
)
def test_patterns_find_what_python_finds(text: Any, pattern: Any) -> None:
    import re

    found, expected = Regex(pattern, Limits()).search(text), re.search(pattern, text)

    assert (found and (found.start, found.end)) == (expected and expected.span())


def test_macro_tables_list_their_names() -> None:
    table = MacroTable(Limits())
    table.define(Macro("b", ""))
    table.define(Macro("a", ""))

    assert list(table) == table.matching([]) == ["a", "b"]
