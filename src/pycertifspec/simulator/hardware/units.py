"""Steps, dial and user positions: the only place where one becomes another (SPEC_LANGUAGE.md 6.6)."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Units:
    """How a motor's three positions belong together.

    Attributes:
        steps_per_unit: steps per degree, millimetre or whatever the motor is measured in; may be negative.
        sign: of user times dial, +1 or -1.
        offset: user position where the dial shows 0, in the motor's unit.

    """

    steps_per_unit: float
    sign: int = 1
    offset: float = 0.0

    def steps(self, dial: float) -> int:
        """Return the step that is nearest to a dial position; the upper one of two."""
        return math.floor(dial * self.steps_per_unit + 0.5)

    def dial(self, steps: float) -> float:
        """Return the dial position of a number of steps."""
        return steps / self.steps_per_unit + 0.0  # 0 of a motor that runs against its dial is no -0

    def user_of_dial(self, dial: float) -> float:
        """Return sign times dial, plus offset."""
        return self.sign * dial + self.offset + 0.0  # no -0 here either

    def dial_of_user(self, user: float) -> float:
        """Return the dial position of a user position."""
        return (user - self.offset) / self.sign

    def user(self, steps: float) -> float:
        """Return the user position of a number of steps."""
        return self.user_of_dial(self.dial(steps))

    def steps_of_user(self, user: float) -> int:
        """Return the step that is nearest to a user position."""
        return self.steps(self.dial_of_user(user))

    def rounded_dial(self, dial: float) -> float:
        """Return a dial position rounded to the step, as a motor can stand there."""
        return self.dial(self.steps(dial))

    def rounded_user(self, user: float) -> float:
        """Return a user position rounded to the step, as a motor can stand there."""
        return self.user(self.steps_of_user(user))
