"""Addresses of properties: ``spec://host:port/motor/th/position``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pycertifspec.errors import LocalProtocolError
from pycertifspec.session.names import check_name
from pycertifspec.session.target import SCHEME, target
from pycertifspec.wire.constants import DEFAULT_PORT_RANGE

if TYPE_CHECKING:
    from pycertifspec.session.target import Target


def server_meant(server: str | None) -> Target:
    """Return which server is meant, the same for all spellings of its name: devices of one server share a connection.

    Args:
        server: ``host:port``, ``host:name`` or ``host``; empty or None for what the environment's SPEC_SERVER says.

    Raises:
        LocalProtocolError: that is no server.

    """
    return target(server or None, None, DEFAULT_PORT_RANGE, (), None, os.environ)


def address(server: str, prop: str) -> str:
    """Return the address of a property.

    Args:
        server: ``host:port``, ``host:name`` or ``host``; empty for what the environment's SPEC_SERVER says.
        prop: the property's name: ``motor/th/position``.

    Raises:
        LocalProtocolError: there is no such name.

    """
    return f"{SCHEME}{server.removeprefix(SCHEME).rstrip('/')}/{check_name(prop)}"


def split(text: str) -> tuple[str, str]:
    """Return an address's server and property.

    Raises:
        LocalProtocolError: it is no such address.

    """
    server, slash, prop = text.removeprefix(SCHEME).partition("/")
    if not text.startswith(SCHEME) or not slash:
        raise LocalProtocolError(f"{text!r} is no address of a property, as {SCHEME}host:port/motor/th/position is")
    return server, check_name(prop)
