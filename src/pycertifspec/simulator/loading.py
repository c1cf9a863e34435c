"""Macro files as a whole: an error in one is told with the line of the file that led to it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pycertifspec.errors import RemoteError

from .language import MacroExitError, MacroInterruptError, QuitError, SpecLanguageError
from .language.input_stack import Frame
from .language.reading import Reading
from .text_files import decoded

if TYPE_CHECKING:
    from pathlib import Path

    from .language import Interpreter
    from .language.nodes import Statement

# What may stand before a statement: white space and comments.
_BEFORE = re.compile(r"(?:\s|#[^\n]*\n)*")


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


def run_file(interpreter: Interpreter, path: Path) -> None:
    """Run a macro file.

    Raises:
        RemoteError: it has an error, which was shown; this one names the line of the file, the innermost file and line
            that led to it, and the text there.
        MacroInterruptError: it was interrupted.
        QuitError: it said ``quit``.
        OSError: it cannot be read.

    """
    reading = FileReading(interpreter, decoded(path.read_bytes()), str(path))
    try:
        interpreter.run(reading)
    except (MacroInterruptError, QuitError):
        raise
    except SpecLanguageError as error:
        line = error.line if error.source == str(path) and not error.macro else reading.line
        said = "the file said exit" if isinstance(error, MacroExitError) else error.message
        if (error.source, error.line) not in {(str(path), line), ("", 0)}:
            said += f" ({error.source}:{error.line}{_in_macros(error)})"
        raise RemoteError(f"{path}:{line}: {said}{error.near_line()}") from error


def _in_macros(error: SpecLanguageError) -> str:
    named = f', macro "{error.macro}"' if error.macro and error.macro not in error.calls[:1] else ""
    return named + (f", in {error.calls_text()}" if error.calls else "")
