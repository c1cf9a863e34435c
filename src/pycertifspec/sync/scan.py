"""`Scan`: a scan that this program runs, point by point and as a whole; `Scans`: those that anybody runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pycertifspec.errors import RemoteError
from pycertifspec.session import properties
from pycertifspec.session.procedures import commands, scanning
from pycertifspec.session.scan_record import ScanPoint, ScanRecord
from pycertifspec.session.scan_text import Begun, ScanText, Taken
from pycertifspec.session.steps import FOR_EVER, Follow, Next, Unfollow
from pycertifspec.session.stream import Stream

from .background import Background

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from pycertifspec.session.scan_text import Event

    from .link import Link


class Scan:
    """A scan that runs in SPEC.

    Iterating gives each point as it is taken; `wait` gives the whole. Leaving a ``with`` block early, Ctrl-C while
    waiting, and `abort` end it.

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
        self._task: Background[None] = Background(self._link, procedure, f"the scan {command!r}", self._over)

    def _tell(self, event: Event) -> None:
        if isinstance(event, Begun):
            self.record = event.record
        elif isinstance(event, Taken):
            self._link.put(self._points, event.point)

    def _over(self) -> None:
        if not self.paused:
            self._link.close_stream(self._points)

    @property
    def done(self) -> bool:
        """Whether it is over."""
        return self._task.done and not self.paused

    def wait(self, timeout: float | None = None) -> ScanRecord:
        """Wait until the scan is over; return the whole. Ctrl-C while waiting aborts it.

        Raises:
            CallTimeoutError: `timeout` seconds have passed; the scan goes on.
            RemoteError: it failed, was aborted, or printed nothing that can be read as a scan.
            StoppedError: `abort` was called.

        """
        try:
            self._task.result(timeout)
        except KeyboardInterrupt:
            self.abort()
            raise
        return self.record

    def pause(self) -> None:
        """Interrupt the scan after ^C's manner, so that it can be resumed.

        SPEC has no other way: motors and counting stop, and the point that was not taken yet is taken again.
        """
        if not self._task.done:
            self.paused = True
            self._link.run(commands.abort())
            self._task.join()

    def resume(self) -> None:
        """Let a paused scan go on where it was interrupted, with SPEC's macro ``resume``.

        Raises:
            RemoteError: it is not paused.

        """
        if not self.paused:
            raise RemoteError(f"the scan {self.command!r} cannot be resumed: it is not paused")
        self.paused = False
        self._begin("resume")

    def abort(self) -> None:
        """End the scan, and all else that SPEC does (PROTOCOL.md 2.6)."""
        if self.paused:
            self.paused = False
            self._over()
        elif not self._task.done:
            self._task.stop()

    def __iter__(self) -> Iterator[ScanPoint]:
        while (point := self._link.do(Next(self._points, FOR_EVER))) is not None:
            yield point

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.abort()

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

    def wait(self) -> ScanRecord:
        """Wait until it is over; return the whole."""
        while not self.done and self._scans.look():
            pass
        return self.record

    def __iter__(self) -> Iterator[ScanPoint]:
        points = self.record.points
        while self._given < len(points) or (not self.done and self._scans.look()):
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
        link.do(Follow(self._screen, (properties.TTY,)))

    def look(self) -> bool:
        """Wait for the next piece of output and take it in; return False when this is closed."""
        change: Any = self._link.do(Next(self._screen, FOR_EVER))
        if change is None:
            return False
        events = self._text.feed(change.value, scanning.sent_at(change.message))
        self._begun += [event.record for event in events if isinstance(event, Begun)]
        return True

    def close(self) -> None:
        """Follow no more."""
        self._link.close_stream(self._screen)
        self._link.do(Unfollow(self._screen))

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> FollowedScan:
        while not self._begun:
            if not self.look():
                raise StopIteration
        return FollowedScan(self, self._begun.pop(0))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
