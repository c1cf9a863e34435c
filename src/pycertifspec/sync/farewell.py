"""Ends a connection so that what was sent last arrives."""

from __future__ import annotations

import contextlib
import socket
import time

from pycertifspec.session.client import FAREWELL

_PIECE = 64 * 1024


def farewell(connected: socket.socket) -> None:
    """Say that nothing more will come, and take in what still comes until the other end has closed too.

    After `FAREWELL` seconds it may be closed all the same.
    """
    deadline = time.monotonic() + FAREWELL
    with contextlib.suppress(OSError):  # it is gone already: there is nobody to take leave of
        connected.shutdown(socket.SHUT_WR)
        while (left := deadline - time.monotonic()) > 0:
            connected.settimeout(left)
            if not connected.recv(_PIECE):
                return
