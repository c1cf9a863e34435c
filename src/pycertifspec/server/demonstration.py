"""A small instrument for a first look: motors that take time, counters that count, a few variables."""

from __future__ import annotations

import math
import random
import time
from typing import TYPE_CHECKING, Any

from pycertifspec.errors import RemoteError

from .application import Application

if TYPE_CHECKING:
    from collections.abc import Callable


class LinearMotor:
    """A motor that moves at one speed; its position follows from the time."""

    def __init__(self, now: Callable[[], float], *, speed: float, low: float, high: float) -> None:
        self.low_limit = low
        self.high_limit = high
        self.offset = 0.0
        self._now = now
        self._speed = speed
        self._begin = self._end = now()
        self._start = self._target = 0.0

    @property
    def dial_position(self) -> float:
        """Where it is, by its scale."""
        now = self._now()
        if now >= self._end:
            return self._target
        return self._start + (self._target - self._start) * (now - self._begin) / (self._end - self._begin)

    @property
    def position(self) -> float:
        """Where it is, in user units."""
        return self.dial_position + self.offset

    @property
    def moving(self) -> bool:
        """Whether it moves."""
        return self._now() < self._end

    def move(self, target: float) -> None:
        """Start a motion to a position in user units."""
        self._start, self._target = self.dial_position, target - self.offset
        self._begin = self._now()
        self._end = self._begin + abs(self._target - self._start) / self._speed

    def stop(self) -> None:
        """Stop where it is."""
        self._target = self.dial_position
        self._end = self._now()


class RateCounter:
    """A counter with a rate; without a source of noise it is a clock."""

    def __init__(self, now: Callable[[], float], rate: Callable[[], float], noise: random.Random | None = None) -> None:
        self._now = now
        self._rate = rate
        self._noise = noise
        self._begin = now()
        self._stopped: float | None = 0.0

    @property
    def value(self) -> float:
        """What it has counted."""
        return self._counted() if self._stopped is None else self._stopped

    def _counted(self) -> float:
        mean = self._rate() * (self._now() - self._begin)
        return mean if self._noise is None else max(0.0, round(self._noise.gauss(mean, math.sqrt(mean))))

    def start(self) -> None:
        """Begin at 0."""
        self._begin, self._stopped = self._now(), None

    def stop(self) -> None:
        """Keep the value."""
        if self._stopped is None:
            self._stopped = self._counted()


# mnemonic, degrees or millimetres a second, low and high limit
MOTORS = (("tth", 4.0, -10.0, 150.0), ("th", 2.0, -10.0, 90.0), ("chi", 8.0, -95.0, 95.0), ("phi", 8.0, -180.0, 180.0))
PEAK_AT, PEAK_WIDTH = 1.5, 0.4


def demonstration(name: str = "demo", *, now: Callable[[], float] = time.monotonic, seed: int = 1) -> Application:
    """Return the instrument: four motors, three counters whose detector sees a peak at th = 1.5, a few variables.

    Args:
        name: what clients find it by.
        now: seconds; motors and counters are functions of it.
        seed: of the detector's noise.

    """
    application = Application(name)
    stages = {mne: LinearMotor(now, speed=speed, low=low, high=high) for mne, speed, low, high in MOTORS}
    for mnemonic, stage in stages.items():
        application.motor(mnemonic, stage)
    noise = random.Random(seed)  # noqa: S311  no secret
    th = stages["th"]

    def intensity() -> float:
        return 20.0 + 9_000.0 * math.exp(-(((th.position - PEAK_AT) / PEAK_WIDTH) ** 2))

    application.counters(
        {
            "sec": RateCounter(now, lambda: 1.0),
            "mon": RateCounter(now, lambda: 50_000.0, noise),
            "det": RateCounter(now, intensity, noise),
        }
    )
    mnemonics = {"motor": list(stages), "counter": ["sec", "mon", "det"]}
    application.publish("var/SPEC", name, writable=False)
    application.publish("var/VERSION", "demonstration", writable=False)
    application.publish("var/MOTORS", len(stages), writable=False)
    application.publish("var/COUNTERS", 3, writable=False)
    application.publish("var/TITLE", "a first run")
    application.publish("var/SAMPLE", {"name": "Si", "reflection": "004"})
    application.publish("var/A", get=lambda: {str(i): stage.position for i, stage in enumerate(stages.values())})

    def motor_mne(number: Any) -> str:
        return _nth("Motor", mnemonics["motor"], number)

    def cnt_mne(number: Any) -> str:
        return _nth("Counter", mnemonics["counter"], number)

    application.function(motor_mne)
    application.function(cnt_mne)
    return application


def _nth(kind: str, names: list[str], number: Any) -> str:
    """Return the mnemonic of a number; what is none is refused as SPEC refuses it (SPEC_LANGUAGE.md 6.6)."""
    if isinstance(number, (int, float)) and 0 <= number < len(names):
        return names[int(number)]
    raise RemoteError(f"{kind} {number} is not configured.")
