"""Reading files: lines, command files (SPEC_LANGUAGE.md 6.5)."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

from pycertifspec.simulator.language import messages
from pycertifspec.simulator.language.errors import SpecRuntimeError
from pycertifspec.simulator.language.tables import FunctionTable
from pycertifspec.simulator.language.values import Value, from_outside, to_integer, to_number, to_text

from .system import expanded

if TYPE_CHECKING:
    from pycertifspec.simulator.language.interpreter import Interpreter

FUNCTIONS = FunctionTable()


def _end_of_file(interpreter: Interpreter, code: float) -> Value:
    interpreter.symbols.set_builtin("GETLINE_EOF", code)
    return -1.0


@FUNCTIONS.add("getline", 1, 2)
def getline(interpreter: Interpreter, name: Value, action: Value = None) -> Value:
    """The next line of a file with its newline, -1 at the end; "open", "close", or 0 to go back to the beginning."""
    path = expanded(interpreter, name)
    reads = interpreter.open_reads
    wanted = "" if action is None else str(to_text(action))
    if wanted == "close":
        return 0.0 if reads.pop(path, None) is not None else -1.0
    again = wanted == "open" or (action is not None and wanted != "open" and to_number(action) == 0)
    if again or path not in reads:
        try:
            text = interpreter.host.read_text(path)
        except (OSError, ValueError):
            return _end_of_file(interpreter, -1.0)
        # Only one file is read at a time: another name opens that one.
        reads.clear()
        reads[path] = StringIO(text)
        if wanted:
            return 0.0
    line = reads[path].readline()
    if not line:
        return _end_of_file(interpreter, 1.0)
    interpreter.symbols.set_builtin("GETLINE_EOF", 0.0)
    return from_outside(line)


def _do(interpreter: Interpreter, name: Value, start: Value, *, echo: bool) -> Value:
    path = expanded(interpreter, name)
    try:
        text = interpreter.host.read_text(path)
    except (OSError, ValueError):
        return -1.0
    number = 0
    if start is not None:
        lines = text.splitlines(keepends=True)
        number = to_integer(start) - 1
        if isinstance(start, str) and not to_number(start):
            number = next((n for n, line in enumerate(lines) if start in line), -1)
        if not 0 <= number < len(lines):
            return -1.0
    interpreter.queue_file(text, path, echo=echo, skipped=number)
    return 0.0


@FUNCTIONS.add("dofile", 1, 2)
def dofile(interpreter: Interpreter, name: Value, start: Value = None) -> Value:
    """Run a command file next, from a line or pattern on, and show its lines; not 0 if it cannot be read."""
    return _do(interpreter, name, start, echo=True)


@FUNCTIONS.add("qdofile", 1, 2)
def qdofile(interpreter: Interpreter, name: Value, start: Value = None) -> Value:
    """Run a command file next without showing its lines; not 0 if it cannot be read."""
    return _do(interpreter, name, start, echo=False)


def read_or_refuse(interpreter: Interpreter, name: Value) -> str:
    """Return the text of a file.

    Raises:
        SpecRuntimeError: it cannot be read.

    """
    path = expanded(interpreter, name)
    try:
        return interpreter.host.read_text(path)
    except (OSError, ValueError) as error:
        raise SpecRuntimeError(messages.READING_STOPPED.format(name=path)) from error
