"""`ServerThread`: a server in a thread of its own, for blocking programs."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

from .host import Server

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from pycertifspec.session.program import Program


class ServerThread:
    """Serves a program while a ``with`` block runs.

    Takes what `Server` takes. When the block ends, clients are told and the thread is gone.
    """

    def __init__(self, program: Program, **how: Any) -> None:
        self._program = program
        self._how = how
        self._stop: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._started = threading.Event()
        self._server: Server | None = None
        self._failure: BaseException | None = None
        self.port = 0

    def start(self) -> Self:
        """Start the server and return when it listens.

        Raises:
            ServerNotFoundError: no port is free.

        """
        self._thread = threading.Thread(target=self._run, name=f"{self._program.name} server")
        self._thread.start()
        self._started.wait()
        if self._failure is not None:
            self._thread.join()
            raise self._failure
        return self

    def stop(self) -> None:
        """Stop the server and wait until its thread has ended."""
        if self._loop is not None and self._stop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stop.set)
        if self._thread is not None:
            self._thread.join()

    def drop_clients(self) -> None:
        """End each client's connection without a word, and return when that is done; they may come again."""
        self._call(lambda server: server.drop_clients())

    def die(self) -> None:
        """Stop the server as a crash does, without a word to the clients."""
        self._call(lambda server: server.drop_clients(admit_more=False))
        self.stop()

    def _call(self, action: Callable[[Server], object]) -> None:
        """Have the server's thread do something, and wait until it has."""
        done = threading.Event()

        def act() -> None:
            try:
                if self._server is not None:
                    action(self._server)
            finally:
                done.set()

        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(act)
            done.wait()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        try:
            server = Server(self._program, **self._how)
            await server.start()
        except BaseException as error:  # noqa: BLE001  raised again in the thread that waits for the start
            self._failure = error
            self._started.set()
            return
        self.port = server.port
        self._server = server
        self._started.set()
        await self._stop.wait()
        await server.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
