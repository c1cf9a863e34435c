"""Values: what a body means in Python, and Python's values as bodies."""

import types
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support import strategies
from tests.support.packets import Packet

from pycertifspec.errors import LocalProtocolError, LocalTypeError, RemoteProtocolError
from pycertifspec.wire import values
from pycertifspec.wire.decoder import Decoder


def decode(**fields: Any) -> Any:
    (message,) = Decoder().receive(Packet(**fields).encode())
    return values.decode(message)


def there_and_back(value: Any, order: Any = "little") -> Any:
    kind, rows, cols, data = values.encode(value, order)
    return decode(type=kind, rows=rows, cols=cols, body=bytes(data), order=order)


@given(strategies.packets())
def test_any_message_is_a_value_or_a_documented_error(packet: Any) -> None:
    (message,) = Decoder().receive(packet.encode())
    problem = None
    try:
        values.decode(message)
    except RemoteProtocolError as error:
        problem = error
    if problem is not None:
        assert problem.property == packet.name
        assert problem.field
        assert repr(packet.name) in str(problem)


@pytest.mark.parametrize("kind", [2, 3, 0])
@pytest.mark.parametrize(("raw", "text"), [(b"1.5\0", "1.5"), (b"1.5", "1.5"), (b"a\0b\0", "a"), (b"\xb5m\0", "µm")])
def test_texts_and_errors_are_cut_at_the_first_nul(kind: Any, raw: Any, text: Any) -> None:
    assert decode(type=kind, body=raw) == text


@pytest.mark.parametrize("kind", [2, 3])
@pytest.mark.parametrize("raw", [b"", b"\0"])
def test_an_empty_text_is_a_text(kind: Any, raw: Any) -> None:
    assert decode(type=kind, body=raw) == ""


def test_a_packet_without_type_and_body_has_no_value() -> None:
    assert decode(type=0, body=b"") is None
    assert decode(type=0, body=b"\0") == ""


@pytest.mark.parametrize("kind", [16, 99, -1])
def test_a_type_that_nobody_knows_is_its_bytes(kind: Any) -> None:
    assert decode(type=kind, body=b"abc\0") == b"abc\0"


@pytest.mark.parametrize("order", ["little", "big"])
def test_a_double_is_a_number_binary_or_text(order: Any) -> None:
    assert decode(type=1, body=np.array([1.5], "<f8" if order == "little" else ">f8").tobytes(), order=order) == 1.5
    assert decode(type=1, body=b"1.5\0", order=order) == 1.5


def test_a_contradiction_names_the_property() -> None:
    for kind, body in ((1, b"abc"), (4, b"key"), (5, bytes(7))):
        with pytest.raises(RemoteProtocolError, match="'var/x'") as caught:
            decode(type=kind, body=body, name="var/x", rows=1, cols=1)
        assert caught.value.property == "var/x"


@pytest.mark.parametrize(
    ("rows", "cols", "raw", "strings"),
    [
        # fixed width, as SPEC has them in memory
        (2, 8, b"alpha\0\0\0be\0\0\0\0\0\0", ["alpha", "be"]),
        (2, 8, b"alpha\0\0\0be\0\0\0\0\0\0\0", ["alpha", "be"]),
        (2, 2, b"abcd", ["ab", "cd"]),
        (1, 3, b"\0\0\0", [""]),
        (3, 1, b"abc", ["a", "b", "c"]),
        # strings that end in NUL, as chess-pyspec and QXRD send them
        (1, 2, b"alpha\0be\0", ["alpha", "be"]),
        (1, 3, b"alpha\0\0be\0", ["alpha", "", "be"]),
        (2, 2, b"one\0two\0three\0four\0", [["one", "two"], ["three", "four"]]),
        (2, 1, b"alpha\0beta\0", ["alpha", "beta"]),
        (1, 2, b"alpha\0be", ["alpha", "be"]),
        # ... and chess-pyspec with one NUL more
        (1, 2, b"alpha\0be\0\0", ["alpha", "be"]),
        (1, 2, b"alpha\0\0\0", ["alpha", ""]),
        (2, 2, b"one\0two\0three\0four\0\0", [["one", "two"], ["three", "four"]]),
        # a header that says something else, or nothing
        (0, 0, b"alpha\0be\0", ["alpha", "be"]),
        (2, 2, b"alpha\0be\0gamma\0", ["alpha", "be", "gamma"]),
        (0, 0, b"", []),
        (0, 5, b"\0", [""]),
        (1, 2, "µm\0°C\0".encode("latin-1"), ["µm", "°C"]),
    ],
)
def test_string_arrays_are_read_in_both_known_layouts(rows: Any, cols: Any, raw: Any, strings: Any) -> None:
    assert decode(type=13, rows=rows, cols=cols, body=raw) == strings


@given(st.lists(strategies.texts, min_size=1, max_size=6))
def test_strings_in_rows_of_a_fixed_width_come_back(strings: Any) -> None:
    assert there_and_back(strings) == strings


@given(st.lists(strategies.texts.filter(lambda text: len(text) > 1), min_size=1, max_size=6))
def test_strings_that_end_in_nul_come_back(strings: Any) -> None:
    kind, rows, cols, data = values.encode_strings(strings, terminated=True)

    assert (kind, rows, cols) == (13, 1, len(strings))
    assert decode(type=kind, rows=rows, cols=cols, body=bytes(data)) == strings


def test_the_width_of_the_rows_can_be_chosen() -> None:
    assert values.encode_strings(["a", "bc"]) == (13, 2, 3, b"a\0\0bc\0")
    assert values.encode_strings(["a", "bc"], width=5) == (13, 2, 5, b"a\0\0\0\0bc\0\0\0")
    assert values.encode_strings([], width=5) == (13, 0, 5, b"")
    with pytest.raises(LocalProtocolError, match="longer than a row of 1 bytes"):
        values.encode_strings(["a", "bc"], width=1)


def test_what_is_no_text_is_refused() -> None:
    for encode in (values.encode_scalar, values.encode_error, lambda text: values.encode_strings([text])):
        with pytest.raises(LocalProtocolError, match=r"cannot send: '\\udcff' is no text in UTF-8"):
            encode("\udcff")


@pytest.mark.parametrize("terminated", [True, False])
def test_a_nul_in_a_string_is_refused(terminated: Any) -> None:
    with pytest.raises(LocalProtocolError, match="contains a NUL"):
        values.encode_strings(["a\0b"], terminated=terminated)


@given(st.one_of(strategies.texts, st.floats(-1e300, 1e300), st.integers(-(10**15), 10**15), st.booleans()))
def test_texts_and_numbers_travel_as_text(value: Any) -> None:
    got = there_and_back(value)

    assert isinstance(got, str)
    assert got == value if isinstance(value, str) else float(got) == pytest.approx(float(value), rel=1e-14)


def test_one_nul_is_written_and_numbers_have_fifteen_digits() -> None:
    assert values.encode("abc") == (2, 0, 0, b"abc\0")
    assert values.encode("") == (2, 0, 0, b"\0")
    assert values.encode(1 / 3) == (2, 0, 0, b"0.333333333333333\0")
    assert values.encode(np.float64(2.5)) == (2, 0, 0, b"2.5\0")
    assert values.encode(np.array(2.5)) == (2, 0, 0, b"2.5\0")
    assert values.encode(True) == (2, 0, 0, b"1\0")


@pytest.mark.parametrize("mapping", [dict, types.MappingProxyType])
def test_a_mapping_is_an_associative_array_with_the_extra_nul(mapping: Any) -> None:
    assert values.encode(mapping({"one": "now", ("three", 0): 1.5})) == (
        4,
        0,
        0,
        b"one\0now\0three\x1c0\x001.5\0\0",
    )
    assert values.encode(mapping({})) == (4, 0, 0, b"\0")
    assert decode(type=4, body=b"one\0now\0three\x1c0\x001.5\0\0") == {"one": "now", ("three", "0"): "1.5"}


@pytest.mark.parametrize("order", ["little", "big"])
@pytest.mark.parametrize(
    "value", [[1.5, 2], (1, 2), np.arange(6.0).reshape(2, 3), np.arange(3, dtype=">u2"), [[1], [2]], []]
)
def test_sequences_of_numbers_and_numpys_arrays_are_arrays(value: Any, order: Any) -> None:
    got = there_and_back(value, order)

    assert got.tolist() == np.asarray(value).reshape(got.shape).tolist()


@pytest.mark.parametrize("value", [None, b"abc", object(), {1, 2}, 1j, ["a", 1], np.array(["a"]), range(3)])
def test_what_spec_has_no_value_for_is_refused_as_a_type(value: Any) -> None:
    with pytest.raises(LocalTypeError, match="cannot send"):
        values.encode(value)


def test_a_nul_in_a_text_is_refused() -> None:
    with pytest.raises(LocalProtocolError, match="contains a NUL"):
        values.encode("a\0b")


def test_an_error_is_always_sent() -> None:
    assert values.encode_error("no\0 such variable") == (3, 0, 0, b"no such variable\0")
