"""`Sheet`: all that a macro file says, its statements and those in the macros that it defines, without running it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pycertifspec.simulator.language import nodes
from pycertifspec.simulator.language.definitions import literal_value
from pycertifspec.simulator.language.errors import IncompleteInputError, Position, SpecLanguageError
from pycertifspec.simulator.language.input_stack import Frame
from pycertifspec.simulator.language.macros import HIGHEST_MARKER, Macro
from pycertifspec.simulator.language.program import Reader, walk

from .names import made
from .usage import PLACEHOLDER

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pycertifspec.simulator.language import Interpreter
    from pycertifspec.simulator.loading import MacroText

# What a text macro's arguments may be: names, of which nothing is said, or numbers.
_STAND_INS = ([f"{PLACEHOLDER}{n}" for n in range(1, HIGHEST_MARKER + 1)], ["1"] * HIGHEST_MARKER)
_FIRST = re.compile(r"(?:\s|\\\n|#[^\n]*)*")


@dataclass(frozen=True, slots=True)
class Use:
    """A text macro that is used, with so many arguments.

    Attributes:
        macro: which one.
        count: of its arguments.
        position: where it is used.
        hides: whether names at that position are the macro's, and looked at there.

    """

    macro: Macro
    count: int
    position: Position
    hides: bool = True


@dataclass(frozen=True, slots=True)
class Part:
    """The statements of a file, or of one macro's text.

    Attributes:
        macro: whose text it is, None for the file itself.
        statements: what was understood.
        errors: what was not.
        uses: the text macros that are used with arguments that are known.

    """

    macro: Macro | None
    statements: list[nodes.Statement]
    errors: list[SpecLanguageError]
    uses: list[Use]


@dataclass(slots=True)
class Sheet:
    """A file and everything that stands in it."""

    source: str
    text: str
    parts: list[Part] = field(default_factory=list)

    def macros(self) -> Iterable[Macro]:
        """Give the macros that the file itself defines, in their order."""
        return (part.macro for part in self.parts if part.macro is not None)


class SheetReader:
    """Reads files one after the other, as SPEC would: macros of one are known in the next.

    Args:
        interpreter: whose macros, functions and commands are known; its macros grow with each file.

    Attributes:
        variables: the names of variables that are known; grows with each file.

    """

    def __init__(self, interpreter: Interpreter) -> None:
        self._interpreter = interpreter
        self._macros, self._limits = interpreter.macros, interpreter.limits
        self.variables = {cell.name for cell in interpreter.symbols}

    def outline(self, macros: MacroText) -> tuple[Sheet, list[Macro]]:
        """Read a file's own statements; return them and the macros whose texts `fill` is to read."""
        sheet, found = Sheet(*macros), list[Macro]()
        sheet.parts.append(self._part(Frame(_whole(sheet.text), sheet.source, closed=True), None, found))
        return sheet, found

    def fill(self, sheet: Sheet, waiting: list[Macro]) -> None:
        """Read the texts of macros, now that all files' macros are known, and of those that are defined in them."""
        texts: set[tuple[str, str, int]] = set()
        while waiting:
            macro = waiting.pop(0)
            key = (macro.name, macro.text, macro.line)
            if key not in texts:
                texts.add(key)
                sheet.parts.append(self._text_of(macro, waiting))

    def _text_of(self, macro: Macro, found: list[Macro]) -> Part:
        if macro.is_function or not macro.takes_arguments:
            text = macro.text if macro.is_function else macro.substitute([], self._limits)
            part = self._part(self._frame(macro, text), macro, found)
            return part if macro.is_function else _forgiven(part)
        # One of these fits the way in which the arguments are used; if none does, the first tells best what is wrong.
        parts = []
        for arguments in _STAND_INS:
            part = _forgiven(self._part(self._frame(macro, macro.substitute(arguments, self._limits)), macro, found))
            part.uses[:] = [replace(use, hides=False) for use in part.uses if PLACEHOLDER in arguments[0]]
            if not part.errors:
                return part
            parts.append(part)
        return parts[0]

    @staticmethod
    def _frame(macro: Macro, text: str) -> Frame:
        return Frame(_whole(text), macro.source, line=macro.line, macro=macro.name, closed=True)

    def _part(self, frame: Frame, macro: Macro | None, found: list[Macro]) -> Part:
        part = Part(macro, [], [], [])
        reader = Reader(
            frame,
            self._macros,
            self._limits,
            commands=self._interpreter.commands.styles,
            is_variable=self.variables.__contains__,
            is_function=self._interpreter.functions.__contains__,
        )
        if macro is not None and macro.parameters is not None:
            reader.parser.lexer.hidden = set(macro.parameters)

        def used(used: Macro, arguments: list[str], position: Position) -> None:
            # What stands for an argument may be no word or several.
            known = not any(PLACEHOLDER in argument for argument in arguments)
            mine = "" if macro is None else macro.name
            if known and position.source == frame.source and position.macro == mine:
                part.uses.append(Use(used, len(arguments), position))

        reader.parser.lexer.on_expand = used
        for item in reader:
            if isinstance(item, SpecLanguageError):
                part.errors.append(item)
                if macro is None:
                    continue
                break  # a macro is one piece: what comes after its first error follows from that
            part.statements.append(item)
            self.variables.update(name.name for name in made([item], self._interpreter.functions))
            found.extend(self._defined(item, frame.source))
        return part

    def _defined(self, statement: nodes.Statement, source: str) -> Iterable[Macro]:
        """Give the macros that a statement defines, now or when it is run."""
        for node in walk([statement]):
            if node.position.source != source:
                continue
            if isinstance(node, nodes.Define):
                macro = self._macros.get(node.name)
                if macro is not None and macro.pieces is None:
                    yield macro
            elif isinstance(node, nodes.DefineLater) and isinstance(node.text, nodes.String):
                text = literal_value(node.text)
                yield Macro(node.name, text, source, node.text.position.line, node.parameters)
            elif (piece := chained(node)) is not None:
                yield piece


def chained(node: nodes.Node) -> Macro | None:
    """Return the macro of which ``cdef("name", "text")`` defines a piece."""
    if not isinstance(node, nodes.Call) or node.name != "cdef" or not node.arguments:
        return None
    name, *rest = node.arguments
    if not isinstance(name, nodes.String) or not name.value:
        return None
    text = rest[0].value if rest and isinstance(rest[0], nodes.String) else ""
    position = rest[0].position if rest else node.position
    return Macro(name.value, text, position.source, position.line)


def _whole(text: str) -> str:
    return text if text.endswith("\n") else text + "\n"


def _forgiven(part: Part) -> Part:
    """Leave out the errors of a text macro that is only a piece of a statement, as in ``def ifd 'if (x)'``."""
    assert part.macro is not None  # noqa: S101  only macros are forgiven
    text = part.macro.text
    start = _FIRST.match(text)
    begins = text[start.end() if start else 0 :]
    first = part.macro.line + text[: len(text) - len(begins)].count("\n")
    whole = begins.startswith("{") and len(begins) > 1
    errors = [
        error
        for error in part.errors
        if whole or not (isinstance(error, IncompleteInputError) or (not part.statements and error.line == first))
    ]
    if len(errors) < len(part.errors):  # what follows a piece is no beginning of its own
        errors = []
    # `def com 'comment'`: the arguments of what stands last are those that follow where this one is used.
    ended = whole or text.rstrip(" \t").endswith(("\n", ";", "}"))
    uses = [replace(use, hides=whole) for use in part.uses] if ended else []
    return Part(part.macro, part.statements, errors, uses)
