"""Turns expressions into Python closures (SPEC_LANGUAGE.md 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import messages, nodes
from .associative import AssociativeArray
from .compile_arrays import ArrayCompiler
from .definitions import literal_value
from .errors import SpecRuntimeError, SpecSyntaxError, exceeded, join_within
from .macros import PlacedText
from .operators import COMPARISONS, FAST, binary, unary
from .room import ELEMENT, SHORT, size_of
from .scope import ElementReference, Frame, Reference, Run, Store, Unit
from .values import SCALARS, Value, parse_number, to_text, truth

if TYPE_CHECKING:
    from collections.abc import Callable

    from .interpreter import Interpreter
    from .tables import Function


class ExpressionCompiler(ArrayCompiler):
    """Compiles the expressions of one mini-program or function body.

    Each closure takes the frame and returns the value; whatever can be decided once is decided here.
    """

    def __init__(self, interpreter: Interpreter, unit: Unit) -> None:
        self.interpreter = interpreter
        self.unit = unit
        self._bits = interpreter.choices.integer_bits
        self._dispatch: dict[type, Callable[[Any], Run]] = {
            nodes.Number: self._number,
            nodes.String: self._string,
            nodes.Name: lambda node: self.unit.resolve(node.name)[0],
            nodes.Indirect: self._indirect,
            nodes.Index: self._index,
            nodes.Call: self._call,
            nodes.Unary: self._unary,
            nodes.Binary: self._binary,
            nodes.Logical: self._logical,
            nodes.Conditional: self._conditional,
            nodes.Assign: self._assign,
            nodes.Increment: self._increment,
            nodes.Contains: self._contains,
            nodes.Concatenation: self._concatenation,
            nodes.ArrayLiteral: self._array_literal,
        }

    def expression(self, node: nodes.Expression) -> Run:
        """Return the closure that evaluates a node."""
        return self._dispatch[type(node)](node)

    def condition(self, node: nodes.Expression) -> Callable[[Frame], bool]:
        """Return the closure that tells whether a condition holds."""
        strict_strings = not self.interpreter.choices.pure_string_is_true
        if isinstance(node, nodes.Binary) and node.operator in COMPARISONS:
            return self._comparison(node)
        run = self.expression(node)

        def holds(frame: Frame) -> bool:
            value = run(frame)
            if value.__class__ is float:
                return value != 0.0
            if not strict_strings and value.__class__ is str and parse_number(value) is None:
                return value != ""
            return truth(value)

        return holds

    # -- leaves ------------------------------------------------------------------------------------------------------

    def _number(self, node: nodes.Number) -> Run:
        value = node.value
        return lambda _frame: value

    def _string(self, node: nodes.String) -> Run:
        value = node.value
        return lambda _frame: value

    def _indirect(self, node: nodes.Indirect) -> Run:
        refer = self.reference(node)
        return lambda frame: refer(frame).get()

    def reference(self, node: nodes.Expression) -> Callable[[Frame], Reference]:
        """Return the closure that refers to the variable or element that a node names.

        Raises:
            SpecSyntaxError: the node is neither.

        """
        if isinstance(node, nodes.Name):
            return self.unit.resolve(node.name)[2]
        if isinstance(node, nodes.Indirect):
            name = self.expression(node.value)
            bind = self.unit.environment()
            return lambda frame: bind(frame).find(str(to_text(name(frame))))
        if isinstance(node, nodes.Index):
            open_element = self._element(node)
            label = node.base.name if isinstance(node.base, nodes.Name) else "@"

            def refer(frame: Frame) -> Reference:
                get, store = open_element(frame)
                return ElementReference(label, get, store)

            return refer
        raise SpecSyntaxError(messages.NOT_A_TARGET, position=node.position)

    def store(self, node: nodes.Expression) -> Store:
        """Return the closure that assigns to the variable or element that a node names."""
        if isinstance(node, nodes.Name):
            return self.unit.resolve(node.name)[1]
        refer = self.reference(node)
        return lambda frame, value: refer(frame).set(value)

    # -- operators ---------------------------------------------------------------------------------------------------

    def _unary(self, node: nodes.Unary) -> Run:
        operand = self.expression(node.operand)
        if isinstance(node.operand, nodes.Number) and node.operator == "-":
            constant = -node.operand.value
            return lambda _frame: constant
        apply = unary(node.operator, self._bits)
        return lambda frame: apply(operand(frame))

    def _binary(self, node: nodes.Binary) -> Run:
        if node.operator in COMPARISONS:
            holds = self._comparison(node)
            return lambda frame: 1.0 if (result := holds(frame)) is True else 0.0 if result is False else result
        left, right = self.expression(node.left), self.expression(node.right)
        slow = binary(node.operator, self._bits)
        fast = FAST.get(node.operator)
        if fast is None:
            return lambda frame: slow(left(frame), right(frame))
        if isinstance(node.right, nodes.Number):
            constant = node.right.value

            def with_constant(frame: Frame) -> Value:
                a = left(frame)
                return fast(a, constant) if a.__class__ is float else slow(a, constant)

            return with_constant

        def run(frame: Frame) -> Value:
            a, b = left(frame), right(frame)
            return fast(a, b) if a.__class__ is float and b.__class__ is float else slow(a, b)

        return run

    def _comparison(self, node: nodes.Binary) -> Run:
        """Return the closure that compares: True or False, or an array when it compares arrays."""
        left, right = self.expression(node.left), self.expression(node.right)
        slow = binary(node.operator, self._bits)
        fast = COMPARISONS[node.operator]

        def run(frame: Frame) -> Value:
            a, b = left(frame), right(frame)
            if a.__class__ is float and b.__class__ is float:
                return fast(a, b)
            result = slow(a, b)
            return result == 1.0 if result.__class__ is float else result

        return run

    def _logical(self, node: nodes.Logical) -> Run:
        left, right = self.condition(node.left), self.condition(node.right)
        if node.operator == "&&":
            return lambda frame: 1.0 if left(frame) and right(frame) else 0.0
        return lambda frame: 1.0 if left(frame) or right(frame) else 0.0

    def _conditional(self, node: nodes.Conditional) -> Run:
        condition = self.condition(node.condition)
        then, otherwise = self.expression(node.then), self.expression(node.otherwise)
        return lambda frame: then(frame) if condition(frame) else otherwise(frame)

    def _concatenation(self, node: nodes.Concatenation) -> Run:
        items = [self.expression(item) for item in node.items]
        limit, made = self.interpreter.limits.string_length, self.interpreter.room.made

        def run(frame: Frame) -> Value:
            text = join_within("", [str(to_text(item(frame))) for item in items], limit)
            if len(text) > SHORT:
                made(len(text))
            return text

        return run

    # -- assignment --------------------------------------------------------------------------------------------------

    def _assign(self, node: nodes.Assign) -> Run:
        value = self.expression(node.value)
        if isinstance(node.target, nodes.Index):
            return self._assign_element(node, node.target, value)
        if not node.operator:
            store = self.store(node.target)
            made = self.interpreter.room.made

            def assign(frame: Frame) -> Value:
                result = value(frame)
                if result.__class__ not in SCALARS:
                    made(size_of(result))  # it will be copied
                store(frame, result)
                return result

            return assign
        combine = binary(node.operator, self._bits)
        fast = FAST.get(node.operator)
        if isinstance(node.target, nodes.Name):
            read, write, _ = self.unit.resolve(node.target.name)

            def update_name(frame: Frame) -> Value:
                a, b = read(frame), value(frame)
                result = fast(a, b) if fast and a.__class__ is float and b.__class__ is float else combine(a, b)
                write(frame, result)
                return result

            return update_name
        refer = self.reference(node.target)

        def update(frame: Frame) -> Value:
            reference = refer(frame)
            result = combine(reference.get(), value(frame))
            reference.set(result)
            return result

        return update

    def _assign_element(self, node: nodes.Assign, target: nodes.Index, value: Run, *, gives_old: bool = False) -> Run:
        """Compile an assignment to an element; that of an ordinary associative array takes a short way."""
        base, refer = self.expression(target.base), self.reference(target)
        key = self._subscripts(target)[0]
        combine = binary(node.operator, self._bits) if node.operator else None
        fast = FAST.get(node.operator)
        symbols, limit = self.interpreter.symbols, self.interpreter.limits.associative_elements
        made = self.interpreter.room.made

        def long_way(frame: Frame) -> Value:
            reference = refer(frame)
            old = reference.get() if combine else None
            result = combine(old, value(frame)) if combine else value(frame)
            reference.set(result)
            return combine(old, 0.0) if gives_old and combine else result

        def assign(frame: Frame) -> Value:
            array = base(frame)
            if array.__class__ is not AssociativeArray:
                return long_way(frame)
            name, elements = key(frame), array.elements
            old, result = elements.get(name), value(frame)
            if fast is not None and old.__class__ is float and result.__class__ is float:
                result = fast(old, result)
            elif combine is not None:
                result = combine(old, result)
                old = combine(old, 0.0) if gives_old else old
            if result.__class__ not in SCALARS:
                raise SpecRuntimeError(messages.ARRAY_AS_SCALAR)
            if old is None:
                made(ELEMENT)
                if len(elements) >= limit and name not in elements:
                    exceeded("associative_elements", limit, "The size of an associative array")
            elements[name] = result
            if symbols.on_change is not None and array.owner is not None:
                symbols.on_change(array.owner, name, result)
            return old if gives_old else result

        return assign

    def _increment(self, node: nodes.Increment) -> Run:
        step, prefix = float(node.step), node.prefix
        add = binary("+", self._bits)
        if isinstance(node.target, nodes.Name):
            read, write, _ = self.unit.resolve(node.target.name)

            def increment_name(frame: Frame) -> Value:
                old = read(frame)
                if old.__class__ is not float:
                    old = add(old, 0.0)
                new = old + step if old.__class__ is float else add(old, step)
                write(frame, new)
                return new if prefix else old

            return increment_name
        if isinstance(node.target, nodes.Index):
            one = nodes.Number(node.position, step)
            return self._assign_element(
                nodes.Assign(node.position, "+", node.target, one),
                node.target,
                lambda _frame: step,
                gives_old=not prefix,
            )
        refer = self.reference(node.target)

        def increment(frame: Frame) -> Value:
            reference = refer(frame)
            old = add(reference.get(), 0.0)
            new = add(old, step)
            reference.set(new)
            return new if prefix else old

        return increment

    # -- calls -------------------------------------------------------------------------------------------------------

    def _call(self, node: nodes.Call) -> Run:
        interpreter, name = self.interpreter, node.name
        values = [self.expression(argument) for argument in node.arguments]
        function = interpreter.functions.get(name)
        built_in = self._built_in(function, node, values) if function is not None else None
        definition = interpreter.macros.get

        def run(frame: Frame) -> Value:
            macro = definition(name)
            if macro is not None and macro.parameters is not None:
                return interpreter.call_macro(macro, [value(frame) for value in values])
            if built_in is not None:
                return built_in(frame)
            # Registered after this text was compiled, or not at all.
            return interpreter.call_function(name, [value(frame) for value in values])

        return run

    def _built_in(self, function: Function, node: nodes.Call, values: list[Run]) -> Run:
        interpreter = self.interpreter
        count = len(values)
        if not function.minimum <= count <= function.maximum:
            # Said when it is run: the line may be in a branch for another release of SPEC.
            return lambda _frame: interpreter.refuse_arguments(function, count)
        arguments = [
            self._by_reference(node.arguments[n])
            if n in function.by_reference or n >= function.references_from
            else values[n]
            for n in range(count)
        ]
        implementation = function.implementation
        if function.name == "cdef" and count > 1 and isinstance(node.arguments[1], nodes.String):
            # A literal is a definition's text, with the rule for its quotes (SPEC_LANGUAGE.md 2.4).
            place = node.arguments[1].position
            text = PlacedText(literal_value(node.arguments[1]), place.source, place.line)
            arguments[1] = lambda _frame: text
        if function.environment:
            bind = self.unit.environment()
            return lambda frame: implementation(interpreter, bind(frame), *[a(frame) for a in arguments])
        made = interpreter.room.made

        def run(frame: Frame) -> Value:
            result = implementation(interpreter, *[argument(frame) for argument in arguments])
            if result.__class__ is str and len(result) > SHORT:
                made(len(result))
            return result

        return run

    def _by_reference(self, node: nodes.Expression) -> Run:
        if isinstance(node, nodes.Name | nodes.Indirect | nodes.Index):
            return self.reference(node)
        value = self.expression(node)
        # A value stands where a variable could: what is stored there goes nowhere.
        return lambda frame: ElementReference("", lambda: value(frame), lambda _value: None)
