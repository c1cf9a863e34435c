"""`Publisher`: publishes every scan that SPEC makes, whoever started it, for as long as it runs."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pycertifspec.asyncio.client import AsyncClient
from pycertifspec.errors import LocalProtocolError

from .delivery import FIRST_PAUSE, Delivery
from .following import LOST_AFTER, SETTLE, Following
from .spool import MAX_SPOOL, Spool
from .targets import Callback, make_target, name_of

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping
    from typing import Self

    from .targets import Target

logger = logging.getLogger("pycertifspec.documents")

# Seconds between two looks at the data file while nothing is heard: a disk elsewhere shows rows late.
LOOK_EVERY: Final = 1.0
# Seconds between two words about a full spool.
SAY_EVERY: Final = 60.0


class Publisher:
    """Follows a server's scans, composes documents, and brings them to subscribers.

    Points come from SPEC's data file, where it can be read here, with all their digits and columns; else from the
    screen. What was composed is kept in a spool on disk until every subscriber has it. Scans that were made while no
    publisher ran are found in the data file and published with the same uids.

    ``async with Publisher(…) as publisher:`` connects; `run` publishes until it is cancelled.

    Args:
        host: of the server, as for `AsyncClient`: ``"beamline:fourc"``.
        port: its port, if it is known.
        spool: the journal's file.
        directory: where SPEC's data files are, seen from here; None for SPEC's own current directory.
        limit: bytes of documents that may wait for subscribers. At the limit nothing more is composed until there is
            room, which is logged; what has a data file is published then, what has none is lost.
        units: of motors and counters by mnemonic; SPEC knows none.
        from_beginning: publish all scans of SPEC's present data file, not those alone that begin from now on.
        lost_after: seconds without a connection after which a scan that has not ended is given up as failed.
        settle: seconds that the data file may be behind the screen.
        first_pause: seconds before a subscriber that failed is tried again; each further pause is twice as long.
        how: more for `AsyncClient`.

    Raises:
        ServerNotFoundError: no server answered.
        LocalProtocolError: another publisher has the spool.

    """

    def __init__(
        self,
        host: str | None = None,
        port: int | None = None,
        *,
        spool: str | os.PathLike[str],
        directory: str | os.PathLike[str] | None = None,
        limit: int = MAX_SPOOL,
        units: Mapping[str, str] | None = None,
        from_beginning: bool = False,
        lost_after: float = LOST_AFTER,
        settle: float = SETTLE,
        first_pause: float = FIRST_PAUSE,
        **how: Any,
    ) -> None:
        self._client = AsyncClient(host, port, **how)
        self._host = (host or "localhost").partition(":")[0]
        self._spool_path, self._limit = spool, limit
        self._directory = None if directory is None else Path(directory)
        self._units = dict(units or {})
        self._from_beginning = from_beginning
        self._lost_after, self._settle, self._first_pause = lost_after, settle, first_pause
        self._stack = contextlib.AsyncExitStack()
        self._deliveries: list[Delivery] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._said_full = -math.inf

    # ---- beginning and ending ----

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as stack:
            self._spool = Spool(self._spool_path, limit=self._limit)
            stack.callback(self._spool.close)
            await stack.enter_async_context(self._client)
            self.server = f"{self._host}:{self._client.server_name}"
            self._following = Following(
                self._client,
                self._spool,
                self.server,
                directory=self._directory,
                units=self._units,
                from_beginning=self._from_beginning,
                lost_after=self._lost_after,
                settle=self._settle,
            )
            stack.push_async_callback(self._following.end)
            await self._following.begin()
            stack.push_async_callback(self._end_deliveries)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    # ---- subscribers ----

    def subscribe(self, callback: Callable[[str, dict[str, Any]], Any], *, name: str | None = None) -> Delivery:
        """Call a function with the name and the document, for each that is composed, in order.

        It runs in the event loop. One that raises is called again later with the same document.

        Args:
            callback: ``callback("start", {…})``, as Bluesky calls its subscribers.
            name: by which the spool remembers how far it has come; None for one that begins anew each time, with the
                run that goes on.

        """
        if name is None:
            return self._add(f"callback {len(self._deliveries)}", Callback(callback), threaded=False, anew=True)
        return self._add(name, Callback(callback), threaded=False)

    def send_to(self, address: str, target: Target | None = None) -> Delivery:
        """Bring documents to a target, in a thread of its own; the spool remembers how far it has come.

        Args:
            address: ``jsonl:FILE``, ``tiled:URI``, ``kafka:HOSTS/TOPIC``, ``nats://HOST:PORT/SUBJECT``, ``spec:FILE``;
                without key and password it is the name under which its position is remembered.
            target: what takes the documents; None for what the address means.

        Raises:
            LocalProtocolError: the address means nothing, or there is such a target already.
            ModuleNotFoundError: what it needs is not installed.

        """
        return self._add(name_of(address), target or make_target(address))

    def _add(self, name: str, target: Target, *, threaded: bool = True, anew: bool = False) -> Delivery:
        if any(delivery.name == name for delivery in self._deliveries):
            raise LocalProtocolError(f"documents go to {name} already: each subscriber needs a name of its own")
        if anew:
            self._spool.forget(name)
        delivery = Delivery(name, target, self._spool, self._moved, threaded=threaded, first_pause=self._first_pause)
        self._deliveries.append(delivery)
        self._tasks.append(asyncio.ensure_future(delivery.run()))
        return delivery

    def _moved(self) -> None:
        self._spool.prune([delivery.name for delivery in self._deliveries])
        self._following.watching.news.set()

    async def _end_deliveries(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # ---- publishing ----

    async def run(self, *, runs: int | None = None) -> None:
        """Publish until this is cancelled.

        Args:
            runs: return after so many runs have ended and were delivered; None for never.

        """
        while True:
            self._following.watching.news.clear()
            await self.look()
            if runs is not None and self._following.ledger.ended >= runs:
                await self.delivered()
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY):
                    await self._following.watching.news.wait()

    async def delivered(self) -> None:
        """Wait until every subscriber has been given what is composed."""
        for delivery in self._deliveries:
            await delivery.idle.wait()

    async def look(self) -> None:
        """Compose what is new, once."""
        if self._spool.full:
            self._say_full()
        await self._following.look()
        for delivery in self._deliveries:
            delivery.wake()

    def _say_full(self) -> None:
        if time.monotonic() - self._said_full < SAY_EVERY:
            return
        self._said_full = time.monotonic()
        slowest = min(self._deliveries, key=lambda delivery: delivery.position, default=None)
        logger.error(
            "%s is full (%d bytes): nothing more is composed until %s takes documents; scans wait in SPEC's data file",
            self._spool.path,
            self._spool.limit,
            "a subscriber" if slowest is None else slowest.name,
        )
