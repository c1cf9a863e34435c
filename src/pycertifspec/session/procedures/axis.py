"""`Axis`: one motor on its way to a target, as the events of a motion tell of it (PROTOCOL.md 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pycertifspec.errors import RefusedError

if TYPE_CHECKING:
    from .facts import Facts


class Axis:
    """One motor on its way.

    Args:
        mne: its mnemonic.
        target: where to, in user units; not a number where nobody knows.
        facts: what was known of it before it was started.

    """

    def __init__(self, mne: str, target: float, facts: Facts) -> None:
        self.mne = mne
        self.target = target
        self.facts = facts
        self.position = facts.position
        self.started = False
        self.done = False
        self.arrived: float | None = None  # where its own end was told at the target, whatever moves it after that
        self.announced = False  # it was told that it has arrived

    def told(self, *, moving: bool, first: bool) -> None:
        """Take note of an event of ``move_done``."""
        if moving:
            # Registration tells it, too, if it is late; it was at rest before it was started (6, 3).
            self.started, self.done = True, False
        elif self.started and not first:  # a 0 before the 1 is an older motion's (6, 2 and 4)
            self.done = True
            if self.is_at(self.position):
                self.arrived = self.position

    @property
    def tolerance(self) -> float:
        """How far from the target a motor that has arrived may stand: its steps are no finer (PROTOCOL.md 5.6)."""
        return max(self.facts.step, 1e-9 * abs(self.target)) * 1.000_001

    def is_at(self, position: float) -> bool:
        """Return whether a position is the target, as near as the motor can come."""
        return abs(position - self.target) <= self.tolerance


def check(label: str, axis: Axis) -> None:
    """Refuse what SPEC would refuse, before anything moves.

    Raises:
        RefusedError: which motor, and why.

    """
    mne, target, known = axis.mne, axis.target, axis.facts
    if known.unusable:
        raise RefusedError(f"motor {mne!r} on {label} is not moved: it is disabled (unusable)")
    # Both limits at one place stand for none (SPEC_LANGUAGE.md 6.6).
    if known.low is None or known.high is None or known.low == known.high:
        return
    if target < known.low - axis.tolerance or target > known.high + axis.tolerance:
        end, limit = ("low", known.low) if target < known.low else ("high", known.high)
        raise RefusedError(f"motor {mne!r} on {label} is not moved: {target:g} is beyond its {end} limit at {limit:g}")
