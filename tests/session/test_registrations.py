"""`Registrations` keeps what is watched, and nothing else."""

from __future__ import annotations

import tracemalloc
from typing import Any

from pycertifspec.session.options import ServerOptions
from pycertifspec.session.registrations import Registrations


def test_nothing_is_kept_of_names_that_nobody_watches_any_more() -> None:
    registrations, client = Registrations(ServerOptions()), _Nobody()
    registrations.add(client, "output/first")
    tracemalloc.start()
    try:
        for number in range(20_000):
            registrations.add(client, f"output/{number}")
            registrations.remove(client, f"output/{number}")
        assert tracemalloc.get_traced_memory()[0] < 200_000  # ten bytes a name; other threads may take some, too
    finally:
        tracemalloc.stop()
    assert registrations.watched("output/first")
    registrations.remove(client, "output/first")
    assert not registrations.watched("output/first")


def test_what_is_not_watched_can_be_given_up_by_anybody() -> None:
    registrations, one, two = Registrations(ServerOptions()), _Nobody(), _Nobody()
    registrations.add(one, "var/x")
    registrations.remove(two, "var/x")
    registrations.remove(one, "var/y")
    registrations.remove_all(two)
    assert registrations.watched("var/x")


class _Nobody:
    """A client that is told nothing here."""

    session: Any = None

    def send(self, packet: bytes, key: str | None = None, *, event: bool = False) -> None:
        raise AssertionError

    def close(self) -> None:
        raise AssertionError
