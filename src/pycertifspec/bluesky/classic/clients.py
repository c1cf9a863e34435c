"""`shared_client`: one connection to a server for all classic devices that name it."""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING

from pycertifspec.bluesky.address import server_meant
from pycertifspec.sync.client import Client

if TYPE_CHECKING:
    from pycertifspec.session.target import Target

# Devices made from text, as hklpy2 makes them, cannot be handed a client. An entry lasts as long as a device uses it.
_clients: weakref.WeakValueDictionary[Target, Client] = weakref.WeakValueDictionary()
_lock = threading.Lock()


def shared_client(server: str | None) -> Client:
    """Return the client of a server, the same for everyone who means that one while one of them lives.

    Args:
        server: ``host:port`` or ``host:name``, with ``spec://`` in front or without; None is what SPEC_SERVER says.

    Raises:
        ServerNotFoundError: no server answered.
        LocalProtocolError: that is no server.

    """
    key = server_meant(server)
    with _lock:
        client = _clients.get(key)
        if client is None:
            client = _clients[key] = Client(server or None)
        return client
