"""Model time: how a simulated device and those who use it tell, wait for and are called at a time.

A clock is used by a command thread, which blocks in `wait`, and by an event loop, which asks to be called with
`call_at`. No clock has a thread of its own, so none must be closed.
"""

from __future__ import annotations

import math

from .interrupt import Interrupt
from .manual import ManualClock
from .protocol import Cancellable, Clock, Loop, Work
from .scaled import ScaledClock
from .stepping import LOOK_TIME, SteppingClock

__all__ = [
    "LOOK_TIME",
    "Cancellable",
    "Clock",
    "Interrupt",
    "Loop",
    "ManualClock",
    "ScaledClock",
    "SteppingClock",
    "Work",
    "clock_at",
]


def clock_at(scale: float) -> Clock:
    """Return a clock on which `scale` model seconds pass per real second; at infinity, waiting takes no time."""
    return SteppingClock() if scale == math.inf else ScaledClock(scale)
