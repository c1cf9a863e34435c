"""`Conversation`: a session over a connection that is made again when it is lost, in asyncio."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
from collections import deque
from typing import TYPE_CHECKING, Any, NoReturn

from pycertifspec.errors import ConnectionLostError, SpecError
from pycertifspec.session import discovery
from pycertifspec.session.client import FAREWELL, ClientSession
from pycertifspec.session.target import KEEPALIVE, pauses

from . import probing
from .connection import Connection
from .dispatcher import Dispatcher

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycertifspec.session.target import Target
    from pycertifspec.wire.message import SpecMessage

logger = logging.getLogger("pycertifspec.client")
messages_logger = logging.getLogger("pycertifspec.messages")


class Conversation:
    """Sends what is asked, takes in what comes, and begins anew.

    Args:
        target: where to connect.
        connect_timeout: seconds for each port to answer.
        call_timeout: seconds for each answer.
        reconnect: whether to connect again when the connection is lost.
        log_messages: whether to log every message that comes.

    Attributes:
        session: what is said.
        connected: whether the connection stands.
        error: why it does not, once it has stood.
        on_connection: are called with True and False.

    """

    def __init__(
        self,
        target: Target,
        *,
        connect_timeout: float | None,
        call_timeout: float,
        reconnect: bool,
        log_messages: bool,
    ) -> None:
        self.target = target
        self.session: ClientSession[asyncio.Future[Any]] = ClientSession(probing.sec_usec, call_timeout)
        self.dispatcher = Dispatcher()
        self.server_name = ""
        self.port = 0
        self.connected = False
        self.error: SpecError | None = None
        self.on_connection: list[Callable[[bool], None]] = []
        self._loop = asyncio.get_running_loop()
        self._connect_timeout = connect_timeout
        self._reconnect = reconnect
        self._log_messages = log_messages
        self._process = os.getpid()
        self._closing = False
        self._connection: Connection | None = None
        self._ended = asyncio.Event()  # the connection has
        self._connecting: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Connect for the first time.

        Raises:
            ServerNotFoundError: no server answered.

        """
        target = self.target
        self._open(await probing.find(target.host, target.ports, timeout=self._connect_timeout, name=target.name))

    def _open(self, found: probing.Found) -> None:
        """Begin on a new connection; registrations are made again."""
        server_name = discovery.server_name(found.reply)
        label = discovery.label(server_name, self.target.host, found.port)
        if found.transport.is_closing():  # that was told to who asked for its name, and nobody else
            raise ConnectionLostError(f"{label} closed the connection as soon as it had answered")
        self._ended.clear()
        own = found.transport.get_extra_info("socket")
        own.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in KEEPALIVE:
            if hasattr(socket, option):
                own.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
        self.server_name, self.port = server_name, found.port
        hello = self.session.greeted(found.reply.byteorder, found.reply.vers, label)
        self.error = None
        self.connected = True
        self._connection = Connection(found.transport, label, self._receive, self._lose)
        found.transport.write(hello)

    # ---- what is said ----

    def check(self) -> None:
        """See whether anything can be sent.

        Raises:
            ConnectionLostError: there is no connection.

        """
        if self.error is not None or self._process != os.getpid() or self._loop.is_closed():
            self._refuse()

    def _refuse(self) -> NoReturn:
        if self._process != os.getpid():
            raise ConnectionLostError(
                f"this client of {self.session.label} belongs to process {self._process}; a process that was forked "
                "connects with a client of its own"
            )
        if self.error is None:
            raise ConnectionLostError(
                f"this client of {self.session.label} belongs to an event loop that is closed; "
                "connect in the one that runs"
            )
        raise ConnectionLostError(f"{self.error}; nothing was sent")

    def send(self, packet: bytes) -> None:
        """Send a packet, soon."""
        if self._connection is not None:
            self._connection.send(packet)

    def _receive(self, messages: list[SpecMessage]) -> None:
        if self._log_messages:
            for message in messages:
                messages_logger.info("%s", message)
        self.session.receive(deque(messages))
        self.dispatcher.flush()

    # ---- the end, and a new beginning ----

    def _lose(self, connection: Connection, error: ConnectionLostError) -> None:
        """Fail all that waits, at once, and connect again."""
        if connection is not self._connection or self.error is not None:
            return
        if self._closing:  # the other end hangs up because we have
            error = self._closed()
        self.error = error
        self.connected = False
        self._ended.set()
        connection.transport.abort()
        self.session.lose(error, for_good=not self._reconnect)
        self.dispatcher.flush()
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
                before = self.server_name
                self._open(found)
            except SpecError as error:
                logger.debug("not connected again yet: %s", error)
                continue
            if self.server_name != before:
                logger.warning("port %d is now that of %r, before of %r", self.port, self.server_name, before)
            logger.info("connected again to %s", self.session.label)
            self._tell_connection(connected=True)
            return

    @property
    def is_inherited(self) -> bool:
        """Whether it belongs to the process that this one was forked from."""
        return self._process != os.getpid()

    async def end(self) -> None:
        """Take leave of the server, and fail all that waits."""
        self._closing = True
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.gather(self._connecting, return_exceptions=True)
        connection = self._connection
        if connection is None:
            return
        if self.error is None:
            connection.flush()
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(FAREWELL):
                    connection.transport.write_eof()  # after what waits to be sent
                    await self._ended.wait()
        self._lose(connection, self._closed())
        self.session.lose(self._closed(), for_good=True)  # who waits for a connection to come back, too

    def _closed(self) -> ConnectionLostError:
        return ConnectionLostError(f"the client of {self.session.label} is closed")

    async def release(self) -> None:
        """Give back what it holds, at the very end."""
        await self.dispatcher.close()
        if self._connection is not None:
            with contextlib.suppress(OSError):
                self._connection.transport.abort()
            await asyncio.sleep(0)  # the loop closes the socket in its next turn

    def abandon(self) -> None:
        """Take leave of the server without waiting for anything: nobody has this client any more."""
        self._closing = True
        if not self._loop.is_closed() and not self.is_inherited:
            self._loop.call_soon_threadsafe(self._take_leave)

    def _take_leave(self) -> None:
        self.error = self.error or self._closed()  # what still goes on sends nothing any more
        self.connected = False
        self.dispatcher.cancel()
        if self._connecting is not None:
            self._connecting.cancel()
        if self._connection is not None:
            transport = self._connection.transport
            with contextlib.suppress(OSError):
                self._connection.flush()  # nothing can be sent after it
                transport.write_eof()
            self._loop.call_later(FAREWELL, transport.abort)
