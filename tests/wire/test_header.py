"""Headers of every version and byte order, read and written."""

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support import strategies
from tests.support.packets import MAGIC, Packet

from pycertifspec.errors import LocalProtocolError, LocalTypeError, RemoteProtocolError
from pycertifspec.wire import header

ORDERS = ["little", "big"]


def build(**changes: Any) -> Any:
    fields = dict.fromkeys(("sn", "sec", "usec", "cmd", "type", "rows", "cols", "len", "err", "flags"), 0)
    usual = {"order": "little", "version": 4, "name": "var/x", **fields}
    return header.build(**{**usual, **changes})


@pytest.mark.parametrize(("version", "size"), [(2, 124), (3, 128), (4, 132)])
@pytest.mark.parametrize("order", ORDERS)
def test_each_version_has_its_size_and_is_read_as_it_was_written(version: Any, size: Any, order: Any) -> None:
    written = build(order=order, version=version, sn=7, sec=1, usec=2, cmd=13, type=5, rows=3, cols=4, len=96, name="a")

    assert len(written) == size
    assert header.measure(written) == (order, size, 96)
    *integers, name = header.unpack(written, 0, order)
    assert integers == [MAGIC, version, size, 7, 1, 2, 13, 5, 3, 4, 96, 0, 0]
    assert name == b"a".ljust(80, b"\0")


@given(strategies.packets(max_body=0))
def test_any_header_is_read_as_the_book_writes_it(packet: Any) -> None:
    raw = packet.encode()

    order, size, length = header.measure(raw)
    fields = header.unpack(raw, 0, order)

    assert (order, size, length) == (packet.order, len(raw), 0)
    assert fields[:-1] == (
        *(MAGIC, packet.vers, size, packet.sn, packet.sec, packet.usec, packet.cmd, packet.type),
        *(packet.rows, packet.cols, 0, packet.err, packet.flags),
    )
    assert header.decode_name(fields[-1]) == packet.name


@pytest.mark.parametrize("order", ORDERS)
def test_a_header_is_found_where_it_starts_in_a_longer_stream(order: Any) -> None:
    raw = b"before" + Packet(order=order, name="motor/th/position", sn=5).encode() + b"after"

    assert header.measure(raw, 6)[0] == order
    assert header.unpack(raw, 6, order)[3] == 5


@pytest.mark.parametrize("order", ORDERS)
def test_older_versions_leave_out_error_and_flags(order: Any) -> None:
    fields = {"err": 5, "flags": 6, "order": order}

    assert header.unpack(build(version=2, **fields), 0, order)[11:13] == (0, 0)
    assert header.unpack(build(version=3, **fields), 0, order)[11:13] == (5, 0)
    assert header.unpack(build(version=4, **fields), 0, order)[11:13] == (5, 6)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("extra", [4, 40, 120, 4096 - 132])
def test_a_header_of_the_future_has_its_name_in_the_last_80_bytes(order: Any, extra: Any) -> None:
    raw = Packet(vers=5, order=order, extra=extra, name="var/x").encode()

    assert header.measure(raw) == (order, 132 + extra, 0)
    assert header.decode_name(header.unpack(raw, 0, order)[-1]) == "var/x"
    assert header.pack(order, 5, 132 + extra, header.unpack(raw, 0, order)[3:13], b"var/x") == raw


def test_a_longer_header_with_its_name_at_offset_52_and_noise_at_its_end_is_read() -> None:
    raw = bytearray(Packet(vers=5, extra=100).encode())
    raw[52 : 52 + 5] = b"var/x"
    raw[-80:-76] = b"\x01\x02\x03\x04"

    assert header.decode_name(header.unpack(raw, 0, "little")[-1]) == "var/x"


def test_the_last_80_bytes_are_the_name_where_both_places_could_be_one() -> None:
    raw = bytearray(Packet(vers=5, extra=100, name="late").encode())
    raw[52 : 52 + 5] = b"early"

    assert header.decode_name(header.unpack(raw, 0, "little")[-1]) == "late"


def test_a_name_that_is_printable_nowhere_is_what_the_last_80_bytes_say() -> None:
    raw = Packet(vers=5, extra=100, name="\x01").encode()

    assert header.decode_name(header.unpack(raw, 0, "little")[-1]) == "\x01"


@pytest.mark.parametrize("start", [b"HTTP/1.1 400 Bad Request\r\n", b"SSH-2.0", b"\0\0\0\0", b"\xce\xfa\xed\xff"])
def test_another_magic_number_is_a_documented_error_that_shows_what_came(start: Any) -> None:
    with pytest.raises(RemoteProtocolError, match="magic number is 0x") as caught:
        header.byte_order(start)

    assert caught.value.field == "magic"
    assert repr(start[:16]) in str(caught.value)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("order", ORDERS)
def test_a_beginning_of_a_header_is_no_error_at_any_length(order: Any) -> None:
    raw = Packet(order=order).encode()

    for length in range(len(raw) + 1):
        header.check(raw[:length])


@pytest.mark.parametrize("start", [b"H", b"\xce\xfb", b"\xfe\xed\xfb", b"\xce\xfa\xed\xfd"])
def test_the_first_wrong_byte_is_an_error_at_once(start: Any) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        header.check(start)

    assert caught.value.field == "magic"


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("version", [-(2**31), -1, 0, 1])
def test_a_version_before_2_is_refused(order: Any, version: Any) -> None:
    raw = Packet(vers=4, order=order).encode()
    raw = raw[:4] + version.to_bytes(4, order, signed=True) + raw[8:]

    for reject in (header.check, header.measure):
        with pytest.raises(RemoteProtocolError, match=f"'vers' is {version}, expected 2 or more") as caught:
            reject(raw)
        assert caught.value.field == "vers"


@pytest.mark.parametrize(
    ("version", "size"),
    [(2, 123), (2, 0), (3, 124), (3, 127), (4, 128), (4, 131), (5, 131), (4, 4097), (2, 4097), (99, 2**32 - 1)],
)
@pytest.mark.parametrize("order", ORDERS)
def test_a_size_that_no_header_of_the_version_has_is_refused_before_memory_is_taken(
    order: Any, version: Any, size: Any
) -> None:
    raw = Packet(vers=version, order=order, size=size).encode()

    for reject in (header.check, header.measure):
        with pytest.raises(RemoteProtocolError, match=f"'size' is {size}, expected") as caught:
            reject(raw)
        assert caught.value.field == "size"
    with pytest.raises(RemoteProtocolError):
        header.check(raw[:12])


def test_names_end_at_the_first_nul_and_are_utf_8_else_latin_1() -> None:
    assert header.decode_name(b"var/x\0garbage") == "var/x"
    assert header.decode_name("µm".encode()) == "µm"
    assert header.decode_name(b"\xb5m\0") == "µm"
    assert header.decode_name(b"n" * 80) == "n" * 80
    assert header.decode_name(b"") == ""


@given(st.binary(max_size=80))
def test_any_name_field_is_text_and_what_the_text_does_not_tell_is_kept(raw: Any) -> None:
    field = raw.ljust(80, b"\0")

    name, kept = header.read_name(field)

    assert header.decode_name(field) == name
    assert (kept or header.name_field(name)) == field
    assert len(header.name_field(name)) == 80


@given(
    order=strategies.orders,
    version=st.integers(2, 4),
    unsigned=st.lists(strategies.u32, min_size=6, max_size=6),
    signed=st.lists(strategies.i32, min_size=4, max_size=4),
    name=strategies.names,
)
def test_whatever_is_built_is_what_the_book_says(
    order: Any, version: Any, unsigned: Any, signed: Any, name: Any
) -> None:
    sn, sec, usec, rows, cols, length = unsigned
    cmd, kind, err, flags = signed

    built = header.build(order, version, sn, sec, usec, cmd, kind, rows, cols, length, err, flags, name)

    expected = Packet(
        cmd, kind, name, b"", sn, rows, cols, err, flags, sec, usec, vers=version, order=order, len=length
    )
    assert built == expected.encode()


@pytest.mark.parametrize("version", [2, 3, 4])
@pytest.mark.parametrize(
    ("field", "value"),
    [("sn", -1), ("sn", 2**32), ("rows", -1), ("cols", 2**32), ("len", 2**32), ("cmd", 2**31), ("type", -(2**31) - 1)],
)
def test_an_integer_that_does_not_fit_is_refused_by_its_name(version: Any, field: Any, value: Any) -> None:
    with pytest.raises(LocalProtocolError, match=f"cannot send: {field} is {value}, expected .* to ") as caught:
        build(version=version, **{field: value})

    assert isinstance(caught.value, ValueError)
    assert not isinstance(caught.value, TypeError)


@pytest.mark.parametrize("value", ["1", None, 1.5, b"1"])
def test_what_is_no_integer_is_refused_as_a_type(value: Any) -> None:
    with pytest.raises(LocalTypeError, match=r"cannot send: sn is .*, expected an integer"):
        build(sn=value)


def test_an_object_whose_value_changes_under_us_is_refused_all_the_same() -> None:
    class Fickle:
        def __init__(self) -> None:
            self.values = [2**40]

        def __index__(self) -> Any:
            return self.values.pop() if self.values else 1

    with pytest.raises(LocalProtocolError, match="32 bits"):
        build(sn=Fickle())


def test_anything_with_an_index_is_an_integer() -> None:
    import numpy as np

    assert build(sn=np.int64(5), rows=np.uint8(3), err=True) == build(sn=5, rows=3, err=1)


def test_a_name_of_79_characters_fits_and_one_of_80_is_refused() -> None:
    assert build(name="n" * 79).endswith(b"n" * 79 + b"\0")
    with pytest.raises(LocalProtocolError, match="has 80 bytes, at most 79 fit"):
        build(name="n" * 80)


@pytest.mark.parametrize("name", ["µ", "a\0b", "\0"])
def test_a_name_that_is_not_plain_ascii_is_refused(name: Any) -> None:
    with pytest.raises(LocalProtocolError, match="is not plain ASCII"):
        build(name=name)


@pytest.mark.parametrize("name", [None, b"var/x", 5])
def test_a_name_that_is_no_text_is_refused_as_a_type(name: Any) -> None:
    with pytest.raises(LocalTypeError, match="expected a str"):
        build(name=name)


def test_pack_writes_what_it_is_told_without_judging() -> None:
    assert header.pack("little", 4, 132, (0,) * 10, b"n" * 80).endswith(b"n" * 80)
    with pytest.raises(struct.error):
        header.pack("little", 4, 132, (-1, *(0,) * 9), b"")
