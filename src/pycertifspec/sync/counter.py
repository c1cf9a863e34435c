"""`Counter`: one counter of the instrument."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pycertifspec.session import properties
from pycertifspec.session.procedures import looking
from pycertifspec.session.procedures import properties as reading

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycertifspec.session.change import Change

    from .changes import Changes, Watch
    from .client import Client


class Counter:
    """One counter, by its mnemonic."""

    # Assigning what there is not, such as a misspelt attribute, is an error.
    __slots__ = ("__weakref__", "_link", "conn", "name")

    def __init__(self, name: str, conn: Client) -> None:
        self.name = name
        self.conn = conn
        self._link = conn._link  # noqa: SLF001  one object in two parts

    @property
    def path(self) -> str:
        """The full name of its value."""
        return properties.scaler_path(self.name, "value")

    def read(self) -> Any:
        """Return what it has counted.

        Raises:
            RemoteError: there is no such counter.

        """
        return self._link.run(reading.read(self.path))

    def watch(self, callback: Callable[[Change], Any]) -> Watch:
        """Call a function with each change of its value, the present one first."""
        return self.conn.watch(self.path, callback)

    def changes(self) -> Changes[Change]:
        """Return what its value becomes, the present one first."""
        return self.conn.changes(self.path)

    @property
    def value(self) -> Any:
        """What it has counted."""
        return self.read()

    def __repr__(self) -> str:
        return self._link.run(looking.counter(self.name, self._shown))

    def _repr_html_(self) -> str:
        return self._link.run(looking.counters({self.name: self._shown}))

    @property
    def _shown(self) -> str:
        return self.conn.known_names.counters.get(self.name, "")
