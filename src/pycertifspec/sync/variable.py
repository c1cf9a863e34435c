"""`Var`, `ArrayVar`: SPEC's variables as objects."""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableSequence
from typing import TYPE_CHECKING, Any, NoReturn

from pycertifspec.errors import RemoteError
from pycertifspec.session import properties
from pycertifspec.session.quoting import literal
from pycertifspec.wire import arrays

if TYPE_CHECKING:
    from pycertifspec.wire.message import SpecMessage

    from .client import Client


class Var:
    """A variable: text or a number, or an associative array.

    Args:
        name: of the variable.
        conn: the client.
        dtype: makes a value of its text: ``float``.

    Raises:
        ValueError: there is no such variable.

    """

    def __init__(self, name: str, conn: Client, dtype: Callable[[Any], Any] = str) -> None:
        self.name = name
        self.conn = conn
        self.dtype = dtype
        try:
            conn.read(self._path)
        except RemoteError as error:
            raise ValueError(f"there is no variable {name!r}: {error}") from error

    @property
    def _path(self) -> str:
        return properties.variable_path(self.name)

    @property
    def value(self) -> Any:
        """The value: of text what `dtype` makes of it, a dict, or an array. Assigning sets it in SPEC."""
        value = self.conn.read(self._path)
        return self.dtype(value) if isinstance(value, str) else value

    @value.setter
    def value(self, value: Any) -> None:
        self.conn.write(self._path, value)

    def subscribe(self, callback: Callable[[SpecMessage], Any], nowait: bool = False, timeout: float = 1.0) -> bool:
        """Call a function with each event of the variable, as `Client.subscribe`."""
        return self.conn.subscribe(self._path, callback, nowait, timeout)

    def unsubscribe(self, callback: Callable[[SpecMessage], Any]) -> bool:
        """Call it no more, as `Client.unsubscribe`."""
        return self.conn.unsubscribe(self._path, callback)

    def __repr__(self) -> str:
        return f"<Var {self.name} = {self.value!r}>"


class ArrayVar(MutableSequence[Any]):
    """A data array, or a row of one. What is assigned to elements, rows and slices reaches SPEC.

    It is fetched whenever it is looked at: to compute, take `value` once.

    Args:
        name: of the variable; of a row, with its index: ``x[5]``.
        conn: the client.

    """

    def __init__(self, name: str, conn: Client) -> None:
        self.name = name
        self.conn = conn
        self._variable, bracket, index = name.partition("[")
        self._row = int(index.rstrip("]")) if bracket else None

    @property
    def value(self) -> Any:
        """The whole as a numpy array, or a list of texts. Assigning sets it in SPEC: one of this shape, or a scalar."""
        whole = self.conn.read(properties.variable_path(self._variable))
        return whole if self._row is None else whole[self._row]

    @value.setter
    def value(self, value: Any) -> None:
        if self._row is None:
            self.conn.write(properties.variable_path(self.name), arrays.whole(self.value, value, self.name))
        else:
            self[:] = value

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape, as numpy has it."""
        return arrays.shape(self.value)

    @property
    def is_2d(self) -> bool:
        """Whether it has rows and columns."""
        return len(self.shape) == 2

    def subscribe(self, callback: Callable[[SpecMessage], Any], nowait: bool = False, timeout: float = 1.0) -> bool:
        """Subscribe as `Client.subscribe`; SPEC tells nobody of changes in data arrays (PROTOCOL.md 5.5)."""
        return self.conn.subscribe(properties.variable_path(self._variable), callback, nowait, timeout)

    def unsubscribe(self, callback: Callable[[SpecMessage], Any]) -> bool:
        """Call it no more, as `Client.unsubscribe`."""
        return self.conn.unsubscribe(properties.variable_path(self._variable), callback)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: Any) -> Any:
        value = self.value
        if isinstance(index, int) and len(arrays.shape(value)) == 2:
            if not -len(value) <= index < len(value):
                raise IndexError(f"{self.name} has no row {index}: it has {len(value)} rows")
            return ArrayVar(f"{self.name}[{index % len(value)}]", self.conn)
        return value[index]

    def __setitem__(self, index: Any, item: Any) -> None:
        places = arrays.places(self.value, index, item)
        # One command for all: nobody sees a half of it.
        assignments = [
            f"{self.name}{''.join(f'[{number}]' for number in place)} = {literal(element)}" for place, element in places
        ]
        for start in range(0, len(assignments), MAX_ASSIGNMENTS):
            self.conn.execute("; ".join(assignments[start : start + MAX_ASSIGNMENTS]))

    def __delitem__(self, index: Any) -> NoReturn:
        raise TypeError(f"{self.name} has a fixed shape: nothing can be deleted")

    def insert(self, index: int, value: Any) -> NoReturn:  # noqa: ARG002  a sequence's signature
        """Refuse.

        Raises:
            TypeError: the shape is fixed.

        """
        raise TypeError(f"{self.name} has a fixed shape: nothing can be inserted")

    def __iter__(self) -> Iterator[Any]:
        return iter(self.value)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return arrays.as_array(self.value, dtype, copy=copy)

    def __eq__(self, other: object) -> Any:
        return arrays.as_array(self.value) == (other.value if isinstance(other, ArrayVar) else other)

    def __ne__(self, other: object) -> Any:
        return arrays.as_array(self.value) != (other.value if isinstance(other, ArrayVar) else other)

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __repr__(self) -> str:
        return f"<ArrayVar {self.name} = {self.value!r}>"


# Assignments in one command: SPEC's line is limited, and nobody waits for a thousand statements.
MAX_ASSIGNMENTS = 200
