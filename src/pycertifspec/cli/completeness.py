"""Whether SPEC text is complete, or SPEC would ask for more of it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from pycertifspec.simulator.language.errors import IncompleteInputError, SpecLanguageError
from pycertifspec.simulator.language.input_stack import Frame, InputStack
from pycertifspec.simulator.language.lexer import END, OPERATOR, Lexer
from pycertifspec.simulator.language.limits import Limits
from pycertifspec.simulator.language.macros import MacroTable
from pycertifspec.simulator.language.parser import Parser
from pycertifspec.simulator.language.standard import standard_commands

if TYPE_CHECKING:
    from collections.abc import Mapping


@cache
def _commands() -> Mapping[str, str]:
    return standard_commands().styles


def pending(text: str, *, last: bool = True) -> str:
    """Return which prompt SPEC would give after a text: ``more``, ``quot`` or ``cont``; nothing if it is complete.

    A text that is wrong is complete: SPEC says what is wrong with it. Macros are known to the server alone: where
    their arguments do not follow the grammar, brackets alone tell.

    Args:
        text: from its beginning.
        last: whether nothing comes behind; otherwise an ``if`` waits for its ``else``.

    """
    limits = Limits()
    parser = Parser(_typed(text, limits), MacroTable(limits), limits, commands=_commands(), waiting=not last)
    try:
        while parser.next_statement() is not None:
            pass
    except IncompleteInputError as error:
        return error.kind
    except SpecLanguageError:
        return _of_brackets(text, limits)
    return ""


def _typed(text: str, limits: Limits) -> InputStack:
    stack = InputStack(limits)
    frame = Frame("", "tty")
    stack.push(frame)
    frame.extend(text if text.endswith("\n") else text + "\n")
    return stack


def _of_brackets(text: str, limits: Limits) -> str:
    lexer, open_ones = Lexer(_typed(text, limits), MacroTable(limits), limits), 0
    try:
        while (token := lexer.next()).kind != END:
            if token.kind == OPERATOR:
                open_ones += (token.raw in "{([") - (token.raw in "})]")
    except IncompleteInputError as error:
        return error.kind
    except SpecLanguageError:
        return ""
    return "more" if open_ones > 0 else ""
