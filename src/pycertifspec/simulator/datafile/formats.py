"""How each line of a SPEC data file is written: the one place where the formats stand (SPEC_LANGUAGE.md 8.4)."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Final

from pycertifspec.errors import DataFileError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# Names and positions in one line; the lines of a kind are numbered.
PER_LINE: Final = 8
# Channels of a spectrum in one line, where nobody says otherwise.
CHANNELS_PER_LINE: Final = 25
# What stands between names; what follows the last name where a line is not full is the same.
SEPARATORS: Final = {"O": "  ", "o": " ", "J": "  ", "j": " "}
# Formats of the #G lines by number: G[] is shorter than lattice (1), UB (3) and Q[] (4).
_GEOMETRY: Final = {0: "g"}
_GEOMETRY_ELSE: Final = ".10g"
_POSITION: Final = ".8g"
_EPOCH: Final = ".3f"

ABORTED: Final = "Scan aborted after {points} points."
CONTINUED: Final = "Scan continued."

_LINE_END: Final = re.compile(r"[\r\n\0]")
_TWO_BLANKS: Final = re.compile(r" {2}|\t|^ | $")
_BLANK: Final = re.compile(r"\s")


def date_text(seconds: float) -> str:
    """Return local time as SPEC writes it, ``Mon Mar 03 09:15:42 2025``, in any locale.

    Args:
        seconds: since 1970.

    """
    local = time.localtime(seconds)
    text = time.asctime(local)
    return f"{text[:8]}{local.tm_mday:02}{text[10:]}"


def file_header(name: str, epoch: float, date: str, title: str, user: str) -> str:
    """Return the first four lines of a file: name, seconds since 1970 at its creation, date, and who writes what."""
    _check_one_line("the name, date, title or user of a data file", name, date, title, user)
    return f"#F {name}\n#E {int(epoch)}\n#D {date}\n#C {title}  User = {user}\n"


def names(letter: str, items: Sequence[str]) -> str:
    """Return the lines ``#O0 …`` of motor names, or others.

    Args:
        letter: ``O`` and ``o`` for names and mnemonics of motors, ``J`` and ``j`` of counters.
        items: in the order of the numbers that SPEC gives them.

    Raises:
        DataFileError: there is no such kind of line, or a name would be read as two.

    """
    separator = SEPARATORS.get(letter)
    if separator is None:
        raise DataFileError(f"cannot write: there is no line #{letter} of names; there are {', '.join(SEPARATORS)}")
    for item in items:
        _check_name(f"a name in #{letter}", item, _BLANK if separator == " " else _TWO_BLANKS)
    return _numbered(letter, items, separator)


def positions(values: Iterable[float]) -> str:
    """Return the lines ``#P0 …`` of motor positions, in the order of ``#O``."""
    return _numbered("P", [_number(value, _POSITION, "a position") for value in values], " ")


def _numbered(letter: str, items: Sequence[str], separator: str) -> str:
    lines = (items[start : start + PER_LINE] for start in range(0, len(items), PER_LINE))
    return "".join(
        f"#{letter}{number} {separator.join(line)}{separator if len(line) < PER_LINE else ''}\n"
        for number, line in enumerate(lines)
    )


def scan_head(number: int, command: str, date: str) -> str:
    """Return the empty line before a scan, ``#S`` and ``#D``."""
    _check_one_line(f"the command or date of scan {number}", command, date)
    return f"\n#S {number}  {command}\n#D {date}\n"


def preset(value: float, counter: str) -> str:
    """Return what is counted to: ``#T`` for seconds, or ``#M`` where `value` is negative: so many monitor counts.

    Args:
        value: as a scan's last argument.
        counter: name of the timer or the monitor.

    """
    _check_one_line("the name of a counter", counter)
    monitor = float(value) < 0
    return f"#{'M' if monitor else 'T'} {_number(-value if monitor else value, 'g', 'a preset')}  ({counter})\n"


def geometry(number: int, values: Iterable[float]) -> str:
    """Return the line ``#G0 …`` of G[], 1 of U[], 3 of the UB matrix by rows or 4 of Q[]."""
    how = _GEOMETRY.get(number, _GEOMETRY_ELSE)
    return f"#G{number} {' '.join(_number(value, how, 'a geometry parameter') for value in values)}\n"


def reciprocal(hkl: Iterable[float]) -> str:
    """Return ``#Q h k l``; without values where there is no reciprocal space."""
    return f"#Q {' '.join(_number(value, 'g', 'h, k or l') for value in hkl)}\n"


def labels(items: Sequence[str]) -> str:
    """Return ``#N`` and ``#L``.

    Args:
        items: a label a column. An empty one is no column: it leaves the four blanks that stand where a geometry
            without H, K and L has nothing to say; `row` leaves its own.

    Raises:
        DataFileError: a label would be read as two, or there is none.

    """
    columns = [item for item in items if item]
    if not columns:
        raise DataFileError("cannot write: a scan has no columns")
    for item in columns:
        _check_name("a label", item, _TWO_BLANKS)
    return f"#N {len(columns)}\n#L {'  '.join(items)}\n"


def epoch(seconds: float) -> str:
    """Return the text of the column Epoch: `seconds` since the file's ``#E``."""
    return _number(seconds, _EPOCH, "the epoch")


def row(values: Iterable[float | str]) -> str:
    """Return a row; text goes as it is, an empty one leaves two blanks between its neighbours.

    Raises:
        DataFileError: a value is neither number nor text without a blank.

    """
    return (
        " ".join([v if isinstance(v, str) and not _BLANK.search(v) else _number(v, ".8g", "a value") for v in values])
        + "\n"
    )


def channels(total: int, first: int, last: int, step: int, *, per_line: int = CHANNELS_PER_LINE) -> str:
    """Return ``#@MCA`` and ``#@CHANN``: how the spectra of a scan are written, and which channels they have."""
    return f"#@MCA %{per_line}C\n#@CHANN {total} {first} {last} {step}\n"


def spectrum(values: Sequence[float], name: str = "A", *, per_line: int = CHANNELS_PER_LINE) -> str:
    """Return a spectrum: ``@A …``, continued in further lines after a backslash.

    Args:
        values: of the channels.
        name: letters and digits, for detectors beside one another: ``A1``, ``A2``.
        per_line: channels in a line.

    Raises:
        DataFileError: it has no channels, or its name is not one.

    """
    if not re.fullmatch(r"[A-Za-z]\w*", name, re.ASCII) or not len(values) or per_line < 1:
        raise DataFileError(f"cannot write: a spectrum {name!r} of {len(values)} channels, {per_line} in a line")
    texts = [_number(value, ".8g", "a channel") for value in values]
    lines = (" ".join(texts[start : start + per_line]) for start in range(0, len(texts), per_line))
    return f"@{name} " + "\\\n ".join(lines) + "\n"


def comment(date: str, text: str) -> str:
    """Return ``#C <date>.  <text>``."""
    _check_one_line("a comment", date, text)
    return f"#C {date}.  {text}\n"


def aborted(date: str, points: int) -> str:
    """Return the comment that follows the rows of an interrupted scan."""
    return comment(date, ABORTED.format(points=points))


def continued(date: str) -> str:
    """Return the comment that precedes the rows of a scan that was resumed."""
    return comment(date, CONTINUED)


def _number(value: object, how: str, what: str) -> str:
    try:
        return format(value, how)
    except (TypeError, ValueError, OverflowError) as error:
        raise DataFileError(f"cannot write {what}: {value!r} is no number") from error


def _check_one_line(what: str, *texts: str) -> None:
    for text in texts:
        if _LINE_END.search(text):
            raise DataFileError(f"cannot write {what}: {text!r} has more than one line")


def _check_name(what: str, text: str, separator: re.Pattern[str]) -> None:
    _check_one_line(what, text)
    if not text or separator.search(text):
        raise DataFileError(f"cannot write {what}: {text!r} would not be read back as one")
