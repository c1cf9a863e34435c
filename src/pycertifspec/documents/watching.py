"""`Watching`: what a server tells of scans while they run, gathered for whoever looks at it now and then."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pycertifspec.errors import CallTimeoutError, ConnectionLostError, RemoteError
from pycertifspec.session import properties
from pycertifspec.session.change import sent_at

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycertifspec.asyncio.changes import Watch
    from pycertifspec.asyncio.client import AsyncClient
    from pycertifspec.session.change import Change
    from pycertifspec.session.scan_record import ScanRecord

    from .measurement import Measurement

logger = logging.getLogger("pycertifspec.documents")

# Scans that wait to be composed, of those that have no data file: each may have a million points.
MAX_WAITING: Final = 100


@dataclass(slots=True)
class Live:
    """A scan that the screen tells of.

    Attributes:
        record: of the scan.
        begun: when it was heard of, seconds of this process's clock.
        leg: 0, and where it was resumed 1, 2 ...; -1 where it is not known how often that was.
        times: when each point was shown, seconds since 1970: by SPEC's clock where the client tells, else by ours.
        over: when it was over, seconds of this process's clock; None as long as it is not.
        lost: whether the connection was lost while it went on.

    """

    record: ScanRecord
    begun: float
    leg: int = 0
    times: list[float] = field(default_factory=list)
    over: float | None = None
    lost: bool = False

    @property
    def joined(self) -> bool:
        """Whether it was under way when it was first heard of: its first points are in the data file alone."""
        return self.record.joined or self.record.number is None

    def tells_the_end_of(self, scan: Measurement) -> bool:
        """Return whether that this is over means that a scan is, as far as it has come."""
        if self.over is None:
            return False
        if self.joined:
            return self.record.number in (None, scan.number)
        resumed = len(scan.ends) - scan.aborted
        return (self.record.number, self.record.date, self.leg) == (scan.number, scan.date, resumed)


class Watching:
    """Follows a server's scans.

    Args:
        client: connected.

    Attributes:
        news: is set when there is something new.
        scans: that were heard of and are not done, oldest first; whoever is done with one removes it.
        file: the data file that SPEC writes, as far as it has told.
        files: those that it has begun to write, in order, until somebody has taken them.
        connected: whether the connection stands.

    """

    def __init__(self, client: AsyncClient) -> None:
        self.news = asyncio.Event()
        self.scans: list[Live] = []
        self.file = ""
        self.files: list[str] = []
        self._last: Any = None
        self._last_leg = 0
        self.connected = True
        self._client = client
        self._task: asyncio.Task[None] | None = None
        self._watch: Watch | None = None
        self._forget: Callable[[], None] | None = None

    async def begin(self) -> None:
        """Follow from now on."""
        scans = await self._client.follow_scans()
        self._forget = self._client.on_connection(self._connection)
        self._task = asyncio.ensure_future(self._follow(scans))
        try:
            self._watch = await self._client.watch(properties.variable_path("DATAFILE"), self._data_file)
        except RemoteError as error:  # a SPEC without the standard macros
            logger.debug("%s", error)

    async def end(self) -> None:
        """Follow no more."""
        if self._forget is not None:
            self._forget()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._watch is not None:
            await self._watch.close()

    def _data_file(self, change: Change) -> None:
        self.writes(str(change.value or ""))

    def writes(self, file: str) -> None:
        """Take in which data file SPEC writes now."""
        if file and file != self.file:
            self.file = file
            self.files = [*self.files, file][-MAX_WAITING:]
            self.news.set()

    def _connection(self, there: bool) -> None:
        self.connected = there
        for live in self.scans:
            live.lost = live.lost or (live.over is None and not there)
        self.news.set()

    async def _follow(self, scans: Any) -> None:
        async with scans:
            async for scan in scans:
                live = self._lost_before(scan) or Live(scan.record, time.monotonic(), self._leg(scan))
                if live not in self.scans:
                    self.scans.append(live)
                self.writes(scan.record.file or "")
                if len(self.scans) > MAX_WAITING:
                    lost = self.scans.pop(0)
                    logger.error("%r: dropped, because %d scans wait to be composed", lost.record, MAX_WAITING)
                self.news.set()
                async for point in scan:
                    when = point.time if math.isfinite(point.time) else time.time()
                    # A scan that is resumed has points from before.
                    live.times += [when] * (len(scan.record.points) - len(live.times))
                    self.news.set()
                if scan.record.lost:
                    live.lost = True
                else:
                    live.over = time.monotonic()
                self.news.set()

    def _lost_before(self, scan: Any) -> Live | None:
        """Return the scan that goes on as if the connection had not been lost."""
        resumed = (live for live in self.scans if live.record is scan.record and live.over is None)
        return next(resumed, None)

    def look(self) -> None:
        """See which scans are over that were lost: SPEC has come back to its prompt, or does something else."""
        for live in self.scans:
            if live.lost and live.over is None and live.record.end is not None:
                live.over = time.monotonic()

    def _leg(self, scan: Any) -> int:
        """Return how often a scan was resumed."""
        before, self._last = self._last, scan
        if not scan.resumed:
            self._last_leg = 0
        elif before is not None and before.record is scan.record and self._last_leg >= 0:
            self._last_leg += 1
        else:
            self._last_leg = -1
        return self._last_leg

    # ---- questions ----

    async def ready(self) -> bool:
        """Return whether SPEC waits at its prompt; False where nobody knows."""
        return bool(await self._asked(properties.READY))

    async def variable(self, name: str) -> str:
        """Return a variable as text, empty where nobody knows it."""
        value = await self._asked(properties.variable_path(name))
        return "" if value is None else str(value)

    async def clock(self) -> float:
        """Return the time by SPEC's clock, seconds since 1970; 0 where it does not tell."""
        async with await self._client.changes(properties.READY) as changes:
            change = await changes.next(timeout=5.0)
        return 0.0 if change is None else sent_at(change.message)

    async def _asked(self, name: str) -> Any:
        try:
            return await self._client.read(name)
        except (RemoteError, CallTimeoutError, ConnectionLostError) as error:
            logger.debug("%s: %s", name, error)
            return None
