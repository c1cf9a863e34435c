"""`Target`: which server is meant: host, ports, name, in the spellings that people use (PROTOCOL.md 1.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pycertifspec.errors import LocalProtocolError
from pycertifspec.wire.constants import DEFAULT_PORT_RANGE

from .discovery import candidate_ports

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Where the server is named that is meant when a program names none.
VARIABLE = "SPEC_SERVER"

# How a dead peer is found out. When nobody asks it anything: seconds of silence, between probes, and their number. When
# something was sent, Linux does not probe but sends that again for a quarter of an hour, unless it is told to give up
# after so many milliseconds: the same time.
KEEPALIVE = (("TCP_KEEPIDLE", 10), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 3), ("TCP_USER_TIMEOUT", 25_000))

# What an address may begin with, where people are used to addresses that do.
SCHEME = "spec://"


class Target(NamedTuple):
    """Where to look for a server.

    Attributes:
        host: name or address.
        ports: to be asked, best first.
        name: the process name that it must have, or None for any.
        port: the one port that was asked for, or None.

    """

    host: str
    ports: tuple[int, ...]
    name: str | None
    port: int | None

    def again(self, name: str) -> Target:
        """Return where to look for a server that was lost.

        A search finds the server that it found before, or nothing: motors of another instrument must not move
        in its place. Who named the port means the port.
        """
        if self.name is not None or self.port is not None:
            return self._replace(ports=(self.port,)) if self.port is not None else self
        return self._replace(name=name)


def target(
    host: str | None,
    port: int | None,
    port_range: tuple[int, int] | None,
    ports: Iterable[int],
    name: str | None,
    environment: Mapping[str, str],
) -> Target:
    """Return what is meant by a client's arguments.

    ``host`` may be ``host``, ``host:6510`` or ``host:fourc``, with ``spec://`` in front or without; where it is None
    the environment's SPEC_SERVER is read in its place, and ``localhost`` where that is not set.

    Raises:
        LocalProtocolError: a port is no port number, two ports or two names are given, or a path follows.

    """
    if host is not None and not isinstance(host, str):
        raise LocalProtocolError(f"cannot look for a server: the host is {host!r}; give a name, and a number as port=")
    where = host if host is not None else environment.get(VARIABLE) or "localhost"
    said = f"{VARIABLE}={where}" if host is None and environment.get(VARIABLE) else repr(where)
    where = where.removeprefix(SCHEME).removesuffix("/")
    if "/" in where:
        raise LocalProtocolError(f"cannot look for a server: {said} is not host, host:port or host:name")
    address, colon, last = where.rpartition(":")
    # An IPv6 address has colons of its own.
    if not colon or (where.count(":") > 1 and not where.startswith("[")) or where.endswith("]"):
        address, last = where, ""
    address = address.strip("[]") or "localhost"
    if last.isdigit():
        if port is not None and port != int(last):
            raise LocalProtocolError(f"cannot look for a server: {said} and port={port} name different ports")
        port = int(last)
        port_range = None
    elif last:
        if name is not None and name != last:
            raise LocalProtocolError(f"cannot look for a server: {said} and name={name!r} name different servers")
        name = last
    if port_range == DEFAULT_PORT_RANGE and port is not None and name is None:
        port_range = None  # who knows the port does not want another instrument's server
    return Target(address, tuple(candidate_ports(port, ports, port_range)), name, port)


def pauses() -> Iterable[float]:
    """Give the seconds to wait before each attempt to connect again: a server that is back is found within a second."""
    pause = 0.05
    while True:
        yield pause
        pause = min(pause * 2, 0.8)
