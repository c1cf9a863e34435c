"""`Standing`: where a motor stands and what was set of it, as it outlives the program."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What SPEC keeps of a motor in its settings, and what the axis and its controller keep by themselves.

    Attributes:
        axis: dial position of the axis as it was configured in the beginning: what switches and detectors see.
        controller: dial position by the controller.
        dial: dial position by SPEC.
        commanded: the last target as it was asked for, not rounded, as a dial position.
        offset: user position where the dial shows 0.
        low_limit: software limit, in dial units.
        high_limit: software limit, in dial units.

    """

    axis: float
    controller: float
    dial: float
    commanded: float
    offset: float
    low_limit: float
    high_limit: float

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
                raise ValueError(f"{field.name} is {value!r}, expected a finite number")
        if self.low_limit > self.high_limit:
            raise ValueError(f"low_limit is {self.low_limit!r}, expected at most high_limit, {self.high_limit!r}")
