"""Looks at programs without running them: for tools that check macro files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import nodes
from .errors import IncompleteInputError, SpecSyntaxError
from .input_stack import Frame, InputStack
from .parser import Parser

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .limits import Limits
    from .macros import MacroTable


def parse_all(
    text: str, macros: MacroTable, limits: Limits, *, source: str = "tty", commands: Mapping[str, str]
) -> tuple[list[nodes.Statement], list[SpecSyntaxError]]:
    """Parse a whole text without running anything: statements, and what is wrong with it.

    After an error reading goes on at the next line, so that a file's faults are found together.
    """
    stack = InputStack(limits)
    stack.push(Frame(text, source, closed=True))
    parser = Parser(stack, macros, limits, commands=commands)
    statements: list[nodes.Statement] = []
    errors: list[SpecSyntaxError] = []
    while True:
        try:
            statement = parser.next_statement()
        except SpecSyntaxError as error:
            errors.append(error)
            if isinstance(error, IncompleteInputError) and error.kind == "quot":
                break
            del stack.frames[1:]
            bottom = stack.frames[0]
            end = bottom.text.find("\n", bottom.offset)
            bottom.offset = len(bottom.text) if end < 0 else end + 1
            continue
        if statement is None:
            break
        statements.append(statement)
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
