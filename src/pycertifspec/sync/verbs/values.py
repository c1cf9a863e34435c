"""Reading and writing properties."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pycertifspec.session.procedures import properties as reading

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycertifspec.session.change import Change
    from pycertifspec.sync.client import Client


def read(self: Client, prop: str, kind: Callable[[Any], Any] | None = None, *, timeout: float | None = None) -> Any:
    """Return a property's value.

    Numbers and flags where the property is known to be one (PROTOCOL.md 5), else text; an associative array as a
    dict of texts, a data array as a numpy array.

    Args:
        prop: its name: ``"motor/th/position"``, ``"var/SCAN_N"``.
        kind: makes what is wanted of it: ``float``.
        timeout: seconds to wait for the answer; None for the client's `call_timeout`.

    Raises:
        RemoteError: there is no such property, or it is no `kind`.
        CallTimeoutError: the server did not answer in time.
        ConnectionLostError: the server is gone.

    """
    return self._link.run(reading.read(prop, kind, timeout))


def read_change(self: Client, prop: str, *, timeout: float | None = None) -> Change:
    """Return a property's value with what came with it: ``change.message`` says when the server sent it.

    Args:
        prop: its name.
        timeout: as in `read`.

    Raises:
        RemoteError: there is no such property.
        CallTimeoutError: the server did not answer in time.
        ConnectionLostError: the server is gone.

    """
    return self._link.run(reading.read_change(prop, timeout))


def write(self: Client, prop: str, value: Any, *, timeout: float | None = None) -> None:
    """Write a property, and see that the server did not refuse.

    Args:
        prop: its name.
        value: text, a number, a dict for an associative array (other elements stay), a numpy array.
        timeout: as in `read`.

    Raises:
        RemoteError: the server refused.
        CallTimeoutError: nobody knows whether it was written.
        ConnectionLostError: the server is gone.

    """
    return self._link.run(reading.write(self._link.session, prop, value, timeout))
