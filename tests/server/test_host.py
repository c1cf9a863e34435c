"""The server itself: the queue that all clients share, slow and broken clients, ports, and its end."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pycertifspec.errors import ConnectionLostError, LocalProtocolError, ServerNotFoundError
from pycertifspec.server import Application, Server, ServerThread
from pycertifspec.session import outbox, properties
from pycertifspec.wire import values
from pycertifspec.wire.constants import EventTypes

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.server.conftest import Peer, Stage

    Client = Callable[..., Peer]

CMD, FUNC = EventTypes.SV_CMD_WITH_RETURN, EventTypes.SV_FUNC_WITH_RETURN


class Gate:
    """A published function that waits until the test opens it."""

    def __init__(self, application: Application, *, asynchronous: bool) -> None:
        self.begun = threading.Event()
        self.cancelled = threading.Event()
        self._go_on = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._released: asyncio.Event | None = None

        async def hold_async() -> str:
            self._loop, self._released = asyncio.get_running_loop(), asyncio.Event()
            self.begun.set()
            try:
                async with asyncio.timeout(10):
                    await self._released.wait()
            except asyncio.CancelledError:
                self.cancelled.set()
                raise
            return "held"

        def hold() -> str:
            self.begun.set()
            assert self._go_on.wait(10)
            return "held"

        hold_async.__name__ = "hold"
        application.function(hold_async if asynchronous else hold)

    def open(self) -> None:
        self._go_on.set()
        if self._loop is not None and self._released is not None:
            self._loop.call_soon_threadsafe(self._released.set)


@pytest.fixture(params=[True, False], ids=["coroutine", "plain"])
def gate(request: pytest.FixtureRequest, application: Application) -> Any:
    gate = Gate(application, asynchronous=request.param)
    yield gate
    gate._go_on.set()


@pytest.fixture
def order(application: Application) -> list[str]:
    """The arguments with which `note` was called, in order."""
    seen: list[str] = []

    @application.function
    def note(what: str) -> str:
        seen.append(what)
        return what

    return seen


# ---- the queue ----


def test_properties_are_served_while_a_command_runs(application: Application, gate: Any, client: Client) -> None:
    x = application.publish("var/x", 1)
    runner, other = client(), client()
    runner.send(CMD, "", "hold", 7)
    assert gate.begun.wait(10)

    assert other.read("status/ready") == "0"
    other.write("var/x", "2")
    assert other.read("var/x") == "2"
    assert runner.read("var/x") == "2"  # its own too
    assert other.watch("var/x") == "2"
    x.value = 3
    assert other.event("var/x") == "3"

    gate.open()
    assert runner.reply(7).body == "held"
    assert other.command("1") == "1"
    assert other.read("status/ready") == "1"


def test_clients_share_one_queue_in_the_order_of_their_requests(gate: Any, order: Any, client: Client) -> None:
    a, b = client(), client()
    a.send(CMD, "", "hold", 1)
    assert gate.begun.wait(10)
    for number in range(3):
        for peer, name in ((a, "a"), (b, "b")):
            peer.send(FUNC, "", f"note\0'{name}{number}'".encode(), 10 + number)
            peer.read(properties.QUIT)
    gate.open()

    assert a.reply(1).body == "held"
    assert [peer.reply(10 + number).body for number in range(3) for peer in (a, b)] == [
        "a0",
        "b0",
        "a1",
        "b1",
        "a2",
        "b2",
    ]
    assert order == ["a0", "b0", "a1", "b1", "a2", "b2"]


def test_ready_is_told_to_end_when_a_command_begins_and_to_begin_when_the_last_has_ended(
    gate: Any, order: Any, client: Client
) -> None:
    watcher, peer = client(), client()
    assert watcher.watch("status/ready") == "1"

    peer.send(CMD, "", "hold")
    peer.send(CMD, "", "note 'x'")
    assert watcher.event("status/ready") == "0"
    assert gate.begun.wait(10)
    watcher.nothing_more()
    gate.open()

    told = [value for _, value in watcher.events_until("status/ready", "1")]
    assert told[:-1] == ["0"] * (len(told) - 1)
    watcher.nothing_more()
    assert order == ["x"]


def test_a_command_with_return_gets_one_reply_and_one_without_gets_none(order: Any, client: Client) -> None:
    peer = client()
    for sn, (command, body) in enumerate(
        [(CMD, "note('a')"), (EventTypes.SV_CMD, "note('b')"), (FUNC, "note('c')"), (EventTypes.SV_FUNC, "note('d')")],
        1,
    ):
        peer.send(command, "", body, sn)
    peer.write("var/none", "1")
    peer.send(CMD, "", "nothing()", 5)
    peer.send(EventTypes.SV_CMD, "", "nothing()", 6)
    peer.send(CMD, "", "1", 0)  # a number of 0 is one too

    assert [(m.sn, m.is_error) for m in (peer.receive() for _ in range(4))] == [
        (1, False),
        (3, False),
        (5, True),
        (0, False),
    ]
    peer.nothing_more()
    assert order == ["a", "b", "c", "d"]


def test_an_abort_ends_the_running_command_and_empties_the_queue_of_its_client_alone(
    application: Application, order: Any, client: Client
) -> None:
    gate = Gate(application, asynchronous=True)
    a, b = client(), client()
    a.watch("error")
    a.send(CMD, "", "hold()", 1)
    assert gate.begun.wait(10)
    a.send(CMD, "", "note('a')", 2)
    a.nothing_more()
    b.send(CMD, "", "note('b')", 1)
    b.nothing_more()

    a.send(EventTypes.SV_ABORT)

    assert {values.text_of(a.reply(2)), values.text_of(a.reply(1))} == {"aborted before it began", "aborted: hold()"}
    assert gate.cancelled.is_set()
    assert b.reply(1).body == "b"
    assert order == ["b"]
    assert {a.event("error"), a.event("error")} == {"aborted before it began", "aborted: hold()"}
    a.nothing_more()


def test_an_abort_of_another_client_ends_the_running_command_too(application: Application, client: Client) -> None:
    gate = Gate(application, asynchronous=True)
    a, b = client(), client()
    a.send(CMD, "", "hold", 1)
    assert gate.begun.wait(10)
    b.send(EventTypes.SV_ABORT)
    assert a.reply(1).is_error
    assert a.command("1") == "1"


def test_an_abort_answers_for_a_plain_function_at_once_though_its_thread_runs_on(
    application: Application, order: Any, client: Client
) -> None:
    gate = Gate(application, asynchronous=False)
    peer = client()
    peer.send(CMD, "", "hold", 1)
    assert gate.begun.wait(10)
    peer.send(EventTypes.SV_ABORT)
    assert values.text_of(peer.reply(1)) == "aborted: hold"
    peer.send(CMD, "", "note('x')", 2)
    peer.nothing_more()
    assert order == []  # one at a time
    gate.open()
    assert peer.reply(2).body == "x"


def test_an_abort_when_nothing_runs_does_no_harm(client: Client) -> None:
    peer = client()
    peer.send(EventTypes.SV_ABORT)
    assert peer.command("1") == "1"


def test_a_command_that_ends_its_own_way_when_it_is_aborted_has_its_value(
    application: Application, client: Client
) -> None:
    begun = threading.Event()

    @application.function
    async def stubborn() -> str:
        begun.set()
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            return "cleaned up"
        return "not reached"

    peer = client()
    peer.send(CMD, "", "stubborn", 1)
    assert begun.wait(10)
    peer.send(EventTypes.SV_ABORT)
    assert peer.reply(1).body == "cleaned up"
    assert peer.command("1") == "1"


def test_what_a_lost_client_had_in_the_queue_is_not_executed(gate: Any, order: Any, client: Client) -> None:
    a, b = client(), client()
    b.send(CMD, "", "hold", 1)
    assert gate.begun.wait(10)
    a.send(CMD, "", "note('lost')")
    a.watch("status/ready")
    a.close()
    c = client()
    c.send(CMD, "", "note('c')", 1)
    c.nothing_more()
    gate.open()
    assert c.reply(1).body == "c"
    assert order == ["c"]


def test_the_command_of_a_lost_client_runs_to_its_end(gate: Any, order: Any, client: Client) -> None:
    a, b = client(), client()
    a.send(CMD, "", "hold;note('a')", 1)
    assert gate.begun.wait(10)
    a.close()
    b.send(CMD, "", "note('b')", 1)
    gate.open()
    assert b.reply(1).body == "b"
    assert order == ["a", "b"]


# ---- the end of a connection ----


def test_close_ends_the_connection_and_what_was_registered(application: Application, client: Client) -> None:
    x = application.publish("var/x", 1)
    peer, other = client(), client()
    peer.watch("var/x")
    peer.send(EventTypes.SV_CLOSE)
    peer.send(EventTypes.SV_CHAN_READ, "var/x", None, 1)  # is not answered any more
    with pytest.raises(ConnectionLostError):
        peer.receive()
    x.value = 2
    assert other.read("var/x") == "2"


@pytest.mark.parametrize(
    "garbage", [b"GET / HTTP/1.1\r\n\r\n", b"\0" * 200, b"\xce\xfa\xed\xfe\x01"], ids=["http", "zeros", "short"]
)
def test_garbage_drops_its_client_alone(client: Client, caplog: pytest.LogCaptureFixture, garbage: Any) -> None:
    bad, good = client(), client()
    good.watch("error")
    bad.socket.sendall(garbage if len(garbage) > 5 else garbage.ljust(44, b"\xff"))
    assert bad.gone()
    assert good.read("status/quit") == "0"
    good.nothing_more()
    assert sum("is dropped" in record.message for record in caplog.records) == 1


def test_garbage_behind_a_whole_request_drops_its_client_after_the_answer(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    bad = client()
    bad.socket.sendall(bad.packet(EventTypes.SV_CHAN_READ, "status/quit", None, 1) + b"garbage" * 50)
    assert bad.reply(1).body == "0"
    assert bad.gone()
    assert "is dropped: not a SPEC packet" in caplog.text


def test_a_body_beyond_the_limit_drops_its_client_before_memory_is_taken(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    bad = client()
    packet = bytearray(bad.packet(EventTypes.SV_CHAN_SEND, "var/x", b""))
    packet[40:44] = (1 << 31).to_bytes(4, "little")
    bad.socket.sendall(packet)
    assert bad.gone()
    assert "'len'" in caplog.text


def test_clients_are_bounded_in_number(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    peers = [client(server={"max_clients": 2}), client()]
    for peer in peers:
        peer.read("status/quit")
    third = client()
    assert third.gone()
    assert "is turned away: 2 clients are connected" in caplog.text
    peers[0].send(EventTypes.SV_CLOSE)
    assert peers[0].gone()
    assert client().read("status/quit") == "0"


# ---- slow clients ----


def test_a_client_that_never_reads_does_not_delay_another_and_is_dropped(
    application: Application, client: Client, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    bounds = {"merge_above": 1 << 18, "drop_above": 1 << 20, "drop_replies_above": 1 << 20}
    monkeypatch.setattr(outbox.Outbox.__init__, "__kwdefaults__", bounds)
    application.publish("var/big", "x" * 500_000)
    slow, quick = client(), client()

    requests = [slow.packet(EventTypes.SV_CHAN_READ, "var/big", None, sn) for sn in range(1, 60)]
    slow.socket.sendall(b"".join(requests))  # 30 MB of answers that nobody takes
    assert quick.read("status/quit") == "0"

    assert slow.gone()
    assert "bytes" in next(record.message for record in caplog.records if "has not read" in record.message)
    assert len(quick.read("var/big")) == 500_000


def test_a_client_that_reads_again_gets_all_answers_in_order_and_of_each_property_the_newest(
    application: Application, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    bounds = {"merge_above": 1 << 18, "drop_above": 1 << 27, "drop_replies_above": 1 << 27}
    monkeypatch.setattr(outbox.Outbox.__init__, "__kwdefaults__", bounds)
    x = application.publish("var/x", 0)
    application.publish("var/big", "x" * 500_000)
    slow, quick = client(), client()
    slow.watch("var/x")
    for sn in range(1, 41):
        slow.send(EventTypes.SV_CHAN_READ, "var/big", None, sn)
    quick.read("status/quit")
    for number in range(1, 1001):
        x.value = number
    quick.read("var/x")

    for sn in range(1, 41):
        assert slow.reply(sn).len == 500_001
    slow.read("status/quit")

    told = [int(event.body) for event in slow.events]
    assert told[-1] == 1000
    assert told == sorted(told)
    assert len(told) < 1000


def test_a_client_that_asks_much_and_then_closes_gets_what_it_asked_for(
    application: Application, client: Client
) -> None:
    application.publish("var/big", "x" * 1_000_000)
    peer, other = client(), client()
    for sn in range(1, 13):
        peer.send(EventTypes.SV_CHAN_READ, "var/big", None, sn)
    peer.send(EventTypes.SV_CLOSE)
    other.read("status/quit")
    for sn in range(1, 13):
        assert peer.reply(sn).len == 1_000_001
    with pytest.raises(ConnectionLostError):
        peer.receive()


# ---- ports ----


def test_it_listens_on_the_loopback_alone_unless_told_otherwise(application: Application) -> None:
    async def main() -> None:
        async with Server(application, port=0) as server:
            assert server._server is not None
            assert [s.getsockname()[0] for s in server._server.sockets] == ["127.0.0.1"]
        async with Server(application, host="0.0.0.0", port=0) as server:
            assert server._server is not None
            assert [s.getsockname()[0] for s in server._server.sockets] == ["0.0.0.0"]

    asyncio.run(main())


def _free_pair() -> tuple[int, int]:
    """Return two ports in a row that nobody uses."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as first:
            port = first.getsockname()[1]
            try:
                socket.create_server(("127.0.0.1", port + 1)).close()
            except OSError:
                continue
            return port, port + 1


def test_it_takes_the_first_free_port_of_a_range(serve: Any) -> None:
    pair = _free_pair()
    assert serve(Application("a"), port=pair).port == pair[0]
    assert serve(Application("b"), port=pair).port == pair[1]
    with pytest.raises(ServerNotFoundError, match=rf"cannot listen on 127.0.0.1, ports {pair[0]}-{pair[1]}: "):
        serve(Application("c"), port=pair)


def test_a_port_that_is_taken_is_an_error(serve: Any) -> None:
    port = serve(Application("a")).port
    with pytest.raises(ServerNotFoundError, match=f"port {port}: "):
        serve(Application("b"), port=port)


def test_without_a_word_the_port_is_one_of_spec(serve: Any) -> None:
    assert 6510 <= serve(Application("a"), port=None).port <= 6530


@pytest.mark.parametrize("port", [-1, 65536, (6530, 6510), (0, 70000)])
def test_what_is_no_port_is_refused(application: Application, port: Any) -> None:
    with pytest.raises(LocalProtocolError, match="cannot listen on"):
        Server(application, port=port)


def test_a_host_that_is_none_is_an_error(application: Application) -> None:
    async def main() -> None:
        with pytest.raises(ServerNotFoundError, match=r"cannot listen on 192\.0\.2\.1"):
            await Server(application, host="192.0.2.1", port=0).start()

    asyncio.run(main())


def test_a_server_that_was_not_started_has_no_port_and_can_be_closed(application: Application) -> None:
    server = Server(application, port=0)
    with pytest.raises(RuntimeError, match="not listening"):
        _ = server.port
    asyncio.run(server.close())


# ---- its end ----


def test_clients_are_told_that_the_server_goes_away(
    application: Application, client: Client, serve: Any, connect: Any
) -> None:
    server = serve(application)
    peer, other = connect(server), connect(server)
    assert peer.watch("status/quit") == "0"
    server.stop()
    assert peer.event("status/quit") == "1"
    for each in (peer, other):
        with pytest.raises(ConnectionLostError):
            each.receive()


def test_its_end_answers_the_running_command_and_begins_no_other(
    application: Application, order: Any, serve: Any, connect: Any
) -> None:
    gate = Gate(application, asynchronous=True)
    server = serve(application)
    peer = connect(server)
    peer.send(CMD, "", "hold", 1)
    assert gate.begun.wait(10)
    peer.send(CMD, "", "note('x')", 2)
    peer.nothing_more()
    server.stop()
    assert values.text_of(peer.reply(1)) == "aborted: hold"
    with pytest.raises(ConnectionLostError):
        peer.receive()
    assert order == []


def test_its_end_begins_no_other_command_though_the_running_one_does_not_let_itself_be_cancelled(
    application: Application, order: Any, serve: Any, connect: Any
) -> None:
    begun = threading.Event()

    @application.function
    async def stubborn() -> None:
        begun.set()
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            return

    server = serve(application)
    peer = connect(server)
    peer.send(CMD, "", "stubborn", 1)
    assert begun.wait(10)
    peer.send(CMD, "", "note('x')", 2)
    peer.nothing_more()
    server.stop()
    assert order == []


def test_its_end_stops_motors(application: Application, stage: Stage, serve: Any, connect: Any) -> None:
    application.motor("th", stage, poll=0.005)
    server = serve(application)
    peer = connect(server)
    peer.watch("motor/th/move_done")
    peer.write("motor/th/start_one", "5")
    assert peer.event("motor/th/move_done") == "1"
    server.stop()
    assert stage.stopped == 1
    assert peer.event("motor/th/move_done") == "0"


def test_its_end_does_not_wait_long_for_a_client_that_does_not_read(
    application: Application, serve: Any, connect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pycertifspec.server.host.FAREWELL", 0.05)
    application.publish("var/big", "x" * 1_000_000)
    server = serve(application)
    peer = connect(server)
    for sn in range(1, 13):
        peer.send(EventTypes.SV_CHAN_READ, "var/big", None, sn)
    other = connect(server)
    other.read("status/quit")
    server.stop()
    assert peer.gone()


DESCRIPTORS = Path("/proc/self/fd")


@pytest.mark.skipif(not DESCRIPTORS.is_dir(), reason="the system does not list descriptors")
def test_a_server_leaves_no_thread_task_or_descriptor_behind(application: Application, stage: Any) -> None:
    application.motor("th", stage, poll=0.005)

    @application.function
    def f() -> None:
        pass

    from tests.server.conftest import Peer

    def use() -> None:
        with ServerThread(application, port=0) as server:
            peers = [Peer(server.port) for _ in range(5)]
            peers[0].command("f;f")
            peers[1].write("motor/th/start_one", "5")
            peers[2].watch("motor/th/move_done")
            peers[3].socket.sendall(b"garbage" * 10)
            for peer in peers[:4]:
                peer.close()
        peers[4].close()

    use()
    threads, descriptors = threading.enumerate(), len(list(DESCRIPTORS.iterdir()))
    for _ in range(3):
        use()
    assert threading.enumerate() == threads
    assert len(list(DESCRIPTORS.iterdir())) <= descriptors


def test_a_server_in_a_loop_leaves_no_task_behind(application: Application, client: Client) -> None:
    @application.function
    async def forever() -> None:
        await asyncio.sleep(1000)

    async def main() -> None:
        async with Server(application, port=0) as server:
            server.service.push(_command("forever"))
            await asyncio.sleep(0)
            assert len(asyncio.all_tasks()) > 1
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())


def _command(text: str) -> Any:
    from pycertifspec.session.program import Command

    return Command((text,))


def test_it_serves_until_it_is_cancelled(application: Application) -> None:
    async def main() -> None:
        async with Server(application, port=0) as server:
            serving = asyncio.create_task(server.serve_forever())
            await asyncio.sleep(0)
            assert not serving.done()
            serving.cancel()
            with pytest.raises(asyncio.CancelledError):
                await serving

    asyncio.run(main())


def test_any_program_that_fits_is_served(serve: Any, connect: Any) -> None:
    class Small:
        name = "small"

        def attach(self, channel: object) -> None:
            pass

        def find(self, name: str) -> None:
            return None

        def start_motors(self, targets: object) -> None:
            return None

        def abort(self) -> None:
            pass

        def abort_motors(self) -> None:
            pass

        async def execute(self, command: object) -> str:
            return "done"

    peer = connect(serve(Small()))
    assert peer.ask(EventTypes.SV_HELLO).name == "small"
    assert peer.command("anything") == "done"
    assert peer.read("status/ready") == "1"


def test_a_change_after_the_loop_is_closed_is_told_to_nobody(application: Application) -> None:
    server = Server(application, port=0)
    server.tell("var/x", 1)  # before its start,

    async def main() -> None:
        await server.start()
        await server.close()

    asyncio.run(main())
    server.tell("var/x", 1)  # and after its end


def test_who_comes_and_goes_is_logged(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "pycertifspec.server")
    peer = client()
    peer.read("status/quit")
    peer.send(EventTypes.SV_CLOSE)
    assert peer.gone()
    text = caplog.text
    assert "lab listens on 127.0.0.1:" in text
    assert "connected" in text
    assert "SV_CHAN_READ" in text


def test_a_client_that_resets_its_connection_is_only_logged(
    application: Application, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "pycertifspec.server")
    peer, other = client(), client()
    peer.watch("status/ready")
    peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    peer.close()
    assert other.command("1") == "1"
    assert other.read("status/quit") == "0"
    assert not [record for record in caplog.records if record.levelno > logging.INFO]
