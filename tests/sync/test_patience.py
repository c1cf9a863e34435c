"""What is left of a socket's timeout."""

from __future__ import annotations

import selectors
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
