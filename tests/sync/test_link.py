"""What the blocking face does by itself: who reads, Ctrl-C, threads, and what is left behind."""

import gc
import os
import queue
import signal
import subprocess
import sys
import threading
from typing import Any

import pytest

from pycertifspec import Client, ConnectionLostError
from pycertifspec.server import Application, ServerThread

PATIENCE = 20.0


@pytest.fixture
def application() -> Application:
    application = Application("fourc")
    application.publish("data", 1.5)
    application.publish("big", b"")
    return application


@pytest.fixture
def server(nothing_left_behind: None, application: Application) -> Any:
    with ServerThread(application, port=0) as server:
        yield server


@pytest.fixture
def client(server: Any) -> Any:
    with Client("127.0.0.1", server.port) as client:
        yield client


def test_many_threads_get_each_its_own_answer(client: Client, application: Application) -> None:
    for number in range(8):
        application.publish(f"n{number}", number)
    wrong: list[Any] = []

    def ask(number: int) -> None:
        for _ in range(300):
            got = client.read(f"n{number}")
            wrong.extend([got] if got != str(number) else [])

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)

    assert wrong == []
    assert not any(thread.is_alive() for thread in threads)


def test_events_come_while_nobody_calls_and_while_many_do(client: Client, application: Application) -> None:
    seen: queue.Queue[Any] = queue.Queue()
    client.watch("data", seen.put)
    assert seen.get(timeout=PATIENCE).value == "1.5"

    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            client.read("data")

    thread = threading.Thread(target=ask)
    thread.start()
    for number in range(50):
        client.write("data", number)
        assert seen.get(timeout=PATIENCE).value == str(number)
    stop.set()
    thread.join()
    client.write("data", "last")

    assert seen.get(timeout=PATIENCE).value == "last"


def test_ctrl_c_while_answers_are_read_loses_none(client: Client) -> None:
    for _ in range(30):
        timer = threading.Timer(0.005, os.kill, (os.getpid(), signal.SIGINT))
        with pytest.raises(KeyboardInterrupt):
            timer.start()
            while True:
                client.read("data")
        timer.join()

        assert client.connected
        assert client.read("data") == "1.5"


def test_a_large_array_comes_whole(client: Client, application: Application) -> None:
    import numpy as np

    image = np.arange(1 << 20, dtype="f8").reshape(1024, 1024)
    application.publish("image", image)

    for _ in range(3):
        assert (client.read("image") == image).all()


def test_a_client_that_nobody_has_any_more_ends(server: Any) -> None:
    client = Client("127.0.0.1", server.port)
    threads = [thread for thread in threading.enumerate() if thread.name == "fourc reader"]
    del client
    gc.collect()

    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()


def test_a_program_that_forgets_to_close_ends(server: Any) -> None:
    program = (
        "from pycertifspec import Client\n"
        f"client = Client('127.0.0.1', {server.port})\n"
        "client.watch('data', print)\n"
        "print(client.read('data'))\n"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True)

    assert "1.5" in done.stdout
    assert done.stderr == ""


def test_a_server_that_sends_nonsense_is_given_up(server: Any) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listening:
        result: queue.Queue[Any] = queue.Queue()

        def serve() -> None:
            from pycertifspec import SpecSocket

            accepted, _ = listening.accept()
            with SpecSocket(fileno=accepted.detach()) as own:
                hello = own.recv_spec()
                own.send_spec(hello.sn, 15, 2, "x", b"x\0")
                own.recv_spec()
                own.sendall(b"x" * 500)
                result.put(own.recv(1 << 20))

        thread = threading.Thread(target=serve)
        thread.start()
        port = listening.getsockname()[1]
        with Client("127.0.0.1", port, auto_reconnect=False) as client, pytest.raises(ConnectionLostError):
            client.wait_for("data", 1, PATIENCE)
        thread.join(PATIENCE)


def test_what_is_asked_while_there_is_no_connection_is_not_kept(server: Any) -> None:
    with Client("127.0.0.1", server.port) as client:
        gone = threading.Event()
        client.on_connection(lambda connected: None if connected else gone.set())
        server.stop()
        assert gone.wait(PATIENCE)

        for _ in range(3):
            with pytest.raises(ConnectionLostError):
                client.read("data")

        assert not client._link.session._pending
