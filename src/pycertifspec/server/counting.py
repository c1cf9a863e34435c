"""Counters of an application: they count together, to a time or to a number of monitor counts."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, Any, Protocol

from pycertifspec.errors import RemoteError
from pycertifspec.session import properties

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Counter(Protocol):
    """What an object needs to be published as a counter."""

    @property
    def value(self) -> float:
        """What it has counted since the last start: counts, or seconds for a timer."""

    def start(self) -> None:
        """Begin at 0."""

    def stop(self) -> None:
        """Stop; the value stays."""


class Counters:
    """All counters of an application."""

    def __init__(
        self,
        counters: Mapping[str, Counter],
        tell: Callable[[str, Any], None],
        push: Callable[[float], None],
        drop: Callable[[], None],
        poll: float,
    ) -> None:
        self.counters = dict(counters)
        self.counting = False
        self._tell = tell
        self._push = push
        self._drop = drop
        self._poll = poll
        self._task: asyncio.Task[None] | None = None
        self.published: dict[str, Any] = {properties.COUNT_ALL: _CountAll(self)}
        for mnemonic, counter in self.counters.items():
            self.published[properties.scaler_path(mnemonic, "value")] = _CounterValue(mnemonic, counter)

    def request(self, preset: float) -> None:
        """Put a count into the queue of commands, as SPEC does (PROTOCOL.md 2.3, 5.9).

        0 stops at once what counts, and drops the counts of the same client that wait, as an abort does.

        Args:
            preset: seconds, or monitor counts if negative.

        Raises:
            RemoteError: there is no counter for such a preset, or too many commands wait.

        """
        if preset:
            self._counter_for(preset)
            self._push(preset)
        else:
            self._drop()
            self.stop()

    def _counter_for(self, preset: float) -> str:
        if not math.isfinite(preset):
            raise RemoteError(f"{preset} is no time and no number of monitor counts")
        names = list(self.counters)
        index = 0 if preset > 0 else 1
        if index >= len(names):
            raise RemoteError("there is no monitor to count to" if preset < 0 else "there is no timer")
        return names[index]

    def count(self, preset: float) -> None:
        """Start counting, and return at once.

        Args:
            preset: seconds, or monitor counts if negative.

        Raises:
            RemoteError: it counts already, or there is no counter for such a preset.

        """
        name = self._counter_for(preset)
        if self.counting:
            raise RemoteError("already counting")
        for counter in self.counters.values():
            counter.start()
        self.counting = True
        self._tell(properties.COUNT_ALL, 1)
        self._task = asyncio.get_running_loop().create_task(self._until(name, abs(preset)), name="count")
        # A callback, not the task's own `finally`: a task that is cancelled before its first step has none.
        self._task.add_done_callback(self._finish)

    async def _until(self, mnemonic: str, preset: float) -> None:
        timed = mnemonic == next(iter(self.counters))
        while (left := preset - self.counters[mnemonic].value) > 0:
            self._tell_values()
            await asyncio.sleep(min(left, self._poll) if timed else self._poll)

    def _finish(self, task: asyncio.Task[None] | None) -> None:
        if task is not self._task:
            return  # it was stopped
        self._task = None
        for counter in self.counters.values():
            counter.stop()
        self.counting = False
        self._tell_values()
        self._tell(properties.COUNT_ALL, 0)

    def _tell_values(self) -> None:
        for mnemonic, counter in self.counters.items():
            self._tell(properties.scaler_path(mnemonic, "value"), counter.value)

    def stop(self) -> None:
        """Stop counting; the values stay."""
        if self._task is not None:
            self._task.cancel()
            self._finish(self._task)  # at once: the next request may start it again


class _CountAll:
    """``scaler/.all./count``."""

    def __init__(self, counters: Counters) -> None:
        self._counters = counters

    def read(self) -> int:
        return int(self._counters.counting)

    def write(self, value: Any) -> None:
        try:
            preset = float(value)
        except (TypeError, ValueError):
            raise RemoteError(f"{value!r} is no time and no number of monitor counts") from None
        self._counters.request(preset)


class _CounterValue:
    """``scaler/MNE/value``."""

    def __init__(self, mnemonic: str, counter: Counter) -> None:
        self._mnemonic = mnemonic
        self._counter = counter

    def read(self) -> float:
        return self._counter.value

    def write(self, value: Any) -> None:  # noqa: ARG002  refused whatever it is
        raise RemoteError(f"scaler/{self._mnemonic}/value cannot be set")
