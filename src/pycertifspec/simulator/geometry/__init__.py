"""Diffractometer geometries: angles and reciprocal space, as pure functions; a new one is a file and an entry here."""

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
    "FourCircle",
    "Geometry",
    "GeometryError",
    "Lattice",
    "Mode",
    "Quantity",
    "Request",
    "find_geometry",
    "miller_indices",
    "orientation_matrix",
]

GEOMETRIES: Final[tuple[Geometry, ...]] = (FourCircle(),)


def find_geometry(name: str, motors: Collection[str]) -> Geometry | None:
    """Return the geometry of a program: its name stands for one, and all motors of that are there, by mnemonic."""
    for geometry in GEOMETRIES:
        if geometry.name == name and set(geometry.motors) <= set(motors):
            return geometry
    return None
