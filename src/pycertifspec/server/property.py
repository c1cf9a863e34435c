"""`Property`: a published value; assigning it, an element of it or its end tells who watches it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Protocol

from pycertifspec.errors import LocalProtocolError, RemoteError
from pycertifspec.session.elements import spelled_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycertifspec.session.program import Published


class Publisher(Protocol):
    """What publishes properties."""

    def find(self, name: str) -> Published | None:
        """Return the property of this name, if there is one."""

    def changed(self, name: str, value: Any, *, deleted: bool = False) -> None:
        """Tell those who watch a property its new value."""


class Property:
    """A published property: a value that is kept, or two functions that give and take it.

    Elements of an associative array are its items: ``table["a"] = 2``, ``table["b", "c"]``, ``del table["a"]``.
    Any thread may use it.

    Attributes:
        name: as clients know it, ``var/x``.

    """

    def __init__(
        self,
        publisher: Publisher,
        name: str,
        value: Any = None,
        get: Callable[[], Any] | None = None,
        set: Callable[[Any], None] | None = None,  # noqa: A002  SPEC's word
        *,
        writable: bool = True,
    ) -> None:
        self.name = name
        self._publisher = publisher
        self._value = _kept(value)
        self._get = get
        self._set = set
        self._writable = writable and (set is not None or get is None)
        self._lock = threading.RLock()  # what is kept and what is told are in the same order

    @property
    def value(self) -> Any:
        """The present value; of an associative array a copy.

        Assigning it tells those who watch; of an associative array only what differs is told: elements that are
        new or have another value, then, as deleted, those that are no longer there (PROTOCOL.md 4, 5.5).

        Raises:
            LocalProtocolError: on assignment, the property was withdrawn.

        """
        return _kept(self._value) if self._get is None else self._get()

    @value.setter
    def value(self, value: Any) -> None:
        with self._lock:
            before, self._value = self._value, _kept(value)
            if isinstance(value, dict) and isinstance(before, dict):
                self._tell_difference(before, value)
            else:
                if isinstance(before, dict):
                    self.changed(dict.fromkeys(before, ""), deleted=True)
                self.changed(value)

    def _tell_difference(self, before: dict[Any, Any], value: dict[Any, Any]) -> None:
        known = {spelled_key(key): element for key, element in before.items()}
        there = {spelled_key(key) for key in value}
        new = {key: element for key, element in value.items() if known.get(spelled_key(key), _NOTHING) != element}
        if new:
            self.changed(new)
        gone = [key for key in before if spelled_key(key) not in there]
        if gone:
            self.changed(dict.fromkeys(gone, ""), deleted=True)

    def __getitem__(self, key: Any) -> Any:
        array = self._array()
        return array[self._known_key(array, key)]

    def __setitem__(self, key: Any, element: Any) -> None:
        with self._lock:
            self._merge({key: element})
            self.changed({key: element})

    def __delitem__(self, key: Any) -> None:
        with self._lock:
            array = self._array()
            known = self._known_key(array, key)
            self._value = {other: element for other, element in array.items() if other != known}
            self.changed({known: ""}, deleted=True)

    def _array(self) -> dict[Any, Any]:
        if self._get is not None or not isinstance(self._value, dict):
            raise LocalProtocolError(f"the property {self.name!r} keeps no associative array, so it has no elements")
        return self._value

    @staticmethod
    def _known_key(array: dict[Any, Any], key: Any) -> Any:
        """Return a key as the author spelled it first: to SPEC, 1 and "1" are one index."""
        for known in array:
            if spelled_key(known) == spelled_key(key):
                return known
        raise KeyError(key)

    def _merge(self, elements: dict[Any, Any]) -> None:
        array = self._array()
        spelled = {spelled_key(key): key for key in array}
        self._value = {**array, **{spelled.get(spelled_key(key), key): item for key, item in elements.items()}}

    def changed(self, value: Any, *, deleted: bool = False) -> None:
        """Tell those who watch a new value: for a value that a function gives, or that was changed in place.

        Args:
            value: the value; of an associative array, the elements that changed.
            deleted: these elements, or the property, have ceased to exist (PROTOCOL.md 4); the values do not matter.

        Raises:
            LocalProtocolError: the property was withdrawn.

        """
        if self._publisher.find(self.name) is not self:
            raise LocalProtocolError(f"the property {self.name!r} was withdrawn; publish it again")
        self._publisher.changed(self.name, value, deleted=deleted)

    def cease(self) -> None:
        """Tell those who watch that the property, and each element of it, has ceased to exist."""
        value = self._value
        self.changed(dict.fromkeys(value, "") if isinstance(value, dict) and value else "", deleted=True)

    # ---- what the server asks ----

    def read(self) -> Any:
        """Return the value for a client."""
        value = self._value if self._get is None else self._get()
        return "" if value is None else value

    def write(self, value: Any) -> None:
        """Set the value for a client. Elements of an associative array are merged (PROTOCOL.md 5.5)."""
        if not self._writable:
            raise RemoteError(f"the property {self.name!r} cannot be set")
        if self._set is not None:
            self._set(value)
            self.changed(value)
            return
        with self._lock:
            if isinstance(value, dict) and isinstance(self._value, dict):
                self._merge(value)
            else:
                self._value = value
            self.changed(value)


_NOTHING = object()


def _kept(value: Any) -> Any:
    """Return a value to be kept: an array that its owner goes on changing could not be compared with what was told."""
    return dict(value) if isinstance(value, dict) else value
