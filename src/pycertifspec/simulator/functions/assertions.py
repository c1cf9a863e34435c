"""``assert()``: what SPEC does not have, for tests of macros (docs/how-to/test-macros.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pycertifspec.simulator.language import Function, SpecRuntimeError
from pycertifspec.simulator.language.values import to_text, truth

if TYPE_CHECKING:
    from pycertifspec.simulator.language import Interpreter, Value


def install(interpreter: Interpreter) -> None:
    """Add the function."""
    doc = "An error with the text, unless the value is true; not in SPEC itself: see macros/assert.mac."
    interpreter.functions.register(Function("assert", _assert, 1, 2, doc=doc))


def _assert(_: Interpreter, value: Value, text: Value = None) -> Value:
    if truth(value):
        return 1.0
    raise SpecRuntimeError(f"Assertion failed: {to_text(text)}" if text is not None else "Assertion failed.")
