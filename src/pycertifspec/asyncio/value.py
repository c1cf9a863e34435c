"""`Value`: what is read when it is awaited, and costs nothing when it is only looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator

T = TypeVar("T")


class Value(Generic[T]):
    """Something to be awaited: ``await motor.position``."""

    def __init__(self, read: Callable[[], Coroutine[Any, Any, T]], what: str) -> None:
        self._read = read
        self._what = what

    def __await__(self) -> Generator[Any, Any, T]:
        return self._read().__await__()

    def __repr__(self) -> str:
        return f"<{self._what}: to be awaited>"

    def __bool__(self) -> bool:
        raise TypeError(f"{self._what} is to be awaited: `await client.{self._what}`")
