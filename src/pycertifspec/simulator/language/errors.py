"""What can go wrong while SPEC text is read or run, and where it happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pycertifspec.errors import SpecError

from . import messages

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn


# Characters of a line that an error carries.
NEAR = 80
# A message names this many of the calls that led to an error.
_CALLS_SHOWN = 4


class Position(NamedTuple):
    """Where a piece of program text stands; `column` counts from 1, and is 0 where nobody knows."""

    source: str = "tty"
    line: int = 1
    macro: str = ""
    column: int = 0


class SpecLanguageError(SpecError):
    """The root of what stops SPEC text from running (SPEC_LANGUAGE.md 9).

    Attributes:
        message: the text that SPEC shows.
        position: source, line and macro, as soon as they are known.
        near: the line of the program around the fault, where it is known.
        calls: the macro functions that were active, innermost first.

    """

    def __init__(self, message: str, *, position: Position | None = None, near: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.position = position
        self.near = near
        self.calls: list[str] = []

    @property
    def source(self) -> str:
        """The file, or ``"tty"``; empty while unknown."""
        return self.position.source if self.position else ""

    @property
    def line(self) -> int:
        """The line in `source`, from 1; 0 while unknown."""
        return self.position.line if self.position else 0

    @property
    def macro(self) -> str:
        """The macro whose text it was, or an empty string."""
        return self.position.macro if self.position else ""

    def near_line(self) -> str:
        """Return a line below the message that shows the text around; empty while unknown."""
        return f"\n    near: {self.near}" if self.near else ""

    def where(self) -> str:
        """Say where it happened, in words; empty while unknown."""
        if self.position is None:
            return ""
        words = f'in "{self.source}" at line {self.line}' if self.source != "tty" else 'on "tty"'
        if self.macro:
            words += f', macro "{self.macro}"'
        return f"{words}, called in {self.calls_text()}" if self.calls else words

    def calls_text(self) -> str:
        """Return the macro functions that were active, innermost first, as far as they help."""
        shown = [f"{name}()" for name in self.calls[:_CALLS_SHOWN]]
        return f"{' in '.join(shown)}{' ...' if len(self.calls) > _CALLS_SHOWN else ''}"


class SpecSyntaxError(SpecLanguageError):
    """The text is not a SPEC program."""


class IncompleteInputError(SpecSyntaxError):
    """The text ends inside a statement.

    Attributes:
        kind: which prompt SPEC would give: ``"more"``, ``"quot"`` or ``"cont"`` (SPEC_LANGUAGE.md 1.4).

    """

    def __init__(self, kind: str, position: Position | None = None) -> None:
        what = {"quot": "a quote is open", "cont": "a line is to be continued"}.get(kind, "a statement is not complete")
        super().__init__(messages.INCOMPLETE.format(what=what), position=position)
        self.kind = kind


class SpecRuntimeError(SpecLanguageError):
    """A statement could not be carried out."""


class UndefinedNameError(SpecRuntimeError):
    """A name that nobody defined was used as a command or function."""


class NotImplementedInSimulatorError(SpecRuntimeError):
    """SPEC knows this name; this simulator does not do it."""


class LimitExceededError(SpecRuntimeError):
    """The program asked for more than `Limits` allows; the text names the limit."""


class MacroExitError(SpecLanguageError):
    """The program said ``exit`` (SPEC_LANGUAGE.md 5)."""


class MacroInterruptError(SpecLanguageError):
    """Somebody interrupted the program, as ``^C`` does."""


class QuitError(SpecLanguageError):
    """The program said ``quit``; `end_mac` has been run."""


def join_within(separator: str, pieces: Sequence[str], limit: int) -> str:
    """Join strings, unless the result would be too long; found out before memory is taken for it.

    Raises:
        LimitExceededError: it would.

    """
    if sum(map(len, pieces)) + len(separator) * len(pieces) > limit:
        exceeded("string_length", limit, "The length of a string")
    return separator.join(pieces)


def exceeded(name: str, limit: float, what: str) -> NoReturn:
    """Refuse `what`: it would pass the limit called `name`.

    Raises:
        LimitExceededError: always.

    """
    raise LimitExceededError(messages.LIMIT.format(what=what, limit=limit, name=name))
