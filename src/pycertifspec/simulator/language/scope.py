"""Where a name's value is kept: local slot, global, or private to one mini-program (SPEC_LANGUAGE.md 3.1)."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from . import messages
from .associative import AssociativeArray
from .errors import SpecRuntimeError
from .symbols import Cell, Symbols, assigned
from .values import SCALARS, Value

if TYPE_CHECKING:
    from collections.abc import Callable

# The values of one run of a mini-program or function; slot 0 has a dict for names that are made up at run time.
Frame: TypeAlias = "list[Any]"
Run: TypeAlias = "Callable[[Frame], Any]"
Store: TypeAlias = "Callable[[Frame, Value], None]"

EXTRAS: Final = 0
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def frame_values(frame: Frame) -> list[Value]:
    """Return the values of a frame, those of names made up at run time too."""
    return [*(frame[EXTRAS] or {}).values(), *frame[EXTRAS + 1 :]]


class Reference(ABC):
    """A variable at run time: for arguments passed by name and for ``@name``."""

    __slots__ = ("name",)

    name: str

    @abstractmethod
    def get(self) -> Value:
        """Return the value; None while unset."""

    @abstractmethod
    def set(self, value: Value) -> None:
        """Assign."""

    def array(self) -> AssociativeArray:
        """Return the associative array, made now if the variable is no array.

        Raises:
            SpecRuntimeError: it is a data array.

        """
        value = self.get()
        if isinstance(value, AssociativeArray):
            return value
        if value.__class__ not in SCALARS:
            raise SpecRuntimeError(messages.NOT_AN_ARRAY.format(name=self.name))
        self.set(AssociativeArray())
        made = self.get()
        # An expression stands where a variable could: what is stored goes nowhere.
        return made if isinstance(made, AssociativeArray) else AssociativeArray()


class SlotReference(Reference):
    """A local variable of a frame."""

    __slots__ = ("_frame", "_slot")

    def __init__(self, name: str, frame: Frame, slot: int) -> None:
        self.name = name
        self._frame = frame
        self._slot = slot

    def get(self) -> Value:
        """Return the value."""
        return self._frame[self._slot]

    def set(self, value: Value) -> None:
        """Assign."""
        self._frame[self._slot] = assigned(self._frame[self._slot], value)


class CellReference(Reference):
    """A global variable, or one that becomes global when it is set."""

    __slots__ = ("_symbols", "cell")

    def __init__(self, symbols: Symbols, cell: Cell) -> None:
        self.name = cell.name
        self.cell = cell
        self._symbols = symbols

    def get(self) -> Value:
        """Return the value."""
        return self.cell.value if self.cell.is_global else None

    def set(self, value: Value) -> None:
        """Assign."""
        self._symbols.assign(self.cell, value)


class OuterReference(CellReference):
    """A variable outside any brace: assigning makes it global; until then it is the one that the braces use."""

    __slots__ = ("_frame", "_slot")

    def __init__(self, symbols: Symbols, cell: Cell, frame: Frame, slot: int) -> None:
        super().__init__(symbols, cell)
        self._frame = frame
        self._slot = slot

    def get(self) -> Value:
        """Return the value."""
        return self.cell.value if self.cell.is_global else self._frame[self._slot]

    def set(self, value: Value) -> None:
        """Assign."""
        _make_global(self.cell, self._frame, self._slot)
        self._symbols.assign(self.cell, value)


class ExtraReference(Reference):
    """A private variable whose name was made up at run time."""

    __slots__ = ("_frame",)

    def __init__(self, name: str, frame: Frame) -> None:
        self.name = name
        self._frame = frame

    def get(self) -> Value:
        """Return the value."""
        return (self._frame[EXTRAS] or {}).get(self.name)

    def set(self, value: Value) -> None:
        """Assign."""
        if self._frame[EXTRAS] is None:
            self._frame[EXTRAS] = {}
        self._frame[EXTRAS][self.name] = assigned(self.get(), value)


class ElementReference(Reference):
    """An element of an array, by the functions that read and store it."""

    __slots__ = ("_get", "_set")

    def __init__(self, name: str, get: Callable[[], Value], store: Callable[[Value], None]) -> None:
        self.name = name
        self._get = get
        self._set = store

    def get(self) -> Value:
        """Return the value."""
        return self._get()

    def set(self, value: Value) -> None:
        """Assign."""
        self._set(value)


class Environment:
    """The names that can be seen from one place in a program, bound to one run of it."""

    __slots__ = ("auto_global", "frame", "slots", "unit")

    def __init__(self, unit: Unit, slots: dict[str, int], frame: Frame, *, auto_global: bool) -> None:
        self.unit = unit
        self.slots = slots
        self.frame = frame
        self.auto_global = auto_global

    def find(self, name: str) -> Reference:
        """Return the variable that a name means here.

        Raises:
            SpecRuntimeError: it is no name.

        """
        if not _IDENTIFIER.fullmatch(name):
            raise SpecRuntimeError(messages.BAD_NAME.format(name=name))
        if name in self.slots:
            return SlotReference(name, self.frame, self.slots[name])
        unit = self.unit
        if name in unit.session:
            return CellReference(unit.silent, unit.session[name])
        if unit.outer is not None and unit.outer.knows(name):
            return unit.outer.find(name)
        cell = unit.symbols.cell(name)
        if cell.is_global:
            return CellReference(unit.symbols, cell)
        if name in unit.temporaries:
            slot = unit.temporaries[name]
            if self.auto_global:
                return OuterReference(unit.symbols, cell, self.frame, slot)
            return SlotReference(name, self.frame, slot)
        if self.auto_global and name not in (self.frame[EXTRAS] or {}):
            return CellReference(unit.symbols, cell)
        return ExtraReference(name, self.frame)

    def is_local(self, name: str) -> bool:
        """Tell whether a name is declared local here."""
        outer = self.unit.outer
        return name in self.slots or name in self.unit.session or (outer is not None and outer.is_local(name))

    def knows(self, name: str) -> bool:
        """Tell whether a name is a variable of the program here, and no global one."""
        if self.is_local(name):
            return True
        if self.unit.symbols.is_global(name):
            return False
        return name in self.unit.temporaries or name in (self.frame[EXTRAS] or {})


class Unit:
    """The names of one mini-program or function body while it is compiled.

    Attributes:
        size: how many slots a frame needs.
        temporaries: slots of names that are used but not declared, for when they are not global.
        session: variables declared ``local`` outside any brace: they live as long as the text that is being read.
        outer: where `eval2` was called from.
        arguments: slots of ``argc``, ``argv`` and ``arg1`` ..., as far as a function uses them.

    """

    def __init__(
        self,
        symbols: Symbols,
        *,
        session: dict[str, Cell] | None = None,
        outer: Environment | None = None,
        is_function: bool = False,
    ) -> None:
        self.symbols = symbols
        # Changes of variables that are local to the text being read are nobody's business.
        self.silent = Symbols(owns=False)
        self.session = {} if session is None else session
        self.outer = outer
        self.is_function = is_function
        self.size = 1
        self.temporaries: dict[str, int] = {}
        self.arguments: dict[str, int] = {}
        self._scopes: list[dict[str, int]] = []

    @property
    def auto_global(self) -> bool:
        """Whether an assignment here makes a variable global: outside any brace (SPEC_LANGUAGE.md 3.1)."""
        return not self._scopes and not self.is_function

    def open_block(self) -> None:
        """Begin a block."""
        self._scopes.append({})

    def close_block(self) -> None:
        """End a block: its locals are no more."""
        self._scopes.pop()

    def new_slot(self) -> int:
        """Return a slot that nobody uses."""
        self.size += 1
        return self.size - 1

    def declare_local(self, name: str) -> int:
        """Return the slot of a variable declared in the present block, its old one when it is declared again."""
        return self._scopes[-1].setdefault(name, self.new_slot())

    def visible(self) -> dict[str, int]:
        """Return the slots of the locals that can be seen now."""
        seen: dict[str, int] = {}
        for scope in self._scopes:
            seen.update(scope)
        return seen

    def environment(self) -> Callable[[Frame], Environment]:
        """Return what binds the present place to a run of the program."""
        slots = self.visible()
        auto_global = self.auto_global

        def bind(frame: Frame) -> Environment:
            return Environment(self, slots, frame, auto_global=auto_global)

        return bind

    def resolve(self, name: str) -> tuple[Run, Store, Callable[[Frame], Reference]]:
        """Return how to read a name, how to assign to it, and how to refer to it."""
        for scope in reversed(self._scopes):
            if name in scope:
                return _in_slot(name, scope[name])
        if self.is_function and re.fullmatch(r"arg(?:c|v|[1-9][0-9]*)", name):
            return _in_slot(name, self.arguments.setdefault(name, self.new_slot()))
        if name in self.session:
            return _in_cell(self.silent, self.session[name])
        if self.outer is not None and self.outer.knows(name):
            return _elsewhere(self.outer.find(name))
        # One slot for the whole tree, so that a loop's condition and what stands in its braces are one variable (1.1).
        if name not in self.temporaries:
            self.temporaries[name] = self.new_slot()
        cell, slot = self.symbols.cell(name), self.temporaries[name]
        return _outside_braces(self.symbols, cell, slot) if self.auto_global else _inside(self.symbols, cell, slot)


_Access: TypeAlias = "tuple[Run, Store, Callable[[Frame], Reference]]"


def _in_slot(name: str, slot: int) -> _Access:
    def read(frame: Frame) -> Value:
        return frame[slot]

    def store(frame: Frame, value: Value) -> None:
        if frame[slot].__class__ in SCALARS and value.__class__ in SCALARS:
            frame[slot] = value
        else:
            frame[slot] = assigned(frame[slot], value)

    return read, store, lambda frame: SlotReference(name, frame, slot)


def _in_cell(symbols: Symbols, cell: Cell) -> _Access:
    def read(_frame: Frame) -> Value:
        return cell.value

    def store(_frame: Frame, value: Value) -> None:
        if cell.plain and value.__class__ in SCALARS:
            cell.value = value
            if symbols.on_change is not None:
                symbols.on_change(cell.name, None, value)
        else:
            symbols.assign(cell, value)

    return read, store, lambda _frame: CellReference(symbols, cell)


def _elsewhere(reference: Reference) -> _Access:
    return (
        lambda _frame: reference.get(),
        lambda _frame, value: reference.set(value),
        lambda _frame: reference,
    )


def _make_global(cell: Cell, frame: Frame, slot: int) -> None:
    """Hand the value that braces have given a variable to the global one that it becomes now."""
    if not cell.is_global:
        cell.value = frame[slot]


def _reader(cell: Cell, slot: int) -> Run:
    return lambda frame: cell.value if cell.is_global else frame[slot]


def _outside_braces(symbols: Symbols, cell: Cell, slot: int) -> _Access:
    def store(frame: Frame, value: Value) -> None:
        if cell.plain and value.__class__ in SCALARS:
            cell.value = value
            if symbols.on_change is not None:
                symbols.on_change(cell.name, None, value)
        else:
            _make_global(cell, frame, slot)
            symbols.assign(cell, value)

    return _reader(cell, slot), store, lambda frame: OuterReference(symbols, cell, frame, slot)


def _inside(symbols: Symbols, cell: Cell, slot: int) -> _Access:
    def store(frame: Frame, value: Value) -> None:
        if cell.plain and value.__class__ in SCALARS:
            cell.value = value
            if symbols.on_change is not None:
                symbols.on_change(cell.name, None, value)
        elif cell.is_global:
            symbols.assign(cell, value)
        else:
            frame[slot] = assigned(frame[slot], value)

    def refer(frame: Frame) -> Reference:
        return CellReference(symbols, cell) if cell.is_global else SlotReference(cell.name, frame, slot)

    return _reader(cell, slot), store, refer
