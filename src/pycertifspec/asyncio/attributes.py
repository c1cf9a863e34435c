"""Properties of motors as attributes that are awaited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar, overload

from .value import Value

if TYPE_CHECKING:
    from typing import Self

    from pycertifspec.session.properties import Property

    from .motor import AsyncMotor

T = TypeVar("T")


class Attribute(Generic[T]):
    """One property: ``await motor.position``; to write it, ``await motor.write("position", 1.5)``."""

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
    def __get__(self, motor: AsyncMotor, owner: type) -> Value[T]: ...
    def __get__(self, motor: AsyncMotor | None, owner: type) -> Any:
        if motor is None:
            return self

        async def read() -> Any:
            value = await motor.read(self._prop.name)
            return not value if self._inverted else value

        return Value(read, self._name)

    def __set__(self, motor: AsyncMotor, value: Any) -> NoReturn:
        if not self._prop.writable:
            raise AttributeError(f"{self._name} of motor {motor.name!r} is read-only: SPEC alone sets it")
        raise AttributeError(f'an assignment cannot be awaited: `await motor.write("{self._prop.name}", {value!r})`')
