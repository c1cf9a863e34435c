"""Chance that does not depend on when one looks: a Poisson process as a pure function of a key.

Arrivals at unit rate are laid out from 0 on, once and for all, by the key: how many there are in [0, 32), [32, 64),
[64, 128) ... is drawn, and how they fall on the halves of each, down to single arrivals. A detector that
expects 12.3 counts by now has counted the arrivals up to 12.3. So its live values only grow, its final value is the
same whether anyone read it before, and the moment of a monitor's last count is known in advance.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from hashlib import blake2b
from itertools import accumulate
from struct import Struct

_FIRST_BLOCK = 32.0  # most detectors see more in a count, and each block costs a draw
_FEW = 16  # arrivals that are placed one by one
# Beyond so many arrivals halves of a block can no longer be told apart in a double, and noise is below one in 10^7:
# what is expected is what comes.
_MOST = 2.0**50
_MOST_BITS = 512  # up to here halves are drawn by tossing coins; beyond, a normal is as good

# A draw is 64 bytes of a hash: 512 coins, or 16 numbers in [0, 1). It costs a fifth of seeding a generator.
_numbers = Struct("<16I").unpack
_WHOLE = 2.0**32


class PoissonProcess:
    """Arrivals at unit rate.

    Args:
        key: the same key gives the same arrivals.

    """

    def __init__(self, key: str) -> None:
        self._hash = blake2b(key.encode(), digest_size=64)
        self._blocks: dict[float, int] = {}
        self._halves: dict[tuple[float, float], int] = {}

    def count(self, expected: float) -> int:
        """Return how many arrivals there are up to `expected`."""
        if not 0 < expected < _MOST:
            return 0 if not expected > 0 else int(expected)
        low, high, before = 0.0, _FIRST_BLOCK, 0
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
        if not 0 < number < _MOST:
            return max(0.0, float(number))
        low, high, left_over = 0.0, _FIRST_BLOCK, number
        while (inside := self._block(low, high)) < left_over:
            left_over -= inside
            low, high = high, 2 * high
        while inside > _FEW:
            middle, left = (low + high) / 2, self._left(low, high, inside)
            if left_over <= left:
                high, inside = middle, left
            else:
                low, inside, left_over = middle, inside - left, left_over - left
        return sorted(self._arrivals(low, high, inside))[left_over - 1]

    def _draw(self, *what: float) -> bytes:
        chance = self._hash.copy()
        chance.update(repr(what).encode())
        return chance.digest()

    def _block(self, low: float, high: float) -> int:
        if high not in self._blocks:
            self._blocks[high] = _poisson(high - low, self._draw(high))
        return self._blocks[high]

    def _left(self, low: float, high: float, inside: int) -> int:
        if (low, high) not in self._halves:
            self._halves[low, high] = _heads(inside, self._draw(low, high))
        return self._halves[low, high]

    def _arrivals(self, low: float, high: float, inside: int) -> list[float]:
        size = (high - low) / _WHOLE
        return [low + size * number for number in _numbers(self._draw(low, high, inside))[:inside]]


def _normal(chance: bytes) -> float:
    """Return a normal deviate (Box and Muller)."""
    one, other = _numbers(chance)[:2]
    return math.sqrt(-2 * math.log((one + 1) / _WHOLE)) * math.cos(2 * math.pi * other / _WHOLE)


# How probable it is that the first block has at most so many arrivals; what is left out beyond is below 1e-12.
_AT_MOST = tuple(
    accumulate(math.exp(n * math.log(_FIRST_BLOCK) - _FIRST_BLOCK - math.lgamma(n + 1)) for n in range(100))
)


def _poisson(mean: float, chance: bytes) -> int:
    if mean == _FIRST_BLOCK:
        return bisect_right(_AT_MOST, _numbers(chance)[0] / _WHOLE)
    return max(0, round(mean + math.sqrt(mean) * _normal(chance)))


def _heads(coins: int, chance: bytes) -> int:
    if coins <= _MOST_BITS:
        return (int.from_bytes(chance, "little") & ((1 << coins) - 1)).bit_count()
    return min(coins, max(0, round((coins + math.sqrt(coins) * _normal(chance)) / 2)))
