"""Puts together the functions, commands and variables that every interpreter begins with."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from . import names_table, parser
from .functions import (
    array_text,
    arrays,
    definitions,
    files,
    inspection,
    keyboard,
    matching,
    mathematics,
    output,
    strings,
    system,
)
from .tables import CommandTable, FunctionTable

if TYPE_CHECKING:
    from .interpreter import Interpreter

_MODULES = (
    mathematics,
    strings,
    matching,
    system,
    keyboard,
    files,
    output,
    arrays,
    array_text,
    definitions,
    inspection,
)


def standard_functions() -> FunctionTable:
    """Return the functions of the language itself."""
    table = FunctionTable()
    for module in _MODULES:
        table.update(module.FUNCTIONS)
    return table


def standard_commands() -> CommandTable:
    """Return the commands of the language itself; those that are known and missing can be parsed too."""
    table = CommandTable()
    for module in (output, definitions, inspection):
        table.update(module.COMMANDS)
    for name in names_table.COMMANDS:
        table.styles.setdefault(name, parser.NOTHING)
    return table


def standard_variables(interpreter: Interpreter) -> None:
    """Create the built-in variables that need no hardware (SPEC_LANGUAGE.md 3.3)."""
    host, symbols = interpreter.host, interpreter.symbols
    home = host.environment("HOME") or "/"
    fixed = {
        "PI": math.pi,
        "VERSION": "6.03.05",
        "SPEC": interpreter.program_name,
        "SPECD": host.environment("SPECD") or "",
        "USER": host.environment("USER") or "",
        "HOME": home,
        "HOSTNAME": host.environment("HOSTNAME") or "localhost",
        "CWD": host.change_directory("."),
        "SPEC_PID": 0.0,
        "STATE_FILE": "",
        "SPEC_COMMAND": "",
        "HISTCMD": 1.0,
        "IS_SERVER": 0.0,
        "FRESH": 1.0,
        "MOTORS": 0.0,
        "COUNTERS": 0.0,
        "MCAS": 0.0,
        "CCDS": 0.0,
        "EVAL_ERR": "",
        "EVAL_RESULT": 0.0,
        "GETLINE_EOF": 0.0,
    }
    for name, value in fixed.items():
        symbols.set_builtin(name, value)
    settable = {
        "DEBUG": 0.0,
        "DISPLAY": host.environment("DISPLAY") or "",
        "TERM": host.environment("TERM") or "",
        "GTERM": "",
        "ROWS": 24.0,
        "COLS": 80.0,
        "HDW_ERR": 0.0,
    }
    for name, value in settable.items():
        symbols.set_builtin(name, value, immutable=False)
    symbols.set_builtin("OUTFILES", interpreter.outputs.table)
