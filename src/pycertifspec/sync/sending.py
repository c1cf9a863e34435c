"""`Sender`: whole packets out of a socket, one thread's after the other's."""

from __future__ import annotations

import errno
import threading
import time
from typing import TYPE_CHECKING

from pycertifspec.errors import ConnectionLostError

if TYPE_CHECKING:
    import socket


class Sender:
    """Sends packets. What has left in part is completed before anything else leaves, whatever interrupted it.

    Args:
        own: a connected socket.
        label: the other end, for messages.

    """

    def __init__(self, own: socket.socket, label: str) -> None:
        self._send = own.send
        self._label = label
        self._lock = threading.Lock()
        self._packet = b""  # what is being sent
        self._sent: list[int] = []  # how much of it the system took in each call

    def send(self, packet: bytes, timeout: float) -> None:
        """Send a packet, whole.

        Raises:
            ConnectionLostError: the other end is gone, or has taken nothing for `timeout` seconds.

        """
        with self._lock:
            if self._sent:
                self._finish(timeout)
                self._sent.clear()
            # One of which nothing has left is forgotten: who was interrupted does not want it to leave later.
            self._packet = packet
            try:
                # `+=` runs to its end in C: a signal's exception comes before the system has taken anything or when
                # its count is in the list.
                self._sent += map(self._send, (packet,))
            except (TimeoutError, BlockingIOError):
                pass
            except OSError as error:
                raise self._lost(f"{_reason(error)}; a packet was not sent") from error
            if not self._sent or self._sent[0] != len(packet):
                self._finish(timeout)
            self._sent.clear()

    def _finish(self, timeout: float) -> None:
        """Send what is left of the packet."""
        deadline = time.monotonic() + timeout
        packet = memoryview(self._packet)
        while (done := sum(self._sent)) < len(packet):
            try:
                self._sent += map(self._send, (packet[done:],))
                deadline = time.monotonic() + timeout
            except (TimeoutError, BlockingIOError):
                if time.monotonic() > deadline:
                    raise self._lost(f"it has taken nothing for {timeout} s") from None
            except OSError as error:
                raise self._lost(f"{_reason(error)}; {done} bytes of a packet have left") from error

    def _lost(self, reason: str) -> ConnectionLostError:
        return ConnectionLostError(f"the connection to {self._label} is lost: {reason}")


def _reason(error: OSError) -> object:
    """Return why the system did not send; who is told later than others finds the socket closed."""
    return "it has ended" if error.errno == errno.EBADF else error
