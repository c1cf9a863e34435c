"""Vectors and matrices of three."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycertifspec.simulator.geometry import vectors

NUMBERS = st.floats(-10, 10)
VECTORS = st.tuples(NUMBERS, NUMBERS, NUMBERS)


@pytest.mark.parametrize("turns", [-2, -1, 0, 1, 5])
@pytest.mark.parametrize(("angle", "sine", "cosine"), [(0, 0, 1), (90, 1, 0), (180, 0, -1), (-90, -1, 0)])
def test_sine_and_cosine_are_exact_at_right_angles(angle: float, sine: float, cosine: float, turns: int) -> None:
    assert (vectors.sin(angle + 360 * turns), vectors.cos(angle + 360 * turns)) == (sine, cosine)


@given(st.floats(-1000, 1000))
def test_sine_and_cosine_are_those_of_the_angle(angle: float) -> None:
    assert vectors.sin(angle) == pytest.approx(math.sin(math.radians(angle)), abs=1e-12)
    assert vectors.cos(angle) == pytest.approx(math.cos(math.radians(angle)), abs=1e-12)


@given(st.tuples(VECTORS, VECTORS, VECTORS), VECTORS)
def test_the_inverse_undoes_a_matrix(matrix: vectors.Matrix, vector: vectors.Vector) -> None:
    inverse = vectors.inverse(matrix)
    if inverse is None:
        return
    size = max(abs(x) for row in inverse for x in row)
    assert vectors.transformed(inverse, vectors.transformed(matrix, vector)) == pytest.approx(
        vector, abs=1e-10 * size + 1e-9
    )


@pytest.mark.parametrize("matrix", [((1, 2, 3), (2, 4, 6), (0, 0, 1)), ((0, 0, 0), (0, 1, 0), (0, 0, 1))])
def test_a_singular_matrix_has_no_inverse(matrix: vectors.Matrix) -> None:
    assert vectors.inverse(matrix) is None


@pytest.mark.parametrize("vector", [(0.0, 0.0, 0.0), (math.inf, 0.0, 0.0), (math.nan, 1.0, 0.0)])
def test_what_has_no_direction_has_no_unit_vector(vector: vectors.Vector) -> None:
    assert vectors.unit(vector) is None


def test_rounding_errors_become_zeros() -> None:
    assert vectors.unit((1e-17, -2.0, -1e-16)) == (0.0, -1.0, 0.0)
    assert vectors.cleaned(((1.0, -1e-17, 0.5), (0.0, 1e-16, 0.0), (1e-5, 0.0, 2.0))) == (
        (1.0, 0.0, 0.5),
        (0.0, 0.0, 0.0),
        (1e-5, 0.0, 2.0),
    )
