"""The head of a file while it is read: lines in, a `FileHeader` out."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, Final

from .parsing import USER, parse_number, split_names
from .values import Device, FileHeader, Line

if TYPE_CHECKING:
    from collections.abc import Callable

# Lines with names; `O` and `o` of motors, `J` and `j` of counters.
NAME_LINES: Final = frozenset("OoJj")


class NameLines:
    """The numbered lines of names of a header or a scan, as they stand: ``#O0 …``."""

    def __init__(self) -> None:
        self._lines: dict[str, dict[int, str]] = {}

    def add(self, letter: str, number: str, text: str) -> None:
        """Take in a line."""
        self._lines.setdefault(letter, {})[int(number or 0)] = text

    def over(self, other: NameLines) -> NameLines:
        """Return these, and of the kinds that are missing here those of another."""
        both = NameLines()
        both._lines = {**other._lines, **self._lines}
        return both

    def row(self, names: str, mnemonics: str, number: int, expected: int = 0) -> list[Device]:
        """Return the devices of one numbered line, of which there are `expected` if that is known."""
        found = split_names(self._lines.get(names, {}).get(number, ""), expected)
        short = self._lines.get(mnemonics, {}).get(number, "").split()
        return [Device(*pair) for pair in zip_longest(found, short, fillvalue="")]

    def devices(self, names: str, mnemonics: str) -> tuple[Device, ...]:
        """Return all devices of a kind, in the order of the numbered lines."""
        numbers = sorted(self._lines.get(names, {}).keys() | self._lines.get(mnemonics, {}).keys())
        return tuple(device for number in numbers for device in self.row(names, mnemonics, number))


class HeaderBuilder:
    """Takes in the lines of a file header.

    Args:
        line: the number of the first.
        complain: told the line's number, its text and what is wrong with it.

    """

    def __init__(self, line: int, complain: Callable[[int, str, str], None]) -> None:
        self._line = line
        self._complain = complain
        self._name = self._date = ""
        self._title: str | None = None
        self._user = ""
        self._lines: list[Line] = []
        self.epoch: float | None = None
        self.names = NameLines()

    def control(self, key: str, number: str, rest: str, line: Line) -> None:
        """Take in a line that begins with ``#``."""
        self._lines.append(line)
        if key in NAME_LINES:
            self.names.add(key, number, rest)
        elif key == "F":
            self._name = rest.strip()
        elif key == "D" and not self._date:
            self._date = rest.strip()
        elif key == "C" and self._title is None:
            match = USER.fullmatch(rest.strip())
            self._title, self._user = (match[1], match[2].strip()) if match else (rest.strip(), "")
        elif key == "E":
            try:
                self.epoch = parse_number(rest.strip())
            except ValueError:
                self._complain(*line, "no number of seconds")

    def freeze(self) -> FileHeader:
        """Return what was read so far."""
        return FileHeader(
            name=self._name,
            epoch=self.epoch,
            date=self._date,
            title=self._title or "",
            user=self._user,
            motors=self.names.devices("O", "o"),
            counters=self.names.devices("J", "j"),
            lines=tuple(self._lines),
            line=self._line,
        )
