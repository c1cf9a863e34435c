"""Turns statements into Python closures (SPEC_LANGUAGE.md 5).

A statement's closure returns None when the next statement follows, or one of `BREAK`, `CONTINUE` or a tuple with the
value that a ``return`` gave.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from . import messages, nodes
from .associative import AssociativeArray
from .compile_declarations import DeclarationCompiler
from .definitions import literal_value
from .errors import MacroExitError, SpecLanguageError, SpecRuntimeError, UndefinedNameError
from .macros import Macro
from .scope import CellReference, Environment, Frame, Reference, Run, Unit
from .values import ArrayValue, Value, to_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from .interpreter import Interpreter

BREAK: Final = "break"
CONTINUE: Final = "continue"


class StatementCompiler(DeclarationCompiler):
    """Compiles the statements of one mini-program or function body."""

    def __init__(self, interpreter: Interpreter, unit: Unit) -> None:
        super().__init__(interpreter, unit)
        self._statements: dict[type, Callable[[Any], Run]] = {
            nodes.ExpressionStatement: self._expression_statement,
            nodes.Block: self._block,
            nodes.If: self._if,
            nodes.While: self._while,
            nodes.For: self._for,
            nodes.ForIn: self._for_in,
            nodes.Leave: self._leave,
            nodes.Return: self._return,
            nodes.Declare: self._declare,
            nodes.DeclareArray: self._declare_array,
            nodes.Delete: self._delete,
            nodes.Define: lambda _node: _nothing,
            nodes.DefineLater: self._define_later,
            nodes.Command: self._command,
        }

    def statement(self, node: nodes.Statement) -> Run:
        """Return the closure that carries out a statement, and that says where an error happened."""
        run = self._statements[type(node)](node)
        if isinstance(node, nodes.Block):
            return run
        position = node.position
        coverage = self.interpreter.coverage
        place = (position.source, position.line)

        def located(frame: Frame) -> Any:
            try:
                return run(frame)
            except SpecLanguageError as error:
                if error.position is None:
                    error.position = position
                raise

        def counted(frame: Frame) -> Any:
            coverage.add(place)  # type: ignore[union-attr]  # chosen only when there is one
            return located(frame)

        return located if coverage is None else counted

    def _expression_statement(self, node: nodes.ExpressionStatement) -> Run:
        run = self.bare(node.expression)

        def statement(frame: Frame) -> None:
            run(frame)

        return statement

    def bare(self, node: nodes.Expression) -> Run:
        """Return the closure of an expression statement: a lone name that nobody defined is an error (9)."""
        run = self.expression(node)
        first = node.items[0] if isinstance(node, nodes.Concatenation) else node
        if not isinstance(first, nodes.Name) or not self.interpreter.choices.bare_name_is_error:
            return run
        name = first.name
        refer, bind = self.reference(first), self.unit.environment()

        def checked(frame: Frame) -> Value:
            reference = refer(frame)
            if reference.get() is None and not _declared(reference, bind(frame)):
                raise UndefinedNameError(messages.UNDEFINED.format(name=name))
            return run(frame)

        return checked

    # -- flow --------------------------------------------------------------------------------------------------------

    def _block(self, node: nodes.Block) -> Run:
        self.unit.open_block()
        statements = [self.statement(statement) for statement in node.statements]
        self.unit.close_block()
        return self.sequence(statements)

    def sequence(self, statements: list[Run]) -> Run:
        """Return the closure that carries out statements one after the other."""
        interpreter = self.interpreter
        if not statements:
            return _nothing

        def run(frame: Frame) -> Any:
            for statement in statements:
                if interpreter.interrupted:
                    interpreter.attend()
                signal = statement(frame)
                if signal is not None:
                    return signal
            return None

        return run

    def _if(self, node: nodes.If) -> Run:
        branches = [(self.condition(condition), self.statement(body)) for condition, body in node.branches]
        otherwise = self.statement(node.otherwise) if node.otherwise is not None else _nothing
        if len(branches) == 1:
            condition, body = branches[0]
            return lambda frame: body(frame) if condition(frame) else otherwise(frame)

        def run(frame: Frame) -> Any:
            for condition, body in branches:
                if condition(frame):
                    return body(frame)
            return otherwise(frame)

        return run

    def _while(self, node: nodes.While) -> Run:
        return self._loop(self.condition(node.condition), self.statement(node.body), [])

    def _for(self, node: nodes.For) -> Run:
        start = [self.expression(expression) for expression in node.start]
        condition = self.condition(node.condition) if node.condition is not None else _always
        step = [self.expression(expression) for expression in node.step]
        loop = self._loop(condition, self.statement(node.body), step)

        def run(frame: Frame) -> Any:
            for expression in start:
                expression(frame)
            return loop(frame)

        return run

    def _loop(self, condition: Callable[[Frame], bool], body: Run, step: list[Run]) -> Run:
        interpreter = self.interpreter

        def run(frame: Frame) -> Any:
            while condition(frame):
                if interpreter.interrupted:
                    interpreter.attend()
                signal = body(frame)
                if signal is not None:
                    if signal is BREAK:
                        break
                    if signal is not CONTINUE:
                        return signal
                for expression in step:
                    expression(frame)
            return None

        return run

    def _for_in(self, node: nodes.ForIn) -> Run:
        store, table, body = self.store(node.target), self.row(node.array), self.statement(node.body)
        interpreter = self.interpreter

        def run(frame: Frame) -> Any:
            array = table(frame)
            if array is None:
                return None  # an array that has no elements yet
            if not isinstance(array, (AssociativeArray, ArrayValue)):
                raise SpecRuntimeError(messages.NO_TABLE.format(what=f"`{to_text(array)[:40]}'"))
            # A snapshot: bodies delete elements while they loop (SPEC_LANGUAGE.md 5).
            for key in array.keys():  # noqa: SIM118  no dict
                if interpreter.interrupted:
                    interpreter.attend()
                store(frame, interpreter.key_value(key))
                signal = body(frame)
                if signal is not None:
                    if signal is BREAK:
                        break
                    if signal is not CONTINUE:
                        return signal
            return None

        return run

    def _leave(self, node: nodes.Leave) -> Run:
        word = node.word
        if word in {BREAK, CONTINUE}:
            signal = BREAK if word == BREAK else CONTINUE  # loops compare identities
            return lambda _frame: signal
        interpreter, position = self.interpreter, node.position
        if word == "quit":
            in_macro = bool(position.macro) or self.unit.is_function

            def leave(_frame: Frame) -> None:
                if in_macro:
                    raise SpecRuntimeError(messages.QUIT_IN_MACRO)
                interpreter.quit()

            return leave

        def abandon(_frame: Frame) -> None:
            raise MacroExitError("exit", position=position)

        return abandon

    def _return(self, node: nodes.Return) -> Run:
        if node.value is None:
            return lambda _frame: (0.0,)
        value = self.expression(node.value)
        return lambda frame: (value(frame),)

    # -- definitions and commands ------------------------------------------------------------------------------------

    def _define_later(self, node: nodes.DefineLater) -> Run:
        interpreter = self.interpreter
        literal = literal_value(node.text) if isinstance(node.text, nodes.String) else None
        value = self.expression(node.text)
        name, parameters, position = node.name, node.parameters, node.text.position

        def run(frame: Frame) -> None:
            text = literal if literal is not None else str(to_text(value(frame)))
            interpreter.macros.define(Macro(name, text, position.source, position.line, parameters))

        return run

    def _command(self, node: nodes.Command) -> Run:
        interpreter, name = self.interpreter, node.name
        values = [self.expression(argument) for argument in node.arguments]
        words = node.words or [_printed_name(argument) for argument in node.arguments]

        def run(frame: Frame) -> None:
            interpreter.run_command(name, [value(frame) for value in values], words)

        return run


def _printed_name(node: nodes.Expression) -> str:
    """Return what ``print`` calls an array: its name, of a row with the first index."""
    if isinstance(node, nodes.Index) and isinstance(node.base, nodes.Name):
        given = [brackets[0] for brackets in node.subscripts if brackets]
        first = node.subscripts[0] and given[0]
        if isinstance(first, nodes.String | nodes.Number):
            return f'{node.base.name}["{to_text(first.value)}"]'
        return f"{node.base.name}[...]" if first else node.base.name
    return node.name if isinstance(node, nodes.Name) else ""


def _nothing(_frame: Frame) -> None:
    return None


def _always(_frame: Frame) -> bool:
    return True


def _declared(reference: Reference, environment: Environment) -> bool:
    if isinstance(reference, CellReference) and reference.cell.is_global:
        return True
    return environment.is_local(reference.name)
