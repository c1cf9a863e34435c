"""The counts that a detector expects while motors move: its rate integrated over time."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .motor import Motor
    from .rates import Rate

_CELL = 0.25  # model seconds; the integral is kept at multiples, so that reading it often costs and changes nothing
_PART_OF_WIDTH = 0.5  # of a peak's width, that motors may go between one set of nodes and the next
_MOST_PARTS = 1000  # of a piece of a cell, however fast a motor crosses a sharp peak
_EXACT_ENOUGH = 1e-7  # model seconds; what a time since 1970 can tell apart
# Gauss-Legendre with four nodes on [0, 1]: exact for polynomials up to degree 7.
_NODES = (
    (0.06943184420297371, 0.17392742256872692),
    (0.33000947820757187, 0.32607257743127307),
    (0.6699905217924281, 0.32607257743127307),
    (0.9305681557970262, 0.17392742256872692),
)


def narrowest(rate: Rate) -> dict[str, float]:
    """Return the motors that matter for a rate, each with the smallest distance over which it changes the rate much."""
    widths: dict[str, float] = {}
    for motor, width in rate.widths():
        widths[motor] = min(width, widths.get(motor, math.inf))
    return widths


class Exposure:
    """One detector during one count.

    Args:
        rate: counts per second, as a function of the motors.
        widths: the distance over which each motor that matters changes the rate much (`narrowest`).
        motors: all of them, by mnemonic.
        began: model time.

    """

    def __init__(self, rate: Rate, widths: Mapping[str, float], motors: Mapping[str, Motor], began: float) -> None:
        self._rate = rate
        self._widths = widths
        self._motors = {mnemonic: motors[mnemonic] for mnemonic in widths}
        self._began = self._since = began
        self._expected = 0.0
        self.running = True
        """Whether counts arrive; take stock before changing it."""

    def take_stock(self, now: float) -> None:
        """Keep what was expected up to `now`, before a motor starts or ends otherwise than it promised."""
        self._expected = self.expected(now)
        self._since = now

    def expected(self, now: float) -> float:
        """Return the counts expected from the beginning to `now`."""
        if now <= self._since:  # stock was taken just now
            return self._expected
        while self._since < self._moving_until() and (cell := self._cell_after(self._since)) <= now:
            self._expected += self._integral(self._since, cell)
            self._since = cell
        return self._expected + self._integral(self._since, now)

    def time_of(self, expected: float) -> float:
        """Return the model time at which so many counts will be expected, if no motor starts until then."""
        begin, so_far, moving_until = self._since, self._expected, self._moving_until()
        while so_far < expected and begin < moving_until:
            end = min(self._cell_after(begin), moving_until)
            more = self._integral(begin, end)
            if so_far + more >= expected:
                return self._bisect(begin, end, expected - so_far)
            begin, so_far = end, so_far + more
        if so_far >= expected:
            return begin
        rate = self._rate_at(begin) if self.running else 0.0
        return begin + (expected - so_far) / rate if rate > 0 else math.inf

    def _bisect(self, begin: float, end: float, expected: float) -> float:
        low, high = begin, end
        while high - low > _EXACT_ENOUGH:
            middle = (low + high) / 2
            if self._integral(begin, middle) < expected:
                low = middle
            else:
                high = middle
        return high

    def _cell_after(self, time: float) -> float:
        cell = math.floor((time - self._began) / _CELL) + 1
        return max(self._began + cell * _CELL, math.nextafter(time, math.inf))

    def _moving_until(self) -> float:
        return max((motor.motion.ends for motor in self._motors.values() if motor.motion), default=-math.inf)

    def _rate_at(self, time: float) -> float:
        return self._rate({mnemonic: motor.true_at(time) for mnemonic, motor in self._motors.items()})

    def _integral(self, begin: float, end: float) -> float:
        if end <= begin or not self.running:
            return 0.0
        corners = {c for motor in self._motors.values() if motor.motion for c in motor.motion.corners}
        if not corners:
            return self._rate_at(begin) * (end - begin)
        edges = [begin, *sorted(corner for corner in corners if begin < corner < end), end]
        return sum(self._piece(one, other) for one, other in pairwise(edges))

    def _piece(self, begin: float, end: float) -> float:
        """Integrate over a time in which no motor turns round."""
        ways = (
            abs(motor.true_at(end) - motor.true_at(begin)) / (self._widths[mnemonic] * _PART_OF_WIDTH)
            for mnemonic, motor in self._motors.items()
        )
        parts = min(math.ceil(max(ways, default=0.0)), _MOST_PARTS)
        if not parts:
            return self._rate_at(begin) * (end - begin)
        size = (end - begin) / parts
        return size * math.fsum(
            weight * self._rate_at(begin + (part + node) * size) for part in range(parts) for node, weight in _NODES
        )
