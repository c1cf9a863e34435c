"""The syntax tree: what the parser makes and the compiler reads; each node knows where it stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from .errors import Position


@dataclass(slots=True, eq=False)
class Node:
    """The root of all nodes."""

    position: Position


# -- expressions (SPEC_LANGUAGE.md 4) -------------------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class Expression(Node):
    """What has a value; `height` is the longest way down, which bounds recursion."""

    height: int = field(default=1, kw_only=True)


@dataclass(slots=True, eq=False)
class Number(Expression):
    """``1.5``."""

    value: float


@dataclass(slots=True, eq=False)
class String(Expression):
    """``"text"``; `raw` is what stands between the quotes."""

    value: str
    raw: str
    quote: str


@dataclass(slots=True, eq=False)
class Name(Expression):
    """A variable."""

    name: str


@dataclass(slots=True, eq=False)
class Indirect(Expression):
    """``@name`` or ``@(expression)``: the variable whose name is the value."""

    value: Expression


@dataclass(slots=True, eq=False)
class Range:
    """``2:5`` in brackets; a missing end is None."""

    first: Expression | None
    last: Expression | None


Brackets: TypeAlias = "list[Expression | Range]"


@dataclass(slots=True, eq=False)
class Index(Expression):
    """``a[i]``, ``a[i][j]``, ``a[2:5, 7][]``."""

    base: Name | Indirect
    subscripts: list[Brackets]


@dataclass(slots=True, eq=False)
class Call(Expression):
    """``f(x, y)``."""

    name: str
    arguments: list[Expression]


@dataclass(slots=True, eq=False)
class Unary(Expression):
    """``-x``, ``+x``, ``!x``, ``~x``."""

    operator: str
    operand: Expression


@dataclass(slots=True, eq=False)
class Binary(Expression):
    """An operator between two operands that are both evaluated."""

    operator: str
    left: Expression
    right: Expression


@dataclass(slots=True, eq=False)
class Logical(Expression):
    """``&&`` and ``||``."""

    operator: str
    left: Expression
    right: Expression


@dataclass(slots=True, eq=False)
class Conditional(Expression):
    """``c ? a : b``."""

    condition: Expression
    then: Expression
    otherwise: Expression


@dataclass(slots=True, eq=False)
class Assign(Expression):
    """``x = e``, or ``x += e`` with `operator` ``"+"``."""

    operator: str
    target: Name | Indirect | Index
    value: Expression


@dataclass(slots=True, eq=False)
class Increment(Expression):
    """``++x``, ``x--``: `step` is 1 or -1."""

    target: Name | Indirect | Index
    step: int
    prefix: bool


@dataclass(slots=True, eq=False)
class Contains(Expression):
    """``key in array``."""

    key: Expression
    array: Expression


@dataclass(slots=True, eq=False)
class Concatenation(Expression):
    """Expressions side by side."""

    items: list[Expression]


@dataclass(slots=True, eq=False)
class ArrayLiteral(Expression):
    """``["a":1, "b":0:2, 3]``: keys and the value of each element."""

    items: list[tuple[list[Expression], Expression]]


# -- statements (SPEC_LANGUAGE.md 5) --------------------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class Statement(Node):
    """What is carried out."""


@dataclass(slots=True, eq=False)
class ExpressionStatement(Statement):
    """An expression on its own."""

    expression: Expression


@dataclass(slots=True, eq=False)
class Block(Statement):
    """``{ ... }``."""

    statements: list[Statement]


@dataclass(slots=True, eq=False)
class If(Statement):
    """``if``, any number of ``else if``, ``else``."""

    branches: list[tuple[Expression, Statement]]
    otherwise: Statement | None


@dataclass(slots=True, eq=False)
class While(Statement):
    """``while (e) s``."""

    condition: Expression
    body: Statement


@dataclass(slots=True, eq=False)
class For(Statement):
    """``for (e1; e2; e3) s``."""

    start: list[Expression]
    condition: Expression | None
    step: list[Expression]
    body: Statement


@dataclass(slots=True, eq=False)
class ForIn(Statement):
    """``for (name in array) s``."""

    target: Name | Indirect | Index
    array: Expression
    body: Statement


@dataclass(slots=True, eq=False)
class Leave(Statement):
    """``break``, ``continue``, ``exit`` or ``quit``."""

    word: str


@dataclass(slots=True, eq=False)
class Return(Statement):
    """``return [e]``."""

    value: Expression | None


@dataclass(slots=True, eq=False)
class Declared:
    """One name in a declaration; `is_array` when brackets follow it."""

    target: Name | Indirect
    is_array: bool
    value: Expression | None = None


@dataclass(slots=True, eq=False)
class Declare(Statement):
    """``local``, ``global``, ``unglobal`` or ``constant``."""

    word: str
    names: list[Declared]


@dataclass(slots=True, eq=False)
class DeclareArray(Statement):
    """``[local|global|shared] [type] array name[rows][columns]``."""

    scope: str
    element: str
    arrays: list[tuple[Name | Indirect, list[Expression]]]


@dataclass(slots=True, eq=False)
class Delete(Statement):
    """``delete a["k"]`` or ``delete a``."""

    targets: list[Expression]


@dataclass(slots=True, eq=False)
class Define(Statement):
    """``def``: it has taken effect when it was parsed (SPEC_LANGUAGE.md 1.1)."""

    name: str


@dataclass(slots=True, eq=False)
class DefineLater(Statement):
    """``rdef``: takes effect when it is run."""

    name: str
    parameters: tuple[str, ...] | None
    text: Expression


@dataclass(slots=True, eq=False)
class Command(Statement):
    """A built-in command with expressions or words after it."""

    name: str
    arguments: list[Expression]
    words: list[str]
