"""`Motors`, `Counters`: an instrument's parts as attributes, by mnemonic, and as the lists that they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Parts(Sequence[str], Generic[T]):
    """Mnemonics in SPEC's order; each is an attribute, too: ``client.motors.th``.

    A list of mnemonics for whoever iterates, counts or compares; ``client.motors["th"]`` is the motor.
    """

    def __init__(self, known: Callable[[], dict[str, str]], make: Callable[[str], T], table: Callable[[], str]) -> None:
        self._known = known
        self._make = make
        self._table = table

    def __getattr__(self, name: str) -> T:
        if name.startswith("_"):
            raise AttributeError(name)
        if name not in self._known():
            raise AttributeError(f"there is no {name!r}; there are {', '.join(self._known()) or 'none'}")
        return self._make(name)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, str):
            if index not in self._known():
                raise KeyError(f"there is no {index!r}; there are {', '.join(self._known()) or 'none'}")
            return self._make(index)
        return list(self._known())[index]

    def __len__(self) -> int:
        return len(self._known())

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._known()]

    def _ipython_key_completions_(self) -> list[str]:
        return list(self._known())

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, Sequence) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # as a list

    def __repr__(self) -> str:
        return repr(list(self._known()))

    def _repr_html_(self) -> str:
        return self._table()
