"""Macros as things to look at and to change: cdef(), prdef, lsdef, undef and others (SPEC_LANGUAGE.md 2)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pycertifspec.simulator.language import messages, parser
from pycertifspec.simulator.language.errors import SpecRuntimeError
from pycertifspec.simulator.language.macros import Macro, PlacedText
from pycertifspec.simulator.language.quoting import quote_definition
from pycertifspec.simulator.language.tables import CommandTable, FunctionTable
from pycertifspec.simulator.language.values import Value, to_integer, to_number, to_text

from .system import parameter

if TYPE_CHECKING:
    from pycertifspec.simulator.language.interpreter import Interpreter
    from pycertifspec.simulator.language.scope import Reference

FUNCTIONS = FunctionTable()
COMMANDS = CommandTable()

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ACTIONS: Final = frozenset({"delete", "enable", "disable"})


def definition(macro: Macro) -> str:
    """Return a definition that, read back, gives the same macro."""
    parameters = f"({', '.join(macro.parameters)})" if macro.parameters is not None else ""
    return f"def {macro.name}{parameters} {quote_definition(macro.text)}\n"


def _need_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise SpecRuntimeError(messages.BAD_NAME.format(name=name))


@FUNCTIONS.add("cdef", 1, 4)
def cdef(interpreter: Interpreter, name: Value, text: Value = None, key: Value = None, flags: Value = None) -> Value:
    """Add a piece to a chained macro; flags say where, or "delete", "enable", "disable"."""
    macros = interpreter.macros
    wanted, mark = str(to_text(name)), str(to_text(key))
    if wanted == "?":
        for other in macros:
            _show_pieces(interpreter, other)
        return 0.0
    if mark == "?":
        _show_pieces(interpreter, wanted)
        return 0.0
    action = str(to_text(flags))
    if action in _ACTIONS:
        macros.change_pieces(wanted, mark, action)
        return 0.0
    _need_name(wanted)
    piece = text if isinstance(text, PlacedText) else None if text is None else str(to_text(text))
    macros.chain(wanted, piece, mark, to_integer(to_number(flags)), "tty")
    return 0.0


def _show_pieces(interpreter: Interpreter, name: str) -> None:
    macro = interpreter.macros.get(name)
    for piece in (macro.pieces or ()) if macro is not None else ():
        state = "" if piece.enabled else " disabled"
        interpreter.outputs.write(f'{name} "{piece.key}" 0x{piece.flags:02x}{state}  {piece.text.strip()}\n')


@FUNCTIONS.add("clone", 2)
def clone(interpreter: Interpreter, target: Value, source: Value) -> Value:
    """Copy a macro to another name; tell whether there was one."""
    new = str(to_text(target))
    _need_name(new)
    macro = interpreter.macros.get(str(to_text(source)))
    if macro is None:
        return 0.0
    interpreter.macros.define(
        Macro(new, macro.text, macro.source, macro.line, parameters=macro.parameters, pieces=macro.pieces)
    )
    return 1.0


@FUNCTIONS.add("strdef", 1, 3, by_reference=(2,))
def strdef(interpreter: Interpreter, name: Value, key: Value = None, target: Reference | None = None) -> Value:
    """The text of a macro, or of one piece of a chained one; the name itself if it is none."""
    wanted = str(to_text(name))
    macro = interpreter.macros.get(wanted)
    if macro is None:
        return wanted
    if target is not None:
        target.array().set("file", macro.source)
    if to_text(key):
        return next((piece.text for piece in macro.pieces or () if piece.key == to_text(key)), "")
    return macro.text


@FUNCTIONS.add("is_macro", 1)
def is_macro(interpreter: Interpreter, name: Value) -> Value:
    """Whether there is a macro of that name."""
    return 1.0 if str(to_text(name)) in interpreter.macros else 0.0


@COMMANDS.add("lsdef", parser.WORDS)
def lsdef(interpreter: Interpreter, _values: list[Value], patterns: list[str]) -> None:
    """List the macros that match, with the number of their characters."""
    macros = interpreter.macros
    for name in macros.matching(patterns):
        macro = macros.get(name)
        if macro is not None:
            interpreter.outputs.write(f"{name:<20} ({len(macro.text)})\n")


@COMMANDS.add("prdef", parser.WORDS)
def prdef(interpreter: Interpreter, _values: list[Value], patterns: list[str]) -> None:
    """Print the definitions of the macros that match, so that they can be read back."""
    macros = interpreter.macros
    for name in macros.matching(patterns):
        macro = macros.get(name)
        if macro is None:
            continue
        if to_number(parameter(interpreter, "show_prdef_files")) and macro.source != "tty":
            interpreter.outputs.write(f"# {macro.source}\n")
        interpreter.outputs.write(definition(macro))


@COMMANDS.add("undef", parser.WORDS)
def undef(interpreter: Interpreter, _values: list[Value], patterns: list[str]) -> None:
    """Remove macros; a pattern that matches many asks first."""
    macros = interpreter.macros
    for pattern in patterns:
        found = macros.matching([pattern])
        threshold = to_integer(parameter(interpreter, "undef_threshold"))
        many = len(found) > threshold or not pattern.strip("*?")
        if many and found and interpreter.asks_before_undef:
            answer = interpreter.host.read_key_line(f"Really undefine {len(found)} macros (NO)? ")
            if not (answer or "").strip().lower().startswith(("y", "1")):
                continue
        for name in found:
            macros.remove(name)
