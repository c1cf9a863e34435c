"""What motors and counters are, as SPEC's config file says it; immutable, apart from what they are doing."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from .rates import Constant
from .refusals import Refusal

if TYPE_CHECKING:
    from .rates import Rate

MAX_MNEMONIC = 7  # characters, in SPEC's config file
MAX_NAME = 15  # characters, in SPEC's config file
# What motors may be set to: a thousand times beyond what controllers offer, and far from where doubles fail.
SMALLEST_STEPS, MOST_STEPS = 1e-6, 1e9  # a unit
SLOWEST_RATE, FASTEST_RATE = 1e-3, 1e9  # steps/s
LONGEST_ACCELERATION = 1e6  # milliseconds
LARGEST_BACKLASH = 1e7  # steps
SMALLEST_SCALE, LARGEST_SCALE = 1e-12, 1e12  # of a counter


def _check_names(mnemonic: str, name: str) -> None:
    if not mnemonic.isascii() or not mnemonic.isidentifier() or len(mnemonic) > MAX_MNEMONIC:
        what = f"a letter or _, then letters, digits and _, at most {MAX_MNEMONIC} characters"
        raise ValueError(f"mnemonic is {mnemonic!r}, expected {what}")
    # In a data file two blanks stand between names.
    if not 0 < len(name) <= MAX_NAME or name != " ".join(name.split()):
        what = f"1 to {MAX_NAME} characters, words with one blank between them"
        raise ValueError(f"name of {mnemonic} is {name!r}, expected {what}")


@dataclass(frozen=True, slots=True, kw_only=True)
class MotorConfig:
    """A motor.

    Attributes:
        mnemonic: what it is called in commands.
        name: what it is called on the screen.
        steps_per_unit: steps per degree, millimetre ...; negative if the motor runs against its dial.
        sign: of user times dial, +1 or -1.
        offset: user position where the dial shows 0, in the motor's unit; as it is in the beginning.
        dial: dial position in the beginning.
        base_rate: speed at which it starts and stops, in steps/s (Hz).
        slew_rate: speed at which it runs, in steps/s (Hz).
        acceleration: time from base to slew rate, in milliseconds.
        backlash: steps; positive: the last way to a target goes towards more steps, and a motion that would come
            from the other side goes so much too far and returns; negative: the other way round. The way beyond the
            target ends at the software limit.
        low_limit: software limit, in dial units; as it is in the beginning.
        high_limit: software limit, in dial units; as it is in the beginning.
        low_switch: dial position of the lower limit switch, or None if it has none.
        high_switch: dial position of the upper limit switch, or None if it has none.
        home: dial position of the home switch.
        controller: kind of its controller.
        unit: of its controller.
        channel: at its controller.
        disabled: switched off by software (`motor_par "disable"`).
        unusable: the controller does not have it.
        read_only: it can be looked at.
        protected: it can be looked at unless one knows how.

    """

    mnemonic: str
    name: str
    steps_per_unit: float = 2000.0
    sign: int = 1
    offset: float = 0.0
    dial: float = 0.0
    base_rate: float = 200.0
    slew_rate: float = 2000.0
    acceleration: float = 125.0
    backlash: float = 0.0
    low_limit: float = -180.0
    high_limit: float = 180.0
    low_switch: float | None = None
    high_switch: float | None = None
    home: float = 0.0
    controller: str = "SIM"
    unit: int = 0
    channel: int = 0
    disabled: bool = False
    unusable: bool = False
    read_only: bool = False
    protected: bool = False

    def __post_init__(self) -> None:
        _check_names(self.mnemonic, self.name)
        for what, good in {
            "steps_per_unit": SMALLEST_STEPS <= abs(self.steps_per_unit) <= MOST_STEPS,
            "sign": self.sign in {1, -1},
            "base_rate": 0 <= self.base_rate <= FASTEST_RATE,
            "slew_rate": SLOWEST_RATE <= self.slew_rate <= FASTEST_RATE,
            "acceleration": 0 <= self.acceleration <= LONGEST_ACCELERATION,
            "backlash": abs(self.backlash) <= LARGEST_BACKLASH and self.backlash == int(self.backlash),
            "high_limit": self.high_limit >= self.low_limit,
            "high_switch": self.low_switch is None or self.high_switch is None or self.high_switch > self.low_switch,
        }.items():
            if not good or not math.isfinite(getattr(self, what) or 0.0):
                raise ValueError(f"{what} of motor {self.mnemonic} is {getattr(self, what)!r}")

    @property
    def refusal(self) -> Refusal | None:
        """Why it never moves as it is configured, or None."""
        reasons = {
            Refusal.DISABLED: self.disabled,
            Refusal.UNUSABLE: self.unusable,
            Refusal.READ_ONLY: self.read_only,
            Refusal.PROTECTED: self.protected,
        }
        return next((refusal for refusal, holds in reasons.items() if holds), None)


class CounterUse(StrEnum):
    """What a counter is used as."""

    TIMER = "timebase"
    MONITOR = "monitor"
    COUNTER = "counter"


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterConfig:
    """A counter.

    Attributes:
        mnemonic: what it is called in commands.
        name: what it is called on the screen.
        use: as which it is used; a timer counts seconds.
        rate: counts per second as a function of where the motors are; a timer has none.
        scale: a value is raw counts divided by this; for a timer, its ticks per second.
        noise: whether counts are Poisson distributed; else they are the expected ones, rounded down.
        controller: kind of its controller.
        unit: of its controller.
        channel: at its controller.
        disabled: it is not counted and shows 0.

    """

    mnemonic: str
    name: str
    use: CounterUse = CounterUse.COUNTER
    rate: Rate = field(default_factory=lambda: Constant(0.0))
    scale: float = 1.0
    noise: bool = True
    controller: str = "SIM"
    unit: int = 0
    channel: int = 0
    disabled: bool = False

    def __post_init__(self) -> None:
        _check_names(self.mnemonic, self.name)
        if not SMALLEST_SCALE <= self.scale <= LARGEST_SCALE:
            raise ValueError(
                f"scale of counter {self.mnemonic} is {self.scale!r}, expected {SMALLEST_SCALE:g} to {LARGEST_SCALE:g}"
            )
