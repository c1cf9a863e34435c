"""`Usage`: whether a text macro ends with its usage when it is given so many arguments, wherever it counts them.

The macro is read as it would be with arguments of which nothing is known, its helpers with it, and followed as far as
that decides what happens: ``ascan`` counts in a helper of a helper, after some arithmetic with ``$#``.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from pycertifspec.simulator.language import nodes
from pycertifspec.simulator.language.errors import SpecLanguageError
from pycertifspec.simulator.language.input_stack import Frame
from pycertifspec.simulator.language.program import Reader, walk
from pycertifspec.simulator.language.scope import Unit
from pycertifspec.simulator.language.values import truth

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pycertifspec.simulator.language import Interpreter
    from pycertifspec.simulator.language.macros import Macro

# What a text macro's arguments may be: names, of which nothing is said.
PLACEHOLDER = "_argument_"
# A macro that ends with any number of arguments up to this one does not do so because of their number. The standard
# macro that takes most, a5scan, takes 17.
MOST = 20
# Functions without effect: whatever they are called with.
_PURE = frozenset({"int", "fabs", "length", "toupper", "tolower"})


class Doubt(Enum):
    """Why a value is not known."""

    STATE = auto()
    """It depends on where SPEC is: on variables, on what functions give."""
    ARGUMENT = auto()
    """It depends on what the arguments are."""


class Outcome(Enum):
    """What becomes of a statement."""

    GOES_ON = auto()
    ENDS = auto()
    """With ``exit``, for certain."""
    OPEN = auto()
    """It may end, or not."""


Known = nodes.Number | nodes.String


class Usage:
    """Tells whether macros refuse how many arguments they are given.

    Args:
        interpreter: whose macros they are, and whose operators decide.

    """

    def __init__(self, interpreter: Interpreter) -> None:
        self._interpreter = interpreter
        self._ends: dict[tuple[str, str, int], bool] = {}

    def refuses(self, macro: Macro, count: int) -> bool:
        """Return whether a text macro ends at once because of how many arguments it is given."""
        return self._does_end(macro, count) and not all(self._does_end(macro, other) for other in range(MOST))

    def _does_end(self, macro: Macro, count: int) -> bool:
        key = macro.name, macro.text, count
        if key not in self._ends:
            self._ends[key] = False  # of a macro that uses itself nothing is said
            self._ends[key] = self._followed(macro, count)
        return self._ends[key]

    def _followed(self, macro: Macro, count: int) -> bool:
        interpreter = self._interpreter
        arguments = [f"{PLACEHOLDER}{number}" for number in range(1, count + 1)]
        try:
            text = macro.substitute(arguments, interpreter.limits)
        except SpecLanguageError:
            return False
        frame = Frame(text + "\n", macro.source, line=macro.line, macro=macro.name, closed=True)
        reader = Reader(
            frame,
            interpreter.macros,
            interpreter.limits,
            commands=interpreter.commands.styles,
            is_function=interpreter.functions.__contains__,
        )
        way = _Way(interpreter)
        for statement in reader:
            if isinstance(statement, SpecLanguageError):
                return False  # it is a piece of something, or wrong, which is said elsewhere
            outcome = way.follow(statement)
            if outcome is not Outcome.GOES_ON:
                return outcome is Outcome.ENDS
        return False


class _Way:
    """A program as it is followed: what is known of its variables."""

    def __init__(self, interpreter: Interpreter) -> None:
        self._interpreter = interpreter
        self._known: dict[str, Known] = {}
        self._doubts: dict[str, Doubt] = {}
        self._locals: set[str] = set()

    def follow(self, statement: nodes.Statement) -> Outcome:
        """Follow a statement."""
        match statement:
            case nodes.Block(statements=statements):
                return self._follow_all(statements)
            case nodes.If():
                return self._choose(statement)
            case nodes.Leave(word="exit"):
                return Outcome.ENDS
            case nodes.Leave() | nodes.Return():
                return Outcome.OPEN
            case nodes.While(condition=condition) if self._is_false(condition):
                pass
            case nodes.While() | nodes.For() | nodes.ForIn():
                return self._pass_by([statement])
            case nodes.ExpressionStatement(
                expression=nodes.Assign(operator="", target=nodes.Name(name=name)) as assign
            ):
                self._set(name, self._value(assign.value))
                self._forget([assign.value])
            case nodes.Declare(word="local", names=names):
                self._locals.update(one.target.name for one in names if isinstance(one.target, nodes.Name))
                self._forget([statement])
            case _:
                self._forget([statement])
        return Outcome.GOES_ON

    def _follow_all(self, statements: Iterable[nodes.Statement]) -> Outcome:
        for statement in statements:
            outcome = self.follow(statement)
            if outcome is not Outcome.GOES_ON:
                return outcome
        return Outcome.GOES_ON

    def _choose(self, statement: nodes.If) -> Outcome:
        for number, (condition, body) in enumerate(statement.branches):
            value = self._value(condition)
            self._forget([condition])
            if isinstance(value, Doubt):
                rest = [branch for _, branch in statement.branches[number:]]
                rest += [statement.otherwise] if statement.otherwise is not None else []
                return self._pass_by(rest, value)
            if self._is_true(value):
                return self.follow(body)
        return Outcome.GOES_ON if statement.otherwise is None else self.follow(statement.otherwise)

    def _pass_by(self, statements: list[nodes.Statement], doubt: Doubt = Doubt.ARGUMENT) -> Outcome:
        """Go on behind what may happen or not.

        Where SPEC's state decides, it is taken to be as the macro wants it: else it ends there already.
        """
        self._forget(statements)
        leaves = any(
            isinstance(node, nodes.Return) or (isinstance(node, nodes.Leave) and node.word in {"exit", "quit"})
            for node in walk(statements)
        )
        return Outcome.OPEN if leaves and doubt is Doubt.ARGUMENT else Outcome.GOES_ON

    def _set(self, name: str, value: Known | Doubt) -> None:
        self._known.pop(name, None)
        self._doubts.pop(name, None)
        if isinstance(value, Doubt):
            self._doubts[name] = value
        else:
            self._known[name] = value

    def _forget(self, roots: Iterable[nodes.Node]) -> None:
        """Know nothing any more of what may have been changed; functions may change whatever is not local."""
        for node in walk(roots):
            if isinstance(node, (nodes.Assign, nodes.Increment, nodes.ForIn)):
                target = node.target.base if isinstance(node.target, nodes.Index) else node.target
                if isinstance(target, nodes.Name):
                    self._set(target.name, Doubt.ARGUMENT)
            elif isinstance(node, nodes.Call) and node.name not in _PURE:
                for argument in node.arguments:  # it may be given back by reference
                    if isinstance(argument, nodes.Name):
                        self._set(argument.name, Doubt.ARGUMENT)
                for name in self._known.keys() - self._locals:
                    self._set(name, Doubt.STATE)

    # ---- values ----

    def _value(self, node: nodes.Expression) -> Known | Doubt:
        """Return what an expression is, or why that is not known."""
        match node:
            case nodes.Number():
                return node
            case nodes.String(value=text):
                return Doubt.ARGUMENT if PLACEHOLDER in text else node
            case nodes.Name(name=name):
                if PLACEHOLDER in name:
                    return Doubt.ARGUMENT
                return self._known.get(name) or self._doubts.get(name, Doubt.STATE)
            case nodes.Logical(operator=operator):
                left = self._value(node.left)
                if not isinstance(left, Doubt) and self._is_true(left) is (operator == "||"):
                    return self._number(node, float(operator == "||"))
                return self._of(node, [left, self._value(node.right)])
            case nodes.Conditional():
                condition = self._value(node.condition)
                if isinstance(condition, Doubt):
                    return condition
                return self._value(node.then if self._is_true(condition) else node.otherwise)
            case nodes.Unary():
                return self._of(node, [self._value(node.operand)])
            case nodes.Binary():
                return self._of(node, [self._value(node.left), self._value(node.right)])
            case nodes.Concatenation():
                return self._of(node, [self._value(item) for item in node.items])
            case nodes.Call(name=name) if name in _PURE:
                return self._of(node, [self._value(argument) for argument in node.arguments])
        names = [child.name for child in walk([node]) if isinstance(child, nodes.Name)]
        texts = [child.value for child in walk([node]) if isinstance(child, nodes.String)]
        return Doubt.ARGUMENT if any(PLACEHOLDER in text for text in (*names, *texts)) else Doubt.STATE

    def _of(self, node: nodes.Expression, parts: list[Known | Doubt]) -> Known | Doubt:
        """Return what an operator makes of its operands."""
        known = [part for part in parts if not isinstance(part, Doubt)]
        if len(known) < len(parts):
            return Doubt.ARGUMENT if Doubt.ARGUMENT in parts else Doubt.STATE
        position = node.position
        whole: nodes.Expression
        match node:
            case nodes.Unary(operator=operator):
                whole = nodes.Unary(position, operator, *known)
            case nodes.Binary(operator=operator):
                whole = nodes.Binary(position, operator, *known)
            case nodes.Logical(operator=operator):
                whole = nodes.Logical(position, operator, *known)
            case nodes.Call(name=name):
                whole = nodes.Call(position, name, [*known])
            case _:
                whole = nodes.Concatenation(position, [*known])
        try:
            value = self._run(whole)
        except SpecLanguageError:
            return Doubt.STATE
        return self._number(node, value) if isinstance(value, float) else nodes.String(position, str(value), "", '"')

    @staticmethod
    def _number(node: nodes.Expression, value: float) -> nodes.Number:
        return nodes.Number(node.position, value)

    def _is_false(self, condition: nodes.Expression) -> bool:
        value = self._value(condition)
        return not isinstance(value, Doubt) and not self._is_true(value)

    def _is_true(self, value: Known) -> bool:
        return truth(self._run(value))

    def _run(self, expression: nodes.Expression) -> Any:
        unit = Unit(self._interpreter.symbols)
        run = self._interpreter.compiler(unit).bare(expression)
        return run([None] * unit.size)
