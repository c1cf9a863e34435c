"""What must be known of a motor before it moves: where it is, between which limits it may move."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from pycertifspec.errors import RemoteError
from pycertifspec.session import names, properties
from pycertifspec.session.properties import motor_path
from pycertifspec.session.steps import Ask, AskAll
from pycertifspec.wire.constants import EventTypes

if TYPE_CHECKING:
    from pycertifspec.session.properties import Property
    from pycertifspec.session.steps import Procedure

# Digits that positions are shown with at most, whatever a motor's steps.
MAX_DIGITS = 9


def digits_of(steps: float) -> int | None:
    """Return how many digits behind the point one step of a motor makes use of; None where it has none.

    Args:
        steps: of the motor in a unit of its positions, of either sign.

    """
    return min(max(math.ceil(math.log10(abs(steps))), 0), MAX_DIGITS) if steps else None


class Facts(NamedTuple):
    """What is known of a motor; None where the server does not say.

    Attributes:
        position: in user units.
        moving: whether it moves.
        unusable: whether it is disabled.
        low: lower limit, in user units.
        high: upper limit, in user units.
        step: the least distance that it can move, in user units.
        dial: position in dial units.

    """

    position: float
    moving: bool
    unusable: bool
    low: float | None
    high: float | None
    step: float
    dial: float | None = None


def facts(mne: str) -> Procedure[Facts]:
    """Ask for what must be known of a motor before it moves.

    Raises:
        RemoteError: there is no such motor.

    """
    wanted: tuple[Property[Any], ...] = (
        properties.MOVE_DONE, properties.POSITION, properties.UNUSABLE, properties.LOW_LIMIT, properties.HIGH_LIMIT,
        properties.OFFSET, properties.SIGN, properties.STEP_SIZE, properties.DIAL_POSITION,
    )  # fmt: skip
    answers = yield AskAll(tuple(Ask(EventTypes.SV_CHAN_READ, motor_path(mne, prop.name)) for prop in wanted))
    if isinstance(answers[1], Exception):
        raise answers[1]
    moving, position, unusable, low, high, offset, sign, step, dial = (
        None if isinstance(answer, Exception) else names.value_of(answer, motor_path(mne, prop.name))
        for prop, answer in zip(wanted, answers, strict=True)
    )
    ends = [None if end is None else (sign or 1.0) * end + (offset or 0.0) for end in (low, high)]
    if sign == -1:
        ends.reverse()
    smallest = 1 / abs(step) if step else 0.0
    return Facts(float(position or 0.0), bool(moving), bool(unusable), ends[0], ends[1], smallest, dial)


def limits(mne: str) -> Procedure[tuple[float, float]]:
    """Return a motor's limits in user units, the lower one first; SPEC has them in dial units (PROTOCOL.md 5.6).

    Raises:
        RemoteError: the server does not say.

    """
    known = yield from facts(mne)
    if known.low is None or known.high is None:
        raise RemoteError(f"the server does not say where the limits of motor {mne!r} are")
    return known.low, known.high
