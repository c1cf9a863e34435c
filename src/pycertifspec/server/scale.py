"""`Scale`: a motor's user and dial position and its offset, whichever of them its object knows (PROTOCOL.md 5.6)."""

from __future__ import annotations

import math
from typing import Any

# Decimals of a position. Those that differ by less are the same: far below a step, far above
# what floating point leaves of a sum.
DIGITS = 9
SAME = 10.0**-DIGITS


class Scale:
    """Keeps user = sign * dial + offset true.

    An object that can be told its offset or dial position, and then reads as told, is told; what any other object
    does not know is kept here, on top of what it says, as long as the program runs.

    Args:
        motor: an object with `position`; perhaps with `dial_position`, `offset` and `sign`.

    """

    def __init__(self, motor: Any) -> None:
        self._motor = motor
        self._user_shift = 0.0
        self._dial_shift = 0.0
        self._at_rest = 0.0

    @property
    def sign(self) -> float:
        """1 or -1: the sense of user to dial positions."""
        return float(getattr(self._motor, "sign", 1))

    @property
    def user(self) -> float:
        """Where the motor is, in user units."""
        return float(self._motor.position) + self._user_shift

    @property
    def dial(self) -> float:
        """Where the motor is, in dial units."""
        if hasattr(self._motor, "dial_position"):
            return float(self._motor.dial_position) + self._dial_shift
        return self.to_dial(self.user)

    @property
    def offset(self) -> float:
        """User position minus sign times dial position."""
        own = float(self._motor.offset) if hasattr(self._motor, "offset") else self._implied()
        return own + self._user_shift - self.sign * self._dial_shift

    def _implied(self) -> float:
        """Return the offset between the two positions of an object that has both, and does not say what is between."""
        if hasattr(self._motor, "dial_position") and not self._motor.moving:  # both are read at one place
            between = float(self._motor.position) - self.sign * float(self._motor.dial_position)
            self._at_rest = round(between, DIGITS)
        return self._at_rest

    def to_dial(self, user: float) -> float:
        """Return the dial position of a user position."""
        return (user - self.offset) / self.sign

    def target(self, user: float) -> float:
        """Return what the object calls a user position."""
        return user - self._user_shift

    def home(self, dial: float) -> float:
        """Return what the object calls a dial position."""
        return dial - self._dial_shift

    def set_user(self, user: float) -> None:
        """Have the position of a motor at rest read as this user position; the dial stays (``set``)."""
        change = user - self.user
        if not self._told("offset", change, user):
            self._user_shift += change

    def set_dial(self, dial: float) -> None:
        """Have the position of a motor at rest read as this dial position; the offset stays (``set_dial``)."""
        change = dial - self.dial
        user = self.sign * dial + self.offset
        if not self._told("dial_position", change, user):
            self._dial_shift += change
            self._user_shift += self.sign * change

    def _told(self, name: str, change: float, user: float) -> bool:
        """Change an attribute of the object, if it has it and its position follows; return whether that was so."""
        if not hasattr(self._motor, name):
            return False
        before = getattr(self._motor, name)
        try:
            setattr(self._motor, name, before + change)
        except AttributeError:
            return False
        if math.isclose(self.user, user, abs_tol=SAME):
            return True
        setattr(self._motor, name, before)
        return False
