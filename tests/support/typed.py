"""A beamline in this process, at whose prompt a test types: what it shows comes back as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pycertifspec.simulator.beamline import simulated
from pycertifspec.simulator.clock import SteppingClock
from pycertifspec.simulator.hardware.default import COUNTERS, MOTORS
from pycertifspec.simulator.hardware.instrument import Instrument
from pycertifspec.simulator.language import SpecLanguageError
from pycertifspec.simulator.world import World

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pycertifspec.simulator.beamline import Beamline
    from pycertifspec.simulator.hardware.config import CounterConfig, MotorConfig

DATE = r"\w{3} \w{3} \d\d \d\d:\d\d:\d\d \d{4}"


class Typed:
    """A beamline and what it has shown; the default one, or one of the counters and motors given."""

    def __init__(
        self,
        directory: Path,
        keys: list[str],
        *,
        name: str = "fourc",
        motors: Sequence[MotorConfig] = MOTORS,
        counters: Sequence[CounterConfig] = COUNTERS,
    ) -> None:
        self.shown: list[str] = []
        self.keys = keys
        clock = SteppingClock(start=1_700_000_000.0)
        self.beamline: Beamline = simulated(
            lambda _: World(clock, self.shown.append, keyboard=self.press, directory=directory),
            name,
            clock,
            instrument=Instrument(motors, counters, clock),
        )

    def press(self, prompt: str) -> str | None:
        self.shown.append(prompt)
        return self.keys.pop(0) if self.keys else None

    def __call__(self, text: str) -> str:
        """Run text and return what it has shown, an error's message too."""
        self.shown.clear()
        try:
            self.value = self.beamline.run(text)
        except SpecLanguageError as error:
            self.value = error
        return "".join(self.shown)

    def position(self, mne: str) -> float:
        return self.beamline.instrument.motor(mne).position
