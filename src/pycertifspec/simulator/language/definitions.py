"""Parses declarations and definitions (SPEC_LANGUAGE.md 2, 3.1, 3.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from . import nodes
from .expressions import RESERVED, ExpressionParser
from .lexer import END, NAME, NEWLINE, OPERATOR, STRING, Lexer, Token
from .macros import Macro, MacroTable
from .quoting import definition_text, with_line_ends

if TYPE_CHECKING:
    from collections.abc import Callable

    from .limits import Limits

ELEMENT_TYPES: Final = frozenset(
    ["byte", "ubyte", "short", "ushort", "long", "ulong", "long64", "ulong64", "float", "double", "string"]
)


class DefinitionParser(ExpressionParser):
    """The part of the parser for what makes variables and macros."""

    def __init__(
        self,
        lexer: Lexer,
        macros: MacroTable,
        limits: Limits,
        is_variable: Callable[[str], bool],
        is_function: Callable[[str], bool],
    ) -> None:
        super().__init__(lexer, limits, is_variable, is_function)
        self._macros = macros
        self._blocks = 0
        self._ended_by_newline = False

    def _words(self) -> list[str]:
        # A token that was looked at already is given back: words are read as they stand.
        if self._token is not None:
            self._token.frame.offset = self._token.offset
            self._token = None
        return self.lexer.words()

    def _at_end_of_statement(self) -> bool:
        token = self.peek()
        return token.kind in {NEWLINE, END} or (token.kind == OPERATOR and token.raw in {";", "}"})

    def _end_statement(self) -> None:
        """Take what ends a statement; a closing brace stays for the block."""
        token = self.peek()
        if token.kind == NEWLINE or (token.kind == OPERATOR and token.raw == ";"):
            self._ended_by_newline = token.kind == NEWLINE
            self._token = None
        elif not (token.kind == END or (token.kind == OPERATOR and token.raw == "}" and self._blocks)):
            self.fail(token)

    def _declaration(self, token: Token) -> nodes.Statement:
        word = token.raw
        # `local` hides macros, so its names are read as they stand; the others expand first (SPEC_LANGUAGE.md 3.1).
        self.lexer.expanding = word not in {"local", "unglobal"}
        following = self.peek()
        if following.kind == NAME and (following.raw == "array" or following.raw in ELEMENT_TYPES):
            self.lexer.expanding = True
            return self._data_array(self.advance(), word)
        names: list[nodes.Declared] = []
        while not self._at_end_of_statement():
            names.append(self._declared(word))
            self.lexer.expanding = word not in {"local", "unglobal"}
            self.accept(",")
        self.lexer.expanding = True
        if not names or word == "shared":
            self.fail(self.peek())
        self._end_statement()
        return nodes.Declare(token.position, word, names)

    def _declared(self, word: str) -> nodes.Declared:
        target = self._target_name()
        is_array = False
        while self.accept("["):
            self.expect("]")
            is_array = True
        if word == "local" and isinstance(target, nodes.Name):
            self.lexer.hidden.add(target.name)
        self.lexer.expanding = True
        value: nodes.Expression | None = None
        if self.accept("=") or (word == "constant" and not self._at_end_of_statement()):
            if word != "local":
                self.target(target, self.peek())
            value = self.expression()
        elif word == "constant":
            self.fail(self.peek())
        return nodes.Declared(target, is_array, value)

    def _target_name(self) -> nodes.Name | nodes.Indirect:
        token = self.advance()
        if token.kind == OPERATOR and token.raw == "@":
            return self.indirect(token)
        if token.kind != NAME or token.raw in RESERVED:
            self.fail(token)
        return nodes.Name(token.position, token.raw)

    def _data_array(self, token: Token, scope: str = "global") -> nodes.Statement:
        element = "double"
        if token.raw in ELEMENT_TYPES:
            element = token.raw
            word = self.advance()
            if word.kind != NAME or word.raw != "array":
                self.fail(word)
        arrays: list[tuple[nodes.Name | nodes.Indirect, list[nodes.Expression]]] = []
        while not self._at_end_of_statement():
            self.lexer.expanding = scope != "local"
            target = self._target_name()
            self.lexer.expanding = True
            sizes: list[nodes.Expression] = []
            while self.accept("["):
                sizes.append(self.expression())
                self.expect("]")
            if scope == "local" and isinstance(target, nodes.Name):
                self.lexer.hidden.add(target.name)
            if len(sizes) not in {1, 2}:
                self.fail(self.peek())
            arrays.append((target, sizes))
            self.accept(",")
        if not arrays:
            self.fail(self.peek())
        self._end_statement()
        return nodes.DeclareArray(token.position, scope, element, arrays)

    def _extern(self, token: Token) -> nodes.Statement:
        words = self._words()
        self._end_statement()
        return nodes.Command(token.position, "extern", [], words)

    def _delete(self, token: Token) -> nodes.Statement:
        targets = self.comma_list()
        for target in targets:
            if not isinstance(target, nodes.Name | nodes.Indirect | nodes.Index):
                self.fail(token)
        self._end_statement()
        return nodes.Delete(token.position, targets)

    def _define(self, token: Token) -> nodes.Statement:
        self.lexer.expanding = False
        name = self.advance()
        if name.kind != NAME or name.raw in RESERVED:
            self.fail(name)
        parameters = self._parameters() if self.at("(") else None
        following = self.peek()
        self.lexer.expanding = True
        position = following.position
        if parameters is not None and following.kind == OPERATOR and following.raw == "{":
            raw = self._braced(following)
            text: nodes.Expression = nodes.String(position, raw, raw, "{")
        elif token.raw == "def":
            if following.kind != STRING:
                self.fail(following)
            raw = self.advance().raw
            text = nodes.String(position, "", raw[1:-1], raw[0])
        else:
            if following.kind == NAME:  # it was read without expanding it
                following.frame.offset = following.offset
                self._token = None
            text = self.expression()
        if token.raw == "rdef":
            self._end_statement()
            return nodes.DefineLater(token.position, name.raw, parameters, text)
        assert isinstance(text, nodes.String)  # noqa: S101  both ways above make one
        # Defined before what ends the statement is looked at: the next name may be this macro.
        macro = Macro(name.raw, literal_text(text), position.source, position.line, parameters)
        self._macros.define(macro)
        if self.lexer.seen is not None:
            self.lexer.seen[name.raw] = macro
        self._end_statement()
        return nodes.Define(token.position, name.raw)

    def _parameters(self) -> tuple[str, ...]:
        self.expect("(")
        names: list[str] = []
        self.skip_newlines()
        while not self.accept(")"):
            token = self.advance()
            if token.kind != NAME or token.raw in RESERVED:
                self.fail(token)
            names.append(token.raw)
            if self.accept("["):
                self.expect("]")
            self.accept(",")
            self.skip_newlines()
        self.skip_newlines()
        return tuple(names)

    def _braced(self, opening: Token) -> str:
        """Take a block as it stands in the text: the body of a function without quotes."""
        self.lexer.expanding = False
        self.enter()
        depth = 0
        while True:
            token = self.advance()
            if token.kind == END:
                self.fail(token)
            if token.kind == OPERATOR and token.raw in {"{", "}"}:
                depth += 1 if token.raw == "{" else -1
                if depth == 0:
                    break
        self.leave()
        self.lexer.expanding = True
        if token.frame is not opening.frame:
            self.fail(token)
        return opening.frame.text[opening.offset : token.offset + 1]

    def _undefine(self, token: Token) -> nodes.Statement:
        words = self._words()
        if not words:
            self.fail(self.peek())
        self._end_statement()
        return nodes.Command(token.position, "undef", [], words)


def literal_text(node: nodes.String) -> str:
    """Return the macro text that a string literal in a definition stands for (SPEC_LANGUAGE.md 2.4)."""
    return node.raw if node.quote == "{" else definition_text(node.raw, node.quote)


def literal_value(node: nodes.String) -> str:
    """Return the macro text that a string literal stands for where any expression may stand: in ``rdef``, `cdef`."""
    text = literal_text(node)
    return text if node.quote == "{" else with_line_ends(text)
