"""`Relay`: stands between clients and a server, looks at each message, and changes what it is told to change."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import TYPE_CHECKING

from pycertifspec.errors import RemoteProtocolError
from pycertifspec.traffic.passing import Listener
from pycertifspec.wire.decoder import Decoder

from .host import FAREWELL, READ_SIZE, ports_of
from .listening import listen, port_of, stop_listening

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Self, TypeAlias

    from pycertifspec.traffic.passing import Direction, Passing
    from pycertifspec.wire.message import SpecMessage

    Look: TypeAlias = Callable[[Passing], None]
    Change: TypeAlias = Callable[[Passing], Iterable[tuple[Direction, SpecMessage]]]

logger = logging.getLogger("pycertifspec.relay")

# As a server's own; each costs two descriptors.
MAX_CLIENTS = 500


class Relay:
    """Passes on what goes between clients and one server.

    ``async with Relay(host, port, look=print) as relay: ...``

    Bytes are passed on as they came, as they come, unless there is something that changes them. Who reads slowly slows
    down who sends, as it would without a relay between them.

    Args:
        host: the server's.
        port: the server's.
        look: called with each message before it is passed on, and when a connection begins, ends, or cannot be
            understood. It is called in the event loop: it must not wait.
        change: returns what is passed on in a message's place, and whither; None passes everything on. What cannot be
            understood ends the connection then.
        listen_host: the address to bind; the loopback unless told otherwise.
        listen: a port; a range (first, last); None for the first free port of 6510 to 6530; 0 for any.
        now: gives the time, in seconds since 1970.

    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        look: Look,
        change: Change | None = None,
        listen_host: str = "127.0.0.1",
        listen: int | tuple[int, int] | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._target = host, port
        self._look, self._change, self._now = look, change, now
        self._listen_host, self._ports = listen_host, ports_of(listen)
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[None]] = set()
        self._count = 0
        self._closing = False

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
        self._server = await listen(self._accept, self._listen_host, self._ports, limit=READ_SIZE)

    async def close(self) -> None:
        """Stop listening and end every connection."""
        self._closing = True
        if self._server is not None:
            await stop_listening(self._server)
        for task in self._clients:
            task.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)
        if self._server is not None:
            await self._server.wait_closed()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._closing or len(self._clients) >= MAX_CLIENTS:
            if not self._closing:
                logger.warning("a client is turned away: %d are connected", len(self._clients))
            writer.transport.abort()
            return
        self._count += 1
        task = asyncio.ensure_future(self._serve(reader, writer, Listener(self._count)))
        self._clients.add(task)
        task.add_done_callback(self._clients.discard)
        task.add_done_callback(lambda _: writer.transport.abort())  # a task that is cancelled at once has not begun

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, listener: Listener) -> None:
        """Relay one client until either end closes."""
        peer = writer.get_extra_info("peername")
        self._note(listener, "up", f"{peer[0]}:{peer[1]} connects" if peer else "a client connects")
        far_writer = None
        try:
            far_reader, far_writer = await asyncio.open_connection(*self._target, limit=READ_SIZE)
            writers: dict[Direction, asyncio.StreamWriter] = {"up": far_writer, "down": writer}
            async with asyncio.TaskGroup() as both:
                both.create_task(self._carry("up", reader, writers, listener))
                both.create_task(self._carry("down", far_reader, writers, listener))
        except* OSError as errors:
            self._note(listener, "down", f"lost: {errors.exceptions[0]}")
        finally:
            for each in filter(None, (writer, far_writer)):
                each.close()
            for each in filter(None, (writer, far_writer)):
                with contextlib.suppress(OSError, TimeoutError):
                    async with asyncio.timeout(FAREWELL):
                        await each.wait_closed()
                each.transport.abort()

    async def _carry(
        self,
        direction: Direction,
        reader: asyncio.StreamReader,
        writers: dict[Direction, asyncio.StreamWriter],
        listener: Listener,
    ) -> None:
        """Carry what comes from one end to the other, until it comes no more."""
        decoder: Decoder | None = Decoder()
        while data := await reader.read(READ_SIZE):
            seen: list[Passing] = []
            if decoder is not None:
                decoder = self._decode(direction, data, decoder, listener, seen)
            for passing in seen:
                self._look(passing)
            if self._change is None:
                writers[direction].write(data)
            else:
                for passing in seen:
                    for whither, message in self._change(passing):
                        if (writer := writers.get(whither)) is not None:  # else that end was told that no more comes
                            writer.write(message.encode())
                if decoder is None:
                    raise ConnectionAbortedError("what is no SPEC message cannot be judged")
            await asyncio.gather(*(writer.drain() for writer in writers.values()))
        self._note(listener, direction, "closes")
        with contextlib.suppress(OSError):
            writers.pop(direction).write_eof()

    def _decode(
        self, direction: Direction, data: bytes, decoder: Decoder, listener: Listener, seen: list[Passing]
    ) -> Decoder | None:
        """Add the messages that are whole now; return the decoder, or None when nothing more can be understood."""
        now = self._now()
        with contextlib.suppress(RemoteProtocolError):  # told below, as is what came behind messages that were whole
            seen += [listener.hear(direction, message, now) for message in decoder.receive(data)]
        if decoder.failure is None:
            return decoder
        seen.append(listener.note(direction, f"not understood from here on: {decoder.failure}", now))
        return None

    def _note(self, listener: Listener, direction: Direction, text: str) -> None:
        self._look(listener.note(direction, text, self._now()))
