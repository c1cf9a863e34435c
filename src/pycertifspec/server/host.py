"""`Server`: serves a program to its clients, in asyncio."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from functools import partial
from typing import TYPE_CHECKING, Any

from pycertifspec.errors import LocalProtocolError, ServerNotFoundError, SpecError
from pycertifspec.session import discovery
from pycertifspec.session.options import ServerOptions
from pycertifspec.session.service import Service
from pycertifspec.wire.constants import DEFAULT_PORT_RANGE

from .connection import Connection
from .listening import port_of, stop_listening

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Self

    from pycertifspec.session.commands import Job
    from pycertifspec.session.program import Command, Program

logger = logging.getLogger("pycertifspec.server")

# SPEC's servers have a handful of clients, a facility's displays some hundred.
MAX_CLIENTS = 2_000
# One buffer serves all clients, for each read is taken in before the next.
READ_SIZE = 256 * 1024
# How long clients are given, when the server closes, to take what waits for them, in seconds.
FAREWELL = 1.0


class Server:
    """Serves a program to clients on this machine, or on others if told so.

    ``async with Server(application) as server: await server.wait_closed()``, or `start` and `close`.

    Args:
        program: an `Application`, or whatever fits `pycertifspec.session.program.Program`.
        host: the address to bind; the loopback unless told otherwise. There is no authentication: who can
            connect can move motors.
        port: a port; a range (first, last); None for the first free port of 6510 to 6530; 0 for any.
        options: the ways in which servers differ.
        max_clients: more are turned away.

    Raises:
        LocalProtocolError: a port is no port number, or the range is empty.

    """

    def __init__(
        self,
        program: Program,
        *,
        host: str = "127.0.0.1",
        port: int | tuple[int, int] | None = None,
        options: ServerOptions | None = None,
        max_clients: int = MAX_CLIENTS,
    ) -> None:
        self.program = program
        self.host = host
        self.max_clients = max_clients
        self.service = Service(program, options or ServerOptions(), self._wake, self._interrupt)
        self.read_buffer = memoryview(bytearray(READ_SIZE))
        self._ports = ports_of(port)
        self._connections: set[Connection] = set()
        self._server: asyncio.Server | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._job: asyncio.Task[Any] | None = None
        self._worker: asyncio.Task[None] | None = None
        self._closed = asyncio.Event()

    @property
    def port(self) -> int:
        """The port that it listens on.

        Raises:
            RuntimeError: it has not been started.

        """
        return port_of(self._server)

    async def start(self) -> None:
        """Bind and listen.

        Raises:
            ServerNotFoundError: no port is free.

        """
        self._loop = asyncio.get_running_loop()
        for port in self._ports:
            try:
                self._server = await self._loop.create_server(lambda: Connection(self), self.host, port)
                break
            except OSError as error:
                problem = error
        else:
            tried = discovery.named_ports(list(self._ports))
            raise ServerNotFoundError(f"cannot listen on {self.host}, {tried}: {problem}") from problem
        self.program.attach(self)
        logger.info("%s listens on %s:%d", self.program.name, self.host, self.port)

    async def close(self) -> None:
        """Tell the clients, stop listening and close every connection."""
        if self._server is None:
            return
        await stop_listening(self._server)
        self.service.quit()
        self.program.abort()
        if self._worker is not None:
            self._worker.cancel()
            while not (await asyncio.wait([self._worker], timeout=FAREWELL))[0]:
                self.program.abort()  # what it does to clean up does not end either
        for connection in list(self._connections):
            connection.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL):
                while self._connections:
                    self._closed.clear()
                    await self._closed.wait()
        for connection in list(self._connections):
            connection.abort()
        self.program.attach(None)
        await self._server.wait_closed()
        self._server = None
        await asyncio.sleep(0)  # what was cancelled ends now

    async def serve_forever(self) -> None:
        """Serve until cancelled."""
        await asyncio.get_running_loop().create_future()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    # ---- connections ----

    def admit(self, connection: Connection) -> bool:
        """Take in a new connection, unless there are too many."""
        if len(self._connections) >= self.max_clients:
            return False
        self._connections.add(connection)
        return True

    def drop_clients(self, *, admit_more: bool = True) -> None:
        """End each client's connection at once and without a word; call it in the server's loop.

        Args:
            admit_more: whether they may connect again; if not, the server only waits to be closed.

        """
        if not admit_more and self._server is not None:
            self._server.close()
            self.max_clients = 0  # for who is in the system's queue already
        for connection in list(self._connections):
            connection.abort()

    def dismiss(self, connection: Connection) -> None:
        """Forget a connection that is closed."""
        self._connections.discard(connection)
        self.service.lost(connection)
        if not self._connections:
            self._closed.set()

    # What a program asks of its server (session.service.Channel).

    @property
    def options(self) -> ServerOptions:
        """The ways in which this server differs from others."""
        return self.service.options

    def watched(self, name: str) -> bool:
        """Return whether a client watches a property, or an element of it. Any thread may call it."""
        return self.service.watched(name)

    def push(self, command: Command) -> None:
        """Put a command into the queue."""
        self.service.push(command)

    def drop(self, meant: Callable[[Command], bool]) -> None:
        """Forget commands that wait and are meant, of the client whose request is acted on."""
        self.service.drop(meant)

    def on_ready(self, tell: Callable[[bool], None]) -> None:
        """Have the program told, in the loop, when commands come and when all are done."""
        self.service.tell_ready = tell

    def tell(self, name: str, value: Any, *, deleted: bool = False, mergeable: bool = True) -> None:
        """Tell those who watch a property its new value. Any thread may call it."""
        self._in_loop(partial(self.service.changed, name, value, deleted=deleted, mergeable=mergeable))

    def asker_watches(self, name: str) -> bool:
        """Return whether the client whose command runs watches a property. Any thread may call it."""
        return self.service.asker_watches(name)

    def tell_asker(self, name: str, value: Any) -> None:
        """Tell a property's value to the client whose command runs, if it watches it. Any thread may call it."""
        self._in_loop(partial(self.service.tell_asker, name, value))

    def _in_loop(self, change: Callable[[], None]) -> None:
        try:
            here = asyncio.get_running_loop() is self._loop
        except RuntimeError:
            here = False
        if here:
            change()
        elif self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is left to be told
                self._loop.call_soon_threadsafe(change)

    # ---- the command queue ----

    def _wake(self) -> None:
        if self._loop is not None and (self._worker is None or self._worker.done()):
            self._worker = self._loop.create_task(self._work(), name=f"{self.program.name} commands")

    def _interrupt(self) -> None:
        if self._job is not None:
            self._job.cancel()

    async def _work(self) -> None:
        """Execute what waits, one command after the other."""
        worker = asyncio.current_task()
        # A command that does not let itself be cancelled must not make the server's end begin the next one.
        while not (worker and worker.cancelling()) and (job := self.service.next_job()) is not None:
            await self._execute(job)

    async def _execute(self, job: Job) -> None:
        self._job = asyncio.ensure_future(self.program.execute(job.command))
        try:
            value = await self._job
        except asyncio.CancelledError:
            self.service.failed(job, f"aborted: {job.command.text[:80]}")
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                self._job.cancel()
                raise
        except SpecError as error:
            self.service.failed(job, str(error))
        except Exception as error:
            # Whatever goes wrong in a published function belongs to who called it; the author gets the traceback.
            logger.exception("the command %r failed", job.command.text[:80])
            self.service.failed(job, f"{type(error).__name__}: {error}")
        else:
            self.service.finished(job, value)
        finally:
            self._job = None


def ports_of(port: int | tuple[int, int] | None) -> Iterable[int]:
    """Return the ports to try: one, a range, or by default 6510 to 6530.

    Raises:
        LocalProtocolError: they are none.

    """
    first, last = port if isinstance(port, tuple) else DEFAULT_PORT_RANGE if port is None else (port, port)
    if not 0 <= first <= last < 1 << 16:
        raise LocalProtocolError(
            f"cannot listen on {port!r}: expected ports from 0 to 65535, the first not above the last"
        )
    return range(first, last + 1)
