"""What the operators do with values of every kind (SPEC_LANGUAGE.md 4.1 to 4.3)."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Final

from . import messages
from .errors import SpecRuntimeError
from .values import ArrayValue, Value, is_numeric, to_integer, to_number, to_printed

if TYPE_CHECKING:
    from collections.abc import Callable

FAST: Final[dict[str, Callable[[float, float], float]]] = {"+": operator.add, "-": operator.sub, "*": operator.mul}
COMPARISONS: Final[dict[str, Callable[[Value, Value], bool]]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip
_SHIFT_LIMIT: Final = 63
# Integers of this size need no look at how many bits there are.
_SMALL: Final = 1 << 31


def wrap(number: int, bits: int) -> float:
    """Return an integer as a signed one of so many bits."""
    number &= (1 << bits) - 1
    return float(number - (1 << bits) if number >> (bits - 1) else number)


def divide(left: float, right: float) -> float:
    """Divide.

    Raises:
        SpecRuntimeError: `right` is zero.

    """
    if right == 0:
        raise SpecRuntimeError(messages.DIVISION_BY_ZERO)
    return left / right


def remainder(left: int, right: int) -> int:
    """Return the remainder with the sign of `left`, as C does.

    Raises:
        SpecRuntimeError: `right` is zero.

    """
    if right == 0:
        raise SpecRuntimeError(messages.DIVISION_BY_ZERO)
    return -(-left % abs(right)) if left < 0 else left % abs(right)


_INTEGER: Final[dict[str, Callable[[int, int], int]]] = {
    "%": remainder,
    "<<": lambda left, right: left << (right & _SHIFT_LIMIT),
    ">>": lambda left, right: left >> (right & _SHIFT_LIMIT),
    "&": operator.and_,
    "^": operator.xor,
    "|": operator.or_,
}


def compare(sign: str, left: Value, right: Value) -> bool:
    """Compare as numbers when both are, else as strings (SPEC_LANGUAGE.md 4.2)."""
    if is_numeric(left) and is_numeric(right):
        return COMPARISONS[sign](to_number(left), to_number(right))
    texts = ["" if value is None else to_printed(value) for value in (left, right)]
    return COMPARISONS[sign](str(texts[0]), str(texts[1]))


def binary(sign: str, bits: int) -> Callable[[Value, Value], Value]:
    """Return the function that carries out an operator on any two values."""
    scalar: Callable[[Value, Value], float]
    if sign in FAST:
        fast = FAST[sign]

        def scalar(left: Value, right: Value) -> float:
            return fast(to_number(left), to_number(right))

    elif sign == "/":

        def scalar(left: Value, right: Value) -> float:
            return divide(to_number(left), to_number(right))

    elif sign in COMPARISONS:

        def scalar(left: Value, right: Value) -> float:
            return 1.0 if compare(sign, left, right) else 0.0

    else:
        whole = _INTEGER[sign]

        def scalar(left: Value, right: Value) -> float:
            a, b = to_integer(left), to_integer(right)
            if not (-_SMALL < a < _SMALL and -_SMALL < b < _SMALL):
                a, b = int(wrap(a, bits)), int(wrap(b, bits))
            result = whole(a, b)
            return float(result) if -_SMALL < result < _SMALL else wrap(result, bits)

    def run(left: Value, right: Value) -> Value:
        if isinstance(left, ArrayValue):
            return left.binary(sign, right, reflected=False)
        if isinstance(right, ArrayValue):
            return right.binary(sign, left, reflected=True)
        return scalar(left, right)

    return run


def unary(sign: str, bits: int) -> Callable[[Value], Value]:
    """Return the function that carries out a prefix operator on any value."""
    scalar: dict[str, Callable[[Value], float]] = {
        "-": lambda value: -to_number(value),
        "+": to_number,
        "!": lambda value: 0.0 if to_number(value) else 1.0,
        "~": lambda value: wrap(~to_integer(value), bits),
    }
    apply = scalar[sign]

    def run(value: Value) -> Value:
        if isinstance(value, ArrayValue):
            return value.unary(sign)
        return apply(value)

    return run
