"""Diffractometer geometries: angles and reciprocal space, as pure functions; a new one is a file, macros, an entry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .errors import GeometryError
from .fourc import FourCircle
from .lattice import Lattice
from .orientation import miller_indices, orientation_matrix
from .protocol import Geometry, Mode, Quantity, Request

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = [
    "GEOMETRIES",
    "OF_SPEC",
    "FourCircle",
    "Geometry",
    "GeometryError",
    "Lattice",
    "Mode",
    "Quantity",
    "Request",
    "check_geometry",
    "find_geometry",
    "miller_indices",
    "orientation_matrix",
]

# Those of SPEC's own whose names nobody gives to anything else; most are not simulated.
OF_SPEC: Final = frozenset({"fivec", "fourc", "kappa", "psic", "sixc", "surf", "twoc", "zaxis"})
GEOMETRIES: Final[tuple[Geometry, ...]] = (FourCircle(),)


def check_geometry(name: str, motors: Collection[str]) -> str:
    """Return why there is no geometry of a name with these motors, in words; nothing if there is one."""
    geometry = next((known for known in GEOMETRIES if known.name == name), None)
    if geometry is None:
        return f"the geometry {name!r} cannot be simulated, only {', '.join(known.name for known in GEOMETRIES)}"
    missing = [motor for motor in geometry.motors if motor not in motors]
    if missing:
        return f"the geometry {name} needs the motors {' '.join(geometry.motors)}; missing: {' '.join(missing)}"
    return ""


def find_geometry(name: str, motors: Collection[str]) -> Geometry | None:
    """Return the geometry of a program: its name stands for one, and all motors of that are there, by mnemonic."""
    for geometry in GEOMETRIES:
        if geometry.name == name and set(geometry.motors) <= set(motors):
            return geometry
    return None
