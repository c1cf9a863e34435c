"""What is left of a socket's timeout."""

from __future__ import annotations

import selectors
import socket
import sys
from time import monotonic
from typing import Any

import pytest

from pycertifspec.sync import patience

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE


@pytest.mark.parametrize("timeout", [None, 0])
def test_without_a_timeout_there_is_nothing_to_wait_for(pair: Any, timeout: Any) -> None:
    near, _ = pair
    near.settimeout(timeout)

    patience.until_ready(near, READ, monotonic() - 1e9)


def test_at_the_beginning_the_next_call_may_have_all_of_the_time(pair: Any) -> None:
    near, _ = pair
    near.settimeout(1e6)

    patience.until_ready(near, READ, monotonic())


@pytest.mark.parametrize("left", [-1e6, 0.0, 0.02])
def test_who_is_not_ready_in_the_rest_of_the_time_is_late(pair: Any, left: Any) -> None:
    near, _ = pair
    near.settimeout(1e6)

    with pytest.raises(TimeoutError, match="timed out"):
        patience.until_ready(near, READ, monotonic() - 1e6 + left)


def test_who_is_ready_in_the_rest_of_the_time_is_not(pair: Any) -> None:
    near, far = pair
    near.settimeout(1e6)
    far.sendall(b"x")

    for event in (READ, WRITE):
        patience.until_ready(near, event, monotonic() - 5e5)


def test_a_wait_longer_than_the_system_counts_is_made_of_several(pair: Any, monkeypatch: Any) -> None:
    near, _ = pair
    near.settimeout(1.0)
    monkeypatch.setattr(patience, "LONGEST_WAIT", 0.001)

    with pytest.raises(TimeoutError, match="timed out"):
        patience.until_ready(near, READ, monotonic() - 0.98)


def test_a_limit_is_one_of_the_system_and_ends_each_call(pair: Any) -> None:
    near, far = pair

    patience.limit_waiting(near, 0.01)

    assert near.gettimeout() is None  # Python's own timeout would be a call more for each
    with pytest.raises((TimeoutError, BlockingIOError)):
        near.recv(1)
    far.sendall(b"x")
    assert near.recv(1) == b"x"
    with pytest.raises((TimeoutError, BlockingIOError)):
        near.sendall(bytes(1 << 26))  # the other end takes nothing


class Stubborn(socket.socket):
    """A socket of a system that cannot keep the time."""

    def setsockopt(self, *_: Any) -> None:
        raise OSError("this system has no such option")


def test_where_the_system_cannot_keep_the_time_python_does(pair: Any) -> None:
    near, _ = pair
    with Stubborn(fileno=near.detach()) as own:
        patience.limit_waiting(own, 0.01)

        assert own.gettimeout() == 0.01
        with pytest.raises(TimeoutError):
            own.recv(1)


def test_on_windows_python_keeps_the_time(pair: Any, monkeypatch: Any) -> None:
    near, _ = pair
    monkeypatch.setattr(sys, "platform", "win32")

    patience.limit_waiting(near, 0.01)

    assert near.gettimeout() == 0.01
