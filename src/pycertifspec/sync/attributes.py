"""Properties of motors and counters as attributes of Python objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

if TYPE_CHECKING:
    from typing import Self

    from pycertifspec.session.properties import Property

    from .motor import Motor

T = TypeVar("T")


class Attribute(Generic[T]):
    """One property: read when it is looked at, written when it is assigned."""

    def __init__(self, prop: Property[T], *, inverted: bool = False) -> None:
        self._prop = prop
        self._inverted = inverted
        units = f" In {prop.units} units." if prop.units else ""
        self.__doc__ = f"{prop.doc}{units}{'' if prop.writable else ' Read-only.'}"

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, motor: None, owner: type) -> Self: ...
    @overload
    def __get__(self, motor: Motor, owner: type) -> T: ...
    def __get__(self, motor: Motor | None, owner: type) -> Any:
        if motor is None:
            return self
        value = motor.read(self._prop.name)
        return not value if self._inverted else value

    def __set__(self, motor: Motor, value: Any) -> None:
        if not self._prop.writable:
            raise AttributeError(f"{self._name} of motor {motor.name!r} is read-only: SPEC alone sets it")
        motor.write(self._prop.name, value)
