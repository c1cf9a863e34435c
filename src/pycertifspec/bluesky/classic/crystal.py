"""`Crystal`: what SPEC's geometry says and computes, in as few commands as possible."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from pycertifspec.errors import RemoteError, RemoteProtocolError
from pycertifspec.simulator.geometry import GEOMETRIES

from .macros import macros

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pycertifspec.simulator.geometry import Geometry
    from pycertifspec.simulator.geometry.vectors import Matrix
    from pycertifspec.sync.client import Client

# Reflections or settings in one command: a few kilobytes of text, and tens of milliseconds that SPEC is busy for.
MAX_POINTS = 100

# The numbers at the end of each answer: mode, wavelength, UB; before them in that of `_pcs_crystal()`: lattice, and of
# both reflections h k l, angles (six places each), wavelength.
_STATE = 11
_CRYSTAL = 26 + _STATE


class State(NamedTuple):
    """What decides the meaning of angles.

    Attributes:
        mode: number of the mode.
        wavelength: in Å.
        ub: the orientation matrix by rows, with 2π, in 1/Å.

    """

    mode: int
    wavelength: float
    ub: Matrix


class Reflection(NamedTuple):
    """An orientation reflection.

    Attributes:
        hkl: its indices.
        angles: in the order of the geometry's motors, in degrees.
        wavelength: at which it was found, in Å.

    """

    hkl: tuple[float, ...]
    angles: tuple[float, ...]
    wavelength: float


class Setting(NamedTuple):
    """A crystal on a diffractometer.

    Attributes:
        lattice: a b c in Å, alpha beta gamma in degrees.
        reflections: the primary and the secondary one.
        state: what comes of them.

    """

    lattice: tuple[float, ...]
    reflections: tuple[Reflection, Reflection]
    state: State


def find(name: str) -> Geometry:
    """Return a geometry that we know.

    Raises:
        KeyError: we do not.

    """
    return next(geometry for geometry in GEOMETRIES if geometry.name == name)


class Crystal:
    """Asks a SPEC server. Nothing moves; only `orient` and `set_mode` change anything.

    SPEC's own geometry answers, with macros that are sent when they are first needed (``_pcs_…``).

    Args:
        client: the connection.
        geometry: what the server's program is: which motors, which modes.

    """

    def __init__(self, client: Client, geometry: Geometry) -> None:
        self.client = client
        self.geometry = geometry

    def setting(self) -> Setting:
        """Return lattice, orientation reflections, mode, wavelength and orientation matrix."""
        numbers = self._numbers("_pcs_crystal", _CRYSTAL)
        circles = len(self.geometry.motors)
        primary = Reflection(tuple(numbers[6:9]), tuple(numbers[12 : 12 + circles]), numbers[24])
        secondary = Reflection(tuple(numbers[9:12]), tuple(numbers[18 : 18 + circles]), numbers[25])
        return Setting(tuple(numbers[:6]), (primary, secondary), _state(numbers))

    def angles(
        self, reflections: Sequence[Sequence[float]], start: Sequence[float]
    ) -> tuple[list[tuple[float, ...] | None], State]:
        """Return the angles that reach each of the reflections, in the order of the geometry's motors.

        None stands for one that no angle of the detector reaches.

        Args:
            reflections: h k l of each.
            start: where the motors are taken to be: some modes keep one of them there.

        Raises:
            RemoteError: the mode cannot reach one of them.

        """
        found, state = self._each("_pcs_angles", reflections, len(self.geometry.motors), *map(float, start))
        return [None if math.isnan(angles[0]) else angles for angles in found], state

    def indices(self, settings: Sequence[Sequence[float]]) -> tuple[list[tuple[float, ...]], State]:
        """Return h k l for each setting of the motors.

        Raises:
            RemoteError: SPEC cannot tell.

        """
        return self._each("_pcs_hkl", settings, 3)

    def orient(self, lattice: Sequence[float], reflections: tuple[Reflection, Reflection]) -> State:
        """Give SPEC a lattice and two reflections, and let it compute the orientation from them.

        Raises:
            RemoteError: they give none.

        """
        elements = []
        for n, reflection in enumerate(reflections):
            elements += [f"U[{12 + 3 * n + i}] = {value:.15g}" for i, value in enumerate(reflection.hkl)]
            elements += [f"U[{18 + 6 * n + i}] = {value:.15g}" for i, value in enumerate(reflection.angles)]
            elements.append(f"U[{30 + n}] = {reflection.wavelength:.15g}")
        self.client.execute(f"{'; '.join(elements)}; setlat {_text(lattice)}")
        return self.setting().state

    def set_mode(self, mode: int) -> None:
        """Choose a mode by its number."""
        self.client.execute(f"setmode {mode}")

    def _each(
        self, macro: str, points: Sequence[Sequence[float]], width: int, *arguments: float
    ) -> tuple[list[tuple[float, ...]], State]:
        found: list[tuple[float, ...]] = []
        numbers: list[float] = []
        for first in range(0, max(1, len(points)), MAX_POINTS):
            part = points[first : first + MAX_POINTS]
            text = " ".join(map(_text, part))
            numbers = self._numbers(macro, width * len(part) + _STATE, text, *arguments)
            found += [tuple(numbers[n * width : (n + 1) * width]) for n in range(len(part))]
        return found, _state(numbers)

    def _numbers(self, macro: str, count: int, *arguments: str | float) -> list[float]:
        try:
            text = str(self.client.call(macro, *arguments))
        except RemoteError:
            # They were not sent yet, or SPEC was started again since; what is only computed may be asked twice.
            if str(self.client.call("whatis", macro)) != "0":
                raise
            self.client.execute(macros(self.geometry.motors))
            text = str(self.client.call(macro, *arguments))
        try:
            numbers = [float(word) for word in text.split()]
        except ValueError:
            numbers = []
        if len(numbers) != count:
            raise RemoteProtocolError(
                f"{macro}() on {self.client!r} gave {text[:80]!r} where {count} numbers were expected: is its geometry "
                f"{self.geometry.name!r}?"
            )
        return numbers


def _state(numbers: Sequence[float]) -> State:
    mode, wavelength, a, b, c, d, e, f, g, h, i = numbers[-_STATE:]
    return State(int(mode), wavelength, ((a, b, c), (d, e, f), (g, h, i)))


def _text(values: Sequence[float]) -> str:
    return " ".join(f"{float(value):.15g}" for value in values)
