"""POSIX extended regular expressions, in time that grows with the text and never explodes (SPEC_LANGUAGE.md 6.2).

Python's `re` goes back and forth and can take for ever on a pattern such as ``(a*)*b``; a program could stop the whole
process with one line. Here all possible matches advance together, character by character, and the leftmost
longest wins.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from . import messages
from .errors import SpecRuntimeError, exceeded

if TYPE_CHECKING:
    from .limits import Limits

# Instructions: (kind, ...). A program is a list of them; the numbers are indices into it.
Instruction: TypeAlias = "tuple[str, object, int]"
CHARACTER: Final = "character"  # a frozenset of characters, or None for any
OTHER: Final = "other"  # any character that is not in the set
SPLIT: Final = "split"  # try the second way after the first
SAVE: Final = "save"  # remember the place in the text
BEGIN: Final = "begin"
FINISH: Final = "finish"
MATCH: Final = "match"

_CLASSES: Final[dict[str, str]] = {
    "alpha": "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "lower": "abcdefghijklmnopqrstuvwxyz",
    "upper": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "digit": "0123456789",
    "xdigit": "0123456789abcdefABCDEF",
    "alnum": "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
    "space": " \t\n\r\f\v",
    "blank": " \t",
    "punct": "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
    "print": "".join(map(chr, range(32, 127))),
    "graph": "".join(map(chr, range(33, 127))),
    "cntrl": "".join(map(chr, [*range(32), 127])),
}
# {n,m} is written out, so it is bounded like the length of the pattern.
_REPEAT_LIMIT: Final = 255
_NESTING_LIMIT: Final = 50


@dataclass(frozen=True, slots=True)
class Match:
    """Where a pattern matched: (start, end) of the whole and of each group; (-1, -1) of a group that took no part."""

    spans: tuple[tuple[int, int], ...]

    @property
    def start(self) -> int:
        """Where the match begins."""
        return self.spans[0][0]

    @property
    def end(self) -> int:
        """Where the match ends."""
        return self.spans[0][1]


class _Compiler:
    def __init__(self, pattern: str, limits: Limits) -> None:
        self._pattern = pattern
        self._limits = limits
        self._at = 0
        self._depth = 0
        self.groups = 0

    def compile(self) -> list[Instruction]:
        body = self._alternatives()
        if self._at < len(self._pattern):
            self._fail("unbalanced )")
        return [(SAVE, 0, 0), *body, (SAVE, 1, 0), (MATCH, None, 0)]

    def _fail(self, reason: str) -> None:
        raise SpecRuntimeError(messages.BAD_REGEX.format(pattern=self._pattern[:40], reason=reason))

    def _peek(self) -> str:
        return self._pattern[self._at : self._at + 1]

    def _alternatives(self) -> list[Instruction]:
        self._depth += 1
        if self._depth > _NESTING_LIMIT:
            self._fail("too many brackets inside one another")
        ways = [self._branch()]
        while self._peek() == "|":
            self._at += 1
            ways.append(self._branch())
        self._depth -= 1
        code = ways.pop()
        while ways:
            code = _either(ways.pop(), code)
        return code

    def _branch(self) -> list[Instruction]:
        code: list[Instruction] = []
        while (character := self._peek()) and character not in "|)":
            code.extend(self._repeated())
            self._check(code)
        return code

    def _check(self, code: list[Instruction]) -> None:
        if len(code) > self._limits.regex_size:
            exceeded("regex_size", self._limits.regex_size, "The size of a regular expression")

    def _repeated(self) -> list[Instruction]:
        code = self._atom()
        while (sign := self._peek()) and sign in "*+?{":
            self._at += 1
            if sign == "*":
                code = _many(code)
            elif sign == "+":
                code = code + _many(code)
            elif sign == "?":
                code = _either(code, [])
            else:
                code = self._counted(code)
            self._check(code)
        return code

    def _counted(self, code: list[Instruction]) -> list[Instruction]:
        end = self._pattern.find("}", self._at)
        low, comma, high = self._pattern[self._at : max(end, self._at)].partition(",")
        if end < 0 or not low.isascii() or not low.isdigit() or not (high == "" or high.isdigit()):
            self._fail("bad {n,m}")
        least = int(low[:9])
        most = -1 if comma and not high else int((high or low)[:9])
        if max(least, most) > _REPEAT_LIMIT or (0 <= most < least):
            self._fail("bad {n,m}")
        self._at = end + 1
        result: list[Instruction] = []
        for _ in range(least):
            result += code
            self._check(result)
        if most < 0:
            return result + _many(code)
        optional: list[Instruction] = []
        for _ in range(most - least):
            optional = _either(code + optional, [])
            self._check(optional)
        return result + optional

    def _atom(self) -> list[Instruction]:
        character = self._peek()
        self._at += 1
        if character == "(":
            self.groups += 1
            number = self.groups
            body = self._alternatives()
            if self._peek() != ")":
                self._fail("( is not closed")
            self._at += 1
            return [(SAVE, 2 * number, 0), *body, (SAVE, 2 * number + 1, 0)]
        if character == "[":
            return [self._bracket()]
        if character == ".":
            return [(OTHER, frozenset(), 0)]
        if character == "^":
            return [(BEGIN, None, 0)]
        if character == "$":
            return [(FINISH, None, 0)]
        if character in "*+?":
            self._fail("nothing to repeat")
        if character == "\\" and self._peek():
            character = self._peek()
            self._at += 1
        return [(CHARACTER, frozenset(character), 0)]

    def _bracket(self) -> Instruction:
        negated = self._peek() == "^"
        self._at += negated
        members: set[str] = set()
        first = True
        while (character := self._peek()) and (character != "]" or first):
            first = False
            if self._pattern.startswith("[:", self._at):
                end = self._pattern.find(":]", self._at)
                name = self._pattern[self._at + 2 : end] if end > 0 else ""
                if name not in _CLASSES:
                    self._fail("unknown class")
                members.update(_CLASSES[name])
                self._at = end + 2
                continue
            self._at += 1
            if self._peek() == "-" and self._pattern[self._at + 1 : self._at + 2] not in {"", "]"}:
                last = self._pattern[self._at + 1]
                self._at += 2
                if last < character or ord(last) - ord(character) > _MOST_IN_RANGE:
                    self._fail("bad range")
                members.update(map(chr, range(ord(character), ord(last) + 1)))
            else:
                members.add(character)
        if not self._peek():
            self._fail("[ is not closed")
        self._at += 1
        return (OTHER if negated else CHARACTER), frozenset(members), 0


_MOST_IN_RANGE: Final = 10_000


def _either(first: list[Instruction], second: list[Instruction]) -> list[Instruction]:
    # A split holds two distances; a jump is a split with one.
    return [(SPLIT, 1, len(first) + 2), *first, (SPLIT, len(second) + 1, 0), *second]


def _many(code: list[Instruction]) -> list[Instruction]:
    return [(SPLIT, 1, len(code) + 2), *code, (SPLIT, -len(code) - 1, 0)]


class Regex:
    """A compiled pattern.

    Raises:
        SpecRuntimeError: the pattern is not a regular expression.
        LimitExceededError: it is too large.

    """

    def __init__(self, pattern: str, limits: Limits) -> None:
        if len(pattern) > limits.regex_size:
            exceeded("regex_size", limits.regex_size, "The size of a regular expression")
        compiler = _Compiler(pattern, limits)
        self._program = compiler.compile()
        self._limits = limits
        self.groups = compiler.groups
        self._steps = 0

    def search(self, text: str, start: int = 0) -> Match | None:
        """Return the leftmost longest match that begins at `start` or later.

        Raises:
            LimitExceededError: it takes too long.

        """
        self._steps = 0
        program = self._program
        slots = (-1,) * (2 * self.groups + 2)
        threads: dict[int, tuple[int, ...]] = {}
        best: tuple[int, ...] | None = None
        for at in range(start, len(text) + 1):
            if best is None:
                self._follow(0, slots, at, text, threads)
            if not threads and best is not None:
                break
            character = text[at : at + 1]
            following: dict[int, tuple[int, ...]] = {}
            for place, saved in threads.items():
                kind, members, _ = program[place]
                if kind == MATCH:
                    # Leftmost first, then longest; of equals the first way found.
                    if best is None or (saved[0], -saved[1]) < (best[0], -best[1]):
                        best = saved
                elif best is not None and saved[0] > best[0]:
                    continue
                elif character and (character in members) == (kind == CHARACTER):  # type: ignore[operator]
                    self._follow(place + 1, saved, at + 1, text, following)
            threads = following
        if best is None:
            return None
        return Match(tuple(zip(best[::2], best[1::2], strict=True)))

    def _follow(
        self, place: int, saved: tuple[int, ...], at: int, text: str, threads: dict[int, tuple[int, ...]]
    ) -> None:
        """Add to `threads` what can be reached from `place` without taking a character."""
        waiting = [(place, saved)]
        seen: set[int] = set()
        while waiting:
            place, saved = waiting.pop()
            if place in seen or place in threads:
                continue
            seen.add(place)
            self._steps += 1
            if self._steps > self._limits.regex_steps:
                exceeded("regex_steps", self._limits.regex_steps, "The work of a regular expression")
            kind, first, second = self._program[place]
            if kind == SPLIT:
                if second:
                    waiting.append((place + second, saved))
                waiting.append((place + first, saved))  # type: ignore[operator]
            elif kind == SAVE:
                changed = list(saved)
                changed[first] = at  # type: ignore[call-overload]
                waiting.append((place + 1, tuple(changed)))
            elif kind == BEGIN:
                if at == 0:
                    waiting.append((place + 1, saved))
            elif kind == FINISH:
                if at == len(text):
                    waiting.append((place + 1, saved))
            else:
                threads[place] = saved

    def find_all(self, text: str) -> list[Match]:
        """Return all matches that do not overlap, from left to right.

        Raises:
            LimitExceededError: it takes too long.

        """
        found: list[Match] = []
        at = total = 0
        while at <= len(text):
            match = self.search(text, at)
            total += self._steps
            if total > self._limits.regex_steps:
                exceeded("regex_steps", self._limits.regex_steps, "The work of a regular expression")
            if match is None:
                break
            # An empty match directly after another one is none.
            if not (found and match.start == match.end == found[-1].end):
                found.append(match)
            at = match.end + (match.start == match.end)
        return found
