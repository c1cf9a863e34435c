"""What a curve's peak is like: where it is highest, its centre of mass, its width at half of its maximum."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class Peak(NamedTuple):
    """A curve's peak, as SPEC's plots have it (SPEC_LANGUAGE.md 8.3).

    Attributes:
        x: where the curve is highest.
        y: how high.
        com: centre of mass; where it is highest if all of it is 0.
        fwhm: full width at half of the maximum.
        center: middle between both places where it falls to half of the maximum.

    """

    x: float
    y: float
    com: float
    fwhm: float
    center: float


def peak(x: Sequence[float], y: Sequence[float]) -> Peak | None:
    """Return the peak of a curve; None if it has no point. Points that are no finite numbers are left out."""
    points = [(a, b) for a, b in zip(x, y, strict=True) if math.isfinite(a) and math.isfinite(b)]
    if not points:
        return None
    xs, ys = [a for a, _ in points], [b for _, b in points]
    top = max(range(len(ys)), key=ys.__getitem__)
    weight = math.fsum(ys)
    com = math.fsum(a * b for a, b in points) / weight if weight else xs[top]
    low, high = half_maximum(xs, ys)
    return Peak(xs[top], ys[top], com, high - low, (low + high) / 2)


def half_maximum(x: Sequence[float], y: Sequence[float]) -> tuple[float, float]:
    """Return where the curve around its maximum falls to half of it: below and above."""
    top = max(range(len(y)), key=y.__getitem__)
    half = y[top] / 2

    def crossing(step: int, end: int) -> float:
        at = top
        while at != end and y[at] > half:
            at += step
        before = at - step
        if y[at] > half or at == top or y[before] == y[at]:
            return x[at]
        return x[at] + (x[before] - x[at]) * (half - y[at]) / (y[before] - y[at])

    ends = crossing(-1, 0), crossing(1, len(y) - 1)
    return min(ends), max(ends)
