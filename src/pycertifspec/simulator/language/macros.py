"""The macros: text, functions and chains, and how arguments get into their text (SPEC_LANGUAGE.md 2)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final, Self

from .errors import NEAR, exceeded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from .errors import Position
    from .limits import Limits

# SPEC_LANGUAGE.md 2.3: $1 to $25.
HIGHEST_MARKER: Final = 25
# $@ joins the arguments by this (SPEC_LANGUAGE.md 2.3).
BELL: Final = "\a"

IF_MOTOR: Final = 0x01
IF_COUNTER: Final = 0x02
BEGINNING: Final = 0x10
END: Final = 0x20

_MARKER = re.compile(r"\\\$(?:\\#)?|\$(2[0-5]|1[0-9]|[0-9*#@])")


@dataclass(slots=True)
class Piece:
    """One piece of a chained macro (SPEC_LANGUAGE.md 2.6); where it was added says nothing about what it is."""

    text: str
    key: str = ""
    flags: int = 0
    enabled: bool = True
    source: str = field(default="tty", compare=False)
    line: int = field(default=1, compare=False)


class PlacedText(str):
    """Text of a program that knows the file and the line where it begins."""

    __slots__ = ("line", "source")

    source: str
    line: int

    def __new__(cls, text: str, source: str, line: int) -> Self:
        """Make one."""
        new = super().__new__(cls, text)
        new.source, new.line = source, line
        return new


@dataclass(frozen=True, slots=True)
class Macro:
    """A definition.

    Attributes:
        name: the name that is replaced or called.
        text: what stands between the quotes of the definition.
        source: the file that defined it, or ``"tty"``.
        line: the line of `source` where the text begins.
        parameters: the names in brackets of a macro function, None for a text macro.
        pieces: what a chained macro is made of, None for others.
        takes_arguments: whether the text has an argument marker.
        has_escapes: whether the text has an escaped ``$``.

    """

    name: str
    text: str
    source: str = "tty"
    line: int = 1
    parameters: tuple[str, ...] | None = None
    pieces: tuple[Piece, ...] | None = None
    takes_arguments: bool = field(init=False)
    has_escapes: bool = field(init=False)

    def __post_init__(self) -> None:
        marked = self.parameters is None and "$" in self.text
        object.__setattr__(self, "takes_arguments", marked and any(m[1] for m in _MARKER.finditer(self.text)))
        object.__setattr__(self, "has_escapes", marked and "\\$" in self.text)

    @property
    def is_function(self) -> bool:
        """Whether it is called with brackets, in a scope of its own."""
        return self.parameters is not None

    def substitute(self, arguments: Sequence[str], limits: Limits) -> str:
        """Return the text with the arguments in it (SPEC_LANGUAGE.md 2.3).

        Raises:
            LimitExceededError: the text grows too long.

        """
        if not self.takes_arguments and not self.has_escapes:
            return self.text
        joined = {"*": " ".join(arguments), "@": BELL.join(arguments), "#": str(len(arguments)), "0": self.name}
        longest = max((len(text) for text in joined.values()), default=0)
        if longest * self.text.count("$") > limits.expansion_characters:
            exceeded("expansion_characters", limits.expansion_characters, f"The text of macro `{self.name}'")

        def value(match: re.Match[str]) -> str:
            marker = match[1]
            if marker is None:
                return match[0].replace("\\", "")
            if marker in joined:
                return joined[marker]
            # A missing argument is 0.
            return arguments[int(marker) - 1] if int(marker) <= len(arguments) else "0"

        return _MARKER.sub(value, self.text)


class MacroTable:
    """Every macro by name.

    Attributes:
        version: grows with each change, so that compiled text can tell whether it is still valid.
        is_motor: tells whether a key is the mnemonic of a configured motor (flag 0x01 of `cdef`).
        is_counter: the same for counters (flag 0x02).

    """

    def __init__(self, limits: Limits, separator: str = "\n") -> None:
        self._macros: dict[str, Macro] = {}
        self._limits = limits
        self._separator = separator
        self.version = 0
        self.is_motor: Callable[[str], bool] = lambda _key: False
        self.is_counter: Callable[[str], bool] = lambda _key: False
        # The caller's lookup is the hottest thing in the lexer.
        self.get = self._macros.get

    def __contains__(self, name: str) -> bool:
        return name in self._macros

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._macros))

    def define(self, macro: Macro) -> None:
        """Add or replace a macro.

        Raises:
            LimitExceededError: its text is too long.

        """
        if len(macro.text) > self._limits.macro_characters:
            exceeded("macro_characters", self._limits.macro_characters, f"The text of macro `{macro.name}'")
        if len(self._macros) >= self._limits.macros and macro.name not in self._macros:
            exceeded("macros", self._limits.macros, "The number of macros")
        self._macros[macro.name] = macro
        self.version += 1

    def restore(self, macro: Macro) -> None:
        """Add or replace a macro of any kind as another program had it.

        Raises:
            LimitExceededError: its text is too long.

        """
        if macro.pieces is None:
            self.define(macro)
        else:
            self._define_chain(macro, list(macro.pieces))

    def snapshot(self) -> dict[str, Macro]:
        """Return all macros as they are now."""
        return self._macros.copy()

    def remove(self, name: str) -> bool:
        """Forget a macro; tell whether there was one."""
        self.version += 1
        return self._macros.pop(name, None) is not None

    def text_at(self, place: Position | None) -> str:
        """Return the line of a macro's text at a place in it; empty if it is in none, or at the place of its use."""
        macro = self._macros.get(place.macro) if place is not None and place.macro else None
        if macro is None or place is None:
            return ""
        if place.source == "tty" and not macro.is_function:
            return ""
        for text, source, line in self.texts(macro):
            lines = text.split("\n")
            index = place.line - line
            if source == place.source and 0 <= index < len(lines):
                return lines[index].strip()[:NEAR]
        return ""

    def matching(self, patterns: Iterable[str]) -> list[str]:
        """Return the names that match one of `patterns` (``* ? [..]``), sorted; all when there is no pattern."""
        wanted = list(patterns) or ["*"]
        return [name for name in self if any(fnmatchcase(name, pattern) for pattern in wanted)]

    # -- chained macros (SPEC_LANGUAGE.md 2.6) --------------------------------------------------------------------

    def texts(self, macro: Macro) -> list[tuple[str, str, int]]:
        """Return what a macro's text is made of, in order: each part with the file and the line where it begins."""
        if not macro.pieces:
            return [(macro.text, macro.source, macro.line)]
        used = sorted(filter(self._counts, macro.pieces), key=_order)
        ends = [self._separator] * (len(used) - 1) + [""]
        return [(piece.text + end, piece.source, piece.line) for piece, end in zip(used, ends, strict=False)]

    def chain(self, name: str, text: str | None, key: str, flags: int, source: str) -> None:
        """Add a piece to a chained macro, or replace the one with the same key; declare it when `text` is None."""
        old = self._macros.get(name)
        pieces = list(old.pieces) if old is not None and old.pieces is not None else []
        if text is not None:
            piece = Piece(str(text), key, flags)
            if isinstance(text, PlacedText):
                piece.source, piece.line = text.source, text.line
            same = [n for n, other in enumerate(pieces) if key and other.key == key]
            if same:
                pieces[same[0]] = piece
            else:
                pieces.append(piece)
        if len(pieces) > self._limits.macro_pieces:
            exceeded("macro_pieces", self._limits.macro_pieces, f"The number of pieces of macro `{name}'")
        self._define_chain(Macro(name, "", source), pieces)

    def change_pieces(self, name: str, key: str, action: str) -> None:
        """Delete, enable or disable the pieces with `key`; in all chained macros when `name` is empty."""
        for macro in [m for m in self._macros.values() if m.pieces is not None and (m.name == name or not name)]:
            pieces = list(macro.pieces or ())
            if action == "delete":
                pieces = [piece for piece in pieces if piece.key != key]
            else:
                pieces = [replace(p, enabled=action == "enable") if p.key == key else p for p in pieces]
            self._define_chain(macro, pieces)

    def refresh_chains(self) -> None:
        """Look again which pieces count: motors or counters have changed."""
        for macro in [m for m in self._macros.values() if m.pieces is not None]:
            self._define_chain(macro, list(macro.pieces or ()))

    def _define_chain(self, macro: Macro, pieces: list[Piece]) -> None:
        used = self._separator.join(piece.text for piece in sorted(filter(self._counts, pieces), key=_order))
        self.define(Macro(macro.name, used, macro.source, macro.line, pieces=tuple(pieces)))

    def _counts(self, piece: Piece) -> bool:
        return (
            piece.enabled
            and not (piece.flags & IF_MOTOR and not self.is_motor(piece.key))
            and not (piece.flags & IF_COUNTER and not self.is_counter(piece.key))
        )


def _order(piece: Piece) -> tuple[int, bool, str]:
    part = 0 if piece.flags & BEGINNING else 2 if piece.flags & END else 1
    # Within a part the pieces with keys come first, sorted; the others stay in the order they were added.
    return part, not piece.key, piece.key
