"""Mathematical functions (SPEC_LANGUAGE.md 6.1)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from pycertifspec.simulator.language import messages
from pycertifspec.simulator.language.errors import SpecRuntimeError
from pycertifspec.simulator.language.tables import Function, FunctionTable
from pycertifspec.simulator.language.values import ArrayValue, Value, to_integer, to_number

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycertifspec.simulator.language.interpreter import Interpreter

FUNCTIONS = FunctionTable()

# rand() without argument gives 0 to this.
RAND_MAX: Final = 32767


def as_c_does(function: Callable[[float], float], number: float) -> float:
    """Call a function of `math`: nan and inf where C's library gives them and Python raises."""
    try:
        return function(number)
    except OverflowError:
        return math.inf
    except ValueError:
        return -math.inf if number == 0 else math.nan


SIMPLE: Final[dict[str, tuple[Callable[[float], float], str]]] = {
    "sin": (math.sin, "Sine of an angle in radians."),
    "cos": (math.cos, "Cosine of an angle in radians."),
    "tan": (math.tan, "Tangent of an angle in radians."),
    "asin": (math.asin, "Arc sine, in radians."),
    "acos": (math.acos, "Arc cosine, in radians."),
    "atan": (math.atan, "Arc tangent, in radians."),
    "exp": (math.exp, "The exponential function."),
    "exp10": (lambda x: math.pow(10.0, x), "Ten to a power."),
    "log": (math.log, "The natural logarithm."),
    "log10": (math.log10, "The logarithm to base ten."),
    "sqrt": (math.sqrt, "The square root."),
    "fabs": (math.fabs, "The absolute value."),
    "int": (lambda x: float(math.trunc(x)) if math.isfinite(x) else x, "The number truncated toward zero."),
    "deg": (math.degrees, "Radians to degrees."),
    "rad": (math.radians, "Degrees to radians."),
}


def _simple(name: str) -> Callable[[Interpreter, Value], Value]:
    function = SIMPLE[name][0]

    def implementation(_interpreter: Interpreter, value: Value) -> Value:
        if isinstance(value, ArrayValue):
            return value.unary(name)
        return as_c_does(function, to_number(value))

    return implementation


for _name, (_, _doc) in SIMPLE.items():
    FUNCTIONS.register(Function(_name, _simple(_name), 1, 1, doc=_doc))


@FUNCTIONS.add("atan2", 2)
def atan2(_interpreter: Interpreter, y: Value, x: Value) -> Value:
    """The angle of a point, in radians; both zero is an error."""
    if to_number(y) == 0 and to_number(x) == 0:
        raise SpecRuntimeError(messages.ATAN2)
    return math.atan2(to_number(y), to_number(x))


@FUNCTIONS.add("pow", 2)
def power(_interpreter: Interpreter, x: Value, y: Value) -> Value:
    """The first argument to the power of the second."""
    if isinstance(x, ArrayValue):
        return x.binary("**", y, reflected=False)
    return as_c_does(lambda base: math.pow(base, to_number(y)), to_number(x))


@FUNCTIONS.add("rand", 0, 1)
def rand(interpreter: Interpreter, limit: Value = None) -> Value:
    """A random integer: 0 to 32767, 0 to x, or -|x| to |x| for negative x."""
    highest = RAND_MAX if limit is None else to_integer(limit)
    lowest = min(0, highest)
    highest = abs(highest)
    return float(lowest + int(interpreter.host.random() * (highest - lowest + 1)))


@FUNCTIONS.add("srand", 1)
def srand(interpreter: Interpreter, seed: Value) -> Value:
    """Begin a new sequence of random numbers."""
    interpreter.host.seed(to_number(seed) if math.isfinite(to_number(seed)) else 0.0)
    return 0.0


@FUNCTIONS.add("bcd", 1)
def bcd(_interpreter: Interpreter, value: Value) -> Value:
    """An integer as binary-coded decimal."""
    digits = str(abs(to_integer(value)))[-15:]
    return float(int(digits, 16))


@FUNCTIONS.add("dcb", 1)
def dcb(_interpreter: Interpreter, value: Value) -> Value:
    """Binary-coded decimal as an integer; digits above nine carry."""
    total = 0
    for digit in f"{abs(to_integer(value)):x}"[-15:]:
        total = total * 10 + int(digit, 16)
    return float(total)
