"""Values and macros go into the state and come back as they were, whatever they are."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycertifspec.simulator.language import AssociativeArray, Macro, NumericString
from pycertifspec.simulator.language.macros import Piece
from pycertifspec.simulator.language.values import from_outside
from pycertifspec.simulator.state.values import decoded, decoded_macro, encoded, encoded_macro

texts = st.text()
scalars = st.one_of(
    st.none(), st.floats(), texts, st.sampled_from(["0x1f", " 12 ", "-1e300", "1e999"]).map(from_outside)
)
arrays = st.dictionaries(texts, scalars, max_size=5).map(AssociativeArray)


def same(one: Any, other: Any) -> bool:
    if isinstance(one, AssociativeArray):
        return list(one.elements) == list(other.elements) and all(
            same(value, other.elements[key]) for key, value in one.elements.items()
        )
    if isinstance(one, float):
        return type(other) is float and repr(one) == repr(other)
    if isinstance(one, NumericString):
        return isinstance(other, NumericString) and str(one) == str(other) and same(one.number, other.number)
    return type(one) is type(other) and one == other


@given(st.one_of(scalars, arrays))
def test_a_value_comes_back_as_it_was(value: Any) -> None:
    through = json.loads(json.dumps(encoded(value), allow_nan=False))
    assert same(value, decoded(through))


@pytest.mark.parametrize("value", [True, 3])
def test_whole_numbers_become_numbers_of_the_language(value: Any) -> None:
    assert same(decoded(encoded(value)), float(value))
    assert same(decoded(3), 3.0)


@pytest.mark.parametrize(
    "data",
    [
        True,
        [],
        {},
        {"number": "x"},
        {"number": 1.0},
        {"text": "1"},
        {"text": "1", "number": "x"},
        {"text": 1, "number": 1},
        {"array": []},
        {"array": {"a": {"array": {}}}},
        {"array": {"a": [1]}},
        {"array": {}, "more": 1},
        {"array": ["x" * 1000]},
    ],
)
def test_what_is_no_value_is_refused(data: Any) -> None:
    with pytest.raises(ValueError, match="is no"):
        decoded(data)


@given(
    texts,
    texts,
    st.integers(1),
    st.none() | st.lists(texts, max_size=3).map(tuple),
    st.none() | st.lists(st.builds(Piece, texts, texts, st.integers(), st.booleans()), max_size=3).map(tuple),
)
def test_a_macro_comes_back_as_it_was(text: str, source: str, line: int, parameters: Any, pieces: Any) -> None:
    macro = Macro("m", text, source, line, parameters=parameters, pieces=pieces)
    assert decoded_macro("m", json.loads(json.dumps(encoded_macro(macro)))) == macro


@pytest.mark.parametrize(
    "change",
    [
        {"text": 1},
        {"line": "1"},
        {"source": None},
        {"parameters": "a"},
        {"parameters": [1]},
        {"pieces": {}},
        {"pieces": [["text", "key", 0]]},
        {"pieces": [["text", "key", "0", True]]},
    ],
)
def test_what_is_no_macro_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"is no|are no"):
        decoded_macro("m", {"text": "", "source": "tty", "line": 1, **change})
    with pytest.raises(ValueError, match="is no macro"):
        decoded_macro("m", [])


def test_special_numbers_have_names() -> None:
    assert [encoded(x) for x in (math.nan, math.inf, -math.inf)] == [{"number": x} for x in ("nan", "inf", "-inf")]
