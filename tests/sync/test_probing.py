"""`connect_spec`: finding a server among whatever else listens, over real sockets."""

from __future__ import annotations

import errno
import random
import socket
import struct
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tests.conftest import PATIENCE
from tests.support.packets import ERROR, EVENT, HELLO, HELLO_REPLY, REPLY, Packet

from pycertifspec import EventTypes, LocalProtocolError, ServerNotFoundError, SpecSocket
from pycertifspec.session import discovery
from pycertifspec.sync import probing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.usefixtures("nothing_left_behind")

LOOPBACK = "127.0.0.1"


def greeting(name: bytes = b"fourc", **fields: Any) -> bytes:
    return Packet(**{"cmd": HELLO_REPLY, "sn": 1, "name": name.decode(), "body": name + b"\0", **fields}).encode()


class Listener:
    """Listens on a port and answers each connection in its own way; remembers who came and what they said."""

    def __init__(self, answer: Callable[[socket.socket], None] | None, sock: socket.socket | None = None) -> None:
        self.socket = sock or bound()
        self.socket.listen(50)
        self.port: int = self.socket.getsockname()[1]
        self._answer = answer
        self.heard: list[bytes] = []
        self.connections: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        if answer is not None:  # without an answer the system alone accepts: connected, and mute
            self._accepting = threading.Thread(target=self._accept)
            self._accepting.start()
            self._threads.append(self._accepting)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            connection.settimeout(PATIENCE)
            self.connections.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        assert self._answer is not None
        try:
            self.heard.append(connection.recv(132, socket.MSG_WAITALL))
            self._answer(connection)
        except OSError:
            pass

    def close(self) -> None:
        if self._answer is not None:
            self.socket.shutdown(socket.SHUT_RDWR)
            self._accepting.join(PATIENCE)
        self.socket.close()
        for connection in self.connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()
        for connection in self.connections:
            connection.close()


def bound(port: int = 0, family: int = socket.AF_INET, host: str = LOOPBACK) -> socket.socket:
    sock = socket.socket(family)
    try:
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock


def bound_in_a_row(count: int) -> list[socket.socket]:
    """Take consecutive ports, below those that the system gives out by itself."""
    while True:
        first = random.randrange(15_000, 32_000)  # nothing else will connect from there
        taken: list[socket.socket] = []
        try:
            taken.extend(map(bound, range(first, first + count)))
        except OSError:
            for sock in taken:
                sock.close()
        else:
            return taken


def says(*pieces: bytes) -> Callable[[socket.socket], None]:
    def answer(connection: socket.socket) -> None:
        for piece in pieces:
            connection.sendall(piece)

    return answer


def hangs_up(connection: socket.socket) -> None:
    connection.shutdown(socket.SHUT_RDWR)


def hangs_up_in_the_middle(connection: socket.socket) -> None:
    connection.sendall(greeting()[:130])
    hangs_up(connection)


def resets(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


@pytest.fixture
def listen() -> Iterator[Callable[..., Listener]]:
    """Make listeners that are gone after the test."""
    with ExitStack() as stack:

        def make(answer: Callable[[socket.socket], None] | None, sock: socket.socket | None = None) -> Listener:
            listener = Listener(answer, sock)
            stack.callback(listener.close)
            return listener

        yield make


@pytest.fixture
def refused() -> Iterator[int]:
    """A port that is taken, but where nobody listens."""
    with bound() as sock:
        yield sock.getsockname()[1]


NOT_SERVERS: dict[str, Callable[[socket.socket], None] | None] = {
    "mute": None,
    "hangs up": hangs_up,
    "resets": resets,
    "HTTP": says(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"),
    "SSH": says(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "one wrong byte": says(b"x"),
    "part of an answer": says(greeting()[:60]),
    "hangs up in the middle": hangs_up_in_the_middle,
    "another command": says(Packet(cmd=REPLY, type=ERROR, sn=1, body=b"no\0").encode()),
    "an event first": says(Packet(cmd=EVENT).encode() + greeting()),
    "an echo": says(Packet(cmd=HELLO, sn=1, name="pycertifspec").encode()),
    "a body without end": says(greeting(len=2**32 - 1)),
    "a header without end": says(greeting(size=2**32 - 1)),
}


@pytest.mark.parametrize("kind", NOT_SERVERS)
def test_whatever_else_listens_there_is_passed_over(kind: Any, listen: Any) -> None:
    other, server = listen(NOT_SERVERS[kind]), listen(says(greeting()))

    with SpecSocket() as sock:
        assert sock.connect_spec(LOOPBACK, ports=[other.port, server.port], timeout=0.3) == server.port
        assert sock.getpeername()[1] == server.port


@pytest.mark.parametrize("kind", NOT_SERVERS)
def test_alone_it_is_an_error_that_says_where_it_was_and_how_to_start_spec(kind: Any, listen: Any) -> None:
    other = listen(NOT_SERVERS[kind])

    with SpecSocket() as sock:
        with pytest.raises(ServerNotFoundError, match=rf"no SPEC server found on 127\.0\.0\.1, port {other.port}.*-S"):
            sock.connect_spec(LOOPBACK, port=other.port, port_range=(2, 1), timeout=0.2)
        with pytest.raises(OSError, match="not connected"):
            sock.getpeername()


def test_mute_ports_are_waited_for_together(listen: Any) -> None:
    """The first answers only when the last has been asked: one after the other, it would be too late."""
    row = bound_in_a_row(20)
    last_was_asked = threading.Event()

    def first(connection: socket.socket) -> None:
        if last_was_asked.wait(PATIENCE):
            connection.sendall(greeting())

    server = listen(first, row[0])
    for sock in row[1:-1]:
        listen(None, sock)
    listen(lambda _: last_was_asked.set(), row[-1])

    with SpecSocket() as sock:
        port_range = (row[0].getsockname()[1], row[-1].getsockname()[1])
        assert sock.connect_spec(LOOPBACK, port_range=port_range, timeout=PATIENCE) == server.port


def test_mute_ports_alone_are_given_up(listen: Any) -> None:
    mute = [listen(None, sock) for sock in bound_in_a_row(20)]

    with SpecSocket() as sock, pytest.raises(ServerNotFoundError, match=f"ports {mute[0].port}-{mute[-1].port} "):
        sock.connect_spec(LOOPBACK, port_range=(mute[0].port, mute[-1].port), timeout=0.05)


def test_both_ends_of_the_range_are_tried(listen: Any) -> None:
    row = bound_in_a_row(3)
    with row[0], row[1]:
        server = listen(says(greeting()), row[2])

        with SpecSocket() as sock:
            assert sock.connect_spec(LOOPBACK, port_range=(row[0].getsockname()[1], server.port)) == server.port


def test_port_wins_over_ports_and_ports_over_the_range_even_when_they_are_slower(listen: Any) -> None:
    row = bound_in_a_row(3)
    late = threading.Event()

    def slow(connection: socket.socket) -> None:
        late.wait(PATIENCE)
        connection.sendall(greeting())

    def quick(connection: socket.socket) -> None:
        connection.sendall(greeting())
        late.set()

    third, second, first = listen(quick, row[0]), listen(slow, row[1]), listen(slow, row[2])
    reach = (third.port, third.port)
    with SpecSocket() as sock:
        assert sock.connect_spec(LOOPBACK, first.port, reach, [second.port], PATIENCE) == first.port
        assert sock.server_name == "fourc"
    late.clear()
    with SpecSocket() as sock:
        assert sock.connect_spec(LOOPBACK, None, reach, [second.port], PATIENCE) == second.port
    with SpecSocket() as sock:
        assert sock.connect_spec(LOOPBACK, None, reach, [], PATIENCE) == third.port


def test_a_refused_port_costs_nothing(listen: Any, refused: Any) -> None:
    server = listen(says(greeting()))

    with SpecSocket() as sock:
        assert sock.connect_spec(LOOPBACK, refused, (2, 1), [server.port], timeout=None) == server.port


def test_an_error_at_once_needs_no_timeout(refused: Any, listen: Any) -> None:
    other = listen(NOT_SERVERS["HTTP"])

    with SpecSocket() as sock, pytest.raises(ServerNotFoundError, match="magic number"):
        sock.connect_spec(LOOPBACK, refused, (2, 1), [other.port], timeout=None)


def test_who_is_asked_hears_a_hello(listen: Any) -> None:
    server = listen(says(greeting()))

    with SpecSocket() as sock:
        sock.connect_spec(LOOPBACK, server.port)

    (heard,) = server.heard
    assert heard[:4] == (0xFEEDFACE).to_bytes(4, "little" if heard[0] == 0xCE else "big")
    assert heard[24:28].strip(b"\0") == bytes([HELLO])
    assert heard[52:].rstrip(b"\0") == b"pycertifspec"


@pytest.mark.parametrize("pieces", [1, 7])
def test_an_answer_may_come_in_pieces(listen: Any, pieces: Any) -> None:
    raw = greeting()

    def answer(connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for start in range(0, len(raw), pieces):
            connection.sendall(raw[start : start + pieces])

    server = listen(answer)
    with SpecSocket() as sock:
        assert sock.connect_spec(LOOPBACK, server.port, timeout=PATIENCE) == server.port


def test_what_the_server_says_after_its_greeting_is_not_lost(listen: Any) -> None:
    server = listen(says(greeting() + Packet(cmd=EVENT, name="var/x", body=b"1\0").encode()))

    with SpecSocket() as sock:
        sock.connect_spec(LOOPBACK, server.port)
        sock.settimeout(PATIENCE)
        assert sock.recv_spec().name == "var/x"


def test_a_server_is_found_by_its_process_name(listen: Any) -> None:
    spec, fourc = listen(says(greeting(b"spec"))), listen(says(greeting(b"fourc")))
    unnamed = listen(says(Packet(cmd=HELLO_REPLY, sn=1, type=0).encode()))
    ports = [unnamed.port, spec.port, fourc.port]

    for name, port in (("fourc", fourc.port), ("spec", spec.port), (None, unnamed.port)):
        with SpecSocket() as sock:
            assert sock.connect_spec(LOOPBACK, ports=ports, port_range=(2, 1), name=name) == port
    with SpecSocket() as sock, pytest.raises(ServerNotFoundError, match=r"server named 'psic' found .* is 'spec'"):
        sock.connect_spec(LOOPBACK, ports=ports, port_range=(2, 1), name="psic")


@pytest.mark.parametrize("vers", [2, 3, 4, 6])
@pytest.mark.parametrize("order", ["little", "big"])
def test_the_servers_version_and_byte_order_are_spoken_afterwards(listen: Any, vers: Any, order: Any) -> None:
    heard: list[bytes] = []
    done = threading.Event()

    def answer(connection: socket.socket) -> None:
        connection.sendall(greeting(vers=vers, order=order))
        heard.append(connection.recv(12, socket.MSG_WAITALL))
        done.set()

    server = listen(answer)
    with SpecSocket() as sock:
        sock.connect_spec(LOOPBACK, server.port)
        sock.send_spec(1, EventTypes.SV_CHAN_READ, 2, "var/x")
        assert done.wait(PATIENCE)

    written = min(vers, 4)
    size = {2: 124, 3: 128, 4: 132}[written]
    assert heard[0] == b"".join(n.to_bytes(4, order) for n in (0xFEEDFACE, written, size))


@pytest.mark.parametrize("timeout", [None, 0.0, 2.5])
def test_the_timeout_that_the_caller_had_set_remains(listen: Any, refused: Any, timeout: Any) -> None:
    server = listen(says(greeting()))

    with SpecSocket() as sock:
        sock.settimeout(timeout)
        with pytest.raises(ServerNotFoundError):
            sock.connect_spec(LOOPBACK, refused, (2, 1), timeout=0.3)
        assert sock.gettimeout() == timeout
        sock.connect_spec(LOOPBACK, server.port)
        assert sock.gettimeout() == timeout


def test_a_new_socket_has_no_timeout_afterwards_and_the_limit_that_was_set(listen: Any) -> None:
    server = listen(says(greeting()))

    with SpecSocket() as sock:
        sock.max_body = 99
        sock.connect_spec(LOOPBACK, server.port)

        assert sock.gettimeout() is None
        assert sock.max_body == 99
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert not sock.get_inheritable()


def test_the_same_object_can_try_again_as_often_as_it_likes(listen: Any, refused: Any) -> None:
    mute = listen(None)
    with SpecSocket() as sock:
        for _ in range(5):
            with pytest.raises(ServerNotFoundError):
                sock.connect_spec(LOOPBACK, refused, (2, 1), [mute.port], timeout=0.05)
        server = listen(says(greeting()))
        assert sock.connect_spec(LOOPBACK, server.port) == server.port


def test_a_connected_socket_does_not_connect_again_and_stays_connected(listen: Any) -> None:
    server = listen(says(greeting(), Packet(name="var/x").encode()))
    with SpecSocket() as sock:
        sock.connect_spec(LOOPBACK, server.port)
        with pytest.raises(OSError, match="use a new SpecSocket") as caught:
            sock.connect_spec(LOOPBACK, server.port)
        assert caught.value.errno == errno.EISCONN
        assert sock.recv_spec().name == "var/x"


def test_a_closed_socket_does_not_connect() -> None:
    sock = SpecSocket()
    sock.close()

    with pytest.raises(OSError, match="Bad file descriptor"):
        sock.connect_spec(LOOPBACK, 6510)


def test_a_port_that_is_none_is_refused_without_a_packet() -> None:
    with SpecSocket() as sock, pytest.raises(LocalProtocolError, match="no port number"):
        sock.connect_spec(LOOPBACK, 0)


def test_a_host_that_is_not_known_is_told() -> None:
    with (
        SpecSocket() as sock,
        pytest.raises(ServerNotFoundError, match=r"the host 'no\.such\.host\.invalid' is not known"),
    ):
        sock.connect_spec("no.such.host.invalid", 6510, (2, 1), timeout=0.2)


@contextmanager
def names(monkeypatch: pytest.MonkeyPatch, *addresses: tuple[int, tuple[str | int, ...]]) -> Iterator[None]:
    """Let the host `lab` have these addresses, in this order."""
    known = [(family, socket.SOCK_STREAM, 6, "", address) for family, address in addresses]
    with monkeypatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", lambda host, *_args, **_more: known if host == "lab" else [])
        yield


def test_a_name_with_several_addresses_is_tried_on_all_of_them(listen: Any, monkeypatch: Any) -> None:
    server = listen(says(greeting()))
    v6, other, v4 = (
        (socket.AF_INET6, ("::1", 0, 0, 0)),
        (socket.AF_INET, ("127.0.0.2", 0)),
        (socket.AF_INET, (LOOPBACK, 0)),
    )

    with names(monkeypatch, v6, other, v4), SpecSocket() as sock:
        assert sock.connect_spec("lab", server.port, timeout=1) == server.port
        assert sock.family == socket.AF_INET


def test_ipv6_comes_first_where_the_resolver_says_so(listen: Any, monkeypatch: Any) -> None:
    v4 = listen(says(greeting(b"four")))
    v6 = listen(says(greeting(b"six")), bound(v4.port, socket.AF_INET6, "::1"))
    addresses = [(socket.AF_INET6, ("::1", 0, 0, 0)), (socket.AF_INET, (LOOPBACK, 0))]

    for order in (addresses, addresses[::-1]):
        with names(monkeypatch, *order), SpecSocket() as sock:
            assert sock.connect_spec("lab", v6.port) == v6.port
            assert sock.family == order[0][0]


def test_a_port_comes_before_the_next_address() -> None:
    assert [address.port for address in probing.resolve(LOOPBACK, [7, 5])] == [7, 5]


def test_an_address_of_a_kind_that_this_machine_has_not_is_passed_over(listen: Any, monkeypatch: Any) -> None:
    server = listen(says(greeting()))

    with names(monkeypatch, (socket.AF_PACKET, ("lo", 0)), (socket.AF_INET, (LOOPBACK, 0))), SpecSocket() as sock:
        assert sock.connect_spec("lab", server.port) == server.port


@pytest.mark.parametrize(
    "address",
    [(socket.AF_PACKET, ("lo", 0)), (socket.AF_INET, ("255.255.255.255", 0))],
    ids=["no such socket", "no way"],
)
def test_where_no_address_can_be_reached_it_is_told_at_once(monkeypatch: Any, address: Any) -> None:
    with (
        names(monkeypatch, address),
        SpecSocket() as sock,
        pytest.raises(ServerNotFoundError, match="ports 6510-6530 "),
    ):
        sock.connect_spec("lab", timeout=None)


def test_more_ports_than_may_be_asked_at_once_are_asked_in_turns(listen: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(discovery, "MAX_PROBES", 3)
    mute = [listen(None) for _ in range(7)]
    server = listen(says(greeting()))

    with SpecSocket() as sock:
        ports = [*(listener.port for listener in mute), server.port]
        assert sock.connect_spec(LOOPBACK, ports=ports, timeout=0.1) == server.port


def test_none_as_timeout_waits_until_the_server_answers(listen: Any) -> None:
    asked, answer_now = threading.Event(), threading.Event()

    def answer(connection: socket.socket) -> None:
        asked.set()
        answer_now.wait(PATIENCE)
        connection.sendall(greeting())

    def let_it_answer() -> None:
        assert asked.wait(PATIENCE)
        answer_now.set()

    server = listen(answer)
    other = threading.Thread(target=let_it_answer)
    other.start()
    with SpecSocket() as sock:
        assert sock.connect_spec(LOOPBACK, server.port, (2, 1), timeout=None) == server.port
    other.join(PATIENCE)


def test_the_time_of_sending_has_microseconds_below_one_million() -> None:
    for _ in range(100):
        sec, usec = probing.sec_usec()
        assert 0 <= usec < 1_000_000
        assert abs(sec + usec / 1e6 - time.time()) < 1


def test_a_programs_own_class_becomes_the_connection(listen: Any) -> None:
    class Mine(SpecSocket):
        pass

    server = listen(says(greeting()))
    with Mine() as sock:
        sock.connect_spec(LOOPBACK, server.port)
        assert type(sock) is Mine


# ---- arguments that cannot be right


@pytest.mark.parametrize(
    "timeout", [float("nan"), 0, -1, -float("inf"), "1", b"1", [1], 1j, np.array([1, 2])], ids=repr
)
def test_a_timeout_that_is_no_time_is_refused_at_once(timeout: Any) -> None:
    with SpecSocket() as sock, pytest.raises(LocalProtocolError, match=r"the timeout is .*, expected seconds above 0"):
        sock.connect_spec(LOOPBACK, timeout=timeout)


@pytest.mark.parametrize("timeout", [None, float("inf"), 1e300, 1e9, 1e7, 10**400, np.float32(5), np.int64(5), True])
def test_however_long_it_may_take_a_server_is_found(listen: Any, timeout: Any) -> None:
    server = listen(says(greeting()))

    with SpecSocket() as sock:
        assert sock.connect_spec(LOOPBACK, server.port, None, timeout=timeout) == server.port


def test_a_wait_longer_than_the_system_counts_is_made_of_several(listen: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(probing, "LONGEST_WAIT", 0.005)
    asked = threading.Event()

    def late(connection: socket.socket) -> None:
        asked.wait(0.05)
        connection.sendall(greeting())

    server = listen(late)
    with SpecSocket() as sock:
        assert sock.connect_spec(LOOPBACK, server.port, None, timeout=1e9) == server.port


@pytest.mark.parametrize("host", ["a" * 64 + ".x", "x..y", ".", "a\0b", "é" * 70], ids=repr)
def test_a_host_that_cannot_be_a_name_is_not_known(host: Any) -> None:
    with SpecSocket() as sock, pytest.raises(ServerNotFoundError, match="is not known"):
        sock.connect_spec(host)


@pytest.mark.parametrize("host", [None, 5, b"localhost"])
def test_a_host_that_is_no_text_is_refused(host: Any) -> None:
    with SpecSocket() as sock, pytest.raises(TypeError, match="cannot look for a server: the host is") as caught:
        sock.connect_spec(host)
    assert isinstance(caught.value, LocalProtocolError)


def test_a_socket_that_listens_is_not_connected_and_goes_on_listening() -> None:
    with SpecSocket() as sock:
        sock.bind((LOOPBACK, 0))
        sock.listen()
        address = sock.getsockname()
        with pytest.raises(OSError, match="this socket listens for others; use a new SpecSocket"):
            sock.connect_spec(LOOPBACK)
        assert sock.getsockname() == address


def test_a_socket_that_speaks_no_tcp_is_not_connected() -> None:
    with SpecSocket(type=socket.SOCK_DGRAM) as sock, pytest.raises(OSError, match=r"SPEC speaks TCP.*SOCK_DGRAM"):
        sock.connect_spec(LOOPBACK)
