"""A crystal's lattice and its reciprocal (SPEC_LANGUAGE.md 10.2, after Busing and Levy)."""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

from . import vectors
from .errors import GeometryError

if TYPE_CHECKING:
    from .vectors import Matrix

# Of (a b c)²: a cell with less volume is flat for the precision of floating point.
_FLAT = 1e-12
# Å or 1/Å: a lattice constant beyond these is a mistake, and its volume would overflow.
_SHORTEST, _LONGEST = 1e-6, 1e6


@dataclass(frozen=True, slots=True)
class Lattice:
    """Three lengths and three angles: of the direct lattice in Å, of the reciprocal one in 1/Å with 2π; in degrees.

    Attributes:
        a: length of the first axis.
        b: of the second.
        c: of the third.
        alpha: angle between the second and the third axis.
        beta: between the third and the first.
        gamma: between the first and the second.

    Raises:
        GeometryError: there is no such lattice.

    """

    a: float
    b: float
    c: float
    alpha: float = 90.0
    beta: float = 90.0
    gamma: float = 90.0

    def __post_init__(self) -> None:
        if not all(_SHORTEST < length < _LONGEST for length in (self.a, self.b, self.c)):
            raise GeometryError(f"Lattice constants must be positive: {self}.")
        if not all(0.0 < angle < 180.0 for angle in (self.alpha, self.beta, self.gamma)):
            raise GeometryError(f"Lattice angles must be between 0 and 180: {self}.")
        if self._flatness() < _FLAT:
            raise GeometryError(f"The lattice has no volume: {self}.")

    def __str__(self) -> str:
        return "{:g} {:g} {:g} / {:g} {:g} {:g}".format(*astuple(self))

    def _flatness(self) -> float:
        ca, cb, cg = vectors.cos(self.alpha), vectors.cos(self.beta), vectors.cos(self.gamma)
        return 1 - ca * ca - cb * cb - cg * cg + 2 * ca * cb * cg

    @property
    def volume(self) -> float:
        """Of the cell."""
        return self.a * self.b * self.c * math.sqrt(self._flatness())

    def reciprocal(self) -> Lattice:
        """Return the reciprocal lattice; of a reciprocal lattice, the direct one."""
        ca, cb, cg = vectors.cos(self.alpha), vectors.cos(self.beta), vectors.cos(self.gamma)
        sa, sb, sg = vectors.sin(self.alpha), vectors.sin(self.beta), vectors.sin(self.gamma)
        scale = 2 * math.pi / self.volume
        return Lattice(
            scale * self.b * self.c * sa,
            scale * self.c * self.a * sb,
            scale * self.a * self.b * sg,
            _angle((cb * cg - ca) / (sb * sg)),
            _angle((cg * ca - cb) / (sg * sa)),
            _angle((ca * cb - cg) / (sa * sb)),
        )

    def b_matrix(self) -> Matrix:
        """Return B, which turns h k l into Cartesian coordinates of the crystal, in 1/Å."""
        star = self.reciprocal()
        return (
            (star.a, star.b * vectors.cos(star.gamma), star.c * vectors.cos(star.beta)),
            (0.0, star.b * vectors.sin(star.gamma), -star.c * vectors.sin(star.beta) * vectors.cos(self.alpha)),
            (0.0, 0.0, 2 * math.pi / self.c),
        )


def _angle(cosine: float) -> float:
    """Return the angle of a cosine: 90 - asin() is exact where acos() is not, at 90 degrees."""
    return 90.0 - vectors.asin(cosine)
