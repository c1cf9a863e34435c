"""Names of a scan's columns on the screen: each stands above the right end of its numbers (SPEC_LANGUAGE.md 8.3)."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# Columns of a scan on the screen; a line of a terminal has room for twenty.
MAX_COLUMNS = 100
# Words of one name, which has at most 15 characters (SPEC_LANGUAGE.md 1.2).
MAX_WORDS = 8

_WORD = re.compile(r"\S+")
# Names have single blanks in them, and where one fills its column, a single blank before the next.
_GAP = re.compile(r" {2,}")


def column_names(labels: str, line: str) -> tuple[str, ...] | None:
    """Return the columns' names without that of the point's number; None if the line cannot be a point's.

    A number wider than its column shifts what follows it in its line; it has no more than one blank before it then.
    Of all ways to share the words of the labels among the numbers, that with the fewest shifts is taken; columns are
    called ``column_3`` where none fits.

    Args:
        labels: the line of labels, which begins with ``#``.
        line: the first point's.

    """
    words = [match.span() for match in _WORD.finditer(labels)]
    numbers = [match.span() for match in _WORD.finditer(line)]
    chunks = _GAP.split(labels.strip())
    if not len(chunks) <= len(numbers) <= len(words) or len(numbers) > MAX_COLUMNS:
        return None
    if len(chunks) == len(numbers):
        found = chunks[1:]
    else:
        ends = _ends(words, numbers)
        if ends is None:
            found = [""] * (len(numbers) - 1)
        else:
            found = [labels[words[before + 1][0] : words[end][1]] for before, end in pairwise(ends)]
    return tuple(unique(found))


def _ends(words: list[tuple[int, int]], numbers: list[tuple[int, int]]) -> list[int] | None:
    """Return with which word each name ends, or None if no choice fits."""
    room = len(words) - len(numbers)  # so many words may be further ones of their names
    # For each number the words that its name may end with: how many shifts that takes, and the word of the name before.
    ways: list[dict[int, tuple[int, int]]] = [{0: (0, -1)}] if words and numbers else []
    for place in range(1, len(numbers)):
        start, end = numbers[place]
        may_shift = start - numbers[place - 1][1] == 1
        found: dict[int, tuple[int, int]] = {}
        for before, (shifts, _) in ways[-1].items():
            old = numbers[place - 1][1] - words[before][1]
            for word in range(before + 1, min(before + MAX_WORDS, place + room) + 1):
                if word > before + 1 and words[word][0] - words[word - 1][1] > 1:
                    break  # two blanks stand between two names
                new = end - words[word][1]
                if new == old or (new > old and may_shift):
                    way = (shifts + (new != old), before)
                    found[word] = min(way, found.get(word, way))
        ways.append(found)
    last = len(words) - 1
    if not ways or last not in ways[-1]:
        return None
    ends = [last]
    for found in reversed(ways[1:]):
        ends.append(found[ends[-1]][1])
    return ends[::-1]


def unique(names: Sequence[str]) -> list[str]:
    """Return names of which none is empty and no two are equal.

    One that is missing is called ``column_7``; what comes again gets a number: ``det_2``.
    """
    named = [name or f"column_{place + 1}" for place, name in enumerate(names)]
    taken = set(named)
    seen: Counter[str] = Counter()
    found = []
    for name in named:
        seen[name] += 1
        chosen, turn = name, seen[name]
        while turn > 1 and chosen in taken:
            chosen, turn = f"{name}_{turn}", turn + 1
        taken.add(chosen)
        found.append(chosen)
    return found
