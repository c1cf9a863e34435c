"""`Connection`: the messages of one socket, whole out and whole in, whatever interrupts it."""

from __future__ import annotations

import contextlib
import socket
from collections import deque
from typing import TYPE_CHECKING

from pycertifspec.errors import ConnectionLostError, RemoteProtocolError
from pycertifspec.session.target import KEEPALIVE
from pycertifspec.wire.decoder import Decoder

from .patience import limit_waiting
from .sending import Sender

if TYPE_CHECKING:
    from pycertifspec.wire.message import SpecMessage

# Bytes that are read at a time: some hundred events, which are still in the processor's cache when they are told.
READ_SIZE = 32 * 1024


class Connection:
    """One connection, until it is lost. One thread at a time reads it; any may send.

    Args:
        own: the socket, which is closed by `close`.
        patience: seconds that one read waits. It is the socket's timeout, so that waiting costs no call of its own.
        label: the server, for messages.

    Attributes:
        socket: the same.
        send: sends a packet; see `Sender.send`.
        outbox: what is to leave with `flush`; see `Sender.outbox`.
        flush: see `Sender.flush`.

    """

    def __init__(self, own: socket.socket, patience: float, label: str) -> None:
        limit_waiting(own, patience)
        own.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        own.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in KEEPALIVE:
            if hasattr(socket, option):
                own.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
        self.socket = own
        sender = Sender(own, label)
        self.send = sender.send
        self.flush = sender.flush
        self.outbox = sender.outbox
        self._label = label
        self._recv_into = own.recv_into
        self._decoder = Decoder()
        self._memory = memoryview(bytearray(READ_SIZE))
        self._whole = (self._memory,)
        self._came: list[int] = []  # bytes that were read and not taken in yet: one count at most
        self._inbox: deque[SpecMessage] | None = None

    def receive(self) -> deque[SpecMessage] | None:
        """Wait for what comes; return the messages, to be taken from their left side, or None if nothing came.

        What has come is never lost: `+=` runs to its end in C, so that an exception of a signal's handler
        (Ctrl-C) comes before bytes are taken from the system or when they are in the list. What is in the list is
        returned now, or to whoever calls next, until `taken` is called.

        Raises:
            ConnectionLostError: the other end is gone, or has sent what is no message.

        """
        came, decoder = self._came, self._decoder
        if not came:
            room = decoder.room()
            try:
                if room is None:
                    came += map(self._recv_into, self._whole)
                else:
                    with room:
                        came += map(self._recv_into, (room,))
            except (TimeoutError, BlockingIOError):
                return None
            except OSError as error:
                raise ConnectionLostError(f"the connection to {self._label} is lost: {error}") from error
        if self._inbox is None:
            count = came[0]
            if not count:
                raise ConnectionLostError(f"{self._label} closed the connection")
            state = decoder.state()
            try:
                self._inbox = deque(
                    decoder.filled(count) if decoder.filling else decoder.receive(self._memory[:count].tobytes())
                )
            except RemoteProtocolError as error:
                raise self._nonsense(error) from error
            except BaseException:
                if self._inbox is None:
                    decoder.restore(state)
                raise
        return self._inbox

    def taken(self) -> None:
        """Take note that the messages of `receive` were taken in.

        Raises:
            ConnectionLostError: behind them was what is none.

        """
        self._came.clear()
        self._inbox = None
        if self._decoder.failure is not None:
            raise self._nonsense(self._decoder.failure)

    def _nonsense(self, error: RemoteProtocolError) -> ConnectionLostError:
        return ConnectionLostError(f"{self._label} sent what is no message: {error}")

    def shut(self) -> None:
        """Let nothing pass any more, and whoever waits go on."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Give the socket back."""
        self.socket.close()
