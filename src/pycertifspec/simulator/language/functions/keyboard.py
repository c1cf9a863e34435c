"""Asking the person at the keyboard (SPEC_LANGUAGE.md 6.4)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pycertifspec.simulator.language.expressions import number_value
from pycertifspec.simulator.language.tables import FunctionTable
from pycertifspec.simulator.language.values import NumericString, Value, from_outside, to_printed, to_text, truth

if TYPE_CHECKING:
    from pycertifspec.simulator.language.interpreter import Interpreter

FUNCTIONS = FunctionTable()
_OCTAL_OR_HEX = re.compile(r"([+-]?)(0[xX][0-9a-fA-F]+|0[0-7]+)")


def typed_value(text: str) -> Value:
    """Return what was typed: numbers may be octal or hexadecimal."""
    match = _OCTAL_OR_HEX.fullmatch(text.strip())
    if match:
        number = number_value(match[2])
        return NumericString(text, -number if match[1] == "-" else number)
    return from_outside(text)


def _ask(interpreter: Interpreter, prompt: str) -> str:
    interpreter.check_interrupt()
    line = interpreter.host.read_key_line(prompt)
    interpreter.check_interrupt()
    return "" if line is None else line.rstrip("\n")


@FUNCTIONS.add("input", 0, 1)
def read_input(interpreter: Interpreter, prompt: Value = None) -> Value:
    """Ask for a line; leading blanks are removed. With a number: a character that was typed already."""
    if prompt is not None and not isinstance(prompt, str):
        return interpreter.host.read_key()
    return typed_value(_ask(interpreter, str(to_text(prompt))).lstrip())


@FUNCTIONS.add("yesno", 1, 2)
def yesno(interpreter: Interpreter, prompt: Value, default: Value = None) -> Value:
    """Ask a question that yes or no answers; return 1 or 0, the default for an empty answer."""
    if default is None:
        prompt, default = "", prompt
    yes = str(default)[:1] in {"y", "Y"} or truth(default)
    answer = _ask(interpreter, f"{to_text(prompt)} ({'YES' if yes else 'NO'})? ").strip()
    if not answer:
        return float(yes)
    return 1.0 if answer[0] in {"y", "Y", "1"} else 0.0


@FUNCTIONS.add("getval", 2)
def getval(interpreter: Interpreter, prompt: Value, default: Value) -> Value:
    """Ask for a value, showing the present one; an empty answer keeps it."""
    answer = _ask(interpreter, f"{to_text(prompt)} ({to_printed(default)})? ").strip()
    return typed_value(answer) if answer else default


@FUNCTIONS.add("getsval", 2)
def getsval(interpreter: Interpreter, prompt: Value, default: Value) -> Value:
    """Ask for a string, showing the present one; an empty answer keeps it."""
    answer = _ask(interpreter, f"{to_text(prompt)} ({to_printed(default)})? ")
    return answer if answer.strip() else default
