"""Looks at programs without running them: for tools that check macro files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import nodes
from .errors import IncompleteInputError, SpecSyntaxError
from .input_stack import Frame, InputStack
from .parser import Parser

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from .limits import Limits
    from .macros import MacroTable


class Reader:
    """Gives the statements of a text without running them, and in between what is wrong with it.

    After an error reading goes on at the next line, so that a file's faults are found together.
    """

    def __init__(
        self,
        frame: Frame,
        macros: MacroTable,
        limits: Limits,
        *,
        commands: Mapping[str, str],
        is_variable: Callable[[str], bool] = lambda _name: False,
    ) -> None:
        self._stack = InputStack(limits)
        self._stack.push(frame)
        self.parser = Parser(self._stack, macros, limits, commands=commands, is_variable=is_variable)

    def __iter__(self) -> Iterator[nodes.Statement | SpecSyntaxError]:
        while True:
            try:
                statement = self.parser.next_statement()
            except SpecSyntaxError as error:
                yield error
                if isinstance(error, IncompleteInputError) and error.kind == "quot":
                    return
                self._skip_line()
                continue
            if statement is None:
                return
            yield statement

    def _skip_line(self) -> None:
        del self._stack.frames[1:]
        bottom = self._stack.frames[0]
        end = bottom.text.find("\n", bottom.offset)
        bottom.offset = len(bottom.text) if end < 0 else end + 1


def parse_all(
    text: str, macros: MacroTable, limits: Limits, *, source: str = "tty", commands: Mapping[str, str]
) -> tuple[list[nodes.Statement], list[SpecSyntaxError]]:
    """Parse a whole text without running anything: statements, and what is wrong with it."""
    statements: list[nodes.Statement] = []
    errors: list[SpecSyntaxError] = []
    for item in Reader(Frame(text, source, closed=True), macros, limits, commands=commands):
        if isinstance(item, SpecSyntaxError):
            errors.append(item)
        else:
            statements.append(item)
    return statements, errors


def walk(roots: Iterable[object]) -> Iterable[nodes.Node]:
    """Give every node below `roots`, for tools that look at programs."""
    waiting = list(roots)
    while waiting:
        item = waiting.pop()
        if isinstance(item, (list, tuple)) and not hasattr(item, "_fields"):
            waiting.extend(item)
        elif isinstance(item, (nodes.Node, nodes.Declared, nodes.Range)):
            if isinstance(item, nodes.Node):
                yield item
            waiting.extend(getattr(item, name) for name in _fields(type(item)))


def _fields(kind: type) -> list[str]:
    return [name for base in kind.__mro__ for name in getattr(base, "__dataclass_fields__", {}) if name != "position"]
