"""`MessageReader`: one message at a time, and never a byte of the next."""

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
from pycertifspec.wire.reader import SMALL_BODY, MessageReader

if TYPE_CHECKING:
    from pycertifspec import SpecMessage


class Source:
    """Gives out a stream, at most so many bytes at a time as it is told, then says that it is over.

    Between two pieces it raises as a non-blocking socket does.
    """

    def __init__(self, stream: Any, pieces: Any = (), *, blocks: Any = False) -> None:
        self.stream = stream
        self.pieces = list(pieces)
        self.blocks = blocks
        self.ready = True

    def fetch(self, memory: Any) -> Any:
        if self.blocks:
            self.ready = not self.ready
            if self.ready:
                raise BlockingIOError
        assert len(memory) > 0, "asked for no bytes at all"
        count = min(len(memory), self.pieces.pop(0) if self.pieces else len(memory))
        given, self.stream = self.stream[:count], self.stream[count:]
        memory[: len(given)] = given
        return len(given)


def read_all(reader: Any, source: Any) -> Any:
    got: list[SpecMessage] = []
    while True:
        try:
            message = reader.read(source.fetch)
        except BlockingIOError:
            continue
        if message is None:
            return got
        got.append(message)


def expected(packets: Any) -> Any:
    return [message for packet in packets for message in Decoder().receive(packet.encode())]


@given(st.lists(strategies.packets(), max_size=4), st.lists(st.integers(1, 200)), st.booleans())
def test_any_slicing_gives_the_same_messages(sent: Any, pieces: Any, blocks: Any) -> None:
    source = Source(b"".join(packet.encode() for packet in sent), pieces, blocks=blocks)
    reader = MessageReader()

    got = read_all(reader, source)

    assert got == expected(sent)
    assert [message.byteorder for message in got] == [packet.order for packet in sent]
    assert reader.started == 0


@pytest.mark.parametrize("size", [0, 1, SMALL_BODY - 1, SMALL_BODY, SMALL_BODY + 1, 100_000])
@pytest.mark.parametrize("vers", [2, 3, 4, 5])
def test_not_a_byte_of_the_next_message_is_taken(size: Any, vers: Any) -> None:
    raw = Packet(type=5, body=bytes(size), vers=vers, extra=40 if vers == 5 else 0).encode()
    source = Source(raw + b"next")

    message = MessageReader().read(source.fetch)

    assert message is not None
    assert len(message.body) == size
    assert source.stream == b"next"


@given(st.one_of(st.binary(max_size=400), st.binary(max_size=400).map(lambda data: b"\xfe\xed\xfa\xce" + data)))
def test_any_bytes_give_messages_the_end_or_a_documented_error(data: Any) -> None:
    with contextlib.suppress(RemoteProtocolError):
        read_all(MessageReader(max_body=1000), Source(data))


@pytest.mark.parametrize("size", [10, 100_000])
def test_the_end_of_the_stream_is_told_at_every_byte_and_how_far_it_came(size: Any) -> None:
    raw = Packet(type=5, body=bytes(size)).encode()

    for cut in [*range(min(160, len(raw))), len(raw) - 1]:
        reader = MessageReader()
        assert reader.read(Source(raw[:cut]).fetch) is None
        assert reader.started == cut


@pytest.mark.parametrize("size", [10, 100_000])
def test_a_message_that_was_interrupted_at_any_byte_goes_on_where_it_stopped(size: Any) -> None:
    raw = Packet(type=5, name="var/a", body=bytes(range(250)) * (size // 250) + bytes(size % 250)).encode()

    for cut in range(min(160, len(raw))):
        reader = MessageReader()
        source = Source(raw[:cut])
        assert reader.read(source.fetch) is None
        source.stream = raw[cut:]
        message = reader.read(source.fetch)
        assert message is not None
        assert message.encode() == raw
        assert reader.started == 0


@pytest.mark.parametrize("start", [b"H", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\xce\xfa\xed\xfe\x04\0\0\0\x83\0\0\0"])
def test_another_protocol_is_told_by_its_first_bytes_and_for_good(start: Any) -> None:
    reader = MessageReader()
    source = Source(start, [len(start)])

    with pytest.raises(RemoteProtocolError):
        reader.read(source.fetch)

    assert reader.failure is not None
    with pytest.raises(RemoteProtocolError):
        reader.read(Source(Packet().encode()).fetch)


@pytest.mark.parametrize(
    ("limit", "length"), [(10, 11), (0, 1), (SMALL_BODY * 2, SMALL_BODY * 2 + 1), (2**30, 2**32 - 1)]
)
def test_a_body_beyond_the_limit_is_refused_before_memory_is_taken(limit: Any, length: Any) -> None:
    reader = MessageReader(max_body=limit)
    tracemalloc.start()
    try:
        with pytest.raises(RemoteProtocolError, match=f"is {length}, more than the limit of {limit}") as caught:
            reader.read(Source(Packet(name="var/big", len=length).encode()).fetch)
        assert tracemalloc.get_traced_memory()[1] < 500_000
    finally:
        tracemalloc.stop()

    assert (caught.value.field, caught.value.property) == ("len", "var/big")


def test_a_body_at_the_limit_is_taken() -> None:
    for limit in (0, 10, SMALL_BODY, SMALL_BODY + 1):
        source = Source(Packet(type=5, body=bytes(limit)).encode())
        message = MessageReader(max_body=limit).read(source.fetch)
        assert message is not None
        assert message.len == limit


def test_a_large_body_goes_straight_into_its_own_memory() -> None:
    size = 32 << 20
    head = Packet(type=12, len=size).encode()
    fetched = []

    def fetch(memory: Any) -> Any:
        fetched.append(len(memory))
        if len(fetched) <= 2:
            start = sum(fetched[:-1])
            memory[:] = head[start : start + len(memory)]
        return len(memory)

    tracemalloc.start()
    try:
        message = MessageReader().read(fetch)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert message is not None
    assert len(message.body) == size
    assert fetched == [124, 8, size]
    assert peak < 1.1 * size
