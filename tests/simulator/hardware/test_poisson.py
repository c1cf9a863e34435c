"""Chance that does not depend on when one looks."""

from __future__ import annotations

import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycertifspec.simulator.hardware.poisson import PoissonProcess

keys = st.text("abc", min_size=1, max_size=5)
amounts = st.floats(0, 1e9)


@given(keys, st.lists(amounts, max_size=5), amounts)
def test_a_count_is_the_same_whatever_was_read_before(key: str, read_before: list[float], expected: float) -> None:
    process = PoissonProcess(key)
    for amount in read_before:
        process.count(amount)

    assert process.count(expected) == PoissonProcess(key).count(expected)


@given(keys, amounts, amounts)
def test_counts_only_grow(key: str, one: float, other: float) -> None:
    process = PoissonProcess(key)
    low, high = sorted((one, other))

    assert 0 <= process.count(low) <= process.count(high)


@given(keys, st.integers(1, 10**8))
def test_the_nth_arrival_is_where_the_count_becomes_n(key: str, number: int) -> None:
    process = PoissonProcess(key)
    arrival = process.reach(number)

    assert process.count(arrival) == number
    assert process.count(math.nextafter(arrival, 0)) < number


def test_nothing_is_expected_and_nothing_comes() -> None:
    assert PoissonProcess("a").count(0.0) == 0
    assert PoissonProcess("a").reach(0) == 0.0


@pytest.mark.parametrize("huge", [2.0**50, 1e18, 1e300])
def test_more_counts_than_a_double_tells_apart_come_as_they_are_expected(huge: float) -> None:
    assert PoissonProcess("a").count(huge) == huge
    assert PoissonProcess("a").reach(int(huge)) == huge


def spread(expected: float) -> tuple[float, float]:
    """Return mean and variance of many counts, over what they should be."""
    counts = [PoissonProcess(f"{seed}").count(expected) for seed in range(600)]
    return statistics.fmean(counts) / expected, statistics.variance(counts) / expected


def test_counts_have_the_mean_and_the_variance_of_poisson() -> None:
    for expected in (0.7, 5.0, 77.0, 3000.0, 123_456.0):
        mean, variance = spread(expected)
        assert abs(mean - 1) < 5 / math.sqrt(600 * expected)
        assert 0.7 < variance < 1.35


def test_counts_of_one_time_do_not_tell_those_of_the_next() -> None:
    pairs = [(process.count(50.0), process.count(100.0)) for process in map(PoissonProcess, map(str, range(600)))]
    first, second = zip(*((early, late - early) for early, late in pairs), strict=True)

    assert abs(statistics.correlation(first, second)) < 0.2
