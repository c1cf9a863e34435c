"""Data arrays of all ten numeric types, in both byte orders."""

import logging
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycertifspec.errors import LocalTypeError, RemoteProtocolError
from pycertifspec.wire import arrays
from pycertifspec.wire.constants import ELEMENTS

ORDERS = ["little", "big"]
KINDS = sorted(ELEMENTS.items())


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(("kind", "code"), KINDS)
@pytest.mark.parametrize("nul", [b"", b"\0"], ids=["bare", "nul"])
def test_every_type_is_read_in_every_order_with_and_without_a_nul(kind: Any, code: Any, order: Any, nul: Any) -> None:
    values = np.array([[1, 2, 100], [3, 0, 7]], dtype=("<" if order == "little" else ">") + code)

    got = arrays.decode(kind, 2, 3, values.tobytes() + nul, order)

    assert got.tolist() == values.tolist()
    assert got.shape == (2, 3)
    assert got.dtype == np.dtype(code)
    assert got.dtype.isnative


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(("kind", "code"), KINDS)
def test_every_type_is_written_in_every_order(kind: Any, code: Any, order: Any) -> None:
    values = np.array([[1, 2, 100], [3, 0, 7]], dtype=code)

    got = arrays.encode(values, order)

    assert got[:3] == (kind, 2, 3)
    assert bytes(got[3]) == values.astype(values.dtype.newbyteorder("<" if order == "little" else ">")).tobytes()
    assert arrays.decode(*got[:3], bytes(got[3]), order).tolist() == values.tolist()


@pytest.mark.parametrize(("rows", "cols"), [(1, 3), (3, 1), (0, 3), (3, 0)])
def test_one_dimension_is_one_dimension_however_rows_and_cols_say_it(rows: Any, cols: Any) -> None:
    assert arrays.decode(8, rows, cols, b"\1\0\0\0\2\0\0\0\3\0\0\0", "little").tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("rows", "cols", "raw"), [(0, 0, b""), (0, 0, b"\0"), (1, 0, b""), (0, 1, b""), (0, 3, b""), (3, 0, b"\0")]
)
def test_an_array_without_elements_is_empty(rows: Any, cols: Any, raw: Any, caplog: Any) -> None:
    assert arrays.decode(5, rows, cols, raw, "little").tolist() == []
    assert caplog.text == ""


def test_a_single_byte_that_is_nul_is_an_element_where_one_is_expected() -> None:
    assert arrays.decode(12, 0, 1, b"\0", "little").tolist() == [0]
    assert arrays.decode(12, 0, 3, b"\0", "little").tolist() == []


@pytest.mark.parametrize("order", ORDERS)
def test_a_decoded_array_is_read_only_whether_it_is_a_view_or_a_copy(order: Any) -> None:
    got = arrays.decode(5, 2, 2, bytes(32), order)

    with pytest.raises(ValueError, match="read-only"):
        got[0, 0] = 1


def test_a_native_array_is_a_view_on_the_body() -> None:
    import sys

    raw = bytes(80)

    got = arrays.decode(5, 1, 10, raw, sys.byteorder)

    assert not got.flags.owndata
    assert np.shares_memory(got, np.frombuffer(raw, "u1"))


@pytest.mark.parametrize(("length", "elements"), [(16, 2), (0, 0), (40, 5)])
def test_whole_elements_of_another_number_come_out_flat_with_a_warning(length: Any, elements: Any, caplog: Any) -> None:
    with caplog.at_level(logging.WARNING, "pycertifspec.wire"):
        got = arrays.decode(5, 2, 2, bytes(length), "little", "var/a")

    assert got.shape == (elements,)
    assert f"'var/a' has {length} bytes for 2 x 2 elements of 8" in caplog.text


def test_a_body_that_agrees_with_its_header_makes_no_warning(caplog: Any) -> None:
    arrays.decode(5, 2, 2, bytes(33), "little")
    arrays.decode(12, 2, 2, bytes(5), "little")

    assert caplog.text == ""


@pytest.mark.parametrize("raw", [bytes(31), bytes(34), bytes(32) + b"\1", b"\1"])
def test_a_body_of_no_whole_number_of_elements_is_an_error_with_both_values(raw: Any) -> None:
    with pytest.raises(
        RemoteProtocolError, match=f"'var/a' has {len(raw)} bytes, expected 2 x 2 elements of 8"
    ) as caught:
        arrays.decode(5, 2, 2, raw, "little", "var/a")

    assert (caught.value.field, caught.value.property) == ("len", "var/a")


@given(
    kind=st.sampled_from(sorted(ELEMENTS)),
    rows=st.one_of(st.integers(0, 5), st.integers(0, 2**32 - 1)),
    cols=st.one_of(st.integers(0, 5), st.integers(0, 2**32 - 1)),
    raw=st.binary(max_size=60),
    order=st.sampled_from(ORDERS),
)
def test_any_header_with_any_body_is_an_array_or_a_documented_error(
    kind: Any, rows: Any, cols: Any, raw: Any, order: Any
) -> None:
    try:
        got = arrays.decode(kind, rows, cols, raw, order)
    except RemoteProtocolError:
        return
    assert got.nbytes <= len(raw)


@pytest.mark.parametrize(
    ("numbers", "code"),
    [
        ([1, 2], "i4"),
        ([-(2**31), 2**31 - 1], "i4"),
        ([[0, 1], [2, 2**32 - 1]], "u4"),
        ([-1, 2**31], "f8"),
        ([2**53, -(2**60)], "f8"),
        ([2**53 + 1], "i8"),
        ([2**63 - 1, -(2**63)], "i8"),
        ([2**64 - 1], "u8"),
        ((np.int64(5), 7), "i4"),
        ([np.int16(5)], "i2"),
        ([[], []], "f8"),
    ],
    ids=repr,
)
def test_integers_of_a_list_travel_as_what_every_spec_reads(numbers: Any, code: Any) -> None:
    kind, rows, cols, data = arrays.encode(numbers, "big")

    assert ELEMENTS[kind] == code
    assert arrays.decode(kind, rows, cols, bytes(data), "big").ravel().tolist() == np.asarray(numbers).ravel().tolist()


@pytest.mark.parametrize("code", ["i8", "u8", "i4"])
def test_the_type_of_an_array_is_the_callers_choice(code: Any) -> None:
    assert ELEMENTS[arrays.encode(np.array([1, 2], code), "little")[0]] == code


@pytest.mark.parametrize("order", ORDERS)
def test_lists_are_arrays_too_and_booleans_travel_as_bytes(order: Any) -> None:
    assert arrays.encode([1.5, 2.5], order)[:3] == (5, 1, 2)
    assert arrays.encode([[1], [2], [3]], order)[:3] == (7, 3, 1)
    assert arrays.encode([True, False], order)[:3] == (12, 1, 2)
    assert arrays.encode([], order)[1:3] == (1, 0)


def test_strided_and_transposed_arrays_are_sent_row_by_row() -> None:
    values = np.arange(6, dtype="u1").reshape(2, 3)

    assert bytes(arrays.encode(values.T, "little")[3]) == bytes([0, 3, 1, 4, 2, 5])
    assert bytes(arrays.encode(values[:, ::2], "little")[3]) == bytes([0, 2, 3, 5])


def test_a_contiguous_array_in_the_right_order_is_not_copied() -> None:
    values = np.arange(6, dtype="<f8")

    body = arrays.encode(values, "little")[3]

    assert np.shares_memory(values, np.frombuffer(body, "u1"))


@pytest.mark.parametrize(
    "value",
    [
        np.zeros(2, "c16"),
        np.zeros(2, "f2"),
        np.zeros((1, 2, 3)),
        np.array(1.0),
        ["a", "b"],
        [1, "b"],
        [None],
        [[1, 2], [3]],
        [2**70],
        np.array(["2020-01-01"], "M8[D]"),
    ],
    ids=repr,
)
def test_what_spec_has_no_array_for_is_refused(value: Any) -> None:
    with pytest.raises(LocalTypeError, match="cannot send"):
        arrays.encode(value, "little")


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("source", ORDERS)
def test_elements_are_put_into_the_wanted_order(order: Any, source: Any) -> None:
    marks = {"little": "<", "big": ">"}
    values = np.array([[1, 2], [3, 4]], marks[source] + "i4")

    assert bytes(arrays.in_order(values, order)) == values.astype(marks[order] + "i4").tobytes()


def test_item_sizes_are_the_wires_on_every_machine() -> None:
    assert [arrays.item_size(kind) for kind, _ in KINDS] == [8, 4, 4, 4, 2, 2, 1, 1, 8, 8]


def test_numpys_values_are_told_from_others() -> None:
    assert arrays.is_array(np.zeros(2))
    assert arrays.is_array(np.float64(1))
    assert not arrays.is_array([1, 2])
    assert not arrays.is_array(1.0)
