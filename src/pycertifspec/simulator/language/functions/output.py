"""Printing: print, printf() and their kin, and which devices are on (SPEC_LANGUAGE.md 5, 6.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pycertifspec.simulator.language import parser
from pycertifspec.simulator.language.associative import AssociativeArray
from pycertifspec.simulator.language.errors import exceeded, join_within
from pycertifspec.simulator.language.printf import format_text
from pycertifspec.simulator.language.tables import ANY, CommandTable, FunctionTable
from pycertifspec.simulator.language.values import Value, to_integer, to_printed, to_text

if TYPE_CHECKING:
    from pycertifspec.simulator.language.interpreter import Interpreter

FUNCTIONS = FunctionTable()
COMMANDS = CommandTable()

# Terminal codes of tty_cntl() (SPEC_LANGUAGE.md 1.2) as the screens of today (ANSI) want them.
TERMINAL_CODES: Final = {
    "ho": "\x1b[H", "cl": "\x1b[H\x1b[2J", "ce": "\x1b[K", "cd": "\x1b[J", "so": "\x1b[7m", "se": "\x1b[27m",
    "md": "\x1b[1m", "me": "\x1b[0m", "us": "\x1b[4m", "ue": "\x1b[24m", "mb": "\x1b[5m", "mh": "\x1b[2m",
    "mr": "\x1b[7m", "up": "\x1b[A", "do": "\x1b[B", "le": "\x1b[D", "nd": "\x1b[C",
}  # fmt: skip


def printed_line(interpreter: Interpreter, values: list[Value], names: list[str]) -> str:
    """Return what ``print`` shows: values joined by blanks, associative arrays as lists."""
    limit = interpreter.limits.string_length
    pieces = [
        value.listing(name, limit) if isinstance(value, AssociativeArray) else str(to_printed(value))
        for value, name in zip(values, names, strict=True)
    ]
    return join_within(" ", pieces, 2 * limit) + "\n"


@COMMANDS.add("print", parser.EXPRESSIONS)
def print_values(interpreter: Interpreter, values: list[Value], names: list[str]) -> None:
    """Print values, joined by blanks."""
    interpreter.outputs.write(printed_line(interpreter, values, names))


@COMMANDS.add("eprint", parser.EXPRESSIONS)
def eprint_values(interpreter: Interpreter, values: list[Value], names: list[str]) -> None:
    """Print values, and copy them to error logs with ``#E`` in front."""
    line = printed_line(interpreter, values, names)
    interpreter.outputs.write_error(f"#E {line}", line)


@FUNCTIONS.add("printf", 1, ANY)
def printf(interpreter: Interpreter, template: Value, *values: Value) -> Value:
    """Print formatted text."""
    interpreter.outputs.write(format_text(to_text(template), values, interpreter.limits))
    return 0.0


@FUNCTIONS.add("eprintf", 1, ANY)
def eprintf(interpreter: Interpreter, template: Value, *values: Value) -> Value:
    """Print formatted text, and copy it to error logs with ``#E`` in front."""
    text = format_text(to_text(template), values, interpreter.limits)
    interpreter.outputs.write_error(f"#E {text}", text)
    return 0.0


@FUNCTIONS.add("fprintf", 2, ANY)
def fprintf(interpreter: Interpreter, name: Value, template: Value, *values: Value) -> Value:
    """Print formatted text to one file, opening it if needed."""
    text = format_text(to_text(template), values, interpreter.limits)
    return 0.0 if interpreter.outputs.write_only(str(to_text(name)), text) else -1.0


@FUNCTIONS.add("open", 0, 1)
def open_file(interpreter: Interpreter, name: Value = None) -> Value:
    """Open a file to add to its end; list the open files without argument."""
    if name is None:
        return _list(interpreter, only_on=False)
    return 0.0 if interpreter.outputs.open(str(to_text(name))) else -1.0


@FUNCTIONS.add("on", 0, 1)
def turn_on(interpreter: Interpreter, name: Value = None) -> Value:
    """Turn output to a file or tty on; list what is on without argument."""
    if name is None:
        return _list(interpreter, only_on=True)
    return 0.0 if interpreter.outputs.turn_on(str(to_text(name))) else -1.0


def _list(interpreter: Interpreter, *, only_on: bool) -> Value:
    for device in interpreter.outputs:
        if device.on or not only_on:
            interpreter.outputs.write(f"{device.name} {'on' if device.on else 'off'}\n")
    return 0.0


@FUNCTIONS.add("off", 1)
def turn_off(interpreter: Interpreter, name: Value) -> Value:
    """Turn output to a file or tty off; the file stays open."""
    return 0.0 if interpreter.outputs.turn_off(str(to_text(name))) else -1.0


@FUNCTIONS.add("close", 1)
def close_file(interpreter: Interpreter, name: Value) -> Value:
    """Close a file."""
    return 0.0 if interpreter.outputs.close(str(to_text(name))) else -1.0


@FUNCTIONS.add("tty_cntl", 1)
def tty_cntl(interpreter: Interpreter, code: Value) -> Value:
    """Send a terminal code to the screen."""
    text = str(to_text(code))
    if text == "resized?":
        return 0.0
    interpreter.outputs.write_screen(TERMINAL_CODES.get(text, ""))
    return 0.0


@FUNCTIONS.add("tty_move", 2, 3)
def tty_move(interpreter: Interpreter, column: Value, row: Value, text: Value = None) -> Value:
    r"""Move to a column and row of the screen and show text there; ``\[xx]`` in it are terminal codes."""
    x, y = to_integer(column), to_integer(row)
    rows = to_integer(interpreter.symbols.cell("ROWS").value)
    columns = to_integer(interpreter.symbols.cell("COLS").value)
    x, y = (x + columns if x < 0 else x), (y + rows if y < 0 else y)
    interpreter.outputs.write_screen(f"\x1b[{y + 1};{x + 1}H{_with_codes(str(to_text(text)))}")
    return 0.0


@FUNCTIONS.add("tty_fmt", 4)
def tty_fmt(interpreter: Interpreter, column: Value, row: Value, width: Value, text: Value) -> Value:
    """Show text at a place of the screen in lines of a width; return the number of lines."""
    size = max(to_integer(width), 1)
    limit = interpreter.limits.screen_characters
    if len(to_text(text)) > limit:
        exceeded("screen_characters", limit, "The text for the screen")
    words = str(to_text(text)).split()
    lines: list[str] = [""]
    for word in words:
        if lines[-1] and len(lines[-1]) + 1 + len(word) > size:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    for number, line in enumerate(lines):
        tty_move(interpreter, column, float(to_integer(row) + number), line[:size])
    return float(len(lines))


def _with_codes(text: str) -> str:
    for code, escape in TERMINAL_CODES.items():
        text = text.replace(f"\\[{code}]", escape)
    return text
