"""How calls are spelled, and that no text does more than be refused."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycertifspec.errors import RemoteError
from pycertifspec.session import calls
from pycertifspec.session.calls import MAX_NESTING, MAX_TEXT, Call, Name, parse, parse_items


@pytest.mark.parametrize(
    "text", ["f(1, 2)", "f 1 2", "f(1,2)", "f (1, 2)", " f( 1 , 2 ) ", "f(1, 2)\n", "f 1 2;", "f(1, 2,)"]
)
def test_both_spellings_of_a_call_mean_the_same(text: Any) -> None:
    assert parse(text) == [Call("f", (1.0, 2.0))]


def test_items_mean_the_same_call_as_text() -> None:
    assert parse_items(("f", "1", "2")) == Call("f", (1.0, 2.0))
    assert parse_items((" f\n", '"a b"', "th")) == Call("f", ("a b", Name("th")))


def test_an_item_that_is_no_value_is_taken_as_it_stands() -> None:
    assert parse_items(("f", "x[1]", "")) == Call("f", (Name("x[1]"), ""))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", 1),
        ("-1.5", -1.5),
        ("+2", 2),
        (".5", 0.5),
        ("1.", 1),
        ("1e3", 1000),
        ("1.5E-2", 0.015),
        ("0x10", 16),
        ("-0X10", -16),
    ],
)
def test_numbers_are_floats(text: Any, number: Any) -> None:
    assert parse(text) == [number]
    assert parse(f"f({text})") == [Call("f", (float(number),))]


@pytest.mark.parametrize("text", ["1.2.3", "5deg", "-", "th", "1e", "a.b", "$x", "0xg", "{x}"])
def test_what_is_no_number_is_a_word(text: Any) -> None:
    assert parse(text) == [Name(text)]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ('"a b"', "a b"),
        ("'a b'", "a b"),
        ('"it\'s"', "it's"),
        ("'say \"hi\"'", 'say "hi"'),
        (r'"a\"b"', 'a"b'),
        (r"'a\'b'", "a'b"),
        (r'"a\nb\t\\"', "a\nb\t\\"),
        (r'"\q"', "q"),
        ('""', ""),
        ('"007"', "007"),
        ('"a;b\nc"', "a;b\nc"),
        (r'"a\";b"', 'a";b'),
        ("'(),:[]'", "(),:[]"),
        ('"Å"', "Å"),
    ],
)
def test_quotes_hold_any_text(source: Any, text: Any) -> None:
    assert parse(source) == [text]
    assert parse(f"f({source}, 1)") == [Call("f", (text, 1.0))]
    assert parse_items(("f", source)) == Call("f", (text,))


@pytest.mark.parametrize("text", ["f(1);g 2\nh", "f(1)\ng(2);h", ";;f(1);\n;g 2;\n h ;"])
def test_statements_are_separated_by_semicolons_or_newlines(text: Any) -> None:
    assert parse(text) == [Call("f", (1.0,)), Call("g", (2.0,)), Name("h")]


@pytest.mark.parametrize("text", ["", " ", ";", "\n\n;"])
def test_an_empty_text_has_no_statements(text: Any) -> None:
    assert parse(text) == []


def test_a_call_without_arguments_and_a_word_alone() -> None:
    assert parse("f()") == [Call("f", ())]
    assert parse("f") == [Name("f")]


@pytest.mark.parametrize(
    ("source", "array"),
    [
        ("[]", {}),
        ("[1, 2]", {"0": 1.0, "1": 2.0}),
        ('["a": 1, "b": "x"]', {"a": 1.0, "b": "x"}),
        ("[1: 2, 1.5: 3]", {"1": 2.0, "1.5": 3.0}),
        ("[a: b]", {"a": "b"}),
        ("['a': [1, [2]]]", {"a": {"0": 1.0, "1": {"0": 2.0}}}),
        ("[1, ]", {"0": 1.0}),
        ("[1 2]", {"0": 1.0, "1": 2.0}),
    ],
)
def test_associative_arrays(source: Any, array: Any) -> None:
    assert parse(source) == [array]
    assert parse(f"f({source})") == [Call("f", (array,))]
    assert parse_items(("f", source)) == Call("f", (array,))


def test_arrays_may_be_nested_to_a_depth_and_no_deeper() -> None:
    parse("[" * MAX_NESTING + "]" * MAX_NESTING)
    with pytest.raises(RemoteError, match="arrays in arrays"):
        parse("[" * (MAX_NESTING + 1) + "]" * (MAX_NESTING + 1))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("f(1", "parenthesis is missing"),
        ("f(1) 2", "parenthesis is missing"),
        ("f(1 2)", "comma is missing"),
        ("f(,)", "out of place"),
        ("f 1, 2", "out of place"),
        ("f(g(1))", "comma is missing"),
        ("1 + 1", "neither a call nor a value"),
        ('"a" "b"', "neither a call nor a value"),
        ("f(1) + g(2)", "comma is missing"),
        (")", "out of place"),
        ("[1", "bracket is missing"),
        ("[1:", "ends too early"),
        ("[1:]", "out of place"),
        ("[:1]", "out of place"),
        ("[[1]: 2]", "no index"),
        ('"a', "cannot read"),
        ("f('a", "cannot read"),
        ('"a\\', "cannot read"),
        ("f(0x" + "f" * 300 + ")", "too large"),
        ("x" * (MAX_TEXT + 1), "more than"),
    ],
)
def test_what_is_neither_call_nor_value_is_refused(text: Any, reason: Any) -> None:
    with pytest.raises(RemoteError, match=reason):
        parse(text)


@pytest.mark.parametrize("item", ["it's", "(", "a;b'", "[1", "0x" + "f" * 300, "1" * (MAX_TEXT + 1), "; 1"])
def test_an_item_that_cannot_be_read_is_refused(item: Any) -> None:
    with pytest.raises(RemoteError):
        parse_items(("f", item))


SOURCE = st.text(st.sampled_from("f1x\"'\\()[],:; \n.-e\0Å"), max_size=60) | st.text(max_size=60)


@given(SOURCE)
def test_any_text_is_read_or_refused(text: Any) -> None:
    try:
        statements = parse(text)
    except RemoteError:
        return
    assert all(isinstance(statement, (Call, Name, str, float, dict)) for statement in statements)


@given(st.lists(SOURCE, min_size=1, max_size=4))
def test_any_items_are_read_or_refused(items: Any) -> None:
    try:
        call = parse_items(tuple(items))
    except RemoteError:
        return
    assert len(call.arguments) == len(items) - 1


ARGUMENT = st.recursive(
    st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def _source(value: object) -> str:
    if isinstance(value, dict):
        return "[" + ", ".join(f"{_source(key)}: {_source(element)}" for key, element in value.items()) + "]"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return repr(value)


@given(st.lists(ARGUMENT, max_size=4))
def test_what_is_written_as_source_is_read_back_in_every_spelling(arguments: Any) -> None:
    sources = [_source(argument) for argument in arguments]

    assert parse(f"f({', '.join(sources)})") == [Call("f", tuple(arguments))]
    assert parse_items(("f", *sources)) == Call("f", tuple(arguments))
    if sources:
        assert parse(f"f {' '.join(sources)}") == [Call("f", tuple(arguments))]


@pytest.mark.parametrize(
    "piece",
    [";", "\n", '"', "'", "f(", "[", "1 ", "a,", '";', "\\", ";\n", '"a"', " ", "1:", "[1:", "-", "1e", '"\\'],
    ids=repr,
)
def test_the_time_to_read_a_hostile_text_grows_no_faster_than_the_text(piece: Any) -> None:
    def seconds(size: int) -> float:
        text = piece * (size // len(piece)) + '"'
        begin = time.process_time()
        with pytest.raises(RemoteError):
            parse(text)
        return time.process_time() - begin

    # A text sixteen times as long takes sixteen times as long if reading is linear, 256 times if it is quadratic.
    short = min(seconds(4_000) for _ in range(3))
    assert seconds(64_000) < 64 * short + 0.05


def test_the_limits_are_those_that_the_module_names() -> None:
    assert calls.MAX_TEXT == 256 * 1024
