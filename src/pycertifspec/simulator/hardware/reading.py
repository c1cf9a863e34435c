"""What can be read of a motor at one time, under the names that SPEC gives it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from .mechanics import legs_of_move
from .refusals import Refusal

if TYPE_CHECKING:
    from .config import MotorConfig
    from .units import Units


class MotorReading(NamedTuple):
    """Every readable property of PROTOCOL.md 5.6, in the order in which changes are told."""

    position: float
    """User position."""
    dial_position: float
    offset: float
    """User position where the dial shows 0."""
    step_size: float
    """Steps per unit."""
    sign: int
    """Of user times dial."""
    high_lim_hit: int
    low_lim_hit: int
    emergency_stop: int
    motor_fault: int
    high_limit: float
    """Dial units."""
    low_limit: float
    """Dial units."""
    unusable: int
    base_rate: float
    """Steps/s."""
    slew_rate: float
    """Steps/s."""
    acceleration: float
    """Milliseconds."""
    backlash: float
    """Steps."""
    move_done: int
    """1 while it moves (sic)."""


class MotorFlags(NamedTuple):
    """The flags of a reading."""

    high_lim_hit: bool
    low_lim_hit: bool
    emergency_stop: bool
    motor_fault: bool
    move_done: bool


def motor_reading(
    config: MotorConfig, units: Units, steps: int, limits: tuple[float, float], flags: MotorFlags
) -> MotorReading:
    """Return what can be read of a motor that SPEC believes at `steps`, with limits in dial units."""
    low, high = limits
    return MotorReading(
        position=units.user(steps),
        dial_position=units.dial(steps),
        offset=units.offset,
        step_size=config.steps_per_unit,
        sign=config.sign,
        high_lim_hit=int(flags.high_lim_hit),
        low_lim_hit=int(flags.low_lim_hit),
        emergency_stop=int(flags.emergency_stop),
        motor_fault=int(flags.motor_fault),
        high_limit=high,
        low_limit=low,
        unusable=int(config.unusable or config.disabled),
        base_rate=config.base_rate,
        slew_rate=config.slew_rate,
        acceleration=config.acceleration,
        backlash=config.backlash,
        move_done=int(flags.move_done),
    )


@dataclass(frozen=True, slots=True)
class MoveInfo:
    """What a move to a target would do (`move_info`, SPEC_LANGUAGE.md 6.6).

    Attributes:
        to_move: whether it would move at all.
        error: why it would not, or None.
        commanded: the target as asked for, in user units.
        target: the same, rounded to a step.
        target_dial: the same in dial units.
        current: where it is, in user units.
        current_dial: where it is, in dial units.
        magnitude: `target` minus `current`.
        backlash: how far it would go beyond the target before it returns, in user units with sign; 0 if it would not.
        leftover: `commanded` minus `target`.

    """

    to_move: bool
    error: Refusal | None
    commanded: float
    target: float
    target_dial: float
    current: float
    current_dial: float
    magnitude: float
    backlash: float
    leftover: float


def move_info(
    config: MotorConfig,
    units: Units,
    here: int,
    target: float,
    limits: tuple[float, float],
    immovable: Refusal | None,
) -> MoveInfo:
    """Return what a move from step `here` to a user position would do.

    Args:
        config: of the motor.
        units: of the motor now.
        here: the step on which it stands.
        target: in user units.
        limits: in dial units.
        immovable: why it cannot move at all, or None.

    """
    there = units.steps_of_user(target)
    legs = legs_of_move(here, there, config, units, limits)
    return MoveInfo(
        to_move=there != here,
        error=move_refusal(units, here, there, limits, immovable),
        commanded=target,
        target=units.user(there),
        target_dial=units.dial(there),
        current=units.user(here),
        current_dial=units.dial(here),
        magnitude=units.user(there) - units.user(here),
        backlash=units.user(there - legs[1].steps) - units.user(there) if len(legs) > 1 else 0.0,
        leftover=target - units.user(there),
    )


def move_refusal(
    units: Units, here: int, there: int, limits: tuple[float, float], immovable: Refusal | None
) -> Refusal | None:
    """Return why a move from one step to another is refused, or None; `immovable` is what forbids any."""
    return None if there == here else _beyond_limit(units.dial(there), units, limits) or immovable


def _beyond_limit(dial: float, units: Units, limits: tuple[float, float]) -> Refusal | None:
    """Return which limit, in dial units, forbids a move; a motor may go to the step that is nearest to it."""
    low, high = (units.rounded_dial(limit) for limit in limits)
    if dial < low:
        return Refusal.LOW_LIMIT
    return Refusal.HIGH_LIMIT if dial > high else None
