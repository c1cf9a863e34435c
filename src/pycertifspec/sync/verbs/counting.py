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
    starting: Callable[[], Any] | None = None,
) -> dict[str, float]:
    """Count, wait until it is over, and return each counter's value by its mnemonic.

    While SPEC is busy, or counts for somebody else, nothing is started. Ctrl-C, cancellation and the timeout stop the
    counting; before it is started they stop nobody.

    Args:
        time: seconds.
        callback: is called with all values whenever one has changed, and at the end.
        refresh_names: ask which counters there are; otherwise that is known from before, if it is.
        monitor: counts of the monitor to count to, in place of seconds.
        counters: mnemonics of those whose values are wanted; None for all that there are.
        timeout: seconds that it may take; None for as long as it takes.
        starting: is called when SPEC is free, and about to be told.

    Raises:
        LocalProtocolError: neither seconds nor monitor counts are given, or both.
        RemoteError: the server did not count.
        CallTimeoutError: the timeout passed.

    """
    if counters is None and not refresh_names:
        counters = self.known_names.counters or None

    def found(names: counting.Names) -> None:
        self.known_names = names

    return self._link.run(
        counting.count(
            self._link.session,
            counting.preset(time, monitor),
            None if counters is None else tuple(counters),
            timeout=timeout,
            progress=callback,
            starting=starting,
            found=found,
        )
    )


def stop_counting(self: Client) -> None:
    """Stop counting; whoever waits for it goes on with what was counted."""
    return self._link.run(counting.stop())
