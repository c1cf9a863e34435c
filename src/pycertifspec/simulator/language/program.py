"""Looks at programs without running them: for tools that check macro files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import nodes
from .errors import IncompleteInputError, LimitExceededError, SpecSyntaxError
from .input_stack import Frame, InputStack
from .parser import Parser

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from .limits import Limits
    from .macros import MacroTable


class Reader:
    """Gives the statements of a text without running them, and in between what is wrong with it.

    After an error reading goes on at the next line, so that a file's faults are found together. What is too deep, as a
    macro that uses itself, is an error where that begins.
    """

    def __init__(
        self,
        frame: Frame,
        macros: MacroTable,
        limits: Limits,
        *,
        commands: Mapping[str, str],
        is_variable: Callable[[str], bool] = lambda _name: False,
        is_function: Callable[[str], bool] = lambda _name: False,
    ) -> None:
        self._stack = InputStack(limits)
        self._stack.push(frame)
        self.parser = Parser(
            self._stack, macros, limits, commands=commands, is_variable=is_variable, is_function=is_function
        )

    def __iter__(self) -> Iterator[nodes.Statement | SpecSyntaxError | LimitExceededError]:
        while True:
            bottom = self._stack.frames[0] if self._stack.frames else None
            begin = 0 if bottom is None else bottom.offset
            try:
                statement = self.parser.next_statement()
            except (SpecSyntaxError, LimitExceededError) as error:
                if error.position is None and bottom is not None:
                    rest = bottom.text[begin:]
                    error.position = bottom.position(begin + len(rest) - len(rest.lstrip()))
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
