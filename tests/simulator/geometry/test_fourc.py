"""The four-circle: worked numbers of real servers, and what holds for every crystal, setting and mode."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pycertifspec.simulator.geometry import (
    FourCircle,
    GeometryError,
    Lattice,
    Request,
    find_geometry,
    miller_indices,
    orientation_matrix,
    vectors,
)

if TYPE_CHECKING:
    from pycertifspec.simulator.geometry.vectors import Matrix, Vector

FOURC = FourCircle()
CUTS = (-180.0,) * 4
OMEGA_ZERO, OMEGA_FIXED, ZONE, PHI_FIXED, AZIMUTH_FIXED, ALPHA_FIXED, BETA_FIXED, THETA_FIXED = range(8)
ALL_MODES = range(8)


@dataclass(frozen=True)
class Crystal:
    """As it is mounted, with what azimuths refer to."""

    ub: Matrix
    wavelength: float = 1.54
    reference: Vector = (0.0, 0.0, 1.0)

    @property
    def normal(self) -> Vector | None:
        return vectors.unit(vectors.transformed(self.ub, self.reference))

    def hkl(self, angles: tuple[float, ...]) -> Vector:
        return miller_indices(self.ub, FOURC.scattering_vector(angles, self.wavelength))

    def request(
        self, hkl: tuple[float, ...], mode: int = OMEGA_ZERO, kept: tuple[float, ...] = (), sector: int = 0
    ) -> Request:
        h, k, l = hkl  # noqa: E741  the Miller index is called so
        return Request((h, k, l), self.ub, self.wavelength, self.normal, mode, sector, kept, CUTS)

    def angles(
        self, hkl: tuple[float, ...], mode: int = OMEGA_ZERO, *kept: float, sector: int = 0
    ) -> tuple[float, ...]:
        return FOURC.angles(self.request(hkl, mode, kept, sector))

    def kept(self, mode: int, angles: tuple[float, ...]) -> tuple[float, ...]:
        present = FOURC.quantities(angles, self.normal)
        return tuple(present[quantity.label] for quantity in FOURC.modes[mode].kept)


def mounted(
    lattice: Lattice, first: tuple[Vector, tuple[float, ...]], second: tuple[Vector, tuple[float, ...]]
) -> Matrix:
    directions = (FOURC.scattering_vector(first[1], 1.0), FOURC.scattering_vector(second[1], 1.0))
    return orientation_matrix(lattice.b_matrix(), (first[0], second[0]), directions)


def cubic(a: float) -> Matrix:
    """The default orientation (SPEC_LANGUAGE.md 10.1)."""
    return mounted(Lattice(a, a, a), ((1, 0, 0), (60, 30, 0, 0)), ((0, 1, 0), (60, 30, 0, -90)))


DEFAULT = Crystal(cubic(1.54))
# The crystal of the transcripts of SPEC_LANGUAGE.md 10.3.
GUIDE = Crystal(
    mounted(Lattice(5.4, 5.4, 5.4), ((0, 0, 4), (44.9885, 22.494, -90, 0)), ((1, 1, 1), (19.072, 9.536, -35.264, 0))),
    wavelength=1.033,
    reference=(0, 1, 1),
)

# ---- worked numbers ----


def test_ub_of_the_default_orientation_is_diagonal() -> None:  # 8.5, #G3
    text = " ".join(f"{x:.10g}" for row in cubic(5.431) for x in row)
    assert text == "1.156911307 0 0 0 -1.156911307 0 0 0 -1.156911307"


def test_hkl_and_angles_of_the_worked_example() -> None:  # 8.5, #G4
    crystal = Crystal(cubic(5.431), wavelength=1.0)
    angles = (43.2163, 21.6082, -90.0, 0.0)

    assert [f"{x:.10g}" for x in crystal.hkl(angles)] == ["0", "-3.490663225e-06", "4.000005409"]
    shown = FOURC.quantities(angles, crystal.normal)
    assert [f"{shown[name]:.10g}" for name in ("Alpha", "Beta", "Azimuth")] == ["21.6082", "21.6081", "90"]


@pytest.mark.parametrize(
    ("th", "hkl"),
    [
        (21.5082, "0 0.0069778322 3.9999993"),
        (21.5582, "0 0.0034871721 4.0000039"),
        (21.6582, "0 -0.0034941534 4.0000039"),
        (21.7082, "0 -0.0069848136 3.9999993"),
    ],
)
def test_hkl_along_the_scan_of_the_worked_example(th: float, hkl: str) -> None:  # 8.5
    found = Crystal(cubic(5.431), wavelength=1.0).hkl((43.2163, th, -90.0, 0.0))
    assert " ".join(f"{x if abs(x) > 1e-10 else 0:.8g}" for x in found) == hkl


@pytest.mark.parametrize(
    ("angles", "hkl", "alpha", "beta", "azimuth"),
    [
        ((15.548, 7.774, -45, 45), "1 0 0.99999", 50.196, -39.27, 144.74),
        ((14.7865, 7.393, -48.013, 45), "0.89998 5.5616e-06 0.99998", 50.252, -39.316, 146.22),
        ((16.349, 8.1745, -42.2735, 45), "1.1 3.0851e-07 0.99997", 50.135, -39.219, 143.5),
        ((15.548, 7.774, -135, 135), "0 0.99999 1", 7.774, 7.774, 89.999),
        ((15.548, 7.774, -45, -45), "0 0.99999 1", 7.774, 7.774, -90.001),
    ],
)
def test_what_a_real_server_showed(
    angles: tuple[float, ...], hkl: str, alpha: float, beta: float, azimuth: float
) -> None:
    found = GUIDE.hkl(angles)
    shown = FOURC.quantities(angles, GUIDE.normal)

    assert " ".join(f"{x if abs(x) > 1e-10 else 0:.5g}" for x in found) == hkl
    assert [f"{shown[name]:.5g}" for name in ("Alpha", "Beta", "Azimuth")] == [
        f"{x:.5g}" for x in (alpha, beta, azimuth)
    ]


def test_sector_4_turns_chi_and_phi_as_a_real_server_did() -> None:
    assert GUIDE.angles((0, 1, 1)) == pytest.approx((15.548, 7.774, -45.0, -45.0), abs=5e-4)
    assert GUIDE.angles((0, 1, 1), sector=4) == pytest.approx((15.548, 7.774, -135.0, 135.0), abs=5e-4)


@pytest.mark.parametrize(
    ("hkl", "angles"),
    [
        ((0, 0, 1), (60, 30, -90, 0)),
        ((0, 0, -1), (60, 30, 90, 0)),
        ((1, 0, 0), (60, 30, 0, 0)),
        ((0, 1, 0), (60, 30, 0, -90)),
        ((-1, 0, 0), (60, 30, 0, -180)),
        ((1, 1, 0), (90, 45, 0, -45)),
        ((0, 0, 0), (0, 0, 0, 0)),
    ],
)
def test_reflections_of_the_default_crystal(hkl: tuple[float, ...], angles: tuple[float, ...]) -> None:
    assert DEFAULT.angles(hkl) == pytest.approx(angles, abs=1e-9)


def test_backscattering_is_just_in_reach() -> None:
    two_theta, *others = DEFAULT.angles((2, 0, 0))
    assert abs(two_theta) == pytest.approx(180.0)  # both are one direction: see the cut points
    assert others == pytest.approx([90.0, 0.0, 0.0], abs=1e-6)


def test_cut_points_say_on_which_side_of_a_circle_an_angle_lies() -> None:
    request = DEFAULT.request((1, 1, 0))
    assert FOURC.angles(request)[3] == pytest.approx(-45.0)
    assert FOURC.angles(replace(request, cuts=(-180, -180, -180, 0)))[3] == pytest.approx(315.0)
    assert FOURC.angles(replace(request, cuts=(-180, -180, 0, -45)))[2:] == pytest.approx((0.0, -45.0))


# ---- what holds always ----

LATTICES = st.builds(
    Lattice,
    *[st.floats(2.0, 20.0)] * 3,
    *[st.floats(70.0, 110.0)] * 3,
)
CIRCLES = st.tuples(st.floats(5, 140), st.floats(-80, 80), st.floats(-170, 170), st.floats(-179, 179))
HKLS = st.tuples(*[st.integers(-6, 6).map(float)] * 3).filter(any)
WAVELENGTHS = st.floats(0.3, 2.0)


def _spread(one: Vector, other: Vector) -> float:
    """The sine of the angle between two vectors."""
    first, second = vectors.unit(one), vectors.unit(other)
    return 0.0 if first is None or second is None else math.hypot(*vectors.cross(first, second))


@st.composite
def crystals(draw: st.DrawFn) -> Crystal:
    lattice, first, second = draw(LATTICES), draw(HKLS), draw(HKLS)
    one, other = draw(CIRCLES), draw(CIRCLES)
    b = lattice.b_matrix()
    assume(_spread(vectors.transformed(b, first), vectors.transformed(b, second)) > 0.05)
    assume(_spread(FOURC.scattering_vector(one, 1.0), FOURC.scattering_vector(other, 1.0)) > 0.05)
    ub = mounted(lattice, (first, one), (second, other))
    return Crystal(ub, draw(WAVELENGTHS), draw(HKLS))


@st.composite
def settings(draw: st.DrawFn) -> tuple[float, ...]:
    """Angles of the circles, with omega within 80 degrees."""
    two_theta, omega, chi, phi = draw(CIRCLES)
    return (two_theta, two_theta / 2 + omega, chi, phi)


def _same_angles(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return all(abs((a - b + 180) % 360 - 180) < 2e-5 for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("mode", ALL_MODES)
@given(crystal=crystals(), angles=settings())
def test_a_mode_reaches_the_reflection_and_keeps_what_it_says(
    mode: int, crystal: Crystal, angles: tuple[float, ...]
) -> None:
    if mode == OMEGA_ZERO:
        angles = (angles[0], angles[0] / 2, *angles[2:])
    hkl, kept = crystal.hkl(angles), crystal.kept(mode, angles)
    normal = crystal.normal
    assert normal is not None
    assume(mode != AZIMUTH_FIXED or _spread(FOURC.scattering_vector(angles, 1.0), normal) > 1e-4)

    found = crystal.angles(hkl, mode, *kept)

    size = max(map(abs, hkl))
    assert crystal.hkl(found) == pytest.approx(hkl, abs=1e-6 * size)
    tolerance = 2e-5 / max(_spread(FOURC.scattering_vector(angles, 1.0), normal), 1e-3)
    assert all(abs((a - b + 180) % 360 - 180) < tolerance for a, b in zip(crystal.kept(mode, found), kept, strict=True))
    assert all(-180 <= angle < 180 for angle in found)


@pytest.mark.parametrize("mode", ALL_MODES)
@given(crystal=crystals(), angles=settings())
def test_angles_to_hkl_to_angles_is_where_it_was(mode: int, crystal: Crystal, angles: tuple[float, ...]) -> None:
    """Where a mode has two settings, for the one that it chooses."""
    if mode == OMEGA_ZERO:
        angles = (angles[0], angles[0] / 2, *angles[2:])
    normal = crystal.normal
    assert normal is not None
    if mode in (OMEGA_ZERO, OMEGA_FIXED, THETA_FIXED):
        assume(abs(angles[2]) < 89)
    if mode in (AZIMUTH_FIXED, ALPHA_FIXED, BETA_FIXED):
        assume(abs(vectors.sin(angles[2])) > 0.01)
        assume(_spread(FOURC.scattering_vector(angles, 1.0), normal) > 0.05)
    if mode in (ALPHA_FIXED, BETA_FIXED):
        assume(5 < FOURC.quantities(angles, normal)["Azimuth"] < 175)

    found = crystal.angles(crystal.hkl(angles), mode, *crystal.kept(mode, angles))

    assert _same_angles(found, angles)


@given(crystal=crystals(), angles=settings(), sector=st.sampled_from(sorted(FOURC.sectors)))
def test_every_sector_reaches_the_reflection(crystal: Crystal, angles: tuple[float, ...], sector: int) -> None:
    hkl = crystal.hkl(angles)
    found = crystal.angles(hkl, sector=sector)
    assert crystal.hkl(found) == pytest.approx(hkl, abs=1e-7 * max(map(abs, hkl)))


@given(crystal=crystals(), first=HKLS, second=HKLS)
def test_ub_is_found_again_from_any_two_reflections(crystal: Crystal, first: Vector, second: Vector) -> None:
    crystal = replace(crystal, wavelength=0.01)  # everything is in reach
    q = [vectors.transformed(crystal.ub, hkl) for hkl in (first, second)]
    assume(_spread(q[0], q[1]) > 0.05)
    # B from UB: the metric of the reciprocal lattice, whatever the orientation.
    one, two, three = vectors.transposed(crystal.ub)
    reciprocal = Lattice(
        *[math.hypot(*axis) for axis in (one, two, three)],
        *[
            vectors.atan2(math.hypot(*vectors.cross(a, b)), vectors.dot(a, b))
            for a, b in ((two, three), (three, one), (one, two))
        ],
    )

    found = mounted(reciprocal.reciprocal(), (first, crystal.angles(first)), (second, crystal.angles(second)))

    for row, expected in zip(found, crystal.ub, strict=True):
        assert row == pytest.approx(expected, abs=1e-6)


@given(crystal=crystals(), angles=settings(), turn=st.floats(-180, 180))
def test_turning_the_crystal_on_phi_turns_phi_alone(crystal: Crystal, angles: tuple[float, ...], turn: float) -> None:
    turned = replace(crystal, ub=vectors.product(vectors.rotation_about_z(-turn), crystal.ub))
    hkl = crystal.hkl(angles)
    before, after = crystal.angles(hkl), turned.angles(hkl)
    assume(abs(before[2]) < 89.9)

    assert _same_angles(after, (*before[:3], before[3] + turn))


@given(crystal=crystals(), angles=settings())
def test_alpha_and_beta_are_changed_over_and_the_azimuth_turned_in_the_other_sector(
    crystal: Crystal, angles: tuple[float, ...]
) -> None:
    hkl = crystal.hkl(angles)
    one = FOURC.quantities(crystal.angles(hkl), crystal.normal)
    other = FOURC.quantities(crystal.angles(hkl, sector=4), crystal.normal)
    assert (one["Alpha"], one["Beta"]) == pytest.approx((other["Beta"], other["Alpha"]), abs=1e-5)


# ---- what cannot be ----


@pytest.mark.parametrize(
    ("crystal", "hkl", "mode", "kept", "message"),
    [
        (DEFAULT, (3, 0, 0), OMEGA_ZERO, (), "Impossible reflection: sin(theta) would be 1.5 at wavelength 1.54."),
        (DEFAULT, (1e300, 1e300, 0), OMEGA_ZERO, (), "Impossible reflection: sin(theta)"),
        (replace(DEFAULT, wavelength=0.0), (1, 0, 0), OMEGA_ZERO, (), "The wavelength must be positive: LAMBDA is 0."),
        (replace(DEFAULT, wavelength=-1.0), (1, 0, 0), OMEGA_ZERO, (), "The wavelength must be positive"),
        (Crystal(((0, 0, 0),) * 3), (1, 0, 0), OMEGA_ZERO, (), "The orientation matrix UB has no inverse."),
        (DEFAULT, (0, 0, 1), OMEGA_FIXED, (10,), "Impossible reflection: chi cannot bring it into the plane"),
        (DEFAULT, (0, 0, 1), THETA_FIXED, (45,), "Impossible reflection: chi cannot bring it into the plane"),
        (DEFAULT, (1, 0, 0.1), ZONE, (0, 0), "Impossible reflection: it is not in the zone of chi = 0 and phi = 0."),
        (DEFAULT, (0, 0, 1), AZIMUTH_FIXED, (0,), "There is no azimuth: the azimuthal reference is parallel"),
        (replace(DEFAULT, reference=(0, 0, 0)), (1, 0, 0), AZIMUTH_FIXED, (0,), "There is no azimuthal reference"),
        (replace(DEFAULT, reference=(0, 0, 0)), (1, 0, 0), ALPHA_FIXED, (0,), "There is no azimuthal reference"),
        (DEFAULT, (1, 0, 0), ALPHA_FIXED, (80,), "Impossible reflection: it cannot have alpha = 80."),
        (DEFAULT, (1, 0, 0), BETA_FIXED, (-80,), "Impossible reflection: it cannot have beta = -80."),
        (DEFAULT, (0, 0, 1), BETA_FIXED, (31,), "Impossible reflection: it cannot have beta = 31."),
    ],
)  # fmt: skip
def test_what_cannot_be_reached_is_refused_in_words(
    crystal: Crystal, hkl: tuple[float, ...], mode: int, kept: tuple[float, ...], message: str
) -> None:
    with pytest.raises(GeometryError) as caught:
        crystal.angles(hkl, mode, *kept)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("mode", "kept", "angles"),
    [
        (OMEGA_FIXED, (90.0,), (60, 120, 0, -90)),  # omega and phi turn about the same axis
        (ALPHA_FIXED, (30.0,), None),
        (BETA_FIXED, (30.0,), None),
    ],
)
def test_settings_in_which_something_is_free_are_found(
    mode: int, kept: tuple[float, ...], angles: tuple[float, ...] | None
) -> None:
    hkl = (1, 0, 0) if mode == OMEGA_FIXED else (0, 0, 1)  # along the azimuthal reference, alpha and beta are theta
    found = DEFAULT.angles(hkl, mode, *kept)

    assert DEFAULT.hkl(found) == pytest.approx(hkl, abs=1e-9)
    assert angles is None or found == pytest.approx(angles)


@pytest.mark.parametrize("azimuth", [90.0, -90.0])
def test_at_chi_zero_omega_is_zero_where_it_can_be(azimuth: float) -> None:
    """Azimuth ±90 of the reference (0 0 1) brings its axis along the axis of phi, up or down."""
    found = DEFAULT.angles((1, 0, 0), AZIMUTH_FIXED, azimuth)

    assert found[1] == pytest.approx(30.0)
    assert DEFAULT.hkl(found) == pytest.approx((1, 0, 0), abs=1e-9)
    assert FOURC.quantities(found, DEFAULT.normal)["Azimuth"] == pytest.approx(azimuth)


def test_orientation_reflections_must_not_be_parallel() -> None:
    lattice = Lattice(1.54, 1.54, 1.54)
    for first, second, message in (
        (((1, 0, 0), (60, 30, 0, 0)), ((2, 0, 0), (60, 30, 0, -90)), "the orientation reflections are parallel"),
        (
            ((1, 0, 0), (60, 30, 0, 0)),
            ((0, 1, 0), (70, 35, 0, 0)),
            "the angles of the orientation reflections are parallel",
        ),
        (
            ((0, 0, 0), (60, 30, 0, 0)),
            ((0, 1, 0), (60, 30, 0, -90)),
            "one of the orientation reflections has no direction",
        ),
        (((1, 0, 0), (0, 0, 0, 0)), ((0, 1, 0), (60, 30, 0, -90)), "one of the angles of the orientation reflections"),
    ):
        with pytest.raises(GeometryError, match=message):
            mounted(lattice, first, second)


def test_a_matrix_without_inverse_has_no_hkl() -> None:
    with pytest.raises(GeometryError, match="UB has no inverse"):
        Crystal(((1, 0, 0), (0, 1, 0), (1, 1, 0))).hkl((60, 30, 0, 0))


def test_without_a_wavelength_there_is_no_hkl() -> None:
    with pytest.raises(GeometryError, match="wavelength must be positive"):
        replace(DEFAULT, wavelength=0.0).hkl((60, 30, 0, 0))


def test_without_a_reference_alpha_and_beta_are_nothing() -> None:
    shown = FOURC.quantities((60, 31, 0, 0), None)
    assert (shown["Alpha"], shown["Beta"], shown["Azimuth"], shown["Omega"]) == (0, 0, 90, 1)


def test_a_geometry_is_found_by_its_name_and_its_motors() -> None:
    motors = ["tth", "th", "chi", "phi", "x"]
    assert find_geometry("fourc", motors) is not None
    assert find_geometry("fourc", motors[1:]) is None
    assert find_geometry("spec", motors) is None
