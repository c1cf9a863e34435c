"""`Tap`: hears every message between clients and a server, and may act on one before it is passed on."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

from pycertifspec.server.relay import Relay
from pycertifspec.wire.values import text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Self

    from pycertifspec.traffic.passing import Direction, Passing
    from pycertifspec.wire.message import SpecMessage

PATIENCE = 20.0  # real seconds that anything may take on a slow machine


class Tap:
    """Stands between clients and a server, in a thread of its own.

    Args:
        port: the server's, on the loopback.
        change: returns what is passed on in a message's place, and whither; it is called in the tap's thread, and
            nothing passes while it runs. Without it everything is passed on.

    Attributes:
        heard: the messages that have come, in their order.

    """

    def __init__(self, port: int, change: Callable[[Passing], Iterable[tuple[Direction, SpecMessage]]] | None = None):
        self.heard: list[Passing] = []
        self.change = change or passed_on
        self.port = 0
        self._to = port
        self._news = threading.Condition()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end: asyncio.Event | None = None
        self._thread = threading.Thread(target=asyncio.run, args=(self._serve(),), name="tap")

    async def _serve(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        async with Relay("127.0.0.1", self._to, look=self._hear, change=self._act, listen=0) as relay:
            with self._news:
                self.port = relay.port
                self._news.notify_all()
            await self._end.wait()

    def _hear(self, passing: Passing) -> None:
        if passing.message is not None:
            with self._news:
                self.heard.append(passing)
                self._news.notify_all()

    def _act(self, passing: Passing) -> Iterable[tuple[Direction, SpecMessage]]:
        return self.change(passing)

    def wait_for(self, wanted: Callable[[Passing], bool]) -> Passing:
        """Wait until a message that fits has come; return it."""
        with self._news:
            assert self._news.wait_for(lambda: any(map(wanted, self.heard)), PATIENCE), self.heard
            return next(filter(wanted, self.heard))

    def __enter__(self) -> Self:
        self._thread.start()
        with self._news:
            assert self._news.wait_for(lambda: self.port, PATIENCE)
        return self

    def close(self) -> None:
        """End all connections; doing so twice does no harm."""
        if self._loop is not None and self._end is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()

    def __exit__(self, *_: object) -> None:
        self.close()


def passed_on(passing: Passing) -> list[tuple[Direction, Any]]:
    """Return a message as it is to be passed on unchanged."""
    return [] if passing.message is None else [(passing.direction, passing.message)]


def text(passing: Passing) -> str:
    """Return a message's text."""
    return "" if passing.message is None else text_of(passing.message)
