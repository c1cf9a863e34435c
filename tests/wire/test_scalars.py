"""Single values: numbers and texts as SPEC writes them."""

import decimal
import math
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycertifspec.errors import LocalProtocolError, LocalTypeError, RemoteProtocolError
from pycertifspec.wire import scalars


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1, "1"),
        (1.5, "1.5"),
        (0.1, "0.1"),
        (25.000001373291, "25.000001373291"),
        (1 / 3, "0.333333333333333"),
        (1e20, "1e+20"),
        (-0.0, "-0"),
        (True, "1"),
        (False, "0"),
        (math.inf, "inf"),
        (math.nan, "nan"),
        (np.float32(0.5), "0.5"),
        (np.int64(7), "7"),
        (decimal.Decimal("2.5"), "2.5"),
    ],
)
def test_a_number_is_written_as_spec_writes_it(value: Any, text: Any) -> None:
    assert scalars.format_number(value) == text
    assert scalars.format_scalar(value) == text


def test_a_text_is_itself() -> None:
    assert scalars.format_scalar("007") == "007"
    assert scalars.format_scalar("") == ""


def test_an_integer_beyond_all_doubles_is_refused() -> None:
    with pytest.raises(LocalProtocolError, match=r"larger than any number of SPEC"):
        scalars.format_number(10**400)


@pytest.mark.parametrize(
    "value",
    [None, b"1", [1], {}, 1j, np.datetime64("2020-01-01"), np.ma.masked_array([1, 2]), np.array([1, 2])],
)
def test_what_is_neither_text_nor_number_is_refused(value: Any) -> None:
    with pytest.raises(LocalTypeError, match="neither a text nor a number"):
        scalars.format_scalar(value)


@given(st.floats(allow_nan=False), st.sampled_from(["little", "big"]), st.booleans())
def test_eight_bytes_are_a_double_in_the_connections_order_with_or_without_a_nul(
    value: Any, order: Any, nul: Any
) -> None:
    raw = struct.pack(("<" if order == "little" else ">") + "d", value) + b"\0" * nul

    got = scalars.decode_double(raw, order)

    assert got == value or raw.isascii()  # eight ASCII bytes may also be a number's text


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"1.5", 1.5),
        (b"1.5\0", 1.5),
        (b"1.500000", 1.5),
        (b"-12.5e+3", -12500.0),
        (b"1234567.5", 1234567.5),
        (b"25.000001373291\0", 25.000001373291),
        (b"1.50000\0", 1.5),
        (b"-1.5e-10\0", -1.5e-10),
        (b"1.5\0\0\0", 1.5),
        (b" inf\0", math.inf),
        (bytes(8), 0.0),
        (bytes(9), 0.0),
    ],
)
@pytest.mark.parametrize("order", ["little", "big"])
def test_a_double_may_be_text(raw: Any, value: Any, order: Any) -> None:
    assert scalars.decode_double(raw, order) == value


@pytest.mark.parametrize("order", ["little", "big"])
def test_eight_ascii_bytes_that_are_no_number_are_a_binary_double(order: Any) -> None:
    (value,) = struct.unpack(("<" if order == "little" else ">") + "d", b"abcdefgh")

    assert scalars.decode_double(b"abcdefgh", order) == value


@pytest.mark.parametrize(
    "raw",
    [
        b"9\0\0\0\0\0\0\0",
        b"9\0\0\0\0\0\0\0\0",
        b"12345\0\0\0",
        b"1_000.50",
        b"1_0.500\0",
        b"\t1.5\n   ",
        b"1\x0055.5\0\0",
    ],
)
@pytest.mark.parametrize("order", ["little", "big"])
def test_eight_bytes_that_are_no_text_as_spec_ends_it_are_a_binary_double(raw: Any, order: Any) -> None:
    (value,) = struct.unpack_from(("<" if order == "little" else ">") + "d", raw)

    assert scalars.decode_double(raw, order) == value


@given(st.integers(-(2**53), 2**53), st.integers(-300, 300), st.sampled_from(["little", "big"]), st.booleans())
def test_numbers_of_few_digits_are_never_taken_for_text(mantissa: Any, exponent: Any, order: Any, nul: Any) -> None:
    value = float(mantissa >> 24 << 24) * 2.0**exponent  # three bytes of zeros: NULs that no text has

    raw = struct.pack(("<" if order == "little" else ">") + "d", value) + b"\0" * nul

    assert scalars.decode_double(raw, order) == value


@pytest.mark.parametrize("raw", [b"", b"\0", b"\0\0"])
def test_an_empty_double_is_no_number_and_no_error(raw: Any) -> None:
    assert scalars.decode_double(raw, "little") is None


@pytest.mark.parametrize("raw", [b"abc\0", b"1.5.5", b"1_0\0", b"\xff" * 10])
def test_a_double_that_is_neither_is_an_error_that_shows_it(raw: Any) -> None:
    with pytest.raises(RemoteProtocolError, match=f"SV_DOUBLE body of 'var/x' is .* {len(raw)} bytes") as caught:
        scalars.decode_double(raw, "little", "var/x")

    assert (caught.value.field, caught.value.property) == ("body", "var/x")
