"""Parses statements, one mini-program at a time (SPEC_LANGUAGE.md 1.1, 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from . import messages, nodes
from .definitions import ELEMENT_TYPES, DefinitionParser
from .errors import SpecSyntaxError
from .lexer import END, NAME, NEWLINE, OPERATOR, Lexer, Token

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .input_stack import InputStack
    from .limits import Limits
    from .macros import MacroTable

# What a command takes after its name.
EXPRESSIONS: Final = "expressions"
WORDS: Final = "words"
LINE: Final = "line"
NOTHING: Final = "nothing"


class Parser(DefinitionParser):
    """Gives one statement after another; ``def`` takes effect while it parses (SPEC_LANGUAGE.md 1.1).

    Args:
        stack: the input.
        macros: what is expanded, and where definitions go.
        limits: how deep and how long things may be.
        commands: what each built-in command takes: `EXPRESSIONS`, `WORDS`, `LINE` or `NOTHING`.
        is_variable: tells whether a name is a variable now; a bracket after one is no call.
        is_function: tells whether a name is a built-in function: a bracket after one is a call, and it is no variable.
        waiting: whether a person is typing, so that an ``if`` waits for its ``else``.

    """

    def __init__(
        self,
        stack: InputStack,
        macros: MacroTable,
        limits: Limits,
        *,
        commands: Mapping[str, str],
        is_variable: Callable[[str], bool] = lambda _name: False,
        is_function: Callable[[str], bool] = lambda _name: False,
        waiting: bool = False,
    ) -> None:
        super().__init__(Lexer(stack, macros, limits), macros, limits, is_variable, is_function)
        self.stack = stack
        self._commands = commands
        self._loops = 0
        self._waiting = waiting
        self._handlers: dict[str, Callable[[Token], nodes.Statement]] = {
            "if": self._if, "while": self._while, "for": self._for, "return": self._return,
            "break": self._leave_word, "continue": self._leave_word, "exit": self._leave_word, "quit": self._leave_word,
            "local": self._declaration, "global": self._declaration, "unglobal": self._declaration,
            "constant": self._declaration, "shared": self._declaration, "extern": self._extern,
            "array": self._data_array, **dict.fromkeys(ELEMENT_TYPES, self._data_array),
            "delete": self._delete, "def": self._define, "rdef": self._define, "undef": self._undefine,
        }  # fmt: skip

    def reset(self) -> None:
        """Forget a statement that was left unfinished."""
        self._token = None
        self._depth = self._blocks = self._loops = 0
        self.lexer.expanding = True

    def next_statement(self) -> nodes.Statement | None:
        """Return the next complete statement, or None at the end of the input.

        Raises:
            SpecSyntaxError: the text is no statement.
            IncompleteInputError: the text ends inside a statement.
            LimitExceededError: the statement is too deep or too long.

        """
        self.reset()
        self.lexer.begin_statement()
        hidden = set(self.lexer.hidden)
        try:
            return self._next_statement()
        except BaseException:
            self.lexer.hidden = hidden
            raise

    def _next_statement(self) -> nodes.Statement | None:
        while True:
            self.lexer.between_statements = True
            token = self.peek()
            if token.kind == END:
                return None
            if token.kind == NEWLINE or (token.kind == OPERATOR and token.raw == ";"):
                self._token = None
                continue
            self.lexer.between_statements = False
            return self._statement()

    # -- statements --------------------------------------------------------------------------------------------------

    def _statement(self) -> nodes.Statement:
        token = self.peek()
        self._ended_by_newline = False
        if token.kind == OPERATOR and token.raw in {"{", ";"}:
            self.advance()
            return self._block(token) if token.raw == "{" else nodes.Block(token.position, [])
        if token.kind == NAME and token.raw not in self.lexer.hidden:
            if token.raw in self._handlers:
                self.advance()
                return self._handlers[token.raw](token)
            if token.raw in self._commands:
                self.advance()
                if not self._is_call_or_target(token):
                    return self._command(token)
                # `self._token` is what follows; the name goes back in front of it.
                return self._simple(self._name(token), token)
        return self._simple(self.expression(), token)

    def _is_call_or_target(self, token: Token) -> bool:
        return self._commands[token.raw] == NOTHING and self.at("(", "[", "=")

    def _simple(self, expression: nodes.Expression, token: Token) -> nodes.Statement:
        self._end_statement()
        return nodes.ExpressionStatement(token.position, expression)

    def _block(self, token: Token) -> nodes.Block:
        self.enter()
        self._blocks += 1
        hidden = set(self.lexer.hidden)
        statements: list[nodes.Statement] = []
        while not self.accept("}"):
            following = self.peek()
            if following.kind == NEWLINE or (following.kind == OPERATOR and following.raw == ";"):
                self._token = None
            elif following.kind == END:
                self.fail(following)
            else:
                statements.append(self._statement())
        self.lexer.hidden = hidden
        self._blocks -= 1
        self.leave()
        self._ended_by_newline = False
        return nodes.Block(token.position, statements)

    def _body(self) -> nodes.Statement:
        self.skip_newlines()
        if self.peek().kind == END:
            self.fail(self.peek())
        self.enter()
        body = self._statement()
        self.leave()
        return body

    def _condition(self) -> nodes.Expression:
        self.expect("(")
        self.skip_newlines()
        condition = self.expression()
        self.skip_newlines()
        self.expect(")")
        return condition

    def _if(self, token: Token) -> nodes.Statement:
        branches = [(self._condition(), self._body())]
        otherwise: nodes.Statement | None = None
        while otherwise is None and self._else_follows():
            self.skip_newlines()
            following = self.peek()
            if following.kind == NAME and following.raw == "if":
                self.advance()
                branches.append((self._condition(), self._body()))
            else:
                otherwise = self._body()
        return nodes.If(token.position, branches, otherwise)

    def _else_follows(self) -> bool:
        # Nothing is lexed while looking: the name after the body may be a macro that the body redefines.
        if self._token is not None:
            return False
        newlines = 1 if self._ended_by_newline else 0
        found = self.lexer.take_else(newlines, waiting=self._waiting and self._blocks == 0)
        self._ended_by_newline = False
        return found

    def _while(self, token: Token) -> nodes.Statement:
        return nodes.While(token.position, self._condition(), self._loop_body())

    def _loop_body(self) -> nodes.Statement:
        self._loops += 1
        body = self._body()
        self._loops -= 1
        return body

    def _for(self, token: Token) -> nodes.Statement:
        self.expect("(")
        start: list[nodes.Expression] = []
        if not self.at(";"):
            start = self.comma_list()
        if self.accept(")"):
            loop = start[0] if len(start) == 1 else None
            if not isinstance(loop, nodes.Contains) or isinstance(loop.array, nodes.Number | nodes.String):
                self.fail(token)
            return nodes.ForIn(token.position, self.target(loop.key, token), loop.array, self._loop_body())
        self.expect(";")
        condition = None if self.at(";") else self.expression()
        self.expect(";")
        step = [] if self.at(")") else self.comma_list()
        self.expect(")")
        return nodes.For(token.position, start, condition, step, self._loop_body())

    def _return(self, token: Token) -> nodes.Statement:
        following = self.peek()
        ends = following.kind in {NEWLINE, END} or (following.kind == OPERATOR and following.raw in {";", "}"})
        value = None if ends else self.expression()
        self._end_statement()
        return nodes.Return(token.position, value)

    def _leave_word(self, token: Token) -> nodes.Statement:
        if token.raw in {"break", "continue"} and not self._loops:
            raise SpecSyntaxError(messages.OUTSIDE_LOOP.format(word=token.raw), position=token.position)
        self._end_statement()
        return nodes.Leave(token.position, token.raw)

    def _command(self, token: Token) -> nodes.Statement:
        style = self._commands[token.raw]
        arguments: list[nodes.Expression] = []
        words: list[str] = []
        if style == WORDS:
            words = self._words()
        elif style == LINE:
            words = [self.lexer.line()]
        elif style == EXPRESSIONS and not self._at_end_of_statement():
            arguments = self.comma_list()
        self._end_statement()
        return nodes.Command(token.position, token.raw, arguments, words)
