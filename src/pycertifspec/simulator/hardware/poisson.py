"""Chance that does not depend on when one looks: a Poisson process as a pure function of a key.

Arrivals at unit rate are laid out from 0 on, once and for all, by the key: how many there are in [0, 1), [1, 2),
[2, 4), [4, 8) ... is drawn, and how they fall on the halves of each, down to single arrivals. A detector that
expects 12.3 counts by now has counted the arrivals up to 12.3. So its live values only grow, its final value is the
same whether anyone read it before, and the moment of a monitor's last count is known in advance.
"""

from __future__ import annotations

import math
import random

_FEW = 16  # arrivals that are placed one by one
_SMALL_MEAN = 32.0  # up to here counts are drawn by Knuth's product of uniforms; beyond, a normal is as good
_MOST_BITS = 4096  # up to here halves are drawn by tossing coins; beyond, a normal is as good


class PoissonProcess:
    """Arrivals at unit rate.

    Args:
        key: the same key gives the same arrivals.

    """

    def __init__(self, key: str) -> None:
        self._key = key
        self._blocks: dict[float, int] = {}
        self._halves: dict[tuple[float, float], int] = {}

    def count(self, expected: float) -> int:
        """Return how many arrivals there are up to `expected`."""
        low, high, before = 0.0, 1.0, 0
        while expected >= high:
            before += self._block(low, high)
            low, high = high, 2 * high
        inside = self._block(low, high)
        while inside > _FEW:
            middle, left = (low + high) / 2, self._left(low, high, inside)
            if expected < middle:
                high, inside = middle, left
            else:
                low, inside, before = middle, inside - left, before + left
        return before + sum(arrival <= expected for arrival in self._arrivals(low, high, inside))

    def reach(self, number: int) -> float:
        """Return where the arrival of this number is: the least `expected` of which the count is as high."""
        if number <= 0:
            return 0.0
        low, high, left_over = 0.0, 1.0, number
        while (inside := self._block(low, high)) < left_over:
            left_over -= inside
            low, high = high, 2 * high
        while inside > _FEW:
            middle, left = (low + high) / 2, self._left(low, high, inside)
            if left_over <= left:
                high, inside = middle, left
            else:
                low, inside, left_over = middle, inside - left, left_over - left
        return self._arrivals(low, high, inside)[left_over - 1]

    def _random(self, *what: float) -> random.Random:
        return random.Random(f"{self._key}/{what}")  # noqa: S311  chance that must repeat, not a secret

    def _block(self, low: float, high: float) -> int:
        if high not in self._blocks:
            self._blocks[high] = _poisson(high - low, self._random(high))
        return self._blocks[high]

    def _left(self, low: float, high: float, inside: int) -> int:
        if (low, high) not in self._halves:
            self._halves[low, high] = _heads(inside, self._random(low, high))
        return self._halves[low, high]

    def _arrivals(self, low: float, high: float, inside: int) -> list[float]:
        chance = self._random(low, high, inside)
        return sorted(low + (high - low) * chance.random() for _ in range(inside))


def _poisson(mean: float, chance: random.Random) -> int:
    if mean > _SMALL_MEAN:
        return max(0, round(chance.gauss(mean, math.sqrt(mean))))
    number, product, limit = 0, chance.random(), math.exp(-mean)
    while product > limit:
        number += 1
        product *= chance.random()
    return number


def _heads(coins: int, chance: random.Random) -> int:
    if coins <= _MOST_BITS:
        return chance.getrandbits(coins).bit_count()
    return min(coins, max(0, round(chance.gauss(coins / 2, math.sqrt(coins) / 2))))
