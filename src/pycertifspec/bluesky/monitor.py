"""`Monitor`: tells a function each reading of a property, and that there are none while the connection is lost."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from bluesky.protocols import Reading

    from pycertifspec.asyncio.changes import Watch
    from pycertifspec.session.change import Change

    from .connection import Connection

logger = logging.getLogger("pycertifspec.bluesky")

# Of a reading's alarm_severity, as EPICS has them.
OK, INVALID = 0, 3


class Monitor:
    """A watch of a property, until it is ended.

    Args:
        connection: whose client watches; it must stand.
        prop: the property's name.
        make: makes a reading of a change.
        callback: is told each reading, and the last one with the severity `INVALID` when the connection is lost.

    """

    def __init__(
        self,
        connection: Connection,
        prop: str,
        make: Callable[[Change], Reading[Any]],
        callback: Callable[[Reading[Any]], None],
    ) -> None:
        self._connection = connection
        self._make = make
        self._callback = callback
        self._last: Reading[Any] | None = None
        self._prop = prop
        self._ended = False
        self._watch()
        self._forget = connection.client.on_connection(self._connected)

    def _watch(self) -> None:
        self._watching = self._connection.start(self._connection.client.watch(self._prop, self._told))
        self._watching.add_done_callback(self._begun)

    def _begun(self, watching: asyncio.Task[Watch]) -> None:
        error = None if watching.cancelled() else watching.exception()
        if error is not None and not self._ended:
            logger.warning("%s is not monitored: %s", self._prop, error)

    def _told(self, change: Change) -> None:
        self._last = self._make(change)
        self._callback(self._last)

    def _connected(self, connected: bool) -> None:
        if not connected and self._last is not None:
            self._callback({**self._last, "alarm_severity": INVALID})
        if connected and self._watching.done() and self._watching.exception() is not None:
            self._watch()  # the connection was lost before the watch was there; one that is there goes on by itself

    def end(self) -> None:
        """Tell nothing more."""
        self._ended = True
        self._forget()
        self._connection.start(self._close())

    async def _close(self) -> None:
        await asyncio.wait((self._watching,))
        if not self._watching.cancelled() and self._watching.exception() is None:
            await self._watching.result().close()
