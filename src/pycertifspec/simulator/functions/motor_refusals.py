"""Why a motor does not go where a macro wants it, in words (SPEC_LANGUAGE.md 6.6, 9)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pycertifspec.simulator.hardware.refusals import Refusal, RefusedError, finite
from pycertifspec.simulator.language import SpecRuntimeError
from pycertifspec.simulator.language.values import to_number

from .hardware_errors import HardwareError

if TYPE_CHECKING:
    from pycertifspec.simulator.hardware.motor import Motor
    from pycertifspec.simulator.language import Value

# How a refused motion is told. The texts of real servers are unknown (SPEC_LANGUAGE.md 9).
LIMIT_TEXT = "{name} at {target:g} will exceed {limit} limit at {at:g}."
REFUSAL_TEXT = "{name} cannot move: {reason}."


def checked_position(motor: Motor, value: Value) -> float:
    """Return the number that a position is.

    Raises:
        SpecRuntimeError: it is none that a motor can have.

    """
    try:
        return finite(motor.mnemonic, to_number(value), "position")
    except RefusedError as error:
        raise SpecRuntimeError(f"{motor.config.name}: {to_number(value):g} is no position.") from error


def refuse(motor: Motor, target: float, *, start: float | None = None) -> None:
    """Raise the error that says why a motor may not go to a user position, if it may not.

    With `start`, it would go from there without being used: then the limits alone can forbid it.

    Raises:
        SpecRuntimeError: it may not.

    """
    try:
        plan = motor.plan(target, start=start)
    except RefusedError as error:
        raise HardwareError(refusal_text(motor, error.refusal), error.refusal) from error
    if plan.error in (Refusal.LOW_LIMIT, Refusal.HIGH_LIMIT):
        reading, units = motor.read(), motor.units
        high = (plan.error is Refusal.HIGH_LIMIT) == (reading.sign > 0)
        at = units.user_of_dial(reading.high_limit if plan.error is Refusal.HIGH_LIMIT else reading.low_limit)
        text = LIMIT_TEXT.format(name=motor.config.name, target=target, limit="high" if high else "low", at=at)
        raise SpecRuntimeError(text)
    if plan.error is not None:
        raise HardwareError(refusal_text(motor, plan.error), plan.error)


def refusal_text(motor: Motor, reason: Refusal) -> str:
    """Say why a motor cannot move."""
    return REFUSAL_TEXT.format(name=motor.config.name, reason=reason)
