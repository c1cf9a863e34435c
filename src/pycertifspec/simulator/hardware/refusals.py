"""Why hardware does not do, or not to the end, what it was told, in SPEC's words where SPEC has words for it."""

from __future__ import annotations

import math
from enum import StrEnum

from pycertifspec.errors import SpecError


class Refusal(StrEnum):
    """A reason; the first seven are what SPEC's `move_info` calls an error (SPEC_LANGUAGE.md 6.6)."""

    LOW_LIMIT = "low limit"
    HIGH_LIMIT = "high limit"
    BUSY = "busy"
    READ_ONLY = "read only"
    PROTECTED = "protected"
    DISABLED = "disabled"
    UNUSABLE = "unusable"
    EMERGENCY_STOP = "emergency stop"
    UNRESPONSIVE = "unresponsive"
    NO_SWITCH = "no limit switch"
    BAD_VALUE = "bad value"
    LOW_SWITCH = "low limit switch"
    HIGH_SWITCH = "high limit switch"
    STALL = "stall"


class RefusedError(SpecError):
    """A motor or counter refused; nothing has changed.

    Attributes:
        mnemonic: of the motor or counter.
        refusal: the reason.

    """

    def __init__(self, mnemonic: str, refusal: Refusal, wanted: str) -> None:
        super().__init__(f"{mnemonic} cannot {wanted}: {refusal}")
        self.mnemonic = mnemonic
        self.refusal = refusal
        self._wanted = wanted

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.mnemonic, self.refusal, self._wanted)


# Units; no stage is as long, and what is larger than this has lost its steps in a double.
MAX_POSITION = 1e9


def finite(mnemonic: str, value: float, what: str) -> float:
    """Return a value that is a number and no larger than a position can be.

    Raises:
        RefusedError: it is none, infinite or larger than `MAX_POSITION`.

    """
    if not math.isfinite(value) or abs(value) > MAX_POSITION:
        raise RefusedError(mnemonic, Refusal.BAD_VALUE, f"have {value} for its {what}")
    return value
