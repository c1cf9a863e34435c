"""What a diffractometer's geometry is to the rest of the simulator: `Geometry`, implemented in one file each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .vectors import Matrix, Vector


@dataclass(frozen=True, slots=True)
class Quantity:
    """An angle that is shown, or kept while others change.

    Attributes:
        label: as the screen names it: ``Azimuth``.
        alias: the macro that stands for its element of ``Q``: ``F_AZIMUTH``.
        slot: the index of that element.
        least: of what is shown: anything smaller is shown as zero; degrees.

    """

    label: str
    alias: str
    slot: int
    least: float = 0.0


@dataclass(frozen=True, slots=True)
class Mode:
    """A way to choose one of the many settings that reach a reflection.

    Attributes:
        name: as the menu of ``setmode`` shows it.
        kept: what it holds fixed: at the value that was frozen, or else where it is.

    """

    name: str
    kept: tuple[Quantity, ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """A reflection to be reached, and all that decides how.

    Attributes:
        hkl: the reflection.
        ub: orientation matrix, in 1/Å.
        wavelength: in Å.
        normal: direction of the azimuthal reference in the frame of the innermost circle; None if there is none.
        mode: index into `Geometry.modes`.
        sector: key of `Geometry.sectors`.
        kept: the value of each quantity that the mode keeps, in the order of `Mode.kept`; degrees.
        cuts: for each motor the lowest angle that it is sent to; the highest is 360 degrees above.

    """

    hkl: Vector
    ub: Matrix
    wavelength: float
    normal: Vector | None
    mode: int
    sector: int
    kept: tuple[float, ...]
    cuts: tuple[float, ...]


class Geometry(Protocol):
    """A diffractometer: its circles, and the mathematics between angles and reciprocal space.

    It holds no state. The arrays that macros see, ``Q G U UB``, are laid out by these attributes; what all geometries
    share (lattice, reflections, the first four elements of ``Q``) is in `functions.geometry`.
    """

    @property
    def name(self) -> str:
        """The program name that stands for it: ``fourc``."""
        ...

    @property
    def title(self) -> str:
        """As the screen names it: ``Four-Circle``."""
        ...

    @property
    def macros(self) -> str:
        """The file in ``simulator/macros`` with what is peculiar to it: how ``wh`` shows its angles."""
        ...

    @property
    def motors(self) -> tuple[str, ...]:
        """The mnemonics of its circles, at most six; all `angles` are in this order."""
        ...

    @property
    def modes(self) -> tuple[Mode, ...]:
        """The modes by number."""
        ...

    @property
    def sectors(self) -> Mapping[int, str]:
        """The sectors that can be chosen, each with what ``setsector`` says that it uses."""
        ...

    @property
    def shown(self) -> tuple[Quantity, ...]:
        """What ``calc(2)`` puts into ``Q`` beside H K L."""
        ...

    @property
    def first_cut(self) -> int:
        """The index in ``Q`` of the first motor's cut point; the others follow."""
        ...

    @property
    def q_defaults(self) -> tuple[float, ...]:
        """``Q`` at the start, whole."""
        ...

    @property
    def reflections(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """The angles of the two orientation reflections, (1 0 0) and (0 1 0) of the default lattice, at the start."""
        ...

    def scattering_vector(self, angles: tuple[float, ...], wavelength: float) -> Vector:
        """Return the scattering vector that the angles select, in the frame of the innermost circle, in 1/Å."""
        ...

    def quantities(self, angles: tuple[float, ...], normal: Vector | None) -> Mapping[str, float]:
        """Return all that can be shown or kept, by label, in degrees.

        Args:
            angles: in degrees.
            normal: as in `Request`.

        """
        ...

    def angles(self, request: Request) -> tuple[float, ...]:
        """Return the angles that reach a reflection, in degrees.

        Raises:
            GeometryError: none do.

        """
        ...
