"""A simulated SPEC for tests, and what can go wrong on demand: in a motor, a counter, a server, on the way to it."""

from pycertifspec.session.options import ServerOptions
from pycertifspec.simulator.clock import ManualClock, ScaledClock, SteppingClock
from pycertifspec.simulator.hardware.faults import CounterFault, HitLimit, LoseSteps, Refuse, SlowStart, Stall

from .relay import Plan, Relay
from .simulated import SimulatedSpec

__all__ = [
    "CounterFault",
    "HitLimit",
    "LoseSteps",
    "ManualClock",
    "Plan",
    "Refuse",
    "Relay",
    "ScaledClock",
    "ServerOptions",
    "SimulatedSpec",
    "SlowStart",
    "Stall",
    "SteppingClock",
]
