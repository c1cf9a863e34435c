"""Parses expressions (SPEC_LANGUAGE.md 4.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NoReturn

from . import messages, nodes
from .errors import IncompleteInputError, SpecSyntaxError, exceeded
from .lexer import END, NAME, NEWLINE, NUMBER, OPERATOR, STRING, Lexer, Token
from .quoting import unescape

if TYPE_CHECKING:
    from collections.abc import Callable

    from .limits import Limits

# How tightly the binary operators bind, from the table of 4.1.
BINDING: Final = {
    "*": 11, "/": 11, "%": 11,
    "+": 10, "-": 10,
    "<<": 9, ">>": 9,
    "<": 8, "<=": 8, ">": 8, ">=": 8,
    "==": 7, "!=": 7,
    "&": 6, "^": 5, "|": 4, "&&": 3, "||": 2,
}  # fmt: skip
ASSIGNMENTS: Final = frozenset({"=", "+=", "-=", "*=", "/=", "%=", "<<=", ">>=", "&=", "^=", "|="})
RESERVED: Final = frozenset(
    [
        "def",
        "rdef",
        "undef",
        "constant",
        "local",
        "global",
        "unglobal",
        "delete",
        "shared",
        "extern",
        "array",
        "float",
        "double",
        "string",
        "byte",
        "ubyte",
        "short",
        "ushort",
        "long",
        "ulong",
        "long64",
        "ulong64",
        "if",
        "else",
        "while",
        "for",
        "in",
        "break",
        "continue",
        "exit",
        "return",
        "quit",
    ]
)
_OCTAL: Final = frozenset("01234567")


def number_value(raw: str) -> float:
    """Return the value of a number as it is written in a program (SPEC_LANGUAGE.md 1.2)."""
    if raw[:2] in {"0x", "0X"}:
        return float(int(raw, 16)) if len(raw) < 200 else float("inf")
    if len(raw) > 1 and raw[0] == "0" and _OCTAL.issuperset(raw):
        return float(int(raw, 8)) if len(raw) < 200 else float("inf")
    return float(raw)


class ExpressionParser:
    """Recursive descent over the tokens of a lexer."""

    def __init__(
        self, lexer: Lexer, limits: Limits, is_variable: Callable[[str], bool], is_function: Callable[[str], bool]
    ) -> None:
        self.lexer = lexer
        self.limits = limits
        self._is_variable = is_variable
        self._is_built_in = is_function
        self._token: Token | None = None
        self._depth = 0

    # -- tokens ------------------------------------------------------------------------------------------------------

    def peek(self) -> Token:
        """Return the next token and leave it there."""
        if self._token is None:
            self._token = self.lexer.next()
        return self._token

    def advance(self) -> Token:
        """Take the next token."""
        token = self.peek()
        self._token = None
        return token

    def at(self, *operators: str) -> bool:
        """Tell whether one of these operators comes next."""
        token = self.peek()
        return token.kind == OPERATOR and token.raw in operators

    def accept(self, operator: str) -> bool:
        """Take this operator if it comes next."""
        found = self.at(operator)
        if found:
            self._token = None
        return found

    def expect(self, operator: str) -> None:
        """Take this operator.

        Raises:
            SpecSyntaxError: something else comes next.

        """
        if not self.accept(operator):
            self.fail(self.peek())

    def skip_newlines(self) -> None:
        """Take newlines."""
        while self.peek().kind == NEWLINE:
            self._token = None

    def fail(self, token: Token) -> NoReturn:
        """Say that `token` cannot stand where it stands.

        Raises:
            SpecSyntaxError: always.

        """
        position = token.position
        if token.kind == END and len(self.lexer.stack.frames) <= 1:
            raise IncompleteInputError("more", position)
        near = "end of line" if token.kind == NEWLINE else "end of file" if token.kind == END else token.raw[:40]
        template = messages.SYNTAX_TTY if position.source == "tty" else messages.SYNTAX_FILE
        text = template.format(source=position.source, line=position.line, near=near)
        raise SpecSyntaxError(text, position=position)

    def target(self, target: nodes.Expression, token: Token) -> nodes.Name | nodes.Indirect | nodes.Index:
        """Return what `token` assigns to, if it is a variable or an element (4.4).

        Raises:
            SpecSyntaxError: it is something else, or the name of a function.

        """
        if not isinstance(target, nodes.Name | nodes.Indirect | nodes.Index):
            self.fail(token)
        if isinstance(target, nodes.Name) and self._is_function(target.name):
            raise SpecSyntaxError(messages.FUNCTION_TARGET.format(name=target.name), position=token.position)
        return target

    def _is_function(self, name: str) -> bool:
        if name in self.lexer.hidden:
            return False
        macro = self.lexer.macros.get(name)
        return self._is_built_in(name) if macro is None else macro.is_function

    def enter(self) -> None:
        """Go one level deeper.

        Raises:
            LimitExceededError: that is too deep.

        """
        self._depth += 1
        if self._depth > self.limits.nesting:
            exceeded("nesting", self.limits.nesting, "The depth of blocks and brackets")

    def leave(self) -> None:
        """Come back from one level."""
        self._depth -= 1

    def _height(self, *below: nodes.Expression) -> int:
        height = 1 + max(node.height for node in below)
        if height > self.limits.expression_depth:
            exceeded("expression_depth", self.limits.expression_depth, "The number of operators in an expression")
        return height

    # -- expressions, loosest first -----------------------------------------------------------------------------------

    def expression(self) -> nodes.Expression:
        """Parse an expression, with juxtaposition as the loosest operator."""
        return self._joined(self._contains)

    def expression_list(self, end: str) -> list[nodes.Expression]:
        """Parse expressions between commas, up to and with the operator `end`."""
        items: list[nodes.Expression] = []
        self.skip_newlines()
        while not self.accept(end):
            if items:
                self.expect(",")
                self.skip_newlines()
            items.append(self.expression())
            self.skip_newlines()
        return items

    def comma_list(self) -> list[nodes.Expression]:
        """Parse expressions between commas."""
        items = [self.expression()]
        while self.accept(","):
            items.append(self.expression())
        return items

    def _joined(self, part: Callable[[], nodes.Expression]) -> nodes.Expression:
        first = part()
        items = [first]
        while self._starts_operand(self.peek()):
            items.append(part())
        if len(items) == 1:
            return first
        return nodes.Concatenation(first.position, items, height=self._height(*items))

    def _starts_operand(self, token: Token) -> bool:
        if token.kind == NAME:
            return token.raw not in RESERVED
        return token.kind in {NUMBER, STRING} or (token.kind == OPERATOR and token.raw in {"(", "@"})

    def _contains(self) -> nodes.Expression:
        left = self._assignment()
        while (token := self.peek()).kind == NAME and token.raw == "in":
            self.advance()
            array = self._unary()
            left = nodes.Contains(token.position, left, array, height=self._height(left, array))
        return left

    def _assignment(self) -> nodes.Expression:
        target = self._conditional()
        token = self.peek()
        if token.kind != OPERATOR or token.raw not in ASSIGNMENTS:
            return target
        assigned = self.target(target, token)
        self.advance()
        self.enter()
        value = self._joined(self._assignment)
        self.leave()
        return nodes.Assign(token.position, token.raw[:-1], assigned, value, height=self._height(target, value))

    def _conditional(self) -> nodes.Expression:
        condition = self._binary(0)
        if not self.at("?"):
            return condition
        position = self.advance().position
        self.enter()
        self.skip_newlines()
        then = self.expression()
        self.skip_newlines()
        self.expect(":")
        self.skip_newlines()
        otherwise = self._conditional()
        self.leave()
        return nodes.Conditional(position, condition, then, otherwise, height=self._height(condition, then, otherwise))

    def _binary(self, loosest: int) -> nodes.Expression:
        left = self._unary()
        while True:
            token = self.peek()
            binding = BINDING.get(token.raw, 0) if token.kind == OPERATOR else 0
            if binding <= loosest:
                return left
            self.advance()
            right = self._binary(binding)
            kind = nodes.Logical if token.raw in {"&&", "||"} else nodes.Binary
            left = kind(token.position, token.raw, left, right, height=self._height(left, right))

    def _unary(self) -> nodes.Expression:
        token = self.peek()
        if token.kind == OPERATOR and token.raw in {"-", "+", "!", "~", "++", "--"}:
            self.advance()
            self.enter()
            operand = self._unary()
            self.leave()
            if len(token.raw) == 1:
                return nodes.Unary(token.position, token.raw, operand, height=self._height(operand))
            return self._increment(token, operand, prefix=True)
        operand = self._primary()
        while self.at("++", "--"):
            operand = self._increment(self.advance(), operand, prefix=False)
        return operand

    def _increment(self, token: Token, target: nodes.Expression, *, prefix: bool) -> nodes.Expression:
        step = 1 if token.raw == "++" else -1
        return nodes.Increment(token.position, self.target(target, token), step, prefix, height=self._height(target))

    def _primary(self) -> nodes.Expression:
        token = self.advance()
        position = token.position
        if token.kind == NUMBER:
            return nodes.Number(position, number_value(token.raw))
        if token.kind == STRING:
            raw = token.raw[1:-1]
            return nodes.String(position, unescape(raw), raw, token.raw[0])
        if token.kind == NAME and token.raw not in RESERVED:
            return self._name(token)
        self.enter()
        result: nodes.Expression
        if token.kind == OPERATOR and token.raw == "(":
            self.skip_newlines()
            result = self.expression()
            self.skip_newlines()
            self.expect(")")
        elif token.kind == OPERATOR and token.raw == "[":
            result = self._array_literal(token)
        elif token.kind == OPERATOR and token.raw == "@":
            result = self._indexed(self.indirect(token))
        else:
            self.fail(token)
        self.leave()
        return result

    def indirect(self, token: Token) -> nodes.Indirect:
        """Parse what follows ``@``: a name or an expression in brackets."""
        if self.accept("("):
            value = self.expression()
            self.expect(")")
        else:
            name = self.advance()
            if name.kind != NAME or name.raw in RESERVED:
                self.fail(name)
            value = nodes.Name(name.position, name.raw)
        return nodes.Indirect(token.position, value, height=self._height(value))

    def _name(self, token: Token) -> nodes.Expression:
        # A bracket after a function is a call (4.1 level 1), after a variable it is juxtaposition; after a name that
        # nobody knows yet it is a call again (2.5).
        name = token.raw
        if self.at("(") and (self._is_function(name) or not (self._is_variable(name) or name in self.lexer.hidden)):
            self.advance()
            self.enter()
            arguments = self.expression_list(")")
            self.leave()
            height = self._height(*arguments) if arguments else 1
            return nodes.Call(token.position, token.raw, arguments, height=height)
        return self._indexed(nodes.Name(token.position, token.raw))

    def _indexed(self, base: nodes.Name | nodes.Indirect) -> nodes.Name | nodes.Indirect | nodes.Index:
        subscripts: list[nodes.Brackets] = []
        while self.at("["):
            self.advance()
            self.enter()
            subscripts.append(self._brackets())
            self.leave()
        if not subscripts:
            return base
        below = [part for brackets in subscripts for item in brackets for part in _parts(item)]
        return nodes.Index(base.position, base, subscripts, height=self._height(base, *below))

    def _brackets(self) -> nodes.Brackets:
        items: nodes.Brackets = []
        while not self.accept("]"):
            if items:
                self.expect(",")
            first = None if self.at(":") else self.expression()
            if not self.accept(":"):
                assert first is not None  # noqa: S101  only ":" leaves it out
                items.append(first)
            else:
                last = None if self.at("]", ",") else self.expression()
                items.append(nodes.Range(first, last))
        return items

    def _array_literal(self, token: Token) -> nodes.ArrayLiteral:
        items: list[tuple[list[nodes.Expression], nodes.Expression]] = []
        self.skip_newlines()
        while not self.accept("]"):
            if items:
                self.expect(",")
                self.skip_newlines()
            parts = [self.expression()]
            while self.accept(":"):
                self.skip_newlines()
                parts.append(self.expression())
            if len(parts) > 3:
                self.fail(self.peek())
            items.append((parts[:-1], parts[-1]))
            self.skip_newlines()
        below = [part for keys, value in items for part in (*keys, value)]
        return nodes.ArrayLiteral(token.position, items, height=self._height(*below) if below else 1)


def _parts(item: nodes.Expression | nodes.Range) -> list[nodes.Expression]:
    if isinstance(item, nodes.Range):
        return [end for end in (item.first, item.last) if end is not None]
    return [item]
