"""How the parts of single lines of a SPEC data file are read: names, numbers, rows."""

from __future__ import annotations

import math
import re
from typing import Final

# `#S 1  ascan …`, `#G0 …`, `#@CHANN …`, `#MD key = value`: key, number of the line among its kind, rest.
CONTROL: Final = re.compile(r"#(@?[A-Za-z_]+)(\d*)(?:\s(.*))?", re.DOTALL)
SPECTRUM: Final = re.compile(r"@(\w*)\s?(.*)", re.DOTALL)
NUMBERED: Final = re.compile(r"\s*(\d{1,18})(?:\s+(.*))?", re.DOTALL)
PRESET: Final = re.compile(r"\s*(\S+)\s*(?:\((.*)\))?\s*")
USER: Final = re.compile(r"(.*?)\s*\b[Uu]ser = ?(.*)")
_NAMES: Final = re.compile(r"\t\s*| \s+")


def split_names(text: str, expected: int = 0) -> list[str]:
    """Return names that are separated by two blanks or more, or a tab; a name may have single blanks.

    Args:
        text: the names.
        expected: how many there are, if that is known: where two blanks do not give as many and single blanks do,
            the file was written with single ones.

    """
    text = text.strip()
    found = _NAMES.split(text) if text else []
    single = text.split()
    return single if len(found) != expected == len(single) else found


def parse_numbers(text: str) -> tuple[list[float], list[str]]:
    """Return the numbers in a text, nan for what is none, and what is none."""
    words = text.split()
    if "_" not in text:
        try:
            return list(map(float, words)), []
        except ValueError:
            pass  # found again below, word by word
    numbers, others = [], []
    for word in words:
        try:
            numbers.append(parse_number(word))
        except ValueError:
            numbers.append(math.nan)
            others.append(word)
    return numbers, others


def parse_number(word: str) -> float:
    """Return a number as C writes it.

    Raises:
        ValueError: it is none.

    """
    if "_" in word:  # Python's own notation
        raise ValueError(word)
    return float(word)
