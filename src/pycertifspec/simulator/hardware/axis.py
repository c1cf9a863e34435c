"""An axis and its controller: three counts of steps, and the motion under way. It has no lock and no units."""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING

from .faults import Refuse
from .mechanics import motion_along
from .motion import Ending

if TYPE_CHECKING:
    from .faults import MotorFault
    from .mechanics import Rail
    from .motion import Homing, Motion, Path
    from .refusals import Refusal


class Axis:
    """What turns.

    There are three counts of steps. The axis has one, which detectors see and to which the switches belong. The
    controller's differs from it by what setting the dial did. SPEC's differs from the controller's once steps were
    lost or someone else turned the motor, until that is resolved (PROTOCOL.md 5.8).

    Args:
        rail: what is screwed to it.
        steps: where it stands in the beginning, by all three counts.

    """

    def __init__(self, rail: Rail, steps: int) -> None:
        self.rail = rail
        self.motion: Motion | None = None
        self.begun = False
        self.faults: deque[MotorFault] = deque()
        self.high_hit = self.low_hit = self.stalled = False
        self._steps = steps
        self._zero = 0  # controller's minus axis' steps
        self._drift = 0  # SPEC's minus controller's steps

    @property
    def steps(self) -> int:
        """Where it stands, or stood before the motion under way."""
        return self._steps

    def place_at(self, now: float) -> float:
        """Return where it is, in fractions of a step."""
        return self.motion.at(now) if self.motion else self._steps

    def spec_steps(self, now: float) -> int:
        """Return where SPEC believes it to be."""
        return self.counts(now)[2]

    def counts(self, now: float) -> tuple[int, int, int]:
        """Return where it is by its own steps, by the controller's and by SPEC's."""
        place = self.motion.step_at(now) if self.motion else self._steps
        return place, place + self._zero, place + self._zero + self._drift

    def put(self, steps: int, controller: int, spec: int) -> None:
        """Stand somewhere, by all three counts, as after the program was away."""
        self.motion = None
        self._steps, self._zero, self._drift = steps, controller - steps, spec - controller

    @property
    def discrepancy(self) -> tuple[int, int] | None:
        """SPEC's and the controller's steps if it stands still and they differ, else None."""
        if self.motion is not None or not self._drift:
            return None
        controller = self._steps + self._zero
        return controller + self._drift, controller

    def refused(self) -> Refusal | None:
        """Use up a refusal that was put in."""
        for fault in self.faults:
            if isinstance(fault, Refuse):
                self.faults.remove(fault)
                return fault.refusal
        return None

    def start(self, path: Path, now: float, homing: Homing | None = None) -> None:
        """Start along a path, with the faults that were put in."""
        self.motion = motion_along(path, now, self.rail, tuple(self.faults), homing=homing)
        self.faults.clear()
        self.begun = False
        if self.motion.begins <= now:
            self._begin()

    def stop(self, now: float) -> bool:
        """Stand still on the last whole step; return False if it stood already."""
        if self.motion is None:
            return False
        self._steps = self.motion.step_at(now)
        self.motion = None
        return True

    def turn(self, steps: int) -> None:
        """Move axis and controller without SPEC's knowledge."""
        self._steps += steps
        self._drift -= steps

    def resolve(self, *, use_controller: bool) -> None:
        """Let SPEC take the controller's steps, or the controller SPEC's."""
        if not use_controller:
            self._zero += self._drift
        self._drift = 0

    def set_steps(self, steps: int) -> None:
        """Call the present place `steps`, in the controller and in SPEC."""
        self._zero = steps - self._steps
        self._drift = 0

    def next_event_time(self) -> float:
        """Return when it begins to move or ends."""
        if self.motion is None:
            return math.inf
        return self.motion.ends if self.begun else self.motion.begins

    def settle(self) -> Ending | None:
        """Begin to move or end, what is due next; return how it has ended if that is not how it should have."""
        motion = self.motion
        if motion is None:
            return None
        if not self.begun:
            self._begin()
            return None
        self.motion = None
        self._steps = motion.final - motion.lost
        self._drift += motion.lost
        up = self.rail.up > 0
        self.high_hit = motion.ending is (Ending.HIGH_STEP_SWITCH if up else Ending.LOW_STEP_SWITCH)
        self.low_hit = motion.ending is (Ending.LOW_STEP_SWITCH if up else Ending.HIGH_STEP_SWITCH)
        self.stalled = motion.ending is Ending.STALLED
        wanted = motion.homing.sought if motion.homing else Ending.ARRIVED
        if motion.ending is not wanted:
            return motion.ending
        if motion.homing and motion.homing.steps is not None:
            self.set_steps(motion.homing.steps)
        return None

    def _begin(self) -> None:
        self.begun = True
        self.high_hit = self.low_hit = self.stalled = False
