"""Many numbers in a text at once, each the same as Python makes of it alone."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from .parsing import parse_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

# Fewer are converted sooner one by one.
MIN_NUMBERS: Final = 400
# Bytes of a text that takes longer one by one than numpy takes to be imported.
MIN_TEXT: Final = 4 * 1024 * 1024
# Digits that a double holds exactly, and powers of ten that it does: one division of the two rounds as it must.
_MAX_WHOLE: Final = 10**15
_MAX_AFTER: Final = 22
# Of the words, how many may be written otherwise than 12, -0.5: as 1e-05, nan, inf.
_MAX_ODD: Final = 4

_PLAIN: Final = b"0123456789.- \n"
_IS_ODD: Final = bytes(character not in _PLAIN for character in range(256))


def prepare(size: int) -> None:
    """Import numpy if that pays for a text of so many bytes."""
    if size >= MIN_TEXT:
        import numpy as np  # noqa: F401, PLC0415  that is what it is for


def is_worth_it(count: int) -> bool:
    """Return whether `decimals` is quicker for so many numbers: not if numpy had to be imported for it."""
    return count >= MIN_NUMBERS and "numpy" in sys.modules


def decimals(text: str, count: int) -> bytes | None:
    """Return numbers that single blanks or newlines separate, as doubles.

    The digits of all are read as whole numbers, without their points, and each is divided by its power of ten.

    Args:
        text: the numbers.
        count: how many there are, more than one.

    Returns:
        None where they are written in another way, or are none.

    """
    import numpy as np  # noqa: PLC0415  it is there already

    if not text.isascii():
        return None
    data = text.encode()
    chars = np.frombuffer(data, np.uint8)
    ends = np.append(np.flatnonzero(chars <= ord(" ")), len(data))
    if len(ends) != count:
        return None
    odd: Sequence[int] = ()
    if data.translate(None, _PLAIN):
        odd = np.unique(_words(ends, np.flatnonzero(np.frombuffer(data.translate(_IS_ODD), np.uint8)))).tolist()
        if len(odd) > count // _MAX_ODD:
            return None
    try:
        others = [parse_number(data[_start(ends, word) : ends[word]].decode()) for word in odd]
    except ValueError:
        return None
    if odd:
        data, chars = _without(data, odd, ends)
    values = _values(data, chars, ends)
    if values is None:
        return None
    values[list(odd)] = others
    return values.tobytes()


def _values(data: bytes, chars: npt.NDArray[np.uint8], ends: npt.NDArray[np.intp]) -> npt.NDArray[np.float64] | None:
    import numpy as np  # noqa: PLC0415  as above

    minus = np.flatnonzero(chars == ord("-"))
    if len(minus):
        before, after = chars[minus - 1], chars[np.minimum(minus + 1, len(chars) - 1)]
        if ((minus > 0) & (before > ord(" "))).any() or (after < ord("0")).any():
            return None
    dots = np.flatnonzero(chars == ord("."))
    words = _words(ends, dots)
    digits = ends[words] - dots - 1
    if len(dots) and ((np.diff(words) < 1).any() or digits.max() > _MAX_AFTER):
        return None
    wholes = np.fromstring(data.replace(b".", b""), np.int64, sep=" ")
    if len(wholes) != len(ends) or wholes.max() >= _MAX_WHOLE or wholes.min() <= -_MAX_WHOLE:
        return None
    values = wholes.astype(np.float64)
    values[words] /= (10.0 ** np.arange(_MAX_AFTER + 1))[digits]
    negative = _words(ends, minus)
    values[negative[wholes[negative] == 0]] = -0.0  # whole numbers have no such zero
    return values


def _words(ends: npt.NDArray[np.intp], places: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """Return which word each place of the text is in."""
    return ends.searchsorted(places)


def _start(ends: npt.NDArray[np.intp], word: int) -> int:
    return int(ends[word - 1]) + 1 if word else 0


def _without(data: bytes, odd: Sequence[int], ends: npt.NDArray[np.intp]) -> tuple[bytes, npt.NDArray[np.uint8]]:
    """Return the text with zeros where words are written in another way."""
    import numpy as np  # noqa: PLC0415  as above

    rest = bytearray(data)
    for word in odd:
        begin, end = _start(ends, word), int(ends[word])
        rest[begin:end] = b"0" * (end - begin)
    return bytes(rest), np.frombuffer(rest, np.uint8)
