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


@given(st.text(st.characters(max_codepoint=255), max_size=30))
def test_latin_1_text_never_changes_its_length(text: Any) -> None:
    got = decode(Packet(body=text.encode("latin-1")))

    assert len(got.raw_body) == len(text)
    assert Decoder().receive(got.encode()) == [got]


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


@pytest.mark.parametrize("order", ["little", "big"])
def test_replace_pickle_and_copy_keep_the_byte_order(order: Any) -> None:
    got = decode(Packet(order=order, name="var/x"))

    for same in (got._replace(sn=9), pickle.loads(pickle.dumps(got)), copy.copy(got), copy.deepcopy(got)):
        assert type(same) is SpecMessage
        assert same.byteorder == order
    assert got._replace(sn=9).sn == 9
    assert got._replace(sn=9).encode() == Packet(order=order, name="var/x", sn=9).encode()


def test_text_is_written_as_utf_8_with_one_nul() -> None:
    assert message.encode_text("µm") == b"\xc2\xb5m\0"
    assert message.encode_text("") == b"\0"


def test_text_that_fits_no_length_is_still_bytes() -> None:
    assert message.encode_text("µ€", 2) == b"\xb5?"


def test_codes_are_plain_integers_so_that_unknown_ones_travel_too() -> None:
    got = decode(Packet(cmd=77, type=99))

    assert type(got.cmd) is int
    assert got.cmd == 77
    assert got.type not in list(DataTypes)
