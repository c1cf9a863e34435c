"""`Publisher`: publishes every scan that SPEC makes, whoever started it, for as long as it runs."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import logging
import math
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pycertifspec.asyncio.client import AsyncClient
from pycertifspec.errors import CallTimeoutError, ConnectionLostError, DataFileError

from .decisions import INTERRUPTED
from .delivery import FIRST_PAUSE, Delivery
from .files import FileSource, locate
from .instrument import Instrument, look_at
from .ledger import Ledger
from .measurement import from_record
from .spool import MAX_SPOOL, Spool
from .targets import Callback, make_target
from .watching import Watching

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping
    from typing import Self

    from .measurement import Measurement
    from .targets import Target
    from .watching import Live

logger = logging.getLogger("pycertifspec.documents")

# Seconds between two looks at the data file while nothing is heard: a disk elsewhere shows rows late.
LOOK_EVERY: Final = 1.0
# Seconds that a disk elsewhere may be behind what SPEC has shown.
SETTLE: Final = 10.0
# Seconds without a new row after which SPEC is asked whether it still scans: a site's macros may print otherwise.
QUIET: Final = 30.0
# Seconds without SPEC after which its scan is given up; it is taken up again if it has gone on.
LOST_AFTER: Final = 120.0
# Seconds between two words about a full spool.
SAY_EVERY: Final = 60.0

# Seconds before the very first start of a publisher from which on scans are published: clocks are not that good.
MARGIN: Final = 60.0

_PROMPT: Final = "SPEC waits at its prompt"


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
        self._sources: dict[str, FileSource] = {}
        self._since = -math.inf
        self._grown = self._heard = time.monotonic()
        self._said_full = -math.inf
        self._fresh_connection = True
        self._idle: tuple[str | None, int, str, int] | None = None

    # ---- beginning and ending ----

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as stack:
            self._spool = Spool(self._spool_path, limit=self._limit)
            stack.callback(self._spool.close)
            await stack.enter_async_context(self._client)
            self.server = f"{self._host}:{self._client.server_name}"
            self._watching = Watching(self._client)
            self._ledger = Ledger(self._spool, await self._look_at_instrument())
            await self._watching.begin()
            stack.push_async_callback(self._watching.end)
            await self._ask_for_file()
            await self._set_since()
            stack.push_async_callback(self._end_deliveries)
            stack.callback(self._close_sources)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def _set_since(self) -> None:
        """Find the moment from which on scans are published: kept with the spool, so that none is missed later."""
        kept = self._spool.fact("since")
        if kept is None:
            kept = "-inf" if self._from_beginning else str(await self._watching.clock() - MARGIN)
            if not self._from_beginning and not await self._watching.ready():
                kept = await self._under_way() or kept
            self._spool.keep("since", kept)
        self._since = float(kept)

    async def _under_way(self) -> str | None:
        """Return when the scan began that SPEC makes already, so that it is published from its first point."""
        path = locate(self._watching.file, self._directory)
        if path is None:
            return None
        with FileSource(self._watching.file, path) as source:
            last = source.peek()
        return None if last is None else str(last.started)

    async def _look_at_instrument(self) -> Instrument:
        """Ask what the server has; what it cannot say while it scans is known from before."""
        kept = self._spool.fact("instrument")
        known = Instrument(**json.loads(kept)) if kept else None
        found = await look_at(self._client, self.server, units=self._units, known=known)
        self._spool.keep("instrument", json.dumps(dataclasses.asdict(found)))
        return found

    def _close_sources(self) -> None:
        for source in self._sources.values():
            source.close()
        self._sources.clear()

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
                the name under which its position is remembered.
            target: what takes the documents; None for what the address means.

        Raises:
            LocalProtocolError: the address means nothing.
            ModuleNotFoundError: what it needs is not installed.

        """
        return self._add(address, target or make_target(address))

    def _add(self, name: str, target: Target, *, threaded: bool = True, anew: bool = False) -> Delivery:
        if anew:
            self._spool.forget(name)
        delivery = Delivery(name, target, self._spool, self._moved, threaded=threaded, first_pause=self._first_pause)
        self._deliveries.append(delivery)
        self._tasks.append(asyncio.ensure_future(delivery.run()))
        return delivery

    def _moved(self) -> None:
        self._spool.prune([delivery.name for delivery in self._deliveries])
        self._watching.news.set()

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
            self._watching.news.clear()
            await self.look()
            if runs is not None and self._ledger.ended >= runs:
                await self.delivered()
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY):
                    await self._watching.news.wait()

    async def delivered(self) -> None:
        """Wait until every subscriber has been given what is composed."""
        for delivery in self._deliveries:
            await delivery.idle.wait()

    async def look(self) -> None:
        """Compose what is new, once."""
        if self._watching.connected:
            self._heard = time.monotonic()
            if not self._fresh_connection:
                await self._reconnected()
        else:
            self._fresh_connection = False
        if self._spool.full:
            self._say_full()
        await self._look_at_files()
        await self._look_at_screen()
        if not self._spool.full:
            self._give_up_orphans()
        for delivery in self._deliveries:
            delivery.wake()

    async def _reconnected(self) -> None:
        """Ask anew what may have changed while nothing was heard."""
        try:
            self._ledger.instrument = await self._look_at_instrument()
        except (ConnectionLostError, CallTimeoutError) as error:
            logger.warning("%s: %s", self.server, error)
            return
        self._fresh_connection = True
        await self._ask_for_file()

    async def _ask_for_file(self) -> None:
        if self._directory is None and (here := await self._watching.variable("CWD")):
            self._directory = Path(here)
        self._watching.writes(await self._watching.variable("DATAFILE"))
        self._grown = -math.inf  # whether the scan in the file goes on is asked at once

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

    # ---- the data files ----

    async def _look_at_files(self) -> None:
        # In the order in which SPEC has written them.
        heard, self._watching.files = self._watching.files, []
        heard += [live.record.file or "" for live in self._watching.scans]
        wanted = dict.fromkeys([*(run.file for run in self._spool.open_runs()), *heard, self._watching.file])
        for file in wanted:
            if file not in self._sources:
                self._open_source(file)
        for file, source in sorted(self._sources.items(), key=lambda item: [*wanted, item[0]].index(item[0])):
            try:
                await self._ask_whether_idle(source)
                if source.look(self._ledger, self._over if file == self._watching.file else _elsewhere):
                    self._grown = time.monotonic()
            except (DataFileError, OSError) as error:
                logger.warning("%s: %s", source.path, error)
                source.close()
                del self._sources[file]
                continue
            if file not in wanted:
                source.close()
                del self._sources[file]

    def _open_source(self, file: str) -> FileSource | None:
        path = locate(file, self._directory)
        if path is None:
            return None
        try:
            self._sources[file] = FileSource(file, path, self._since)
        except OSError as error:
            logger.warning("%s: %s; points come from SPEC's screen", path, error)
            return None
        return self._sources[file]

    def _over(self, scan: Measurement) -> str | None:
        """Return why no more of a scan will come, or None."""
        if self._idle == (scan.file, scan.number, scan.date, scan.points):
            return _PROMPT
        for live in self._watching.scans:
            if (live.record.number, live.record.date) == (scan.number, scan.date) and live.over is not None:
                behind = scan.points < len(live.record.points) and time.monotonic() - live.over < self._settle
                return None if behind else _why(live)
        return None

    async def _ask_whether_idle(self, source: FileSource) -> None:
        """Where no row has come for long, ask whether SPEC still scans: the screen may not have said its end."""
        last = source.last
        quiet = time.monotonic() - self._grown > QUIET and self._watching.connected
        if last is None or not quiet or all(run.file != source.file for run in self._spool.open_runs()):
            return
        # Only what was there before SPEC was seen at its prompt is over.
        self._idle = (last.file, last.number, last.date, last.points) if await self._watching.ready() else None
        self._grown = time.monotonic()

    # ---- the screen ----

    async def _look_at_screen(self) -> None:
        for live in list(self._watching.scans):
            record = live.record
            source = self._sources.get(record.file or "")
            if source is not None and source.knows(record.number or 0, record.date):
                done = not self._is_open(live)
            elif source is not None and time.monotonic() - live.begun < self._settle:
                done = False  # the file may be late
            else:
                done = await self._enter_record(live)
            if done and live.over is not None:
                self._watching.scans.remove(live)

    async def _enter_record(self, live: Live) -> bool:
        if not self._spool.runs(live.record.file or "", live.record.number or 0, live.record.date):
            with contextlib.suppress(ConnectionLostError, CallTimeoutError):
                self._ledger.instrument = await self._look_at_instrument()
        over = None if live.over is None else _why(live)
        return self._ledger.enter(from_record(live.record, live.times), over=over) or self._spool.full

    def _is_open(self, live: Live) -> bool:
        record = live.record
        runs = self._spool.runs(record.file or "", record.number or 0, record.date)
        return live.over is None or any(not run.status for run in runs)

    # ---- what is left ----

    def _give_up_orphans(self) -> None:
        """End runs of which nothing more can be known."""
        followed = {(live.record.number, live.record.date) for live in self._watching.scans}
        lost = time.monotonic() - max(self._heard, self._grown)
        for run in self._spool.open_runs():
            source = self._sources.get(run.file)
            in_file = source is not None and source.has(run.number, run.date)
            if not self._watching.connected:
                if lost > self._lost_after:
                    self._ledger.give_up(run, f"the connection to {self.server} is lost for {lost:.0f} s")
            elif not in_file and (run.number, run.date) not in followed:
                self._ledger.give_up(run, "it went on while no publisher ran, and no data file tells how")


def _why(live: Live) -> str:
    """Return why a scan has no more points that is over on the screen."""
    return "SPEC was lost, and its prompt came back" if live.lost else INTERRUPTED


def _elsewhere(_: Measurement) -> str:
    return "SPEC writes another data file"
