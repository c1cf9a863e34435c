"""The interpreter of SPEC's command language (SPEC_LANGUAGE.md); it does no I/O: everything is asked of a `Host`."""

from __future__ import annotations

from .associative import AssociativeArray, BuiltinArray
from .choices import Choices
from .errors import (
    IncompleteInputError,
    LimitExceededError,
    MacroExitError,
    MacroInterruptError,
    NotImplementedInSimulatorError,
    Position,
    QuitError,
    SpecLanguageError,
    SpecRuntimeError,
    SpecSyntaxError,
    UndefinedNameError,
)
from .exchange import from_python, to_python
from .host import Host, TextFile
from .interactive import Console
from .interpreter import Interpreter
from .limits import Limits
from .macros import Macro, MacroTable
from .names_table import KnownName, known_names
from .scope import Environment, Reference
from .symbols import DELETED
from .tables import Command, CommandTable, Function, FunctionTable
from .values import ArrayValue, NumericString, Value

__all__ = [
    "DELETED",
    "ArrayValue",
    "AssociativeArray",
    "BuiltinArray",
    "Choices",
    "Command",
    "CommandTable",
    "Console",
    "Environment",
    "Function",
    "FunctionTable",
    "Host",
    "IncompleteInputError",
    "Interpreter",
    "KnownName",
    "LimitExceededError",
    "Limits",
    "Macro",
    "MacroExitError",
    "MacroInterruptError",
    "MacroTable",
    "NotImplementedInSimulatorError",
    "NumericString",
    "Position",
    "QuitError",
    "Reference",
    "SpecLanguageError",
    "SpecRuntimeError",
    "SpecSyntaxError",
    "TextFile",
    "UndefinedNameError",
    "Value",
    "from_python",
    "known_names",
    "to_python",
]
