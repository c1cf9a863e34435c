"""`ReplayServer`: serves a recording, so that each client is told what the recorded one was told."""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import logging
from itertools import count
from typing import TYPE_CHECKING

from pycertifspec.errors import LocalProtocolError, RemoteProtocolError
from pycertifspec.present import sec_usec
from pycertifspec.session.server import ServerSession
from pycertifspec.traffic.replaying import Due, Memory, Playing
from pycertifspec.wire import values
from pycertifspec.wire.constants import ELEMENTS, EventTypes

from .connection import MAX_CLIENT_BODY
from .host import FAREWELL, READ_SIZE, ports_of
from .listening import listen, port_of, stop_listening

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from pycertifspec.traffic.replaying import Conversation
    from pycertifspec.wire.constants import ByteOrder
    from pycertifspec.wire.message import SpecMessage
    from pycertifspec.wire.values import Body

logger = logging.getLogger("pycertifspec.replay")

# What may wait to be sent to one client: a recording's events at a time, not a client that asks without end.
MAX_DUE = 100_000
MAX_CLIENTS = 500

# Requests that are owed a reply (PROTOCOL.md 2.1).
_ANSWERED = frozenset({EventTypes.SV_CHAN_READ, EventTypes.SV_CMD_WITH_RETURN, EventTypes.SV_FUNC_WITH_RETURN})


class ReplayServer:
    """Serves a recording while an ``async with`` block runs.

    Answers depend on what is asked and how often, not on when: the same client gets the same again. Their pauses are
    the recorded ones.

    Args:
        recorded: the conversations; of equal ones each client gets the next.
        host: the address to bind; the loopback unless told otherwise.
        port: a port; a range (first, last); None for the first free port of 6510 to 6530; 0 for any.
        speed: how many recorded seconds pass in one; infinity for no pauses.
        strange: called with each request that is not in the recording.

    Raises:
        LocalProtocolError: the speed is no positive number.

    """

    def __init__(
        self,
        recorded: list[Conversation],
        *,
        host: str = "127.0.0.1",
        port: int | tuple[int, int] | None = None,
        speed: float = 1.0,
        strange: Callable[[SpecMessage], None] | None = None,
    ) -> None:
        if not speed > 0:
            raise LocalProtocolError(f"the speed is {speed!r}, expected a positive number, or inf")
        self.memory = Memory(recorded)
        self._host, self._ports, self._speed = host, ports_of(port), speed
        self._strange = strange
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """The port that it listens on.

        Raises:
            RuntimeError: it has not been started.

        """
        return port_of(self._server)

    async def __aenter__(self) -> Self:
        self._server = await listen(self._accept, self._host, self._ports, limit=READ_SIZE)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None  # noqa: S101  for the type checker
        await stop_listening(self._server)
        for task in self._clients:
            task.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)
        await self._server.wait_closed()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._clients) >= MAX_CLIENTS:
            writer.transport.abort()
            return
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._clients.add(task)
        task.add_done_callback(self._clients.discard)
        task.add_done_callback(lambda _: writer.transport.abort())  # a task that is cancelled at once has not begun

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = _Client(self.memory, writer, self._speed, self._strange)
        sender = asyncio.ensure_future(client.send_what_is_due())
        try:
            while data := await reader.read(READ_SIZE):
                client.receive(data)
        except (OSError, RemoteProtocolError) as error:
            logger.warning("a client is dropped: %s", error)
        finally:
            sender.cancel()
            writer.close()
            with contextlib.suppress(OSError, TimeoutError, asyncio.CancelledError):
                async with asyncio.timeout(FAREWELL):
                    await writer.wait_closed()
            writer.transport.abort()


class _Client:
    """One client: what it asked, and what it will be sent."""

    def __init__(
        self,
        memory: Memory,
        writer: asyncio.StreamWriter,
        speed: float,
        strange: Callable[[SpecMessage], None] | None,
    ) -> None:
        self._memory, self._writer, self._speed, self._strange = memory, writer, speed, strange
        self._session = ServerSession(sec_usec, max_body=MAX_CLIENT_BODY)
        self._playing = Playing(memory)
        self._due: list[tuple[float, int, int, SpecMessage]] = []  # when, turn, the request's number, what
        self._turns = count()
        self._more = asyncio.Event()

    def receive(self, data: bytes) -> None:
        """Take in requests.

        Raises:
            RemoteProtocolError: they are none, or too much waits to be sent.

        """
        for message in self._session.receive(data):
            if message.cmd == EventTypes.SV_HELLO:
                self._writer.write(self._session.hello_reply(message.sn, self._memory.server_name))
                continue
            brought = self._playing.asked(message)
            if brought is None:
                self._unknown(message)
                continue
            now = asyncio.get_running_loop().time()
            for due in brought:
                self._put(now, due, message)
        if self._session.failure is not None:
            raise self._session.failure

    def _put(self, now: float, due: Due, request: SpecMessage) -> None:
        if len(self._due) >= MAX_DUE:
            raise RemoteProtocolError(f"{MAX_DUE} messages wait to be sent: the client asks more than it is told")
        heapq.heappush(self._due, (now + due.delay / self._speed, next(self._turns), request.sn, due.message))
        self._more.set()

    def _unknown(self, message: SpecMessage) -> None:
        if self._strange is not None:
            self._strange(message)
        if message.sn and message.cmd in _ANSWERED:
            text = f"not in the recording: {message.name or message.raw_body[:80]!r}"
            self._writer.write(self._session.error_reply(message.sn, message.name, text))

    async def send_what_is_due(self) -> None:
        """Send each message at its time."""
        loop = asyncio.get_running_loop()
        while True:
            self._more.clear()
            while self._due and self._due[0][0] <= loop.time():
                _, _, number, message = heapq.heappop(self._due)
                self._send(number, message)
            with contextlib.suppress(OSError):  # the reader will see it too
                await self._writer.drain()
            wait = self._due[0][0] - loop.time() if self._due else None
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._more.wait()

    def _send(self, number: int, message: SpecMessage) -> None:
        body = _body(message, self._session.order)
        if message.cmd == EventTypes.SV_EVENT:
            if message.name in self._playing.registered:
                self._writer.write(self._session.event(message.name, body, message.flags))
        elif message.is_error:
            self._writer.write(self._session.error_reply(number, message.name, values.text_of(message)))
        else:
            self._writer.write(self._session.reply(number, message.name, body))


def _body(message: SpecMessage, order: ByteOrder) -> Body:
    """Return a recorded body for a client of either byte order."""
    if message.type in ELEMENTS and message.byteorder != order:
        swapped = values.encode(values.decode(message), order)  # type: ignore[arg-type]  # an array's value is one
        return swapped._replace(rows=message.rows, cols=message.cols)
    return values.Body(message.type, message.rows, message.cols, message.raw_body)
