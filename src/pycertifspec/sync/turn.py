"""`Turn`: one thread at a time sends, or receives; one that already does is told so instead of waiting for itself."""

from __future__ import annotations

import errno
import threading
from threading import get_ident

from pycertifspec.errors import CallTimeoutError, LocalProtocolError

# What `typing` has of this name; importing that costs a third of the time that `import pycertifspec` may take.
TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket


class Turn:
    """A lock that knows who holds it.

    Who finds the lock free takes it by itself, for that is what nearly every call does and it must cost nothing::

        with turn.lock if not turn.lock.locked() else turn.after_others(sock):
            turn.owner = get_ident()  # found out before the lock was taken: a signal's handler may look at any time
            try: ...
            finally: turn.owner = 0

    Where another thread comes between the look and the taking, it is waited for without a limit of our own: its one
    message has the socket's.

    Args:
        doing: what is done in turns, as the messages say it: ``"sending"`` or ``"receiving"``.

    Attributes:
        lock: held while it is done.
        owner: the thread that holds it, 0 for none.

    """

    __slots__ = ("doing", "lock", "owner")

    def __init__(self, doing: str) -> None:
        self.doing = doing
        self.lock = threading.Lock()
        self.owner = 0

    def after_others(self, sock: socket.socket) -> _Waiting:
        """Return what takes the lock when the others are done, within the socket's timeout, and gives it back."""
        return _Waiting(self, sock)


class _Waiting:
    """The slow way to the lock.

    Raises:
        LocalProtocolError: this thread holds it: a signal's handler has interrupted it there.
        CallTimeoutError: the socket's timeout has passed.
        BlockingIOError: the socket is non-blocking.

    """

    __slots__ = ("_sock", "_turn")

    def __init__(self, turn: Turn, sock: socket.socket) -> None:
        self._turn = turn
        self._sock = sock

    def __enter__(self) -> None:
        turn = self._turn
        if turn.owner == get_ident():
            raise LocalProtocolError(
                f"this thread is in the middle of {turn.doing} a message on this socket: a signal's handler (or a "
                "__del__) cannot do the same. Let the handler set a flag or raise an exception, and go on after the "
                "call that was interrupted; or use a socket of its own"
            )
        timeout = self._sock.gettimeout()
        longest = min(timeout, threading.TIMEOUT_MAX) if timeout else -1
        # `+=` runs to its end in C: an exception of a signal's handler comes before the lock is taken or
        # when that is in the list, never between the two.
        taken: list[bool] = []
        try:
            taken += map(turn.lock.acquire, (timeout != 0,), (longest,))
        except BaseException:
            if any(taken):
                turn.lock.release()
            raise
        if not taken[0]:
            nothing = f"another thread is {turn.doing} a message on this socket; nothing was done"
            if timeout:
                raise CallTimeoutError(f"{turn.doing} took more than {timeout} s: {nothing}")
            raise BlockingIOError(errno.EAGAIN, f"{turn.doing} would block: {nothing}")

    def __exit__(self, *_: object) -> None:
        self._turn.lock.release()
