"""`AsyncMotors`, `AsyncCounters`: an instrument's parts as attributes, by mnemonic, and as the lists that they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator

T = TypeVar("T")


class Parts(Generic[T]):
    """Mnemonics in SPEC's order, once awaited; each is an attribute: ``client.motors.th``."""

    def __init__(
        self,
        known: dict[str, str],
        load: Callable[[], Coroutine[Any, Any, dict[str, str]]],
        make: Callable[[str], T],
    ) -> None:
        self._known = known
        self._load = load
        self._make = make

    def __await__(self) -> Generator[Any, Any, list[str]]:
        return self._mnemonics().__await__()

    async def _mnemonics(self) -> list[str]:
        return list(self._known or await self._load())

    def __getattr__(self, name: str) -> T:
        if name.startswith("_"):
            raise AttributeError(name)
        if self._known and name not in self._known:
            raise AttributeError(f"there is no {name!r}; there are {', '.join(self._known)}")
        return self._make(name)

    def __getitem__(self, mne: str) -> T:
        if self._known and mne not in self._known:
            raise KeyError(f"there is no {mne!r}; there are {', '.join(self._known)}")
        return self._make(mne)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._known]

    def _ipython_key_completions_(self) -> list[str]:
        return list(self._known)

    def __repr__(self) -> str:
        return repr(list(self._known)) if self._known else "<names: to be awaited>"
