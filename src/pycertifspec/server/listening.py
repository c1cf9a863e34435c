"""A listening socket: on the first port that is free, and on which one it is."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from pycertifspec.errors import ServerNotFoundError
from pycertifspec.session import discovery

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


# Turns of the loop that asyncio takes from the system's telling of a client to `connection_made`.
_TURNS = 3


def port_of(server: asyncio.Server | None) -> int:
    """Return the port that a server listens on.

    Raises:
        RuntimeError: it has not been started.

    """
    if server is None or not server.sockets:
        raise RuntimeError("it is not listening; start it first")
    return int(server.sockets[0].getsockname()[1])


async def listen(
    accept: Callable[[asyncio.StreamReader, asyncio.StreamWriter], None], host: str, ports: Iterable[int], *, limit: int
) -> asyncio.Server:
    """Return a server on the first free of several ports.

    Args:
        accept: called with each client's streams.
        host: the address to bind.
        ports: to be tried, best first.
        limit: bytes that a stream holds before its peer has to wait.

    Raises:
        ServerNotFoundError: none is free.

    """
    tried = list(ports)
    for port in tried:
        try:
            return await asyncio.start_server(accept, host, port, limit=limit)
        except OSError as error:
            problem = error
    raise ServerNotFoundError(f"cannot listen on {host}, {discovery.named_ports(tried)}: {problem}") from problem


async def stop_listening(server: asyncio.Server) -> None:
    """Take in no more clients, and leave none half taken in.

    asyncio forgets a connection that it is about to make when its server is closed; the socket stays open then.
    """
    loop = server.get_loop()
    for each in server.sockets:
        with contextlib.suppress(NotImplementedError):  # a loop that does not go by readiness, such as Windows' own
            loop.remove_reader(each.fileno())
    for _ in range(_TURNS):
        await asyncio.sleep(0)
    server.close()
