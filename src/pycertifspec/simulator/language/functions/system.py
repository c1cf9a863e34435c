"""Time, the operating system, and text run as a program (SPEC_LANGUAGE.md 6.3)."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final

from pycertifspec.simulator.language import messages
from pycertifspec.simulator.language.errors import (
    MacroExitError,
    MacroInterruptError,
    QuitError,
    SpecLanguageError,
    SpecRuntimeError,
)
from pycertifspec.simulator.language.tables import FunctionTable
from pycertifspec.simulator.language.values import Value, from_outside, to_integer, to_number, to_text

if TYPE_CHECKING:
    from pycertifspec.simulator.language.interpreter import Interpreter
    from pycertifspec.simulator.language.scope import Environment, Reference

FUNCTIONS = FunctionTable()

DATE_FORMAT: Final = "%a %b %d %H:%M:%S %Y"
_FRACTION = re.compile(r"%\.([1-9])")
# Seconds: thirty years, after which time can still be told to the microsecond.
_LONGEST_SLEEP: Final = 1e9
# The year 9999: calendars of operating systems go no further.
_LAST_SECOND: Final = 253_402_300_799.0
# Switches of file_info() and the facts they ask for; -e asks for existence alone.
_SWITCHES: Final = {"-f": "isreg", "-d": "isdir", "-r": "read", "-w": "write", "-x": "execute", "-s": "size"}
# Parameters of spec_par() and their values at the start.
PARAMETERS: Final[dict[str, Value]] = {
    "auto_file_close": 0.0,
    "auto_hdw_poll": 1.0,
    "check_file_names": 1.0,
    "confirm_quit": 0.0,
    "date_format": "",
    "elog_timestamp": 0.0,
    "flush_interval": 0.5,
    "HKL_rounding": 1e-10,
    "history_size": 1000.0,
    "keep_going": 0.0,
    "legacy_limit_check": 0.0,
    "modify_step_size": 0.0,
    "show_prdef_files": 1.0,
    "specwiz": 0.0,
    "undef_threshold": 10.0,
    "warn_not_at_pos": 1.0,
}


@FUNCTIONS.add("time", 0)
def seconds_now(interpreter: Interpreter) -> Value:
    """The seconds since 1970, with a fraction."""
    return interpreter.host.now()


@FUNCTIONS.add("date", 0, 2)
def date(interpreter: Interpreter, first: Value = None, second: Value = None) -> Value:
    """The date and time as text; of other seconds, in another format."""
    seconds = interpreter.host.now()
    fmt = second
    if isinstance(first, str) and to_text(from_outside(first)) and second is None and "%" in first:
        fmt = first
    elif first is not None:
        seconds = to_number(first)
    if not math.isfinite(seconds):
        seconds = 0.0
    seconds = min(max(seconds, 0.0), _LAST_SECOND)
    text = str(to_text(fmt)) or str(to_text(parameter(interpreter, "date_format"))) or DATE_FORMAT
    text = _FRACTION.sub(lambda match: f"{seconds % 1:.{match[1]}f}"[1:] if seconds % 1 < 1 else "", text)
    return interpreter.host.format_time(seconds, text)


@FUNCTIONS.add("sleep", 1)
def sleep(interpreter: Interpreter, seconds: Value) -> Value:
    """Wait; can be interrupted."""
    interpreter.check_interrupt()
    wanted = to_number(seconds)
    if wanted > 0:
        interpreter.host.sleep(min(wanted, _LONGEST_SLEEP))
    interpreter.check_interrupt()
    return 1.0


@FUNCTIONS.add("unix", 0, 3, by_reference=(1,))
def unix(interpreter: Interpreter, command: Value = None, target: Reference | None = None, most: Value = None) -> Value:
    """Run a shell command; its output is shown, or goes into a variable. Returns the exit status."""
    interpreter.check_interrupt()
    try:
        status, output = interpreter.host.run_shell(str(to_text(command)))
    except (OSError, ValueError) as error:
        raise SpecRuntimeError(messages.BAD_FILE.format(name="unix()", reason=error)) from error
    if target is None:
        interpreter.outputs.write(output)
    else:
        limit = interpreter.limits.string_length if most is None else max(to_integer(most), 0)
        interpreter.room.made(len(output))
        target.set(from_outside(output[: min(limit, interpreter.limits.string_length)]))
    interpreter.check_interrupt()
    return float(status)


@FUNCTIONS.add("getenv", 1)
def getenv(interpreter: Interpreter, name: Value) -> Value:
    """An environment variable; an empty string if there is none."""
    return from_outside(interpreter.host.environment(str(to_text(name))) or "")


def expanded(interpreter: Interpreter, path: Value) -> str:
    """Return a file name with a leading ``~`` replaced (SPEC_LANGUAGE.md 6.5)."""
    text = str(to_text(path))
    if text == "~" or text.startswith("~/"):
        return (interpreter.host.environment("HOME") or "") + text[1:]
    return text


@FUNCTIONS.add("chdir", 0, 1)
def chdir(interpreter: Interpreter, path: Value = None) -> Value:
    """Go to a directory, to the home directory without argument; tell whether it went well."""
    wanted = expanded(interpreter, "~" if path is None else path)
    try:
        interpreter.symbols.set_builtin("CWD", interpreter.host.change_directory(wanted))
    except (OSError, ValueError):
        return 0.0
    return 1.0


@FUNCTIONS.add("file_info", 1, 2)
def file_info(interpreter: Interpreter, name: Value, what: Value = None) -> Value:
    """Whether a file exists, or a fact of it such as "size" or "-d"; with "alive" whether a process lives."""
    wanted = "exists" if what is None else str(to_text(what))
    if wanted == "alive":
        return float(interpreter.host.is_alive(to_integer(name)))
    path = expanded(interpreter, name)
    if wanted == "lines":
        try:
            return float(interpreter.host.read_text(path).count("\n"))
        except (OSError, ValueError):
            return -1.0
    try:
        facts = interpreter.host.file_info(path)
    except (OSError, ValueError):
        facts = None
    if wanted in {"exists", "-e"}:
        return float(facts is not None)
    wanted = _SWITCHES.get(wanted, wanted)
    return 0.0 if facts is None else float(facts.get(wanted, -1.0))


def _evaluate(interpreter: Interpreter, text: Value, environment: Environment | None) -> Value:
    symbols = interpreter.symbols
    try:
        value = interpreter.evaluate(str(to_text(text)), environment)
    except (MacroExitError, MacroInterruptError, QuitError):
        raise
    except SpecLanguageError as error:
        symbols.set_builtin("EVAL_ERR", error.message)
        symbols.set_builtin("EVAL_RESULT", -1.0)
        return 0.0
    symbols.set_builtin("EVAL_ERR", "")
    symbols.set_builtin("EVAL_RESULT", 0.0 if interpreter.last_was_expression else 1.0)
    return value


@FUNCTIONS.add("eval", 1)
def evaluate(interpreter: Interpreter, text: Value) -> Value:
    """Run text; the value of its last expression, else 1, or 0 after an error. It does not see local variables."""
    return _evaluate(interpreter, text, None)


@FUNCTIONS.add("eval2", 1, environment=True)
def evaluate_here(interpreter: Interpreter, environment: Environment, text: Value) -> Value:
    """Run text as eval() does, with the local variables of the caller."""
    return _evaluate(interpreter, text, environment)


def parameter(interpreter: Interpreter, name: str) -> Value:
    """Return a parameter of spec_par()."""
    return interpreter.parameters.get(name, PARAMETERS.get(name))


@FUNCTIONS.add("spec_par", 1, 2)
def spec_par(interpreter: Interpreter, name: Value, value: Value = None) -> Value:
    """Show, return or set a parameter of the program; "?" lists all; -1 for an unknown one."""
    wanted = str(to_text(name))
    if wanted == "?":
        for known in sorted({*PARAMETERS, *interpreter.parameters}):
            interpreter.outputs.write(f"{known} = {to_text(parameter(interpreter, known))}\n")
        return 0.0
    if wanted not in PARAMETERS and wanted not in interpreter.parameters:
        return -1.0
    if value is not None:
        interpreter.parameters[wanted] = value
    return parameter(interpreter, wanted)


@FUNCTIONS.add("calc", 1, 2)
def calc(interpreter: Interpreter, code: Value, argument: Value = None) -> Value:
    """A calculation of the diffractometer's geometry, if there is one."""
    return interpreter.on_calc(to_integer(code), argument)


@FUNCTIONS.add("get_history", 1)
def get_history(interpreter: Interpreter, number: Value) -> Value:
    """A line that was typed before, by its number."""
    lines = interpreter.history
    first = to_integer(interpreter.symbols.cell("HISTCMD").value) - len(lines)
    wanted = to_integer(number) - first
    return lines[wanted] if 0 <= wanted < len(lines) else ""
