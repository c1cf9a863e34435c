"""How a crystal is mounted: the orientation matrix from two reflections (SPEC_LANGUAGE.md 10.2)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from . import vectors
from .errors import GeometryError

if TYPE_CHECKING:
    from .vectors import Matrix, Vector

# Radians: below this two directions are one, and nothing says how the crystal is turned about it.
PARALLEL = 1e-5


def orientation_matrix(b_matrix: Matrix, hkl: tuple[Vector, Vector], found: tuple[Vector, Vector]) -> Matrix:
    """Return UB from two reflections.

    The first reflection is met exactly; of the second only the plane that it spans with the first is used.

    Args:
        b_matrix: of the lattice, see `Lattice.b_matrix`.
        hkl: indices of the two reflections.
        found: the direction in which each was found, in the frame of the innermost circle.

    Raises:
        GeometryError: two reflections or two directions are parallel, or have no direction.

    """
    crystal = _triad(vectors.transformed(b_matrix, hkl[0]), vectors.transformed(b_matrix, hkl[1]), "reflections")
    mounted = _triad(found[0], found[1], "angles of the orientation reflections")
    u_matrix = vectors.product(vectors.transposed(mounted), crystal)
    return vectors.cleaned(vectors.product(u_matrix, b_matrix))


def _triad(one: Vector, other: Vector, what: str) -> Matrix:
    """Return three orthogonal unit vectors as rows: the first along `one`, the third across both."""
    words = what if what.startswith("angles") else f"orientation {what}"
    first, second = vectors.unit(one), vectors.unit(other)
    if first is None or second is None:
        raise GeometryError(f"No orientation matrix: one of the {words} has no direction.")
    across = vectors.cross(first, second)
    third = vectors.unit(across)
    if third is None or math.hypot(*across) < PARALLEL:
        raise GeometryError(f"No orientation matrix: the {words} are parallel.")
    return (first, vectors.cross(third, first), third)


def miller_indices(ub: Matrix, q: Vector) -> Vector:
    """Return h k l of a scattering vector.

    Args:
        ub: the orientation matrix, in 1/Å.
        q: in the frame of the innermost circle, in 1/Å.

    Raises:
        GeometryError: the orientation matrix has no inverse.

    """
    inverse = vectors.inverse(ub)
    if inverse is None:
        raise GeometryError("The orientation matrix UB has no inverse.")
    return vectors.transformed(inverse, q)
