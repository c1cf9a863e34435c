"""`Following`: brings what SPEC's data files and its screen tell of scans into the ledger."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import logging
import math
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pycertifspec.errors import CallTimeoutError, ConnectionLostError, DataFileError

from .decisions import INTERRUPTED
from .files import FileSource, locate
from .instrument import Instrument, look_at
from .ledger import Ledger
from .measurement import from_record
from .watching import Watching

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pycertifspec.asyncio.client import AsyncClient

    from .measurement import Measurement
    from .spool import Spool
    from .watching import Live

logger = logging.getLogger("pycertifspec.documents")

# Seconds that a disk elsewhere may be behind what SPEC has shown.
SETTLE: Final = 10.0
# Seconds without a new row after which SPEC is asked whether it still scans: a site's macros may print otherwise.
QUIET: Final = 30.0
# Seconds without SPEC after which its scan is given up; it is taken up again if it has gone on.
LOST_AFTER: Final = 120.0
# Seconds before the very first start of a publisher from which on scans are published: clocks are not that good.
MARGIN: Final = 60.0

_PROMPT: Final = "SPEC waits at its prompt"


class Following:
    """Follows a server's scans, in its data file where that can be read here, else on its screen.

    Args:
        client: connected.
        spool: where documents are kept.
        server: where SPEC is found, for people and uids: ``"beamline:fourc"``.
        directory: where SPEC's data files are; None for SPEC's own current directory.
        units: of motors and counters by mnemonic.
        from_beginning: whether all scans of the present data file are meant, with a spool that is new.
        lost_after: seconds without a connection after which a scan that has not ended is given up.
        settle: seconds that the data file may be behind the screen.

    Attributes:
        watching: what the server tells.
        ledger: what is kept of it.

    """

    def __init__(
        self,
        client: AsyncClient,
        spool: Spool,
        server: str,
        *,
        directory: Path | None,
        units: Mapping[str, str],
        from_beginning: bool,
        lost_after: float,
        settle: float,
    ) -> None:
        self.watching = Watching(client)
        self.ledger: Ledger
        self._client, self._spool, self._server = client, spool, server
        self._given_directory = self._directory = directory
        self._units, self._from_beginning = dict(units), from_beginning
        self._lost_after, self._settle = lost_after, settle
        self._sources: dict[str, FileSource] = {}
        self._since = -math.inf
        self._grown = self._heard = time.monotonic()
        self._asked_anew = self._ask_soon = True
        self._said: dict[str, str] = {}
        self._idle: tuple[str | None, int, str, int] | None = None

    # ---- beginning and ending ----

    async def begin(self) -> None:
        """Follow from now on, and know what went on before."""
        self.ledger = Ledger(self._spool, await self._look_at_instrument())
        await self.watching.begin()
        await self._ask_for_file()
        await self._set_since()

    async def end(self) -> None:
        """Follow no more."""
        for source in self._sources.values():
            source.close()
        self._sources.clear()
        await self.watching.end()

    async def _set_since(self) -> None:
        """Find the moment from which on scans are published: kept with the spool, so that none is missed later."""
        kept = self._spool.fact("since")
        if kept is None:
            kept = "-inf" if self._from_beginning else str(await self.watching.clock() - MARGIN)
            if not self._from_beginning and not await self.watching.ready():
                kept = await self._under_way() or kept
            self._spool.keep("since", kept)
        self._since = float(kept)

    async def _under_way(self) -> str | None:
        """Return when the scan began that SPEC makes already, so that it is published from its first point."""
        await self._find_directory()
        path = locate(self.watching.file, self._directory)
        if path is None:
            return None
        with FileSource(self.watching.file, path) as source:
            last = source.peek()
        return None if last is None else str(last.started)

    async def _look_at_instrument(self) -> Instrument:
        """Ask what the server has; what it cannot say while it scans is known from before."""
        kept = self._spool.fact("instrument")
        known = Instrument(**json.loads(kept)) if kept else None
        found = await look_at(self._client, self._server, units=self._units, known=known)
        self._spool.keep("instrument", json.dumps(dataclasses.asdict(found)))
        return found

    # ---- looking ----

    async def look(self) -> None:
        """Bring what is new into the ledger, once."""
        if self.watching.connected:
            self._heard = time.monotonic()
            if not self._asked_anew:
                await self._ask_anew()
        else:
            self._asked_anew = False
        self.watching.look()
        await self._look_at_files()
        await self._look_at_screen()
        if not self._spool.full:
            self._give_up_orphans()

    async def _ask_anew(self) -> None:
        """Ask anew what may have changed while nothing was heard."""
        try:
            self.ledger.instrument = await self._look_at_instrument()
        except (ConnectionLostError, CallTimeoutError) as error:
            logger.warning("%s: %s", self._server, error)
            return
        self._asked_anew = True
        await self._ask_for_file()

    async def _ask_for_file(self) -> None:
        self.watching.writes(await self.watching.variable("DATAFILE"))
        self._ask_soon = True  # the scan in the file may have ended while nobody looked

    # ---- the data files ----

    async def _look_at_files(self) -> None:
        # In the order in which SPEC has written them.
        heard, self.watching.files = self.watching.files, []
        heard += [live.record.file or "" for live in self.watching.scans]
        wanted = dict.fromkeys([*(run.file for run in self._spool.open_runs()), *heard, self.watching.file])
        new = [file for file in wanted if file and file not in self._sources]
        if new:
            await self._find_directory()
        for file in new:
            self._open_source(file)
        for file, source in sorted(self._sources.items(), key=lambda item: [*wanted, item[0]].index(item[0])):
            try:
                await self._ask_whether_idle(source)
                if source.look(self.ledger, self._over if file == self.watching.file else _elsewhere):
                    self._grown = time.monotonic()
            except (DataFileError, OSError) as error:
                self._say(source.path, error)
                source.close()
                del self._sources[file]
                continue
            if file not in wanted:
                source.close()
                del self._sources[file]

    async def _find_directory(self) -> None:
        """Ask for SPEC's own directory, where nobody has said another: it may have gone elsewhere."""
        if self._given_directory is None and (here := await self.watching.variable("CWD")):
            self._directory = Path(here)

    def _open_source(self, file: str) -> FileSource | None:
        path = locate(file, self._directory)
        if path is None:
            return None
        try:
            self._sources[file] = FileSource(file, path, self._since)
        except OSError as error:
            self._say(path, error)
            return None
        return self._sources[file]

    def _say(self, path: Path, error: Exception) -> None:
        """Log what is wrong with a file, once."""
        if self._said.get(str(path)) != str(error):
            self._said = {str(path): str(error)}
            logger.warning("%s: %s; points come from SPEC's screen", path, error)

    def _over(self, scan: Measurement) -> str | None:
        """Return why no more of a scan will come, or None."""
        if self._idle == (scan.file, scan.number, scan.date, scan.points):
            return _PROMPT
        for live in self.watching.scans:
            if live.over is not None and live.tells_the_end_of(scan):
                behind = scan.points < len(live.record.points) and time.monotonic() - live.over < self._settle
                return None if behind else _why(live)
        return None

    async def _ask_whether_idle(self, source: FileSource) -> None:
        """Where no row has come for long, ask whether SPEC still scans: the screen may not have said its end."""
        last = source.last
        quiet = (self._ask_soon or time.monotonic() - self._grown > QUIET) and self.watching.connected
        if last is None or not quiet:
            return
        self._ask_soon = False
        if all(run.file != source.file for run in self._spool.open_runs()):
            return
        # Only what was there before SPEC was seen at its prompt is over.
        self._idle = (last.file, last.number, last.date, last.points) if await self.watching.ready() else None
        self._grown = time.monotonic()

    # ---- the screen ----

    async def _look_at_screen(self) -> None:
        for live in list(self.watching.scans):
            record = live.record
            source = self._sources.get(record.file or "")
            if live.joined:
                # The data file has all of it, and nothing else has.
                done = all(run.file != self.watching.file for run in self._spool.open_runs())
            elif source is not None and source.knows(record.number or 0, record.date):
                done = not self._is_open(live)
            elif source is not None and time.monotonic() - live.begun < self._settle:
                done = False  # the file may be late
            else:
                done = await self._enter_record(live)
            if done and live.over is not None:
                self.watching.scans.remove(live)

    async def _enter_record(self, live: Live) -> bool:
        if not self._spool.runs(live.record.file or "", live.record.number or 0, live.record.date):
            with contextlib.suppress(ConnectionLostError, CallTimeoutError):
                self.ledger.instrument = await self._look_at_instrument()
        over = None if live.over is None else _why(live)
        return self.ledger.enter(from_record(live.record, live.times), over=over) or self._spool.full

    def _is_open(self, live: Live) -> bool:
        record = live.record
        runs = self._spool.runs(record.file or "", record.number or 0, record.date)
        return live.over is None or any(not run.status for run in runs)

    # ---- what is left ----

    def _give_up_orphans(self) -> None:
        """End runs of which nothing more can be known."""
        followed = {(live.record.number, live.record.date) for live in self.watching.scans}
        lost = time.monotonic() - max(self._heard, self._grown)
        for run in self._spool.open_runs():
            source = self._sources.get(run.file)
            in_file = source is not None and source.has(run.number, run.date)
            if not self.watching.connected:
                if lost > self._lost_after:
                    self.ledger.give_up(run, f"the connection to {self._server} is lost for {lost:.0f} s")
            elif not in_file and (run.number, run.date) not in followed:
                self.ledger.give_up(run, "no data file tells how it went on")


def _why(live: Live) -> str:
    """Return why a scan has no more points that is over on the screen."""
    return "SPEC was lost, and its prompt came back" if live.lost else INTERRUPTED


def _elsewhere(_: Measurement) -> str:
    return "SPEC writes another data file"
