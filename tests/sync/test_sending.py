"""Packets leave whole, whatever happens on the way."""

import socket
import threading
from typing import Any, cast

import pytest

from pycertifspec import ConnectionLostError
from pycertifspec.sync.sending import Sender


@pytest.fixture
def ends() -> Any:
    near, far = socket.socketpair()
    with near, far:
        near.settimeout(0.05)
        near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        yield near, far


@pytest.fixture
def roomy() -> Any:
    """Two ends between which a few small packets can wait."""
    near, far = socket.socketpair()
    with near, far:
        yield near, far


def received(far: socket.socket, size: int) -> bytes:
    far.settimeout(20)
    data = b""
    while len(data) < size:
        data += far.recv(65536)
    return data


def test_a_packet_larger_than_the_systems_buffer_leaves_as_the_other_end_takes_it(ends: Any) -> None:
    near, far = ends
    packet = bytes(range(256)) * 4096
    got: list[bytes] = []
    thread = threading.Thread(target=lambda: got.append(received(far, len(packet) + 3)))
    thread.start()
    sender = Sender(near, "'fourc'")

    sender.send(packet, 20)
    sender.send(b"end", 20)

    thread.join()
    assert got == [packet + b"end"]


def test_an_end_that_takes_nothing_is_lost_after_the_timeout(ends: Any) -> None:
    near, _ = ends

    with pytest.raises(ConnectionLostError, match=r"taken nothing for 0.1 s"):
        Sender(near, "'fourc'").send(bytes(1 << 22), 0.1)


def test_an_end_that_is_gone_is_told(ends: Any) -> None:
    near, far = ends
    far.close()

    with pytest.raises(ConnectionLostError, match="lost"):
        Sender(near, "'fourc'").send(b"x", 1)


class Interrupted:
    """A socket whose calls are interrupted by Ctrl-C as a script says: how much the system takes, or that it comes."""

    def __init__(self, own: socket.socket, *script: Any) -> None:
        self._own = own
        self._script = list(script)

    def send(self, packet: bytes) -> int:
        step = self._script.pop(0) if self._script else len(packet)
        if step is KeyboardInterrupt:
            raise KeyboardInterrupt
        return self._own.send(packet[:step])


def test_what_has_left_in_part_is_completed_before_anything_else_leaves(roomy: Any) -> None:
    near, far = roomy
    sender = Sender(cast("socket.socket", Interrupted(near, 3, KeyboardInterrupt)), "'fourc'")

    with pytest.raises(KeyboardInterrupt):
        sender.send(b"first", 20)
    sender.send(b"second", 20)

    assert received(far, 11) == b"firstsecond"


def test_what_is_interrupted_again_while_it_is_completed_is_completed_at_last(roomy: Any) -> None:
    near, far = roomy
    sender = Sender(cast("socket.socket", Interrupted(near, 1, KeyboardInterrupt, 2, KeyboardInterrupt)), "'fourc'")

    for packet in (b"first", b"never"):
        with pytest.raises(KeyboardInterrupt):
            sender.send(packet, 20)
    sender.send(b"second", 20)

    assert received(far, 11) == b"firstsecond"


def test_a_packet_of_which_nothing_has_left_leaves_no_more(roomy: Any) -> None:
    near, far = roomy
    sender = Sender(cast("socket.socket", Interrupted(near, KeyboardInterrupt)), "'fourc'")

    with pytest.raises(KeyboardInterrupt):
        sender.send(b"start the motor", 20)
    sender.send(b"stop", 20)

    assert received(far, 4) == b"stop"


def test_what_waits_in_the_outbox_leaves_in_one_call_and_before_what_is_sent_then(roomy: Any) -> None:
    near, far = roomy
    sender = Sender(near, "'fourc'")

    sender.outbox.extend([b"one ", b"two ", b"three "])
    sender.flush(20)
    assert far.recv(100) == b"one two three "
    sender.outbox.append(b"four ")
    sender.send(b"five", 20)

    assert received(far, 9) == b"four five"
    assert not sender.outbox


@pytest.mark.parametrize("taken", [(), (5,)])
def test_of_an_outbox_that_is_interrupted_nothing_is_lost(roomy: Any, taken: Any) -> None:
    near, far = roomy
    sender = Sender(cast("socket.socket", Interrupted(near, *taken, KeyboardInterrupt)), "'fourc'")
    sender.outbox.extend([b"one ", b"two "])

    with pytest.raises(KeyboardInterrupt):
        sender.flush(20)
    sender.send(b"three", 20)

    # What has left in part is completed; then all of it comes once more, which does a request to read no harm.
    whole = b"one two " * (1 + bool(taken)) + b"three"
    assert received(far, len(whole)) == whole


def test_an_outbox_that_cannot_leave_is_told(roomy: Any) -> None:
    near, far = roomy
    far.close()
    sender = Sender(near, "'fourc'")
    sender.outbox.append(b"x")

    with pytest.raises(ConnectionLostError, match="lost"):
        sender.flush(1)
