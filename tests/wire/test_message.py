"""`SpecMessage`: a tuple that knows what it says and how it travelled."""

import copy
import pickle
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support import strategies
from tests.support.packets import Packet

from pycertifspec import DataTypes, EventTypes, SpecMessage
from pycertifspec.wire import message
from pycertifspec.wire.decoder import Decoder


def decode(packet: Any) -> Any:
    (only,) = Decoder().receive(packet.encode())
    return only


def test_it_is_a_tuple_of_fifteen_fields_named_as_in_the_documentation() -> None:
    got = decode(Packet(13, 2, "var/x", b"1.5\0", 7, 1, 2, 3, 4))

    assert got == (4277009102, 4, 132, 7, 1700000000, 250000, 13, 2, 1, 2, 4, 3, 4, "var/x", "1.5")
    assert " ".join(got._fields) == "magic vers size sn sec usec cmd type rows cols len err flags name body"
    assert (got.magic, got.sn, got.name, got.body) == (got[0], got[3], got[13], got[14])
    assert got.cmd == EventTypes.SV_REPLY
    assert hash(got) == hash(tuple(got))


def test_existing_programs_can_make_one_by_position() -> None:
    fields: Any = (*range(13), "var/x", b"")

    assert SpecMessage(*fields).name == "var/x"
    assert SpecMessage(*fields).byteorder == sys.byteorder


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"", ""),
        (b"\0", ""),
        (b"1.5\0", "1.5"),
        (b"1.5", "1.5"),
        (b"a\0b\0\0", "a\0b\0"),
        ("µm\0".encode(), "µm"),
        (b"\xb5\xb5m\0", "µµm"),
        (b"\xb5\0\0", "µ\0"),
        (b"\xff", "ÿ"),
        (b"20 \xb0C\0", "20 °C"),
        (b"\xb0\0\xb0\0\0", "°\0°\0"),
        (b"\xc2\xb0\xff", "Â°ÿ"),
    ],
)
def test_a_text_comes_without_its_last_nul_and_goes_out_as_it_came(raw: Any, text: Any) -> None:
    got = decode(Packet(body=raw))

    assert got.body == text
    assert got.len == len(raw)
    assert got.raw_body == raw
    assert got.encode() == Packet(body=raw).encode()


@pytest.mark.parametrize("kind", [0, 1, 3, 4, 5, 13, 15, 16, -1, 99])
def test_any_other_body_is_the_bytes_that_came(kind: Any) -> None:
    assert decode(Packet(type=kind, body=b"12345678\0")).body == b"12345678\0"


@given(strategies.packets())
def test_a_message_that_is_written_and_read_again_is_the_same(packet: Any) -> None:
    got = decode(packet)

    again = Decoder().receive(got.encode())

    assert again == [got]
    assert again[0].byteorder == got.byteorder == packet.order
    assert len(got.raw_body) == got.len


@given(strategies.packets(), strategies.texts)
def test_utf_8_text_and_ascii_names_go_out_byte_for_byte(packet: Any, text: Any) -> None:
    for body in (text.encode(), text.encode() + b"\0"):
        exact = Packet(type=2, name=packet.name, body=body, vers=packet.vers, order=packet.order, extra=packet.extra)

        assert decode(exact).encode() == exact.encode()


@given(st.binary(max_size=40), strategies.orders, st.sampled_from([2, 3, 4]))
def test_any_bytes_of_a_text_go_out_as_they_came(body: Any, order: Any, vers: Any) -> None:
    packet = Packet(body=body, order=order, vers=vers).encode()
    (got,) = Decoder().receive(packet)

    assert got.raw_body == body
    assert got.encode() == packet
    for same in (got._replace(sn=0), SpecMessage._make(got), pickle.loads(pickle.dumps(got)), copy.copy(got)):
        assert same.encode() == packet


@given(st.binary(min_size=80, max_size=80))
def test_any_name_field_goes_out_as_it_came(field: Any) -> None:
    packet = bytearray(Packet().encode())
    packet[52:132] = field
    (got,) = Decoder().receive(bytes(packet))

    assert got.encode() == packet
    assert got._replace(sn=0).encode() == packet


def test_a_text_that_is_replaced_goes_out_in_utf_8_with_its_nul_and_its_length() -> None:
    raw = Packet(body=b"\xb0\0", name="x").encode().replace(b"x\0", b"\xb0\0")
    (got,) = Decoder().receive(raw)
    assert (got.name, got.body, got.charset) == ("°", "°", "latin-1")

    changed = got._replace(body="20 µm", name="var/µ")

    assert changed.charset == "utf-8"
    assert changed.encode() == Packet(body="20 µm\0".encode(), name="var/µ").encode()
    assert got._replace(body=b"123").encode()[132:] == b"123"
    assert got._replace(name="n" * 90).encode()[52:132] == b"n" * 80


def test_an_error_is_told_by_its_type_or_its_code() -> None:
    assert decode(Packet(type=3)).is_error
    assert decode(Packet(err=1)).is_error
    assert decode(Packet(err=-1)).is_error
    assert not decode(Packet()).is_error


@pytest.mark.parametrize(("flags", "deleted"), [(0, False), (1, True), (0x1000, True), (0x1001, True), (2, False)])
def test_deleted_is_understood_by_either_bit(flags: Any, deleted: Any) -> None:
    assert decode(Packet(flags=flags)).is_deleted is deleted


def test_repr_names_the_codes_that_a_person_knows() -> None:
    shown = repr(decode(Packet(cmd=8, type=4, name="var/x")))

    assert shown.startswith("SpecMessage(magic=4277009102, vers=4,")
    assert "cmd=SV_EVENT, type=SV_ASSOC" in shown
    assert "name='var/x', body=b'')" in shown
    assert "cmd=77, type=99" in repr(decode(Packet(cmd=77, type=99)))


def test_repr_of_a_huge_body_shows_its_beginning_and_its_size() -> None:
    image, text = repr(decode(Packet(type=5, body=bytes(10_000_000)))), repr(decode(Packet(body=b"a" * 5000)))

    assert len(image) < 2000
    assert image.endswith("\\x00'... (10000000 bytes))")
    assert text.endswith("aaa'... (5000 characters))")
    assert "..." not in repr(decode(Packet(body=b"a" * 200)))


@pytest.mark.parametrize("order", ["little", "big"])
def test_replace_make_pickle_and_copy_keep_the_byte_order(order: Any) -> None:
    got = decode(Packet(order=order, name="var/x"))

    for same in (
        got._replace(sn=9),
        SpecMessage._make(got),
        pickle.loads(pickle.dumps(got)),
        copy.copy(got),
        copy.deepcopy(got),
    ):
        assert type(same) is SpecMessage
        assert same.byteorder == order
    assert got._replace(sn=9).sn == 9
    assert got._replace(sn=9).encode() == Packet(order=order, name="var/x", sn=9).encode()


def test_text_is_written_as_utf_8_with_one_nul() -> None:
    assert message.encode_text("µm") == b"\xc2\xb5m\0"
    assert message.encode_text("") == b"\0"


def test_codes_are_plain_integers_so_that_unknown_ones_travel_too() -> None:
    got = decode(Packet(cmd=77, type=99))

    assert type(got.cmd) is int
    assert got.cmd == 77
    assert got.type not in list(DataTypes)
