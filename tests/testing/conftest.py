"""Clients of whatever has a port."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.simulator.conftest import Talker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def connect(nothing_left_behind: None) -> Iterator[Callable[[Any], Talker]]:
    """Return a client of what has a port."""
    clients: list[Talker] = []

    def make(where: Any) -> Talker:
        clients.append(Talker(where.port))
        return clients[-1]

    yield make
    for client in clients:
        client.close()
