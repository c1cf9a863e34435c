"""What macro files are read in: SPEC's functions and commands, the default beamline, the standard macros."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from pycertifspec.simulator.beamline import simulated
from pycertifspec.simulator.clock import SteppingClock
from pycertifspec.simulator.world import World

from .sheet import SheetReader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pycertifspec.simulator.language import Interpreter


@contextmanager
def setting() -> Iterator[tuple[Interpreter, SheetReader]]:
    """Give an interpreter that has read the standard macros, and a reader of files that knows what it knows."""
    clock = SteppingClock(start=0.0)
    beamline = simulated(lambda screen: World(clock, screen), "fourc", clock)
    try:
        yield beamline.interpreter, SheetReader(beamline.interpreter)
    finally:
        beamline.close()
