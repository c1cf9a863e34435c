"""Which names a program makes, and which it only uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pycertifspec.simulator.language import nodes
from pycertifspec.simulator.language.program import walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pycertifspec.simulator.language.tables import FunctionTable


def made(roots: Iterable[nodes.Statement], functions: FunctionTable) -> Iterator[nodes.Name]:
    """Give the variables that are declared or assigned to, as what they stand in a program."""
    for node in walk(roots):
        match node:
            case nodes.Assign(target=target) | nodes.Increment(target=target) | nodes.ForIn(target=target):
                yield from _base(target)
            case nodes.Declare(names=names):
                for declared in names:
                    yield from _base(declared.target)
            case nodes.DeclareArray(arrays=arrays):
                for target, _ in arrays:
                    yield from _base(target)
            case nodes.Call(name=name, arguments=arguments) if function := functions.get(name):
                for number, argument in enumerate(arguments):
                    if number in function.by_reference or number >= function.references_from:
                        yield from _base(argument)


def _base(target: object) -> Iterator[nodes.Name]:
    base = target.base if isinstance(target, nodes.Index) else target
    if isinstance(base, nodes.Name):
        yield base


def used(roots: Iterable[nodes.Statement]) -> Iterator[nodes.Name]:
    """Give the names whose value is wanted, but for words that follow a name at the start of a statement."""
    words: set[nodes.Node] = set()
    for node in walk(roots):
        # `mvx th 1` where nobody knows `mvx`: the first name is the mistake, the others were its arguments.
        if isinstance(node, nodes.ExpressionStatement) and isinstance(node.expression, nodes.Concatenation):
            first, *rest = node.expression.items
            if isinstance(first, nodes.Name):
                words.update(walk(rest))
    for node in walk(roots):
        if isinstance(node, nodes.Name) and node not in words:
            yield node
