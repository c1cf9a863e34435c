"""Packets leave whole, whatever happens on the way."""

import socket
import threading
from typing import Any

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
