"""The connections that devices share: one for each server and event loop, closed with the loop or at exit."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
from typing import TYPE_CHECKING, Any, TypeVar

from pycertifspec.asyncio.client import AsyncClient
from pycertifspec.errors import SpecError

from .address import server_meant
from .departures import Departures

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from pycertifspec.session.target import Target

T = TypeVar("T")

# Seconds that a loop in another thread is given to say goodbye when the program ends.
FAREWELL = 2.0


class Connection:
    """A client that all devices of a server share in one event loop.

    Attributes:
        client: the client; it connects again by itself.
        departures: motors that are set together start together.
        counting: the name of the device that counts, empty if none does: SPEC has one count for all its counters.

    """

    def __init__(self, client: AsyncClient) -> None:
        self.client = client
        self.departures = Departures(client, self.start)
        self.counting = ""
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self, coroutine: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Let something go on by itself; it ends with the connection at the latest."""
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def close(self) -> None:
        """End what goes on, and the connection."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.client.close()


class _Shared:
    """One loop's connection to one server: being made, standing, or given up."""

    def __init__(self, loop: asyncio.AbstractEventLoop, server: str, key: tuple[int, Target]) -> None:
        self.loop = loop
        self.made: asyncio.Future[Connection] = loop.create_future()
        self._key = key
        self._closed = asyncio.Event()
        self._keeper = loop.create_task(self._keep(server), name=f"pycertifspec devices of {server}")

    async def _keep(self, server: str) -> None:
        """Hold the connection until the loop ends: what cancels its tasks closes it, too."""
        connection = None
        try:
            connection = Connection(await AsyncClient.connect(server or None))
            self.made.set_result(connection)
            await self._closed.wait()
        except SpecError as error:
            self.made.set_exception(error)
            self.made.exception()  # told to who waits, if anybody still does
        finally:
            self.made.cancel()
            if _SHARED.get(self._key) is self:
                del _SHARED[self._key]
            if connection is not None:
                await connection.close()

    async def close(self) -> None:
        """Close the connection, and return when it is closed."""
        self._closed.set()
        await asyncio.wait((self._keeper,))


# By loop and server. Devices are made from configuration files, far from each other: nothing else can join them.
_SHARED: dict[tuple[int, Target], _Shared] = {}


async def shared(server: str) -> Connection:
    """Return the running loop's connection to a server; the first one to ask makes it.

    Args:
        server: ``host:port``, ``host:name`` or ``host``; empty for what the environment's SPEC_SERVER says.

    Raises:
        ServerNotFoundError: no server answered.
        LocalProtocolError: that is no server.

    """
    loop = asyncio.get_running_loop()
    key = (id(loop), server_meant(server))
    known = _SHARED.get(key)
    if known is None or known.loop is not loop:  # the number of a loop that is gone may be given again
        known = _SHARED[key] = _Shared(loop, server, key)
    return await asyncio.shield(known.made)


async def close_connections() -> None:
    """Close the connections that devices have in the running loop; a device that is connected again opens a new one."""
    loop = asyncio.get_running_loop()
    await asyncio.gather(*(known.close() for known in tuple(_SHARED.values()) if known.loop is loop))


@atexit.register
def _close_at_exit() -> None:
    """Close what is open in loops that go on until the end, as the one of Bluesky's RunEngine does."""
    for loop in {known.loop for known in _SHARED.values()}:
        if loop.is_closed():
            continue
        if loop.is_running():
            with contextlib.suppress(TimeoutError):
                asyncio.run_coroutine_threadsafe(close_connections(), loop).result(FAREWELL)
        else:
            loop.run_until_complete(close_connections())
