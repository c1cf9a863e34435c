"""`Scan`: a scan that this program runs, point by point and as a whole; `Scans`: those that anybody runs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from pycertifspec.errors import CallTimeoutError, ConnectionLostError, RemoteError, StoppedError
from pycertifspec.session.procedures import commands, scanning
from pycertifspec.session.scan_record import ScanPoint, ScanRecord
from pycertifspec.session.scan_text import PointTaken, ScanBegun, ScanResumed, ScanText
from pycertifspec.session.steps import FOR_EVER, Next, Unfollow
from pycertifspec.session.stream import Stream

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from typing import Self

    from pycertifspec.session.scan_text import Event

    from .link import Link


class Scan:
    """A scan that runs in SPEC.

    Iterating gives each point as it is taken; `wait` gives the whole. Leaving an ``async with`` block early,
    cancelling who waits, and `abort` end it.

    Attributes:
        record: what is known of it: number, command, file, motors, columns, points. Of several scans in one command,
            that of the last.
        paused: whether it was interrupted to be resumed.

    """

    def __init__(
        self,
        link: Link,
        command: str,
        timeout: float | None = None,
        progress: Callable[[ScanPoint], Any] | None = None,
    ) -> None:
        commands.command_body(command)  # an empty one is refused before there is anything to wait for
        self.command = command
        self.record = ScanRecord()
        self.paused = False
        self._link = link
        self._timeout = timeout
        self._progress = progress
        self._text = ScanText(prompts=False)
        self._points = Stream(lasting=True)
        self._heading = Stream(lasting=True)
        self._begin(command)

    def _begin(self, command: str) -> None:
        procedure = scanning.scan(self._link.session, command, self._text, self._tell, self._timeout)
        self._what = f"the scan {command!r}"
        self._task = self._link.start(self._link.run(procedure), self._what)
        self._task.add_done_callback(self._over)

    def _tell(self, event: Event) -> None:
        if isinstance(event, ScanBegun):
            self.record = event.record
            self._link.put(self._heading, event.record)
        elif isinstance(event, PointTaken):
            self._link.put(self._points, event.point)
            if self._progress is not None:
                self._link.dispatcher.call(self._progress, event.point)

    def _over(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            task.exception()  # told to whoever waits
        if not self.paused:
            self._link.close_stream(self._points)
            self._link.close_stream(self._heading)

    @property
    def done(self) -> bool:
        """Whether it is over."""
        return self._task.done() and not self.paused

    async def heading(self, timeout: float | None = None) -> ScanRecord:
        """Wait until the scan's heading has come, or the scan is over; return what is known of it.

        Args:
            timeout: seconds; None waits as long as it takes. There is no command in the record if it passed.

        """
        if not self.record.command:
            await self._next(self._heading, FOR_EVER if timeout is None else timeout)
        return self.record

    async def wait(self, timeout: float | None = None) -> ScanRecord:
        """Wait until the scan is over; return the whole. Cancelling the wait aborts it.

        Raises:
            CallTimeoutError: `timeout` seconds have passed; the scan goes on.
            RemoteError: it failed, was aborted, or printed nothing that can be read as a scan.
            StoppedError: `abort` was called.

        """
        try:
            await asyncio.wait((self._task,), timeout=timeout)
        except asyncio.CancelledError:
            await self.abort()
            raise
        if not self._task.done():
            raise CallTimeoutError(f"{self._what} is not over after {timeout} s; it goes on")
        if self._task.cancelled():
            raise StoppedError(f"{self._what} was stopped by this program")
        self._task.result()
        return self.record

    async def pause(self) -> None:
        """Interrupt the scan after ^C's manner, so that it can be resumed.

        SPEC has no other way: motors and counting stop, and the point that was not taken yet is taken again.
        """
        if not self._task.done():
            self.paused = True
            await self._link.run(commands.abort())
            await asyncio.wait((self._task,))
            if not self.record.aborted:  # it was over before, or has not begun: there is nothing to go on with
                self.paused = False
                self._over(self._task)

    async def resume(self) -> None:
        """Let a paused scan go on where it was interrupted, with SPEC's macro ``resume``.

        Raises:
            RemoteError: it is not paused.

        """
        if not self.paused:
            raise RemoteError(f"the scan {self.command!r} cannot be resumed: it is not paused")
        self.paused = False
        self._begin("resume")

    async def abort(self) -> None:
        """End the scan, and all else that SPEC does (PROTOCOL.md 2.6)."""
        if self.paused:
            self.paused = False
            self._over(self._task)
        elif not self._task.done():
            self._task.cancel()
            await asyncio.wait((self._task,))

    async def _next(self, stream: Stream, seconds: float) -> Any:
        try:
            return await self._link.do(Next(stream, seconds))
        except asyncio.CancelledError:
            await self.abort()
            raise

    async def __aiter__(self) -> AsyncIterator[ScanPoint]:
        while (point := await self._next(self._points, FOR_EVER)) is not None:
            yield point

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.abort()

    def __repr__(self) -> str:
        state = "paused" if self.paused else "over" if self.done else "under way"
        return f"<Scan {self.command!r}, {len(self.record.points)} points, {state}>"

    def _repr_html_(self) -> str:
        return self.record._repr_html_()


class FollowedScan:
    """A scan that somebody runs. Iterating gives each point as it is taken, until it is over or the connection lost.

    Attributes:
        record: what is known of it; it is the same one for a scan that is resumed.
        resumed: whether it is one that was over, or lost, and goes on: the points are those from then on.

    """

    def __init__(self, scans: Scans, event: ScanBegun | ScanResumed) -> None:
        self.record = event.record
        self.resumed = isinstance(event, ScanResumed)
        self._scans = scans
        self._given = event.points if isinstance(event, ScanResumed) else 0

    @property
    def done(self) -> bool:
        """Whether it is over, or lost, as far as was looked."""
        return self.record.end is not None or self.record.lost

    async def wait(self) -> ScanRecord:
        """Wait until it is over; return the whole.

        Raises:
            ConnectionLostError: the connection is lost; if the scan goes on, it comes again as one that is resumed.

        """
        while not self.done and await self._scans.look() is not None:
            pass
        if self.record.lost:
            raise ConnectionLostError(
                f"the connection was lost while {self.record!r} was under way; look at SPEC whether it goes on"
            )
        return self.record

    async def __aiter__(self) -> AsyncIterator[ScanPoint]:
        points = self.record.points
        while self._given < len(points) or (not self.done and await self._scans.look() is not None):
            if self._given < len(points):
                self._given += 1
                yield points[self._given - 1]

    def __repr__(self) -> str:
        return repr(self.record)

    def _repr_html_(self) -> str:
        return self.record._repr_html_()


class Scans:
    """The scans that anybody runs from now on, and the one that is under way; iterating waits for the next one.

    Iterate over this, or over `events`, not both.
    """

    def __init__(self, link: Link, following: scanning.Following) -> None:
        self._link = link
        self._screen, self._text, self._early = following
        self._begun: list[ScanBegun | ScanResumed] = []

    async def look(self) -> list[Event] | None:
        """Wait for the next piece of output and return what it says of scans; None when this is closed."""
        events, self._early = self._early, []
        if not events:
            change: Any = await self._link.do(Next(self._screen, FOR_EVER))
            if change is None:
                return None
            events = self._text.hear(change)
        self._begun += [event for event in events if isinstance(event, ScanBegun | ScanResumed)]
        return events

    async def events(self) -> AsyncIterator[Event]:
        """Return what happens to scans, one after the other, for a loop.

        A scan is `ScanBegun`, or `ScanResumed`; each of its points is a `PointTaken`; then it is `ScanOver`, and only
        after that come the next one's.
        """
        while (events := await self.look()) is not None:
            self._begun.clear()
            for event in events:
                yield event

    async def close(self) -> None:
        """Follow no more."""
        self._link.close_stream(self._screen)
        await self._link.do(Unfollow(self._screen))

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> FollowedScan:
        while not self._begun:
            if await self.look() is None:
                raise StopAsyncIteration
        return FollowedScan(self, self._begun.pop(0))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
