"""How many arguments macros and functions take."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pycertifspec.simulator.language import nodes
from pycertifspec.simulator.language.program import walk

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pycertifspec.simulator.language.macros import Macro

# SPEC_LANGUAGE.md 2.5: what a macro function has beside its parameters.
OF_FUNCTIONS = re.compile(r"\b(?:argc|argv|arg\d+)\b")


def takes_any(macro: Macro) -> bool:
    """Tell whether a macro function looks at how many arguments it was given (SPEC_LANGUAGE.md 2.5)."""
    return OF_FUNCTIONS.search(macro.text) is not None


def calls(roots: Iterable[nodes.Statement]) -> Iterable[nodes.Call]:
    """Give every call with brackets."""
    return (node for node in walk(roots) if isinstance(node, nodes.Call))
