"""`ClientSession`: a conversation as its client sees it: replies to who asked, changes to who watches."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pycertifspec.errors import CallTimeoutError, ConnectionLostError, RemoteError
from pycertifspec.wire import header
from pycertifspec.wire.constants import DataTypes, EventTypes
from pycertifspec.wire.header import build
from pycertifspec.wire.values import text_of

from . import properties
from .promise import Promise, fail
from .registry import Registry
from .steps import FOR_EVER, NOTHING, Ask, Tell
from .stream import Stream

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Callable, Iterable

    from pycertifspec.wire.constants import ByteOrder
    from pycertifspec.wire.message import SpecMessage
    from pycertifspec.wire.values import Body

    from .change import Change
    from .registry import Watcher

P = TypeVar("P", bound=Promise)

# Serial numbers stay below what any peer reads as negative (PROTOCOL.md 1.2).
MAX_SERIAL = (1 << 31) - 1

# Writes whose error reply may still come; most servers send none (PROTOCOL.md 2.5).
MAX_SLOTS = 1_000

# An attribute of an enumeration costs as much as the rest of an answer.
_EVENT, _REPLY, _ERROR = int(EventTypes.SV_EVENT), int(EventTypes.SV_REPLY), int(DataTypes.SV_ERROR)

# Seconds that a server has to close a connection after we have; one that lives does so at once. We wait for it: a
# connection that is closed while something is unread is reset, and what we have sent last, perhaps that a motion is to
# stop, is thrown away by the other end's system.
FAREWELL = 1.0


class ClientSession(Generic[P]):
    """Numbers requests, pairs replies with them, counts registrations.

    Args:
        sec_usec: gives the time of sending, seconds since 1970 and microseconds.
        call_timeout: seconds that the server is given for an answer where nothing else is said.

    Attributes:
        call_timeout: the same.
        label: the server, for messages.
        refusals: error replies to writes, by serial number.
        ended: whether the server has said that it ends; the connection may stand for a moment longer.

    """

    def __init__(self, sec_usec: Callable[[], tuple[int, int]], call_timeout: float = FOR_EVER) -> None:
        self.call_timeout = call_timeout
        self.label = "the server"
        self.order: ByteOrder = sys.byteorder
        self.version = header.NEWEST_VERSION
        self.registry = Registry()
        self.refusals: dict[int, str] = {}
        self._slots: dict[int, None] = {}
        self._sec_usec = sec_usec
        self._serial = 0
        self._pending: dict[int, tuple[P, Ask, float]] = {}  # oldest first
        # An error may say why something did not happen for which there is no reply (2.5).
        self._errors = _LastError()
        self.registry.add(self._errors, properties.ERROR)
        self.registry.add(_Farewell(self), properties.QUIT)
        self.ended = False

    def greeted(self, order: ByteOrder, version: int, label: str) -> bytes:
        """Begin with a server that has answered HELLO; return what is to be sent: all registrations."""
        self.order, self.version, self.label = order, min(version, header.NEWEST_VERSION), label
        self.registry.forget_values()
        self._errors.settled = False
        self.ended = False
        return b"".join(self._packet(EventTypes.SV_REGISTER, 0, name, NOTHING) for name in self.registry)

    @property
    def last_error(self) -> tuple[int, str]:
        """How many errors the server has told, and the last one's text."""
        return self._errors.count, self._errors.text

    # ---- what is sent ----

    def ask(self, ask: Ask, promise: P, deadline: float = FOR_EVER) -> bytes:
        """Number a request; return its packet.

        Args:
            ask: the request.
            promise: is kept with the reply.
            deadline: when `expire` is to fail it.

        Raises:
            LocalProtocolError: it cannot be right.
            ConnectionLostError: the server has said that it ends.

        """
        self._refuse_after_end()
        cmd, name, body, _, _ = ask
        serial = self._next_serial()
        packet = self._packet(cmd, serial, name, body)
        self._pending[serial] = promise, ask, deadline
        return packet

    def tell(self, tell: Tell) -> tuple[int, bytes]:
        """Return the serial number, 0 for none, and the packet of what has no reply.

        Raises:
            LocalProtocolError: it cannot be right.
            ConnectionLostError: the server has said that it ends.

        """
        self._refuse_after_end()
        serial = self._next_serial() if tell.slot else 0
        packet = self._packet(tell.cmd, serial, tell.name, tell.body)
        if serial:
            if len(self._slots) >= MAX_SLOTS:
                del self._slots[next(iter(self._slots))]
            self._slots[serial] = None
        return serial, packet

    def watch(self, watcher: Watcher, names: Iterable[str]) -> bytes:
        """Let a watcher be told of properties; return what is to be sent."""
        packets = []
        for name in names:
            packet = self._packet(EventTypes.SV_REGISTER, 0, name, NOTHING)
            if self.registry.add(watcher, name):
                packets.append(packet)
        return b"".join(packets)

    def unwatch(self, watcher: Watcher, names: Iterable[str]) -> bytes:
        """Tell a watcher no more; return what is to be sent."""
        return b"".join(
            [
                self._packet(EventTypes.SV_UNREGISTER, 0, name, NOTHING)
                for name in names
                if self.registry.remove(watcher, name)
            ]
        )

    def end(self) -> None:
        """Take note that the server ends: what waits fails, and nothing more is sent to it."""
        self.ended = True
        self._fail(ConnectionLostError(f"{self.label} has ended"), for_good=False)

    def _refuse_after_end(self) -> None:
        if self.ended:
            raise ConnectionLostError(f"{self.label} has ended; nothing was sent")

    def _next_serial(self) -> int:
        serial = self._serial + 1
        while serial in self._pending or serial > MAX_SERIAL:
            serial = serial + 1 if serial < MAX_SERIAL else 1
        self._serial = serial
        return serial

    def _packet(self, cmd: int, serial: int, name: str, body: Body) -> bytes:
        sec, usec = self._sec_usec()
        kind, rows, cols, data = body
        start = build(self.order, self.version, serial, sec, usec, cmd, kind, rows, cols, len(data), 0, 0, name)
        return start + data if data else start

    # ---- what comes ----

    def receive(self, messages: deque[SpecMessage]) -> None:
        """Act on messages, oldest first; each is taken away when it is done."""
        take_event, pending = self.registry.take, self._pending
        while messages:
            message = messages[0]
            if message[6] == _EVENT:
                take_event(message)
            elif message[6] == _REPLY:  # what else may come is none of a client's (PROTOCOL.md 2.7)
                if message[3] in pending:
                    self._answer(message)
                elif message.is_error:
                    self._refused(message)
            messages.popleft()

    def _answer(self, message: SpecMessage) -> None:
        promise, ask, _ = self._pending[message[3]]
        self._errors.settled = True
        if ask.capture is not None:
            ask.capture.close()
        if promise.done():  # nobody waits any more
            pass
        elif message[7] == _ERROR or message[11]:  # `message.is_error`, without a call
            error = RemoteError(f"{self.label} refused {told(ask)}: {text_of(message) or 'no reason given'}")
            error.reply = message
            promise.set_exception(error)
        else:
            promise.set_result(message)
        del self._pending[message[3]]

    def _refused(self, message: SpecMessage) -> None:
        if message.sn in self._slots:
            self.refusals[message.sn] = text_of(message) or "no reason given"
            if len(self.refusals) > MAX_SLOTS:
                del self.refusals[next(iter(self.refusals))]

    def forget(self, promise: P) -> None:
        """Wait no more for a reply; it is ignored if it comes after all."""
        for serial, (waiting, _, _) in self._pending.items():
            if waiting is promise:
                del self._pending[serial]
                return

    def expire(self, now: float, seconds: float) -> float:
        """Fail what should have been answered by now, in so many seconds; return the next deadline or `FOR_EVER`."""
        late = [serial for serial, (_, _, deadline) in self._pending.items() if deadline <= now]
        for serial in late:
            promise, ask, _ = self._pending.pop(serial)
            fail(promise, self.too_late(ask, seconds))
        return min((deadline for _, _, deadline in self._pending.values()), default=FOR_EVER)

    def too_late(self, ask: Ask, seconds: float) -> CallTimeoutError:
        """Return the error for what was not answered in time."""
        return CallTimeoutError(f"{self.label} did not answer {told(ask)} within {seconds} s")

    def lose(self, error: ConnectionLostError, *, for_good: bool = False) -> None:
        """Fail all that waits: what has been asked is never answered (PROTOCOL.md 1.8).

        Args:
            error: why.
            for_good: whether nobody connects again: streams that would go on fail as well.

        """
        for watcher in self.registry.watchers():
            if getattr(watcher, "hears_losses", False):
                watcher.put(error)
        self._fail(error, for_good=for_good)

    def _fail(self, error: ConnectionLostError, *, for_good: bool) -> None:
        pending, self._pending = self._pending, {}
        for promise, ask, _ in pending.values():
            fail(promise, ConnectionLostError(f"{error}; {told(ask)} was not answered, and is not sent again"))
        for watcher in self.registry.watchers():
            if isinstance(watcher, Stream) and (for_good or not watcher.lasting):
                watcher.fail(error)
                watcher.close()  # what a server still says while it ends is none of the operation's


class _LastError:
    """The watcher of the property ``error``.

    Attributes:
        settled: whether the server has answered something since we registered. What it told before may be an older
            error; not every server tells that, so what comes first later is news (PROTOCOL.md 5.2).

    """

    def __init__(self) -> None:
        self.count = 0
        self.text = ""
        self.settled = False

    def put(self, change: object) -> None:
        text = getattr(change, "value", "")
        if text and (self.settled or not getattr(change, "first", False)):
            self.count += 1
            self.text = text


class _Farewell:
    """The watcher of ``status/quit``, which a server tells before it closes (PROTOCOL.md 1.8).

    It then stops what runs, and says so. To who waits that is the end of the connection nevertheless: not a motor that
    has stopped short, nor a command that somebody has aborted.
    """

    def __init__(self, session: ClientSession[Any]) -> None:
        self._session = session

    def put(self, change: Change) -> None:
        if change.value and not change.first:
            self._session.end()


def told(ask: Ask | Tell) -> str:
    """Return what a request asks for, for messages."""
    text = bytes(ask.body.data[:80]).split(b"\0")[0].decode(errors="replace")
    verbs = {
        EventTypes.SV_CHAN_READ: "to read",
        EventTypes.SV_CHAN_SEND: "to write",
        EventTypes.SV_REGISTER: "to watch",
    }
    if ask.cmd in verbs:
        return f"{verbs[ask.cmd]} {ask.name!r}"
    return f"the command {text!r}" if text else f"the request {ask.cmd!r}"
