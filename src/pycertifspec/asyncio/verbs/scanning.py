"""Scans: run, or followed whoever runs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pycertifspec.asyncio.changes import Watch
from pycertifspec.asyncio.scan import Scan, Scans
from pycertifspec.session import properties
from pycertifspec.session.procedures import scanning
from pycertifspec.session.scan_watcher import ScanWatcher

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycertifspec.asyncio.client import AsyncClient
    from pycertifspec.session.scan_record import ScanPoint
    from pycertifspec.session.scan_text import Event


async def scan(
    self: AsyncClient, command: str, *, timeout: float | None = None, progress: Callable[[ScanPoint], Any] | None = None
) -> Scan:
    """Run a scan in SPEC; return it at once, to be followed point by point or as a whole.

    Args:
        command: as at SPEC's prompt: ``"ascan th 0 1 20 0.1"``.
        timeout: seconds after which it is aborted; None for as long as it takes.
        progress: is called with each point as it is taken.

    """
    return Scan(self._link, command, timeout, progress)


async def follow_scans(self: AsyncClient) -> Scans:
    """Return the scans that anybody runs from now on, for a loop.

    Of one that is under way the points from now on are given; what its head has shown is taken from SPEC's
    variables (`ScanRecord.joined`). A scan that is resumed comes again, with the same record.
    """
    return Scans(self._link, await self._link.run(scanning.follow()))


async def watch_scans(self: AsyncClient, callback: Callable[[Event], Any]) -> Watch:
    """Have a function called with all that happens to the scans that anybody runs, until the watch is closed.

    Args:
        callback: is called with `ScanBegun`, `ScanResumed`, `PointTaken` and `ScanOver`, one after the other, as
            `Scans.events` gives them.

    """
    self._link.dispatcher.start()
    watcher = ScanWatcher(self._link.dispatcher, callback)
    self._link.watch(watcher, (properties.TTY,))
    watch = Watch(self._link, watcher, properties.TTY)
    try:
        met = await self._link.run(scanning.met())
    except BaseException:
        await watch.close()
        raise
    if met is not None:
        self._link.dispatcher.call(watcher.join, met)  # after what was shown before SPEC answered
    return watch
