"""`SpecScanFlyer`: a scan that SPEC itself runs, flown by a RunEngine that takes its points as they come."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from bluesky.protocols import EventCollectable, Flyable, HasHints, Hints, Preparable, Stageable
from event_model import PartialEvent
from ophyd_async.core import AsyncStatus, Device, WatchableAsyncStatus, WatcherUpdate

from pycertifspec.asyncio.scan import Scan
from pycertifspec.documents.description import STREAM, Description, describe_scan
from pycertifspec.documents.instrument import Instrument, look_at
from pycertifspec.errors import LocalProtocolError, SpecError, StoppedError
from pycertifspec.session.scan_record import ScanPoint, ScanRecord

from .connection import Connection
from .connector import ServerConnector


class SpecScanFlyer(Device, Stageable, Preparable, Flyable, EventCollectable, HasHints):
    """SPEC's own scans, as a flyer. The plan `spec_scan` does all that is needed with it.

    ``prepare`` takes the command, ``kickoff`` starts the scan and returns when its heading has come, ``complete``
    tells the points as progress and is done when SPEC is. What is collected has the digits of SPEC's screen. Pausing
    interrupts the scan as ^C does, and resuming lets SPEC's macro ``resume`` go on with it. Unstaging and stopping
    abort a scan that still runs, once.

    Args:
        server: ``host:port``, ``host:name`` or ``host``; empty for what the environment's SPEC_SERVER says.
        nested: describe the data keys by stream, as ``bp.fly([flyer])`` wants it; a plan that declares its stream
            (``bps.declare_stream(flyer, name="primary", collect=True)``) wants them flat.
        name: of the device; `init_devices` gives it that of its variable.

    """

    def __init__(self, server: str = "", nested: bool = False, name: str = "") -> None:
        self._server = server
        self._nested = nested
        self._command = ""
        self._connection: Connection | None = None
        self._instrument = Instrument(server or "spec")
        self._flight = _Flight()
        super().__init__(name=name, connector=ServerConnector(server, self._connected))

    async def _connected(self, connection: Connection) -> None:
        self._connection = connection
        await self._look(connection)

    async def _look(self, connection: Connection) -> None:
        where = self._server or connection.client.server_name
        self._instrument = await look_at(connection.client, where, positions=False)

    # ---- what is known of the scan ----

    @property
    def record(self) -> ScanRecord:
        """What is known of the scan: number, command, file, motors, columns, points."""
        return self._flight.record

    @property
    def over(self) -> bool:
        """Whether the scan is over, and all its points collected."""
        return self._flight.over.is_set() and not self.waiting

    @property
    def waiting(self) -> int:
        """How many points are there to be collected."""
        return len(self._flight.points)

    @property
    def metadata(self) -> dict[str, Any]:
        """What a start document says of the scan: ``scan_id``, command, file, motors, hints and more."""
        said = dict(self._description().metadata)
        versions = said.pop("versions", {})  # the RunEngine tells its own
        if not self.record.columns:  # the first point tells them; the descriptor has them then
            del said["columns"], said["detectors"]
        return said | ({"spec_version": versions["spec"]} if "spec" in versions else {})

    @property
    def hints(self) -> Hints:
        """What displays show: what is scanned, and SPEC's detector."""
        return {"fields": list(self._description().hints)}

    def _description(self) -> Description:
        record = self.record
        return describe_scan(
            record.command or self._command,
            record.columns,
            self._instrument,
            number=record.number,
            file=record.file,
            title=record.title,
            user=record.user,
            date=record.date,
        )

    # ---- verbs ----

    @AsyncStatus.wrap
    async def prepare(self, value: str) -> None:
        """Take the command of the next scan: ``"ascan th 0 1 20 0.1"``. Nothing moves.

        Raises:
            LocalProtocolError: it is empty, or a scan is under way.

        """
        if not value.strip():
            raise LocalProtocolError(f"{self.name} cannot prepare a scan: the command is empty")
        if self._flight.scan is not None and not self._flight.over.is_set():
            raise LocalProtocolError(f"{self.name} cannot prepare {value!r}: {self._flight.scan!r} is under way")
        self._command, self._flight = value, _Flight()

    async def begin(self) -> None:
        """Start the scan, if it has not been started, and wait until its heading has come or it is over.

        Raises:
            LocalProtocolError: `prepare` was not called.
            RemoteError: it failed before there was a heading.

        """
        if not self._command:
            raise LocalProtocolError(f"{self.name} has no scan to start: prepare it with a command")
        flight = self._flight
        if flight.scan is None and not flight.over.is_set():
            if self._connection is None:
                flight.over.set()  # a mock scans nothing
                return
            if not self._instrument.motors:  # SPEC was busy, and tells its names at its prompt alone
                await self._look(self._connection)
            flight.scan = await self._connection.client.scan(self._command)
            self._connection.start(flight.follow(flight.scan))
            await flight.scan.heading()
        await flight.until(lambda: bool(flight.record.command))
        if flight.error is not None and not flight.record.command:
            raise flight.error

    async def measuring(self) -> None:
        """Wait until there is a first point, which tells the columns, or the scan is over."""
        if self._flight.scan is not None:  # what has not been started has no end either
            await self._flight.until(lambda: bool(self._flight.taken))

    @AsyncStatus.wrap
    async def kickoff(self) -> None:
        """Start the scan; done when its heading has come."""
        await self.begin()

    @WatchableAsyncStatus.wrap
    async def complete(self) -> AsyncIterator[WatcherUpdate[int]]:
        """Wait until the scan is over. Cancelling the wait aborts it.

        Raises:
            RemoteError: it failed, or was aborted in SPEC.
            StoppedError: it was stopped by this program, and not on purpose.

        """
        flight = self._flight
        try:
            while not flight.over.is_set():
                taken = flight.taken
                total = self.record.expected or taken
                yield WatcherUpdate(name=self.name, current=taken, initial=0, target=total, unit="points", precision=0)
                await flight.more_than(taken)
        except asyncio.CancelledError:
            await flight.stop(success=False)
            raise
        if flight.error is not None:
            raise flight.error

    async def describe_collect(self) -> Any:
        """Return the data keys, once the first point has told the columns."""
        await self.measuring()
        keys = self._description().data_keys
        return {STREAM: keys} if self._nested else keys

    def collect(self) -> Iterator[PartialEvent]:
        """Give the points that have come since the last time: when each came by our clock, stamped by SPEC's."""
        names = dict(zip(self.record.columns, self._description().names, strict=True))
        points = self._flight.points
        while points:
            when, point = points.pop(0)
            data = {name: point.values.get(column, math.nan) for column, name in names.items()}
            shown = point.time if math.isfinite(point.time) else when
            yield {"time": when, "data": data, "timestamps": dict.fromkeys(data, shown)}

    # ---- interruptions ----

    @AsyncStatus.wrap
    async def stage(self) -> None:
        """Do nothing: a scan is started by `kickoff`."""

    @AsyncStatus.wrap
    async def unstage(self) -> None:
        """Abort a scan that still runs."""
        await self._flight.stop(success=True)

    async def stop(self, success: bool = False) -> None:
        """Abort a scan that still runs, and all else that SPEC does (PROTOCOL.md 2.6).

        Args:
            success: whether its status is done as if it had come to its end.

        """
        await self._flight.stop(success=success)

    async def pause(self) -> None:
        """Interrupt the scan as ^C does; what was not measured yet is measured after `resume`."""
        if self._flight.scan is not None and not self._flight.over.is_set():
            await self._flight.scan.pause()

    async def resume(self) -> None:
        """Let SPEC go on with the scan."""
        if self._flight.scan is not None and self._flight.scan.paused:
            await self._flight.scan.resume()


class _Flight:
    """One scan from its start to its end.

    Attributes:
        scan: as it runs.
        points: with when they came, until they are collected.
        taken: how many have come.
        over: set when it has come to its end.
        error: why it did not.

    """

    def __init__(self) -> None:
        self.scan: Scan | None = None
        self.points: list[tuple[float, ScanPoint]] = []
        self.taken = 0
        self.over = asyncio.Event()
        self.error: Exception | None = None
        self._news = asyncio.Condition()
        self._on_purpose = False

    @property
    def record(self) -> ScanRecord:
        """What is known of it."""
        return self.scan.record if self.scan is not None else ScanRecord()

    async def follow(self, scan: Scan) -> None:
        """Take in the points until the scan is over."""
        try:
            async for point in scan:
                self.points.append((time.time(), point))
                self.taken += 1
                await self._tell()
            await scan.wait()
        except StoppedError as error:
            self.error = None if self._on_purpose else error
        except SpecError as error:
            self.error = error
        finally:
            self.over.set()
            await self._tell()

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until something is true, or the scan is over."""
        async with self._news:
            await self._news.wait_for(lambda: true() or self.over.is_set())

    async def more_than(self, points: int) -> None:
        """Wait until more points have come, or the scan is over."""
        await self.until(lambda: self.taken > points)

    async def stop(self, *, success: bool) -> None:
        """Abort the scan, once; without effect if it is over.

        Args:
            success: whether who waits for it goes on as if it had come to its end.

        """
        if self.scan is not None and not self.over.is_set():
            self._on_purpose = self._on_purpose or success
            await self.scan.abort()
            await self.over.wait()
