"""The time that is left of a socket's timeout: each of several system calls may only take what the others left."""

from __future__ import annotations

import contextlib
import selectors
import struct
import sys
from socket import SO_RCVTIMEO, SO_SNDTIMEO, SOL_SOCKET
from time import monotonic

# What `typing` has of this name; importing that costs a third of the time that `import pycertifspec` may take.
TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket

# The part of a timeout after which it is looked at closely. Before, the next call may take all of it: what
# nearly every message needs is then there at once, and waiting for it costs a system call of its own.
NEGLIGIBLE = 1 / 64

# Seconds of one wait; longer ones are made of several. The system counts milliseconds in 31 bits.
LONGEST_WAIT = 86_400.0

# Needs no descriptor of its own, unlike epoll. Not on Windows.
_Selector: type[selectors.BaseSelector] = getattr(selectors, "PollSelector", selectors.SelectSelector)


def limit_waiting(sock: socket.socket, seconds: float) -> None:
    """Let each call of a socket wait for so long and no longer; then it raises TimeoutError or BlockingIOError.

    The system keeps the time, where it can: with Python's own timeout, each call is two.
    """
    sock.settimeout(seconds)
    if sys.platform == "win32":
        return
    whole = int(seconds)
    interval = struct.pack("@ll", whole, int((seconds - whole) * 1_000_000))
    with contextlib.suppress(OSError):
        sock.setsockopt(SOL_SOCKET, SO_RCVTIMEO, interval)
        sock.setsockopt(SOL_SOCKET, SO_SNDTIMEO, interval)
        sock.settimeout(None)


def until_ready(sock: socket.socket, event: int, begin: float) -> None:
    """Wait until a socket is ready, for what is left of its timeout.

    Args:
        sock: the socket; without a timeout, or without blocking, there is nothing to wait for here.
        event: `selectors.EVENT_READ` or `selectors.EVENT_WRITE`.
        begin: when the timeout began, on the monotonic clock.

    Raises:
        TimeoutError: the timeout has passed, whatever came meanwhile.

    """
    timeout = sock.gettimeout()
    if not timeout or monotonic() - begin < timeout * NEGLIGIBLE:
        return
    with _Selector() as selector:
        selector.register(sock, event)
        while True:
            left = begin + timeout - monotonic()
            if left <= 0:
                raise TimeoutError("timed out")
            if selector.select(min(left, LONGEST_WAIT)):
                return
