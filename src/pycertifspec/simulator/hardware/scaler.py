"""The counting system: all counters count together, to a time or to a number of monitor counts."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .config import CounterUse
from .exposure import Exposure, narrowest
from .faults import CounterFault
from .poisson import PoissonProcess
from .rates import Constant
from .refusals import Refusal, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .bench import Bench
    from .changes import Key
    from .config import CounterConfig
    from .motor import Motor

# Presets that somebody may mean: thirty years, and counts that a double can still tell apart.
LONGEST_COUNT = 1e9  # seconds
MOST_COUNTS = 1e15
_WHOLE_COUNT_TOLERANCE = 1e-6  # counts; one that rounding of the time leaves a hair incomplete is complete


class Counter:
    """One counter. Made by the scaler; what is public here may be called from any thread (see `Bench`)."""

    def __init__(self, config: CounterConfig, scaler: Scaler, bench: Bench) -> None:
        self._scaler, self._bench = scaler, bench
        self._take_config(config)
        self._fault: CounterFault | None = None
        self._raw = 0.0
        self._exposure: Exposure | None = None
        self._process = PoissonProcess("")

    @property
    def config(self) -> CounterConfig:
        """What it is."""
        return self._config

    @property
    def mnemonic(self) -> str:
        """What it is called in commands."""
        return self._config.mnemonic

    @property
    def fault(self) -> CounterFault | None:
        """What is wrong with it."""
        return self._fault

    @property
    def value(self) -> float:
        """Counts, or seconds of a timer, divided by the scale: of the count under way or the last one."""
        with self._bench.hold() as now:
            return self.value_at(now)

    def fail(self, fault: CounterFault) -> None:
        """Break it, until it is repaired."""
        with self._bench.change(self._scaler):
            self._set_fault(fault)

    def repair(self) -> None:
        """End what is wrong with it."""
        with self._bench.change(self._scaler):
            self._set_fault(None)

    def configure(self, config: CounterConfig) -> None:
        """Change parameters (`counter_par`); what decides over the counting holds from the next count on."""
        with self._bench.change(self._scaler):
            self._take_config(replace(config, mnemonic=self.mnemonic))

    def _take_config(self, config: CounterConfig) -> None:
        self._config = config
        self._rate = Constant(config.scale) if config.use is CounterUse.TIMER else config.rate
        self._widths = narrowest(self._rate)

    # For the scaler, which holds the lock

    def _set_fault(self, fault: CounterFault | None) -> None:
        self._fault = fault
        if self._exposure:
            self._exposure.running = fault is None

    def open(self, key: str, motors: Mapping[str, Motor], now: float) -> None:
        """Begin to count from 0."""
        self._raw = 0.0
        self._process = PoissonProcess(key)
        self._exposure = None if self._config.disabled else Exposure(self._rate, self._widths, motors, now)
        self._set_fault(self._fault)

    def take_stock(self, now: float) -> None:
        """Keep what was counted, before something changes."""
        if self._exposure:
            self._exposure.take_stock(now)

    def close(self, now: float, preset: float | None = None) -> None:
        """End counting; `preset` is the raw count if this counter has ended it."""
        self._raw = self._raw_at(now) if preset is None else preset
        self._exposure = None

    def time_of(self, raw: float) -> float:
        """Return when the raw count will be reached."""
        if not self._exposure:
            return math.inf
        return self._exposure.time_of(self._process.reach(math.ceil(raw)) if self._is_random() else raw)

    def value_at(self, now: float) -> float:
        """Return the value at a time."""
        return 0.0 if self._fault is CounterFault.DEAD else self._raw_at(now) / self._config.scale

    def _is_random(self) -> bool:
        return self._config.noise and self._config.use is not CounterUse.TIMER

    def _raw_at(self, now: float) -> float:
        if not self._exposure:
            return self._raw
        expected = self._exposure.expected(now)
        return self._process.count(expected) if self._is_random() else math.floor(expected + _WHOLE_COUNT_TOLERANCE)


@dataclass(frozen=True, slots=True)
class _Preset:
    counter: Counter
    raw: float


class Scaler:
    """All counters and the one count that can be under way.

    Args:
        configs: the counters, in order.
        motors: what rates may depend on, by mnemonic.
        bench: put the motors on it before.
        seed: of the noise; the same seed and the same counts in the same order give the same values.

    """

    kind = "scaler"
    busy_key: Key = (".all.", "count")

    def __init__(
        self, configs: Iterable[CounterConfig], motors: Mapping[str, Motor], bench: Bench, *, seed: int = 0
    ) -> None:
        self.counters = tuple(Counter(config, self, bench) for config in configs)
        self._motors, self._bench, self._seed = motors, bench, seed
        self._number = 0
        self._preset: _Preset | None = None
        self._ends: float | None = None  # of the count under way; None: to be found out
        bench.add(self, before_change=self._take_stock)

    @property
    def counting(self) -> bool:
        """Whether a count is under way."""
        with self._bench.hold():
            return self._preset is not None

    def reconfigure(self, configs: Iterable[CounterConfig]) -> None:
        """Have these counters from now on, while no count is under way; those of before keep what they show."""
        with self._bench.change(self):
            known = {counter.mnemonic: counter for counter in self.counters}
            counters = []
            for config in configs:
                counter = known.get(config.mnemonic)
                if counter is None:
                    counter = Counter(config, self, self._bench)
                else:
                    counter.configure(config)
                counters.append(counter)
            self.counters = tuple(counters)

    def values(self) -> dict[str, float]:
        """Return all values of one and the same time, by mnemonic."""
        with self._bench.hold() as now:
            return {counter.mnemonic: counter.value_at(now) for counter in self.counters}

    def count_time(self, seconds: float) -> None:
        """Start to count for so many model seconds.

        Raises:
            RefusedError: a count is under way, or a counter does not answer.

        """
        self._start(CounterUse.TIMER, seconds, 0.0, LONGEST_COUNT)

    def count_monitor(self, counts: float) -> None:
        """Start to count until the monitor shows so many counts.

        Raises:
            RefusedError: a count is under way, or a counter does not answer.

        """
        self._start(CounterUse.MONITOR, counts, 1.0, MOST_COUNTS)

    def stop(self) -> None:
        """End the count under way, if any; the values stay as they are now."""
        with self._bench.change(self) as now:
            self._close(now)

    # For the bench, which holds the lock

    @property
    def active(self) -> bool:
        """Whether values change."""
        return self._preset is not None

    @property
    def at_work(self) -> bool:
        """Whether a count is under way."""
        return self._preset is not None

    def next_event_time(self) -> float:
        """Return when the count ends."""
        if self._preset is None:
            return math.inf
        if self._ends is None:
            self._ends = self._preset.counter.time_of(self._preset.raw)
        return self._ends

    def settle(self, now: float) -> None:
        """End the count."""
        self._close(now, self._preset)

    def visible(self, now: float) -> dict[Key, float]:
        """Return every property's value."""
        values: dict[Key, float] = {(c.mnemonic, "value"): c.value_at(now) for c in self.counters}
        return {**values, self.busy_key: int(self._preset is not None)}

    def _start(self, use: CounterUse, preset: float, least: float, most: float) -> None:
        wanted = f"count to {preset:g}"
        with self._bench.change(self) as now:
            leading = next((counter for counter in self.counters if counter.config.use is use), None)
            if leading is None:
                raise RefusedError(use, Refusal.UNUSABLE, wanted)
            if leading.config.disabled:
                raise RefusedError(leading.mnemonic, Refusal.DISABLED, wanted)
            if self._preset is not None:
                raise RefusedError(leading.mnemonic, Refusal.BUSY, wanted)
            if not least <= preset <= most:
                raise RefusedError(leading.mnemonic, Refusal.BAD_VALUE, wanted)
            for counter in self.counters:
                if counter.fault is CounterFault.UNRESPONSIVE and not counter.config.disabled:
                    raise RefusedError(counter.mnemonic, Refusal.UNRESPONSIVE, wanted)
            self._number += 1
            for counter in self.counters:
                counter.open(f"{self._seed}/{self._number}/{counter.mnemonic}", self._motors, now)
            self._preset, self._ends = _Preset(leading, preset * leading.config.scale), None

    def _close(self, now: float, reached: _Preset | None = None) -> None:
        if self._preset is None:
            return
        for counter in self.counters:
            counter.close(now, reached.raw if reached and reached.counter is counter else None)
        self._preset = self._ends = None

    def _take_stock(self, now: float) -> None:
        self._ends = None
        for counter in self.counters:
            counter.take_stock(now)
