"""`Relay`: stands between a client and a server, and chops, delays, stalls and cuts what goes through it."""

from __future__ import annotations

import contextlib
import selectors
import socket
import struct
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from typing import Self

Direction = Literal["up", "down"]  # up: from the client to the server

_CONNECT_TIME = 5.0  # seconds that the server may take to accept
_FULL = 1 << 16  # bytes that wait in one direction before no more are read


@dataclass(frozen=True)
class Plan:
    """What is done to a connection; by default nothing.

    Attributes:
        piece: bytes that are passed on at a time; 0 for as many as there are.
        pause: seconds between two pieces.
        stall: direction, and after how many bytes nothing more is passed on until `Relay.resume`.
        cut: direction, and after how many bytes both connections end.
        reset: whether they end with a reset (RST) in place of a close (FIN).

    """

    piece: int = 0
    pause: float = 0.0
    stall: tuple[Direction, int] | None = None
    cut: tuple[Direction, int] | None = None
    reset: bool = False


class _Way:
    """One direction of a connection."""

    def __init__(self, plan: Plan, direction: Direction, source: socket.socket, sink: socket.socket) -> None:
        self.source, self.sink = source, sink
        self.waiting = bytearray()
        self.ended = False  # the source has said its last
        self.passed = 0
        self.next_time = 0.0
        self._plan = plan
        self.cut_at = plan.cut[1] if plan.cut and plan.cut[0] == direction else None
        self.stall_at = plan.stall[1] if plan.stall and plan.stall[0] == direction else None

    @property
    def stalled(self) -> bool:
        return self.stall_at is not None and self.passed >= self.stall_at

    @property
    def cut(self) -> bool:
        return self.cut_at is not None and self.passed >= self.cut_at

    def ready(self, now: float) -> bool:
        return bool(self.waiting) and not self.stalled and now >= self.next_time

    def read(self) -> None:
        data = self.source.recv(_FULL)
        self.waiting += data
        self.ended = not data

    def write(self, now: float) -> None:
        size = min(len(self.waiting), self._plan.piece or _FULL)
        for limit in (self.cut_at, self.stall_at):
            if limit is not None:
                size = min(size, limit - self.passed)
        count = self.sink.send(self.waiting[:size])
        del self.waiting[:count]
        self.passed += count
        self.next_time = now + self._plan.pause


class _Connection:
    """A client, the server, and both directions between them."""

    def __init__(self, client: socket.socket, server: socket.socket, plan: Plan) -> None:
        self.sockets = client, server
        self.ways = (_Way(plan, "up", client, server), _Way(plan, "down", server, client))
        self._plan = plan
        for sock in self.sockets:
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def interests(self, now: float) -> dict[socket.socket, int]:
        wanted = dict.fromkeys(self.sockets, 0)
        for way in self.ways:
            if not way.ended and not way.stalled and len(way.waiting) < _FULL:
                wanted[way.source] |= selectors.EVENT_READ
            if way.ready(now):
                wanted[way.sink] |= selectors.EVENT_WRITE
        return {sock: events for sock, events in wanted.items() if events}

    def step(self, events: dict[socket.socket, int], now: float) -> bool:
        """Move bytes; return whether the connection goes on."""
        try:
            for way in self.ways:
                if events.get(way.source, 0) & selectors.EVENT_READ and not way.stalled:
                    way.read()
                if events.get(way.sink, 0) & selectors.EVENT_WRITE and way.ready(now):
                    way.write(now)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return not any(way.cut or (way.ended and not way.waiting) for way in self.ways)

    def close(self) -> None:
        for sock in self.sockets:
            if self._plan.reset:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            else:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_WR)
            sock.close()


class Relay:
    """Passes on what goes between clients and one server, by the plan of the moment a client connects.

    It listens from the start on a free port of the loopback; `close` it, or use it in a ``with`` block. The server
    need not be there before a client connects: without it, the client is hung up on.

    Args:
        host: where the server listens.
        port: its port.
        plan: what is done to the next connections.

    Attributes:
        plan: may be replaced at any time; connections keep the one that they began with.
        host: where clients are to connect.
        port: the port for them.

    """

    def __init__(self, host: str, port: int, plan: Plan | None = None) -> None:
        self.plan = plan or Plan()
        self._target = host, port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setblocking(False)
        self.host, self.port = self._listener.getsockname()[:2]
        self._wake_up, self._woken = socket.socketpair()
        self._closing = threading.Event()
        self._resuming = threading.Event()
        self._cutting = threading.Event()
        self._stalled = threading.Event()
        self._stalling = threading.Event()
        self._connections: list[_Connection] = []
        self._thread = threading.Thread(target=self._run, name="relay")
        self._thread.start()

    @property
    def address(self) -> str:
        """Where clients are to connect, as ``host:port``."""
        return f"{self.host}:{self.port}"

    def wait_until_stalled(self, timeout: float) -> bool:
        """Wait until a connection has come to the byte where its plan stalls; False if not in `timeout` seconds."""
        return self._stalled.wait(timeout)

    def stall(self) -> None:
        """Pass on nothing more, in either direction, on the connections of this moment until `resume`.

        What is sent after this has returned does not pass. Neither end is told: each thinks that the other is there.
        """
        self._stalling.set()
        self._wake_up.send(b"x")

    def resume(self) -> None:
        """Let connections that stall go on, without another stall."""
        self._resuming.set()
        self._wake_up.send(b"x")

    def cut(self) -> None:
        """End all connections of this moment, in the way that their plans say; new ones are taken in."""
        self._cutting.set()
        self._wake_up.send(b"x")

    def close(self) -> None:
        """End all connections and the relay."""
        self._closing.set()
        self._wake_up.send(b"x")
        self._thread.join()
        for sock in (self._listener, self._wake_up, self._woken):
            sock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self) -> None:
        while not self._closing.is_set():
            events = self._wait()
            if events.pop(self._woken, 0):
                self._woken.recv(100)
            if events.pop(self._listener, 0):
                self._accept()
            for asked, limit in ((self._stalling, 0), (self._resuming, None)):
                if asked.is_set():
                    asked.clear()
                    for way in (way for connection in self._connections for way in connection.ways):
                        way.stall_at = limit
            now, cutting = time.monotonic(), self._cutting.is_set()
            self._cutting.clear()
            for connection in [c for c in self._connections if cutting or not c.step(events, now)]:
                self._connections.remove(connection)
                connection.close()
            if any(way.stalled for connection in self._connections for way in connection.ways):
                self._stalled.set()
        for connection in self._connections:
            connection.close()

    def _wait(self) -> dict[socket.socket, int]:
        now = time.monotonic()
        times = [way.next_time - now for c in self._connections for way in c.ways if way.waiting and not way.stalled]
        wait = min((max(0.0, left) for left in times if left > 0), default=None)
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            for connection in self._connections:
                for sock, events in connection.interests(now).items():
                    selector.register(sock, events)
            return {key.fileobj: events for key, events in selector.select(wait)}  # type: ignore[misc]

    def _accept(self) -> None:
        client, _ = self._listener.accept()
        try:
            server = socket.create_connection(self._target, timeout=_CONNECT_TIME)
        except OSError:
            client.close()
            return
        connection = _Connection(client, server, self.plan)
        if any(way.cut for way in connection.ways):
            connection.close()
        else:
            self._connections.append(connection)
