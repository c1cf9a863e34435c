"""One instrument and everyone who talks with it by turns: a bare socket, both faces, and chess-pyspec."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import socket
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from pycertifspec import AsyncClient, Client

from . import instrument
from .machine import one_core
from .peer import HOST

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator

T = TypeVar("T")


class Stage(NamedTuple):
    """All of one run.

    Attributes:
        port: of the instrument.
        bare: a socket that is connected to it.
        blocking: our blocking client.
        awaited: our client in asyncio, to be used in `loop`.
        chess: the client of chess-pyspec in the same loop, None where that is not installed.
        loop: the event loop.

    """

    port: int
    bare: socket.socket
    blocking: Client
    awaited: AsyncClient
    chess: Any
    loop: asyncio.AbstractEventLoop

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the loop."""
        return self.loop.run_until_complete(coroutine)


@contextlib.contextmanager
def on_one_core() -> Iterator[Stage]:
    """Set it up, all on one core; everything ends with the block."""
    loop = asyncio.new_event_loop()
    with (
        contextlib.closing(loop),
        one_core(),
        instrument.serving() as port,
        socket.create_connection((HOST, port)) as bare,
        Client(HOST, port) as blocking,
    ):
        bare.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        awaited = loop.run_until_complete(AsyncClient.connect(HOST, port))
        chess = loop.run_until_complete(_chess(port))
        try:
            yield Stage(port, bare, blocking, awaited, chess, loop)
        finally:
            loop.run_until_complete(awaited.close())
            if chess is not None:
                loop.run_until_complete(chess.__aexit__(None, None, None))


async def _chess(port: int) -> Any:
    if importlib.util.find_spec("pyspec") is None:
        return None
    import logging  # noqa: PLC0415

    from pyspec.client import Client as Chess  # noqa: PLC0415  another project's, not everywhere

    logging.getLogger("pyspec").setLevel(logging.CRITICAL)
    return await Chess(HOST, port).__aenter__()
