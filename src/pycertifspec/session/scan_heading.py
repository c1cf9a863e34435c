"""`Heading`: what a scan's heading says of it: ``mesh  th 0 1 10  phi 0 5 4  0.1`` (SPEC_LANGUAGE.md 8.1)."""

from __future__ import annotations

import math
import re
from itertools import pairwise
from typing import NamedTuple

# Motors in one heading: more than any scan moves, few enough to look at.
MAX_MOTORS = 100

_MNEMONIC = re.compile(r"[A-Za-z_]\w*$")
_HKL = re.compile(r"hkl(?:scan|mesh)|[hkl]scan|(?:hk|hl|kl)(?:circle|radial)")


class Heading(NamedTuple):
    """What is scanned, and how far.

    Attributes:
        motors: mnemonics in order; of a mesh the fast one first.
        scanned: the columns that come first, as far as the heading names them: mnemonics, H K L, or Time.
        shape: points along each axis, the slow one first: ``(21,)``, ``(5, 11)``; None if the heading does not say.

    """

    motors: tuple[str, ...] = ()
    scanned: tuple[str, ...] = ()
    shape: tuple[int, ...] | None = None

    @property
    def expected(self) -> int | None:
        """How many points there will be, or None."""
        return None if self.shape is None else math.prod(self.shape)


def heading(command: str) -> Heading:
    """Return what a heading says; of a site's own scan it may be only which motors there are."""
    name, *words = command.split() or [""]
    if name in {"timescan", "loopscan"}:  # points of the one, as the other has no end
        points = _count(words[:1]) if name == "loopscan" else None
        return Heading((), ("Time",), (points,) if points else None)
    if name in {"mesh", "hklmesh"}:
        return _mesh(name, words)
    intervals = _count(words[-2:-1])
    if _HKL.fullmatch(name):
        return Heading((), ("H", "K", "L"), (intervals + 1,) if intervals else None)
    motors = _motors(words)
    # Each motor with its start and finish, then intervals and time; Escan and its like have no motor there.
    whole = len(words) == 3 * len(motors) + 2 if motors else len(words) == 4
    return Heading(motors, motors, (intervals + 1,) if intervals and whole else None)


def _mesh(name: str, words: list[str]) -> Heading:
    """Return what ``mesh  th 0 1 10  phi 0 5 4  0.1`` says: intervals of the fast axis, then of the slow one."""
    fast, slow = _count(words[3:4]), _count(words[7:8])
    shape = (slow + 1, fast + 1) if fast and slow else None
    if name == "hklmesh":
        return Heading((), ("H", "K", "L"), shape)
    motors = _motors(words)
    return Heading(motors, motors, shape if len(motors) == 2 else None)


def _motors(words: list[str]) -> tuple[str, ...]:
    """Return the mnemonics: names with a number behind them."""
    found = [word for word, after in pairwise(words) if _MNEMONIC.match(word) and not _MNEMONIC.match(after)]
    return tuple(found[:MAX_MOTORS])


def _count(words: list[str]) -> int | None:
    """Return a number of points or intervals, None if it is none."""
    return int(words[0]) if words and words[0].isdecimal() and len(words[0]) < 10 else None
