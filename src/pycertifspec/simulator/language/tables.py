"""The tables of functions and commands, to which the program that embeds the language adds its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from . import parser

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .interpreter import Interpreter
    from .values import Value

I_ = TypeVar("I_", bound="Callable[..., Any]")
# More arguments than any program has.
ANY = 1_000_000


def expected_count(low: int, high: int) -> str:
    """Say how many arguments are wanted."""
    return str(low) if low == high else f"at least {low}" if high >= 1000 else f"{low} to {high}"


@dataclass(frozen=True, slots=True)
class Function:
    """A built-in function.

    Attributes:
        name: as programs call it.
        implementation: called with the interpreter and the arguments.
        minimum: how many arguments it needs.
        maximum: how many it takes.
        by_reference: the arguments (from 0) that it is given as `scope.Reference`, because it assigns to them.
        references_from: from this argument on all are references.
        environment: whether it is given the caller's `scope.Environment` before the arguments.
        doc: what it does, in a line.

    """

    name: str
    implementation: Callable[..., Value]
    minimum: int = 0
    maximum: int = ANY
    by_reference: frozenset[int] = frozenset()
    references_from: int = ANY
    environment: bool = False
    doc: str = ""


class FunctionTable:
    """Functions by name."""

    def __init__(self) -> None:
        self._functions: dict[str, Function] = {}
        self.get = self._functions.get

    def __contains__(self, name: str) -> bool:
        return name in self._functions

    def __iter__(self) -> Iterator[Function]:
        return iter([function for _, function in sorted(self._functions.items())])

    def register(self, function: Function) -> None:
        """Add a function, or replace the one of that name."""
        self._functions[function.name] = function

    def update(self, other: FunctionTable) -> None:
        """Add all functions of another table."""
        for function in other:
            self.register(function)

    def add(
        self,
        name: str,
        minimum: int = 0,
        maximum: int | None = None,
        *,
        by_reference: tuple[int, ...] = (),
        references_from: int = ANY,
        environment: bool = False,
    ) -> Callable[[I_], I_]:
        """Return a decorator that adds a Python function under `name`; without `maximum`, `minimum` is exact."""

        def register(implementation: I_) -> I_:
            most = minimum if maximum is None else maximum
            doc = (implementation.__doc__ or "").strip().partition("\n")[0]
            references = frozenset(by_reference)
            self.register(Function(name, implementation, minimum, most, references, references_from, environment, doc))
            return implementation

        return register


class CommandImplementation(Protocol):
    """What carries out a command."""

    def __call__(self, interpreter: Interpreter, values: list[Value], names: list[str], /) -> object:
        """Run; `values` of the expressions and the names of those that are variables, or all words in `names`."""


@dataclass(frozen=True, slots=True)
class Command:
    """A built-in command: used without brackets, at the start of a statement (SPEC_LANGUAGE.md 1.3).

    Attributes:
        style: what follows the name: `parser.EXPRESSIONS`, `parser.WORDS`, `parser.LINE` (one word: the rest of the
            statement as it was written) or `parser.NOTHING`.

    """

    name: str
    implementation: CommandImplementation
    style: str = parser.NOTHING
    doc: str = ""


class CommandTable:
    """Commands by name.

    Attributes:
        styles: what each takes after its name: what the parser has to know.

    """

    def __init__(self) -> None:
        self._commands: dict[str, Command] = {}
        self.styles: dict[str, str] = {}
        self.get = self._commands.get

    def __contains__(self, name: str) -> bool:
        return name in self._commands

    def __iter__(self) -> Iterator[Command]:
        return iter([command for _, command in sorted(self._commands.items())])

    def register(self, command: Command) -> None:
        """Add a command, or replace the one of that name."""
        self._commands[command.name] = command
        self.styles[command.name] = command.style

    def update(self, other: CommandTable) -> None:
        """Add all commands of another table."""
        for command in other:
            self.register(command)

    def add(self, name: str, style: str = parser.NOTHING) -> Callable[[I_], I_]:
        """Return a decorator that adds a Python function under `name`."""

        def register(implementation: I_) -> I_:
            doc = (implementation.__doc__ or "").strip().partition("\n")[0]
            self.register(Command(name, implementation, style, doc))
            return implementation

        return register
