"""`Conversation`: a session over a connection that is made again when it is lost."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from typing import TYPE_CHECKING, NoReturn

from pycertifspec.errors import ConnectionLostError, SpecError
from pycertifspec.session import discovery
from pycertifspec.session.client import ClientSession
from pycertifspec.session.target import pauses

from . import probing
from .connection import Connection
from .dispatcher import Dispatcher
from .farewell import farewell

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycertifspec.session.registry import Watcher
    from pycertifspec.session.steps import Ask, Tell
    from pycertifspec.session.target import Target

    from .waiter import Waiter

logger = logging.getLogger("pycertifspec.client")
messages_logger = logging.getLogger("pycertifspec.messages")

# Seconds for which a caller reads for itself; then it is no quick answer, and the reader takes over: a wait on a
# lock ends cleanly with Ctrl-C.
OWN_READING = 0.2


class Conversation:
    """Sends what is asked, takes in what comes, and begins anew.

    Args:
        target: where to connect.
        connect_timeout: seconds for each port to answer.
        call_timeout: seconds for the other end to take what is sent.
        reconnect: whether to connect again when the connection is lost.
        log_messages: whether to log every message that comes.

    Attributes:
        session: what is said; to be used with `lock`.
        lock: the session's.
        connected: whether the connection stands.
        error: why it does not.
        closing: set from when on it ends for good.
        abandoned: whether nobody waits for that end.
        on_connection: are called with True and False.
        on_lost: is called when the connection is lost, by whoever found that out.

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
        self.session: ClientSession[Waiter] = ClientSession(probing.sec_usec, call_timeout)
        self.lock = threading.RLock()
        self.server_name = ""
        self.port = 0
        self.connected = False
        self.error: SpecError | None = None
        self.closing = threading.Event()
        self.abandoned = False
        self.on_connection: list[Callable[[bool], None]] = []
        self.on_lost: Callable[[], None] = lambda: None
        self._connect_timeout = connect_timeout
        self._call_timeout = call_timeout
        self._reconnect = reconnect
        self._log_messages = log_messages
        self._process = os.getpid()
        self._open(probing.find(target.host, target.ports, timeout=connect_timeout, name=target.name))
        self.dispatcher = Dispatcher(f"{self.server_name} client")

    def _open(self, found: probing.Found) -> None:
        """Begin on a new connection; registrations are made again."""
        server_name, port = discovery.server_name(found.reply), found.address.port
        label = discovery.label(server_name, self.target.host, port)
        try:
            connection = Connection(found.socket, OWN_READING, label)
        except OSError as error:
            found.socket.close()
            raise ConnectionLostError(f"{label} hung up as soon as it had answered: {error}") from error
        with self.lock:
            self.connection = connection
            self.server_name, self.port = server_name, port
            hello = self.session.greeted(found.reply.byteorder, found.reply.vers, label)
            self.error = None
            self.connected = True
        try:
            connection.send(hello, self._call_timeout)
        except ConnectionLostError as error:
            self.error, self.connected = error, False
            connection.close()
            raise

    # ---- what is said ----

    def ask(self, ask: Ask, waiter: Waiter) -> None:
        """Send a request; the waiter is given the reply.

        Raises:
            ConnectionLostError: there is no connection, or it is lost now.

        """
        if self._process != os.getpid():
            self._refuse()  # before the lock, which may never be free in a process that was forked
        with self.lock:
            if self.error is not None:
                self._refuse()
            connection = self.connection
            packet = self.session.ask(ask, waiter)
        self._send(packet, connection)

    def tell(self, step: Tell) -> int:
        """Send what has no reply; return its serial number.

        Raises:
            ConnectionLostError: there is no connection, or it is lost now.

        """
        if self._process != os.getpid():
            self._refuse()
        with self.lock:
            if self.error is not None:
                self._refuse()
            connection = self.connection
            serial, packet = self.session.tell(step)
        self._send(packet, connection)
        return serial

    def watch(self, watcher: Watcher, names: tuple[str, ...]) -> None:
        """Let a watcher be told of properties.

        Raises:
            ConnectionLostError: there is no connection, or it is lost now; the watcher is told of nothing.

        """
        if self._process != os.getpid():
            self._refuse()
        with self.lock:
            if self.error is not None:
                self._refuse()
            packet = self.session.watch(watcher, names)
            try:
                if packet:
                    self._send(packet, self.connection)
            except ConnectionLostError:
                self.session.unwatch(watcher, names)
                raise

    def unwatch(self, watcher: Watcher, names: tuple[str, ...]) -> None:
        """Tell a watcher no more."""
        if self._process != os.getpid():
            return
        with self.lock:
            packet = self.session.unwatch(watcher, names)
            if packet and self.connected:
                with contextlib.suppress(ConnectionLostError):  # who is gone sends no events either
                    self._send(packet, self.connection)

    def post(self, ask: Ask, waiter: Waiter) -> int:
        """Leave a request to read for `flush`; the waiter is given the reply. Return how many are left for it.

        Raises:
            ConnectionLostError: there is no connection.

        """
        if self._process != os.getpid():
            self._refuse()
        with self.lock:
            if self.error is not None:
                self._refuse()
            outbox = self.connection.outbox
            outbox.append(self.session.ask(ask, waiter))
        return len(outbox)

    def flush(self) -> bool:
        """Send what was posted; return whether there was anything. Where that fails, all that waits is told."""
        connection = self.connection
        if not connection.outbox:
            return False
        try:
            connection.flush(self._call_timeout)
        except ConnectionLostError as error:
            self.lose(error, connection)
        return True

    def _send(self, packet: bytes, connection: Connection) -> None:
        """Send a packet, behind what was posted, over the connection that it was made for and no later one."""
        try:
            connection.send(packet, self._call_timeout)
        except ConnectionLostError as error:
            self.lose(error, connection)
            raise

    def check(self) -> None:
        """See whether this process may use it, before its lock is taken.

        Raises:
            ConnectionLostError: it was forked from the one that may.

        """
        if self._process != os.getpid():
            self._refuse()

    def _refuse(self) -> NoReturn:
        if self._process != os.getpid():
            raise ConnectionLostError(
                f"this client of {self.session.label} belongs to process {self._process}; a process that was forked "
                "connects with a client of its own"
            )
        raise ConnectionLostError(f"{self.error}; nothing was sent")

    def read(self) -> bool:
        """Read once and take it in; return False if nothing came in time or the end has come.

        One thread at a time may.
        """
        connection = self.connection
        try:
            messages = connection.receive()
            if messages is None:
                return False
            if self._log_messages:
                for message in messages:
                    messages_logger.info("%s", message)
            with self.lock:
                if self.error is None and connection is self.connection:  # else all that waited has failed
                    self.session.receive(messages)
            if self.dispatcher.due:
                self.dispatcher.flush()
            connection.taken()
        except ConnectionLostError as error:
            self.lose(error, connection)
            return False
        return True

    # ---- the end, and a new beginning ----

    def lose(self, error: ConnectionLostError, connection: Connection | None = None) -> None:
        """Fail all that waits, at once; whoever reads when nobody else does is to see to the rest.

        Args:
            error: why.
            connection: the one that it happened to, which may be of the past; None for the present one.

        """
        with self.lock:
            if self.error is not None or connection not in {None, self.connection}:
                return
            if self.closing.is_set():  # the other end hangs up because we have
                error = self._closed()
            self.error = error
            self.connected = False
            self.connection.shut()
            self.session.lose(error, for_good=not self._reconnect)
        self.dispatcher.flush()
        if not self.closing.is_set():
            logger.warning("%s", error)
            self._tell_connection(connected=False)
        self.on_lost()

    def _tell_connection(self, *, connected: bool) -> None:
        for callback in tuple(self.on_connection):
            self.dispatcher.call(callback, connected)

    def connect_again(self) -> bool:
        """Look for the server until it is there, with growing pauses; return False if that is not wanted."""
        if not self._reconnect:
            return False
        self.connection.close()
        wanted = self.target.again(self.server_name)
        for pause in pauses():
            if self.closing.wait(pause):
                return False
            try:
                found = probing.find(wanted.host, wanted.ports, timeout=self._connect_timeout or 0.5, name=wanted.name)
            except SpecError as error:
                logger.debug("not connected again yet: %s", error)
                continue
            if self.closing.is_set():
                found.socket.close()
                return False
            before = self.server_name
            try:
                self._open(found)
            except SpecError as error:
                logger.debug("not connected again yet: %s", error)
                continue
            if self.server_name != before:
                logger.warning("port %d is now that of %r, before of %r", self.port, self.server_name, before)
            logger.info("connected again to %s", self.session.label)
            self._tell_connection(connected=True)
            return True
        return False

    @property
    def is_inherited(self) -> bool:
        """Whether it belongs to the process that this one was forked from."""
        return self._process != os.getpid()

    def end(self) -> None:
        """Take leave of the server, and fail all that waits."""
        self.closing.set()
        if self.error is None:
            farewell(self.connection.socket)
        self.lose(self._closed())
        with self.lock:
            self.session.lose(self._closed(), for_good=True)  # who waits for a connection to come back, too

    def _closed(self) -> ConnectionLostError:
        return ConnectionLostError(f"the client of {self.session.label} is closed")

    def abandon(self) -> None:
        """Take leave of the server: nobody has this client any more, or the program ends."""
        self.abandoned = True
        self.closing.set()
        if not threading.main_thread().is_alive():
            # The program ends: threads that wait for something end with it, and nobody wants to read why.
            self.error = ConnectionLostError(f"the client of {self.session.label} is closed: the program ends")
        farewell(self.connection.socket)
        self.connection.shut()

    def release(self) -> None:
        """Give back what it holds, at the very end."""
        self.connection.close()
        self.dispatcher.close()
