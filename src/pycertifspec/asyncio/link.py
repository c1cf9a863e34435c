"""`Link`: a client's connection in asyncio: does the steps of procedures, takes in what comes, connects again."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
from collections import deque
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from pycertifspec.errors import CallTimeoutError, ConnectionLostError, RemoteProtocolError, SpecError
from pycertifspec.session import discovery
from pycertifspec.session.client import FAREWELL, ClientSession
from pycertifspec.session.steps import (
    FOR_EVER,
    Ask,
    AskAll,
    Begin,
    Follow,
    Forget,
    Next,
    Now,
    Tell,
    Unfollow,
    Within,
)
from pycertifspec.session.target import KEEPALIVE, pauses
from pycertifspec.wire.decoder import Decoder

from . import probing
from .dispatcher import Dispatcher

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from pycertifspec.session.steps import Procedure
    from pycertifspec.session.stream import Stream
    from pycertifspec.session.target import Target

T = TypeVar("T")

logger = logging.getLogger("pycertifspec.client")
messages_logger = logging.getLogger("pycertifspec.messages")

# Bytes that are read at a time: some thousand events.
READ_SIZE = 256 * 1024


class _Connection(asyncio.BufferedProtocol):
    """The bytes of one connection."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._decoder = Decoder()
        self._memory = memoryview(bytearray(READ_SIZE))
        self._room: memoryview | None = None

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002  asyncio's signature
        self._room = self._decoder.room()
        return self._memory if self._room is None else self._room

    def buffer_updated(self, nbytes: int) -> None:
        decoder = self._decoder
        try:
            if self._room is None:
                messages = decoder.receive(bytes(self._memory[:nbytes]))
            else:
                self._room.release()
                self._room = None
                messages = decoder.filled(nbytes)
            self._link.receive(messages)
            if decoder.failure is not None:
                raise decoder.failure
        except RemoteProtocolError as error:
            self._link.lose(self, ConnectionLostError(f"{self._link.session.label} sent what is no message: {error}"))

    def connection_lost(self, exc: Exception | None) -> None:
        label = self._link.session.label
        self._link.lose(
            self,
            ConnectionLostError(
                f"the connection to {label} is lost: {exc}" if exc else f"{label} closed the connection"
            ),
        )


class Link:
    """The asyncio face of a conversation; for one event loop.

    Args:
        target: where to connect.
        connect_timeout: seconds for each port to answer.
        call_timeout: seconds for each answer.
        reconnect: whether to connect again when the connection is lost.
        log_messages: whether to log every message that comes.

    """

    def __init__(
        self,
        target: Target,
        *,
        connect_timeout: float | None,
        call_timeout: float,
        reconnect: bool,
        log_messages: bool = False,
    ) -> None:
        self.target = target
        self.session: ClientSession[asyncio.Future[Any]] = ClientSession(probing.sec_usec)
        self.call_timeout = call_timeout
        self.server_name = ""
        self.port = 0
        self.connected = False
        self.on_connection: list[Callable[[bool], None]] = []
        self.dispatcher = Dispatcher()
        self._loop = asyncio.get_running_loop()
        self._connect_timeout = connect_timeout
        self._reconnect = reconnect
        self._log_messages = log_messages
        self._process = os.getpid()
        self._closing = False
        self._error: SpecError | None = None
        self._connection: _Connection | None = None
        self._transport: asyncio.Transport | None = None
        self._ended = asyncio.Event()  # the connection has
        self._outgoing: list[bytes] = []
        self._tasks: set[asyncio.Task[Any]] = set()
        self._connecting: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def connect(self) -> None:
        """Connect for the first time.

        Raises:
            ServerNotFoundError: no server answered.

        """
        target = self.target
        self._open(await probing.find(target.host, target.ports, timeout=self._connect_timeout, name=target.name))

    def _open(self, found: probing.Found) -> None:
        """Begin a conversation on a new connection; registrations are made again."""
        transport = self._transport = found.transport
        self._ended.clear()
        own = transport.get_extra_info("socket")
        own.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in KEEPALIVE:
            if hasattr(socket, option):
                own.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
        self.server_name = discovery.server_name(found.reply)
        self.port = found.port
        self._connection = _Connection(self)
        self._outgoing = []
        label = f"{self.server_name!r} on {self.target.host}:{self.port}"
        hello = self.session.greeted(found.reply.byteorder, found.reply.vers, label)
        self._error = None
        self.connected = True
        transport.set_protocol(self._connection)
        transport.write(hello)

    # ---- steps ----

    async def run(self, procedure: Procedure[T]) -> T:
        """Do a procedure's steps, and return what it returns."""
        try:
            step = next(procedure)
            while True:
                try:
                    if type(step) is not Ask:
                        answer = await self.do(step)
                    elif step.timeout is None:
                        answer = await self._begin(step, self._next_deadline())
                    else:
                        answer = await self._ask(step)
                except BaseException as error:  # noqa: BLE001  the procedure cleans up, and raises it or another
                    step = procedure.throw(error)
                else:
                    step = procedure.send(answer)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]

    async def do(self, step: Any) -> Any:
        """Do one step; return its answer."""
        return await _STEPS[type(step)](self, step)

    async def _ask(self, ask: Ask) -> Any:
        timeout = ask.timeout
        if timeout is None:
            return await self._begin(ask, self._next_deadline())
        promise = self._begin(ask)
        if timeout == FOR_EVER:
            return await promise
        # A timer costs less than asyncio.timeout(), and far less than wait_for().
        timer = self._loop.call_later(timeout, self._too_late, promise, ask, timeout)
        try:
            return await promise
        finally:
            timer.cancel()

    def _too_late(self, promise: asyncio.Future[Any], ask: Ask, timeout: float) -> None:
        if not promise.done():
            self.session.forget(promise)
            promise.set_exception(self.session.too_late(ask, timeout))

    def _next_deadline(self) -> float:
        """Return until when what is asked now is to be answered; one timer sees to all that have the usual time."""
        deadline = self._loop.time() + self.call_timeout
        if self._timer is None and self._error is None and deadline < FOR_EVER:
            self._timer = self._loop.call_at(deadline, self._expire)
        return deadline

    def _expire(self) -> None:
        self._timer = None
        deadline = self.session.expire(self._loop.time(), self.call_timeout)
        if deadline < FOR_EVER:
            self._timer = self._loop.call_at(deadline, self._expire)

    def _begin(self, ask: Ask, deadline: float = FOR_EVER) -> asyncio.Future[Any]:
        promise: asyncio.Future[Any] = self._loop.create_future()
        if self._error is not None or self._process != os.getpid():
            self._refuse()
        self._write(self.session.ask(ask, promise, deadline))
        return promise

    async def _ask_all(self, step: AskAll) -> list[Any]:
        answers = await asyncio.gather(*map(self._ask, step.asks), return_exceptions=True)
        for answer in answers:
            if isinstance(answer, BaseException) and (
                not isinstance(answer, SpecError) or isinstance(answer, (ConnectionLostError, CallTimeoutError))
            ):
                raise answer
        return answers

    async def _start(self, step: Begin) -> asyncio.Future[Any]:
        return self._begin(step.ask)

    async def _within(self, step: Within) -> Any:
        promise: Any = step.promise
        if not promise.done():
            await asyncio.wait((promise,), timeout=None if step.seconds == FOR_EVER else step.seconds)
        return promise.result() if promise.done() else None

    async def _forget(self, step: Forget) -> None:
        promise: Any = step.promise
        self.session.forget(promise)
        if not promise.cancel():
            promise.exception()  # it was told, or is of no interest any more

    async def _tell(self, step: Tell) -> int:
        if self._error is not None or self._process != os.getpid():
            self._refuse()
        serial, packet = self.session.tell(step)
        self._write(packet)
        return serial

    async def _follow(self, step: Follow) -> None:
        self.watch(step.stream, step.names)
        step.stream.names = step.names

    def watch(self, watcher: Any, names: tuple[str, ...]) -> None:
        """Let a watcher be told of properties."""
        if self._error is not None or self._process != os.getpid():
            self._refuse()
        self._write(self.session.watch(watcher, names))
        self.dispatcher.flush()

    def unwatch(self, watcher: Any, names: tuple[str, ...]) -> None:
        """Tell a watcher no more."""
        packet = self.session.unwatch(watcher, names)
        if self.connected:
            self._write(packet)

    async def _unfollow(self, step: Unfollow) -> None:
        step.stream.closed = True
        self.unwatch(step.stream, step.stream.names)

    async def _next(self, step: Next) -> Any:
        stream = step.stream
        if not stream.ready:
            promise: asyncio.Future[Any] = self._loop.create_future()
            stream.wait(promise)
            try:
                if step.seconds == FOR_EVER:
                    await promise
                else:
                    await asyncio.wait((promise,), timeout=step.seconds)
            finally:
                stream.wait(None)
        return stream.take()

    async def _now(self, _: Now) -> float:
        return self._loop.time()

    def put(self, stream: Stream, item: Any) -> None:
        """Let a stream take in an item that is not of the server's."""
        stream.put(item)

    def close_stream(self, stream: Stream) -> None:
        """End a stream for who reads it."""
        stream.close()

    # ---- bytes ----

    def _write(self, packet: bytes) -> None:
        """Send a packet with the others of this turn of the loop: the first leaves now, the rest in one call."""
        outgoing = self._outgoing
        if outgoing:
            outgoing.append(packet)
        elif packet and self._transport is not None:
            self._transport.write(packet)
            outgoing.append(b"")
            self._loop.call_soon(self._write_rest, outgoing)

    def _write_rest(self, outgoing: list[bytes]) -> None:
        if len(outgoing) > 1 and outgoing is self._outgoing and self._transport is not None:
            self._transport.write(b"".join(outgoing))
        outgoing.clear()

    def _refuse(self) -> NoReturn:
        if self._process != os.getpid():
            raise ConnectionLostError(
                f"this client of {self.session.label} belongs to process {self._process}; a process that was forked "
                "connects with a client of its own"
            )
        raise ConnectionLostError(f"{self._error}; nothing was sent")

    def receive(self, messages: list[Any]) -> None:
        """Take in what came."""
        if self._log_messages:
            for message in messages:
                messages_logger.info("%s", message)
        self.session.receive(deque(messages))
        self.dispatcher.flush()

    # ---- the end, and a new beginning ----

    def lose(self, connection: _Connection, error: ConnectionLostError) -> None:
        """Fail all that waits, at once, and connect again."""
        if connection is not self._connection or self._error is not None:
            return
        self._error = error
        self.connected = False
        self._ended.set()
        if self._transport is not None:
            self._transport.abort()
        self.session.lose(error, for_good=not self._reconnect)
        if self._closing:
            return
        logger.warning("%s", error)
        self._tell_connection(connected=False)
        if self._reconnect:
            self._connecting = self._loop.create_task(self._connect_again(), name="pycertifspec reconnection")

    def _tell_connection(self, *, connected: bool) -> None:
        for callback in tuple(self.on_connection):
            self.dispatcher.call(callback, connected)

    async def _connect_again(self) -> None:
        """Look for the server until it is there, with growing pauses."""
        wanted = self.target.again(self.server_name)
        for pause in pauses():
            await asyncio.sleep(pause)
            try:
                timeout = self._connect_timeout or 0.5
                found = await probing.find(wanted.host, wanted.ports, timeout=timeout, name=wanted.name)
            except SpecError as error:
                logger.debug("not connected again yet: %s", error)
                continue
            before = self.server_name
            self._open(found)
            if self.server_name != before:
                logger.warning("port %d is now that of %r, before of %r", self.port, self.server_name, before)
            logger.info("connected again to %s", self.session.label)
            self._tell_connection(connected=True)
            return

    def start(self, coroutine: Coroutine[Any, Any, T], name: str) -> asyncio.Task[T]:
        """Let something go on by itself until it ends or the client is closed."""
        task = self._loop.create_task(coroutine, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def close(self) -> None:
        """End the connection, its tasks and all that waits."""
        if self._process != os.getpid():
            return
        self._closing = True
        if self._timer is not None:
            self._timer.cancel()
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.gather(self._connecting, return_exceptions=True)
        transport = self._transport
        if transport is not None and self._error is None:
            self._write_rest(self._outgoing)
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(FAREWELL):
                    transport.write_eof()  # after what waits to be sent
                    await self._ended.wait()
        if self._connection is not None:
            self.lose(self._connection, ConnectionLostError(f"the client of {self.session.label} is closed"))
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.dispatcher.close()
        if transport is not None:
            with contextlib.suppress(OSError):
                transport.abort()
            await asyncio.sleep(0)  # the loop closes the socket in its next turn

    def abandon(self) -> None:
        """End the connection without waiting for anything: nobody has this client any more."""
        self._closing = True
        if self._transport is not None and not self._loop.is_closed() and self._process == os.getpid():
            self._loop.call_soon_threadsafe(self._take_leave, self._transport)

    def _take_leave(self, transport: asyncio.Transport) -> None:
        with contextlib.suppress(OSError):
            transport.write_eof()
        self._loop.call_later(FAREWELL, transport.abort)


_STEPS: dict[type, Callable[[Link, Any], Coroutine[Any, Any, Any]]] = {
    Ask: Link._ask,  # noqa: SLF001  a table of this class's own
    AskAll: Link._ask_all,  # noqa: SLF001
    Begin: Link._start,  # noqa: SLF001
    Within: Link._within,  # noqa: SLF001
    Forget: Link._forget,  # noqa: SLF001
    Tell: Link._tell,  # noqa: SLF001
    Follow: Link._follow,  # noqa: SLF001
    Unfollow: Link._unfollow,  # noqa: SLF001
    Next: Link._next,  # noqa: SLF001
    Now: Link._now,  # noqa: SLF001
}
