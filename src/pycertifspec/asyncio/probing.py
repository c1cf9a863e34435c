"""Asks many addresses at once for a SPEC server, in asyncio; the first in order that answers wins."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING, NamedTuple

from pycertifspec.errors import LocalProtocolError, ServerNotFoundError, SpecError
from pycertifspec.present import sec_usec
from pycertifspec.session import discovery
from pycertifspec.wire.decoder import Decoder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pycertifspec.wire.message import SpecMessage


__all__ = ["Found", "find", "sec_usec"]


class Found(NamedTuple):
    """A connection to a server, and what the server said."""

    transport: asyncio.Transport
    port: int
    reply: SpecMessage


class _Greeting(asyncio.Protocol):
    """Asks one candidate who it is."""

    def __init__(self, answer: asyncio.Future[SpecMessage]) -> None:
        self._answer = answer
        self._decoder = Decoder(max_body=discovery.MAX_HELLO_BODY)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  for the type checker
        transport.write(discovery.hello(*sec_usec()))

    def data_received(self, data: bytes) -> None:
        try:
            messages = self._decoder.receive(data)
        except SpecError as error:
            self._fail(error)
            return
        if messages and not self._answer.done():
            self._answer.set_result(messages[0])

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(exc or ConnectionError("closed the connection"))

    def _fail(self, error: Exception) -> None:
        if not self._answer.done():
            self._answer.set_exception(error)


async def _ask(host: str, port: int, wanted: str | None) -> Found:
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[SpecMessage] = loop.create_future()
    transport, _ = await loop.create_connection(lambda: _Greeting(answer), host, port)
    try:
        reply = await answer
        if reason := discovery.objection(reply, wanted):
            raise ConnectionError(reason)  # noqa: TRY301  as any other reason to leave it alone
    except BaseException:
        answer.cancel()
        transport.abort()
        raise
    return Found(transport, port, reply)


async def find(host: str, ports: Sequence[int], *, timeout: float | None, name: str | None) -> Found:
    """Connect to the first SPEC server in the order of the ports.

    Args:
        host: name or address.
        ports: candidates, best first.
        timeout: seconds for each candidate to connect and answer; None waits for ever.
        name: the server's process name, or None for any.

    Raises:
        ServerNotFoundError: none answered, or the host is not known.
        LocalProtocolError: the timeout is not above 0.

    """
    if timeout is not None and timeout <= 0:
        raise LocalProtocolError(
            f"cannot look for a server: the timeout is {timeout!r}, expected seconds above 0, or None"
        )
    loop = asyncio.get_running_loop()
    try:
        known = await loop.getaddrinfo(host, ports[0], type=socket.SOCK_STREAM)
    except OSError as error:
        raise ServerNotFoundError(f"no SPEC server found: the host {host!r} is not known: {error}") from error
    candidates = [(str(address[4][0]), port) for port in ports for address in known]
    choice = discovery.Choice(len(candidates))
    room = asyncio.Semaphore(discovery.MAX_PROBES)
    changed = asyncio.Event()
    found: dict[int, Found] = {}

    async def probe(index: int) -> None:
        async with room:
            try:
                found[index] = await asyncio.wait_for(_ask(*candidates[index], name), timeout)
                choice.accept(index)
            except (TimeoutError, OSError, SpecError) as error:
                silent = isinstance(error, ConnectionRefusedError)
                choice.refuse(index, "" if silent else str(error) or "did not answer")
            changed.set()

    tasks = [asyncio.create_task(probe(index)) for index in range(len(candidates))]
    try:
        while not choice.over:
            changed.clear()
            await changed.wait()
        if (winner := choice.winner) is not None:
            return found.pop(winner)
    finally:
        for task in tasks:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks, return_exceptions=True)
        for other in found.values():
            other.transport.abort()
    told = [(candidates[index][1], reason) for index, reason in sorted(choice.reasons.items()) if reason]
    raise discovery.not_found(host, ports, name, told)
