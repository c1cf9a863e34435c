"""Counters: one by its mnemonic, and counting with all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pycertifspec.session.procedures import counting
from pycertifspec.sync.counter import Counter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pycertifspec.sync.client import Client


def counter(self: Client, mne: str) -> Counter:
    """Return a counter by its mnemonic."""
    return Counter(mne, self)


def count(
    self: Client,
    time: float | None = None,
    callback: Callable[[dict[str, float]], Any] | None = None,
    refresh_names: bool = False,
    *,
    monitor: float | None = None,
    counters: Iterable[str] | None = None,
    timeout: float | None = None,
) -> dict[str, float]:
    """Count, wait until it is over, and return each counter's value by its mnemonic.

    Ctrl-C, cancellation and the timeout stop the counting.

    Args:
        time: seconds.
        callback: is called with all values whenever one has changed, and at the end.
        refresh_names: ask first which counters there are; otherwise that is known from before.
        monitor: counts of the monitor to count to, in place of seconds.
        counters: mnemonics of those whose values are wanted; None for all that there are.
        timeout: seconds that it may take; None for as long as it takes.

    Raises:
        LocalProtocolError: neither seconds nor monitor counts are given, or both.
        RemoteError: the server did not count.
        CallTimeoutError: the timeout passed.

    """
    if refresh_names:
        self.load_names()
    return self._link.run(
        counting.count(
            self._link.session,
            counting.preset(time, monitor),
            tuple(self._counters() if counters is None else counters),
            timeout=timeout,
            progress=callback,
        )
    )


def stop_counting(self: Client) -> None:
    """Stop counting; whoever waits for it goes on with what was counted."""
    return self._link.run(counting.stop())
