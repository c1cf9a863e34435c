"""How processes end, fork and pickle with a client in them: at once, in clear words and without a traceback."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from typing import Any, NamedTuple

import pytest
from tests.support.tap import PATIENCE

from pycertifspec.testing import ManualClock, SimulatedSpec

BEGIN = """
import asyncio, atexit, os, signal, sys, threading
from pycertifspec import AsyncClient, Client, SpecError

signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever started the tests may have it ignored
HOST, PORT = "127.0.0.1", int(sys.argv[1])

def interrupt(change):
    if change.value:
        os.kill(os.getpid(), signal.SIGINT)

def tell(work):
    try:
        print(work())
    except SpecError as error:
        print(type(error).__name__)
"""


class Program(NamedTuple):
    """A program that ends with a client in it.

    Attributes:
        text: what it does.
        said: what it prints.
        status: what it exits with.
        logged: what Python's logging shows by itself, where the program has not said how.

    """

    text: str
    said: str = ""
    status: int = 0
    logged: str = ""


PROGRAMS = {
    "an open client": Program("client = Client(HOST, PORT); print(client.ready)", "True"),
    "a client with a callback": Program(
        """
seen = threading.Event()
client = Client(HOST, PORT)
client.watch("motor/th/position", lambda _: seen.set())
seen.wait()
"""
    ),
    "a callback that is under way": Program(
        """
begun, never = threading.Event(), threading.Event()
client = Client(HOST, PORT)
client.watch("motor/th/position", lambda _: (begun.set(), never.wait()))
begun.wait()
"""
    ),
    "a motion that goes on": Program(
        """
client = Client(HOST, PORT)
motion = client.start_move(th=0)
client.wait_for("motor/th/move_done", True)
"""
    ),
    "a scan that goes on": Program(
        """
client = Client(HOST, PORT)
scan = client.scan("ascan th 0 1 10 100")
client.wait_for("status/ready", False)
"""
    ),
    "threads that wait": Program(
        """
client = Client(HOST, PORT)
seen = threading.Event()
def look():
    for _ in client.changes("motor/th/position"):
        seen.set()
for work in (look, lambda: client.wait_for("motor/phi/position", 77)):
    threading.Thread(target=work, daemon=True).start()
seen.wait()
session = client._link.session
while session.registry.last("motor/phi/position") is None or session._pending:
    pass  # the second waits, too, when it has been told the first value
"""
    ),
    "a client that looks for its server": Program(
        """
client = Client(HOST, PORT)
lost = threading.Event()
client.on_connection(lambda connected: lost.set())
client._link._conversation.connection.shut()
lost.wait()
""",
        logged="'fourc' at 127.0.0.1:PORT closed the connection\n",
    ),
    "an exit handler that uses it": Program(
        "client = Client(HOST, PORT); atexit.register(tell, lambda: client.read('motor/th/position'))", "30.0"
    ),
    "an exit handler from before it": Program(
        "atexit.register(tell, lambda: client.read('motor/th/position')); client = Client(HOST, PORT)",
        "ConnectionLostError",
    ),
    "an exit handler that connects": Program("atexit.register(tell, lambda: Client(HOST, PORT).ready)", "True"),
    "a thread that uses it after the main one": Program(
        """
client = Client(HOST, PORT)
def last():
    threading.main_thread().join()
    print(client.ready)
threading.Thread(target=last).start()
""",
        "True",
    ),
    "Ctrl-C in a move": Program(
        """
client = Client(HOST, PORT)
client.watch("motor/th/move_done", interrupt)
try:
    client.move(th=0)
except KeyboardInterrupt:
    print("interrupted")
client.wait_for("motor/th/move_done", False)
""",
        "interrupted",
    ),
    "Ctrl-C in a command": Program(
        """
client = Client(HOST, PORT)
client.watch("status/simulate", lambda _: None)
threading.Thread(target=lambda: (client.wait_for("status/ready", False), os.kill(os.getpid(), signal.SIGINT))).start()
try:
    client.execute("sleep(1000)")
except KeyboardInterrupt:
    print("interrupted")
client.wait_until_ready()
""",
        "interrupted",
    ),
    "a signal's handler that exits": Program(
        """
signal.signal(signal.SIGINT, lambda *_: sys.exit(3))
client = Client(HOST, PORT)
client.watch("motor/th/move_done", interrupt)
client.move(th=0)
""",
        status=3,
    ),
    "os._exit": Program("client = Client(HOST, PORT); client.watch('status/ready'); os._exit(4)", status=4),
    "a loop that leaves it open": Program(
        """
async def main():
    global client
    client = await AsyncClient.connect(HOST, PORT)
    print(await client.read("status/ready"))
asyncio.run(main())
""",
        "True",
    ),
    "a loop with a callback and a motion": Program(
        """
async def main():
    global client, motion
    client = await AsyncClient.connect(HOST, PORT)
    await client.watch("motor/th/position", lambda _: None)
    motion = await client.start_move(th=0)
    await client.wait_for("motor/th/move_done", True)
asyncio.run(main())
"""
    ),
    "Ctrl-C in a loop": Program(
        """
async def main():
    async with AsyncClient(HOST, PORT) as client:
        await client.watch("motor/th/move_done", interrupt)
        try:
            await client.move(th=0)
        finally:
            await client.wait_for("motor/th/move_done", False)
            print("stands")
try:
    asyncio.run(main())
except KeyboardInterrupt:
    print("interrupted")
""",
        "stands\ninterrupted",
    ),
    "a loop in a thread": Program(
        """
ready = threading.Event()
async def main():
    global client
    client = await AsyncClient.connect(HOST, PORT)
    ready.set()
    async for _ in await client.changes("motor/th/position"):
        pass
threading.Thread(target=asyncio.run, args=(main(),), daemon=True).start()
ready.wait()
"""
    ),
    "a coroutine that uses a client of a loop that is over": Program(
        """
async def main():
    global client
    client = await AsyncClient.connect(HOST, PORT)
async def after():
    print(await client.read("status/ready"))
asyncio.run(main())
try:
    asyncio.run(after())
except SpecError as error:
    print(type(error).__name__)
""",
        "ConnectionLostError",
    ),
    "a loop that has a motion under way and no client any more": Program(
        """
async def main():
    client = await AsyncClient.connect(HOST, PORT)
    await client.start_move(th=0)
    await client.wait_for("motor/th/move_done", True)
asyncio.run(main())
"""
    ),
    "a process that was forked ends first": Program(
        """
client = Client(HOST, PORT)
client.watch("motor/th/position")
changes = client.changes("motor/th/position")
child = os.fork()
if not child:
    print(client.connected)
    for work in (
        lambda: client.read("status/ready"), lambda: client.watch("status/ready"), lambda: client.move(th=1),
        lambda: next(changes), lambda: client.start_move(th=1).wait(), lambda: client.abort(), changes.close,
        client.close, lambda: Client(HOST, PORT).read("motor/th/position"),
    ):
        tell(work)
    sys.stdout.flush()
    sys.exit()
os.waitpid(child, 0)
next(changes)
print("parent", client.read("motor/th/position"))
""",
        "False\n" + "ConnectionLostError\n" * 6 + "None\nNone\n30.0\nparent 30.0",
    ),
    "a process that was forked from a loop": Program(
        """
async def main():
    client = await AsyncClient.connect(HOST, PORT)
    await client.watch("motor/th/position")
    child = os.fork()
    if not child:
        print(client.connected)
        for work in (
            lambda: client.read("status/ready"), lambda: client.watch("status/ready"), lambda: client.move(th=1),
            lambda: client.abort(), client.close,
        ):
            try:
                print(await work())
            except SpecError as error:
                print(type(error).__name__)
        print(Client(HOST, PORT).read("motor/th/position"), flush=True)
        os._exit(0)
    os.waitpid(child, 0)
    print("parent", await client.read("motor/th/position"))
    await client.close()
asyncio.run(main())
""",
        "False\n" + "ConnectionLostError\n" * 4 + "None\n30.0\nparent 30.0",
    ),
}


@pytest.mark.parametrize("what", PROGRAMS)
def test_a_program_ends_with(what: str) -> None:
    program = PROGRAMS[what]

    with SimulatedSpec(clock=ManualClock()) as spec:  # time stands still: what moves does not arrive
        port = spec.port
        done = subprocess.run(
            [sys.executable, "-c", BEGIN + program.text, str(port)],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    logged = program.logged.replace("PORT", str(port))
    assert (done.stdout.strip(), done.stderr, done.returncode) == (program.said, logged, program.status)


def test_what_belongs_to_a_connection_is_neither_pickled_nor_copied(connect: Any) -> None:
    with SimulatedSpec() as spec:
        client = connect(spec.host, spec.port)
        real = getattr(client, "thing", client)
        client.load_names()
        things = [
            real,
            real.motor("th"),
            real.counter("det"),
            real.motors,
            real.counters,
            getattr(client.changes("status/ready"), "thing", None) or client.changes("status/ready"),
            getattr(client.watch("status/ready", bool), "thing", None) or client.watch("status/ready", bool),
            getattr(client.start_move(th=1), "thing", None) or client.start_move(th=1),
            getattr(client.scan("ct"), "thing", None) or client.scan("ct"),
            getattr(client.follow_scans(), "thing", None) or client.follow_scans(),
        ]
        if real is client:
            client.execute("global x; array a[3]")
            things += [client.var("x"), client.var("a")]
        for thing in things:
            for way in (pickle.dumps, copy.deepcopy):
                with pytest.raises(TypeError, match=r"cannot be pickled"):
                    way(thing)
        client.close()
