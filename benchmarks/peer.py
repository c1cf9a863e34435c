"""The other end of a connection: a process that costs next to nothing and serves prebuilt bytes to one client.

Run as a script, it reads the bytes from its standard input, prints its port and then does as its argument says:
`reply` sends them for whatever comes in, `blast` sends them again and again.
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

HOST = "127.0.0.1"


@contextlib.contextmanager
def serving(manner: Literal["reply", "blast"], payload: bytes) -> Iterator[int]:
    """Run a peer and give its port; it is ended with the block. It runs on the cores that we run on."""
    # Isolated and without `site`: the process needs nothing but `socket`, and starts at once.
    command = [sys.executable, "-I", "-S", __file__, manner]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            with process.stdin as pipe:
                pipe.write(payload)
            yield int(process.stdout.readline())
        finally:
            process.kill()


def _serve(manner: str, payload: bytes) -> None:
    with socket.create_server((HOST, 0)) as listening:
        listening.settimeout(60)  # nobody may ever come
        print(listening.getsockname()[1], flush=True)
        connection, _ = listening.accept()
    connection.setblocking(True)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    receive, send = connection.recv_into, connection.sendall
    with contextlib.suppress(OSError):  # the client has gone
        if manner == "blast":
            while True:
                send(payload)
        buffer = bytearray(4096)
        while receive(buffer):
            send(payload)


if __name__ == "__main__":
    _serve(sys.argv[1], sys.stdin.buffer.read())
