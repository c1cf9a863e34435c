"""Many numbers of a data file at once: the same doubles, bit for bit, as Python makes of each."""

from __future__ import annotations

import struct
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycertifspec.simulator.datafile import Reader
from pycertifspec.simulator.datafile.decimals import MIN_NUMBERS, decimals, is_worth_it

# As SPEC's macros, and others, write them.
FORMS = ("{:.8g}", "{:g}", "{:.15g}", "{:.3f}", "{!r}", "{:.0f}", "{:e}")
numbers = st.floats(allow_nan=False) | st.floats(-1e6, 1e6) | st.integers(-(10**6), 10**6).map(float)


def one_by_one(words: list[str]) -> bytes:
    return struct.pack(f"={len(words)}d", *map(float, words))


@given(st.lists(numbers, min_size=2, max_size=60), st.sampled_from(FORMS), st.sampled_from([" ", "\n"]))
def test_numbers_are_those_that_python_reads(values: list[float], form: str, between: str) -> None:
    words = [form.format(value) for value in values]

    found = decimals(between.join(words), len(words))

    assert found is None or found == one_by_one(words)


@given(st.lists(st.floats(-1e7, 1e7), min_size=8, max_size=60))
def test_what_a_data_file_has_is_read_at_once(values: list[float]) -> None:
    words = [f"{value:.3f}" for value in values]
    assert decimals(" ".join(words), len(words)) == one_by_one(words)


@pytest.mark.parametrize("odd", ["nan", "inf", "-inf", "1e-05", "-1.5E+300", "+7"])
def test_a_few_numbers_may_be_written_in_another_way(odd: str) -> None:
    words = ["1.5", odd, "-0", "-0.00", "12345.678", ".5", "7.", odd, *["3"] * 8]
    found = decimals(" ".join(words), len(words))
    assert found is not None
    assert np.array_equal(np.frombuffer(found), np.array(words, float), equal_nan=True)
    assert np.signbit(np.frombuffer(found)[2:4]).all()


@pytest.mark.parametrize(
    "word",
    [
        "1.2.3", "-", ".", "-.5", "--1", "1-2", "1_0", "x", "é", "", "1234567890123456", "9" * 30, "-" + "9" * 30,
        "0." + "1" * 23, "1\t2", "nan(7)",
    ],
)  # fmt: skip
def test_what_is_not_plain_is_left_to_who_reads_one_by_one(word: str) -> None:
    words = ["1"] * 9 + [word]
    with warnings.catch_warnings(action="error"):
        assert decimals(" ".join(words), len(words)) is None
        assert decimals(" ".join([word, *words[:-1]]), len(words)) is None


def test_many_other_ways_are_left_to_who_reads_one_by_one() -> None:
    assert decimals("1e5 1e6 1e7 4", 4) is None
    assert decimals("1 2 3", 4) is None


def test_it_is_worth_it_for_many_numbers() -> None:
    assert (is_worth_it(MIN_NUMBERS), is_worth_it(MIN_NUMBERS - 1)) == (True, False)


def test_a_row_that_is_damaged_among_many_is_told_and_the_others_are_read() -> None:
    rows = ["1.5 2 -3"] * MIN_NUMBERS
    rows[7] = "1.5 2.x -3"
    reader = Reader()
    reader.feed(("#S 1 x\n#N 3\n#L a  b  c\n" + "\n".join(rows) + "\n").encode())

    scan = reader.file.scans[0]

    assert [problem.line for problem in reader.file.problems] == [11]
    assert scan.data.shape == (MIN_NUMBERS, 3)
    assert np.isnan(scan.data[7]).tolist() == [False, True, False]
    assert (np.delete(scan.data, 7, axis=0) == [1.5, 2, -3]).all()
