"""`ShortStop`: a motion that has ended by itself before its target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .refusals import Refusal


@dataclass(frozen=True, slots=True)
class ShortStop:
    """A motion that has ended by itself before its target.

    Attributes:
        mnemonic: of the motor.
        reason: what has stopped it: a limit switch, low or high in user units, a stall, the emergency stop.
        position: where it stands, in user units.
        target: where it was sent, in user units; None if it searched for a switch.

    """

    mnemonic: str
    reason: Refusal
    position: float
    target: float | None
