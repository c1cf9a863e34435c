"""What a motor's axis can do: where its switches are and which way a move or a search takes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from .faults import HitLimit, LoseSteps, SlowStart, Stall
from .motion import Ending, Leg, Motion, Path
from .units import Units

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .config import MotorConfig
    from .faults import MotorFault
    from .motion import Homing


class Search(StrEnum):
    """What `chg_dial` can look for (PROTOCOL.md 5.6, `search`)."""

    HOME = "home"
    HOME_UP = "home+"
    HOME_DOWN = "home-"
    LIMIT_UP = "lim+"
    LIMIT_DOWN = "lim-"


@dataclass(frozen=True, slots=True)
class Rail:
    """What is screwed to the axis: it does not move when the dial is set to another number.

    Attributes:
        low: step of the switch at the end of lower steps; minus infinity if there is none.
        high: step of the switch at the end of higher steps; infinity if there is none.
        home: step of the home switch.
        up: +1 if the dial grows with the steps, -1 if it falls.
        units: what was valid when the axis was built; detectors see it through these.

    """

    low: float
    high: float
    home: int
    up: int
    units: Units

    @classmethod
    def of(cls, config: MotorConfig) -> Rail:
        """Build the axis that a motor has in the beginning."""
        units = Units(config.steps_per_unit, config.sign, config.offset)
        up = 1 if config.steps_per_unit > 0 else -1
        first, last = config.low_switch, config.high_switch
        if up < 0:
            first, last = last, first
        return cls(
            low=-math.inf if first is None else units.steps(first),
            high=math.inf if last is None else units.steps(last),
            home=units.steps(config.home),
            up=up,
            units=units,
        )

    def has_switch(self, direction: int) -> bool:
        """Tell whether there is a switch in the direction of higher (+1) or lower (-1) steps."""
        return math.isfinite(self.high if direction > 0 else self.low)


def legs_of_move(
    here: int, there: int, config: MotorConfig, units: Units, limits: tuple[float, float]
) -> tuple[Leg, ...]:
    """Return the way from one step to another: two legs when that is the wrong side of the backlash, else one.

    The way beyond the target ends at the software limit, given in dial units: nothing moves outside.
    """
    distance, overshoot = there - here, int(config.backlash)
    low, high = sorted(map(units.steps, limits))
    turn = min(max(there - overshoot, low), high)
    if distance * overshoot >= 0 or (there - turn) * overshoot <= 0:
        return (_leg(distance, config),)
    return _leg(turn - here, config), _leg(there - turn, config)


def way_of_search(how: Search, start: int, rail: Rail, config: MotorConfig) -> tuple[Path, Ending] | None:
    """Return the way of a search and the ending that is a success.

    Where home is not ahead, a search for it runs into the limit switch, and fails so.

    Returns:
        None if it needs a limit switch that is not there.

    """
    to_home = rail.home - start
    direction = rail.up if how in {Search.HOME_UP, Search.LIMIT_UP} else -rail.up
    for_home = how in {Search.HOME, Search.HOME_UP, Search.HOME_DOWN}
    if how is Search.HOME or (for_home and to_home * direction >= 0):
        return Path(start, (_leg(to_home, config),)), Ending.ARRIVED
    if not rail.has_switch(direction):
        return None
    switch = Ending.HIGH_STEP_SWITCH if direction > 0 else Ending.LOW_STEP_SWITCH
    return Path(start, (_leg(_to_switch(direction, start, rail), config),)), Ending.ARRIVED if for_home else switch


def _to_switch(direction: int, start: int, rail: Rail) -> int:
    """Return the steps to a switch; at least one, so that a motor that stands on it hits it again."""
    switch = rail.high if direction > 0 else rail.low
    return direction * max(1, int(switch - start) * direction)


def _leg(steps: int, config: MotorConfig) -> Leg:
    return Leg(steps, config.base_rate, config.slew_rate, config.acceleration / 1000)


def motion_along(
    path: Path,
    now: float,
    rail: Rail,
    faults: Sequence[MotorFault] = (),
    *,
    homing: Homing | None = None,
) -> Motion:
    """Return how an axis really goes along a path: to its end, or to a limit switch or a fault on the way."""
    length, ending, lost, begins = path.length, Ending.ARRIVED, 0, now
    switched = path.length_until_outside(rail.low, rail.high)
    if switched is not None:
        length, ending = switched, _switch_ahead(path, switched)
    for fault in faults:
        match fault:
            case HitLimit(after) | Stall(after):
                at = round(path.length * after)
                if at <= length:
                    length = at
                    ending = Ending.STALLED if isinstance(fault, Stall) else _switch_ahead(path, at)
            case LoseSteps(steps):
                lost = steps
            case SlowStart(seconds):
                begins = now + seconds
    return Motion(path, begins, length, ending, min(lost, length) * path.direction_after(length), homing)


def _switch_ahead(path: Path, length: int) -> Ending:
    return Ending.HIGH_STEP_SWITCH if path.direction_after(length) > 0 else Ending.LOW_STEP_SWITCH
