"""`Registrations`: who watches what, and the events that tell them (PROTOCOL.md 4, 5.1, 5.5)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from pycertifspec.errors import RemoteError
from pycertifspec.wire import values

from . import properties
from .elements import element_path, key_of, split_element
from .encoding import encode

if TYPE_CHECKING:
    from .options import ServerOptions
    from .program import Client

# Of one client. An instrument has some hundred motors with twenty properties each.
MAX_REGISTRATIONS = 20_000


class Registrations:
    """Keeps nothing of a name that nobody watches any more."""

    def __init__(self, options: ServerOptions) -> None:
        self._options = options
        self._watchers: dict[str, dict[Client, None]] = {}
        self._watched: dict[Client, set[str]] = {}
        self._bases: Counter[str] = Counter()  # how many watched names are a property or an element of it

    def check_room(self, client: Client, name: str) -> None:
        """Check that a client may watch one more property.

        Raises:
            RemoteError: it watches too many.

        """
        watched = self._watched.get(client, ())
        if len(watched) >= MAX_REGISTRATIONS and name not in watched:
            raise RemoteError(f"{name!r} is not watched: {MAX_REGISTRATIONS} properties are already")

    def add(self, client: Client, name: str) -> None:
        """Tell a client what happens to a property from now on."""
        if name not in self._watchers:
            self._bases[split_element(name)[0]] += 1
        self._watchers.setdefault(name, {})[client] = None
        self._watched.setdefault(client, set()).add(name)

    def remove(self, client: Client, name: str) -> None:
        """Tell a client no more of a property."""
        watched = self._watched.get(client)
        if watched is None or name not in watched:
            return
        watched.discard(name)
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

    def watched(self, name: str) -> bool:
        """Return whether any client watches this property, or an element of it. Any thread may ask."""
        return self._bases[name] > 0

    def changed(self, name: str, value: Any, *, deleted: bool = False, mergeable: bool = True) -> None:
        """Send a property's new value to those who watch it.

        Args:
            name: of the property.
            value: the value; of an associative array the elements that changed, by key.
            deleted: the property, or these elements of it, have ceased to exist.
            mergeable: a client that is behind need not see an older value; never so of ``output/``, a stream of text.

        """
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

    def _tell(self, name: str, value: Any, *, deleted: bool, mergeable: bool) -> None:
        flags = self._options.deleted_flag if deleted else 0
        packets: dict[tuple[str, int], bytes] = {}  # encoded once for each kind of client
        for client in list(self._watchers[name]):
            session = client.session
            packet = packets.get((session.order, session.version))
            if packet is None:
                packet = session.event(name, encode(value, session.order, self._options), flags)
                packets[session.order, session.version] = packet
            client.send(packet, name if mergeable else None, event=True)
