"""`Sender`: whole packets out of a socket, one thread's after the other's."""

from __future__ import annotations

import errno
import threading
import time
from collections import deque
from itertools import islice
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
        self.outbox: deque[bytes] = deque()  # requests to read that wait for others, to leave with them

    def send(self, packet: bytes, timeout: float) -> None:
        """Send a packet, whole.

        Raises:
            ConnectionLostError: the other end is gone, or has taken nothing for `timeout` seconds.

        """
        with self._lock:
            if self.outbox:
                self._send_outbox(timeout)
            if self._sent:
                self._finish(timeout)
            self._begin(packet, timeout)

    def flush(self, timeout: float) -> None:
        """Send what waits in the outbox, in one call.

        Raises:
            ConnectionLostError: as `send`.

        """
        with self._lock:
            self._send_outbox(timeout)

    def _send_outbox(self, timeout: float) -> None:
        outbox = self.outbox
        while count := len(outbox):  # who posts meanwhile counts on us
            if self._sent:
                self._finish(timeout)
            # What is interrupted here is sent again: a request to read that comes twice does no harm.
            self._begin(b"".join(islice(outbox, count)), timeout)
            for _ in range(count):
                outbox.popleft()

    def _begin(self, packet: bytes, timeout: float) -> None:
        """Send a packet. One of which nothing has left is forgotten: who was interrupted wants it to leave no more."""
        self._packet, sent = packet, self._sent
        try:
            # `+=` runs to its end in C: a signal's exception comes before the system has taken anything or when
            # its count is in the list.
            sent += map(self._send, (packet,))
        except (TimeoutError, BlockingIOError):
            pass
        except OSError as error:
            raise self._lost(f"{_reason(error)}; a packet was not sent") from error
        if sent == [len(packet)]:
            sent.clear()
        else:
            self._finish(timeout)

    def _finish(self, timeout: float) -> None:
        """Send what is left of the packet that was begun."""
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
        self._sent.clear()

    def _lost(self, reason: str) -> ConnectionLostError:
        return ConnectionLostError(f"the connection to {self._label} is lost: {reason}")


def _reason(error: OSError) -> object:
    """Return why the system did not send; who is told later than others finds the socket closed."""
    return "it has ended" if error.errno == errno.EBADF else error
