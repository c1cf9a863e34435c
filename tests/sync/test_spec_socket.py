"""`SpecSocket`: whole messages over real sockets, and what happens when they are interrupted."""

from __future__ import annotations

import array
import asyncio
import gc
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import traceback
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pytest
from tests.conftest import PATIENCE
from tests.support.packets import VECTORS, Packet, stamped

from pycertifspec import (
    CallTimeoutError,
    ConnectionLostError,
    DataTypes,
    EventTypes,
    Flags,
    LocalProtocolError,
    RemoteProtocolError,
    SpecMessage,
    SpecSocket,
)
from pycertifspec.wire import values

if TYPE_CHECKING:
    from collections.abc import Iterator

REPLY, EVENT, READ = EventTypes.SV_REPLY, EventTypes.SV_EVENT, EventTypes.SV_CHAN_READ
TEXT, BYTES = DataTypes.SV_STRING, DataTypes.SV_ARR_UCHAR
OTHER_ORDER = "big" if sys.byteorder == "little" else "little"


def receive_exactly(sock: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = sock.recv(size - len(data))
        assert piece, "the other end closed the connection"
        data += piece
    return data


@contextmanager
def running(function: Any, *args: Any) -> Iterator[list[Any]]:
    """Run a function beside the test; what it returns or raises is in the list afterwards."""
    results: list[Any] = []

    def run() -> None:
        try:
            results.append(function(*args))
        except BaseException as error:  # noqa: BLE001  the test looks at it
            results.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield results
    finally:
        thread.join(PATIENCE)
        assert not thread.is_alive(), "it hangs"


def fill(sock: SpecSocket, body: bytes = b"") -> int:
    """Send messages until the system takes no more; return how many left or began to leave."""
    count = 0
    try:
        while True:
            sock.send_spec(count, EVENT, BYTES, "var/x", body)
            count += 1
    except (BlockingIOError, CallTimeoutError) as error:
        return count + (" bytes have left" in str(error))


# ---- sending


@pytest.mark.parametrize("version", [2, 3, 4])
@pytest.mark.parametrize("order", ["little", "big"])
def test_a_message_goes_out_as_the_other_end_speaks(pair: Any, version: Any, order: Any) -> None:
    near, far = pair
    far.sendall(Packet(vers=version, order=order).encode())
    near.recv_spec()

    near.send_spec(7, REPLY, TEXT, "var/x", b"1.5\0", error=1, flags=[0x1000], rows=2, cols=3)

    size = {2: 124, 3: 128, 4: 132}[version] + 4
    expected = Packet(13, 2, "var/x", b"1.5\0", 7, 2, 3, 1, 0x1000, vers=version, order=order)
    assert stamped(receive_exactly(far, size), order) == expected.encode()


def test_before_the_other_end_spoke_the_machines_order_and_version_4_are_used(pair: Any) -> None:
    near, far = pair

    near.send_spec(1, EventTypes.SV_HELLO, TEXT, "pyclient")

    got = receive_exactly(far, 132)
    assert stamped(got, sys.byteorder) == VECTORS["hello_v4_le" if sys.byteorder == "little" else "hello_v4_be"]


def test_a_peer_of_the_future_is_answered_in_version_4(pair: Any) -> None:
    near, far = pair
    far.sendall(Packet(vers=7, extra=40).encode())
    assert near.recv_spec().vers == 7

    near.send_spec(1, REPLY, TEXT)

    assert far.recv_spec().vers == 4


@pytest.mark.parametrize(
    "vector", ["chan_read_v4_le", "reply_assoc_v4_le", "reply_error_v4_le", "event_assoc_deleted_v4_le"]
)
def test_golden_packets_are_sent_to_the_byte(pair: Any, vector: Any) -> None:
    near, far = pair
    far.sendall(VECTORS[vector])
    message = near.recv_spec()

    near.send_spec(
        message.sn,
        message.cmd,
        message.type,
        message.name,
        message.raw_body,
        bool(message.err),
        [message.flags],
        message.rows,
        message.cols,
    )

    assert stamped(receive_exactly(far, len(VECTORS[vector]))) == VECTORS[vector]


@pytest.mark.parametrize("size", [0, 1, 1023, 1024, 1025, 16 * 1024, 16 * 1024 + 1, 300_000])
@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, np.frombuffer])
def test_a_body_of_any_size_and_kind_arrives_whole(pair: Any, size: Any, kind: Any) -> None:
    near, far = pair
    body = bytes(range(256)) * (size // 256) + bytes(size % 256)
    given = np.array(list(body[:1]), "u1") if not size and kind is np.frombuffer else body
    given = kind(body, "u1") if kind is np.frombuffer and size else kind(given) if kind is not np.frombuffer else given

    with running(near.send_spec, 3, REPLY, BYTES, "var/x", given):
        got = far.recv_spec()

    assert (got.sn, got.name, got.len) == (3, "var/x", size)
    assert got.body == body


@pytest.mark.parametrize("order", ["little", "big"])
@pytest.mark.parametrize("source", ["<", ">"])
def test_an_arrays_elements_go_out_in_the_connections_order(pair: Any, order: Any, source: Any) -> None:
    near, far = pair
    far.sendall(Packet(order=order).encode())
    near.recv_spec()

    near.send_spec(1, REPLY, DataTypes.SV_ARR_DOUBLE, "var/x", np.array([[1, 2]], source + "f8"), rows=1, cols=2)
    near.send_spec(2, REPLY, DataTypes.SV_ARR_SHORT, "var/y", array.array("h", [1, -2]))

    mark = "<" if order == "little" else ">"
    assert far.recv_spec().body == struct.pack(mark + "2d", 1, 2)
    assert far.recv_spec().body == struct.pack(mark + "2h", 1, -2)


@pytest.mark.parametrize(
    "arguments",
    [
        {"property_name": "n" * 80},
        {"property_name": "µm"},
        {"property_name": "a\0b"},
        {"property_name": None},
        {"property_name": b"var/x"},
        {"serial_number": -1},
        {"serial_number": 2**32},
        {"serial_number": "1"},
        {"command": None},
        {"data_type": 2**31},
        {"rows": -1},
        {"cols": -1},
        {"cols": 2**32},
        {"rows": 1.5},
        {"body": "text"},
        {"body": None},
        {"body": 5},
        {"body": [1, 2]},
        {"body": np.zeros((4, 4))[:, ::2]},
        {"body": np.zeros(2, "c16")},
        {"error": "no"},
        {"flags": ["x"]},
        {"flags": [2**31]},
        {"flags": [None]},
        {"flags": [1.5]},
        {"flags": np.array([1.5])},
        {"flags": "x"},
        {"flags": 1.5},
        {"error": None},
        {"error": 1.0},
        {"error": np.array([True, False])},
        {"error": 2**31},
    ],
    ids=str,
)
def test_what_cannot_be_right_is_refused_before_a_byte_is_sent(pair: Any, arguments: Any) -> None:
    near, far = pair

    with pytest.raises(LocalProtocolError, match="cannot send"):
        near.send_spec(**{"serial_number": 1, "command": REPLY, "data_type": TEXT, **arguments})

    near.send_spec(99, REPLY, TEXT)
    assert far.recv_spec().sn == 99


def test_a_name_of_79_characters_is_sent(pair: Any) -> None:
    near, far = pair

    near.send_spec(2**32 - 1, REPLY, TEXT, "n" * 79)

    got = far.recv_spec()
    assert (got.sn, got.name) == (2**32 - 1, "n" * 79)


@pytest.mark.parametrize(
    ("flags", "sent"),
    [
        ([], 0),
        (None, 0),
        (np.array([1, 4]), 5),
        (np.array([]), 0),
        (np.int64(8), 8),
        ([np.uint8(2), True], 3),
        ([1, 2, 4], 7),
        (Flags.SV_DELETED, 0x1000),
        ((Flags.SV_DELETED, 1), 0x1001),
        (0, 0),
        (iter([8]), 8),
    ],
)
def test_flags_are_combined(pair: Any, flags: Any, sent: Any) -> None:
    near, far = pair

    near.send_spec(0, EVENT, TEXT, "var/x", flags=flags)

    assert far.recv_spec().flags == sent


@pytest.mark.parametrize("error", [False, True, 0, -7, np.True_, np.False_, np.int32(5)], ids=repr)
def test_the_error_is_a_code_or_a_truth(pair: Any, error: Any) -> None:
    near, far = pair

    near.send_spec(0, REPLY, TEXT, error=error)

    assert far.recv_spec().err == int(error)


def test_a_message_bears_the_time_of_sending(pair: Any) -> None:
    near, far = pair
    before = time.time()

    for _ in range(50):
        near.send_spec(0, EVENT, TEXT)
        got = far.recv_spec()

        assert 0 <= got.usec < 1_000_000
        assert before - 0.001 <= got.sec + got.usec / 1e6 <= time.time() + 0.001


def test_no_request_waits_for_the_acknowledgement_of_the_one_before(pair: Any) -> None:
    assert all(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) for sock in pair)
    with SpecSocket(socket.AF_INET6) if socket.has_ipv6 else SpecSocket() as sock:
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_header_and_body_leave_in_one_system_call() -> None:
    """A datagram socket shows where one call ends and the next begins."""
    for size in (0, 1000, 10_000, 40_000):
        near, far = (SpecSocket(fileno=end.detach()) for end in socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM))
        with near, far:
            near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 200_000)
            near.settimeout(PATIENCE)
            far.settimeout(PATIENCE)
            near.send_spec(1, REPLY, BYTES, "var/x", bytes(size))
            assert len(far.recv(200_000)) == 132 + size


def test_messages_of_several_threads_are_never_mixed(pair: Any) -> None:
    near, far = pair
    threads, each = 4, 6
    sizes = [1_000_000, 0, 20_000, 1_000]

    def send(number: int) -> None:
        for index in range(each):
            size = sizes[index % len(sizes)] if number else 1_000_000
            near.send_spec(number, EVENT, BYTES, f"var/{number}", bytes([number]) * size, flags=[index])

    workers = [threading.Thread(target=send, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    got = [far.recv_spec() for _ in range(threads * each)]
    for worker in workers:
        worker.join(PATIENCE)

    for number in range(threads):
        mine = [message for message in got if message.sn == number]
        assert [message.flags for message in mine] == list(range(each))
        assert all(message.body == bytes([number]) * message.len for message in mine)


def test_forty_megabytes_go_both_ways(pair: Any) -> None:
    near, far = pair
    body = np.arange(5_000_000, dtype="f8")

    with running(near.send_spec, 1, REPLY, DataTypes.SV_ARR_DOUBLE, "var/image", body, False, [], 1, 5_000_000) as sent:
        got = far.recv_spec()
    assert sent == [None]
    assert np.array_equal(np.frombuffer(got.body, "f8"), body)

    with running(far.send_spec, 1, REPLY, BYTES, "var/image", got.body):
        assert near.recv_spec().body == got.body


# ---- receiving


def test_a_text_is_a_str_without_its_nul_and_all_else_is_bytes(pair: Any) -> None:
    near, far = pair

    far.sendall(Packet(body=b"25.5\0").encode() + Packet(type=3, body=b"no\0").encode() + Packet(type=0).encode())

    assert [near.recv_spec().body for _ in range(3)] == ["25.5", b"no\0", b""]


def test_version_and_byte_order_are_found_for_each_message(pair: Any) -> None:
    near, far = pair
    sent = [Packet(sn=v, vers=v, order=order) for v in (2, 3, 4, 5) for order in ("little", "big")]

    far.sendall(b"".join(packet.encode() for packet in sent))

    got = [near.recv_spec() for _ in sent]
    assert [(m.sn, m.vers, m.byteorder) for m in got] == [(p.sn, p.vers, p.order) for p in sent]
    assert all(type(message) is SpecMessage for message in got)


@pytest.mark.parametrize("size", [0, 100, 20_000])
def test_no_byte_of_the_next_message_is_taken(pair: Any, size: Any) -> None:
    near, far = pair
    far.sendall(Packet(type=5, body=bytes(size)).encode() + b"next")

    near.recv_spec()

    assert near.recv(100) == b"next"
    assert select.select([near], [], [], 0)[0] == []


def test_select_tells_of_each_message_that_waits(pair: Any) -> None:
    near, far = pair
    far.sendall(Packet(sn=1).encode() + Packet(sn=2).encode())

    got = []
    while select.select([near], [], [], 0.2)[0]:
        got.append(near.recv_spec().sn)

    assert got == [1, 2]


def test_asyncios_reader_callbacks_receive_every_message(pair: Any) -> None:
    near, far = pair
    near.setblocking(False)
    sent = [Packet(sn=number, type=5, body=bytes(number * 30)).encode() for number in range(40)]

    async def main() -> list[int]:
        loop = asyncio.get_running_loop()
        got: list[int] = []
        done = loop.create_future()

        def readable() -> None:
            try:
                got.append(near.recv_spec().sn)
            except BlockingIOError:
                return
            if len(got) == len(sent):
                done.set_result(None)

        loop.add_reader(near, readable)
        try:
            for packet in sent:
                for start in range(0, len(packet), 50):
                    await loop.sock_sendall(far, packet[start : start + 50])
            await asyncio.wait_for(done, PATIENCE)
        finally:
            loop.remove_reader(near)
        return got

    far.setblocking(False)
    assert asyncio.run(main()) == list(range(40))


@pytest.mark.parametrize("size", [0, 60, 20_000])
def test_a_non_blocking_socket_goes_on_at_any_byte(pair: Any, size: Any) -> None:
    near, far = pair
    near.setblocking(False)
    packet = Packet(sn=1, type=5, name="var/x", body=bytes(size)).encode()

    for cut in [*range(1, min(len(packet), 200), 3), len(packet) - 1]:
        with pytest.raises(BlockingIOError) as caught:
            near.recv_spec()
        assert caught.value.__cause__ is not caught.value
        far.sendall(packet[:cut])
        assert select.select([near], [], [], PATIENCE)[0]
        with pytest.raises(BlockingIOError):
            near.recv_spec()
        far.sendall(packet[cut:])
        deadline = time.monotonic() + PATIENCE
        got = None
        while got is None and time.monotonic() < deadline:
            select.select([near], [], [], 1)
            try:
                got = near.recv_spec()
            except BlockingIOError:
                continue
        assert got is not None
        assert got.encode() == packet


@pytest.mark.parametrize("cut", [0, 1, 12, 131, 132, 140])
def test_a_timeout_in_the_middle_loses_nothing(pair: Any, cut: Any) -> None:
    near, far = pair
    packet = Packet(sn=1, type=5, name="var/x", body=bytes(60)).encode()
    near.settimeout(0.02)
    far.sendall(packet[:cut])

    with pytest.raises(CallTimeoutError, match=f"{cut} bytes of it have come and are kept") as caught:
        near.recv_spec()
    assert isinstance(caught.value, TimeoutError)

    near.settimeout(PATIENCE)
    far.sendall(packet[cut:])
    assert near.recv_spec().encode() == packet


def test_the_timeout_is_for_the_whole_message_however_slowly_it_dribbles_in(pair: Any) -> None:
    near, far = pair
    near.settimeout(0.2)
    stop = threading.Event()

    def dribble() -> None:
        for byte in Packet(sn=1).encode():  # all of it would take longer than a test may
            far.sendall(bytes([byte]))
            if stop.wait(0.1):
                return

    with running(dribble):
        try:
            with pytest.raises(CallTimeoutError, match="bytes of it have come and are kept"):
                near.recv_spec()
        finally:
            stop.set()


@pytest.mark.parametrize("reset", [False, True], ids=["closes", "resets"])
@pytest.mark.parametrize("cut", [0, 1, 11, 12, 123, 124, 131, 132, 133, 20_131])
def test_the_other_end_gone_is_a_lost_connection_at_any_byte(pair: Any, cut: Any, reset: Any) -> None:
    near, far = pair
    far.sendall(Packet(type=5, body=bytes(20_000)).encode()[:cut])
    if reset:
        far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    far.close()

    with pytest.raises(ConnectionLostError, match=r"127\.0\.0\.1:\d+|the other end") as caught:
        near.recv_spec()

    assert isinstance(caught.value, ConnectionError)
    with pytest.raises(ConnectionError):
        near.recv_spec()


def test_the_error_tells_how_far_the_message_had_come(pair: Any) -> None:
    near, far = pair
    far.sendall(Packet().encode()[:50])
    far.shutdown(socket.SHUT_WR)

    with pytest.raises(ConnectionLostError, match="50 bytes into a message"):
        near.recv_spec()


def test_the_end_between_messages_is_told_as_such(pair: Any) -> None:
    near, far = pair
    far.shutdown(socket.SHUT_WR)

    with pytest.raises(ConnectionLostError, match="between messages"):
        near.recv_spec()


def test_sending_to_an_end_that_is_gone_is_a_lost_connection(pair: Any) -> None:
    for body in (b"", bytes(5_000), bytes(100_000)):
        near, far = (SpecSocket(fileno=end.detach()) for end in socket.socketpair())
        with near:
            far.close()
            with pytest.raises(ConnectionLostError, match=r"0 of .* bytes of a message were sent"):
                near.send_spec(1, REPLY, BYTES, "", body)


def test_another_protocol_is_a_value_error_at_its_first_bytes(pair: Any) -> None:
    near, far = pair
    far.sendall(b"HTTP/1.1")

    with pytest.raises(RemoteProtocolError, match="magic number") as caught:
        near.recv_spec()

    assert isinstance(caught.value, ValueError)
    assert caught.value.field == "magic"
    with pytest.raises(RemoteProtocolError):
        near.recv_spec()


def test_the_longest_body_that_is_taken_can_be_set(pair: Any) -> None:
    near, far = pair
    assert near.max_body == 2**30
    near.max_body = 10
    far.sendall(Packet(sn=1, body=bytes(10)).encode() + Packet(sn=2, name="var/x", len=11).encode())

    assert near.recv_spec().sn == 1
    with pytest.raises(RemoteProtocolError, match="'var/x' is 11, more than the limit of 10"):
        near.recv_spec()


@pytest.mark.parametrize("call", ["recv_spec", "send_spec"])
def test_a_closed_socket_is_told_as_the_system_tells_it(call: Any) -> None:
    sock = SpecSocket()
    sock.close()

    with pytest.raises(OSError, match="Bad file descriptor"):
        getattr(sock, call)(*(() if call == "recv_spec" else (1, REPLY, TEXT)))


@pytest.mark.parametrize("call", ["recv_spec", "send_spec"])
def test_a_socket_that_was_never_connected_is_a_connection_error(call: Any) -> None:
    with SpecSocket() as sock, pytest.raises(ConnectionError, match="not connected; connect it first"):
        getattr(sock, call)(*(() if call == "recv_spec" else (1, REPLY, TEXT)))


# ---- interruptions of sending


@pytest.mark.parametrize("size", [0, 500, 1000, 5_000, 100_000])
@pytest.mark.parametrize("timeout", [0, 0.01])
def test_a_full_buffer_never_breaks_the_stream(pair: Any, size: Any, timeout: Any) -> None:
    """Whatever the system took of a message that it had no room for: the stream goes on with the rest."""
    near, far = pair
    near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 20_000)
    near.settimeout(timeout)
    body = bytes(range(256)) * (size // 256) + bytes(size % 256)

    for _ in range(5):
        expected = fill(near, body)
        near.settimeout(PATIENCE)
        with running(near.flush_spec) as flushed:
            got = [far.recv_spec() for _ in range(expected)]
        near.settimeout(timeout)
        assert flushed == [None]
        assert [message.sn for message in got] == list(range(expected))
        assert all(message.body == body for message in got)


@pytest.mark.parametrize("taken", range(1, 140, 7))
@pytest.mark.parametrize("size", [10, 900])
def test_a_small_message_that_the_system_takes_in_part_is_kept_too(pair: Any, size: Any, taken: Any) -> None:
    near, far = pair

    class Full(SpecSocket):
        """A system whose buffer had room for a few bytes and then for none."""

        room = taken

        def send(self, data: Any, *flags: int) -> int:
            if not self.room:
                raise BlockingIOError
            count = super().send(data[: self.room])
            self.room -= count
            return count

    with Full(fileno=near.detach()) as full:
        with pytest.raises(BlockingIOError, match=f"{taken} of {132 + size} bytes have left"):
            full.send_spec(1, EVENT, BYTES, "var/x", bytes(size))
        full.room = 10_000
        full.send_spec(2, EVENT, BYTES, "var/y", b"abc")

        assert [far.recv_spec().sn for _ in range(2)] == [1, 2]


def test_the_rest_of_a_message_goes_out_before_the_next(pair: Any) -> None:
    near, far = pair
    near.settimeout(0.05)
    with pytest.raises(CallTimeoutError, match=r"\d+ of 30000132 bytes have left and the rest goes out before"):
        near.send_spec(1, EVENT, BYTES, "var/x", bytes(30_000_000))
    near.settimeout(PATIENCE)

    with running(near.send_spec, 2, EVENT, BYTES, "var/y", b"abc") as sent:
        first, second = far.recv_spec(), far.recv_spec()

    assert sent == [None]
    assert (first.sn, first.len, second.sn, second.body) == (1, 30_000_000, 2, b"abc")


def test_a_message_that_waits_for_the_rest_of_the_one_before_is_told_not_to_have_been_taken(pair: Any) -> None:
    near, far = pair
    near.setblocking(False)
    with pytest.raises(BlockingIOError, match="do not send this message again") as caught:
        near.send_spec(1, EVENT, BYTES, "var/x", bytes(30_000_000))
    assert caught.value.characters_written > 0

    for size in (0, 100_000):
        with pytest.raises(BlockingIOError, match="this message was not taken") as caught:
            near.send_spec(2, EVENT, BYTES, "var/y", bytes(size))
        assert "do not send this message again" not in str(caught.value)

    near.setblocking(True)
    with running(near.flush_spec) as flushed:
        assert far.recv_spec().sn == 1
    assert flushed == [None]
    near.send_spec(3, EVENT, TEXT)
    assert far.recv_spec().sn == 3


def test_a_message_of_which_nothing_left_is_forgotten(pair: Any) -> None:
    near, far = pair
    near.setblocking(False)
    expected = fill(near, bytes(50_000))
    near.setblocking(True)
    with running(near.flush_spec):
        for _ in range(expected):
            far.recv_spec()
    near.flush_spec()

    near.send_spec(77, EVENT, TEXT)

    assert far.recv_spec().sn == 77


class CtrlC:
    """Presses Ctrl-C again and again: once for each time that it is armed."""

    def __init__(self) -> None:
        self.armed = False
        self.count = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._press)

    def _press(self) -> None:
        # Not an alarm: that is how a test that hangs is ended.
        while not self._over.wait(0.0005):
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)

    def _handle(self, *_: object) -> None:
        if self.armed:
            self.armed = False
            self.count += 1
            raise KeyboardInterrupt

    def __enter__(self) -> Self:
        # Collecting garbage calls Python (hypothesis asks for it): what a handler raises in there is lost.
        gc.disable()
        self._before = signal.signal(signal.SIGUSR1, self._handle)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.armed = False
        self._over.set()
        self._thread.join(PATIENCE)
        signal.signal(signal.SIGUSR1, self._before)
        gc.enable()


@pytest.mark.parametrize("size", [900, 10_000, 2_000_000])
def test_ctrl_c_while_sending_leaves_the_stream_whole(pair: Any, size: Any) -> None:
    near, far = pair
    near.settimeout(None)
    near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 20_000)
    body = bytes(range(250)) * (size // 250)

    def receive() -> list[SpecMessage]:
        got: list[SpecMessage] = []
        while True:
            message = far.recv_spec()
            if message.cmd == EventTypes.SV_CLOSE:
                return got
            got.append(message._replace(body=b"") if message.body == body else message)

    with running(receive) as received:
        with CtrlC() as ctrl_c:
            deadline = time.monotonic() + 1
            serial = 0
            while time.monotonic() < deadline:
                serial += 1
                try:
                    ctrl_c.armed = True
                    near.send_spec(serial, EVENT, BYTES, "var/x", body)
                    ctrl_c.armed = False
                except KeyboardInterrupt:
                    pass
        near.settimeout(PATIENCE)
        near.send_spec(0, EventTypes.SV_CLOSE, 0)

    (got,) = received
    assert not isinstance(got, BaseException), "".join(traceback.format_exception(got))
    assert all(message.body == b"" for message in got)
    serials = [message.sn for message in got]
    assert serials == sorted(set(serials))
    assert ctrl_c.count > 0


@pytest.mark.parametrize("timeout", [None, PATIENCE])
@pytest.mark.parametrize("size", [10_000, 8_000_000])
def test_ctrl_c_while_receiving_loses_no_byte(pair: Any, size: Any, timeout: Any) -> None:
    near, far = pair
    near.settimeout(timeout)
    body = bytes(range(250)) * (size // 250)
    count = 40_000_000 // size if size > 100_000 else 3_000

    def send() -> None:
        for serial in range(count + 1):
            far.send_spec(serial, EVENT, BYTES, "var/x", body)

    got = [-1]
    with running(send) as sent, CtrlC() as ctrl_c:
        while got[-1] < count:
            try:
                ctrl_c.armed = got[-1] < count / 2
                message = near.recv_spec()
                ctrl_c.armed = False
            except KeyboardInterrupt:
                continue
            assert message.body == body
            got.append(message.sn)

    assert sent == [None]
    assert got == sorted(set(got))
    assert ctrl_c.count > 0


# ---- being a socket


def test_accept_gives_a_spec_socket_that_speaks_first_too(pair: Any) -> None:
    near, far = pair
    assert type(far) is SpecSocket

    far.send_spec(0, EVENT, TEXT, "var/x", b"1\0")

    assert near.recv_spec().body == "1"


def test_accept_gives_an_object_of_the_listeners_class_with_the_systems_default_timeout() -> None:
    class Mine(SpecSocket):
        pass

    with Mine() as listener, SpecSocket() as near:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.settimeout(PATIENCE)
        near.connect(listener.getsockname())
        far, address = listener.accept()
        with far:
            assert type(far) is Mine
            assert far.gettimeout() is None
            assert address == near.getsockname()


def test_it_is_made_of_a_socketpair_by_fileno_and_closed_by_with(nothing_left_behind: Any) -> None:
    near, far = (SpecSocket(fileno=end.detach()) for end in socket.socketpair())
    with near, far:
        near.send_spec(1, READ, TEXT, "var/x")
        assert far.recv_spec().name == "var/x"
        near.close()
        with pytest.raises(ConnectionLostError, match="the other end"):
            far.recv_spec()
    assert near.fileno() == far.fileno() == -1


def test_a_new_socket_has_no_timeout_and_can_be_duplicated(pair: Any) -> None:
    near, far = pair
    with SpecSocket() as sock:
        assert sock.gettimeout() is None
    with near.dup() as again:
        again.send_spec(1, READ, TEXT)
        assert far.recv_spec().sn == 1


def test_one_thread_sends_while_another_waits_for_a_message(pair: Any) -> None:
    near, far = pair
    with running(near.recv_spec) as received:
        near.send_spec(1, READ, TEXT, "var/x")
        assert far.recv_spec().name == "var/x"
        far.send_spec(1, REPLY, TEXT, "var/x", b"5\0")

    assert received[0].body == "5"


def test_it_works_where_the_system_has_no_sendmsg(pair: Any, monkeypatch: Any) -> None:
    from pycertifspec.sync import spec_socket

    monkeypatch.setattr(spec_socket, "_HAS_SENDMSG", False)
    near, far = pair
    with running(near.send_spec, 1, REPLY, BYTES, "var/x", bytes(1_000_000)):
        assert far.recv_spec().len == 1_000_000


def test_another_process_can_be_the_other_end() -> None:
    program = (
        "import sys; from pycertifspec.SpecSocket import SpecSocket; s = SpecSocket(fileno=int(sys.argv[1]));"
        "m = s.recv_spec(); s.send_spec(m.sn, 13, 2, m.name, m.body.encode() + b'\\0')"
    )
    near, far = (SpecSocket(fileno=end.detach()) for end in socket.socketpair())
    with near, far:
        far.set_inheritable(True)
        near.settimeout(30)
        near.send_spec(5, READ, TEXT, "var/x", b"hello\0")
        subprocess.run([sys.executable, "-c", program, str(far.fileno())], check=True, timeout=30, close_fds=False)
        assert near.recv_spec().body == "hello"


@pytest.mark.parametrize(("rows", "cols"), [(2, 2), (1, 7), (6, 6)])
def test_an_array_that_contradicts_its_shape_is_refused_before_a_byte_is_sent(rows: int, cols: int) -> None:
    one, other = socket.socketpair()
    with SpecSocket(fileno=one.detach()) as sock, other:
        with pytest.raises(LocalProtocolError, match=rf"48 bytes, but {rows} rows and {cols} columns of 8 bytes are"):
            sock.send_spec(
                1, EventTypes.SV_CHAN_SEND, DataTypes.SV_ARR_DOUBLE, "var/x", bytes(48), rows=rows, cols=cols
            )
        other.setblocking(False)
        with pytest.raises(BlockingIOError):
            other.recv(1)


@pytest.mark.parametrize(
    ("rows", "cols", "size"),
    [(2, 3, 48), (2, 3, 49), (6, 0, 48), (0, 6, 48), (0, 0, 48), (0, 0, 49), (0, 3, 0), (3, 0, 0), (0, 0, 0)],
)
def test_an_array_of_its_shape_or_of_none_is_sent(rows: int, cols: int, size: int) -> None:
    one, other = socket.socketpair()
    with SpecSocket(fileno=one.detach()) as sock, SpecSocket(fileno=other.detach()) as peer:
        sock.send_spec(1, EventTypes.SV_CHAN_SEND, DataTypes.SV_ARR_DOUBLE, "var/x", bytes(size), rows=rows, cols=cols)

        assert peer.recv_spec().body == bytes(size)


@pytest.mark.parametrize(
    "arguments",
    [
        {"body": bytes(5)},
        {"body": bytes(7)},
        {"body": bytes(8) + b"x"},
        {"body": np.zeros(2, "i4")},
        {"body": bytes(8) + b"x", "rows": 1, "cols": 1},
        {"body": bytes(8), "rows": 0, "cols": 3},
        {"rows": np.int32(70_000), "cols": np.int32(70_000)},
        {"rows": "1", "cols": 1},
        {"data_type": []},
    ],
    ids=repr,
)
def test_an_array_that_cannot_be_right_is_refused_before_a_byte_is_sent(pair: Any, arguments: Any) -> None:
    near, far = pair

    with pytest.raises(LocalProtocolError, match="cannot send"):
        near.send_spec(1, EVENT, **{"data_type": DataTypes.SV_ARR_DOUBLE, "body": np.zeros(3), **arguments})

    near.send_spec(99, REPLY, TEXT)
    assert far.recv_spec().sn == 99


@pytest.mark.parametrize(
    ("kind", "array", "body"),
    [
        (DataTypes.SV_ARR_STRING, np.array([b"alpha", b"be"]), b"alphabe\0\0\0"),
        (DataTypes.SV_ARR_DOUBLE, np.zeros((0, 3)), b""),
    ],
)
def test_a_table_of_strings_and_an_empty_table_are_sent(pair: Any, kind: Any, array: Any, body: Any) -> None:
    near, far = pair
    rows, cols = array.shape if array.ndim == 2 else (len(array), array.itemsize)

    near.send_spec(1, EVENT, kind, "var/x", array, rows=rows, cols=cols)

    got = far.recv_spec()
    assert (got.type, got.rows, got.cols, got.body) == (kind, rows, cols, body)
    decoded: Any = values.decode(got)
    assert len(decoded) == rows


# ---- interrupted by a signal's handler that uses the socket itself


class Interrupted(SpecSocket):
    """Runs a signal's handler once, in the middle of the first call that moves bytes."""

    pending = True

    def _interrupt(self) -> None:
        if self.pending:
            self.pending = False
            signal.raise_signal(signal.SIGUSR1)

    def send(self, *args: Any) -> int:
        self._interrupt()
        return super().send(*args)

    def sendmsg(self, *args: Any) -> int:
        self._interrupt()
        return super().sendmsg(*args)

    def recv_into(self, *args: Any) -> int:
        self._interrupt()
        return super().recv_into(*args)


@contextmanager
def handling(handler: Any) -> Iterator[list[Any]]:
    """Handle SIGUSR1; what the handler returns or raises on purpose is in the list."""
    results: list[Any] = []

    def handle(*_: object) -> None:
        try:
            results.append(handler())
        except LocalProtocolError as error:
            results.append(error)

    before = signal.signal(signal.SIGUSR1, handle)
    try:
        yield results
    finally:
        signal.signal(signal.SIGUSR1, before)


@pytest.mark.parametrize("size", [0, 100_000])
@pytest.mark.parametrize("call", ["send_spec", "flush_spec"])
def test_a_handler_that_sends_in_the_middle_of_sending_gets_an_error_at_once(pair: Any, call: Any, size: Any) -> None:
    near, far = pair
    with Interrupted(fileno=near.detach()) as sock:
        sock.settimeout(PATIENCE)
        arguments = (2, EventTypes.SV_ABORT, 0) if call == "send_spec" else ()
        with handling(lambda: getattr(sock, call)(*arguments)) as told, running(far.recv_spec) as received:
            sock.send_spec(1, EVENT, BYTES, "var/x", bytes(size))
        assert (received[0].sn, received[0].len) == (1, size)
        assert isinstance(told[0], LocalProtocolError)
        assert "in the middle of sending a message on this socket" in str(told[0])

        sock.send_spec(3, EVENT, TEXT)
        assert far.recv_spec().sn == 3


def test_a_handler_that_receives_in_the_middle_of_receiving_gets_an_error_at_once(pair: Any) -> None:
    near, far = pair
    far.sendall(Packet(sn=1).encode() + Packet(sn=2).encode())
    with Interrupted(fileno=near.detach()) as sock:
        sock.settimeout(PATIENCE)
        with handling(sock.recv_spec) as told:
            assert sock.recv_spec().sn == 1

        assert "in the middle of receiving a message on this socket" in str(told[0])
        assert sock.recv_spec().sn == 2


def test_a_handler_may_send_an_abort_in_the_middle_of_receiving(pair: Any) -> None:
    near, far = pair
    far.sendall(Packet(sn=1).encode())
    with Interrupted(fileno=near.detach()) as sock:
        sock.settimeout(PATIENCE)

        def abort() -> None:
            sock.send_spec(0, EventTypes.SV_ABORT, TEXT)

        with handling(abort) as done:
            assert sock.recv_spec().sn == 1

        assert done == [None]
        assert far.recv_spec().cmd == EventTypes.SV_ABORT


# ---- the timeout is for the whole call


class Held(SpecSocket):
    """Says when it begins to receive or to send a small message, and goes on when it may."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.begun, self.may_go_on = threading.Event(), threading.Event()

    def recv_into(self, *args: Any) -> int:
        self.begun.set()
        assert self.may_go_on.wait(PATIENCE)
        return super().recv_into(*args)

    def send(self, *args: Any) -> int:
        self.begun.set()
        assert self.may_go_on.wait(PATIENCE)
        return super().send(*args)


@pytest.fixture
def held(pair: Any) -> Iterator[Held]:
    near, _ = pair
    with Held(fileno=near.detach()) as sock:
        yield sock


@pytest.mark.parametrize(
    ("timeout", "error", "words"),
    [
        (0.02, CallTimeoutError, r"{} took more than 0\.02 s"),
        (0, BlockingIOError, "{} would block"),
    ],
)
@pytest.mark.parametrize(
    ("doing", "call", "arguments"),
    [
        ("receiving", "recv_spec", ()),
        ("sending", "send_spec", (2, EVENT, TEXT)),
        ("sending", "flush_spec", ()),
    ],
)
def test_waiting_for_another_thread_is_within_the_timeout(
    held: Any, pair: Any, timeout: Any, error: Any, words: Any, doing: Any, call: Any, arguments: Any
) -> None:
    first: Any = held.recv_spec if doing == "receiving" else partial(held.send_spec, 1, EVENT, TEXT)
    with running(first) as done:
        assert held.begun.wait(PATIENCE)
        held.settimeout(timeout)
        with pytest.raises(error, match=f"{words.format(doing)}: another thread is {doing} a message on this socket"):
            getattr(held, call)(*arguments)
        held.settimeout(PATIENCE)
        pair[1].sendall(Packet(sn=5).encode())
        held.may_go_on.set()

    assert not isinstance(done[0], BaseException)


def test_who_waited_for_another_thread_goes_on_after_it(held: Any, pair: Any) -> None:
    _, far = pair
    held.settimeout(PATIENCE)
    with running(held.send_spec, 1, EVENT, TEXT) as first:
        assert held.begun.wait(PATIENCE)
        with running(held.send_spec, 2, EVENT, TEXT, "var/x", b"1\0") as second:
            held.may_go_on.set()

    assert first == second == [None]
    assert [far.recv_spec().sn for _ in range(2)] == [1, 2]


def test_ctrl_c_while_waiting_for_another_thread_leaves_everything_as_it_was(held: Any, pair: Any) -> None:
    held.settimeout(PATIENCE)
    with running(held.recv_spec) as received:
        assert held.begun.wait(PATIENCE)
        with CtrlC() as ctrl_c, pytest.raises(KeyboardInterrupt):
            ctrl_c.armed = True
            held.recv_spec()
        pair[1].sendall(Packet(sn=1).encode() + Packet(sn=2).encode())
        held.may_go_on.set()

    assert received[0].sn == 1
    assert held.recv_spec().sn == 2


class Clock:
    """A clock that jumps ahead when it is told to."""

    def __init__(self, monkeypatch: Any) -> None:
        from pycertifspec.sync import patience, spec_socket

        self.ahead = 0.0
        for module in (patience, spec_socket):
            monkeypatch.setattr(module, "monotonic", lambda: time.monotonic() + self.ahead)


def test_a_system_call_gets_only_what_the_ones_before_left_of_the_timeout(pair: Any, monkeypatch: Any) -> None:
    """With a timeout that nobody would live to see, of which the first bytes take nearly all."""
    clock = Clock(monkeypatch)

    class Slow(SpecSocket):
        def recv_into(self, *args: Any) -> int:
            count = super().recv_into(*args)
            clock.ahead += 9_999.95
            return count

        def send(self, *args: Any) -> int:
            count = super().send(*args)
            clock.ahead += 9_999.95
            return count

    near, far = pair
    far.sendall(Packet().encode()[:60])
    with Slow(fileno=near.detach()) as sock:
        sock.settimeout(10_000)
        with running(sock.recv_spec) as received:
            pass
        assert isinstance(received[0], CallTimeoutError)
        assert "60 bytes of it have come and are kept" in str(received[0])
        far.sendall(Packet().encode()[60:])
        assert sock.recv_spec().encode() == Packet().encode()

        monkeypatch.setattr("pycertifspec.sync.spec_socket._HAS_SENDMSG", False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 20_000)
        with running(sock.send_spec, 1, EVENT, BYTES, "var/x", bytes(30_000_000)) as sent:
            pass
        assert isinstance(sent[0], CallTimeoutError)
        assert "do not send this message again" in str(sent[0])


def test_a_message_of_several_pieces_that_comes_in_time_is_received(pair: Any, monkeypatch: Any) -> None:
    clock = Clock(monkeypatch)

    class Slow(SpecSocket):
        def recv_into(self, *args: Any) -> int:
            count = super().recv_into(*args)
            clock.ahead += 1
            return count

    near, far = pair
    packet = Packet(type=5, body=bytes(40_000)).encode()
    with Slow(fileno=near.detach()) as sock:
        sock.settimeout(30)
        with running(far.sendall, packet):
            assert sock.recv_spec().encode() == packet
