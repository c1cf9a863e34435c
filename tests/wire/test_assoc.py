"""Associative arrays, with one index and two, and with either terminator."""

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support import strategies

from pycertifspec.errors import LocalProtocolError, LocalTypeError, RemoteProtocolError
from pycertifspec.wire import assoc

index = st.text(st.characters(exclude_characters="\0\x1c", exclude_categories=["Cs"]), max_size=8)
keys = st.one_of(index, st.tuples(index, index))
arrays = st.dictionaries(keys, strategies.texts, max_size=6)


@given(arrays)
def test_what_is_encoded_is_decoded_with_the_extra_nul_and_without(array: Any) -> None:
    text = assoc.encode(array)

    # An array of one empty key with an empty value is bytes that an empty array has, too.
    expected = array if text.strip("\0") else {}
    assert assoc.decode(text + "\0") == expected
    assert assoc.decode(text) == expected


@given(st.text(max_size=60))
def test_any_text_is_an_array_or_a_documented_error(text: Any) -> None:
    with contextlib.suppress(RemoteProtocolError):
        assert all(isinstance(value, str) for value in assoc.decode(text).values())


@pytest.mark.parametrize("text", ["", "\0", "\0\0", "\0\0\0"])
def test_nothing_but_nuls_is_an_empty_array(text: Any) -> None:
    assert assoc.decode(text) == {}


@pytest.mark.parametrize(
    ("text", "array"),
    [
        ("one\0now\0\0", {"one": "now"}),
        ("one\0now\0", {"one": "now"}),
        ("one\0now", {"one": "now"}),
        ("one\0\0\0", {"one": ""}),
        ("one\0\0", {"one": ""}),
        ("\0x\0\0", {"": "x"}),
        ("a\0\0b\0\0\0", {"a": "", "b": ""}),
        ("three\x1c0\0time\0\0", {("three", "0"): "time"}),
        ("0\0a\x000\x1c1\0b\0\0", {"0": "a", ("0", "1"): "b"}),
        ("a\x1cb\x1cc\0x\0\0", {("a", "b\x1cc"): "x"}),
    ],
)
def test_each_known_form_is_read(text: Any, array: Any) -> None:
    assert assoc.decode(text) == array


@pytest.mark.parametrize("text", ["one", "one\0now\0two", "one\0now\0two\0"])
def test_a_key_without_a_value_is_an_error_that_names_it(text: Any) -> None:
    with pytest.raises(RemoteProtocolError, match=r"'var/A' has .* items, expected pairs") as caught:
        assoc.decode(text, "var/A")

    assert repr(text.rstrip("\0").split("\0")[-1]) in str(caught.value)
    assert (caught.value.field, caught.value.property) == ("body", "var/A")


def test_numbers_become_text_in_indices_and_values() -> None:
    assert assoc.encode({0: 1.5, ("a", 2): True, 0.5: "x"}) == "0\x001.5\0a\x1c2\x001\x000.5\0x\0"
    assert assoc.encode({}) == ""


@pytest.mark.parametrize("array", [{"a\0": 1}, {"a": "\0"}, {("a", "\0"): 1}])
def test_a_nul_in_a_key_or_a_value_is_refused(array: Any) -> None:
    with pytest.raises(LocalProtocolError, match="contains a NUL"):
        assoc.encode(array)


@pytest.mark.parametrize("array", [{"a": None}, {None: 1}, {"a": [1]}, {("a", None): 1}, {"a": {"b": 1}}])
def test_what_has_no_place_in_an_array_is_refused(array: Any) -> None:
    with pytest.raises(LocalTypeError):
        assoc.encode(array)


@pytest.mark.parametrize("key", [(), ("a",), ("a", "b", "c")])
def test_an_element_has_one_index_or_two(key: Any) -> None:
    with pytest.raises(LocalProtocolError, match="one or two"):
        assoc.encode({key: 1})
