"""What a scan's heading says: which axes are scanned, how far, in how many points (SPEC_LANGUAGE.md 8.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

# A heading is one line; more axes than these no scan of SPEC has.
MAX_AXES: Final = 16

_MOTORS: Final = re.compile(r"(?:a|d|[ad][2-9])scan|lup|th2th", re.IGNORECASE)
_INDEX: Final = re.compile(r"([hkl])scan", re.IGNORECASE)
_PLANE: Final = re.compile(r"([hkl])([hkl])(?:circle|radial)", re.IGNORECASE)
_TIMES: Final = {"loopscan": True, "timescan": False}
_RELATIVE: Final = re.compile(r"d\d?scan|lup|dmesh|th2th", re.IGNORECASE)

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
    words = command.split()
    if not words:
        return Heading("scan")
    name, arguments = words[0], words[1 : 1 + 4 * MAX_AXES]
    try:
        return _parsed(name, arguments)
    except (ValueError, IndexError):  # a site's own scan, or a standard one with other arguments
        return Heading(name)


def _parsed(name: str, words: list[str]) -> Heading:
    relative = _RELATIVE.fullmatch(name) is not None
    if _MOTORS.fullmatch(name):
        groups = [words[place : place + 3] for place in range(0, len(words) - 2, 3)]
        return _line(name, tuple(group[0] for group in groups), words, None if relative else 1)
    if name in ("mesh", "dmesh", "hklmesh"):
        fast, slow = (_side(words[place : place + 4], relative=relative) for place in (0, 4))
        return Heading(name, (slow, fast), float(words[8]))
    if match := _INDEX.fullmatch(name):
        return _line(name, (match[1].upper(),), words, 0)
    if name.lower() == "hklscan":
        return _line(name, HKL, words, None)
    if match := _PLANE.fullmatch(name):
        return _line(name, (match[1].upper(), match[2].upper()), words, None)
    if name in _TIMES:
        points = _intervals(words[0]) if _TIMES[name] else None
        return Heading(name, (Dimension((ELAPSED,), points),), float(words[1] if _TIMES[name] else words[0]))
    if name == "Escan":
        return _line(name, (), words, 0)
    return Heading(name)


def _line(name: str, axes: tuple[str, ...], words: list[str], first: int | None) -> Heading:
    """Return a scan in one direction, whose last words are intervals and time; `first` is where its ends stand."""
    if any(re.match(r"[-+.\d]", axis) for axis in axes):
        raise ValueError(axes)
    extent = None if first is None else (float(words[first]), float(words[first + 1]))
    return Heading(name, (Dimension(axes, _intervals(words[-2]) + 1, extent),), float(words[-1]))


def _side(words: list[str], *, relative: bool) -> Dimension:
    axis, first, last, intervals = words
    return Dimension((axis,), _intervals(intervals) + 1, None if relative else (float(first), float(last)))


def _intervals(word: str) -> int:
    number = float(word)
    if not 0 <= number < 1e9:
        raise ValueError(word)
    return int(number)
