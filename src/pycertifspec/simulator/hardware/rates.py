"""How many counts a second a detector sees where the motors are: peaks, edges, their sums and products."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Rate(Protocol):
    """Counts per second, or a factor of it, as a function of the motors' positions."""

    def __call__(self, positions: Mapping[str, float]) -> float:
        """Return the rate where the motors are, by mnemonic, in user units."""
        ...

    def widths(self) -> Iterator[tuple[str, float]]:
        """Yield the motors that matter, each with the distance over which it changes the rate much."""
        ...


def _check(rate: Constant | Peak | Step, *, positive: str = "", not_zero: str = "") -> None:
    """Refuse numbers with which nothing can be counted.

    Raises:
        ValueError: a height is negative, a width is zero, or a number is not finite.

    """
    for name in rate.__slots__:
        value = getattr(rate, name)
        if not isinstance(value, (int, float)):
            continue
        expected = "a finite number"
        good = math.isfinite(value)
        if name in ("rate", "height"):
            expected, good = "zero or more", good and value >= 0
        elif name == positive:
            expected, good = "a positive number", good and value > 0
        elif name == not_zero:
            expected, good = "a number that is not zero", good and value != 0
        if not good:
            raise ValueError(f"{name} is {value!r}, expected {expected}")


class Shape(StrEnum):
    """Of a peak."""

    GAUSSIAN = "gaussian"
    LORENTZIAN = "lorentzian"


@dataclass(frozen=True, slots=True)
class Constant:
    """The same everywhere, in counts per second."""

    rate: float

    def __post_init__(self) -> None:
        _check(self)

    def __call__(self, positions: Mapping[str, float]) -> float:  # noqa: ARG002  it is the same everywhere
        """Return the rate."""
        return self.rate

    def widths(self) -> Iterator[tuple[str, float]]:
        """Yield nothing: no motor matters."""
        yield from ()


@dataclass(frozen=True, slots=True)
class Peak:
    """A peak along one motor.

    Attributes:
        motor: its mnemonic.
        center: user position of the peak.
        fwhm: full width at half maximum, in the motor's unit.
        height: at the center; counts per second, or a factor.
        shape: Gaussian or Lorentzian.

    """

    motor: str
    center: float
    fwhm: float
    height: float = 1.0
    shape: Shape = Shape.GAUSSIAN

    def __post_init__(self) -> None:
        _check(self, positive="fwhm")

    def __call__(self, positions: Mapping[str, float]) -> float:
        """Return the rate where the motors are."""
        distance = 2 * (positions[self.motor] - self.center) / self.fwhm
        if self.shape is Shape.LORENTZIAN:
            return self.height / (1 + distance * distance)
        return self.height * math.exp(-math.log(2) * distance * distance)

    def widths(self) -> Iterator[tuple[str, float]]:
        """Yield the motor and the full width."""
        yield self.motor, self.fwhm


@dataclass(frozen=True, slots=True)
class Step:
    """From nothing to everything along one motor, as behind a blade or across an absorption edge.

    Attributes:
        motor: its mnemonic.
        center: user position where half is reached.
        width: distance from 12 % to 88 %, in the motor's unit; negative: it falls.
        height: counts per second above, or a factor.

    """

    motor: str
    center: float
    width: float
    height: float = 1.0

    def __post_init__(self) -> None:
        _check(self, not_zero="width")

    def __call__(self, positions: Mapping[str, float]) -> float:
        """Return the rate where the motors are."""
        return self.height * math.erfc(-(positions[self.motor] - self.center) / self.width * 5 / 3) / 2

    def widths(self) -> Iterator[tuple[str, float]]:
        """Yield the motor and the width."""
        yield self.motor, abs(self.width)


@dataclass(frozen=True, slots=True)
class Sum:
    """All of these together."""

    terms: tuple[Rate, ...]

    def __call__(self, positions: Mapping[str, float]) -> float:
        """Return the rate where the motors are."""
        return sum(term(positions) for term in self.terms)

    def widths(self) -> Iterator[tuple[str, float]]:
        """Yield the terms' motors and widths."""
        for term in self.terms:
            yield from term.widths()


@dataclass(frozen=True, slots=True)
class Product:
    """These multiplied: a peak in several motors, or what a slit lets through of it."""

    factors: tuple[Rate, ...]

    def __call__(self, positions: Mapping[str, float]) -> float:
        """Return the rate where the motors are; where one factor is nothing the others are not asked."""
        rate = 1.0
        for factor in self.factors:
            rate *= factor(positions)
            if not rate:
                break
        return rate

    def widths(self) -> Iterator[tuple[str, float]]:
        """Yield the factors' motors and widths."""
        for factor in self.factors:
            yield from factor.widths()
