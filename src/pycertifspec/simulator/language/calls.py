"""Calls of macro functions, built-in functions and commands (SPEC_LANGUAGE.md 2.5, 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from . import messages, names_table
from .associative import AssociativeArray
from .compile_statements import StatementCompiler
from .errors import (
    NotImplementedInSimulatorError,
    SpecLanguageError,
    SpecRuntimeError,
    UndefinedNameError,
    exceeded,
)
from .input_stack import Frame, InputStack
from .parser import Parser
from .scope import ElementReference, Reference, Run, Unit
from .tables import expected_count

if TYPE_CHECKING:
    from .limits import Limits
    from .macros import Macro, MacroTable
    from .symbols import Symbols
    from .tables import CommandTable, Function, FunctionTable
    from .values import Value


class CompiledFunction:
    """A macro function that is ready to run, and the macros that its text was expanded with."""

    __slots__ = ("arguments", "body", "count", "macro", "seen", "size", "version")

    def __init__(self, macro: Macro, unit: Unit, body: Run, seen: dict[str, Macro | None], version: int) -> None:
        self.macro = macro
        self.body = body
        self.size = unit.size
        self.count = len(macro.parameters or ())
        self.arguments = list(unit.arguments.items())
        self.seen = seen
        self.version = version


class Calls:
    """The part of the interpreter that calls."""

    limits: Limits
    symbols: Symbols
    macros: MacroTable
    functions: FunctionTable
    commands: CommandTable
    interrupted: bool

    def __init__(self) -> None:
        self._compiled: dict[str, CompiledFunction] = {}
        # The frames of the macro functions that are being called: what they hold counts.
        self._active: list[list[Any]] = []

    def attend(self) -> None:
        """Answer what has set `interrupted`."""
        raise NotImplementedError

    def compiler(self, unit: Unit) -> StatementCompiler:
        """Return a compiler for a mini-program or function."""
        return StatementCompiler(self, unit)  # type: ignore[arg-type]  # the interpreter is the only one

    def forget_compiled(self) -> None:
        """Compile functions anew when they are called next."""
        self._compiled.clear()

    def forget_calls(self) -> None:
        """Nothing is being called any more."""
        self._active.clear()

    def call_macro(self, macro: Macro, arguments: list[Value]) -> Value:
        """Call a macro function: numbers and strings by value, arrays by reference.

        Raises:
            LimitExceededError: the calls are nested too deep.

        """
        if self.interrupted:
            self.attend()
        compiled = self._compiled.get(macro.name)
        if compiled is None or compiled.macro is not macro or not self._is_current(compiled):
            compiled = self._compile(macro)
        if len(self._active) >= self.limits.call_depth:
            exceeded("call_depth", self.limits.call_depth, f"The depth of calls in {macro.name}()")
        frame: list[Any] = [None] * compiled.size
        given = arguments[: compiled.count]
        frame[1 : 1 + len(given)] = given
        if compiled.arguments:
            _fill_arguments(frame, compiled, arguments)
        self._active.append(frame)
        try:
            signal = compiled.body(frame)
        except SpecLanguageError as error:
            error.calls.append(macro.name)
            raise
        finally:
            if self._active:
                self._active.pop()
        return signal[0] if signal.__class__ is tuple else 0.0

    def _is_current(self, compiled: CompiledFunction) -> bool:
        """Tell whether the macros in a function's text are still what they were when it was compiled."""
        if compiled.version != self.macros.version:
            get = self.macros.get
            if any(get(name) is not macro for name, macro in compiled.seen.items()):
                return False
            compiled.version = self.macros.version
        return True

    def _compile(self, macro: Macro) -> CompiledFunction:
        stack = InputStack(self.limits)
        stack.push(Frame(macro.text, macro.source, line=macro.line, macro=macro.name))
        parser = Parser(
            stack,
            self.macros,
            self.limits,
            commands=self.commands.styles,
            is_variable=self.symbols.is_global,
            is_function=self.functions.__contains__,
        )
        parameters = macro.parameters or ()
        parser.lexer.hidden = set(parameters)
        seen: dict[str, Macro | None] = {}
        parser.lexer.seen = seen
        unit = Unit(self.symbols, is_function=True)
        unit.open_block()
        for name in parameters:
            unit.declare_local(name)
        statements = []
        while (statement := parser.next_statement()) is not None:
            statements.append(statement)
        compiler = self.compiler(unit)
        body = compiler.sequence([compiler.statement(statement) for statement in statements])
        unit.close_block()
        # A function that is called in its own text was met under its own name.
        seen[macro.name] = macro
        compiled = CompiledFunction(macro, unit, body, seen, self.macros.version)
        self._compiled[macro.name] = compiled
        return compiled

    def call_function(self, name: str, arguments: list[Value]) -> Value:
        """Call a built-in function by its name.

        Raises:
            NotImplementedInSimulatorError: SPEC has it, this simulator does not.
            UndefinedNameError: nobody has it.

        """
        function = self.functions.get(name)
        if function is None:
            if name in names_table.FUNCTIONS:
                raise NotImplementedInSimulatorError(messages.NOT_IMPLEMENTED.format(name=name))
            raise UndefinedNameError(messages.UNDEFINED_FUNCTION.format(name=name))
        if not function.minimum <= len(arguments) <= function.maximum:
            self.refuse_arguments(function, len(arguments))
        given = [
            _to_nowhere(value) if n in function.by_reference or n >= function.references_from else value
            for n, value in enumerate(arguments)
        ]
        if function.environment:
            given.insert(0, Unit(self.symbols).environment()([None]))
        return function.implementation(self, *given)

    def refuse_arguments(self, function: Function, count: int) -> NoReturn:
        """Say that a call has too few or too many arguments.

        Raises:
            SpecRuntimeError: always.

        """
        expected = expected_count(function.minimum, function.maximum)
        raise SpecRuntimeError(messages.ARGUMENT_COUNT.format(name=function.name, got=count, expected=expected))

    def run_command(self, name: str, values: list[Value], names: list[str]) -> None:
        """Carry out a built-in command.

        Raises:
            NotImplementedInSimulatorError: SPEC has it, this simulator does not.

        """
        command = self.commands.get(name)
        if command is None:
            raise NotImplementedInSimulatorError(messages.COMMAND_NOT_IMPLEMENTED.format(name=name))
        command.implementation(self, values, names)  # type: ignore[arg-type]  # the interpreter is the only one


def _fill_arguments(frame: list[Any], compiled: CompiledFunction, arguments: list[Value]) -> None:
    """Set ``argc``, ``argv`` and ``arg1`` ... as far as the function uses them (SPEC_LANGUAGE.md 2.5)."""
    for name, slot in compiled.arguments:
        if name == "argc":
            frame[slot] = float(len(arguments))
        elif name == "argv":
            frame[slot] = AssociativeArray({str(n): value for n, value in enumerate(arguments, 1)})
        else:
            number = int(name[3:]) if len(name) < 12 else 0
            frame[slot] = arguments[number - 1] if 1 <= number <= len(arguments) else None


def _to_nowhere(value: Value) -> Reference:
    return ElementReference("", lambda: value, lambda _value: None)
