"""The four-circle diffractometer: two theta, theta, chi, phi (SPEC_LANGUAGE.md 10)."""

from __future__ import annotations

import math
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from . import scattering, vectors
from .errors import GeometryError
from .protocol import Mode, Quantity

if TYPE_CHECKING:
    from collections.abc import Callable

    from .protocol import Request
    from .vectors import Matrix, Vector

ALPHA: Final = Quantity("Alpha", "F_ALPHA", 8)
BETA: Final = Quantity("Beta", "F_BETA", 9)
OMEGA: Final = Quantity("Omega", "F_OMEGA", 10)
AZIMUTH: Final = Quantity("Azimuth", "F_AZIMUTH", 11)
PHI: Final = Quantity("Phi", "F_PHI", 12)
CHI_IN_ZONE: Final = Quantity("Chi", "F_CHI_Z", 13)
PHI_IN_ZONE: Final = Quantity("Phi", "F_PHI_Z", 14)
THETA: Final = Quantity("Theta", "F_THETA", 15)

# Radians: a reflection so far out of the plane of a zone counts as in it. Chi and phi are rounded to their steps.
_OUT_OF_ZONE = 1e-4
# Radians: when the azimuthal reference is so near to the scattering vector, the azimuth is nothing, and shown as 90.
# Between what SPEC_LANGUAGE.md 8.5 takes for parallel and what real servers still computed an azimuth of (10.3).
_ALONG_Q = 1e-6
# Degrees: a smaller Omega is shown as zero. Real servers showed 0 where th and tth, rounded to steps, gave 0.00025.
_ZERO_OMEGA = 1e-3
# Sine of chi: below this omega and phi turn about one axis, and omega is zero.
_ONE_AXIS = 1e-9
# Sines and cosines that rounding carried so far beyond 1 are 1, and out of reach beyond that.
_ROUNDING = 1e-9

_NO_SECTOR, _SECTOR_4 = 0, 4


class FourCircle:
    """The geometry of programs called ``fourc``: see `Geometry` for what each of these is."""

    name = "fourc"
    title = "Four-Circle"
    macros = "fourc.mac"
    motors = ("tth", "th", "chi", "phi")
    modes = (
        Mode("Omega equals zero"),
        Mode("Omega fixed", (OMEGA,)),
        Mode("Zone (Chi and Phi fixed)", (CHI_IN_ZONE, PHI_IN_ZONE)),
        Mode("Phi fixed (Three-circle)", (PHI,)),
        Mode("Azimuth fixed", (AZIMUTH,)),
        Mode("Alpha fixed", (ALPHA,)),
        Mode("Beta fixed", (BETA,)),
        Mode("Theta fixed", (THETA,)),
    )
    # Real ones have more; which is which is not known (SPEC_LANGUAGE.md 10.2, 13).
    sectors = MappingProxyType({_NO_SECTOR: "no sector transformations", _SECTOR_4: "sector 4"})
    shown = (
        Quantity("Alpha", "ALPHA", 4),
        Quantity("Beta", "BETA", 5),
        Quantity("Omega", "OMEGA", 6, least=_ZERO_OMEGA),
        Quantity("Azimuth", "AZIMUTH", 7),
    )
    first_cut = 16
    # H K L, the wavelength, what is shown, frozen values, cut points, one spare (SPEC_LANGUAGE.md 8.5, #G4).
    q_defaults = (0.0, 0.0, 0.0, 1.54, *[0.0] * 12, *[-180.0] * 9, 0.0)
    reflections = ((60.0, 30.0, 0.0, 0.0), (60.0, 30.0, 0.0, -90.0))

    def scattering_vector(self, angles: tuple[float, ...], wavelength: float) -> Vector:
        """Return the scattering vector that the angles select."""
        two_theta, theta, chi, phi = angles
        length = scattering.momentum_transfer(two_theta, wavelength)
        return vectors.scaled(_rotation(theta - two_theta / 2, chi, phi)[0], length)

    def quantities(self, angles: tuple[float, ...], normal: Vector | None) -> dict[str, float]:
        """Return what can be shown or kept; without a normal, Alpha and Beta are 0 and Azimuth is 90."""
        two_theta, theta, chi, phi = angles
        omega = theta - two_theta / 2
        alpha, beta, azimuth = 0.0, 0.0, 90.0
        if normal is not None:
            s, c = vectors.sin(two_theta / 2), vectors.cos(two_theta / 2)
            x, y, z = vectors.transformed(_rotation(omega, chi, phi), normal)
            alpha, beta = vectors.asin(x * s - y * c), vectors.asin(x * s + y * c)
            if math.hypot(y, z) > _ALONG_Q:
                azimuth = vectors.atan2(-z, y)
        return {
            "Alpha": alpha,
            "Beta": beta,
            "Omega": omega,
            "Azimuth": azimuth,
            "Theta": theta,
            "Chi": chi,
            "Phi": phi,
        }

    def angles(self, request: Request) -> tuple[float, ...]:
        """Return the angles that reach a reflection; H K L = 0 0 0 is the direct beam."""
        q = vectors.transformed(request.ub, request.hkl)
        theta = scattering.bragg_angle(math.hypot(*q), request.wavelength)
        direction = vectors.unit(q)
        if direction is None:
            if any(request.hkl):
                raise GeometryError("The orientation matrix UB has no inverse.")
            direction = (1.0, 0.0, 0.0)
        omega, chi, phi = _SOLVERS[request.mode](direction, theta, request)
        angles = (2 * theta, theta + omega, chi, phi)
        return tuple(scattering.within_cut(angle, cut) for angle, cut in zip(angles, request.cuts, strict=True))


@lru_cache(maxsize=8)  # each position is asked for H K L, and for the angles that are shown
def _rotation(omega: float, chi: float, phi: float) -> Matrix:
    """Return what carries a vector from the frame of phi to the one where the scattering vector is along x."""
    co, so, cc, sc = vectors.cos(omega), vectors.sin(omega), vectors.cos(chi), vectors.sin(chi)
    cp, sp = vectors.cos(phi), vectors.sin(phi)
    return (
        (co * cc * cp - so * sp, co * cc * sp + so * cp, co * sc),
        (-so * cc * cp - co * sp, -so * cc * sp + co * cp, -so * sc),
        (-sc * cp, -sc * sp, cc),
    )


# ---- omega, chi, phi that turn a direction along x, mode by mode ----


def _omega_zero(direction: Vector, _: float, request: Request) -> Vector:
    """Mode 0, with the sector, which alone here leaves what the mode fixes as it is."""
    x, y, z = direction
    chi, phi = vectors.atan2(z, math.hypot(x, y)), vectors.atan2(y, x)
    return (0.0, -180.0 - chi, phi + 180.0) if request.sector == _SECTOR_4 else (0.0, chi, phi)


def _omega_fixed(direction: Vector, _: float, request: Request) -> Vector:
    """Mode 1."""
    return _at_omega(direction, request.kept[0])


def _theta_fixed(direction: Vector, theta: float, request: Request) -> Vector:
    """Mode 7."""
    return _at_omega(direction, request.kept[0] - theta)


def _at_omega(direction: Vector, omega: float) -> Vector:
    x, y, z = direction
    co, so = vectors.cos(omega), vectors.sin(omega)
    if not abs(z) <= abs(co) + _ROUNDING:
        raise GeometryError(f"Impossible reflection: chi cannot bring it into the plane at omega = {omega:g}.")
    chi = vectors.asin(z / co) if co else 0.0
    return (omega, chi, vectors.atan2(y, x) - vectors.atan2(so, co * vectors.cos(chi)))


def _zone(direction: Vector, _: float, request: Request) -> Vector:
    """Mode 2."""
    chi, phi = request.kept
    x, y, z = vectors.transformed(_rotation(0.0, chi, phi), direction)
    if not abs(z) <= _OUT_OF_ZONE:
        raise GeometryError(f"Impossible reflection: it is not in the zone of chi = {chi:g} and phi = {phi:g}.")
    return (vectors.atan2(y, x), chi, phi)


def _phi_fixed(direction: Vector, _: float, request: Request) -> Vector:
    """Mode 3."""
    phi = request.kept[0]
    x, y, z = vectors.transformed(vectors.rotation_about_z(phi), direction)
    return (vectors.atan2(y, math.hypot(x, z)), vectors.atan2(z, x), phi)


def _azimuth_fixed(direction: Vector, _: float, request: Request) -> Vector:
    """Mode 4."""
    _, tilt, plane = _reference(direction, request)
    if tilt <= _ALONG_Q:
        raise GeometryError("There is no azimuth: the azimuthal reference is parallel to the reflection.")
    return _at_azimuth(direction, plane, request.kept[0])


def _alpha_fixed(direction: Vector, theta: float, request: Request) -> Vector:
    """Mode 5: sin(alpha) = x sin(theta) - y cos(theta), of which x is the reference along the scattering vector."""
    x, tilt, plane = _reference(direction, request)
    wanted = x * vectors.sin(theta) - vectors.sin(request.kept[0])
    return _with_reference_at(direction, tilt, plane, wanted, vectors.cos(theta), f"alpha = {request.kept[0]:g}")


def _beta_fixed(direction: Vector, theta: float, request: Request) -> Vector:
    """Mode 6: sin(beta) = x sin(theta) + y cos(theta)."""
    x, tilt, plane = _reference(direction, request)
    wanted = vectors.sin(request.kept[0]) - x * vectors.sin(theta)
    return _with_reference_at(direction, tilt, plane, wanted, vectors.cos(theta), f"beta = {request.kept[0]:g}")


def _reference(direction: Vector, request: Request) -> tuple[float, float, Vector]:
    """Return the reference's component along the scattering vector, the one across, and the direction of that."""
    if request.normal is None:
        raise GeometryError("There is no azimuthal reference: its H K L are 0 0 0.")
    along = vectors.dot(direction, request.normal)
    x, y, z = request.normal
    across = (x - along * direction[0], y - along * direction[1], z - along * direction[2])
    return along, math.hypot(*across), across


def _with_reference_at(
    direction: Vector, tilt: float, across: Vector, wanted: float, cosine: float, what: str
) -> Vector:
    """Return the setting in which the reference's y, times `cosine`, is `wanted`: azimuth from 0 to 180."""
    reach = tilt * cosine
    if not abs(wanted) <= reach + _ROUNDING:
        raise GeometryError(f"Impossible reflection: it cannot have {what}.")
    if reach <= _ALONG_Q:  # every azimuth has this alpha and beta
        x, y, z = direction
        return (0.0, vectors.atan2(z, math.hypot(x, y)), vectors.atan2(y, x))
    return _at_azimuth(direction, across, 90.0 - vectors.asin(wanted / reach))


def _at_azimuth(direction: Vector, across: Vector, azimuth: float) -> Vector:
    """Return the setting with a certain azimuth: y of the reference is its cosine, minus z its sine."""
    one = vectors.unit(across) or across
    other = vectors.cross(direction, one)
    c, s = vectors.cos(azimuth), vectors.sin(azimuth)
    second = (c * one[0] + s * other[0], c * one[1] + s * other[1], c * one[2] + s * other[2])
    third = (c * other[0] - s * one[0], c * other[1] - s * one[1], c * other[2] - s * one[2])
    return _circles((direction, second, third))


def _circles(rotation: Matrix) -> Vector:
    """Return omega, chi and phi of a rotation (see `_rotation`): of the two settings the one with omega within 90."""
    first, second, third = rotation
    across = math.hypot(third[0], third[1])
    if across < _ONE_AXIS:  # at chi = 0 or 180, omega and phi turn about the same axis
        sign = 1.0 if third[2] > 0 else -1.0
        return (0.0, 90.0 - sign * 90.0, vectors.atan2(sign * first[1], sign * first[0]))
    sign = 1.0 if first[2] >= 0 else -1.0
    return (
        vectors.atan2(-sign * second[2], sign * first[2]),
        vectors.atan2(sign * across, third[2]),
        vectors.atan2(-sign * third[1], -sign * third[0]),
    )


_SOLVERS: Final[tuple[Callable[[Vector, float, Request], Vector], ...]] = (
    _omega_zero,
    _omega_fixed,
    _zone,
    _phi_fixed,
    _azimuth_fixed,
    _alpha_fixed,
    _beta_fixed,
    _theta_fixed,
)
