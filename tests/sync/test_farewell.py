"""What is sent last arrives, though what the other end has sent was not read."""

from __future__ import annotations

import socket
import threading

import pytest

from pycertifspec.sync import farewell as module
from pycertifspec.sync.farewell import farewell


def connected() -> tuple[socket.socket, socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        ours = socket.create_connection(listening.getsockname())
        return ours, listening.accept()[0]


def read_all(theirs: socket.socket) -> bytes:
    got = b""
    while piece := theirs.recv(100):
        got += piece
    return got


def test_what_was_sent_last_arrives_though_much_is_unread() -> None:
    ours, theirs = connected()
    with ours, theirs:
        theirs.sendall(b"events" * 1000)
        ours.sendall(b"stop")
        leaving = threading.Thread(target=farewell, args=[ours])
        leaving.start()
        assert read_all(theirs) == b"stop"
        theirs.close()
        leaving.join()


def test_without_it_what_was_sent_last_is_thrown_away() -> None:
    ours, theirs = connected()
    with ours, theirs:
        theirs.sendall(b"events" * 1000)
        ours.recv(1)  # the rest has come, too
        ours.sendall(b"stop")
        ours.close()
        with pytest.raises(ConnectionResetError):
            read_all(theirs)


def test_a_server_that_does_not_close_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FAREWELL", 0.05)
    ours, theirs = connected()
    with ours, theirs:
        farewell(ours)
        assert theirs.recv(1) == b""


def test_a_connection_that_is_gone_is_no_error() -> None:
    ours, theirs = connected()
    theirs.close()
    ours.close()
    farewell(ours)
