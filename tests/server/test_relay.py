"""The relay and the replay, over real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
import sys
from typing import TYPE_CHECKING, Any, Self

import pytest

from pycertifspec.errors import LocalProtocolError, RemoteError, ServerNotFoundError
from pycertifspec.server import Application, ServerThread
from pycertifspec.server.relay import Relay
from pycertifspec.server.replay import ReplayServer
from pycertifspec.SpecSocket import SpecSocket
from pycertifspec.traffic.refusing import refuse_changes
from pycertifspec.traffic.replaying import conversations
from pycertifspec.wire import header, values
from pycertifspec.wire.constants import DataTypes, EventTypes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pycertifspec.traffic.passing import Passing

PATIENCE = 10.0

pytestmark = pytest.mark.usefixtures("nothing_left_behind")


@pytest.fixture
def application() -> Iterator[tuple[Application, int]]:
    application = Application("fourc")
    application.publish("var/x", 1.5, writable=True)
    application.publish("var/profile", [1.0, 2.0, 3.0])
    with ServerThread(application, port=0) as server:
        yield application, server.port


class Client:
    """A SpecSocket, one question at a time."""

    def __init__(self, port: int) -> None:
        self.spec = SpecSocket()
        self.spec.settimeout(PATIENCE)
        self.spec.connect(("127.0.0.1", port))
        self.events: list[tuple[str, Any]] = []
        self._number = 0

    def ask(self, command: EventTypes, name: str, body: bytes = b"") -> Any:
        self._number += 1
        self.spec.send_spec(self._number, command, DataTypes.SV_STRING, name, body)
        while (message := self.spec.recv_spec()).sn != self._number:
            self.events.append((message.name, message.body))
        if message.is_error:
            raise RemoteError(values.text_of(message))
        return values.decode(message)

    def read(self, name: str) -> Any:
        return self.ask(EventTypes.SV_CHAN_READ, name)

    def send(self, command: EventTypes, name: str, body: bytes = b"") -> None:
        self.spec.send_spec(0, command, DataTypes.SV_STRING, name, body)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.spec.close()


def in_thread(work: Callable[[], Any]) -> Any:
    return asyncio.wait_for(asyncio.to_thread(work), 60)


class Heard:
    """What a relay's clients said, until so many directions have closed."""

    def __init__(self, closes: int) -> None:
        self.seen: list[Passing] = []
        self._closes = closes
        self._closed = asyncio.Event()

    def hear(self, passing: Passing) -> None:
        self.seen.append(passing)
        self._closes -= passing.note == "closes"
        if not self._closes:
            self._closed.set()

    async def all(self) -> list[Passing]:
        async with asyncio.timeout(PATIENCE):
            await self._closed.wait()
        return self.seen


def session(port: int) -> list[Any]:
    with Client(port) as client:
        found = [client.ask(EventTypes.SV_HELLO, "test"), client.read("var/x")]
        client.send(EventTypes.SV_REGISTER, "var/x")
        client.send(EventTypes.SV_CHAN_SEND, "var/x", b"2.5\0")
        found += [client.read("var/x"), client.read("var/profile").tolist(), client.events]
        with contextlib.suppress(RemoteError):
            client.read("var/none")
            found.append("no error")
        return found


SESSION = ["fourc", "1.5", "2.5", [1.0, 2.0, 3.0], [("var/x", "1.5"), ("var/x", "2.5")]]


def heard(port: int, work: Callable[[int], Any], closes: int = 2) -> list[Passing]:
    async def main() -> list[Passing]:
        heard = Heard(closes)
        async with Relay("127.0.0.1", port, look=heard.hear, listen=0) as relay:
            await in_thread(lambda: work(relay.port))
            return await heard.all()

    return asyncio.run(main())


def record(port: int) -> list[Passing]:
    def work(port: int) -> None:
        assert session(port) == SESSION

    return heard(port, work)


def test_everything_is_passed_on_and_seen(application: tuple[Application, int]) -> None:
    seen = record(application[1])

    messages = [(p.direction, EventTypes(p.message.cmd).name, p.name) for p in seen if p.message]
    assert messages[:4] == [
        ("up", "SV_HELLO", "test"),
        ("down", "SV_HELLO_REPLY", "fourc"),
        ("up", "SV_CHAN_READ", "var/x"),
        ("down", "SV_REPLY", "var/x"),
    ]
    assert ("down", "SV_EVENT", "var/x") in messages
    assert seen[0].note.endswith("connects")
    assert sorted(p.direction for p in seen if p.note == "closes") == ["down", "up"]
    assert {p.connection for p in seen} == {1}


def test_a_read_only_relay_answers_for_the_server_what_would_change_it(application: tuple[Application, int]) -> None:
    def work(port: int) -> list[Any]:
        with Client(port) as client:
            before = client.read("var/x")
            client.send(EventTypes.SV_CHAN_SEND, "var/x", b"9\0")
            with pytest.raises(RemoteError, match="read-only"):
                client.ask(EventTypes.SV_CMD_WITH_RETURN, "", b"x = 1\0")
            return [before, client.read("var/x")]

    async def main() -> None:
        relay = Relay("127.0.0.1", application[1], look=lambda _: None, change=refuse_changes, listen=0)
        async with relay:
            assert await in_thread(lambda: work(relay.port)) == ["1.5", "1.5"]

    asyncio.run(main())


@pytest.mark.parametrize("changing", [False, True])
def test_what_is_no_spec_is_passed_on_untouched_but_by_who_must_judge_it(changing: bool) -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.read(100))
        writer.close()

    async def main() -> bytes:
        async with await asyncio.start_server(echo, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            change = refuse_changes if changing else None
            async with Relay("127.0.0.1", port, look=seen.append, change=change, listen=0) as relay:
                reader, writer = await asyncio.open_connection("127.0.0.1", relay.port)
                writer.write(b"GET / HTTP/1.1\r\n\r\n" * 20)
                got = await asyncio.wait_for(reader.read(18), PATIENCE)
                writer.close()
                return got

    seen: list[Passing] = []
    assert asyncio.run(main()) == (b"" if changing else b"GET / HTTP/1.1\r\n\r\n")
    assert any("not understood from here on" in passing.note for passing in seen)
    assert any("cannot be judged" in passing.note for passing in seen) == changing


def test_what_is_meant_for_an_end_that_hears_no_more_is_dropped_and_the_rest_passed_on() -> None:
    goodbye = header.build(sys.byteorder, 4, 0, 1, 0, EventTypes.SV_CLOSE, 0, 0, 0, 0, 0, 0, "")

    async def until_the_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.write(goodbye)
        writer.close()

    def both_ways(passing: Passing) -> Any:
        return [] if passing.message is None else [("up", passing.message), ("down", passing.message)]

    async def main() -> bytes:
        async with await asyncio.start_server(until_the_end, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            async with Relay("127.0.0.1", port, look=lambda _: None, change=both_ways, listen=0) as relay:
                reader, writer = await asyncio.open_connection("127.0.0.1", relay.port)
                writer.write_eof()
                got = await asyncio.wait_for(reader.read(), PATIENCE)
                writer.close()
                return got

    assert asyncio.run(main()) == goodbye


def test_a_server_that_is_not_there_is_noted_and_the_client_closed() -> None:
    async def main() -> None:
        async with await asyncio.start_server(lambda *_: None, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
        async with Relay("127.0.0.1", port, look=seen.append, listen=0) as relay:
            reader, writer = await asyncio.open_connection("127.0.0.1", relay.port)
            assert await asyncio.wait_for(reader.read(), PATIENCE) == b""
            writer.close()

    seen: list[Passing] = []
    asyncio.run(main())
    assert "lost:" in seen[-1].note


def test_the_relay_ends_with_clients_connected(application: tuple[Application, int]) -> None:
    async def main() -> None:
        async with Relay("127.0.0.1", application[1], look=lambda _: None, listen=0) as relay:
            client = await in_thread(lambda: Client(relay.port))
            assert await in_thread(lambda: client.read("var/x")) == "1.5"
        client.spec.close()

    asyncio.run(main())


def test_the_relay_ends_while_a_client_comes(application: tuple[Application, int]) -> None:
    async def main() -> None:
        for turns in range(8):
            relay = Relay("127.0.0.1", application[1], look=lambda _: None, listen=0)
            await relay.start()
            with socket.create_connection(("127.0.0.1", relay.port)):
                for _ in range(turns):
                    await asyncio.sleep(0)
                await relay.close()

    asyncio.run(main())
    gc.collect()  # what was not closed says so now


def test_more_clients_than_there_may_be_are_turned_away(
    application: tuple[Application, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        relay = Relay("127.0.0.1", application[1], look=lambda _: None, listen=0)
        replay = ReplayServer([], port=0)
        async with relay, replay:
            for port in (relay.port, replay.port):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                with contextlib.suppress(OSError):
                    assert await asyncio.wait_for(reader.read(), PATIENCE) == b""
                writer.close()

    monkeypatch.setattr("pycertifspec.server.relay.MAX_CLIENTS", 0)
    monkeypatch.setattr("pycertifspec.server.replay.MAX_CLIENTS", 0)
    asyncio.run(main())


def test_a_port_that_is_taken_is_told_and_no_port_before_the_start(application: tuple[Application, int]) -> None:
    async def main() -> None:
        relay = Relay("127.0.0.1", 1, look=lambda _: None, listen=application[1])
        for one in (relay, ReplayServer([])):
            with pytest.raises(RuntimeError, match="start it first"):
                _ = one.port
        with pytest.raises(ServerNotFoundError, match="cannot listen on"):
            await relay.start()
        await relay.close()

    asyncio.run(main())


def replayed(passings: list[Passing], work: Callable[[int], Any], **how: Any) -> Any:
    async def main() -> Any:
        async with ReplayServer(conversations(passings), port=0, **{"speed": float("inf"), **how}) as server:
            return await in_thread(lambda: work(server.port))

    return asyncio.run(main())


def test_a_recording_tells_the_same_client_the_same_again(application: tuple[Application, int]) -> None:
    seen = record(application[1])
    assert replayed(seen, session) == SESSION
    assert replayed(seen, session, speed=1000.0) == SESSION
    assert replayed(seen, lambda port: [session(port), session(port)]) == [SESSION, SESSION]


def test_each_client_gets_the_next_conversation(application: tuple[Application, int]) -> None:
    def two(port: int) -> list[Any]:
        found = []
        for value in (b"3\0", b"4\0"):
            with Client(port) as client:
                client.ask(EventTypes.SV_HELLO, "x")
                client.read("var/profile")
                client.send(EventTypes.SV_CHAN_SEND, "var/x", value)
                found.append([client.read("var/x"), client.read("var/x")])
        return found

    seen = heard(application[1], two, closes=4)
    assert replayed(seen, two) == [["3", "3"], ["4", "4"]]

    def other(port: int) -> list[Any]:
        with Client(port) as client:
            client.send(EventTypes.SV_CHAN_SEND, "var/x", b"4\0")
            return [client.read("var/x") for _ in range(5)]  # more often than was recorded

    assert replayed(seen, lambda port: [other(port), other(port)]) == [["4"] * 5] * 2


def test_what_is_not_in_the_recording_is_an_error_and_told(application: tuple[Application, int]) -> None:
    def work(port: int) -> None:
        with Client(port) as client:
            client.send(EventTypes.SV_UNREGISTER, "var/x")
            client.send(EventTypes.SV_CHAN_SEND, "var/y", b"1\0")
            with pytest.raises(RemoteError, match="not in the recording: 'var/none/such'"):
                client.read("var/none/such")

    strange: list[str] = []
    replayed(record(application[1]), work, strange=lambda message: strange.append(message.name))
    assert strange == ["var/y", "var/none/such"]


def test_who_did_not_register_is_told_no_events_and_of_either_byte_order(application: tuple[Application, int]) -> None:
    def work(port: int) -> list[Any]:
        with Client(port) as client:
            client.spec._order = "big" if sys.byteorder == "little" else "little"
            found = client.read("var/profile").tolist()
            client.send(EventTypes.SV_CHAN_SEND, "var/x", b"2.5\0")
            client.read("var/x")
            return [found, client.events]

    assert replayed(record(application[1]), work) == [[1.0, 2.0, 3.0], []]


def test_a_client_that_speaks_something_else_is_dropped() -> None:
    def work(port: int) -> bytes:
        with Client(port) as client:
            client.spec.sendall(b"GET / HTTP/1.1\r\n\r\n" * 20)
            with contextlib.suppress(ConnectionResetError):
                return client.spec.recv(100)
            return b""

    assert replayed([], work) == b""


def test_a_client_that_asks_without_end_is_dropped(
    application: tuple[Application, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def work(port: int) -> None:
        with Client(port) as client, pytest.raises(ConnectionError):
            for _ in range(100_000):
                client.send(EventTypes.SV_CHAN_READ, "var/x")

    seen = record(application[1])
    monkeypatch.setattr("pycertifspec.server.replay.MAX_DUE", 10)
    replayed(seen, work, speed=1e-9)


def test_the_speed_is_a_positive_number() -> None:
    with pytest.raises(LocalProtocolError, match=r"the speed is 0\.0"):
        ReplayServer([], speed=0.0)
