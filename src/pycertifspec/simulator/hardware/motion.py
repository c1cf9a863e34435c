"""The way of a motor, as a function of time: legs at trapezoidal speed, cut short where something stops them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum, auto
from functools import cached_property
from itertools import accumulate, pairwise

_STEP_TOLERANCE = 1e-6  # steps; a whole step that rounding of the time leaves a hair incomplete is complete


@dataclass(frozen=True)
class Leg:
    """One stretch from rest to rest: from base rate to slew rate and back, or less far up when it is short.

    Attributes:
        steps: the way, with its direction.
        base_rate: speed at which it starts and stops at once, in steps/s.
        slew_rate: speed at which it runs, in steps/s, more than 0.
        ramp: time from base to slew rate, in seconds.

    """

    steps: int
    base_rate: float
    slew_rate: float
    ramp: float

    @cached_property
    def distance(self) -> int:
        """Steps, without direction."""
        return abs(self.steps)

    @cached_property
    def _start_rate(self) -> float:
        return min(self.base_rate, self.slew_rate) if self.ramp > 0 else self.slew_rate

    @cached_property
    def acceleration(self) -> float:
        """Change of speed while ramping, in steps/s²."""
        return (self.slew_rate - self._start_rate) / self.ramp if self.ramp > 0 else 0.0

    @cached_property
    def peak_rate(self) -> float:
        """Highest speed that is reached, in steps/s."""
        return min(self.slew_rate, math.sqrt(self._start_rate**2 + self.acceleration * self.distance))

    @cached_property
    def _ramp_distance(self) -> float:
        if not self.acceleration:
            return 0.0
        return min(self.distance / 2, (self.peak_rate**2 - self._start_rate**2) / (2 * self.acceleration))

    @cached_property
    def _ramp_time(self) -> float:
        return self._ramping(self._ramp_distance)

    @cached_property
    def duration(self) -> float:
        """Seconds from start to end."""
        if not self.distance:
            return 0.0
        return 2 * self._ramp_time + (self.distance - 2 * self._ramp_distance) / self.peak_rate

    @property
    def corners(self) -> tuple[float, ...]:
        """Times after the start at which the acceleration changes, in seconds."""
        return (0.0, self._ramp_time, self.duration - self._ramp_time, self.duration)

    def _ramping(self, distance: float) -> float:
        """Return the time to ramp up over a distance; so written that nothing small is divided by."""
        if distance <= 0:
            return 0.0
        return 2 * distance / (self._start_rate + math.sqrt(self._start_rate**2 + 2 * self.acceleration * distance))

    def _ramped(self, seconds: float) -> float:
        return (self._start_rate + self.acceleration * seconds / 2) * seconds

    def travelled(self, seconds: float) -> float:
        """Return the steps that are done so long after the start, without direction."""
        left = self.duration - seconds
        if seconds <= 0:
            return 0.0
        if left <= 0:
            return float(self.distance)
        if seconds < self._ramp_time:
            return min(self._ramped(seconds), self._ramp_distance)
        if left < self._ramp_time:
            return max(self.distance - self._ramped(left), self.distance - self._ramp_distance)
        return self._ramp_distance + self.peak_rate * (seconds - self._ramp_time)

    def time_to(self, distance: float) -> float:
        """Return the seconds after which so many steps are done: `travelled` the other way round."""
        if distance >= self.distance:
            return self.duration
        if distance <= self._ramp_distance:
            return self._ramping(distance)
        if distance >= self.distance - self._ramp_distance:
            return self.duration - self._ramping(self.distance - distance)
        return self._ramp_time + (distance - self._ramp_distance) / self.peak_rate


@dataclass(frozen=True)
class Path:
    """Legs, one after the other, from a step on."""

    start: int
    legs: tuple[Leg, ...]

    @cached_property
    def stations(self) -> tuple[int, ...]:
        """The step where each leg begins, and the last one's end."""
        return tuple(accumulate((leg.steps for leg in self.legs), initial=self.start))

    @cached_property
    def length(self) -> int:
        """Steps of the whole way, back and forth."""
        return sum(leg.distance for leg in self.legs)

    @cached_property
    def duration(self) -> float:
        """Seconds from start to end."""
        return math.fsum(leg.duration for leg in self.legs)

    @cached_property
    def corners(self) -> tuple[float, ...]:
        """Times after the start at which the acceleration changes, in seconds."""
        begins = accumulate((leg.duration for leg in self.legs), initial=0.0)
        return tuple(begin + corner for begin, leg in zip(begins, self.legs, strict=False) for corner in leg.corners)

    def at(self, seconds: float) -> float:
        """Return the place so long after the start, in fractions of a step."""
        for station, leg in zip(self.stations, self.legs, strict=False):
            if seconds < leg.duration:
                return station + math.copysign(leg.travelled(seconds), leg.steps)
            seconds -= leg.duration
        return float(self.stations[-1])

    def step_at(self, seconds: float) -> int:
        """Return the last whole step that was done so long after the start."""
        for station, leg in zip(self.stations, self.legs, strict=False):
            if seconds < leg.duration:
                done = math.floor(leg.travelled(seconds) + _STEP_TOLERANCE)
                return station + int(math.copysign(done, leg.steps))
            seconds -= leg.duration
        return self.stations[-1]

    def time_to(self, length: float) -> float:
        """Return the seconds after which so many steps of the way are done."""
        seconds = 0.0
        for leg in self.legs:
            if length <= leg.distance:
                return seconds + leg.time_to(length)
            seconds += leg.duration
            length -= leg.distance
        return seconds

    def place_after(self, length: int) -> int:
        """Return the step that is reached after so many steps of the way."""
        for station, leg in zip(self.stations, self.legs, strict=False):
            if length <= leg.distance:
                return station + int(math.copysign(length, leg.steps))
            length -= leg.distance
        return self.stations[-1]

    def direction_after(self, length: int) -> int:
        """Return which way it goes when so many steps of the way are done: +1 or -1."""
        for leg in self.legs:
            if length <= leg.distance:
                return -1 if leg.steps < 0 else 1
            length -= leg.distance
        return 1

    def length_until_outside(self, low: float, high: float) -> int | None:
        """Return how much of the way is done when it reaches `low` going down or `high` going up; None if never."""
        done = 0
        for (begin, end), leg in zip(pairwise(self.stations), self.legs, strict=True):
            if end > begin and end >= high:
                return done + max(0, math.ceil(high) - begin)
            if end < begin and end <= low:
                return done + max(0, begin - math.floor(low))
            done += leg.distance
        return None


class Ending(Enum):
    """Why a motion ends."""

    ARRIVED = auto()
    LOW_STEP_SWITCH = auto()
    HIGH_STEP_SWITCH = auto()
    STALLED = auto()


@dataclass(frozen=True, slots=True)
class Homing:
    """What a search is for.

    Attributes:
        sought: the ending that is a success.
        steps: what the place is called then; None to leave it.

    """

    sought: Ending
    steps: int | None = None


@dataclass(frozen=True)
class Motion:
    """A path with its place in time and its end.

    Attributes:
        path: where it would go.
        begins: model time at which it begins to move.
        length: steps of the way after which it ends.
        ending: why it ends there.
        lost: steps by which the motor is short of where SPEC believes it to be, in the end.
        homing: what follows if it is a search and finds what it looks for, or None.

    """

    path: Path
    begins: float
    length: int
    ending: Ending = Ending.ARRIVED
    lost: int = 0
    homing: Homing | None = None

    @cached_property
    def ends(self) -> float:
        """Model time at which it ends."""
        return self.begins + self.path.time_to(self.length)

    @cached_property
    def final(self) -> int:
        """The step on which it ends."""
        return self.path.place_after(self.length)

    @cached_property
    def corners(self) -> tuple[float, ...]:
        """Model times at which the acceleration changes."""
        inside = (self.begins + corner for corner in self.path.corners)
        return (*(corner for corner in inside if corner < self.ends), self.ends)

    def at(self, now: float) -> float:
        """Return the place at a time, in fractions of a step."""
        return float(self.final) if now >= self.ends else self.path.at(max(0.0, now - self.begins))

    def step_at(self, now: float) -> int:
        """Return the last whole step that is done at a time."""
        return self.final if now >= self.ends else self.path.step_at(max(0.0, now - self.begins))
