"""Rows of numbers, many lines at once: what makes reading a data file fast."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from .decimals import decimals, is_worth_it

if TYPE_CHECKING:
    from collections.abc import Sequence


def parse_rows(lines: Sequence[str], columns: int) -> array[float] | None:
    """Return the numbers of many rows at once; None if any line is not exactly `columns` numbers with single blanks.

    This is what makes reading fast: all numbers are converted in one go. No line has more words than blanks and one; if
    all have as many blanks as fit, and the words are as many as all lines together may have, each line has its share.
    """
    if {line.count(" ") for line in lines} - {columns - 1}:
        return None
    text = "\n".join(lines)
    count = columns * len(lines)
    if is_worth_it(count) and (found := decimals(text, count)) is not None:
        return array("d", found)
    if "_" in text:
        return None
    try:
        values = array("d", list(map(float, text.split())))  # a list is quicker than what it is made of
    except ValueError:
        return None
    return values if len(values) == count else None
