"""`AsyncCounter`: one counter of the instrument, to be awaited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pycertifspec.session import properties
from pycertifspec.session.procedures import properties as reading

from .value import Value

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycertifspec.session.change import Change

    from .changes import Changes, Watch
    from .client import AsyncClient


class AsyncCounter:
    """One counter, by its mnemonic."""

    # Assigning what there is not, such as a misspelt attribute, is an error.
    __slots__ = ("__weakref__", "_link", "conn", "name")

    def __init__(self, name: str, conn: AsyncClient) -> None:
        self.name = name
        self.conn = conn
        self._link = conn._link  # noqa: SLF001  one object in two parts

    @property
    def path(self) -> str:
        """The full name of its value."""
        return properties.scaler_path(self.name, "value")

    async def read(self) -> Any:
        """Return what it has counted.

        Raises:
            RemoteError: there is no such counter.

        """
        return await self._link.run(reading.read(self.path))

    async def watch(self, callback: Callable[[Change], Any]) -> Watch:
        """Call a function with each change of its value, the present one first."""
        return await self.conn.watch(self.path, callback)

    async def changes(self) -> Changes[Change]:
        """Return what its value becomes, the present one first."""
        return await self.conn.changes(self.path)

    @property
    def value(self) -> Any:
        """What it has counted."""
        return Value(self.read, "value")

    def __repr__(self) -> str:
        return f"<AsyncCounter {self.name}>"
