"""The other end for whole clients: a process that costs next to nothing and answers each request by its serial number.

Run as a module, it prints its port and serves any number of clients, each in a thread of its own. Properties that are
read have prebuilt values. Who writes a number into `BLAST` is sent so many events of it, numbered, in order.
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import threading
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from pycertifspec import DataTypes, EventTypes

from . import packets
from .peer import HOST

if TYPE_CHECKING:
    from collections.abc import Iterator

POSITION, IMAGE, BLAST, READY = "motor/th/position", "var/image", "var/blast", "status/ready"
IMAGE_SIZE = 32_000_000

# Where a header's integers are (PROTOCOL.md 1.2).
_SN, _CMD, _LEN, _NAME, _SIZE = 12, 24, 40, 52, packets.HEADER_SIZE
_READ, _SEND = int(EventTypes.SV_CHAN_READ), int(EventTypes.SV_CHAN_SEND)
_ORDER = sys.byteorder


@contextlib.contextmanager
def serving() -> Iterator[int]:
    """Run it and give its port; it is ended with the block. It runs on the cores that we run on."""
    command = [sys.executable, "-m", "benchmarks.instrument"]
    root = Path(__file__).parent.parent
    with subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.kill()


def request(sn: int, name: str) -> bytes:
    """Return a request to read a property."""
    packet = bytearray(packets.packet(EventTypes.SV_CHAN_READ, 0, name))
    packet[_SN : _SN + 4] = sn.to_bytes(4, _ORDER)
    return bytes(packet)


def reply(name: str) -> bytes:
    """Return what is sent when a property is read, but for the serial number."""
    if name == IMAGE:
        return packets.array(IMAGE_SIZE)
    body = b"1\0" if name == READY else packets.POSITION
    return packets.packet(EventTypes.SV_REPLY, DataTypes.SV_STRING, name, body)


def blast(count: int) -> bytes:
    """Return what makes the instrument send events, numbered from 1."""
    return packets.packet(EventTypes.SV_CHAN_SEND, DataTypes.SV_STRING, BLAST, b"%d\0" % count)


def _event(number: int) -> bytes:
    return packets.packet(EventTypes.SV_EVENT, DataTypes.SV_STRING, BLAST, b"%08d\0" % number)


EVENT_SIZE = len(_event(0))


@lru_cache(maxsize=1)
def _events(count: int) -> bytes:
    return b"".join(_event(number + 1) for number in range(count))


def _serve(connection: socket.socket) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    buffer, start = memoryview(bytearray(1 << 18)), 0
    replies: dict[bytes, bytearray] = {}
    with contextlib.suppress(OSError), connection:
        while came := connection.recv_into(buffer[start:]):
            data = bytes(buffer[: start + came])
            start = 0
            while len(data) >= _SIZE:
                size = _SIZE + int.from_bytes(data[_LEN : _LEN + 4], _ORDER)
                if len(data) < size:
                    break
                count = len(data) // _SIZE
                if data[_CMD] == _READ and data[_CMD::_SIZE].count(_READ) == count and len(data) == count * _SIZE:
                    _answer(connection, data, replies)
                    data = b""
                    continue
                if data[_CMD] == _READ:
                    _answer(connection, data[:size], replies)
                else:
                    _do(connection, data[:size])
                data = data[size:]
            buffer[: len(data)] = data
            start = len(data)


def _answer(connection: socket.socket, requests: bytes, replies: dict[bytes, bytearray]) -> None:
    """Answer requests that came together, which are for one property, whatever their number, at the price of one."""
    name = requests[_NAME:_SIZE]
    one = replies.get(name)
    if one is None:
        one = replies[name] = bytearray(reply(name.split(b"\0")[0].decode()))
    count, size = len(requests) // _SIZE, len(one)
    answer = one
    if count == 1:
        answer[_SN : _SN + 4] = requests[_SN : _SN + 4]
    else:
        answer = one * count
        for byte in range(_SN, _SN + 4):
            answer[byte::size] = requests[byte::_SIZE]
    connection.sendall(answer)


def _do(connection: socket.socket, message: bytes) -> None:
    """Act on a message that is no request to read."""
    command = message[_CMD]
    name = message[_NAME:_SIZE].split(b"\0")[0].decode()
    if command == EventTypes.SV_HELLO:
        hello = bytearray(packets.packet(EventTypes.SV_HELLO_REPLY, DataTypes.SV_STRING, "", b"fourc\0"))
        hello[_SN : _SN + 4] = message[_SN : _SN + 4]
        connection.sendall(hello)
    elif command == EventTypes.SV_REGISTER:
        connection.sendall(packets.packet(EventTypes.SV_EVENT, DataTypes.SV_STRING, name, b"0\0"))  # no event's number
    elif command == _SEND and name == BLAST:
        connection.sendall(_events(int(message[_SIZE:].rstrip(b"\0"))))


def _main() -> None:
    with socket.create_server((HOST, 0)) as listening:
        print(listening.getsockname()[1], flush=True)
        # Whoever started us holds the other end of the pipe: when that is gone, so are we.
        threading.Thread(target=_accept, args=(listening,), daemon=True).start()
        sys.stdin.buffer.read()


def _accept(listening: socket.socket) -> None:
    while True:
        connection, _ = listening.accept()
        threading.Thread(target=_serve, args=(connection,), daemon=True).start()


if __name__ == "__main__":
    _main()
