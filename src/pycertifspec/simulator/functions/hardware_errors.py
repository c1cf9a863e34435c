"""Hardware errors as macros see them: a reset, unless ``HDW_ERR`` was -1, and a code there (SPEC_LANGUAGE.md 3.3)."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Final, TypeVar

from pycertifspec.simulator.hardware.refusals import Refusal
from pycertifspec.simulator.language import SpecRuntimeError
from pycertifspec.simulator.language.values import to_number

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pycertifspec.simulator.language import Interpreter

    Implementation = TypeVar("Implementation", bound=Callable[..., Any])

VARIABLE: Final = "HDW_ERR"
SUPPRESS: Final = -1.0
# What the codes mean is not known, but that they go from 0 to 14 [choice]. Software limits are not among them: a macro
# that goes on after a target outside of them would measure at the wrong place.
CODES: Final[dict[Refusal, float]] = {
    Refusal.UNRESPONSIVE: 1.0,
    Refusal.EMERGENCY_STOP: 2.0,
    Refusal.BUSY: 3.0,
    Refusal.DISABLED: 4.0,
    Refusal.UNUSABLE: 5.0,
    Refusal.READ_ONLY: 6.0,
    Refusal.PROTECTED: 7.0,
    Refusal.NO_SWITCH: 8.0,
    Refusal.BAD_VALUE: 9.0,
    Refusal.LOW_SWITCH: 10.0,
    Refusal.HIGH_SWITCH: 11.0,
    Refusal.STALL: 12.0,
}


class HardwareError(SpecRuntimeError):
    """A motor or counter refused, or did not do to the end what it was told.

    Attributes:
        code: what ``HDW_ERR`` holds afterwards.

    """

    def __init__(self, message: str, refusal: Refusal) -> None:
        super().__init__(message)
        self.code = CODES.get(refusal, 0.0)


def went_well(interpreter: Interpreter) -> None:
    """Let ``HDW_ERR`` be 0 if it waited for what a call would bring."""
    cell = interpreter.symbols.cell(VARIABLE)
    if to_number(cell.value) == SUPPRESS:
        interpreter.symbols.assign(cell, 0.0)


def hardware_call(implementation: Implementation) -> Implementation:
    """Make a method of functions or commands one that touches hardware: its errors can be suppressed.

    A suppressed one gives -1.
    """

    @wraps(implementation)
    def call(self: Any, interpreter: Interpreter, *arguments: Any) -> Any:
        symbols = interpreter.symbols
        before = to_number(symbols.cell(VARIABLE).value)
        code, result = 0.0, -1.0
        try:
            result = implementation(self, interpreter, *arguments)
        except HardwareError as error:
            code = error.code
            if before != SUPPRESS or not code:
                raise
        finally:
            if code != before:
                symbols.assign(symbols.cell(VARIABLE), code)
        return result

    return call  # type: ignore[return-value]  # it takes and gives the same
