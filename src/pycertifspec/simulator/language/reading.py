"""A text that is being read, statement by statement, together with what belongs to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import NEAR, IncompleteInputError
from .input_stack import InputStack
from .parser import Parser

if TYPE_CHECKING:
    from . import nodes
    from .errors import Position
    from .input_stack import Frame
    from .interpreter import Interpreter
    from .symbols import Cell


class Reading:
    """A text that is being read and run: its input, its parser and its own variables."""

    def __init__(self, interpreter: Interpreter, frame: Frame | None, *, waiting: bool = False) -> None:
        self.stack = InputStack(interpreter.limits)
        if frame is not None:
            self.stack.push(frame)
        self.session: dict[str, Cell] = {}
        self.parser = Parser(
            self.stack,
            interpreter.macros,
            interpreter.limits,
            commands=interpreter.commands.styles,
            is_variable=interpreter.symbols.is_global,
            is_function=interpreter.functions.__contains__,
            waiting=waiting,
        )
        self.waiting = waiting
        # Which prompt the person who types must be shown, because the last statement is not complete.
        self.pending = ""

    def next_statement(self) -> nodes.Statement | None:
        """Return the next statement; None at the end, or when a person has not typed all of it yet."""
        if not self.waiting:
            return self.parser.next_statement()
        self.pending = ""
        before = self.stack.snapshot()
        try:
            return self.parser.next_statement()
        except IncompleteInputError as error:
            if any(frame.closed for frame in self.stack.frames):
                raise
            self.pending = error.kind
            self.stack.restore(before)
            return None

    def text_around(self, *places: Position | None) -> str:
        """Return the line of this text at the first place that is in it: what an error carries as `near`."""
        for place in places:
            for frame in self.stack.frames:
                lines = frame.text.split("\n") if place is not None and frame.source == place.source else []
                index = place.line - frame.line if place is not None and not frame.macro else -1
                if 0 <= index < len(lines):
                    return lines[index].strip()[:NEAR]
        return ""
