"""Which label belongs to which number: as printf() sets them, wherever a name or a number fills its column."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycertifspec.session.scan_columns import MAX_COLUMNS, column_names, unique


def printed(columns: list[tuple[str, int, str]]) -> tuple[str, str]:
    """Return both lines, of names, widths and numbers."""
    labels = "  # " + " ".join(f"{name[:width]:>{width}}" for name, width, _ in columns)
    return labels, "  0 " + " ".join(f"{number:>{width}}" for _, width, number in columns)


def read(*columns: tuple[str, int, str]) -> Any:
    return column_names(*printed(list(columns)))


def test_names_with_a_blank_between_them_stand_above_their_numbers() -> None:
    assert read(("Two Theta", 9, "1.0000"), ("Ion Chamber", 11, "5"), ("Fluorescence", 11, "17"), ("Sec", 10, "1")) == (
        "Two Theta",
        "Ion Chamber",
        "Fluorescenc",
        "Sec",
    )


@pytest.mark.parametrize("number", ["12345.0000", "-123456.0000", "1234567890.0000"])
def test_a_number_that_is_wider_than_its_column_shifts_the_others_and_no_name(number: str) -> None:
    columns = [("Two Theta", 9, number), ("Ion Chamber", 11, "50023"), ("Monitor A B", 11, number), ("Sec", 10, "1")]

    assert read(*columns) == ("Two Theta", "Ion Chamber", "Monitor A B", "Sec")


def test_a_number_that_fills_its_column_is_one_blank_behind_the_last() -> None:
    columns = [("Two Theta", 9, "-123.4567"), ("Detector", 8, "12345678"), ("Ion Chm", 8, "1234567890"), ("S", 10, "1")]

    assert read(*columns) == ("Two Theta", "Detector", "Ion Chm", "S")


def test_the_number_of_a_point_may_be_wider_than_its_column_too() -> None:
    assert column_names("  # Two Theta Detector", "10000    1.0000       17") == ("Two Theta", "Detector")


NAME = st.from_regex(re.compile(r"[A-Za-z0-9]{1,5}( [A-Za-z0-9]{1,4}){0,2}", re.ASCII), fullmatch=True)


@given(st.lists(st.tuples(NAME, st.integers(0, 3), st.integers(0, 9)), min_size=1, max_size=12))
def test_where_no_number_is_too_wide_each_name_is_found(drawn: Any) -> None:
    names = [name for name, _, _ in drawn]
    columns = [(name, len(name) + more, str(number)) for name, more, number in drawn]

    assert read(*columns) == tuple(unique(names))


@pytest.mark.parametrize("line", ["  0", "  0 1", "  0 1 2 3 4 5 6 7 8", "  0" + " 1" * MAX_COLUMNS])
def test_a_line_with_fewer_numbers_than_names_or_more_than_words_is_no_point(line: str) -> None:
    assert column_names("  # Two Theta  Detector   Sec", line) is None


def test_columns_have_numbers_where_no_name_fits() -> None:
    assert column_names("  # Aaa Bbb  Ccc Ddd", "  0    1    22      3      4") == (
        "column_1",
        "column_2",
        "column_3",
        "column_4",
    )


def test_names_that_come_twice_are_told_apart() -> None:
    assert unique(["a", "", "a", "a_2"]) == ["a", "column_2", "a_3", "a_2"]


@given(st.text(max_size=200), st.text(max_size=200))
def test_no_line_is_too_strange(labels: str, line: str) -> None:
    column_names(labels, line)
