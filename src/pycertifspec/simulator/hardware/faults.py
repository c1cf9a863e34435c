"""What can go wrong on demand: each fault is put into a motor or a counter and says what will happen."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from .refusals import Refusal


def _within(value: float, most: float, what: str) -> None:
    """Raise a ValueError that says `what` is meant unless 0 <= value <= most and it is finite."""
    if not (math.isfinite(value) and 0 <= value <= most):
        raise ValueError(f"{what}, not {value}")


@dataclass(frozen=True, slots=True)
class HitLimit:
    """A limit switch stops the motor on its way, wherever that is.

    Attributes:
        after: the part of the way that is done then, 0 to 1.

    """

    after: float = 0.5

    def __post_init__(self) -> None:
        """Refuse, with a ValueError, what is no part of a way."""
        _within(self.after, 1.0, "HitLimit(after) is the part of the way that is done, 0 to 1")


@dataclass(frozen=True, slots=True)
class Stall:
    """The motor stands still on its way and reports `motor_fault`.

    Attributes:
        after: the part of the way that is done then, 0 to 1.

    """

    after: float = 0.5

    def __post_init__(self) -> None:
        """Refuse, with a ValueError, what is no part of a way."""
        _within(self.after, 1.0, "Stall(after) is the part of the way that is done, 0 to 1")


@dataclass(frozen=True, slots=True)
class LoseSteps:
    """The motor arrives short of the target, and SPEC, which counts the steps it sends, does not know.

    Attributes:
        steps: how many are lost; at most as many as the motion has.

    """

    steps: int

    def __post_init__(self) -> None:
        """Refuse, with a ValueError, what no motor can lose."""
        _within(self.steps, math.inf, "LoseSteps(steps) is how many steps are lost, 0 or more")
        if self.steps != int(self.steps):
            raise ValueError(f"LoseSteps(steps) is a whole number of steps, not {self.steps}")


@dataclass(frozen=True, slots=True)
class Refuse:
    """The motor does not start."""

    refusal: Refusal = Refusal.UNRESPONSIVE


@dataclass(frozen=True, slots=True)
class SlowStart:
    """The motor is told to go, and reports so (`move_done` 1) only after `seconds`."""

    seconds: float

    def __post_init__(self) -> None:
        """Refuse, with a ValueError, what is no time to come."""
        _within(self.seconds, math.inf, "SlowStart(seconds) is a time in seconds, 0 or more")


MotorFault = HitLimit | Stall | LoseSteps | Refuse | SlowStart


class CounterFault(StrEnum):
    """What is wrong with a counter until it is repaired."""

    DEAD = "dead"
    """It reads zero."""
    STUCK = "stuck"
    """It keeps the value that it had when the fault came."""
    UNRESPONSIVE = "unresponsive"
    """No count can start, as when a scaler's cable is out."""
