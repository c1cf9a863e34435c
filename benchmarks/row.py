"""`Row`: one measured figure beside its limit and its target."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from statistics import median
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Target:
    """What was promised, of the figure itself or of its ratio to the limit."""

    of: Literal["figure", "ratio"]
    sign: Literal["<=", ">="]
    value: float

    def __str__(self) -> str:
        return f"{self.of} {self.sign} {self.value:,g}"

    def reached_by(self, value: float) -> bool:
        """Tell whether `value` keeps the promise."""
        return value <= self.value if self.sign == "<=" else value >= self.value


@dataclass(frozen=True)
class Row:
    """One line of the report.

    Attributes:
        name: what was measured.
        unit: of the figure and of the limit.
        figure: ours, the median of the rounds.
        limit: the same of the barest loop, measured between our rounds; None where there is none.
        ratio: figure by limit: the median of the rounds' ratios, which is not the ratio of the medians.
        noise: how far the limit's rounds are apart: the distance of their quartiles by their median.
        target: what was promised; None for a row that is there to compare with.

    """

    name: str
    unit: str
    figure: float
    limit: float | None = None
    ratio: float | None = None
    noise: float | None = None
    target: Target | None = None

    @property
    def reached(self) -> bool | None:
        """Whether the target is reached; None without one."""
        value = self.figure if self.target is None or self.target.of == "figure" else self.ratio
        return None if self.target is None or value is None else self.target.reached_by(value)

    def as_dict(self) -> dict[str, Any]:
        """Return the row for `--json`."""
        return {**asdict(self), "reached": self.reached}


def compare(name: str, unit: str, ours: Sequence[float], bare: Sequence[float], target: Target | None = None) -> Row:
    """Make a row of two series that were measured by turns: a round's ratio is of its own two figures."""
    ratios = [a / b for a, b in zip(ours, bare, strict=True)]
    return Row(name, unit, median(ours), median(bare), median(ratios), spread(bare), target)


def spread(values: Sequence[float]) -> float:
    """Return the distance of the quartiles by the median: 0 for a quiet machine."""
    ordered = sorted(values)
    quarter = len(ordered) // 4
    return (ordered[-1 - quarter] - ordered[quarter]) / median(ordered)
