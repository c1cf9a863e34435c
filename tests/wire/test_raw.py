"""`raw_view`: what may be a body, and what may not."""

import array
import struct
import sys
import types
from typing import Any

import numpy as np
import pytest

from pycertifspec.errors import LocalProtocolError, LocalTypeError
from pycertifspec.wire.raw import raw_view

OTHER = "big" if sys.byteorder == "little" else "little"


@pytest.mark.parametrize(
    "body", [b"abcd", bytearray(b"abcd"), memoryview(b"abcd"), memoryview(b"xabcd")[1:], np.frombuffer(b"abcd", "u1")]
)
@pytest.mark.parametrize("order", ["little", "big"])
def test_bytes_of_every_kind_are_themselves(body: Any, order: Any) -> None:
    view = raw_view(body, order)

    assert bytes(view) == b"abcd"
    assert len(view) == 4


@pytest.mark.parametrize("order", ["little", "big"])
@pytest.mark.parametrize("source", ["<", ">", "="])
def test_an_arrays_elements_are_in_the_connections_order(order: Any, source: Any) -> None:
    values = np.array([[1, 2, 3], [4, 5, 6]], dtype=source + "f8")

    assert bytes(raw_view(values, order)) == np.arange(1.0, 7.0).astype("<f8" if order == "little" else ">f8").tobytes()


@pytest.mark.parametrize("order", ["little", "big"])
def test_the_standard_librarys_arrays_are_arrays(order: Any) -> None:
    assert bytes(raw_view(array.array("H", [1, 2]), order)) == b"".join(n.to_bytes(2, order) for n in (1, 2))


def test_an_array_in_the_right_order_is_not_copied() -> None:
    values = np.arange(5.0)

    assert np.shares_memory(values, np.frombuffer(raw_view(values, sys.byteorder), "u1"))


@pytest.mark.parametrize("body", [b"", bytearray(), np.zeros(0), np.zeros((0, 5)), np.zeros((3, 0), "i2")])
@pytest.mark.parametrize("order", ["little", "big"])
def test_nothing_is_no_bytes(body: Any, order: Any) -> None:
    assert bytes(raw_view(body, order)) == b""


@pytest.mark.parametrize("order", ["little", "big"])
def test_a_single_number_of_numpys_is_its_bytes(order: Any) -> None:
    assert bytes(raw_view(np.float64(1.5), order)) == struct.pack("<d" if order == "little" else ">d", 1.5)


def test_a_text_is_refused_with_advice() -> None:
    with pytest.raises(LocalTypeError, match=r"the body is the str 'abc'; encode it and end it with a NUL"):
        raw_view("abc", "little")


@pytest.mark.parametrize("body", [None, 5, [1, 2], object(), types.SimpleNamespace(), np.array(["2020"], "M8[D]")])
def test_what_has_no_bytes_is_refused(body: Any) -> None:
    with pytest.raises(LocalTypeError, match="expected bytes or an array of numbers"):
        raw_view(body, "little")


@pytest.mark.parametrize(
    "body", [np.zeros((4, 4))[:, ::2], np.zeros((3, 4)).T, np.asfortranarray(np.ones((3, 2))), memoryview(b"abcd")[::2]]
)
@pytest.mark.parametrize("order", ["little", "big"])
def test_an_array_with_gaps_is_refused_with_advice(body: Any, order: Any) -> None:
    with pytest.raises(LocalProtocolError, match=r"not contiguous in memory; copy it \(numpy.ascontiguousarray\)"):
        raw_view(body, order)


@pytest.mark.parametrize("body", [np.zeros(2, "c16"), np.array(["ab"]), np.zeros(2, [("a", "i4"), ("b", "f8")])])
@pytest.mark.parametrize("order", ["little", "big"])
def test_elements_that_are_no_numbers_of_spec_are_refused(body: Any, order: Any) -> None:
    with pytest.raises(LocalTypeError, match="elements are of format"):
        raw_view(body, order)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (7, np.zeros(3, "f8")),
        (7, np.zeros(3, "u4")),
        (7, np.zeros(3, "i8")),
        (5, np.zeros(3, "f4")),
        (5, np.zeros((0, 3), "i4")),
        (5, array.array("f", [1])),
        (5, np.zeros(8, "i1")),
        (12, np.zeros(3, "i1")),
        (5, np.zeros(8, "?")),
        (5, np.array([b"12345678"])),
        (1, np.zeros(1, "i8")),
        (2, np.zeros(2, "f8")),
        (4, np.zeros(2, "i2")),
        (13, np.zeros(2, "i4")),
    ],
    ids=repr,
)
@pytest.mark.parametrize("order", ["little", "big"])
def test_elements_that_contradict_the_data_type_are_refused(kind: Any, body: Any, order: Any) -> None:
    with pytest.raises(LocalTypeError, match=r"elements are of type .*, but SV_\w+ is .*; convert"):
        raw_view(body, order, kind)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (5, np.zeros(3)),
        (5, np.zeros(16, "u1")),
        (5, memoryview(bytes(16))),
        (7, array.array("i", [1, 2])),
        (11, np.zeros(3, "i1")),
        (12, np.ones(3, "?")),
        (1, np.float64(2)),
        (2, np.bytes_(b"abc")),
        (13, np.zeros(4, "i1")),
        (0, np.zeros(3, "i2")),
        (99, np.zeros(3)),
    ],
)
def test_elements_of_the_data_type_and_bytes_are_taken(kind: Any, body: Any) -> None:
    assert bytes(raw_view(body, sys.byteorder, kind)) == memoryview(body).tobytes()


@pytest.mark.parametrize("order", ["little", "big"])
def test_numpys_strings_of_a_fixed_width_are_the_rows_of_a_string_array(order: Any) -> None:
    rows = np.array([b"alpha", b"be"])

    assert bytes(raw_view(rows, order, 13)) == b"alphabe\0\0\0"
    assert bytes(raw_view(rows[:0], order, 13)) == b""


def test_a_data_type_that_is_no_number_is_refused() -> None:
    with pytest.raises(LocalTypeError, match="type is"):
        raw_view(bytearray(3), "little", [5])  # type: ignore[arg-type]
