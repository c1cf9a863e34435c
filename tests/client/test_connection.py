"""Connecting, losing the connection, and connecting again: the same on both faces."""

import os
import pickle
import queue
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from pycertifspec import ConnectionLostError, LocalProtocolError, RemoteError, ServerNotFoundError

PATIENCE = 20.0


@pytest.fixture
def busy_port() -> Any:
    """A port where something listens that is no SPEC and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def test_a_server_is_found_by_port_list_and_name(connect: Any, make_stand: Any, busy_port: int) -> None:
    one, two = make_stand(name="fourc").port, make_stand(name="psic").port

    assert connect("127.0.0.1", ports=[busy_port, two, one], port_range=None).server_name == "psic"
    assert connect("127.0.0.1", ports=[two, one], port_range=None, name="fourc").server_name == "fourc"
    assert connect(f"127.0.0.1:{two}").server_name == "psic"
    assert connect("127.0.0.1:fourc", ports=[two, one], port_range=None).server_name == "fourc"


def test_the_environment_names_the_server_where_the_program_names_none(
    connect: Any, stand: Any, monkeypatch: Any
) -> None:
    monkeypatch.setenv("SPEC_SERVER", f"127.0.0.1:{stand.port}")

    assert connect().port == stand.port


def test_where_the_port_is_named_no_other_is_asked(connect: Any, make_stand: Any, busy_port: int) -> None:
    with pytest.raises(ServerNotFoundError, match=str(busy_port)):
        connect("127.0.0.1", busy_port, timeout=0.1)


def test_two_ports_or_two_names_are_refused(connect: Any) -> None:
    with pytest.raises(LocalProtocolError, match="different ports"):
        connect("127.0.0.1:6510", 6511)
    with pytest.raises(LocalProtocolError, match="different servers"):
        connect("127.0.0.1:fourc", name="psic")


def test_what_waits_fails_at_once_when_the_server_goes_away(connect: Any, manual: Any) -> None:
    client = connect("127.0.0.1", manual.port, auto_reconnect=False)
    errors: queue.Queue[Any] = queue.Queue()

    def waits(operation: Any) -> threading.Thread:
        def run() -> None:
            try:
                operation()
            except (ConnectionLostError, RemoteError) as error:
                errors.put(error)

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    client.load_names()
    threads = [waits(lambda: client.move(th=0))]
    client.wait_for("motor/th/move_done", True, 10)
    threads.append(waits(lambda: client.execute("sleep(1000)")))
    client.wait_for("status/ready", False, 10)

    manual.stop()

    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()
    # It stops the motor and the command before it goes, and says so: that is not what has happened to who waits.
    assert [type(errors.get()) for _ in range(2)] == [ConnectionLostError] * 2
    with pytest.raises(ConnectionLostError, match="nothing was sent"):
        client.read("status/ready")
    assert client.connected is False


def test_the_connection_comes_back_and_watches_go_on(connect: Any, make_stand: Any) -> None:
    first = make_stand()
    client = connect("127.0.0.1", first.port)
    states: queue.Queue[bool] = queue.Queue()
    seen: queue.Queue[Any] = queue.Queue()
    end = client.on_connection(states.put)
    client.watch("motor/th/position", seen.put)
    assert seen.get(timeout=PATIENCE).first

    first.stop()
    assert states.get(timeout=PATIENCE) is False
    make_stand(port=first.port)

    assert states.get(timeout=PATIENCE) is True
    change = seen.get(timeout=PATIENCE)
    assert (change.value, change.first) == (30.0, True)
    assert client.motor("th").moveto(1) == 1.0
    assert client.connected
    end()


def test_a_server_of_the_same_name_is_found_on_another_port(connect: Any, make_stand: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        later = held.getsockname()[1]
    first = make_stand()
    client = connect("127.0.0.1:fourc", ports=[first.port, later], port_range=None)
    states: queue.Queue[bool] = queue.Queue()
    client.on_connection(states.put)

    first.stop()
    assert states.get(timeout=PATIENCE) is False
    make_stand(port=later)

    assert states.get(timeout=PATIENCE) is True
    assert client.port == later


def test_another_instrument_is_not_taken_for_the_one_that_was_lost(connect: Any, make_stand: Any) -> None:
    first, other = make_stand(), make_stand(name="psic")
    client = connect("127.0.0.1", ports=[first.port, other.port], port_range=None)
    states: queue.Queue[bool] = queue.Queue()
    client.on_connection(states.put)

    first.stop()
    assert states.get(timeout=PATIENCE) is False
    make_stand(port=first.port)

    assert states.get(timeout=PATIENCE) is True
    assert client.server_name == "fourc"


def test_a_client_is_not_pickled(connect: Any, stand: Any) -> None:
    client = connect("127.0.0.1", stand.port)

    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(getattr(client, "thing", client))


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_process_that_was_forked_is_told_to_connect_itself(connect: Any, face: str, stand: Any) -> None:
    if face == "asyncio":
        return  # an event loop does not survive a fork
    client = connect("127.0.0.1", stand.port)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            client.read("status/ready")
        except ConnectionLostError as error:
            os.write(write, str(error).encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        said = pipe.read()
    os.waitpid(child, 0)

    assert "forked" in said
    assert client.read("status/ready") is True


def test_closing_twice_does_nothing_and_calls_after_it_fail(connect: Any, stand: Any) -> None:
    client = connect("127.0.0.1", stand.port)

    client.close()
    client.close()

    with pytest.raises(ConnectionLostError, match="closed"):
        client.read("status/ready")


def test_a_callback_may_use_and_close_the_client(connect: Any, stand: Any, face: str) -> None:
    client = connect("127.0.0.1", stand.port)
    seen: queue.Queue[Any] = queue.Queue()
    if face == "sync":

        def told(change: Any) -> None:
            if change.first:
                return
            seen.put(client.read("motor/th/position"))
            client.close()
            seen.put("closed")
    else:

        async def told(change: Any) -> None:  # type: ignore[misc]  # the other face's
            if change.first:
                return
            seen.put(await client.thing.read("motor/th/position"))
            await client.thing.close()
            seen.put("closed")

    client.execute("global x; x = 0")
    client.watch("var/x", told)
    connect("127.0.0.1", stand.port).execute("x = 1")

    assert seen.get(timeout=PATIENCE) == 30.0
    assert seen.get(timeout=PATIENCE) == "closed"


def test_a_move_that_the_servers_orderly_end_interrupts_is_a_lost_connection(connect: Any, manual: Any) -> None:
    client = connect("127.0.0.1", manual.port)
    states: queue.Queue[bool] = queue.Queue()
    client.on_connection(states.put)
    motion = client.start_move(th=0)
    client.wait_for("motor/th/move_done", True, 10)

    manual.stop()  # it takes leave, stops its motors and tells their ends

    with pytest.raises(ConnectionLostError):
        motion.wait()
    assert states.get(timeout=PATIENCE) is False


def test_a_client_that_is_closed_says_so(client: Any) -> None:
    client.close()

    with pytest.raises(ConnectionLostError, match=r"the client of 'fourc' at .* is closed; nothing was sent"):
        client.read("status/ready")


@pytest.mark.parametrize("lost", [False, True])
@pytest.mark.parametrize("wait", ["changes", "output", "follow_scans"])
def test_who_waits_for_news_goes_on_with_an_error_when_the_client_is_closed(
    connect: Any, stand: Any, wait: str, lost: bool
) -> None:
    client = connect("127.0.0.1", stand.port)
    news = client.changes("status/shell") if wait == "changes" else getattr(client, wait)()
    with ThreadPoolExecutor() as pool:
        reading = pool.submit(list, news)
        if lost:
            gone = threading.Event()
            client.on_connection(lambda _: gone.set())
            stand.die()
            assert gone.wait(PATIENCE)
        client.close()

        with pytest.raises(ConnectionLostError, match="is closed"):
            reading.result(PATIENCE)
