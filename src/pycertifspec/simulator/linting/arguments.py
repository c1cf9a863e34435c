"""How many arguments macros and functions take."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pycertifspec.simulator.language import nodes
from pycertifspec.simulator.language.program import walk
from pycertifspec.simulator.language.values import to_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pycertifspec.simulator.language import Interpreter
    from pycertifspec.simulator.language.macros import Macro

# A text macro that begins by asking how many arguments it was given, and gives up.
_ASKS = re.compile(
    r"\s*\{?(?:\s*local [^\n;$]*[\n;])*\s*if\s*\((?P<condition>[\s\d$#!=<>&|()]*\$#[\s\d$#!=<>&|()]*)\)\s*(?=\{)"
)
# SPEC_LANGUAGE.md 2.5: what a macro function has beside its parameters.
OF_FUNCTIONS = re.compile(r"\b(?:argc|argv|arg\d+)\b")


def refuses(macro: Macro, interpreter: Interpreter) -> Callable[[int], bool]:
    """Return a function that tells whether a text macro ends at once, with its usage, when it is given so many."""
    asks = _ASKS.match(macro.text)
    if asks is None or not re.search(r"\bexit\b", _block(macro.text, asks.end())):
        return lambda _count: False
    condition = asks["condition"]
    return lambda count: bool(to_number(interpreter.evaluate(condition.replace("$#", f" {count} "))))


def _block(text: str, start: int) -> str:
    """Return the text of the braces that open at `start`."""
    depth = 0
    for place in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if not depth:
            return text[start:place]
    return text[start:]


def takes_any(macro: Macro) -> bool:
    """Tell whether a macro function looks at how many arguments it was given (SPEC_LANGUAGE.md 2.5)."""
    return OF_FUNCTIONS.search(macro.text) is not None


def calls(roots: Iterable[nodes.Statement]) -> Iterable[nodes.Call]:
    """Give every call with brackets."""
    return (node for node in walk(roots) if isinstance(node, nodes.Call))
