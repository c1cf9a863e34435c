"""Looking at names, variables and the program itself (SPEC_LANGUAGE.md 3.4, 1.3)."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from pycertifspec.simulator.language import parser
from pycertifspec.simulator.language.associative import AssociativeArray, BuiltinArray
from pycertifspec.simulator.language.expressions import RESERVED
from pycertifspec.simulator.language.scope import CellReference
from pycertifspec.simulator.language.tables import CommandTable, FunctionTable
from pycertifspec.simulator.language.values import ArrayValue, NumericString, Value, parse_number, to_number, to_text

if TYPE_CHECKING:
    from pycertifspec.simulator.language.interpreter import Interpreter
    from pycertifspec.simulator.language.scope import Environment

FUNCTIONS = FunctionTable()
COMMANDS = CommandTable()

# Codes of whatis() (SPEC_LANGUAGE.md 3.4): the low word, and the bits of the high word of a variable.
IS_COMMAND: Final = 1
IS_MACRO: Final = 2
IS_VARIABLE: Final = 4
BITS: Final[dict[str, int]] = {
    "data array": 0x0001,
    "number": 0x0010,
    "string": 0x0020,
    "constant": 0x0040,
    "associative array": 0x0100,
    "built-in": 0x0200,
    "global": 0x0400,
    "unset": 0x0800,
    "immutable": 0x2000,
    "local": 0x4000,
    "element": 0x8000,
}


def _variable_bits(interpreter: Interpreter, environment: Environment, name: str) -> int:
    plain, bracket, rest = name.partition("[")
    if not plain.isidentifier() or not plain.isascii():
        return 0
    reference = environment.find(plain)
    cell = reference.cell if isinstance(reference, CellReference) else interpreter.symbols.cell("")
    value = reference.get()
    local = environment.is_local(plain)
    if value is None and not cell.is_global and not local:
        return 0
    bits = BITS["local"] if local else 0
    if cell.is_global and not local:
        bits |= BITS["global"]
        builtin = cell.immutable or isinstance(value, BuiltinArray)
        for name_of_bit, holds in (("constant", cell.constant), ("immutable", cell.immutable), ("built-in", builtin)):
            bits |= BITS[name_of_bit] if holds else 0
    if bracket and isinstance(value, AssociativeArray):
        bits |= BITS["element"]
        value = value.get("\034".join(part.strip(" \"'") for part in rest.rstrip("]").split("][")))
    return bits | _value_bits(value)


def _value_bits(value: Value) -> int:
    if value is None:
        return BITS["unset"]
    if isinstance(value, AssociativeArray):
        return BITS["associative array"]
    if isinstance(value, ArrayValue):
        return BITS["data array"]
    if isinstance(value, NumericString):
        return BITS["number"] | BITS["string"]
    if isinstance(value, str):
        return BITS["string"] | (0 if parse_number(value) is None else BITS["number"])
    return BITS["number"]


@FUNCTIONS.add("whatis", 1, 2, environment=True)
def whatis(interpreter: Interpreter, environment: Environment, name: Value, words: Value = None) -> Value:
    """What a name is, as a code; in words with a second argument."""
    wanted = str(to_text(name))
    low = high = 0
    described = "nothing"
    macro = interpreter.macros.get(wanted)
    if environment.is_local(wanted.partition("[")[0]) and (high := _variable_bits(interpreter, environment, wanted)):
        low = IS_VARIABLE
    elif macro is not None:
        low, high, described = IS_MACRO, len(macro.text) & 0x7FFF, f"macro, {len(macro.text)} characters"
    elif wanted in RESERVED or wanted in interpreter.functions or wanted in interpreter.commands:
        low, described = IS_COMMAND, "command, function or keyword"
    elif high := _variable_bits(interpreter, environment, wanted):
        low = IS_VARIABLE
    if low == IS_VARIABLE:
        described = ", ".join(name_of_bit for name_of_bit, bit in BITS.items() if high & bit)
    if words is not None and to_number(words):
        return f"{wanted}: {described}"
    return float((high << 16) | low)


@FUNCTIONS.add("unset", 1, environment=True)
def unset(_interpreter: Interpreter, environment: Environment, name: Value) -> Value:
    """Whether a variable has no value yet."""
    plain = str(to_text(name)).partition("[")[0]
    if not plain.isidentifier() or not plain.isascii():
        return 1.0
    bits = _variable_bits(_interpreter, environment, str(to_text(name)))
    return 1.0 if bits == 0 or bits & BITS["unset"] else 0.0


@COMMANDS.add("lscmd", parser.WORDS)
def lscmd(interpreter: Interpreter, _values: list[Value], patterns: list[str]) -> None:
    """List the built-in commands, functions and keywords that match."""
    names = {*RESERVED, *interpreter.commands.styles, *(f"{function.name}()" for function in interpreter.functions)}
    for name in sorted(names):
        if not patterns or any(fnmatchcase(name.removesuffix("()"), pattern) for pattern in patterns):
            interpreter.outputs.write(f"{name}\n")


@COMMANDS.add("syms", parser.WORDS)
def syms(interpreter: Interpreter, _values: list[Value], patterns: list[str]) -> None:
    """List the global variables that match, with what they are."""
    plain = [pattern for pattern in patterns if not pattern.startswith(("-", "+"))]
    for cell in interpreter.symbols:
        if not plain or any(fnmatchcase(cell.name, pattern) for pattern in plain):
            kind = "constant" if cell.constant else "built-in" if cell.immutable else "global"
            interpreter.outputs.write(f"{cell.name:<20} {kind:<10} {_summary(cell.value)}\n")


def _summary(value: Value) -> str:
    if isinstance(value, AssociativeArray):
        return f"associative array, {len(value.elements)} elements"
    if isinstance(value, ArrayValue):
        return "data array"
    if value is None:
        return "unset"
    if isinstance(value, str):
        return f'"{value[:40]}"'
    return str(to_text(value))


@COMMANDS.add("memstat")
def memstat(interpreter: Interpreter, _values: list[Value], _names: list[str]) -> None:
    """Show how many variables and macros there are, and how much text they hold."""
    macros = interpreter.macros
    size = sum(len(macro.text) for name in macros if (macro := macros.get(name)) is not None)
    variables = len(list(interpreter.symbols))
    interpreter.outputs.write(f"{variables} variables, {len(list(macros))} macros with {size} characters\n")


@COMMANDS.add("history", parser.WORDS)
def history(interpreter: Interpreter, _values: list[Value], words: list[str]) -> None:
    """List the lines that were typed last."""
    lines = interpreter.history
    count = int(words[0]) if words and words[0].isdecimal() and len(words[0]) < 9 else len(lines)
    first = int(to_number(interpreter.symbols.cell("HISTCMD").value)) - len(lines)
    for number, line in list(enumerate(lines, first))[-count:] if count else []:
        interpreter.outputs.write(f"{number:5d}  {line}\n")


@COMMANDS.add("savstate")
def savstate(interpreter: Interpreter, _values: list[Value], _names: list[str]) -> None:
    """Save the state, if the embedding program can."""
    interpreter.on_save()
