"""Bragg's law and cut points: what all diffractometers have in common."""

from __future__ import annotations

import math

from . import vectors
from .errors import GeometryError

# Degrees: an angle so little below its cut point is at it. Motors make larger steps.
_AT_CUT = 1e-9
# A sine that rounding made larger than 1 by as much is 1: the reflection is just in reach, at backscattering.
_ROUNDING = 1e-12


def bragg_angle(q: float, wavelength: float) -> float:
    """Return theta in degrees.

    Args:
        q: length of the scattering vector, in 1/Å.
        wavelength: in Å.

    Raises:
        GeometryError: the wavelength is too long, or none at all.

    """
    if not 0.0 < wavelength < math.inf:
        raise GeometryError(f"The wavelength must be positive: LAMBDA is {wavelength:g}.")
    sine = wavelength * q / (4 * math.pi)
    if not sine <= 1.0 + _ROUNDING:
        raise GeometryError(f"Impossible reflection: sin(theta) would be {sine:g} at wavelength {wavelength:g}.")
    return vectors.asin(sine)


def momentum_transfer(two_theta: float, wavelength: float) -> float:
    """Return the length of the scattering vector in 1/Å, negative for a negative angle in degrees.

    Raises:
        GeometryError: there is no wavelength.

    """
    if not 0.0 < wavelength < math.inf:
        raise GeometryError(f"The wavelength must be positive: LAMBDA is {wavelength:g}.")
    return 4 * math.pi * vectors.sin(two_theta / 2) / wavelength


def within_cut(angle: float, cut: float) -> float:
    """Return an angle from `cut` up to 360 degrees above it, which is the same direction."""
    if not 0.0 <= angle - cut < 360.0:
        angle = cut + (angle - cut) % 360.0
    return (cut if cut + 360.0 - angle < _AT_CUT else angle) + 0.0  # minus zero is zero
