"""Macro files as a whole: an error in one is told with the line of the file that led to it."""

from __future__ import annotations

import re
from typing import IO, TYPE_CHECKING, NamedTuple

from pycertifspec.errors import RemoteError

from .language import MacroExitError, MacroInterruptError, QuitError, SpecLanguageError
from .language.errors import Position
from .language.input_stack import Frame
from .language.reading import Reading
from .text_files import decoded

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .language import Interpreter
    from .language.nodes import Statement

# No file of macros is as long; what comes over a pipe may have no end.
MAX_TEXT = 64 * 1024 * 1024
# What may stand before a statement: white space and comments.
_BEFORE = re.compile(r"(?:\s|#[^\n]*\n)*")


class MacroText(NamedTuple):
    """Text of macros, and where it comes from: a file's name, or other words."""

    source: str
    text: str


def read_macros(path: Path) -> MacroText:
    """Read a macro file.

    Raises:
        OSError: it cannot be read.

    """
    return MacroText(str(path), decoded(path.read_bytes()))


def received_macros(stream: IO[bytes]) -> MacroText:
    """Read macros from standard input, to its end.

    Raises:
        OSError: it has no end, or cannot be read.

    """
    data = stream.read(MAX_TEXT + 1)
    if len(data) > MAX_TEXT:
        raise OSError(f"standard input has more than {MAX_TEXT} bytes")
    return MacroText("standard input", decoded(data))


class FileReading(Reading):
    """Reads a file and knows at which line it is, however deep in macros a statement of it leads."""

    def __init__(self, interpreter: Interpreter, text: str, source: str) -> None:
        self._frame = Frame(text if text.endswith("\n") else text + "\n", source, closed=True)
        self._start = 0
        super().__init__(interpreter, self._frame)

    def next_statement(self) -> Statement | None:
        """Return the next statement."""
        self.stack.drop_read()
        if len(self.stack.frames) == 1:
            self._frame, self._start = self.stack.frames[0], self.stack.frames[0].offset
        return super().next_statement()

    @property
    def line(self) -> int:
        """The line at which the statement begins that is being run."""
        before = _BEFORE.match(self._frame.text, self._start)
        return self._frame.position(before.end() if before else self._start).line


def run_macros(interpreter: Interpreter, macros: MacroText, *, reason: Callable[[], str]) -> None:
    """Run the text of a macro file.

    Args:
        interpreter: what runs it.
        macros: the text.
        reason: why the file said ``exit``: what it has shown last, if anything.

    Raises:
        RemoteError: it has an error, which was shown; this one names the line of the file, the innermost file and line
            that led to it, and the text there.
        MacroInterruptError: it was interrupted.
        QuitError: it said ``quit``.

    """
    source = macros.source
    reading = FileReading(interpreter, macros.text, source)
    try:
        interpreter.run(reading)
    except MacroInterruptError as error:
        if error.position is None:  # it came between two statements
            error.position = Position(source, reading.line, "", 1)
        raise
    except QuitError:
        raise
    except SpecLanguageError as error:
        line = error.line if error.source == source and not error.macro else reading.line
        said = exit_text("the file", reason()) if isinstance(error, MacroExitError) else error.message
        if (error.source, error.line) not in {(source, line), ("", 0)}:
            said += f" ({error.source}:{error.line}{_in_macros(error)})"
        near = "" if isinstance(error, MacroExitError) else error.near_line()  # what was shown last says why
        raise RemoteError(f"{source}:{line}: {said}{near}") from error


def exit_text(what: str, reason: str) -> str:
    """Say that macros ended with ``exit``, and what they have shown last: that is why."""
    return f"{what} said exit{reason and f': {reason}'}"


def _in_macros(error: SpecLanguageError) -> str:
    named = f', macro "{error.macro}"' if error.macro and error.macro not in error.calls[:1] else ""
    return named + (f", in {error.calls_text()}" if error.calls else "")
