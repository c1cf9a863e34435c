"""Looks for every SPEC server of some hosts at once, and asks each how it is."""

from __future__ import annotations

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

from pycertifspec.errors import SpecError
from pycertifspec.session import discovery, properties
from pycertifspec.wire.constants import DataTypes, EventTypes
from pycertifspec.wire.values import text_of

from .probing import find_all, resolve
from .spec_socket import SpecSocket

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pycertifspec.session.target import Target

    from .probing import Address, Found

# Who has not answered then is waited for in turn; a host seldom has more than a few servers.
_THREADS = 32
# A timeout of 0 would mean not to wait at all.
_LEAST = 0.001
_QUESTIONS = {1: properties.variable_path("VERSION"), 2: properties.READY}


logger = logging.getLogger("pycertifspec.discovery")


class Server(NamedTuple):
    """A server that was found.

    Attributes:
        host: as it was asked for.
        port: where it listens.
        name: its process name.
        version: of SPEC; None where the server does not say.
        ready: whether it is at its prompt; None where it does not say.
        seconds: what an answer took.

    """

    host: str
    port: int
    name: str
    version: str | None
    ready: bool | None
    seconds: float


def survey(targets: Sequence[Target], *, timeout: float) -> tuple[list[Server], dict[str, str]]:
    """Return every SPEC server on the ports of some hosts, in their order, and what is wrong with other hosts.

    Args:
        targets: hosts, ports and names that are wanted.
        timeout: seconds for each server to connect, and to answer.

    """
    asked: dict[Address, Target] = {}
    unknown: dict[str, str] = {}
    for target in targets:
        try:
            asked.update((address, target) for address in resolve(target.host, target.ports))
        except OSError as error:
            unknown[target.host] = f"the host {target.host!r} is not known: {error}"
    addresses = list(asked)
    found: list[Server] = []
    with ThreadPoolExecutor(_THREADS) as threads:
        for start in range(0, len(addresses), discovery.MAX_PROBES):
            servers = find_all(addresses[start : start + discovery.MAX_PROBES], timeout=timeout)
            found += threads.map(lambda one: _ask(asked[one.address].host, one, timeout), servers)
    wanted = {(target.host, target.name) for target in targets}
    # A host may have two addresses: it is told once.
    once = {
        (server.host, server.port): server
        for server in found
        if (server.host, None) in wanted or (server.host, server.name) in wanted
    }
    order = {target.host: number for number, target in enumerate(targets)}
    return sorted(once.values(), key=lambda server: (order[server.host], server.port)), unknown


def _ask(host: str, found: Found, timeout: float) -> Server:
    """Ask a server how it is; what it does not say is None."""
    with SpecSocket(fileno=found.socket.detach()) as spec:
        begin = time.monotonic()
        answers: dict[int, str] = {}
        seconds = timeout
        try:
            for number, name in _QUESTIONS.items():
                spec.settimeout(max(begin + timeout - time.monotonic(), _LEAST))
                spec.send_spec(number, EventTypes.SV_CHAN_READ, DataTypes.SV_STRING, name)
                reply = spec.recv_spec()
                seconds = min(seconds, time.monotonic() - begin)
                if reply.sn == number and not reply.is_error:
                    answers[number] = text_of(reply)
        except (SpecError, OSError) as error:
            logger.debug("%s port %d does not say how it is: %s", host, found.address.port, error)
    ready = answers.get(2)
    name = discovery.server_name(found.reply)
    return Server(host, found.address.port, name, answers.get(1), None if ready is None else ready != "0", seconds)
