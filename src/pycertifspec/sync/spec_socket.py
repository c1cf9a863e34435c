"""`SpecSocket`: a socket that sends and receives whole SPEC messages."""

from __future__ import annotations

import contextlib
import errno
import os
import selectors
import socket
import sys
import time
from functools import partial
from threading import get_ident
from time import monotonic

from pycertifspec.errors import CallTimeoutError, ConnectionLostError
from pycertifspec.wire import header
from pycertifspec.wire.constants import DEFAULT_MAX_BODY, DEFAULT_PORT_RANGE, ELEMENT_SIZES, ByteOrder
from pycertifspec.wire.raw import check_array, raw_view
from pycertifspec.wire.reader import MessageReader

from .patience import until_ready
from .turn import Turn

# What `typing` has of this name; importing that costs a third of the time that `import pycertifspec` may take.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Self

    from pycertifspec.wire.message import SpecMessage

# Up to this size a body is copied behind its header: cheaper than handing two buffers to the system.
JOINED_BODY = 16 * 1024

_NEWEST = header.NEWEST_VERSION

NO_FLAGS: Iterable[int] = []

# Errors that say that the way to the other end is gone, without being ConnectionErrors in Python.
_LOST = {errno.ETIMEDOUT, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN, errno.ENETRESET, errno.ENOTCONN}


_HAS_SENDMSG = hasattr(socket.socket, "sendmsg")  # not on Windows


class SpecSocket(socket.socket):
    """Socket like a regular `socket.socket`, with methods for SPEC's messages.

    Client or server (`accept` gives a SpecSocket), of any family. Messages go out in the byte order and
    header version in which the other end spoke last; before it spoke, in the machine's order and version 4.
    Sending and receiving may each be done by any thread: a message is never mixed with another's. A signal's handler
    may send while its thread receives, and the other way round; where it interrupts its own thread in the middle of
    the same, it is told so (`LocalProtocolError`).

    Attributes:
        server_name: the process name that the server told `connect_spec`, such as ``"fourc"``; None before.

    """

    def __init__(
        self,
        family: int = -1,
        type: int = -1,  # noqa: A002  the socket's word
        proto: int = -1,
        fileno: int | None = None,
    ) -> None:
        super().__init__(family, type, proto, fileno)
        self._sending = Turn("sending")
        self._receiving = Turn("receiving")
        self._begin()

    def _begin(self) -> None:
        """Forget the conversation: a new one begins."""
        self._reader = MessageReader(max_body=DEFAULT_MAX_BODY)
        # A message that is being sent, and how much of it the system took in each call. What is there when
        # nobody sends was interrupted.
        self._outgoing: tuple[list[bytes | memoryview], list[int]] | None = None
        self._order: ByteOrder = sys.byteorder
        self._version = header.NEWEST_VERSION
        self.server_name: str | None = None
        if self.family in (socket.AF_INET, socket.AF_INET6) and self.type == socket.SOCK_STREAM:
            # A request must not wait for the acknowledgement of the one before (PROTOCOL.md 1.1). Some
            # systems refuse to set it where the other end is gone already; the next call will tell.
            with contextlib.suppress(OSError):
                self.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    @property
    def max_body(self) -> int:
        """The longest body that `recv_spec` accepts, in bytes; 1 GiB unless it is set."""
        return self._reader.max_body

    @max_body.setter
    def max_body(self, size: int) -> None:
        self._reader.max_body = size

    def connect_spec(
        self,
        host: str,
        port: int | None = None,
        port_range: tuple[int, int] | None = DEFAULT_PORT_RANGE,
        ports: Iterable[int] | None = [],
        timeout: float | None = 0.5,
        *,
        name: str | None = None,
    ) -> int:
        """Find a SPEC server and connect to it.

        All ports are asked together: `port` first, then `ports`, then `port_range`; the first in
        this order that answers wins. Whatever else listens there is passed over. Where the port is
        known and a greeting is not wanted, `connect` can be used instead.

        The connection is a new one: of what was set on this socket before, its timeout remains.

        Args:
            host: name or address of the computer.
            port: the port, if it is known.
            port_range: first and last port to try, both inclusive; None for no range.
            ports: ports to try before the range, or None.
            timeout: seconds that each port is given to answer; None or infinity waits for ever.
            name: connect to the server of this process name (``"fourc"``) alone.

        Returns:
            The port connected to.

        Raises:
            ServerNotFoundError: no server answered; this socket can try again.
            LocalProtocolError: a port is no port number, the timeout no time, or another argument cannot be
                right.
            OSError: this socket is closed, connected already, listens, or is no stream socket.

        """
        from . import probing  # noqa: PLC0415  half of this module's import time, for those who search

        self._check_unconnected()
        candidates = probing.candidate_ports(port, ports, port_range)
        found = probing.find(host, candidates, timeout=timeout, name=name)
        self._become(found.socket)
        self._order, self._version = found.reply.byteorder, min(found.reply.vers, _NEWEST)
        self.server_name = found.name
        return found.address.port

    def _check_unconnected(self) -> None:
        try:
            self.getpeername()
        except OSError as error:
            if error.errno == errno.EBADF:
                raise
        else:
            raise OSError(errno.EISCONN, f"{os.strerror(errno.EISCONN)} to {self._peer()}; use a new SpecSocket")
        if self.type != socket.SOCK_STREAM:
            raise OSError(errno.EPROTOTYPE, f"SPEC speaks TCP, but this is a socket of {self.type!r}; use SpecSocket()")
        listens = 0
        with contextlib.suppress(OSError):  # where the system cannot tell
            listens = self.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
        if listens:
            raise OSError(errno.EINVAL, "this socket listens for others; use a new SpecSocket")

    def _become(self, other: socket.socket) -> None:
        """Take over another socket's connection, keeping the timeout of this one."""
        timeout = self.gettimeout()
        max_body = self.max_body
        inheritable = self.get_inheritable()
        family, kind, proto = other.family, other.type, other.proto
        socket.close(self.detach())
        super().__init__(family, kind, proto, other.detach())
        self.settimeout(timeout)
        self.set_inheritable(inheritable)
        self._begin()
        self.max_body = max_body

    def accept(self) -> tuple[Self, Any]:
        """Accept a connection, as `socket.socket.accept` does; what it gives is a SpecSocket."""
        accepted, address = super().accept()
        timeout = accepted.gettimeout()
        connection = type(self)(accepted.family, accepted.type, accepted.proto, accepted.detach())
        connection.settimeout(timeout)
        connection.max_body = self.max_body
        return connection, address

    def send_spec(
        self,
        serial_number: int,
        command: int,
        data_type: int,
        property_name: str = "",
        body: bytes = b"",
        error: bool = False,
        flags: Iterable[int] = NO_FLAGS,
        rows: int = 0,
        cols: int = 0,
    ) -> None:
        """Send a message, whole.

        The timeout of the socket is for the whole message. When it passes, or on a non-blocking socket, or
        when a signal's handler raises: if nothing has left yet the message is forgotten, else the
        rest is kept and goes out before the next message, or with `flush_spec`; the error tells which.

        Args:
            serial_number: number of the request; a reply has the same.
            command: one of `EventTypes`.
            data_type: one of `DataTypes`, or 0 where there is no body.
            property_name: up to 79 ASCII characters.
            body: bytes, bytearray, memoryview or a C-contiguous numpy array. Bytes go as they are (text
                ends in a NUL, PROTOCOL.md 2.2); an array's elements in the connection's byte order.
            error: error code, 0 for none.
            flags: numbers that are combined into the flags.
            rows: rows of an array.
            cols: columns of an array.

        Raises:
            LocalProtocolError: something cannot be right; nothing was sent.
            ConnectionLostError: the other end is gone.
            CallTimeoutError: the socket's timeout has passed.
            BlockingIOError: the socket is non-blocking and its buffer is full.

        """
        order = self._order
        view = body if type(body) is bytes else raw_view(body, order, data_type)
        combined = 0 if flags is NO_FLAGS else header.combine(flags)
        code = 0 if error is False else header.error_code(error)
        turn, me, begin = self._sending, get_ident(), monotonic()
        waits = turn.lock.locked()
        with turn.after_others(self) if waits else turn.lock:
            turn.owner = me
            try:
                now = time.time_ns() // 1000
                start = header.build(
                    order,
                    self._version,
                    serial_number,
                    now // 1_000_000,
                    now % 1_000_000,
                    command,
                    data_type,
                    rows,
                    cols,
                    len(view),
                    code,
                    combined,
                    property_name,
                )
                if data_type in ELEMENT_SIZES:
                    check_array(data_type, rows, cols, view)
                if self._outgoing is not None:
                    self._send_rest(begin, before_another=True)
                    waits = True
                if waits or len(view) > JOINED_BODY:
                    self._transmit([start, view], [], begin)
                    return
                # What `_transmit` does, without its calls: nearly all messages are small and leave at once.
                packet = start + view if view else start
                sent: list[int] = []
                self._outgoing = [packet], sent
                try:
                    sent += map(self.send, (packet,))
                except OSError as problem:
                    self._stop(problem)
                    raise
                if sent[0] == len(packet):
                    self._outgoing = None
                else:
                    self._transmit([packet], sent, begin)
            finally:
                turn.owner = 0

    def flush_spec(self) -> None:
        """Send what is left of a message whose sending was interrupted.

        Raises:
            ConnectionLostError: the other end is gone.
            CallTimeoutError: the socket's timeout has passed.
            BlockingIOError: the socket is non-blocking and its buffer is full.

        """
        turn, me, begin = self._sending, get_ident(), monotonic()
        with turn.after_others(self) if turn.lock.locked() else turn.lock:
            turn.owner = me
            try:
                if self._outgoing is not None:
                    self._send_rest(begin, before_another=False)
            finally:
                turn.owner = 0

    def _send_rest(self, begin: float, *, before_another: bool) -> None:
        """Send what is left of a message whose sending was interrupted."""
        assert self._outgoing is not None  # noqa: S101  for the type checker
        buffers, sent = self._outgoing
        if 0 < sum(sent) < sum(map(len, buffers)):
            self._transmit(buffers, sent, begin, before_another=before_another)
        else:
            self._outgoing = None

    def _transmit(
        self, buffers: list[bytes | memoryview], sent: list[int], begin: float, *, before_another: bool = False
    ) -> None:
        """Send buffers one behind the other, but for what was sent; keep them if that is interrupted on the way."""
        self._outgoing = buffers, sent
        try:
            self._push(buffers, sent, begin)
        except BaseException as error:
            self._stop(error, before_another=before_another)
            raise
        self._outgoing = None

    def _stop(self, error: BaseException, *, before_another: bool = False) -> None:
        """Keep what is left of a message, or forget it where nothing has left; raise what explains an OSError."""
        # Where another signal comes before this is done, the message is kept as it is.
        assert self._outgoing is not None  # noqa: S101  for the type checker
        buffers, sent = self._outgoing
        count, total = sum(sent), sum(map(len, buffers))
        self._outgoing = ([b"".join(buffers)], sent) if 0 < count < total else None
        if isinstance(error, OSError):
            explained = self._explain_send(error, count, total, before_another=before_another)
            if explained is not error:
                raise explained from error

    def _push(self, buffers: list[bytes | memoryview], sent: list[int], begin: float) -> None:
        # `+=` runs to its end in C: an exception of a signal's handler (Ctrl-C) comes before
        # the system has taken anything or when its count is in the list, never between the two.
        rest = _skip([memoryview(buffer) for buffer in buffers], sum(sent))
        while rest:
            until_ready(self, selectors.EVENT_WRITE, begin)
            if len(rest) > 1 and _HAS_SENDMSG:
                sent += map(self.sendmsg, (rest,))
            else:
                sent += map(self.send, rest[:1])
            rest = _skip(rest, sent[-1])

    def _explain_send(self, error: OSError, sent: int, total: int, *, before_another: bool = False) -> OSError:
        if before_another:
            left = f"{sent} of {total} bytes of the message before it have left; this message was not taken"
        elif self._outgoing is not None:
            left = (
                f"{sent} of {total} bytes have left and the rest goes out before the next message, "
                "or with flush_spec(): do not send this message again"
            )
        else:
            left = "nothing has left and nothing is kept"
        if isinstance(error, BlockingIOError):
            blocked = BlockingIOError(errno.EAGAIN, f"sending to {self._peer()} would block: {left}")
            blocked.characters_written = 0 if before_another else sent
            return blocked
        if isinstance(error, TimeoutError) and error.errno is None:
            return CallTimeoutError(f"sending to {self._peer()} took more than {self.gettimeout()} s: {left}")
        return self._lost(error, f"after {sent} of {total} bytes of a message were sent")

    def recv_spec(self) -> SpecMessage:
        """Receive one message, whole, and no byte of the next.

        The timeout of the socket is for the whole message. After a timeout, and on a non-blocking socket
        after BlockingIOError, nothing is lost: the next call goes on where this one stopped.

        Returns:
            The message. Its body is a str without its NUL for ``SV_STRING``, else bytes.

        Raises:
            ConnectionLostError: the other end is gone.
            CallTimeoutError: the socket's timeout has passed.
            BlockingIOError: the socket is non-blocking and the message is not whole yet.
            RemoteProtocolError: what came is no SPEC message; close this socket, for there is no
                way to find the next one.

        """
        turn, me = self._receiving, get_ident()
        # Only where there is a timeout is it looked at when it began.
        check = partial(until_ready, self, selectors.EVENT_READ, monotonic()) if self.gettimeout() else None
        with turn.after_others(self) if turn.lock.locked() else turn.lock:
            turn.owner = me
            try:
                reader = self._reader
                try:
                    message = reader.read(self.recv_into, check)
                except OSError as error:
                    explained = self._explain_receive(error, reader)
                    if explained is error:
                        raise
                    raise explained from error
                if message is None:
                    raise ConnectionLostError(f"{self._peer()} closed the connection {_progress(reader)}")
                # Answer in kind: the byte order and version that the other end speaks (PROTOCOL.md 1.4, 1.6).
                self._order = message.byteorder
                version = message.vers
                self._version = version if version < _NEWEST else _NEWEST  # noqa: FURB136  the faster of the two
                return message
            finally:
                turn.owner = 0

    def _explain_receive(self, error: OSError, reader: MessageReader) -> OSError:
        if isinstance(error, TimeoutError) and error.errno is None:
            return CallTimeoutError(
                f"no whole message from {self._peer()} within {self.gettimeout()} s: {reader.started} bytes of it "
                "have come and are kept; call recv_spec() again to go on"
            )
        return self._lost(error, _progress(reader))

    def _lost(self, error: OSError, when: str) -> OSError:
        if not isinstance(error, ConnectionError) and error.errno not in _LOST:
            return error
        if error.errno == errno.ENOTCONN or not self._has_local_end():
            return ConnectionLostError("this socket is not connected; connect it first, with connect_spec or connect")
        return ConnectionLostError(f"the connection to {self._peer()} is lost {when}: {error.strerror or error}")

    def _has_local_end(self) -> bool:
        """Tell a connection, also one that was lost, from a socket that never had one."""
        try:
            name = self.getsockname()
        except OSError:
            return True
        return not isinstance(name, tuple) or bool(name[1])

    def _peer(self) -> str:
        """Return who the other end is, for messages."""
        try:
            peer = self.getpeername()
        except OSError:
            return "the other end"
        return f"{peer[0]}:{peer[1]}" if isinstance(peer, tuple) else "the other end"


def _progress(reader: MessageReader) -> str:
    return f"{reader.started} bytes into a message" if reader.started else "between messages"


def _skip(buffers: list[memoryview], count: int) -> list[memoryview]:
    """Return what is left of buffers without their first bytes."""
    first = 0
    while first < len(buffers) and count >= len(buffers[first]):
        count -= len(buffers[first])
        first += 1
    rest = buffers[first:]
    if count:
        rest[0] = rest[0][count:]
    return rest
