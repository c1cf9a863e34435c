"""Scans: run, or followed whoever runs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pycertifspec.session import properties
from pycertifspec.session.procedures import scanning
from pycertifspec.session.scan_watcher import ScanWatcher
from pycertifspec.sync.changes import Watch
from pycertifspec.sync.scan import Scan, Scans

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycertifspec.session.scan_record import ScanPoint
    from pycertifspec.session.scan_text import Event
    from pycertifspec.sync.client import Client


def scan(
    self: Client, command: str, *, timeout: float | None = None, progress: Callable[[ScanPoint], Any] | None = None
) -> Scan:
    """Run a scan in SPEC; return it at once, to be followed point by point or as a whole.

    Args:
        command: as at SPEC's prompt: ``"ascan th 0 1 20 0.1"``.
        timeout: seconds after which it is aborted; None for as long as it takes.
        progress: is called with each point as it is taken.

    """
    return Scan(self._link, command, timeout, progress)


def follow_scans(self: Client) -> Scans:
    """Return the scans that anybody runs from now on, for a loop.

    Of one that is under way the points from now on are given; what its head has shown is taken from SPEC's
    variables (`ScanRecord.joined`). A scan that is resumed comes again, with the same record.
    """
    return Scans(self._link, self._link.run(scanning.follow()))


def watch_scans(self: Client, callback: Callable[[Event], Any]) -> Watch:
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
        met = self._link.run(scanning.met())
    except BaseException:
        watch.close()
        raise
    if met is not None:
        self._link.dispatcher.call(watcher.join, met)  # after what was shown before SPEC answered
    return watch
