"""A recorded conversation through a relay that chops, stalls and cuts it, at every byte and in both directions."""

from __future__ import annotations

import queue
import threading
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tests.conftest import PATIENCE

from pycertifspec import (
    CallTimeoutError,
    ConnectionLostError,
    DataTypes,
    EventTypes,
    ServerNotFoundError,
    SpecMessage,
    SpecSocket,
)
from pycertifspec.testing import Plan, Relay

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.usefixtures("nothing_left_behind")

TEXT, ERROR, ASSOC = DataTypes.SV_STRING, DataTypes.SV_ERROR, DataTypes.SV_ASSOC
MATRIX = np.array([[1, 2, 3], [4.5, -5, 0.1]])
AT_ONCE = 2.0  # seconds: far above what a cut takes to be noticed, far below any timeout in these tests

# What the server says to each request of the client: type, name, body, rows, cols.
ANSWERS: dict[str, tuple[int, Any, int, int]] = {
    "motor/tth/position": (TEXT, b"25.000001373291\0", 0, 0),
    "var/x": (ASSOC, b"one\0now\0three\x1c0\0time\0\0", 0, 0),
    "var/arr": (DataTypes.SV_ARR_DOUBLE, MATRIX, 2, 3),
    "var/nope": (ERROR, b"no such variable\0", 0, 0),
}


def serve(server: SpecSocket) -> None:
    """The server's part: answer what is asked until the client closes."""
    while True:
        asked = server.recv_spec()
        if asked.cmd == EventTypes.SV_CLOSE:
            return
        if asked.cmd == EventTypes.SV_HELLO:
            server.send_spec(asked.sn, EventTypes.SV_HELLO_REPLY, TEXT, "fourc", b"fourc\0")
        elif asked.cmd == EventTypes.SV_REGISTER:
            server.send_spec(0, EventTypes.SV_EVENT, TEXT, asked.name, b"1\0")
        else:
            kind, body, rows, cols = ANSWERS[asked.name]
            server.send_spec(asked.sn, EventTypes.SV_REPLY, kind, asked.name, body, kind == ERROR, [], rows, cols)


def converse(client: SpecSocket) -> list[SpecMessage]:
    """The client's part: say hello, read, watch; return what the server said but for the times."""
    got = []
    client.send_spec(1, EventTypes.SV_HELLO, TEXT, "test")
    got.append(client.recv_spec())
    for serial, name in enumerate(ANSWERS, 2):
        client.send_spec(serial, EventTypes.SV_CHAN_READ, TEXT, name)
        got.append(client.recv_spec())
    client.send_spec(0, EventTypes.SV_REGISTER, TEXT, "motor/tth/move_done")
    got.append(client.recv_spec())
    client.send_spec(0, EventTypes.SV_CLOSE, 0)
    return [message._replace(sec=0, usec=0) for message in got]


class Server:
    """Serves one client after the other; how each conversation ended is in `ends`."""

    def __init__(self) -> None:
        self._listener = SpecSocket()
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(50)
        self.address = self._listener.getsockname()
        self.ends: queue.Queue[BaseException | None] = queue.Queue()
        self._closing = False
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            with connection:
                if self._closing:
                    return
                connection.settimeout(PATIENCE)
                try:
                    serve(connection)
                except BaseException as error:  # noqa: BLE001  the test looks at it
                    self.ends.put(error)
                else:
                    self.ends.put(None)

    def close(self) -> None:
        self._closing = True
        with SpecSocket() as last:
            last.connect(self.address)
            self._thread.join(PATIENCE)
        assert not self._thread.is_alive()
        self._listener.close()


@pytest.fixture
def server(nothing_left_behind: None) -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


@pytest.fixture
def relay(server: Server) -> Iterator[Relay]:
    with Relay(*server.address) as relay:
        yield relay


def connected(address: tuple[str, int]) -> SpecSocket:
    client = SpecSocket()
    client.settimeout(PATIENCE)
    try:
        client.connect(address)
    except BaseException:
        client.close()
        raise
    return client


@pytest.fixture
def recorded(server: Server) -> list[SpecMessage]:
    """What the server says when nothing is in between."""
    with connected(server.address) as client:
        got = converse(client)
    assert server.ends.get(timeout=PATIENCE) is None
    return got


def lengths(recorded: list[SpecMessage]) -> dict[str, int]:
    return {"up": 132 * (len(recorded) + 1), "down": sum(message.size + message.len for message in recorded)}


def test_the_recorded_conversation_has_every_kind_of_message(recorded: Any) -> None:
    assert [message.type for message in recorded] == [2, 2, 4, 5, 3, 2]
    assert recorded[0].body == "fourc"
    assert recorded[3].body == MATRIX.tobytes()
    assert recorded[4].is_error
    assert recorded[5].cmd == EventTypes.SV_EVENT


@pytest.mark.parametrize("reset", [False, True], ids=["close", "reset"])
@pytest.mark.parametrize("direction", ["up", "down"])
def test_a_cut_at_every_byte_is_a_lost_connection_at_once_at_both_ends(
    server: Any, relay: Any, recorded: Any, direction: Any, reset: Any
) -> None:
    whole = lengths(recorded)[direction]
    slowest = 0.0
    for offset in range(whole):
        relay.plan = Plan(cut=(direction, offset), reset=reset)
        begin = time.monotonic()
        try:
            with connected((relay.host, relay.port)) as client:
                converse(client)
                # What the client says last is not answered: it learns of the end when it asks again.
                assert direction == "up"
                assert offset >= whole - 132
                client.recv_spec()
        except ConnectionLostError:
            pass
        except ConnectionResetError:
            assert offset == 0, "the system itself may tell of a reset before a byte has passed, in connect()"
        else:
            pytest.fail(f"a cut after byte {offset} went unnoticed by the client")
        end = server.ends.get(timeout=PATIENCE)
        slowest = max(slowest, time.monotonic() - begin)
        assert isinstance(end, ConnectionLostError), f"cut after byte {offset}: the server saw {end!r}"
    assert slowest < AT_ONCE


@pytest.mark.parametrize("direction", ["up", "down"])
def test_a_cut_after_the_last_byte_cuts_nothing(server: Any, relay: Any, recorded: Any, direction: Any) -> None:
    relay.plan = Plan(cut=(direction, lengths(recorded)[direction]))
    with connected((relay.host, relay.port)) as client:
        if direction == "up":
            assert converse(client) == recorded
            assert server.ends.get(timeout=PATIENCE) is None
        else:
            with pytest.raises(ConnectionLostError):
                converse(client)
                client.recv_spec()


@pytest.mark.parametrize("reset", [False, True], ids=["close", "reset"])
@pytest.mark.parametrize("direction", ["up", "down"])
def test_a_greeting_that_is_cut_is_no_server_at_once(server: Any, relay: Any, direction: Any, reset: Any) -> None:
    for offset in range(132 if direction == "up" else 138):
        relay.plan = Plan(cut=(direction, offset), reset=reset)
        begin = time.monotonic()
        with SpecSocket() as client, pytest.raises(ServerNotFoundError):
            client.connect_spec("127.0.0.1", relay.port, (2, 1), timeout=PATIENCE)
        assert time.monotonic() - begin < AT_ONCE


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 131, 133])
def test_chopped_traffic_gives_equal_messages(server: Any, relay: Any, recorded: Any, piece: Any) -> None:
    relay.plan = Plan(piece=piece)

    with connected((relay.host, relay.port)) as client:
        assert converse(client) == recorded

    assert server.ends.get(timeout=PATIENCE) is None


def test_delayed_traffic_gives_equal_messages(server: Any, relay: Any, recorded: Any) -> None:
    relay.plan = Plan(piece=100, pause=0.005)

    with connected((relay.host, relay.port)) as client:
        assert converse(client) == recorded


@pytest.mark.parametrize("direction", ["up", "down"])
def test_a_stall_at_any_byte_is_a_timeout_that_loses_nothing(
    server: Any, relay: Any, recorded: Any, direction: Any
) -> None:
    for offset in range(0, lengths(recorded)[direction] - 132, 41):
        with (
            Relay(server.address[0], server.address[1], Plan(stall=(direction, offset))) as stalling,
            connected((stalling.host, stalling.port)) as client,
        ):
            resumed = threading.Event()

            def receive(
                client: SpecSocket = client, stalling: Relay = stalling, resumed: threading.Event = resumed
            ) -> SpecMessage:
                client.settimeout(0.01)
                end = time.monotonic() + PATIENCE
                while True:
                    try:
                        return SpecSocket.recv_spec(client)
                    except CallTimeoutError:
                        # On a slow machine an answer may be late without having come to the stall.
                        assert time.monotonic() < end
                        if not resumed.is_set() and stalling.wait_until_stalled(0):
                            stalling.resume()
                            resumed.set()

            client.recv_spec = receive  # type: ignore[method-assign]
            assert converse(client) == recorded
            assert resumed.is_set()
            assert server.ends.get(timeout=PATIENCE) is None


def test_a_relay_without_a_server_behind_it_hangs_up(nothing_left_behind: Any) -> None:
    import socket

    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        with (
            Relay(*nobody.getsockname()) as relay,
            connected((relay.host, relay.port)) as client,
            pytest.raises(ConnectionLostError),
        ):
            client.recv_spec()


def test_large_messages_pass_in_both_directions_at_once(nothing_left_behind: Any) -> None:
    body = bytes(3_000_000)
    with SpecSocket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        with Relay(*listener.getsockname()) as relay, connected((relay.host, relay.port)) as client:
            server, _ = listener.accept()
            with server:
                threads = [
                    threading.Thread(target=end.send_spec, args=(1, 13, DataTypes.SV_ARR_UCHAR, "var/x", body))
                    for end in (client, server)
                ]
                for thread in threads:
                    thread.start()
                server.settimeout(PATIENCE)
                received: list[Any] = []
                other = threading.Thread(target=lambda: received.append(server.recv_spec()))
                other.start()
                assert client.recv_spec().body == body
                for thread in (*threads, other):
                    thread.join(PATIENCE)
                assert received[0].body == body


def test_a_way_that_stalls_tells_neither_end_and_goes_on_where_it_was(server: Any, relay: Any) -> None:
    with connected((relay.host, relay.port)) as client:
        client.send_spec(1, EventTypes.SV_HELLO, TEXT, "test")
        assert client.recv_spec().body == "fourc"

        relay.stall()
        client.send_spec(2, EventTypes.SV_CHAN_READ, TEXT, "motor/tth/position")
        client.settimeout(0.05)
        with pytest.raises(CallTimeoutError):
            client.recv_spec()
        relay.resume()

        client.settimeout(PATIENCE)
        assert client.recv_spec().sn == 2
        client.send_spec(0, EventTypes.SV_CLOSE, 0)
    assert server.ends.get(timeout=PATIENCE) is None
