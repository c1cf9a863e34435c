"""Turns indexing and array literals into Python closures (SPEC_LANGUAGE.md 3.2)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from . import messages, nodes
from .associative import SEPARATOR, AssociativeArray
from .errors import SpecRuntimeError, exceeded
from .room import ELEMENT
from .values import ArrayValue, Value, to_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from .interpreter import Interpreter
    from .scope import Frame, Reference, Run


class ArrayCompiler(ABC):
    """The part of the compiler that deals with arrays."""

    interpreter: Interpreter

    @abstractmethod
    def expression(self, node: nodes.Expression) -> Run:
        """Return the closure that evaluates a node."""

    @abstractmethod
    def reference(self, node: nodes.Expression) -> Callable[[Frame], Reference]:
        """Return the closure that refers to the variable or element that a node names."""

    def _index(self, node: nodes.Index) -> Run:
        base = self.expression(node.base)
        key, subscripts = self._subscripts(node)
        # x["a"][] and x[]["b"] are a row and a column.
        row = None if all(node.subscripts) else self.row(node)

        def run(frame: Frame) -> Value:
            array = base(frame)
            if isinstance(array, AssociativeArray):
                return array.get(key(frame)) if row is None else row(frame)
            if isinstance(array, ArrayValue):
                return array.get_at(subscripts(frame))
            if array is None:
                key(frame)  # indices may have side effects
                return None
            raise SpecRuntimeError(messages.NOT_AN_ARRAY.format(name=_label(node.base)))

        return run

    def _element(self, node: nodes.Index) -> Callable[[Frame], tuple[Callable[[], Value], Callable[[Value], None]]]:
        """Return the closure that finds an element once, and gives how to read and how to store it."""
        base = self.reference(node.base)
        key, subscripts = self._subscripts(node)
        interpreter = self.interpreter
        limit = interpreter.limits.associative_elements

        def find(frame: Frame) -> tuple[Callable[[], Value], Callable[[Value], None]]:
            reference = base(frame)
            array = reference.get()
            if isinstance(array, ArrayValue):
                where = subscripts(frame)

                def store_data(value: Value) -> None:
                    array.set_at(where, value)
                    if array.owner is not None:
                        interpreter.symbols.changed(array.owner, None, array)

                return lambda: array.get_at(where), store_data
            name = key(frame)

            def store(value: Value) -> None:
                table = reference.array()
                if isinstance(value, (AssociativeArray, ArrayValue)):
                    raise SpecRuntimeError(messages.ARRAY_AS_SCALAR)
                if len(table.elements) >= limit and name not in table.elements:
                    exceeded("associative_elements", limit, "The size of an associative array")
                interpreter.room.made(ELEMENT)
                table.set(name, value)
                if table.owner is not None:
                    interpreter.symbols.changed(table.owner, name, value)

            return lambda: array.get(name) if isinstance(array, AssociativeArray) else None, store

        return find

    def _subscripts(self, node: nodes.Index) -> tuple[Callable[[Frame], str], Callable[[Frame], list[Any]]]:
        """Return how to get the key in an associative array, and the subscripts of a data array."""
        compiled = [[self._bracket(item) for item in brackets] for brackets in node.subscripts]
        label = _label(node.base)

        def subscripts(frame: Frame) -> list[Any]:
            return [[item(frame) for item in brackets] for brackets in compiled]

        simple = all(len(b) == 1 and not isinstance(b[0], nodes.Range) for b in node.subscripts)
        if simple and len(compiled) == 1:
            only = compiled[0][0]

            def one_key(frame: Frame) -> str:
                value = only(frame)
                return value if value.__class__ is str else to_key(value)

            return one_key, subscripts

        def key(frame: Frame) -> str:
            if not simple:
                raise SpecRuntimeError(messages.NOT_AN_ARRAY.format(name=label))
            return SEPARATOR.join([to_key(brackets[0](frame)) for brackets in compiled])

        return key, subscripts

    def _bracket(self, item: nodes.Expression | nodes.Range) -> Run:
        if not isinstance(item, nodes.Range):
            return self.expression(item)
        first = self.expression(item.first) if item.first is not None else None
        last = self.expression(item.last) if item.last is not None else None
        return lambda frame: (first(frame) if first else None, last(frame) if last else None)

    def row(self, node: nodes.Expression) -> Run:
        """Return the closure that gives an array, or the row or column of one, for ``in`` (SPEC_LANGUAGE.md 3.2, 5)."""
        if not isinstance(node, nodes.Index):
            return self.expression(node)
        base = self.expression(node.base)
        whole = self.expression(node) if all(node.subscripts) else None
        parts = [self._bracket(brackets[0]) if brackets else None for brackets in node.subscripts]

        def run(frame: Frame) -> Value:
            array = base(frame)
            if not isinstance(array, AssociativeArray):
                return whole(frame) if whole is not None else array
            if parts[0] is not None:
                return array.row(to_key(parts[0](frame)))
            second = parts[1] if len(parts) > 1 else None
            return array.column(None if second is None else to_key(second(frame)))

        return run

    def _contains(self, node: nodes.Contains) -> Run:
        key, table = self.expression(node.key), self.row(node.array)

        def run(frame: Frame) -> Value:
            wanted, array = key(frame), table(frame)
            if isinstance(array, AssociativeArray):
                return 1.0 if to_key(wanted) in array.elements else 0.0
            if isinstance(array, ArrayValue):
                return 1.0 if array.contains(wanted) else 0.0
            return 0.0

        return run

    def _array_literal(self, node: nodes.ArrayLiteral) -> Run:
        items = [([self.expression(key) for key in keys], self.expression(value)) for keys, value in node.items]

        def run(frame: Frame) -> Value:
            array = AssociativeArray()
            for number, (keys, value) in enumerate(items):
                name = SEPARATOR.join([to_key(key(frame)) for key in keys]) if keys else str(number)
                element = value(frame)
                if isinstance(element, (AssociativeArray, ArrayValue)):
                    raise SpecRuntimeError(messages.ARRAY_AS_SCALAR)
                array.elements[name] = element
            return array

        return run


def _label(node: nodes.Name | nodes.Indirect) -> str:
    return node.name if isinstance(node, nodes.Name) else "@"
