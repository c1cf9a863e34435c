"""`Registrations`: who watches what, and the events that tell them (PROTOCOL.md 4, 5.1, 5.5)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from pycertifspec.errors import RemoteError
from pycertifspec.wire import values
from pycertifspec.wire.scalars import format_scalar

from . import properties
from .elements import element_path, key_of, spelled_key, split_element
from .encoding import encode

if TYPE_CHECKING:
    from .options import ServerOptions
    from .program import Client

# Of one client. An instrument has some hundred motors with twenty properties each.
MAX_REGISTRATIONS = 20_000
# Of one client for one property, where each counts: every event is sent so many times.
MAX_REPEATED = 10


class Registrations:
    """Keeps nothing of a name that nobody watches any more."""

    def __init__(self, options: ServerOptions) -> None:
        self._options = options
        self._watchers: dict[str, Counter[Client]] = {}  # how often each is told
        self._watched: dict[Client, Counter[str]] = {}
        self._last: dict[str, Any] = {}  # what was told last, if it matters: text, or that of each element
        self._bases: Counter[str] = Counter()  # how many watched names are a property or an element of it

    def check_room(self, client: Client, name: str) -> None:
        """Check that a client may watch one more property.

        Raises:
            RemoteError: it watches too many.

        """
        watched = self._watched.get(client, Counter())
        again = name in watched and not self._options.repeated_registrations
        if not again and (len(watched) >= MAX_REGISTRATIONS or watched[name] >= MAX_REPEATED):
            raise RemoteError(
                f"{name!r} is not watched: {len(watched)} properties are already, this one {watched[name]} times"
            )

    def add(self, client: Client, name: str, value: Any = None) -> None:
        """Tell a client what happens to a property from now on.

        Args:
            client: who is told.
            name: of the property.
            value: what it is told first; None for nothing.

        """
        base = split_element(name)[0]
        if name not in self._watchers:
            self._bases[base] += 1
        if value is not None:
            self._differs(base, value)
        watchers = self._watchers.setdefault(name, Counter())
        if client not in watchers or self._options.repeated_registrations:
            watchers[client] += 1
            self._watched.setdefault(client, Counter())[name] += 1

    def remove(self, client: Client, name: str) -> None:
        """Tell a client no more of a property."""
        watched = self._watched.get(client)
        if watched is None or name not in watched:
            return
        watched[name] -= 1
        self._watchers[name][client] -= 1
        if watched[name]:
            return
        del watched[name]
        if not watched:
            del self._watched[client]
        self._forget(client, name)

    def remove_all(self, client: Client) -> None:
        """Forget a client."""
        for name in self._watched.pop(client, ()):
            self._forget(client, name)

    def _forget(self, client: Client, name: str) -> None:
        watchers = self._watchers[name]
        del watchers[client]
        if watchers:
            return
        del self._watchers[name]
        base = split_element(name)[0]
        self._bases[base] -= 1
        if not self._bases[base]:
            del self._bases[base]
            self._last.pop(base, None)

    def watched(self, name: str) -> bool:
        """Return whether any client watches this property, or an element of it. Any thread may ask."""
        return self._bases[name] > 0

    def watches(self, client: Client, name: str) -> bool:
        """Return whether a client watches this very property. Any thread may ask."""
        return name in self._watched.get(client, ())

    def tell_one(self, client: Client, name: str, value: Any) -> None:
        """Send a property's new value to one of those who watch it, if it still does."""
        if self.watches(client, name):
            session = client.session
            client.send(session.event(name, encode(value, session.order, self._options)), event=True)

    def changed(self, name: str, value: Any, *, deleted: bool = False, mergeable: bool = True) -> None:
        """Send a property's new value to those who watch it.

        Args:
            name: of the property.
            value: the value; of an associative array the elements that changed, by key.
            deleted: the property, or these elements of it, have ceased to exist.
            mergeable: a client that is behind need not see an older value; never so of ``output/``, a stream of text.

        """
        if deleted:
            self._ceased(name, value)
        elif not self._options.equal_value_events:
            value = self._differs(name, value)
            if value is None:
                return
        if isinstance(value, dict):
            for key, element in value.items():
                path = element_path(name, key)
                if path in self._watchers:
                    self._tell(path, {key: element}, deleted=deleted, mergeable=True)
            mergeable = False
        elif deleted:  # an array, whole: its elements too
            for path in [path for path in self._watchers if path.startswith(f"{name}[")]:
                self._tell(path, {key_of(split_element(path)[1]): ""}, deleted=True, mergeable=True)
        if name.startswith(properties.OUTPUT):
            mergeable = False
        if name in self._watchers and not values.is_data_array(value):
            self._tell(name, value, deleted=deleted, mergeable=mergeable)

    def _differs(self, name: str, value: Any) -> Any:
        """Return what of a variable's value is another than was told last, or None; that is the last from now on."""
        if self._options.equal_value_events or not name.startswith(properties.VARIABLES) or not self.watched(name):
            return value
        last = self._last.get(name)
        if isinstance(value, dict):
            known = self._last[name] = last if isinstance(last, dict) else {}
            spelled = {key: (spelled_key(key), format_scalar(element)) for key, element in value.items()}
            new = {key: value[key] for key, (index, text) in spelled.items() if known.get(index) != text}
            known.update(spelled.values())
            return new or None
        if values.is_data_array(value) or isinstance(value, list):
            return value  # which is told to nobody
        text = self._last[name] = format_scalar(value)
        return None if text == last else value

    def _ceased(self, name: str, value: Any) -> None:
        last = self._last.get(name)
        if isinstance(value, dict) and isinstance(last, dict):
            for key in value:
                last.pop(spelled_key(key), None)
        else:
            self._last.pop(name, None)

    def _tell(self, name: str, value: Any, *, deleted: bool, mergeable: bool) -> None:
        flags = self._options.deleted_flag if deleted else 0
        packets: dict[tuple[str, int], bytes] = {}  # encoded once for each kind of client
        watchers = self._watchers[name]
        for client in list(watchers.elements() if self._options.repeated_registrations else watchers):
            session = client.session
            packet = packets.get((session.order, session.version))
            if packet is None:
                packet = session.event(name, encode(value, session.order, self._options), flags)
                packets[session.order, session.version] = packet
            client.send(packet, name if mergeable else None, event=True)
