"""The global variables, built-in ones included, and who is told of changes (SPEC_LANGUAGE.md 3.1, 3.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from . import messages
from .associative import AssociativeArray, BuiltinArray
from .errors import SpecRuntimeError, exceeded
from .values import SCALARS, ArrayValue, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Deleted:
    """Stands for the value of what is gone, in change notifications."""

    def __repr__(self) -> str:
        return "DELETED"


DELETED: Final = Deleted()
# Name, key of the element or None, and the new value or DELETED.
ChangeListener: TypeAlias = "Callable[[str, str | None, Value], None]"


class Cell:
    """A name and, while it is global, its value.

    Attributes:
        is_global: whether a global variable of this name exists.
        plain: whether a scalar may be stored without looking further.

    """

    __slots__ = ("constant", "immutable", "is_global", "name", "plain", "value")

    def __init__(self, name: str) -> None:
        self.name = name
        self.value: Value = None
        self.is_global = False
        self.plain = False
        self.constant = False
        self.immutable = False


class Symbols:
    """All names that programs have used; a cell stays for good, so compiled text may hold on to it.

    Attributes:
        on_change: told after each assignment to a global variable or to an element of one; None when nobody listens.
        on_declare: told the name of each variable that was made global without a value.

    """

    def __init__(self, *, owns: bool = True, most: int | None = None) -> None:
        self._cells: dict[str, Cell] = {}
        # Whether arrays are told the name of their variable, so that assignments to elements are reported too.
        self._owns = owns
        self._most = most
        self.on_change: ChangeListener | None = None
        self.on_declare: Callable[[str], None] | None = None

    def __iter__(self) -> Iterator[Cell]:
        return iter([cell for _, cell in sorted(self._cells.items()) if cell.is_global])

    def cell(self, name: str) -> Cell:
        """Return the cell of a name, whether it is global or not.

        Raises:
            LimitExceededError: there are too many names.

        """
        cell = self._cells.get(name)
        if cell is None:
            if self._most is not None and len(self._cells) >= self._most:
                exceeded("names", self._most, "The number of names of variables")
            cell = self._cells[name] = Cell(name)
        return cell

    def find(self, name: str) -> Cell | None:
        """Return the cell of a global variable, or None."""
        cell = self._cells.get(name)
        return cell if cell is not None and cell.is_global else None

    def is_global(self, name: str) -> bool:
        """Tell whether a global variable of this name exists."""
        return self.find(name) is not None

    def declare(self, cell: Cell) -> None:
        """Make a name global; repeating it changes nothing."""
        if not cell.is_global:
            cell.is_global = True
            cell.plain = cell.value.__class__ in SCALARS
            if self.on_declare is not None:
                self.on_declare(cell.name)

    def remove(self, cell: Cell) -> None:
        """Make a global variable vanish.

        Raises:
            SpecRuntimeError: it is a built-in.

        """
        if cell.immutable or isinstance(cell.value, BuiltinArray):
            raise SpecRuntimeError(messages.IMMUTABLE.format(name=cell.name))
        if cell.is_global:
            cell.is_global = cell.plain = cell.constant = False
            cell.value = None
            self.changed(cell.name, None, DELETED)

    def assign(self, cell: Cell, value: Value) -> None:
        """Assign to a global variable as a program does.

        Raises:
            SpecRuntimeError: it is a constant or a built-in.

        """
        if cell.constant:
            raise SpecRuntimeError(messages.CONSTANT.format(name=cell.name))
        if cell.immutable or isinstance(cell.value, BuiltinArray):
            raise SpecRuntimeError(messages.IMMUTABLE.format(name=cell.name))
        cell.is_global = True
        self.store(cell, assigned(cell.value, value))

    def store(self, cell: Cell, value: Value) -> None:
        """Put a value in place, whatever the variable is."""
        cell.value = value
        cell.plain = value.__class__ in SCALARS and not cell.constant and not cell.immutable
        if self._owns and isinstance(value, (AssociativeArray, ArrayValue)):
            value.owner = cell.name
        self.changed(cell.name, None, value)

    def set_constant(self, cell: Cell, value: Value) -> None:
        """Make a constant; a second time changes it (SPEC_LANGUAGE.md 3.1).

        Raises:
            SpecRuntimeError: it is a built-in.

        """
        if cell.immutable or isinstance(cell.value, BuiltinArray):
            raise SpecRuntimeError(messages.IMMUTABLE.format(name=cell.name))
        cell.is_global = cell.constant = True
        self.store(cell, assigned(None, value))

    def set_builtin(self, name: str, value: Value, *, immutable: bool = True) -> None:
        """Give a built-in variable its value: the program's side, which macros cannot do."""
        cell = self.cell(name)
        cell.is_global = True
        cell.constant = False
        cell.immutable = immutable
        self.store(cell, value)

    def remove_builtin(self, name: str) -> None:
        """Let a built-in variable vanish: the program's side."""
        cell = self.cell(name)
        cell.immutable = False
        self.remove(cell)

    def changed(self, name: str, key: str | None, value: Value) -> None:
        """Tell who listens."""
        if self.on_change is not None:
            self.on_change(name, key, value)


def assigned(old: Value, new: Value) -> Value:
    """Return what a variable holds after ``variable = new`` (SPEC_LANGUAGE.md 3.2, 4.4)."""
    if isinstance(old, ArrayValue):
        if isinstance(new, AssociativeArray):
            raise SpecRuntimeError(messages.ARRAY_AS_SCALAR)
        old.assign(new)
        return old
    if isinstance(new, (AssociativeArray, ArrayValue)):
        return new.copy()
    return new
