"""Vectors and matrices of three, as tuples: the whole of linear algebra that a diffractometer needs.

Importing numpy takes longer than thousands of these operations.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TypeAlias

Vector: TypeAlias = tuple[float, float, float]
# Three rows.
Matrix: TypeAlias = tuple[Vector, Vector, Vector]

# Of a length: components that are smaller are rounding errors and become zero, so that nobody reads 7e-17.
_NOISE = 1e-14

# The sines of 0, 90, 180 and 270 degrees, without the rounding error of pi.
_QUARTERS = (0.0, 1.0, 0.0, -1.0)


def sin(degrees: float) -> float:
    """Return the sine of an angle in degrees, exact at multiples of 90."""
    quarters, rest = divmod(degrees, 90.0)
    return math.sin(math.radians(degrees)) if rest else _QUARTERS[int(quarters % 4)]


def cos(degrees: float) -> float:
    """Return the cosine of an angle in degrees, exact at multiples of 90."""
    quarters, rest = divmod(degrees, 90.0)
    return math.cos(math.radians(degrees)) if rest else _QUARTERS[int((quarters + 1) % 4)]


def asin(sine: float) -> float:
    """Return the angle of a sine in degrees; a sine that rounding made larger than 1 is 1."""
    return math.degrees(math.asin(max(-1.0, min(1.0, sine))))


def atan2(y: float, x: float) -> float:
    """Return the angle of a direction in degrees, above -180 up to 180."""
    return math.degrees(math.atan2(y + 0.0, x + 0.0))  # minus zero is zero


def dot(one: Vector, other: Vector) -> float:
    """Return the scalar product."""
    return one[0] * other[0] + one[1] * other[1] + one[2] * other[2]


def cross(one: Vector, other: Vector) -> Vector:
    """Return the vector product."""
    return (
        one[1] * other[2] - one[2] * other[1],
        one[2] * other[0] - one[0] * other[2],
        one[0] * other[1] - one[1] * other[0],
    )


def scaled(vector: Vector, factor: float) -> Vector:
    """Return a vector times a number."""
    return (vector[0] * factor, vector[1] * factor, vector[2] * factor)


def unit(vector: Vector) -> Vector | None:
    """Return a vector's direction, rounding errors removed; None if it has none."""
    length = math.hypot(*vector)
    if not 0.0 < length < math.inf:
        return None
    x, y, z = vector[0] / length, vector[1] / length, vector[2] / length
    return (
        x if abs(x) > _NOISE else 0.0,
        y if abs(y) > _NOISE else 0.0,
        z if abs(z) > _NOISE else 0.0,
    )


def transformed(matrix: Matrix, vector: Vector) -> Vector:
    """Return the matrix applied to a vector."""
    return (dot(matrix[0], vector), dot(matrix[1], vector), dot(matrix[2], vector))


def transposed(matrix: Matrix) -> Matrix:
    """Return the matrix with rows and columns exchanged."""
    first, second, third = zip(*matrix, strict=True)
    return (first, second, third)


def product(one: Matrix, other: Matrix) -> Matrix:
    """Return the product of two matrices."""
    columns = transposed(other)
    first, second, third = (transformed(columns, row) for row in one)
    return (first, second, third)


def cleaned(matrix: Matrix) -> Matrix:
    """Return a matrix without the rounding errors that stand where a zero should."""
    limit = _NOISE * max(abs(element) for row in matrix for element in row)
    first, second, third = (
        (x if abs(x) > limit else 0.0, y if abs(y) > limit else 0.0, z if abs(z) > limit else 0.0) for x, y, z in matrix
    )
    return (first, second, third)


@lru_cache(maxsize=8)  # UB stays as it is for many positions
def inverse(matrix: Matrix) -> Matrix | None:
    """Return the inverse; None if there is none."""
    one, two, three = cross(matrix[1], matrix[2]), cross(matrix[2], matrix[0]), cross(matrix[0], matrix[1])
    determinant = dot(matrix[0], one)
    size = math.prod(math.hypot(*row) for row in matrix)
    if not _NOISE * size < abs(determinant) < math.inf:
        return None
    return transposed((scaled(one, 1 / determinant), scaled(two, 1 / determinant), scaled(three, 1 / determinant)))


def rotation_about_z(degrees: float) -> Matrix:
    """Return what turns the axes about z (SPEC_LANGUAGE.md 10.2: the matrix of phi)."""
    c, s = cos(degrees), sin(degrees)
    return ((c, s, 0.0), (-s, c, 0.0), (0.0, 0.0, 1.0))
