"""`Decoder`: bytes in, in any slicing, whole messages out."""

import contextlib
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support import strategies
from tests.support.packets import Packet

from pycertifspec.errors import RemoteProtocolError
from pycertifspec.wire.decoder import Decoder

if TYPE_CHECKING:
    from pycertifspec import SpecMessage

packets = st.lists(strategies.packets(), max_size=5)


def whole(packet: Any) -> Any:
    (message,) = Decoder().receive(packet.encode())
    return message


@given(packets, st.data())
def test_any_cut_of_the_stream_gives_the_same_messages(sent: Any, data: Any) -> None:
    decoder = Decoder()

    got = []
    for piece in data.draw(strategies.slices(b"".join(packet.encode() for packet in sent))):
        got += decoder.receive(piece)

    assert got == [whole(packet) for packet in sent]
    assert [message.byteorder for message in got] == [packet.order for packet in sent]
    assert decoder.failure is None


@given(packets)
def test_single_bytes_give_the_same_messages(sent: Any) -> None:
    decoder = Decoder()

    got = []
    for byte in b"".join(packet.encode() for packet in sent):
        got += decoder.receive(bytes([byte]))

    assert got == [whole(packet) for packet in sent]


@given(st.one_of(st.binary(max_size=400), st.binary(max_size=400).map(lambda data: b"\xce\xfa\xed\xfe" + data)))
def test_any_bytes_give_messages_or_a_documented_error(data: Any) -> None:
    with contextlib.suppress(RemoteProtocolError):
        Decoder().receive(data)


@given(strategies.packets(), st.integers(0, 131), st.integers(0, 255), st.integers(1, 200))
def test_a_damaged_packet_gives_messages_or_a_documented_error(packet: Any, at: Any, value: Any, piece: Any) -> None:
    raw = bytearray(packet.encode() * 3)
    raw[at] = value
    decoder = Decoder(max_body=10_000)

    with contextlib.suppress(RemoteProtocolError):
        for start in range(0, len(raw), piece):
            decoder.receive(raw[start : start + piece])


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
@pytest.mark.parametrize("piece", [1, 7, 124, 132, 140, 1000])
def test_bytes_may_come_as_any_kind_of_buffer(kind: Any, piece: Any) -> None:
    sent = [Packet(type=5, name="var/a", body=bytes(range(200))), Packet(), Packet(vers=3, order="big", body=b"x\0")]
    stream = b"".join(packet.encode() for packet in sent)
    decoder = Decoder()

    got = [m for i in range(0, len(stream), piece) for m in decoder.receive(kind(stream[i : i + piece]))]

    assert got == [whole(packet) for packet in sent]
    assert all(type(message.body) in (bytes, str) for message in got)


def test_a_message_does_not_change_when_the_buffer_that_it_came_in_does() -> None:
    buffer = bytearray(Packet(type=5, name="var/a", body=b"12345678").encode())
    (got,) = Decoder().receive(buffer)

    buffer[:] = bytes(len(buffer))

    assert got.body == b"12345678"


def test_nothing_in_gives_nothing_out() -> None:
    assert Decoder().receive(b"") == []


@pytest.mark.parametrize("order", ["little", "big"])
def test_a_body_up_to_the_limit_is_taken_and_one_byte_more_is_refused(order: Any) -> None:
    decoder = Decoder(max_body=10)
    assert len(decoder.receive(Packet(type=5, body=bytes(10), order=order).encode())) == 1

    with pytest.raises(
        RemoteProtocolError, match="'len' of property 'var/big' is 11, more than the limit of 10 bytes"
    ) as caught:
        decoder.receive(Packet(type=5, name="var/big", len=11, order=order).encode())

    assert caught.value.field == "len"
    assert caught.value.property == "var/big"


def test_the_default_limit_is_one_gibibyte_and_checked_before_memory_is_taken() -> None:
    decoder = Decoder()
    tracemalloc.start()
    try:
        with pytest.raises(RemoteProtocolError, match="more than the limit of 1073741824 bytes"):
            decoder.receive(Packet(len=2**30 + 1).encode())
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_messages_before_an_error_are_returned_and_the_next_call_raises() -> None:
    decoder = Decoder()

    got = decoder.receive(Packet(sn=1).encode() + Packet(sn=2).encode() + b"HTTP/1.1")

    assert [message.sn for message in got] == [1, 2]
    assert decoder.failure is not None
    for _ in range(2):
        with pytest.raises(RemoteProtocolError, match="not a SPEC packet"):
            decoder.receive(Packet().encode())


def test_an_error_at_once_is_raised_at_once_and_again() -> None:
    decoder = Decoder()

    with pytest.raises(RemoteProtocolError):
        decoder.receive(b"H")
    assert decoder.failure is not None
    with pytest.raises(RemoteProtocolError):
        decoder.receive(b"")


def test_the_end_of_a_large_body_and_bad_bytes_behind_it_in_one_piece() -> None:
    decoder = Decoder()
    raw = Packet(type=5, body=bytes(100_000)).encode()
    assert decoder.receive(raw[:50_000]) == []

    (got,) = decoder.receive(raw[50_000:] + b"bad")

    assert len(got.body) == 100_000
    assert decoder.failure is not None


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
@pytest.mark.parametrize("first", [0, 1, 100, 131, 132, 140, 100_000])
@pytest.mark.parametrize("rest", [0, -1])
def test_a_large_body_in_few_pieces_of_any_kind_is_copied_once(kind: Any, first: Any, rest: Any) -> None:
    size = 32 << 20
    raw = Packet(type=12, body=bytes(size)).encode()
    pieces = [kind(piece) for piece in (raw[:first], raw[first : len(raw) + rest], raw[len(raw) + rest :]) if piece]
    decoder = Decoder()
    tracemalloc.start()
    try:
        got = [message for piece in pieces for message in decoder.receive(piece)]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert [len(message.body) for message in got] == [size]
    assert peak < 1.1 * size


@given(packets, st.data(), st.sampled_from([bytes, bytearray, memoryview]), st.integers(1, 300))
def test_pieces_of_any_size_give_the_same_messages(sent: Any, data: Any, kind: Any, size: Any) -> None:
    decoder = Decoder()
    got = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pycertifspec.wire.decoder.PIECE", size)
        for piece in data.draw(strategies.slices(b"".join(packet.encode() for packet in sent))):
            got += decoder.receive(kind(piece))

    assert got == [whole(packet) for packet in sent]


def test_a_large_body_is_received_without_a_second_copy() -> None:
    size = 32 << 20
    raw = Packet(type=12, len=size).encode()
    piece = memoryview(bytes(1 << 20))
    decoder = Decoder()
    tracemalloc.start()
    try:
        decoder.receive(raw)
        got: list[SpecMessage] = []
        while not got:
            got = decoder.receive(piece)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert len(got[0].body) == size
    assert peak < 1.1 * size
