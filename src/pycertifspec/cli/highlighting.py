"""SPEC's language in colours. The one door of pygments; the words are those of the language's own tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from pygments.lexer import Lexer
from pygments.token import Comment, Keyword, Name, Number, Operator, String, Text

from pycertifspec.simulator.language.expressions import RESERVED
from pycertifspec.simulator.language.lexer import TOKEN
from pycertifspec.simulator.language.names_table import COMMANDS, FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pygments.token import _TokenType

_KINDS: Final = {
    "docstring": String.Doc,
    "newline": Text,
    "number": Number,
    "string": String,
    "operator": Operator,
    "bad": Text,
}
# Every word that the language has by itself.
WORDS: Final = frozenset(RESERVED | FUNCTIONS.keys() | COMMANDS.keys())


class SpecLexer(Lexer):
    """Tells what each piece of SPEC text is; text that is not finished yet as well."""

    name = "SPEC"
    aliases: ClassVar = ["spec", "spec-macro"]
    filenames: ClassVar = ["*.mac"]
    url = "https://certif.com"

    def get_tokens_unprocessed(self, text: str) -> Iterator[tuple[int, _TokenType, str]]:
        """Give each piece: where it begins, what it is, and its text."""
        place = 0
        while place < len(text) and (match := TOKEN.match(text, place)):
            piece, kind = match.group(), match.lastgroup or ""
            if kind == "bad" and piece in "\"'":
                piece, found = text[place:], String  # a quote that is still open
            elif kind == "name":
                found = _word(piece)
            elif kind == "skip":
                found = Comment if "#" in piece else Text
            else:
                found = _KINDS[kind]
            yield place, found, piece
            place += len(piece)


def _word(name: str) -> _TokenType:
    if name in RESERVED:
        return Keyword
    return Name.Builtin if name in WORDS else Name
