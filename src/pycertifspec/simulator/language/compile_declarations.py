"""Turns declarations and `delete` into Python closures (SPEC_LANGUAGE.md 3.1, 3.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import messages, nodes
from .associative import AssociativeArray
from .compile_expressions import ExpressionCompiler
from .errors import SpecRuntimeError
from .symbols import DELETED
from .values import SCALARS, ArrayValue, Value, to_integer

if TYPE_CHECKING:
    from collections.abc import Callable

    from .scope import Frame, Run


class DeclarationCompiler(ExpressionCompiler):
    """The part of the compiler that makes and removes variables."""

    def _declare(self, node: nodes.Declare) -> Run:
        steps: list[Run] = []
        for declared in node.names:
            # The value is compiled first: `local x = x` reads the variable outside.
            value = self.expression(declared.value) if declared.value is not None else None
            if node.word == "local":
                steps.append(self._declare_local(declared, value))
            else:
                steps.append(self._declare_global(node.word, declared, value))
        if len(steps) == 1:
            return steps[0]

        def run(frame: Frame) -> None:
            for step in steps:
                step(frame)

        return run

    def _declare_local(self, declared: nodes.Declared, value: Run | None) -> Run:
        is_array = declared.is_array
        if isinstance(declared.target, nodes.Indirect):
            # Its name is not known yet, so it lives as a private variable of this run.
            store = self.store(declared.target)
            return lambda frame: store(frame, AssociativeArray() if is_array else value(frame) if value else None)
        name = declared.target.name
        if self.unit.auto_global:
            cell = self.interpreter.session_cell(self.unit, name)

            def in_session(frame: Frame) -> None:
                new = AssociativeArray() if is_array else value(frame) if value else None
                self.unit.silent.store(cell, new)

            return in_session
        slot = self.unit.declare_local(name)

        def run(frame: Frame) -> None:
            # A new instance each time, whatever was there.
            frame[slot] = None
            if is_array:
                frame[slot] = AssociativeArray()
            elif value is not None:
                new = value(frame)
                frame[slot] = new if new.__class__ in SCALARS else new.copy()

        return run

    def _declare_global(self, word: str, declared: nodes.Declared, value: Run | None) -> Run:
        symbols = self.interpreter.symbols
        name = self._name_of(declared.target)
        is_array = declared.is_array

        def run(frame: Frame) -> None:
            cell = symbols.cell(name(frame))
            if word == "constant":
                symbols.set_constant(cell, value(frame) if value else cell.value)
                return
            if word == "unglobal":
                symbols.remove(cell)
                return
            symbols.declare(cell)
            if is_array and cell.value is None:
                symbols.store(cell, AssociativeArray())
            if value is not None:
                symbols.assign(cell, value(frame))

        return run

    def _name_of(self, node: nodes.Name | nodes.Indirect) -> Callable[[Frame], str]:
        if isinstance(node, nodes.Name):
            name = node.name
            return lambda _frame: name
        refer = self.reference(node)
        return lambda frame: refer(frame).name

    def _declare_array(self, node: nodes.DeclareArray) -> Run:
        arrays = []
        for target, sizes in node.arrays:
            compiled = [self.expression(size) for size in sizes]
            slot = -1
            if node.scope == "local" and isinstance(target, nodes.Name) and not self.unit.auto_global:
                slot = self.unit.declare_local(target.name)
            arrays.append((self._name_of(target), compiled, slot, self.unit.auto_global and node.scope == "local"))
        interpreter, element = self.interpreter, node.element

        def run(frame: Frame) -> None:
            for name, sizes, slot, in_session in arrays:
                shape = [to_integer(size(frame)) for size in sizes]
                array = interpreter.new_array(element, shape)
                if slot >= 0:
                    frame[slot] = array
                elif in_session:
                    self.unit.silent.store(interpreter.session_cell(self.unit, name(frame)), array)
                else:
                    interpreter.replace_global(name(frame), array)

        return run

    def _delete(self, node: nodes.Delete) -> Run:
        return self._all([self._delete_one(target) for target in node.targets])

    def _delete_one(self, target: nodes.Expression) -> Run:
        symbols = self.interpreter.symbols
        if isinstance(target, nodes.Index):
            base = self.expression(target.base)
            key = self._subscripts(target)[0]

            def element(frame: Frame) -> None:
                array = base(frame)
                if isinstance(array, AssociativeArray):
                    _delete_element(symbols.changed, array, key(frame))
                elif isinstance(array, ArrayValue):
                    raise SpecRuntimeError(messages.ARRAY_AS_SCALAR)

            return element
        refer = self.reference(target)

        def whole(frame: Frame) -> None:
            reference = refer(frame)
            value = reference.get()
            if isinstance(value, AssociativeArray):
                gone = value.keys() if value.owner is not None and symbols.on_change is not None else []
                value.clear()
                for key in gone:
                    symbols.changed(str(value.owner), key, DELETED)
            elif value is not None:
                reference.set(None)

        return whole

    def _all(self, steps: list[Run]) -> Run:
        def run(frame: Frame) -> None:
            for step in steps:
                step(frame)

        return run


def _delete_element(changed: Callable[[str, str | None, Value], None], array: AssociativeArray, key: str) -> None:
    """Remove an element and tell who listens."""
    there = key in array.elements
    array.delete(key)
    if there and array.owner is not None:
        changed(array.owner, key, DELETED)
