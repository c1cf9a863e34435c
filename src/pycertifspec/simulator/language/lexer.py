"""Makes tokens of the input, and expands text macros while it does so (SPEC_LANGUAGE.md 1.2, 2.2)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from . import messages
from .errors import IncompleteInputError, LimitExceededError, Position, exceeded
from .input_stack import Frame, InputStack

if TYPE_CHECKING:
    from collections.abc import Callable

    from .limits import Limits
    from .macros import Macro, MacroTable

NUMBER: Final = "number"
STRING: Final = "string"
NAME: Final = "name"
OPERATOR: Final = "operator"
NEWLINE: Final = "newline"
END: Final = "end"

# One token of the language, or what stands between two.
TOKEN = re.compile(
    r'''
      (?P<skip>(?:[ \t\r\f\v]+|\\\r?\n|\#[^\n]*)+)
    | (?P<docstring>""".*?""")
    | (?P<newline>\n)
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<number>0[xX][0-9a-fA-F]+|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    | (?P<string>"(?:[^"\\]++|\\.)*+"|'(?:[^'\\]++|\\.)*+')
    | (?P<operator><<=|>>=|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&^|]=|[-+*/%<>=!&|^~?:;,(){}\[\]@])
    | (?P<bad>.)
    ''',
    re.VERBOSE | re.DOTALL,
)
# A quoted piece of an argument list (SPEC_LANGUAGE.md 2.2).
_QUOTED = {quote: re.compile(quote + rf"((?:[^{quote}\\]++|\\.)*+)" + quote, re.DOTALL) for quote in "\"'"}
# As much of a text as belongs to it: what is quoted in one line, a quote that is left open, a # in a word.
_PIECE_OF_LINE = re.compile(r"""(?:\\["']|"[^"\n]*+"|'[^'\n]*+'|(?<=[^\s])\#|[^\n;{}#])++""")
_ESCAPED_QUOTE = re.compile(r"""\\(["'])""")
_BLANK = re.compile(r"(?:[ \t\r\f\v]|\\\r?\n|#[^\n]*|\"\"\".*?\"\"\")+", re.DOTALL)
_ELSE = re.compile(r"else(?![A-Za-z0-9_])")
_WORD = re.compile(r"[^\s;{}]+")


class Token:
    """One token; `raw` is its text as it stands in the input."""

    __slots__ = ("frame", "kind", "offset", "raw")

    def __init__(self, kind: str, raw: str, frame: Frame, offset: int) -> None:
        self.kind = kind
        self.raw = raw
        self.frame = frame
        self.offset = offset

    @property
    def position(self) -> Position:
        """Where the token stands."""
        return self.frame.position(self.offset)


class Lexer:
    """Reads tokens from the input stack, one at a time.

    Attributes:
        expanding: whether names of macros are replaced by their text; off while a name is being declared.
        hidden: names that a ``local`` declaration hides from expansion (SPEC_LANGUAGE.md 3.1).
        between_statements: whether the end of a file may be passed.
        on_expand: told the macro, the arguments and the place of each use of a text macro, for tools.
        seen: the names met since it was cleared, with the macro each one was: what compiled text depends on.

    """

    def __init__(self, stack: InputStack, macros: MacroTable, limits: Limits) -> None:
        self.stack = stack
        self.macros = macros
        self.limits = limits
        self.expanding = True
        self.between_statements = True
        self.hidden: set[str] = set()
        self.seen: dict[str, Macro | None] | None = None
        self.on_expand: Callable[[Macro, list[str], Position], None] | None = None
        self._expansions = 0
        self._expanded_characters = 0
        self._tokens = 0
        self._last = Frame("", "tty")

    def begin_statement(self) -> None:
        """Count expansions anew."""
        self._expansions = 0
        self._expanded_characters = self._tokens = 0

    def next(self) -> Token:
        """Return the next token; `END` when the input is used up.

        Raises:
            IncompleteInputError: a quote is open at the end.
            LimitExceededError: macros expand without end.

        """
        self._tokens += 1
        if self._tokens > self.limits.statement_tokens:
            exceeded("statement_tokens", self.limits.statement_tokens, "The number of words in one statement")
        while True:
            frame = self.stack.next_frame(between_statements=self.between_statements)
            if frame is None:
                last = self.stack.frames[-1] if self.stack.frames else self._last
                return Token(END, "", last, len(last.text))
            self._last = frame
            offset = frame.offset
            match = TOKEN.match(frame.text, offset)
            assert match is not None  # noqa: S101  `bad` matches anything
            kind = match.lastgroup
            raw = match.group()
            if kind == "bad" or raw == '""':
                if self._is_open(frame, raw):
                    continue
                kind = OPERATOR if kind == "bad" else kind
            frame.offset = match.end()
            if kind == "name":
                macro = self.macros.get(raw)
                if self.seen is not None and self.expanding:
                    self.seen[raw] = macro
                if macro is not None and self.expanding and macro.parameters is None and raw not in self.hidden:
                    self._expand(macro, frame, offset)
                    continue
            elif kind in {"skip", "docstring"}:
                if raw.endswith("\\\n") and self.stack.next_frame(between_statements=False) is None:
                    raise IncompleteInputError("cont", frame.position(offset))
                continue
            return Token(kind or OPERATOR, raw, frame, offset)

    def _is_open(self, frame: Frame, raw: str) -> bool:
        """Join with the text below when a quote or a continuation is cut off; tell whether to read again."""
        open_docstring = frame.text.startswith('"""', frame.offset)
        continued = raw == "\\" and frame.text[frame.offset + 1 :].strip("\r") == ""
        if not (continued or open_docstring or raw in {'"', "'"}):
            return False
        if not self.stack.merge():
            raise IncompleteInputError("cont" if continued else "quot", frame.position(frame.offset))
        return True

    # -- macros ----------------------------------------------------------------------------------------------------

    def _expand(self, macro: Macro, frame: Frame, offset: int) -> None:
        self._expansions += 1
        arguments = self.collect_arguments() if macro.takes_arguments else []
        if len(arguments) > self.limits.macro_arguments:
            raise LimitExceededError(
                messages.TOO_MANY_ARGUMENTS.format(name=macro.name, limit=self.limits.macro_arguments),
                position=frame.position(offset),
            )
        if self.on_expand is not None:
            self.on_expand(macro, arguments, frame.position(offset))
        text = macro.substitute(arguments, self.limits)
        self._expanded_characters += len(text)
        if self._expansions > self.limits.expansions:
            exceeded("expansions", self.limits.expansions, f"The number of macros in one statement (`{macro.name}')")
        if self._expanded_characters > self.limits.expansion_characters:
            exceeded("expansion_characters", self.limits.expansion_characters, f"The text of macro `{macro.name}'")
        # A macro that was typed has no line that would help: the place where it is used does. One of a single line
        # in a file is a word for something else, and what goes wrong in it went wrong where it is used.
        used = frame.position(offset)
        if macro.pieces:
            self._push_pieces(macro, arguments, used)
        elif macro.source != "tty" and "\n" not in text:
            self.stack.push(Frame(text, macro.source, macro=used.macro, place=used))
        else:
            place = used if macro.source == "tty" else None
            self.stack.push(Frame(text, macro.source, line=macro.line, macro=macro.name, place=place))

    def _push_pieces(self, macro: Macro, arguments: list[str], used: Position) -> None:
        """Let a chained macro be read, of which each piece stands at its own place: a site's hooks."""
        text, begins = "", []
        for piece, source, line in self.macros.texts(macro):
            begins.append((len(text), source, line))
            text += replace(macro, text=piece).substitute(arguments, self.limits) if "$" in piece else piece
        self.stack.push(Frame(text, macro.source, macro=macro.name, place=used, begins=begins))

    def collect_arguments(self) -> list[str]:
        """Take the rest of the line, up to an unquoted newline ``;`` ``{`` or ``}``, split at blanks (2.2).

        Raises:
            IncompleteInputError: a quote is open at the end.

        """
        arguments: list[str] = []
        word: list[str] | None = None
        while (frame := self.stack.next_frame(between_statements=False)) is not None:
            text, offset = frame.text, frame.offset
            character = text[offset]
            if character in "\n;{}":
                break
            if character == "#" and word is None:
                frame.offset = _end_of_line(text, offset)
            elif character in " \t\r\f\v":
                frame.offset += 1
                arguments, word = _finish(arguments, word)
            elif character in "\"'":
                quoted = _QUOTED[character].match(text, offset)
                if quoted is not None:
                    frame.offset = quoted.end()
                    # Only the quote itself needs a backslash here; other escapes are for the string it becomes.
                    word = word or []
                    word.append(quoted[1].replace("\\" + character, character))
                elif not self.stack.merge():
                    raise IncompleteInputError("quot", frame.position(offset))
            elif character == "\\":
                pair = text[offset : offset + 2]
                if pair in {"\\\n", "\\\r"}:
                    frame.offset += 3 if text.startswith("\\\r\n", offset) else 2
                    arguments, word = _finish(arguments, word)
                elif len(pair) == 1 and self.stack.merge():
                    continue
                else:
                    frame.offset += 2
                    word = word or []
                    word.append(pair[1:] if pair[1:] in {'"', "'"} else pair)
            else:
                frame.offset, word = _take_plain(text, offset, word)
        return _finish(arguments, word)[0]

    # -- reading without expansion -----------------------------------------------------------------------------------

    def words(self) -> list[str]:
        """Take the words up to the end of the statement as they stand, for commands that take names or patterns."""
        words: list[str] = []
        while (frame := self.stack.next_frame(between_statements=False)) is not None:
            if blank := _BLANK.match(frame.text, frame.offset):
                frame.offset = blank.end()
            elif word := _WORD.match(frame.text, frame.offset):
                frame.offset = word.end()
                words.append(word.group().strip("\"',"))
            else:
                break
        return [word for word in words if word]

    def line(self) -> str:
        """Take what is left of the statement as it stands, quotes and all, without its comment (2.2)."""
        pieces: list[str] = []
        while (frame := self.stack.next_frame(between_statements=False)) is not None:
            offset = frame.offset
            if frame.text[offset] == "#":
                frame.offset = _end_of_line(frame.text, offset)
                continue
            piece = _PIECE_OF_LINE.match(frame.text, offset)
            if piece is None:
                break
            frame.offset = piece.end()
            pieces.append(piece.group())
        return _ESCAPED_QUOTE.sub(r"\1", "".join(pieces)).strip()

    def take_else(self, newlines: int, *, waiting: bool) -> bool:
        """Read on to an ``else`` if that is what comes next, without expanding what follows.

        Args:
            newlines: how many newlines have ended the body already.
            waiting: whether a person is typing: an empty line ends the wait for an ``else`` (SPEC_LANGUAGE.md 1.4).

        Raises:
            IncompleteInputError: a person has not yet said whether an ``else`` will come.

        """
        for depth in range(len(self.stack.frames) - 1, -1, -1):
            frame = self.stack.frames[depth]
            offset = frame.offset
            while offset < len(frame.text):
                if blank := _BLANK.match(frame.text, offset):
                    offset = blank.end()
                elif frame.text[offset] == "\n" and not (waiting and newlines >= 1 and depth == 0):
                    offset += 1
                    newlines += 1
                else:
                    break
            if offset < len(frame.text):
                found = _ELSE.match(frame.text, offset)
                if found:
                    del self.stack.frames[depth + 1 :]
                    frame.offset = found.end()
                return found is not None
            if frame.closed:
                return False
        if waiting:
            raise IncompleteInputError("more")
        return False


def _finish(arguments: list[str], word: list[str] | None) -> tuple[list[str], None]:
    if word is not None:
        arguments.append("".join(word))
    return arguments, None


def _take_plain(text: str, offset: int, word: list[str] | None) -> tuple[int, list[str]]:
    end = offset
    while end < len(text) and text[end] not in " \t\r\f\v\n;{}\"'\\":
        end += 1
    word = word or []
    word.append(text[offset:end])
    return end, word


def _end_of_line(text: str, offset: int) -> int:
    end = text.find("\n", offset)
    return len(text) if end < 0 else end
