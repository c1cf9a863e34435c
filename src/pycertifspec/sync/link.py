"""`Link`: a client's connection: does the steps of procedures, reads what comes, connects again when it is lost."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from pycertifspec.errors import (
    ConnectionLostError,
    RemoteProtocolError,
    SpecError,
)
from pycertifspec.session import discovery
from pycertifspec.session.client import ClientSession
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
from .farewell import farewell
from .patience import limit_waiting
from .reading import ReadingTurns
from .sending import Sender
from .waiter import Waiter

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycertifspec.session.steps import Procedure
    from pycertifspec.session.stream import Stream
    from pycertifspec.session.target import Target
    from pycertifspec.wire.message import SpecMessage

T = TypeVar("T")

logger = logging.getLogger("pycertifspec.client")
messages_logger = logging.getLogger("pycertifspec.messages")

# Bytes that are read at a time: some thousand events.
READ_SIZE = 256 * 1024

# Seconds for which a caller reads for itself; then it is no quick answer, and the reader takes over: a wait on a
# lock ends cleanly with Ctrl-C. It is the socket's timeout, so that waiting costs no call of its own.
OWN_READING = 0.2

# Seconds without a call after which the reader thread takes over again. While calls come, one behind the other, it
# would be woken with each of their answers, for nothing.
GRACE = 0.002


# Reads in a row that brought one answer at most, after which callers no more come in a crowd.
ALONE = 100

# Seconds after which a caller in a crowd looks whether there still is one.
CROWD_LOOK = 0.02


class Link:
    """The blocking face of a conversation.

    Any thread may use it, from callbacks as well.

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
        self.session: ClientSession[Waiter] = ClientSession(probing.sec_usec)
        self.call_timeout = call_timeout
        self.server_name = ""
        self.port = 0
        self.connected = False
        self.on_connection: list[Callable[[bool], None]] = []
        self._connect_timeout = connect_timeout
        self._reconnect = reconnect
        self._log_messages = log_messages
        self._lock = threading.RLock()  # the session's
        self._process = os.getpid()
        self._closing = threading.Event()
        self._abandoned = False
        self._error: SpecError | None = None
        self._memory = memoryview(bytearray(READ_SIZE))
        self._whole = (self._memory,)
        self._background = Waiter()
        self._background.prepare()
        self._turns = ReadingTurns(self._background)
        self._batch = 0  # messages of the last read
        self._open(probing.find(target.host, target.ports, timeout=connect_timeout, name=target.name))
        self.dispatcher = Dispatcher(f"{self.server_name} client")
        self._thread = threading.Thread(
            target=self._read_when_nobody_does, name=f"{self.server_name} reader", daemon=True
        )
        self._thread.start()

    def _open(self, found: probing.Found) -> None:
        """Begin a conversation on a new connection; registrations are made again."""
        own = found.socket
        limit_waiting(own, OWN_READING)
        own.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        own.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in KEEPALIVE:
            if hasattr(socket, option):
                own.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
        with self._lock:
            self._socket = own
            self._recv_into = own.recv_into
            self._decoder = Decoder()
            self._came: list[int] = []  # bytes that were read and not taken in yet: one count at most
            self._inbox: deque[SpecMessage] | None = None
            self._sender = Sender(own)
            self.server_name = discovery.server_name(found.reply)
            self.port = found.address.port
            label = f"{self.server_name!r} on {self.target.host}:{self.port}"
            hello = self.session.greeted(found.reply.byteorder, found.reply.vers, label)
            self._error = None
            self.connected = True
        self._sender.send(hello, self.call_timeout)

    # ---- steps ----

    def run(self, procedure: Procedure[T], do: Callable[[Any], Any] | None = None) -> T:
        """Do a procedure's steps, and return what it returns."""
        ask = do or self._ask
        do = do or self.do
        try:
            step = next(procedure)
            while True:
                try:
                    answer = ask(step) if type(step) is Ask else do(step)
                except BaseException as error:  # noqa: BLE001  the procedure cleans up, and raises it or another
                    step = procedure.throw(error)
                else:
                    step = procedure.send(answer)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]

    def do(self, step: Any) -> Any:
        """Do one step; return its answer."""
        if type(step) is Ask:
            return self._ask(step)
        return _STEPS[type(step)](self, step)

    def _ask(self, ask: Ask) -> SpecMessage:
        waiter = Waiter()
        with self._lock:
            packet = self.session.ask(ask, waiter)
        self._send(packet)
        timeout = self.call_timeout if ask.timeout is None else ask.timeout
        self._wait(waiter, timeout, quick=True)
        if not waiter.done():
            self._forget(waiter)
            raise self.session.too_late(ask, timeout)
        return waiter.answer()  # type: ignore[no-any-return]

    def _ask_all(self, step: AskAll) -> list[Any]:
        waiters = [(self._begin(Begin(ask)), ask) for ask in step.asks]
        answers: list[Any] = []
        for waiter, ask in waiters:
            timeout = self.call_timeout if ask.timeout is None else ask.timeout
            self._wait(waiter, timeout, quick=True)
            if not waiter.done():
                for other, _ in waiters:
                    self._forget(other)
                raise self.session.too_late(ask, timeout)
            try:
                answers.append(waiter.answer())
            except ConnectionLostError:
                raise
            except SpecError as error:
                answers.append(error)
        return answers

    def _begin(self, step: Begin) -> Waiter:
        waiter = Waiter()
        with self._lock:
            packet = self.session.ask(step.ask, waiter)
        self._send(packet)
        return waiter

    def _within(self, step: Within) -> Any:
        waiter: Any = step.promise
        self._wait(waiter, step.seconds)
        return waiter.answer() if waiter.done() else None

    def _forget(self, waiter: Any) -> None:
        with self._lock:
            self.session.forget(waiter)

    def _tell(self, step: Tell) -> int:
        with self._lock:
            serial, packet = self.session.tell(step)
        self._send(packet)
        return serial

    def _follow(self, step: Follow) -> None:
        self.watch(step.stream, step.names)
        step.stream.names = step.names

    def watch(self, watcher: Any, names: tuple[str, ...]) -> None:
        """Let a watcher be told of properties."""
        with self._lock:
            packet = self.session.watch(watcher, names)
            if packet:
                self._send(packet)
        self.dispatcher.flush()

    def unwatch(self, watcher: Any, names: tuple[str, ...]) -> None:
        """Tell a watcher no more."""
        with self._lock:
            packet = self.session.unwatch(watcher, names)
            if packet and self.connected:
                with contextlib.suppress(ConnectionLostError):  # who is gone sends no events either
                    self._send(packet)

    def _unfollow(self, step: Unfollow) -> None:
        step.stream.closed = True
        self.unwatch(step.stream, step.stream.names)

    def _next(self, step: Next) -> Any:
        stream = step.stream
        with self._lock:
            if stream.ready:
                return stream.take()
            waiter = Waiter()
            stream.wait(waiter)
        try:
            self._wait(waiter, step.seconds)
        finally:
            with self._lock:
                stream.wait(None)
        with self._lock:
            return stream.take()

    def put(self, stream: Stream, item: Any) -> None:
        """Let a stream take in an item that is not of the server's."""
        with self._lock:
            stream.put(item)

    def close_stream(self, stream: Stream) -> None:
        """End a stream for who reads it."""
        with self._lock:
            stream.close()

    def fail_stream(self, stream: Stream, error: BaseException) -> None:
        """Let who reads a stream get an error."""
        with self._lock:
            stream.fail(error)

    def _now(self, _: Now) -> float:
        return time.monotonic()

    # ---- sending ----

    def _send(self, packet: bytes) -> None:
        if self._error is not None or self._process != os.getpid():
            self._refuse()
        try:
            self._sender.send(packet, self.call_timeout)
        except ConnectionLostError as error:
            self._lose(error)
            raise

    def _refuse(self) -> NoReturn:
        if self._process != os.getpid():
            raise ConnectionLostError(
                f"this client of {self.session.label} belongs to process {self._process}; a process that was forked "
                "connects with a client of its own"
            )
        raise ConnectionLostError(f"{self._error}; nothing was sent")

    # ---- reading ----

    def _wait(self, waiter: Waiter, timeout: float, *, quick: bool = False) -> None:
        """Wait until a promise is kept, at most so many seconds. Whoever waits reads, if nobody else does."""
        if waiter.done():
            return
        turns = self._turns
        if quick and timeout > OWN_READING:
            began = time.monotonic()
            try:
                if not turns.crowded and turns.take(waiter):
                    self._read_until(waiter, began + OWN_READING)
                else:
                    self._wait_for_turn(waiter, began + OWN_READING)
            finally:
                turns.give(waiter)
                if waiter.chosen:
                    turns.leave(waiter)
            if waiter.done():
                return
            timeout -= time.monotonic() - began
        waiter.prepare()
        deadline = time.monotonic() + timeout
        while not waiter.done() and (rest := deadline - time.monotonic()) > 0:
            waiter.block(rest)

    def _wait_for_turn(self, waiter: Waiter, until: float) -> None:
        """Somebody else reads: wait until it has read our answer, or leaves the reading to us."""
        turns = self._turns
        waiter.prepare()
        try:
            while not waiter.done() and (rest := until - time.monotonic()) > 0:
                if turns.crowded:
                    waiter.block(min(rest, CROWD_LOOK))
                    continue
                turns.join(waiter)
                if turns.take(waiter):
                    turns.leave(waiter)
                    self._read_until(waiter, until)
                    return
                waiter.block(rest)
                waiter.chosen = waiter.chosen and waiter.done()  # else our own try to take the turn is the answer
        finally:
            turns.leave(waiter)

    def _read_until(self, waiter: Waiter, until: float) -> None:
        while not waiter.done():  # it may be, by who read before
            if not self._read() or (not waiter.done() and time.monotonic() > until):
                return

    def _read(self) -> bool:
        """Read once and take it in; return False if nothing came in time. Whoever calls has the turn.

        What has come is never lost: `+=` runs to its end in C, so that an exception of a signal's handler
        (Ctrl-C) comes before bytes are taken from the system or when they are in the list. What is in the list is
        taken in now, or by whoever reads next.
        """
        if not self._came:
            try:
                if self._decoder.filling:
                    with self._decoder.room() or self._memory[:] as memory:
                        self._came += map(self._recv_into, (memory,))
                else:
                    self._came += map(self._recv_into, self._whole)
            except (TimeoutError, BlockingIOError):
                return False
            except OSError as error:
                self._lose(ConnectionLostError(f"the connection to {self.session.label} is lost: {error}"))
                return False
        return self._take_in()

    def _take_in(self) -> bool:
        came = self._came[0]
        if not came:
            self._lose(ConnectionLostError(f"{self.session.label} closed the connection"))
            return False
        decoder = self._decoder
        if self._inbox is None:
            state = decoder.state()
            try:
                messages = decoder.filled(came) if decoder.filling else decoder.receive(self._memory[:came].tobytes())
                self._inbox = deque(messages)
            except RemoteProtocolError as error:
                self._lose(ConnectionLostError(f"{self.session.label} sent what is no message: {error}"))
                return False
            except BaseException:
                if self._inbox is None:
                    decoder.restore(state)
                raise
        if self._log_messages:
            for message in self._inbox:
                messages_logger.info("%s", message)
        self._batch = len(self._inbox)
        with self._lock:
            self.session.receive(self._inbox)
            self._came.clear()
            self._inbox = None
        if self.dispatcher.due:
            self.dispatcher.flush()
        if decoder.failure is not None:
            self._lose(ConnectionLostError(f"{self.session.label} sent what is no message: {decoder.failure}"))
        return True

    def _read_when_nobody_does(self) -> None:
        """The reader thread: takes in events, notices the end, connects again."""
        try:
            self._keep_reading()
        finally:
            if self._abandoned:
                self._socket.close()
                self.dispatcher.close()

    def _keep_reading(self) -> None:
        background = self._background
        while not self._closing.is_set():
            if self._error is not None:
                if not self._reconnect or not self._connect_again():
                    return
                continue
            if not self._turns.crowded and not _readable(self._socket):
                continue
            background.prepare()
            if self._turns.take(background):
                try:
                    self._read_for_all()
                except Exception:
                    logger.exception("what %s sent could not be taken in", self.session.label)
                    self._lose(ConnectionLostError(f"what {self.session.label} sent could not be taken in"))
                finally:
                    self._turns.give(background)
            else:
                self._stand_by()

    def _read_for_all(self) -> None:
        """Read once; where several threads call at once, go on until they do no more."""
        self._read()
        alone = 0
        while self._turns.crowded and self._error is None:
            alone = alone + 1 if not self._read() or self._batch < 2 else 0
            if alone > ALONE:
                self._turns.crowded = False

    def _stand_by(self) -> None:
        """Let callers read for themselves until none has called for a while."""
        background, turns = self._background, self._turns
        while not self._closing.is_set() and self._error is None:
            seen = turns.finished
            background.prepare()
            background.block(GRACE)
            if turns.crowded:
                return
            if turns.finished != seen:
                continue
            if not turns.is_taken():
                return
            background.prepare()
            turns.join(background)  # a caller reads, and has for long: it says when it gives up
            if not turns.is_taken():
                turns.leave(background)
                return
            background.block(FOR_EVER)
            turns.leave(background)

    # ---- the end, and a new beginning ----

    def _lose(self, error: ConnectionLostError) -> None:
        """Fail all that waits, at once; the reader thread sees to the rest."""
        with self._lock:
            if self._error is not None:
                return
            self._error = error
            self.connected = False
            self._came.clear()
            self._inbox = None
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
            self.session.lose(error, for_good=not self._reconnect)
        if not self._closing.is_set():
            logger.warning("%s", error)
            self._tell_connection(connected=False)
        self._background.wake()

    def _tell_connection(self, *, connected: bool) -> None:
        for callback in tuple(self.on_connection):
            self.dispatcher.call(callback, connected)

    def _connect_again(self) -> bool:
        """Look for the server until it is there, with growing pauses; return False if the client is closed before."""
        self._socket.close()
        wanted = self.target.again(self.server_name)
        for pause in pauses():
            if self._closing.wait(pause):
                return False
            try:
                found = probing.find(wanted.host, wanted.ports, timeout=self._connect_timeout or 0.5, name=wanted.name)
            except SpecError as error:
                logger.debug("not connected again yet: %s", error)
                continue
            if self._closing.is_set():
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

    def close(self) -> None:
        """End the connection, its threads and all that waits."""
        if self._process != os.getpid():
            return  # the connection belongs to the process that made it
        self._closing.set()
        if self._error is None:
            farewell(self._socket)
        self._lose(ConnectionLostError(f"the client of {self.session.label} is closed"))
        self._background.wake()
        if threading.current_thread() is not self._thread:
            self._thread.join()
        self._socket.close()
        self.dispatcher.close()

    def abandon(self) -> None:
        """End the connection: nobody has this client any more, or the program ends."""
        if self._process == os.getpid():
            self._abandoned = True
            self._closing.set()
            farewell(self._socket)
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)


# A table of this class's own.
_STEPS: dict[type, Callable[[Link, Any], Any]] = {
    Ask: Link._ask,  # noqa: SLF001
    AskAll: Link._ask_all,  # noqa: SLF001
    Begin: Link._begin,  # noqa: SLF001
    Within: Link._within,  # noqa: SLF001
    Forget: lambda link, step: link._forget(step.promise),  # noqa: SLF001
    Tell: Link._tell,  # noqa: SLF001
    Follow: Link._follow,  # noqa: SLF001
    Unfollow: Link._unfollow,  # noqa: SLF001
    Next: Link._next,  # noqa: SLF001
    Now: Link._now,  # noqa: SLF001
}


def _readable(own: socket.socket) -> bool:
    """Wait until there is something to read, or the socket is shut down."""
    import select  # noqa: PLC0415

    try:
        if hasattr(select, "poll"):
            poll = select.poll()
            poll.register(own, select.POLLIN)
            return bool(poll.poll())
        return bool(select.select([own], [], [])[0])
    except (OSError, ValueError):
        return False
