"""One connection to a peer, held by a bare socket and by a SpecSocket: both have the same stream and server."""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING, Literal, NamedTuple

from pycertifspec import SpecSocket

from . import peer

if TYPE_CHECKING:
    from collections.abc import Iterator


class Pair(NamedTuple):
    """Two sockets of one connection; each takes whole messages, so either may go on after the other."""

    bare: socket.socket
    ours: SpecSocket


@contextlib.contextmanager
def client(port: int) -> Iterator[Pair]:
    """Connect to a peer."""
    with (
        socket.create_connection((peer.HOST, port)) as bare,
        SpecSocket(fileno=bare.dup().detach()) as ours,
    ):
        yield Pair(bare, ours)


@contextlib.contextmanager
def connected(manner: Literal["reply", "blast"], payload: bytes) -> Iterator[Pair]:
    """Start a peer and connect to it; both end with the block."""
    with peer.serving(manner, payload) as port, client(port) as pair:
        yield pair


def fill(bare: socket.socket, buffer: bytearray) -> bytearray:
    """Receive until the buffer is full: the barest loop there is."""
    have, size = 0, len(buffer)
    with memoryview(buffer) as view:
        while have < size:
            have += bare.recv_into(view[have:])
    return buffer
