"""Several threads that ask at once: who reads, what leaves together, and how it ends."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
from typing import TYPE_CHECKING, Any, Self

import pytest

from pycertifspec import CallTimeoutError, Client, ConnectionLostError
from pycertifspec.server import Application, ServerThread
from pycertifspec.session.server import ServerSession
from pycertifspec.wire.constants import EventTypes
from pycertifspec.wire.values import encode_scalar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PATIENCE = 20.0
CALLERS = 6


@pytest.fixture
def server(nothing_left_behind: None) -> Iterator[ServerThread]:
    application = Application("fourc")
    application.publish("data", 1.5)
    with ServerThread(application, port=0) as server:
        yield server


@contextlib.contextmanager
def callers(call: Callable[[], Any]) -> Iterator[list[threading.Thread]]:
    """Run the same in several threads that begin together; all end before the block does."""
    together = threading.Barrier(CALLERS)

    def run() -> None:
        together.wait(PATIENCE)
        call()

    threads = [threading.Thread(target=run) for _ in range(CALLERS)]
    for thread in threads:
        thread.start()
    try:
        yield threads
    finally:
        for thread in threads:
            thread.join(PATIENCE)
        assert not any(thread.is_alive() for thread in threads)


class Served:
    """A server that is told when to answer, and what."""

    def __init__(self, *, answers: bool) -> None:
        self.requests = 0
        self.pieces: list[int] = []  # requests that came in one piece
        self._answers = answers
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        session = ServerSession(lambda: (1, 0))
        connected, _ = self._listening.accept()
        with connected:
            while data := connected.recv(1 << 16):
                messages = session.receive(data)
                asked = [message for message in messages if message.cmd == EventTypes.SV_CHAN_READ]
                self.pieces.append(len(asked))
                for message in messages:
                    if message.cmd == EventTypes.SV_HELLO:
                        connected.sendall(session.hello_reply(message.sn, "fourc"))
                self.requests += len(asked)
                if self._answers:
                    connected.sendall(
                        b"".join(session.reply(one.sn, one.name, encode_scalar(one.name)) for one in asked)
                    )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join(PATIENCE)
        self._listening.close()
        assert not self._thread.is_alive()


def test_ctrl_c_in_one_caller_costs_the_others_nothing(server: ServerThread) -> None:
    stop = threading.Event()
    wrong: list[Any] = []

    with Client("127.0.0.1", server.port) as client:

        def ask() -> None:
            while not stop.is_set():
                try:
                    answer = client.read("data")
                except BaseException as error:
                    wrong.append(error)
                    raise
                wrong.extend([] if answer == "1.5" else [answer])

        with callers(ask):
            try:
                for _ in range(30):
                    timer = threading.Timer(0.003, os.kill, (os.getpid(), signal.SIGINT))
                    with pytest.raises(KeyboardInterrupt):
                        timer.start()
                        while True:
                            client.read("data")
                    timer.join()
            finally:
                stop.set()

        assert wrong == []
        assert client.connected
        assert client.read("data") == "1.5"


def test_callers_that_are_not_answered_fail_each_by_itself(nothing_left_behind: None) -> None:
    failed: list[str] = []

    with Served(answers=False) as served, Client("127.0.0.1", served.port, call_timeout=0.3) as client:

        def ask() -> None:
            for _ in range(2):  # the second time they know of each other
                with pytest.raises(CallTimeoutError) as caught:
                    client.read("data")
                failed.append(str(caught.value))

        with callers(ask):
            pass

        assert len(failed) == 2 * CALLERS
        assert all("'data' within 0.3 s" in text for text in failed)
        assert served.requests == 2 * CALLERS
        assert not client._link.session._pending


def test_callers_are_told_at_once_that_the_server_is_gone(server: ServerThread) -> None:
    told: list[ConnectionLostError] = []
    busy = threading.Semaphore(0)

    with Client("127.0.0.1", server.port, auto_reconnect=False) as client:

        def ask() -> None:
            try:
                while True:
                    client.read("data")
                    busy.release()
            except ConnectionLostError as error:
                told.append(error)

        with callers(ask):
            for _ in range(20 * CALLERS):
                assert busy.acquire(timeout=PATIENCE)
            server.stop()

        assert len(told) == CALLERS


def test_what_a_motor_is_asked_together_leaves_in_one_call(nothing_left_behind: None) -> None:
    with Served(answers=True) as served, Client("127.0.0.1", served.port) as client:
        client.read("data")
        before = len(served.pieces)
        with contextlib.suppress(Exception):  # the answers are no numbers
            client.motor("th").facts()

        assert served.pieces[before:] == [9]


def test_events_come_while_many_call_and_none_is_out_of_order(server: ServerThread) -> None:
    stop = threading.Event()
    seen: list[int] = []
    last = threading.Event()

    with Client("127.0.0.1", server.port) as client:
        client.write("data", 0)

        def take(change: Any) -> None:
            seen.append(int(change.value))
            if seen[-1] == 200:
                last.set()

        def ask() -> None:
            while not stop.is_set():
                client.read("data")

        with client.watch("data", take), callers(ask):
            for number in range(1, 201):
                client.write("data", number)
            assert last.wait(PATIENCE)
            stop.set()

        assert seen == list(range(201))
