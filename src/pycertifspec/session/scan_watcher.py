"""`ScanWatcher`: a watcher of the screen that tells a function of scans."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .scan_text import ScanText

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycertifspec.errors import ConnectionLostError

    from .callbacks import Dispatching
    from .change import Change
    from .scan_text import Event, Met


class ScanWatcher:
    """Reads the screen where callbacks are called, and calls one with each event of a scan."""

    hears_losses = True

    def __init__(self, dispatcher: Dispatching, callback: Callable[[Event], Any]) -> None:
        self._due = dispatcher.due
        self._callback = callback
        self._text = ScanText()
        self.closed = False

    def put(self, change: Change | ConnectionLostError) -> None:
        """Let a piece of the screen be read soon, or let it be noted that the connection is lost."""
        self._due.append((self._read, change))

    def join(self, met: Met) -> None:
        """Take note of a scan that is under way; to be called where callbacks are."""
        self._text.join(met)

    def _read(self, change: Change | ConnectionLostError) -> None:
        for event in self._text.hear(change):
            self._due.append((self._tell, event))  # one by one: the next is told though one fails

    def _tell(self, event: Event) -> Any:
        return None if self.closed else self._callback(event)
