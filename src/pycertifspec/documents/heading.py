"""What a heading says beside its shape: what is scanned in which direction, how far, and to what is counted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from pycertifspec.session.scan_heading import heading

# A heading is one line; more words than these no scan of SPEC has.
MAX_WORDS: Final = 100

_INDEX: Final = re.compile(r"([hkl])scan")
_PLANE: Final = re.compile(r"([hkl])([hkl])(?:circle|radial)")
_RELATIVE: Final = re.compile(r"d\d?scan|lup|dmesh|th2th")
_TIMES: Final = ("loopscan", "timescan")

HKL: Final = ("H", "K", "L")
# The column of a scan of time, by the name that it has in documents.
ELAPSED: Final = "elapsed_time"


@dataclass(frozen=True, slots=True)
class Dimension:
    """One direction of a scan.

    Attributes:
        axes: what moves together, by mnemonic, or H, K, L; empty where the heading does not name it.
        points: how many there are along it, None where nobody knows.
        extent: first and last position of the first axis, None where they are not in the heading.

    """

    axes: tuple[str, ...]
    points: int | None
    extent: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Heading:
    """What the heading of a scan says.

    Attributes:
        name: the scan's: ``ascan``.
        dimensions: slow to fast, as Bluesky has them; empty where the kind of scan is not known.
        preset: seconds to count, or monitor counts if it is negative; None where it is not known.

    """

    name: str
    dimensions: tuple[Dimension, ...] = ()
    preset: float | None = None

    @property
    def axes(self) -> tuple[str, ...]:
        """All axes, slow to fast, each once."""
        return tuple(dict.fromkeys(axis for dimension in self.dimensions for axis in dimension.axes))

    @property
    def points(self) -> int | None:
        """How many points the scan will have, or None."""
        total = 1
        for dimension in self.dimensions:
            if dimension.points is None:
                return None
            total *= dimension.points
        return total if self.dimensions else None


def parse_heading(command: str) -> Heading:
    """Return what a heading says, and of scans that are not SPEC's standard ones the name alone.

    Args:
        command: as SPEC shows it above a scan and writes it in ``#S``: ``ascan  th 0 1  20 0.1``.

    """
    name, *words = command.split()[:MAX_WORDS] or ["scan"]
    said = heading(command)
    if said.shape is None and name != "timescan":
        return Heading(name)
    sides = _axes(name, words, said.motors)
    points = said.shape or (None,)
    firsts = _firsts(name, len(sides))
    dimensions = tuple(
        Dimension(axes, count, _extent(words, first)) for axes, count, first in zip(sides, points, firsts, strict=True)
    )
    return Heading(name, dimensions, _number(words, 1 if name == "loopscan" else 0 if name == "timescan" else -1))


def _axes(name: str, words: list[str], motors: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Return the axes of each direction, slow to fast."""
    if name in _TIMES:
        return [(ELAPSED,)]
    if name == "mesh":
        return [(motor,) for motor in reversed(motors)]
    if name == "hklmesh":
        return [(words[4],), (words[0],)]
    if match := _INDEX.fullmatch(name) or _PLANE.fullmatch(name):
        return [tuple(index.upper() for index in match.groups())]
    return [HKL if name == "hklscan" else motors]


def _firsts(name: str, sides: int) -> list[int | None]:
    """Return where the first position of each direction stands among the words, None where none does."""
    if name in ("mesh", "hklmesh"):
        return [5, 1]
    if name in _TIMES or name == "hklscan" or _PLANE.fullmatch(name) or _RELATIVE.fullmatch(name):
        return [None] * sides
    return [0 if name == "Escan" or _INDEX.fullmatch(name) else 1] * sides


def _extent(words: list[str], first: int | None) -> tuple[float, float] | None:
    if first is None:
        return None
    low, high = _number(words, first), _number(words, first + 1)
    return None if low is None or high is None else (low, high)


def _number(words: list[str], place: int) -> float | None:
    try:
        return float(words[place])
    except (ValueError, IndexError):  # a site's own arguments
        return None
