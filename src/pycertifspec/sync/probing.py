"""Asks many addresses at once for a SPEC server and connects to the first in order that answers."""

from __future__ import annotations

import errno
import logging
import os
import selectors
import socket
import time
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from pycertifspec.errors import LocalTypeError, ServerNotFoundError, SpecError
from pycertifspec.present import sec_usec
from pycertifspec.session import discovery
from pycertifspec.session.discovery import candidate_ports
from pycertifspec.wire.reader import MessageReader

from .patience import LONGEST_WAIT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pycertifspec.wire.message import SpecMessage

__all__ = ["candidate_ports", "find", "sec_usec"]

logger = logging.getLogger("pycertifspec.discovery")


class Address(NamedTuple):
    """Where to connect, as the resolver says it."""

    family: int
    type: int
    proto: int
    sockaddr: tuple[str | int, ...]

    @property
    def port(self) -> int:
        """The port."""
        return int(self.sockaddr[1])


class Found(NamedTuple):
    """A connection to a server, and what the server said."""

    socket: socket.socket
    address: Address
    reply: SpecMessage

    @property
    def name(self) -> str:
        """The server's process name."""
        return discovery.server_name(self.reply)


def resolve(host: str, ports: Sequence[int]) -> list[Address]:
    """Return all addresses of the host on each port, in the order of the ports and then of the resolver.

    Raises:
        OSError: the name is not known.

    """
    known = socket.getaddrinfo(host, ports[0], type=socket.SOCK_STREAM)
    return [
        Address(family, kind, proto, (sockaddr[0], port, *sockaddr[2:]))
        for port in ports
        for family, kind, proto, _, sockaddr in known
    ]


class _Probe:
    """One candidate: connecting, then asked, then answering."""

    def __init__(self, address: Address, wanted_name: str | None) -> None:
        self.socket = socket.socket(address.family, address.type, address.proto)
        self.socket.setblocking(False)
        self.wanted_name = wanted_name
        self.asked = False
        self._reader = MessageReader(max_body=discovery.MAX_HELLO_BODY)

    def connect(self, address: Address) -> None:
        error = self.socket.connect_ex(address.sockaddr)
        if error not in _UNDER_WAY:
            raise OSError(error, os.strerror(error))

    def ask(self) -> None:
        """Send HELLO; to be called when the socket can be written to."""
        if error := self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            raise OSError(error, os.strerror(error))
        self.socket.send(discovery.hello(*sec_usec()))
        self.asked = True

    def listen(self) -> SpecMessage | None:
        """Take in what came; return the reply as soon as it is whole, if it is the one that is wanted."""
        try:
            reply = self._reader.read(self.socket.recv_into)
        except BlockingIOError:
            return None
        if reply is None:
            raise ConnectionError("closed the connection")
        if reason := discovery.objection(reply, self.wanted_name):
            raise ConnectionError(reason)
        return reply


_UNDER_WAY = {0, errno.EINPROGRESS, errno.EWOULDBLOCK}  # the last on Windows


class _Race:
    """All candidates at once, at most `MAX_PROBES` at a time."""

    def __init__(
        self,
        addresses: Sequence[Address],
        choice: discovery.Choice | discovery.Census,
        *,
        timeout: float | None,
        name: str | None,
    ) -> None:
        self.choice = choice
        self._addresses = addresses
        self._timeout = timeout
        self._name = name
        self._waiting = deque(range(len(addresses)))
        self._probes: dict[int, _Probe] = {}
        self._deadlines: dict[int, float] = {}
        self._replies: dict[int, SpecMessage] = {}
        self._selector = selectors.DefaultSelector()

    def run(self) -> list[Found]:
        """Return those that are chosen, none if all are out."""
        try:
            while not self.choice.over:
                self._start_waiting()
                self._step()
            return [
                Found(self._probes.pop(index).socket, self._addresses[index], self._replies[index])
                for index in self.choice.chosen
            ]
        finally:
            for probe in self._probes.values():
                probe.socket.close()
            self._selector.close()

    def _start_waiting(self) -> None:
        while self._waiting and len(self._probes) < discovery.MAX_PROBES:
            index = self._waiting.popleft()
            address = self._addresses[index]
            try:
                probe = self._probes[index] = _Probe(address, self._name)
                probe.connect(address)
            except OSError as error:
                self._refuse(index, error)
                continue
            self._selector.register(probe.socket, selectors.EVENT_WRITE, index)
            if self._timeout is not None:
                self._deadlines[index] = time.monotonic() + self._timeout

    def _step(self) -> None:
        """Wait until a socket is ready or a deadline has passed, and act on it."""
        if not self._selector.get_map():
            return
        now = time.monotonic()
        wait = min(max(0.0, min(self._deadlines.values()) - now), LONGEST_WAIT) if self._deadlines else None
        for key, _ in self._selector.select(wait):
            self._go_on(key.data)
        now = time.monotonic()
        for index in [index for index, deadline in self._deadlines.items() if deadline <= now]:
            self._refuse(index, TimeoutError("did not answer"))

    def _go_on(self, index: int) -> None:
        probe = self._probes[index]
        try:
            if not probe.asked:
                probe.ask()
                self._selector.modify(probe.socket, selectors.EVENT_READ, index)
            elif reply := probe.listen():
                self._replies[index] = reply
                self._deadlines.pop(index, None)
                self._selector.unregister(probe.socket)
                self.choice.accept(index)
        except (OSError, SpecError) as error:
            self._refuse(index, error)

    def _refuse(self, index: int, error: Exception) -> None:
        logger.debug("%s port %d: %s", self._addresses[index].sockaddr[0], self._addresses[index].port, error)
        self.choice.refuse(index, "" if isinstance(error, ConnectionRefusedError) else str(error))
        self._deadlines.pop(index, None)
        if probe := self._probes.pop(index, None):
            if probe.socket in self._selector.get_map():
                self._selector.unregister(probe.socket)
            probe.socket.close()


def find(host: str, ports: Sequence[int], *, timeout: float | None, name: str | None) -> Found:
    """Connect to the first SPEC server in the order of the ports.

    Args:
        host: name or address.
        ports: candidates, best first.
        timeout: seconds for each candidate to connect and answer; None or infinity waits for ever.
        name: the server's process name, or None for any.

    Raises:
        LocalProtocolError: the timeout is not above 0.
        LocalTypeError: it is no number, or the host is no name.
        ServerNotFoundError: none answered, or the host is not known.

    """
    timeout = discovery.patience(timeout)
    if not isinstance(host, str):
        raise LocalTypeError(f"cannot look for a server: the host is {host!r}, expected a name or an address")
    try:
        addresses = resolve(host, ports)
    except (OSError, ValueError) as error:  # the latter for what cannot be a name: too long, empty parts, a NUL
        raise ServerNotFoundError(f"no SPEC server found: the host {host!r} is not known: {error}") from error
    choice = discovery.Choice(len(addresses))
    found = next(iter(_Race(addresses, choice, timeout=timeout, name=name).run()), None)
    if found is None:
        reasons = sorted(choice.reasons.items())
        told = [(addresses[index].port, reason) for index, reason in reasons if reason]
        raise discovery.not_found(host, ports, name, told)
    logger.debug("connected to %r on %s port %d", found.name, host, found.address.port)
    return found


def find_all(addresses: Sequence[Address], *, timeout: float) -> list[Found]:
    """Connect to every SPEC server among at most `MAX_PROBES` addresses; the caller closes the connections.

    Args:
        addresses: candidates, as `resolve` gives them.
        timeout: seconds for each candidate to connect and answer.

    """
    assert len(addresses) <= discovery.MAX_PROBES  # noqa: S101  a server that was found keeps its descriptor
    return _Race(addresses, discovery.Census(len(addresses)), timeout=timeout, name=None).run()
