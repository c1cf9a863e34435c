"""What became visibly different, in the order in which SPEC tells it (PROTOCOL.md 5.7), for those who publish it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

MAX_PENDING = 10_000
"""Changes that may wait in a feed; a beamline makes some hundred a second, so whoever lets these pile up has stopped
reading. Of each property only the newest is kept then."""

Key = tuple[str, str]
"""A mnemonic (`.all.` for the counters together) and a property's name."""


@dataclass(frozen=True, slots=True)
class Change:
    """A property has a new value.

    Attributes:
        time: model time at which it became so, in seconds.
        kind: `motor` or `scaler`, as property names begin.
        mnemonic: of the motor or counter, or `.all.`.
        name: of the property, as in PROTOCOL.md 5.6 and 5.9.
        value: the new value; flags are 0 or 1.

    """

    time: float
    kind: str
    mnemonic: str
    name: str
    value: float

    @property
    def path(self) -> str:
        """The property's whole name, for example `motor/th/position`."""
        return f"{self.kind}/{self.mnemonic}/{self.name}"


def changed(before: Mapping[Key, float], after: Mapping[Key, float], busy: Key) -> Iterator[tuple[Key, float]]:
    """Yield what is different, in the order of `after`, but first that it has become busy, and last that it is done."""
    if after[busy] and not before.get(busy):
        yield busy, after[busy]
    for key, value in after.items():
        if key != busy and before.get(key) != value:
            yield key, value
    if before.get(busy) and not after[busy]:
        yield busy, after[busy]


class ChangeFeed:
    """The changes that one reader has not yet taken; made by `Bench.watch`."""

    def __init__(self, wake: Callable[[], None], catch_up: Callable[[ChangeFeed], list[Change]]) -> None:
        self.wake = wake
        self._catch_up = catch_up
        self._pending: list[Change] = []

    def add(self, change: Change) -> None:
        """Append a change; for the bench, which holds its lock meanwhile."""
        self._pending.append(change)
        if len(self._pending) > MAX_PENDING:
            newest: dict[str, Change] = {}
            for late in self._pending:
                newest.pop(late.path, None)  # so that what changed last comes last
                newest[late.path] = late
            self._pending = list(newest.values())

    def drain(self) -> list[Change]:
        """Give out what is there; for the bench, which holds its lock meanwhile."""
        pending, self._pending = self._pending, []
        return pending

    def take(self) -> list[Change]:
        """Return what has changed up to the present model time, oldest first, and was not yet taken."""
        return self._catch_up(self)
