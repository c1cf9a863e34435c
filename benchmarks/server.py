"""The simulated SPEC as a server: requests, events to many clients, memory of an idle one, start-up."""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import subprocess
import sys
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

from pycertifspec import DataTypes, EventTypes

from . import packets
from .row import Row, Target

if TYPE_CHECKING:
    from collections.abc import Iterator

HOST = "127.0.0.1"
SECONDS = 0.5  # of traffic in a round
PROPERTY = "motor/th/position"
VARIABLE = "var/TITLE"
READ = packets.packet(EventTypes.SV_CHAN_READ, 0, PROPERTY)
REGISTER = packets.packet(EventTypes.SV_REGISTER, 0, VARIABLE)
WRITE = packets.packet(EventTypes.SV_CHAN_SEND, DataTypes.SV_STRING, VARIABLE, b"1.25\0")
EVENT_SIZE = len(packets.packet(EventTypes.SV_EVENT, DataTypes.SV_STRING, VARIABLE, b"1.25\0"))
IDLE_CLIENTS = 400


@contextlib.contextmanager
def simulator() -> Iterator[tuple[int, int, float]]:
    """Run a simulator; give its port, its process number and how long it took to its first line."""
    begin = perf_counter()
    command = [sys.executable, "-m", "pycertifspec", "simulator", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            yield int(line.rsplit(":", 1)[1]), process.pid, perf_counter() - begin
        finally:
            process.terminate()


def measure(rounds: int) -> list[Row]:
    """Measure in a few rounds: these figures stand for themselves."""
    rounds = min(rounds, 3)
    rows = []
    starts = []
    for _ in range(rounds):
        with simulator() as (_, _, seconds):
            starts.append(seconds)
    rows.append(Row("simulator, from its start to its line", "s", median(starts), target=Target("figure", "<=", 0.5)))
    with simulator() as (port, _, _):
        for clients in (1, 10, 100):
            rates = [_requests(port, clients) for _ in range(rounds)]
            rows.append(Row(f"requests of {clients} clients", "/s", median(rates)))
        for clients in (1, 100, 1000):
            rates = [_events(port, clients) for _ in range(rounds)]
            rows.append(Row(f"events to {clients} clients, and one deaf", "/s", median(rates)))
    with simulator() as (port, process, _):  # one that has no memory from clients before
        kilobytes = _idle(port, process)
        if kilobytes is not None:
            rows.append(Row("memory of an idle client", "kB", kilobytes, target=Target("figure", "<=", 50)))
    return rows


def _connect(port: int, count: int) -> list[socket.socket]:
    return [socket.create_connection((HOST, port)) for _ in range(count)]


def _requests(port: int, clients: int) -> float:
    """Return how many requests are answered each second: every client asks again when it has its answer."""
    with selectors.DefaultSelector() as selector, contextlib.ExitStack() as stack:
        for connection in _connect(port, clients):
            stack.enter_context(connection)
            selector.register(connection, selectors.EVENT_READ, connection)
            connection.sendall(READ)
        buffer = bytearray(4096)
        answers, begin = 0, perf_counter()
        while (elapsed := perf_counter() - begin) < SECONDS:
            for key, _ in selector.select(SECONDS):
                key.data.recv_into(buffer)  # an answer is one small segment
                answers += 1
                key.data.sendall(READ)
        return answers / elapsed


def _events(port: int, clients: int) -> float:
    """Return how many events reach all watching clients each second, while one client never reads."""
    with selectors.DefaultSelector() as selector, contextlib.ExitStack() as stack:
        watchers = [stack.enter_context(connection) for connection in _connect(port, clients + 1)]
        for connection in watchers:
            connection.sendall(REGISTER)
        writer = stack.enter_context(socket.create_connection((HOST, port)))
        for connection in watchers[1:]:  # the first is deaf
            selector.register(connection, selectors.EVENT_READ, connection)
        buffer = bytearray(1 << 16)
        received, begin = 0, perf_counter()
        writes = max(1, 20_000 // clients)
        wanted = writes * clients * EVENT_SIZE
        writer.sendall(WRITE * min(writes, 500))
        writes -= min(writes, 500)
        while received < wanted and perf_counter() - begin < 10 * SECONDS:
            for key, _ in selector.select(SECONDS):
                received += key.data.recv_into(buffer)
            if writes:
                writer.sendall(WRITE * min(writes, 500))
                writes -= min(writes, 500)
        return received / EVENT_SIZE / (perf_counter() - begin)


def _idle(port: int, process: int) -> float | None:
    """Return what a client that has said hello and nothing more costs the server, in kB; None without /proc."""
    status = Path(f"/proc/{process}/statm")
    if not status.exists():
        return None
    page = os.sysconf("SC_PAGE_SIZE")
    with contextlib.ExitStack() as stack:
        hello = packets.packet(EventTypes.SV_HELLO, 0, "benchmark")
        before = int(status.read_text().split()[1])
        for connection in _connect(port, IDLE_CLIENTS):
            stack.enter_context(connection)
            connection.sendall(hello)
            connection.recv(4096)
        after = int(status.read_text().split()[1])
    return (after - before) * page / 1000 / IDLE_CLIENTS
