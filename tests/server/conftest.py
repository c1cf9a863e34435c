"""Servers on free ports of the loopback, clients that speak any version and byte order, and things to publish."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Any

import pytest

from pycertifspec.server import Application, ServerThread
from pycertifspec.session import properties
from pycertifspec.SpecSocket import SpecSocket
from pycertifspec.wire import header, values
from pycertifspec.wire.constants import DataTypes, EventTypes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pycertifspec.SpecSocket import SpecMessage
    from pycertifspec.wire.constants import ByteOrder

TIMEOUT = 10.0  # seconds; whatever takes longer has failed


class Peer:
    """A client: sends single packets, and keeps the events that come before what it waits for."""

    def __init__(self, port: int, *, version: int = 4, order: ByteOrder = "little") -> None:
        self.version, self.order = version, order
        self.events: deque[SpecMessage] = deque()
        self.socket = SpecSocket()
        self.socket.settimeout(TIMEOUT)
        try:
            self.socket.connect(("127.0.0.1", port))
        except OSError:
            self.socket.close()
            raise
        self._sn = 0

    def packet(self, cmd: int, name: str = "", value: Any = None, sn: int = 0, type: int | None = None) -> bytes:  # noqa: A002
        """Return a packet whose body is a value, or bytes as they are."""
        if value is None or isinstance(value, bytes):
            body = values.Body(DataTypes.SV_STRING if type is None else type, 0, 0, value or b"")
        else:
            body = values.encode(value, self.order)
        sizes = body.rows, body.cols, len(body.data), 0, 0
        return header.build(self.order, self.version, sn, 0, 0, cmd, body.type, *sizes, name) + body.data

    def send(self, cmd: int, name: str = "", value: Any = None, sn: int = 0, **how: Any) -> None:
        self.socket.sendall(self.packet(cmd, name, value, sn, **how))

    def receive(self) -> SpecMessage:
        return self.socket.recv_spec()

    def reply(self, sn: int) -> SpecMessage:
        """Wait for the answer to a request."""
        while True:
            message = self.receive()
            if message.cmd in (EventTypes.SV_REPLY, EventTypes.SV_HELLO_REPLY):
                assert message.sn == sn, message
                return message
            assert message.cmd == EventTypes.SV_EVENT, message
            assert message.sn == 0
            self.events.append(message)

    def ask(self, cmd: int, name: str = "", value: Any = None, **how: Any) -> SpecMessage:
        """Send a request and wait for its answer."""
        self._sn += 1
        self.send(cmd, name, value, self._sn, **how)
        return self.reply(self._sn)

    def read(self, name: str) -> Any:
        """Return a property's value; it must have one."""
        message = self.ask(EventTypes.SV_CHAN_READ, name)
        assert not message.is_error, message
        assert message.name == name
        return values.decode(message)

    def refused(self, cmd: int, name: str = "", value: Any = None) -> str:
        """Return the text of the answer that says no."""
        message = self.ask(cmd, name, value)
        assert message.is_error, message
        assert message.type == DataTypes.SV_ERROR
        return values.text_of(message)

    def write(self, name: str, value: Any = None) -> None:
        self.send(EventTypes.SV_CHAN_SEND, name, value)

    def watch(self, name: str) -> Any:
        """Register, and return what the first event tells."""
        self.send(EventTypes.SV_REGISTER, name)
        return self.event(name)

    def call(self, *items: str) -> Any:
        """Call a function with NUL-separated items and return its value."""
        message = self.ask(EventTypes.SV_FUNC_WITH_RETURN, "", "\0".join(items).encode() + b"\0")
        assert not message.is_error, message
        return values.decode(message)

    def command(self, text: str) -> Any:
        """Execute a command text and return its value."""
        message = self.ask(EventTypes.SV_CMD_WITH_RETURN, "", text)
        assert not message.is_error, message
        return values.decode(message)

    def next_event(self) -> SpecMessage:
        """Return the oldest event that was not looked at, or wait for one."""
        if self.events:
            return self.events.popleft()
        message = self.receive()
        assert message.cmd == EventTypes.SV_EVENT, message
        return message

    def event(self, name: str) -> Any:
        """Return the value of the next event, which is of this property."""
        message = self.next_event()
        assert message.name == name, message
        return values.decode(message)

    def events_until(self, name: str, value: Any) -> list[tuple[str, Any]]:
        """Return the events up to that of a property with a value."""
        told: list[tuple[str, Any]] = []
        while not told or told[-1] != (name, value):
            message = self.next_event()
            told.append((message.name, values.decode(message)))
        return told

    def nothing_more(self) -> None:
        """Check that no event has come; what was requested before has been acted on."""
        self.read(properties.QUIT)
        assert not self.events, self.events

    def gone(self) -> bool:
        """Wait for the end of the connection; what still comes is taken."""
        try:
            while self.socket.recv(1 << 20):
                pass
        except ConnectionError:
            pass
        return True

    def close(self) -> None:
        self.socket.close()


class Stage:
    """A motor that moves when the test says so."""

    def __init__(self, position: float = 0.0) -> None:
        self.position = position
        self.moving = False
        self.target = position
        self.stopped = 0

    def move(self, target: float) -> None:
        self.target, self.moving = target, True

    def stop(self) -> None:
        self.stopped += 1
        self.moving = False

    def finish(self) -> None:
        self.position = self.target
        self.moving = False


class Scaler:
    """A counter whose value is what the test says."""

    def __init__(self) -> None:
        self.value = 0.0
        self.counting = False

    def start(self) -> None:
        self.value, self.counting = 0.0, True

    def stop(self) -> None:
        self.counting = False


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture
def new_scaler() -> type[Scaler]:
    return Scaler


@pytest.fixture
def application() -> Application:
    return Application("lab")


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    left = set(threading.enumerate()) - before
    assert not left, left


@pytest.fixture
def serve() -> Iterator[Callable[..., ServerThread]]:
    """Serve an application until the test's end, on a free port unless it says otherwise."""
    servers: list[ServerThread] = []

    def serve(application: Application, **how: Any) -> ServerThread:
        server = ServerThread(application, **{"port": 0, **how})
        servers.append(server)
        return server.start()

    yield serve
    for server in servers:
        server.stop()


@pytest.fixture
def connect() -> Iterator[Callable[..., Peer]]:
    """Connect a client to a server until the test's end."""
    peers: list[Peer] = []

    def connect(server: ServerThread | int, **how: Any) -> Peer:
        peer = Peer(server if isinstance(server, int) else server.port, **how)
        peers.append(peer)
        return peer

    yield connect
    for peer in peers:
        peer.close()


@pytest.fixture
def client(
    application: Application, serve: Callable[..., ServerThread], connect: Callable[..., Peer]
) -> Callable[..., Peer]:
    """Serve the application when first called; connect one more client each time."""
    server: list[ServerThread] = []

    def client(**how: Any) -> Peer:
        options = how.pop("server", {})
        if not server:
            server.append(serve(application, **options))
        return connect(server[0], **how)

    return client
