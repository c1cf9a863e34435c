"""`Scan`: a scan that this program runs, point by point and as a whole; `Scans`: those that anybody runs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from pycertifspec.errors import CallTimeoutError, RemoteError, StoppedError
from pycertifspec.session import properties
from pycertifspec.session.procedures import commands, scanning
from pycertifspec.session.scan_record import ScanPoint, ScanRecord
from pycertifspec.session.scan_text import Begun, ScanText, Taken
from pycertifspec.session.steps import FOR_EVER, Next, Unfollow
from pycertifspec.session.stream import Stream

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from typing import Self

    from pycertifspec.session.scan_text import Event

    from .link import Link


class Scan:
    """A scan that runs in SPEC.

    Iterating gives each point as it is taken; `wait` gives the whole. Leaving an ``async with`` block early,
    cancelling who waits, and `abort` end it.

    Attributes:
        record: what is known of it: number, command, file, motors, columns, points.

    """

    def __init__(self, link: Link, command: str, timeout: float | None = None) -> None:
        self.command = command
        self.record = ScanRecord()
        self.paused = False
        self._link = link
        self._timeout = timeout
        self._text = ScanText(prompts=False)
        self._points = Stream(lasting=True)
        self._begin(command)

    def _begin(self, command: str) -> None:
        procedure = scanning.scan(self._link.session, command, self._text, self._tell, self._timeout)
        self._what = f"the scan {command!r}"
        self._task = self._link.start(self._link.run(procedure), self._what)
        self._task.add_done_callback(self._over)

    def _tell(self, event: Event) -> None:
        if isinstance(event, Begun):
            self.record = event.record
        elif isinstance(event, Taken):
            self._link.put(self._points, event.point)

    def _over(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            task.exception()  # told to whoever waits
        if not self.paused:
            self._link.close_stream(self._points)

    @property
    def done(self) -> bool:
        """Whether it is over."""
        return self._task.done() and not self.paused

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

    async def __aiter__(self) -> AsyncIterator[ScanPoint]:
        while (point := await self._link.do(Next(self._points, FOR_EVER))) is not None:
            yield point

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.abort()

    def __repr__(self) -> str:
        state = "paused" if self.paused else "over" if self.done else "under way"
        return f"<Scan {self.command!r}, {len(self.record.points)} points, {state}>"


class FollowedScan:
    """A scan that somebody runs. Iterating gives each point as it is taken.

    Attributes:
        record: what is known of it.

    """

    def __init__(self, scans: Scans, record: ScanRecord) -> None:
        self.record = record
        self._scans = scans
        self._given = 0

    @property
    def done(self) -> bool:
        """Whether it is over, as far as was looked."""
        return self.record.end is not None

    async def wait(self) -> ScanRecord:
        """Wait until it is over; return the whole."""
        while not self.done and await self._scans.look():
            pass
        return self.record

    async def __aiter__(self) -> AsyncIterator[ScanPoint]:
        points = self.record.points
        while self._given < len(points) or (not self.done and await self._scans.look()):
            if self._given < len(points):
                self._given += 1
                yield points[self._given - 1]

    def __repr__(self) -> str:
        return repr(self.record)


class Scans:
    """The scans that begin from now on, whoever starts them; iterating waits for the next one."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._text = ScanText()
        self._screen = Stream(lasting=True)
        self._begun: list[ScanRecord] = []
        link.watch(self._screen, (properties.TTY,))
        self._screen.names = (properties.TTY,)

    async def look(self) -> bool:
        """Wait for the next piece of output and take it in; return False when this is closed."""
        change: Any = await self._link.do(Next(self._screen, FOR_EVER))
        if change is None:
            return False
        events = self._text.feed(change.value, scanning.sent_at(change.message))
        self._begun += [event.record for event in events if isinstance(event, Begun)]
        return True

    async def close(self) -> None:
        """Follow no more."""
        self._link.close_stream(self._screen)
        await self._link.do(Unfollow(self._screen))

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> FollowedScan:
        while not self._begun:
            if not await self.look():
                raise StopAsyncIteration
        return FollowedScan(self, self._begun.pop(0))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
