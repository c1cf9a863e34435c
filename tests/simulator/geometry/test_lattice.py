"""The lattice and its reciprocal: worked numbers, and what holds for every crystal."""

from __future__ import annotations

import math
from dataclasses import astuple

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pycertifspec.simulator.geometry import GeometryError, Lattice, vectors

LENGTHS = st.floats(1.0, 30.0)
ANGLES = st.floats(50.0, 130.0)


@st.composite
def lattices(draw: st.DrawFn) -> Lattice:
    try:
        lattice = Lattice(draw(LENGTHS), draw(LENGTHS), draw(LENGTHS), draw(ANGLES), draw(ANGLES), draw(ANGLES))
    except GeometryError:
        assume(False)
        raise
    assume(lattice.volume > 0.05 * lattice.a * lattice.b * lattice.c)
    return lattice


def test_reciprocal_lengths_include_two_pi() -> None:
    star = Lattice(5.139, 5.139, 5.139).reciprocal()

    assert f"{star.a:.10g}" == "1.222647462"
    assert (star.alpha, star.beta, star.gamma) == (90.0, 90.0, 90.0)


def test_the_reciprocal_of_a_hexagonal_lattice() -> None:
    star = Lattice(3.0, 3.0, 5.0, 90.0, 90.0, 120.0).reciprocal()

    assert astuple(star) == pytest.approx(
        (4 * math.pi / 3 / math.sqrt(3), 4 * math.pi / 3 / math.sqrt(3), 2 * math.pi / 5, 90, 90, 60)
    )


@given(lattices())
def test_the_reciprocal_of_the_reciprocal_is_the_lattice(lattice: Lattice) -> None:
    assert astuple(lattice.reciprocal().reciprocal()) == pytest.approx(astuple(lattice), rel=1e-7)


@given(lattices())
def test_b_has_the_lengths_and_angles_of_the_reciprocal_lattice(lattice: Lattice) -> None:
    star = lattice.reciprocal()
    one, two, three = vectors.transposed(lattice.b_matrix())

    assert [math.hypot(*axis) for axis in (one, two, three)] == pytest.approx([star.a, star.b, star.c], rel=1e-7)
    assert vectors.dot(one, two) == pytest.approx(star.a * star.b * vectors.cos(star.gamma), abs=1e-7)
    assert vectors.dot(two, three) == pytest.approx(star.b * star.c * vectors.cos(star.alpha), abs=1e-7)
    assert vectors.dot(three, one) == pytest.approx(star.c * star.a * vectors.cos(star.beta), abs=1e-7)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ((0, 1, 1, 90, 90, 90), "Lattice constants must be positive: 0 1 1 / 90 90 90."),
        ((1, -1, 1, 90, 90, 90), "Lattice constants must be positive"),
        ((1, 1, 1e300, 90, 90, 90), "Lattice constants must be positive"),
        ((1, 1, math.nan, 90, 90, 90), "Lattice constants must be positive"),
        ((1, 1, 1, 0, 90, 90), "Lattice angles must be between 0 and 180"),
        ((1, 1, 1, 90, 180, 90), "Lattice angles must be between 0 and 180"),
        ((1, 1, 1, 90, 90, math.nan), "Lattice angles must be between 0 and 180"),
        ((1, 1, 1, 120, 120, 120), "The lattice has no volume"),
        ((1, 1, 1, 10, 20, 170), "The lattice has no volume"),
    ],
)
def test_what_is_no_lattice_is_refused(parameters: tuple[float, ...], message: str) -> None:
    with pytest.raises(GeometryError) as caught:
        Lattice(*parameters)
    assert str(caught.value).startswith(message)
