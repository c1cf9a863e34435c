"""`Registry`: who watches which property; several watchers are one registration at the server (PROTOCOL.md 5.1)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Protocol

from pycertifspec.errors import SpecError
from pycertifspec.wire.constants import DataTypes
from pycertifspec.wire.values import text_of

from . import names, properties
from .change import Change

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pycertifspec.wire.message import SpecMessage

# An attribute of an enumeration, and a named tuple's own constructor, cost as much as the rest of an event.
_STRING = int(DataTypes.SV_STRING)
_new = tuple.__new__

logger = logging.getLogger("pycertifspec.session")


class Watcher(Protocol):
    """Whoever is told of changes; one with a true ``hears_losses`` also why the connection was lost, when it is."""

    def put(self, item: Any, /) -> None:
        """Take note of a change."""
        ...


class _Registration:
    """One property that is watched."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.watchers: list[Watcher] = []
        self.last: Change | None = None
        self.first = True  # the next event is what registration tells
        self._is_text = name.startswith("output/")
        self._is_plain = not self._is_text and name != properties.ERROR
        self._convert = names.converter(name) or str

    def take(self, message: SpecMessage) -> None:
        """Tell an event to all who watch."""
        try:
            change = self._usual(message) or self._change(message)
        except SpecError as error:
            logger.warning("an event of %r cannot be read and is left out: %s", self.name, error)
            return
        if change is None:
            return
        if not self._is_text:
            self.last = change
        shared = type(change[1]) is not dict
        for watcher in self.watchers:
            watcher.put(change if shared else _own(change))

    def _usual(self, message: SpecMessage) -> Change | None:
        """Return what nearly all events are, a new number or text, without the general way's questions."""
        body: Any = message[14]
        if self.first or not self._is_plain or message[7] != _STRING or message[12] or "\0" in body:
            return None
        try:
            return _new(Change, (self.name, self._convert(body), False, False, None, message))
        except ValueError:
            return None  # the general way says what is wrong

    def _change(self, message: SpecMessage) -> Change | None:
        first, self.first = self.first, False
        if self._is_text:
            # Text has no present value: an empty first event says nothing (PROTOCOL.md 6, 10).
            text = text_of(message)
            return Change(self.name, text, False, False, None, message) if text or not first else None
        if self.name == properties.ERROR:
            text = text_of(message)
            if text.startswith(properties.NO_ERROR):
                text = ""
            return Change(self.name, text, first, False, None, message)
        deleted = message.is_deleted
        if message.type != DataTypes.SV_ASSOC:
            value = None if deleted else names.value_of(message, self.name)
            return Change(self.name, value, first, deleted, None, message)
        return self._merged(message, first=first, deleted=deleted)

    def _merged(self, message: SpecMessage, *, first: bool, deleted: bool) -> Change:
        """Events of an associative array after the first have only what has changed (PROTOCOL.md 5.5)."""
        part: Any = names.value_of(message, self.name)
        if not isinstance(part, dict):
            return Change(self.name, None if deleted else part, first, deleted, None, message)
        before = self.last.value if self.last is not None and isinstance(self.last.value, dict) and not first else {}
        value = {key: element for key, element in before.items() if key not in part} if deleted else before | part
        return Change(self.name, value, first, deleted, part, message)


def _own(change: Change) -> Change:
    """Return a change for one alone: what it does to an array is not the others' affair (PROTOCOL.md 6, 20)."""
    if type(change[1]) is not dict:
        return change
    return change._replace(value=dict(change.value), part=None if change.part is None else dict(change.part))


class Registry:
    """All properties that are watched."""

    def __init__(self) -> None:
        self._registrations: dict[str, _Registration] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._registrations)

    def add(self, watcher: Watcher, name: str) -> bool:
        """Let a watcher be told of a property; return whether the server is to be asked for it.

        Who comes later is told the last value at once, as the first.
        """
        known = self._registrations.get(name)
        if known is None:
            known = self._registrations[name] = _Registration(name)
        known.watchers = [*known.watchers, watcher]
        if known.last is not None:
            watcher.put(_own(known.last._replace(first=True, part=None)))
        return len(known.watchers) == 1

    def remove(self, watcher: Watcher, name: str) -> bool:
        """Tell a watcher of a property no more; return whether the server need not send it any more."""
        known = self._registrations.get(name)
        if known is None or watcher not in known.watchers:
            return False
        known.watchers = [other for other in known.watchers if other is not watcher]
        if not known.watchers:
            del self._registrations[name]
            return True
        return False

    def take(self, message: SpecMessage) -> None:
        """Tell an event; one of a property that is not watched any more is of no interest (PROTOCOL.md 5.1)."""
        known = self._registrations.get(message.name)
        if known is not None:
            known.take(message)

    def last(self, name: str) -> Change | None:
        """Return the newest event of a watched property."""
        known = self._registrations.get(name)
        return _own(known.last) if known and known.last else None

    def forget_values(self) -> None:
        """Drop what is known: what comes next is a first value (PROTOCOL.md 1.8)."""
        for known in self._registrations.values():
            known.first, known.last = True, None

    def watchers(self) -> Iterable[Watcher]:
        """Return everyone who watches anything, each once."""
        return {id(watcher): watcher for known in self._registrations.values() for watcher in known.watchers}.values()
