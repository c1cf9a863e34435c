"""The interpreter: reads SPEC text, runs it, and cleans up after errors (SPEC_LANGUAGE.md 1.1, 2.7, 9)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from . import choices as _choices
from . import limits as _limits
from . import messages, nodes
from .associative import AssociativeArray, BuiltinArray
from .calls import Calls
from .depth import depth_of_programs
from .errors import (
    LimitExceededError,
    MacroExitError,
    MacroInterruptError,
    QuitError,
    SpecLanguageError,
    SpecRuntimeError,
)
from .input_stack import Frame
from .macros import MacroTable
from .outputs import Outputs
from .reading import Reading
from .room import Room
from .scope import Environment, Unit, frame_values
from .standard import standard_commands, standard_functions, standard_variables
from .symbols import Cell, Symbols
from .values import ArrayValue, Value, from_outside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from io import StringIO

    from .host import Host
    from .scope import Run

# Defined text that is run after an error, in this order (SPEC_LANGUAGE.md 2.7).
CLEANUPS = ("cleanup", "cleanup1", "cleanup_once", "cleanup_always")
# Those that are removed when they fail.
FRAGILE_CLEANUPS = frozenset({"cleanup", "cleanup1"})


class Interpreter(Calls):
    """Runs programs of SPEC's language.

    Args:
        host: the world outside.
        program_name: the name it was started under: ``SPEC`` and the prompt.
        limits: what programs may use.
        choices: what the specification leaves open.

    Attributes:
        functions: built-in functions; the embedding program adds its own.
        commands: built-in commands; the same.
        macros: the definitions.
        symbols: the global variables; `symbols.on_change` is told of assignments.
        outputs: the screen and files.
        parameters: what ``spec_par()`` shows and sets.
        coverage: a set that collects the (source, line) of statements that were run, or None; see `watch_lines`.
        on_reset: called first after an error: stops motors and counters.
        on_calc: ``calc()``: the geometry.
        on_attention: called between two statements after `want_attention`; what it raises stops the program there.
        on_save: ``savstate``; an error unless the embedding program keeps the state.
        held_elsewhere: give values that the embedding program keeps for macros: they count as those of variables do.
        asks_before_undef: whether ``undef`` with many matches asks the person at the keyboard.
        last_was_expression: whether the last statement that was run was an expression.
        history: the lines that were typed.

    """

    def __init__(
        self,
        host: Host,
        *,
        program_name: str = "spec",
        limits: _limits.Limits | None = None,
        choices: _choices.Choices | None = None,
    ) -> None:
        super().__init__()
        self.host = host
        self.program_name = program_name
        self.limits = limits or _limits.Limits()
        self.choices = choices or _choices.Choices()
        self.symbols = Symbols(most=self.limits.names)
        self.macros = MacroTable(self.limits, self.choices.piece_separator)
        self.outputs = Outputs(host, self.limits)
        self.functions = standard_functions()
        self.commands = standard_commands()
        self.parameters: dict[str, Value] = {}
        self.coverage: set[tuple[str, int]] | None = None
        self.on_reset: Callable[[], None] = lambda: None
        self.on_calc: Callable[[int, Value], Value] = lambda _code, _argument: 0.0
        self.on_save: Callable[[], None] = _no_place_for_the_state
        self.on_attention: Callable[[], None] = lambda: None
        # Server clients are not asked (SPEC_LANGUAGE.md 2.1): the host turns it off for them.
        self.asks_before_undef = True
        self.last_was_expression = False
        self.history: list[str] = []
        self.interrupted = self._stopping = False
        # Files that getline() is reading: what is left of them.
        self.open_reads: dict[str, StringIO] = {}
        self._readings: list[Reading] = []
        self._eval_depth = 0
        self._statement_frames: list[list[Value]] = []
        self.room = Room(self.limits, self._values_held)
        self.held_elsewhere: list[Callable[[], Iterable[Value]]] = []
        standard_variables(self)

    # -- for the embedding program -----------------------------------------------------------------------------------

    def execute(self, text: str, *, source: str = "tty") -> Value:
        """Run text as if it had been read from `source`.

        Returns:
            The value of the last statement: of an expression its value, of ``return`` what it gave, else 1.

        Raises:
            SpecLanguageError: it failed. The message has been shown and the cleanup macros have been run (2.7).

        """
        return self.run(Reading(self, Frame(text, source)))

    def run(self, reading: Reading) -> Value:
        """Run all that `reading` has, as `execute` does."""
        outermost = not self._readings
        try:
            with depth_of_programs():
                value = self.read_on(reading)
        except SpecLanguageError as error:
            if outermost:
                self._reset(error)
            raise
        finally:
            if outermost:
                # Forgotten at the end, not at the beginning: an interrupt that comes before the first statement counts.
                self.forget_interrupts()
        if outermost and not reading.pending:
            # Nothing went wrong: it is not wanted any more (SPEC_LANGUAGE.md 2.7).
            self.macros.remove("cleanup_once")
        return value

    def interrupt(self) -> None:
        """Stop what is running at its next statement, as ``^C`` does; may be called from any thread."""
        self._stopping = True
        self.interrupted = True

    def want_attention(self) -> None:
        """Have `on_attention` called before the next statement of what is running; any thread may."""
        self.interrupted = True

    def forget_interrupts(self) -> None:
        """Let nothing that was wanted until now concern what runs next."""
        self.interrupted = self._stopping = False

    def check_interrupt(self) -> None:
        """Stop here if somebody interrupted: for functions that take long.

        Raises:
            MacroInterruptError: somebody did.
            SpecLanguageError: something else wanted attention, and does not let the program go on.

        """
        if self.interrupted:
            self.attend()

    def attend(self) -> None:
        """Answer `interrupt` or `want_attention`, in the thread that runs the program.

        Raises:
            MacroInterruptError: somebody interrupted.
            SpecLanguageError: what `on_attention` raises.

        """
        self.interrupted = False  # first: what comes meanwhile is answered next time
        if self._stopping:
            self._stopping = False
            raise MacroInterruptError(messages.INTERRUPTED)
        self.on_attention()

    def watch_lines(self, lines: set[tuple[str, int]] | None) -> None:
        """Collect the (source, line) of each statement that runs from now on, or stop with None."""
        self.coverage = lines
        self.forget_compiled()

    def define_array(
        self, name: str, elements: dict[str, Value], on_set: Callable[[str, Value], None] | None = None
    ) -> BuiltinArray:
        """Make a built-in array such as ``A``: macros may set the elements that exist, and no others."""
        array = BuiltinArray(name, elements, on_set=on_set)
        self.symbols.set_builtin(name, array)
        return array

    def _values_held(self) -> Iterator[Value]:
        for values in self.held_elsewhere:
            yield from list(values())
        yield from [cell.value for cell in self.symbols]
        yield from [cell.value for reading in self._readings for cell in reading.session.values()]
        yield from [value for frame in (*self._statement_frames, *self._active) for value in frame_values(frame)]
        yield from [macro.text for macro in map(self.macros.get, self.macros) if macro is not None]

    # -- running -----------------------------------------------------------------------------------------------------

    def read_on(self, reading: Reading, outer: Environment | None = None) -> Value:
        """Run the statements of `reading` until its input ends."""
        value: Value = 1.0
        self._readings.append(reading)
        try:
            while True:
                self.check_interrupt()
                statement = None
                try:
                    statement = reading.next_statement()
                    if statement is None:
                        return value
                    self._echo(reading)
                    value, ends = self._run_statement(statement, reading, outer)
                except SpecLanguageError as error:
                    places = error.position, None if statement is None else statement.position
                    error.near = error.near or self.macros.text_at(error.position) or reading.text_around(*places)
                    raise
                if ends:
                    return value
        finally:
            self._readings.pop()

    def _echo(self, reading: Reading) -> None:
        """Show the lines of command files that were read for the next statement, where they are to be shown."""
        for frame in reading.stack.frames:
            if lines := frame.lines_to_show():
                self.outputs.write(lines)

    def _run_statement(
        self, statement: nodes.Statement, reading: Reading, outer: Environment | None
    ) -> tuple[Value, bool]:
        unit = Unit(self.symbols, session=reading.session, outer=outer)
        compiler = self.compiler(unit)
        self.last_was_expression = isinstance(statement, nodes.ExpressionStatement)
        if isinstance(statement, nodes.ExpressionStatement):
            run = compiler.bare(statement.expression)
            try:
                if self.coverage is not None:
                    self.coverage.add((statement.position.source, statement.position.line))
                value = self._with_frame(run, unit.size)
            except SpecLanguageError as error:
                error.position = error.position or statement.position
                raise
            # eval() in the expression has changed it.
            self.last_was_expression = True
            return value, False
        signal = self._with_frame(compiler.statement(statement), unit.size)
        if isinstance(signal, tuple):
            reading.stack.clear()
            return signal[0], True
        return 1.0, False

    def _with_frame(self, run: Run, size: int) -> Value:
        """Run a mini-program with variables of its own."""
        frame: list[Value] = [None] * size
        self._statement_frames.append(frame)
        try:
            return run(frame)
        finally:
            self._statement_frames.pop()

    def queue_file(self, text: str, name: str, *, echo: bool = False, skipped: int = 0) -> None:
        """Read a command file before the rest of what is being read now.

        Args:
            text: what stands in it.
            name: what it is called in messages.
            echo: show its lines before they are run, without those in the beginning that are `skipped`.
            skipped: how many of its first lines are not run.

        """
        if not text.endswith("\n"):
            text += "\n"
        if self._readings:
            frame = Frame(text, name, closed=True, echo=echo)
            frame.offset = sum(map(len, text.splitlines(keepends=True)[:skipped]))
            if echo:
                frame.shown = frame.offset
            self._readings[-1].stack.push(frame)

    def evaluate(self, text: str, outer: Environment | None = None) -> Value:
        """Run text without a reset when it fails: ``eval()`` and ``eval2()``.

        Raises:
            SpecLanguageError: it failed.

        """
        if self._eval_depth >= self.limits.eval_depth:
            raise LimitExceededError(
                messages.LIMIT.format(what="eval() inside eval()", limit=self.limits.eval_depth, name="eval_depth")
            )
        self._eval_depth += 1
        try:
            return self.read_on(Reading(self, Frame(text, "eval")), outer)
        finally:
            self._eval_depth -= 1

    def quit(self) -> NoReturn:
        """Leave SPEC: run ``end_mac``, close the files.

        Raises:
            QuitError: always.

        """
        self.run_macro("end_mac")
        self.outputs.close_all()
        raise QuitError("quit")

    def run_macro(self, name: str) -> bool:
        """Run a macro that the program itself calls, if it is defined; tell whether it went well."""
        macro = self.macros.get(name)
        if macro is None:
            return True
        try:
            with depth_of_programs():
                self.read_on(Reading(self, Frame(name + "\n", name)))
        except QuitError:
            raise
        except SpecLanguageError as error:
            self._show(error)
            return False
        return True

    # -- errors ------------------------------------------------------------------------------------------------------

    def _reset(self, error: SpecLanguageError) -> None:
        """Do what follows an error, ``exit`` or an interrupt (SPEC_LANGUAGE.md 2.7)."""
        self.forget_interrupts()
        self._eval_depth = 0
        self.forget_calls()
        if isinstance(error, QuitError):
            return
        self.on_reset()
        self.outputs.reset()
        self._show(error)
        for name in CLEANUPS:
            went_well = self.run_macro(name)
            if not went_well and name in FRAGILE_CLEANUPS:
                self.macros.remove(name)
        self.macros.remove("cleanup_once")

    def _show(self, error: SpecLanguageError) -> None:
        if isinstance(error, MacroExitError):
            return
        text = error.message
        if isinstance(error, MacroInterruptError):  # where it was is of no interest to who has typed ^C
            self.outputs.write_error(f"#E {text}\n", f"{text}\n")
            return
        where = error.where() if error.macro or error.source not in {"", "tty"} else ""
        if where and error.source not in text:
            text += f" ({where})"
        near = error.near_line() if where or error.line > 1 else ""
        self.outputs.write_error(f"#E {text}{near}\n", f"{text}{near}\n")

    # -- variables ---------------------------------------------------------------------------------------------------

    def get(self, name: str, *keys: str) -> Value:
        """Return a global variable for Python: a number, text, None while unset, a dict or a numpy array."""
        from .exchange import get_variable  # noqa: PLC0415  only servers need it

        return get_variable(self.symbols, name, keys)

    def set(self, name: str, value: object, *keys: str) -> None:
        """Set a global variable, or an element of one, as a program would."""
        from .exchange import set_variable  # noqa: PLC0415

        set_variable(self, name, value, keys)

    def delete(self, name: str, *keys: str) -> None:
        """Remove a global variable, or an element of one."""
        from .exchange import delete_variable  # noqa: PLC0415

        delete_variable(self.symbols, name, keys)

    def session_cell(self, unit: Unit, name: str) -> Cell:
        """Return the variable that ``local`` makes outside any brace: it lives as long as this text is read."""
        cell = unit.session.get(name)
        if cell is None:
            cell = unit.session[name] = Cell(name)
            cell.is_global = True
        return cell

    def new_array(self, element: str, shape: Sequence[int]) -> ArrayValue:
        """Make a data array.

        Raises:
            SpecRuntimeError: the size makes no sense.
            LimitExceededError: it is too large.

        """
        from .data_array import DataArray  # noqa: PLC0415  numpy is imported when the first array is made

        array = DataArray.zeros(element, shape, self.limits)
        self.can_interrupt(array)
        self.room.made(array.byte_count)
        return array

    def can_interrupt(self, array: ArrayValue) -> None:
        """Let interrupts end what programs do with an array from now on."""
        array.pause = self.check_interrupt

    def replace_global(self, name: str, array: ArrayValue) -> None:
        """Make a global data array, in place of whatever has that name."""
        cell = self.symbols.cell(name)
        if cell.immutable or cell.constant or isinstance(cell.value, BuiltinArray):
            raise SpecRuntimeError(messages.IMMUTABLE.format(name=name))
        cell.is_global = True
        self.symbols.store(cell, array)

    def key_value(self, key: str) -> Value:
        """Return a key as the value of a loop variable: it may be a number too (SPEC_LANGUAGE.md 5)."""
        return from_outside(key)

    def is_array(self, value: Value) -> bool:
        """Tell whether a value is an array of either kind."""
        return isinstance(value, (AssociativeArray, ArrayValue))


def _no_place_for_the_state() -> NoReturn:
    raise SpecRuntimeError(messages.NO_STATE)
