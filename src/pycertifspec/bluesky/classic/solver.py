"""`SpecSolver`: the geometry of a SPEC server as a solver of hklpy2, by the name ``spec``."""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING, Any, ClassVar

from hklpy2.backends.base import SolverBase
from hklpy2.exceptions import NoForwardSolutions, SolverError

from pycertifspec.errors import RemoteError
from pycertifspec.simulator.geometry import GEOMETRIES, Lattice, vectors

from .clients import shared_client
from .crystal import Crystal, Reflection, State, find

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pycertifspec.simulator.geometry.vectors import Matrix
    from pycertifspec.sync.client import Client

PSEUDO_AXES = ("h", "k", "l")

# Å that hklpy2 takes for the wavelength where nobody has told it one.
_UNTOLD_WAVELENGTH = 1.0

_TAKE = "or let hklpy2 take SPEC's with pycertifspec.bluesky.take_crystal(diffractometer)"

# Relative difference in which two wavelengths or matrices count as one: hklpy2 and people round.
_SAME = 1e-5


class SpecSolver(SolverBase):
    """Angles and reciprocal space as a running SPEC computes them.

    SPEC holds the crystal: its lattice, orientation, wavelength, mode, frozen values and cut points count, also when
    somebody changes them at its keyboard. `calculate_UB` gives it a lattice and two reflections; setting hklpy2's mode
    sets SPEC's. Where hklpy2 was told an orientation or wavelength that SPEC does not have, computing is refused.
    `pycertifspec.bluesky.spec_diffractometer` begins with what SPEC has. Nothing ever moves here.

    Args:
        geometry: the name of SPEC's program: ``fourc``.
        server: ``host:port`` or ``host:name``; None is what SPEC_SERVER says.
        port: the port on this machine, in place of `server`.
        client: the client to use, in place of one shared by all that name the same server.
        mode: the mode to set; none leaves SPEC's.

    Raises:
        SolverError: we do not know the geometry.
        ServerNotFoundError: no server answered.

    """

    name = "spec"
    version = metadata.version("pycertifspec")
    _geometry_registry: ClassVar[dict[str, Any]] = {}

    def __init__(
        self,
        geometry: str = "fourc",
        *,
        server: str | None = None,
        port: int | None = None,
        client: Client | None = None,
        mode: str = "",
        **kwargs: Any,
    ) -> None:
        if geometry not in self.geometries():
            raise SolverError(f"there is no geometry {geometry!r} of SPEC here, only {', '.join(self.geometries())}")
        self._server = server or (f"localhost:{port}" if port is not None else None)
        self.crystal = Crystal(client or shared_client(self._server), find(geometry))
        self._names = tuple(mode.name for mode in self.crystal.geometry.modes)
        setting = self.crystal.setting()
        self._state = setting.state
        self._lattice = dict(zip(("a", "b", "c", "alpha", "beta", "gamma"), setting.lattice, strict=True))
        self._mode = self._names[setting.state.mode]
        self._chosen: str | None = None
        self._told: Matrix | None = None
        self._start = (0.0,) * len(self.crystal.geometry.motors)
        self._reflections: list[Any] = []
        self.wavelength = setting.state.wavelength
        super().__init__(geometry, _resolve_default_mode=False, **kwargs)
        self._UB = [list(row) for row in setting.state.ub]
        if mode:
            self.mode = mode

    # ---- what there is ----

    @classmethod
    def geometries(cls) -> list[str]:
        """Return the names of the geometries, the programs that SPEC is started as."""
        return [geometry.name for geometry in GEOMETRIES]

    @classmethod
    def default_geometry(cls) -> str:
        """Return the name of the first one."""
        return cls.geometries()[0]

    @classmethod
    def default_mode(cls, geometry: str) -> str:
        """Return the name of the mode that SPEC starts with."""
        return find(geometry).modes[0].name

    @property
    def pseudo_axis_names(self) -> list[str]:
        """``h k l``."""
        return list(PSEUDO_AXES)

    @property
    def real_axis_names(self) -> list[str]:
        """The mnemonics of SPEC's motors."""
        return list(self.crystal.geometry.motors)

    @property
    def extra_axis_names(self) -> list[str]:
        """None: frozen values are SPEC's (``freeze``)."""
        return []

    @property
    def all_extra_axis_names(self) -> list[str]:
        """None in any mode."""
        return []

    @property
    def modes(self) -> list[str]:
        """The modes in the words of SPEC's ``setmode``."""
        return list(self._names)

    @property
    def mode(self) -> str:
        """The mode. Set, it is set in SPEC before the next computation."""
        return self._mode

    @mode.setter
    def mode(self, value: str) -> None:
        if not value:
            return
        if value not in self._names:
            raise ValueError(f"SPEC's geometry {self.crystal.geometry.name} has no mode {value!r}: {self.modes}")
        # hklpy2 also sets modes only to look what they are like: SPEC is told when it matters.
        self._mode = self._chosen = value

    @property
    def _metadata(self) -> dict[str, Any]:
        return {**super()._metadata, "server": self._server}

    # ---- the crystal ----

    @property
    def sample(self) -> Any:
        """hklpy2's sample. SPEC is given it by `calculate_UB` alone."""
        return self._sample

    @sample.setter
    def sample(self, value: Mapping[str, Any]) -> None:
        if not isinstance(value, dict):
            raise TypeError(f"a sample is a dictionary, not {value!r}")
        self._sample = value
        self._lattice = dict(value["lattice"])

    @property
    def lattice(self) -> dict[str, float]:
        """The lattice constants: SPEC's, until hklpy2 tells another."""
        return dict(self._lattice)

    @lattice.setter
    def lattice(self, value: Mapping[str, float]) -> None:
        self._lattice = dict(value)

    @property
    def U(self) -> list[list[float]]:  # noqa: N802  hklpy2's name
        """The rotation of the crystal, from SPEC's orientation matrix and the lattice."""
        b = Lattice(**{name: self._lattice[name] for name in ("a", "b", "c", "alpha", "beta", "gamma")}).b_matrix()
        inverse = vectors.inverse(b)
        if inverse is None:
            raise SolverError(f"the lattice {self._lattice} has no volume")
        return [list(row) for row in vectors.product(self._state.ub, inverse)]

    @U.setter
    def U(self, value: Any) -> None:  # noqa: N802  hklpy2's name; it follows from UB
        self._U = value

    @property
    def UB(self) -> list[list[float]]:  # noqa: N802  hklpy2's name
        """The orientation matrix of SPEC, in 1/Å with 2π, as it was when it was last asked."""
        return [list(row) for row in self._state.ub]

    @UB.setter
    def UB(self, value: Any) -> None:  # noqa: N802  hklpy2's name
        self._told = None if _says_nothing(value) else _matrix(value)

    def addReflection(self, reflection: Any) -> None:  # noqa: N802  hklpy2's name
        """Keep a reflection."""
        if not isinstance(reflection, dict):
            raise TypeError(f"a reflection is a dictionary, not {reflection!r}")
        self._reflections.append(reflection)

    def removeAllReflections(self) -> None:  # noqa: N802  hklpy2's name
        """Forget the reflections kept here; SPEC keeps its two."""
        self._reflections.clear()

    def calculate_UB(self, r1: Any, r2: Any) -> list[list[float]]:  # noqa: N802  hklpy2's name
        """Give SPEC the lattice and two reflections; return the orientation matrix that it computes.

        Raises:
            SolverError: they give none.

        """
        self.removeAllReflections()
        self.addReflection(r1)
        self.addReflection(r2)
        lattice = [self._lattice[name] for name in ("a", "b", "c", "alpha", "beta", "gamma")]
        try:
            self._state = self.crystal.orient(lattice, (self._reflection(r1), self._reflection(r2)))
        except RemoteError as error:
            raise SolverError(f"no orientation from {r1['name']} and {r2['name']}: {error}") from error
        self._told = self._state.ub
        return self.UB

    def _reflection(self, given: Any) -> Reflection:
        hkl = tuple(given["pseudos"][axis] for axis in PSEUDO_AXES)
        angles = tuple(given["reals"][axis] for axis in self.real_axis_names)
        return Reflection(hkl, angles, given["wavelength"])

    def refineLattice(self, reflections: list[Any]) -> None:  # noqa: N802  hklpy2's name
        """Return None: SPEC's geometries do not refine a lattice."""
        del reflections

    # ---- computing ----

    def set_reals(self, reals: Mapping[str, float]) -> None:
        """Tell where the motors are taken to be, for modes that keep one of them there."""
        self._start = tuple(reals[axis] for axis in self.real_axis_names)

    def forward(self, pseudos: Mapping[str, float]) -> list[dict[str, float]]:
        """Return the angles that reach a reflection: SPEC knows one setting.

        Raises:
            NoForwardSolutions: it is out of reach.
            SolverError: SPEC does not have the crystal that hklpy2 was told.

        """
        try:
            found = self._forward([pseudos])[0]
        except RemoteError as error:
            raise NoForwardSolutions(str(error)) from error
        if not found:
            raise NoForwardSolutions(f"{dict(pseudos)} is out of reach at {self._state.wavelength:g} Å")
        return found

    def forward_many(self, reflections: Iterable[Mapping[str, float]]) -> list[list[dict[str, float]]]:
        """Return what `forward` returns for each reflection, an empty list for what is out of reach.

        A hundred go in one command: this is for trajectories, on which a round trip for each would cost most.

        Raises:
            SolverError: as `forward`.

        """
        reflections = list(reflections)
        try:
            return self._forward(reflections)
        except RemoteError:
            if len(reflections) == 1:
                return [[]]
            # One that the mode cannot reach ends the command: halving finds it in a few.
            half = len(reflections) // 2
            return self.forward_many(reflections[:half]) + self.forward_many(reflections[half:])

    def _forward(self, reflections: list[Mapping[str, float]]) -> list[list[dict[str, float]]]:
        points = [[pseudos[axis] for axis in PSEUDO_AXES] for pseudos in reflections]
        self._set_mode()
        found, state = self.crystal.angles(points, self._start)
        self._agree(state)
        axes = self.real_axis_names
        return [[] if angles is None else [dict(zip(axes, angles, strict=True))] for angles in found]

    def inverse(self, reals: Mapping[str, float]) -> dict[str, float]:
        """Return the h k l of a setting.

        Raises:
            SolverError: as `forward`.

        """
        return self.inverse_many([reals])[0]

    def inverse_many(self, settings: Iterable[Mapping[str, float]]) -> list[dict[str, float]]:
        """Return what `inverse` returns for each setting; a hundred go in one command.

        Raises:
            SolverError: as `forward`; or SPEC cannot tell.

        """
        points = [[reals[axis] for axis in self.real_axis_names] for reals in settings]
        try:
            found, state = self.crystal.indices(points)
        except RemoteError as error:
            raise SolverError(f"no h k l: {error}") from error
        self._agree(state)
        return [dict(zip(PSEUDO_AXES, hkl, strict=True)) for hkl in found]

    def take(self, state: State) -> None:
        """Take what SPEC has for what is wanted."""
        self._state = state
        self._mode, self._chosen = self._names[state.mode], None

    def _set_mode(self) -> None:
        chosen, self._chosen = self._chosen, None
        if chosen is not None and self._names.index(chosen) != self._state.mode:
            self.crystal.set_mode(self._names.index(chosen))

    def _agree(self, state: State) -> None:
        """Take note of what SPEC has; refuse what was computed for another crystal than hklpy2's.

        Raises:
            SolverError: what differs, and what to do.

        """
        self._state = state
        if self._told is not None and not _same(self._told, state.ub):
            raise SolverError(
                f"SPEC's orientation matrix is {state.ub}, hklpy2's is {self._told}: give SPEC hklpy2's with "
                f"calc_UB(); {_TAKE}"
            )
        if self.wavelength != _UNTOLD_WAVELENGTH and abs(self.wavelength / state.wavelength - 1) > _SAME:
            raise SolverError(
                f"SPEC's wavelength is {state.wavelength:g} Å, hklpy2's is {self.wavelength:g}: set one; {_TAKE}"
            )
        if self._names[state.mode] != self._mode and self._chosen is None:
            raise SolverError(
                f"SPEC is in mode {self._names[state.mode]!r}, hklpy2 in {self._mode!r}: set diffractometer.core.mode; "
                + _TAKE
            )


def _matrix(rows: Any) -> Matrix:
    one, two, three = ((float(row[0]), float(row[1]), float(row[2])) for row in rows)
    return one, two, three


def _says_nothing(ub: Any) -> bool:
    """Tell whether a matrix is a number times the identity: what hklpy2 gives a sample that nobody has oriented."""
    return all(ub[i][j] == (ub[0][0] if i == j else 0.0) for i in range(3) for j in range(3))


def _same(one: Matrix, other: Matrix) -> bool:
    size = max(abs(value) for row in other for value in row) or 1.0
    return all(abs(a - b) <= _SAME * size for x, y in zip(one, other, strict=True) for a, b in zip(x, y, strict=True))
