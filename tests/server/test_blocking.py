"""`ServerThread`: a server for the time of a `with` block."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from pycertifspec.errors import LocalProtocolError, ServerNotFoundError
from pycertifspec.server import Application, ServerThread


def test_it_serves_while_the_block_runs(application: Application, connect: Any) -> None:
    with ServerThread(application, port=0) as server:
        assert server.port > 0
        assert connect(server).read("status/quit") == "0"
        assert any(thread.name == "lab server" for thread in threading.enumerate())
    assert not any(thread.name == "lab server" for thread in threading.enumerate())
    with pytest.raises(ConnectionRefusedError):
        connect(server.port)


def test_what_keeps_it_from_starting_is_raised_where_it_was_started(application: Application) -> None:
    with pytest.raises(LocalProtocolError, match="cannot listen"):
        ServerThread(application, port=(2, 1)).start()
    with (
        ServerThread(application, port=0) as server,
        pytest.raises(ServerNotFoundError),
        ServerThread(Application("other"), port=server.port),
    ):
        pass


def test_it_may_be_stopped_twice_or_without_having_been_started(application: Application) -> None:
    server = ServerThread(application, port=0)
    server.stop()
    server.start()
    server.stop()
    server.stop()


def test_the_block_ends_with_its_own_error(application: Application) -> None:
    with pytest.raises(ZeroDivisionError), ServerThread(application, port=0):
        raise ZeroDivisionError


def test_an_application_can_be_served_again(application: Application, connect: Any) -> None:
    x = application.publish("var/x", 1)
    for number in (2, 3):
        with ServerThread(application, port=0) as server:
            peer = connect(server)
            peer.watch("var/x")
            x.value = number
            assert peer.event("var/x") == str(number)
            peer.close()
