"""The beamline that is there when nobody describes another: a four-circle diffractometer with a slit and a sample.

It stands on a crystal like the one of SPEC's own defaults (SPEC_LANGUAGE.md 10.1): cubic, lattice constant and
wavelength 1.54, so that every reflection below is where `br h k l` goes.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .config import CounterConfig, CounterUse, MotorConfig
from .instrument import Instrument
from .rates import Constant, Peak, Product, Shape, Step, Sum

if TYPE_CHECKING:
    from pycertifspec.simulator.clock import Clock

    from .rates import Rate

_MICROSECONDS = 1e6  # ticks of the timer per second


def _circle(mnemonic: str, name: str, channel: int, **more: float) -> MotorConfig:
    """Return a rotation: degrees, 1 or 2 a second."""
    values = {"dial": 0.0, "steps_per_unit": 2000.0, "low_limit": -180.0, "high_limit": 180.0, **more}
    return MotorConfig(
        mnemonic=mnemonic,
        name=name,
        channel=channel,
        steps_per_unit=values["steps_per_unit"],
        dial=values["dial"],
        base_rate=200.0,
        slew_rate=4000.0,
        acceleration=125.0,
        backlash=50.0,
        low_limit=values["low_limit"],
        high_limit=values["high_limit"],
        low_switch=values["low_limit"] - 5,
        high_switch=values["high_limit"] + 5,
    )


def _slide(mnemonic: str, name: str, channel: int, dial: float = 0.0, travel: float = 25.0) -> MotorConfig:
    """Return a translation: millimetres, 2 a second, from minus to plus `travel`."""
    return MotorConfig(
        mnemonic=mnemonic,
        name=name,
        channel=channel,
        dial=dial,
        steps_per_unit=1000.0,
        base_rate=100.0,
        slew_rate=2000.0,
        acceleration=100.0,
        backlash=20.0,
        low_limit=-travel,
        high_limit=travel,
        low_switch=-travel - 1,
        high_switch=travel + 1,
    )


MOTORS = (
    _circle("tth", "Two Theta", 0, dial=60.0, low_limit=-20.0, high_limit=160.0),
    _circle("th", "Theta", 1, dial=30.0, steps_per_unit=4000.0, low_limit=-20.0, high_limit=100.0),
    _circle("chi", "Chi", 2, dial=-90.0),
    _circle("phi", "Phi", 3),
    _slide("s1t", "Slit Top", 4, dial=1.0, travel=10.0),
    _slide("s1b", "Slit Bottom", 5, dial=-1.0, travel=10.0),
    _slide("s1o", "Slit Outboard", 6, dial=1.0, travel=10.0),
    _slide("s1i", "Slit Inboard", 7, dial=-1.0, travel=10.0),
    _slide("tabh", "Table Height", 8, travel=50.0),
    _slide("tabx", "Table X", 9, travel=50.0),
    _slide("samx", "Sample X", 10),
    _slide("samy", "Sample Y", 11),
    _slide("samz", "Sample Z", 12),
    _slide("att", "Attenuator", 13, dial=12.0, travel=12.0),
    MotorConfig(
        mnemonic="en",
        name="Energy",
        channel=14,
        dial=8.05,
        steps_per_unit=20000.0,
        base_rate=1000.0,
        slew_rate=10000.0,
        acceleration=200.0,
        backlash=200.0,
        low_limit=4.0,
        high_limit=25.0,
        low_switch=3.9,
        high_switch=25.1,
        home=8.0,
    ),
)
"""Fifteen motors: degrees, millimetres and keV. They stand on the reflection (0 0 1), slit open, sample in the beam."""

_SLIT = Product(
    (Step("s1t", 0.0, 0.1), Step("s1b", 0.0, -0.1), Step("s1o", 0.0, 0.1), Step("s1i", 0.0, -0.1))
)  # blades 0.1 mm into the beam's edge

_SAMPLE = Product(
    (
        Peak("samx", 0.0, 4.0),
        Peak("samz", 0.0, 2.0),
        Peak("tabh", 0.0, 5.0),
    )
)


def _reflection(h: int, k: int, l: int, height: float) -> Rate:  # noqa: E741  the Miller index is called so
    """Return the peak of a reflection, where the default orientation has it (SPEC_LANGUAGE.md 10.2).

    The orientation matrix is diagonal (+, -, -), and half the wavelength over the lattice constant is 1/2.
    """
    theta = math.degrees(math.asin(math.hypot(h, k, l) / 2))
    chi = math.degrees(math.atan2(-l, math.hypot(h, k)))
    circles = [
        Peak("tth", 2 * theta, 0.2, height),
        Peak("th", theta, 0.05, shape=Shape.LORENTZIAN),
        Peak("chi", chi, 2.0),
    ]
    if h or k:  # at chi = ±90 phi turns the crystal about the scattering vector
        circles.append(Peak("phi", math.degrees(math.atan2(-k, h)), 1.0))
    return Product(tuple(circles))


_REFLECTIONS = Sum(
    (
        _reflection(0, 0, 1, 50_000.0),
        _reflection(1, 0, 0, 50_000.0),
        _reflection(0, 1, 0, 50_000.0),
        _reflection(1, 1, 0, 30_000.0),
        _reflection(1, 0, 1, 30_000.0),
        _reflection(0, 1, 1, 30_000.0),
        _reflection(1, 1, 1, 20_000.0),
    )
)

COUNTERS = (
    CounterConfig(mnemonic="sec", name="Seconds", use=CounterUse.TIMER, scale=_MICROSECONDS),
    CounterConfig(mnemonic="mon", name="Monitor", use=CounterUse.MONITOR, rate=Product((Constant(50_000.0), _SLIT))),
    CounterConfig(
        mnemonic="det",
        name="Detector",
        rate=Sum((Constant(5.0), Product((_SLIT, _SAMPLE, Step("att", 0.0, 0.5), _REFLECTIONS)))),
    ),
    CounterConfig(
        mnemonic="fluo",
        name="Fluorescence",
        rate=Sum((Constant(20.0), Product((_SLIT, _SAMPLE, Step("en", 8.979, 0.004, 20_000.0))))),
    ),
    CounterConfig(
        mnemonic="ion",
        name="Ion Chamber",
        rate=Product((Constant(200_000.0), _SLIT)),
    ),
    CounterConfig(mnemonic="pin", name="Pin Diode", rate=Product((_SLIT, Peak("tabx", 1.5, 0.8, 8000.0)))),
)
"""Six counters: the diffracted beam, copper's K edge in `fluo`, a table to be aligned by `pin`."""


def default_instrument(clock: Clock, *, seed: int = 0) -> Instrument:
    """Return the default beamline, on a clock."""
    return Instrument(MOTORS, COUNTERS, clock, seed=seed)
