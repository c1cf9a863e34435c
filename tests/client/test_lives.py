"""How clients are begun and ended, again and again: nothing is left of them: the same on both faces."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import queue
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.tap import PATIENCE, Tap

from pycertifspec import AsyncClient, Client, ConnectionLostError, RemoteError
from pycertifspec.testing import ManualClock, Plan, Relay, SimulatedSpec

if TYPE_CHECKING:
    from collections.abc import Callable

# Lives that a client lives in one test; `make soak` lets it live 1,000.
CYCLES = int(os.environ.get("CYCLES", "50"))

PARTS = ("pycertifspec.sync", "pycertifspec.asyncio", "pycertifspec.session.client", "pycertifspec.session.registry")


def alive() -> Counter[str]:
    """Count the objects of the clients' classes."""
    gc.collect()
    kinds = (type(thing) for thing in gc.get_objects())
    return Counter(kind.__qualname__ for kind in kinds if str(kind.__module__).startswith(PARTS))


def blocking_lives(spec: SimulatedSpec, number: int) -> None:
    for _ in range(number):
        with Client(spec.host, spec.port, timeout=PATIENCE) as client:
            client.watch("motor/th/position", lambda _: None)
            client.execute("1")
            with client.changes("motor/tth/position") as changes:
                changes.next(PATIENCE)


async def awaited_lives(spec: SimulatedSpec, number: int) -> None:
    for _ in range(number):
        async with AsyncClient(spec.host, spec.port, timeout=PATIENCE) as client:
            await client.watch("motor/th/position", lambda _: None)
            await client.execute("1")
            async with await client.changes("motor/tth/position") as changes:
                await changes.next(PATIENCE)
        assert asyncio.all_tasks() == {asyncio.current_task()}


def test_many_lives_leave_no_thread_descriptor_task_or_object(face: str, nothing_left_behind: None) -> None:
    def live(number: int) -> None:
        if face == "sync":
            blocking_lives(spec, number)
        else:
            asyncio.run(awaited_lives(spec, number))

    with SimulatedSpec() as spec:
        live(2)
        before = alive(), set(threading.enumerate())
        live(CYCLES)
        assert (alive(), set(threading.enumerate())) == before


def test_a_client_that_nobody_has_any_more_ends(connect: Any, face: str, nothing_left_behind: None) -> None:
    async def drop(spec: SimulatedSpec) -> None:
        client = await AsyncClient.connect(spec.host, spec.port)
        await client.watch("motor/th/position", lambda _: None)
        del client
        gc.collect()
        while len(asyncio.all_tasks()) > 1 or spec_clients(spec):  # noqa: ASYNC110  nobody is left to tell
            await asyncio.sleep(0)

    with SimulatedSpec() as spec:
        if face == "asyncio":
            asyncio.run(drop(spec))
            return
        client = Client(spec.host, spec.port)
        client.watch("motor/th/position", lambda _: None)
        threads = [thread for thread in threading.enumerate() if "fourc reader" in thread.name]
        del client
        gc.collect()
        for thread in threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()


def spec_clients(spec: SimulatedSpec) -> int:
    """Return how many clients a SPEC has."""
    return len(spec._runs._server._server._connections)  # type: ignore[union-attr]


def test_what_fails_while_the_server_is_away_leaves_nothing(connect: Any) -> None:
    with SimulatedSpec() as spec:
        client = connect(spec.host, spec.port)
        link = getattr(client, "thing", client)._link
        states: queue.Queue[bool] = queue.Queue()
        client.on_connection(states.put)
        watched = list(link.session.registry)
        port = spec.port
        spec.die()
        assert states.get(timeout=PATIENCE) is False

        for _ in range(20):
            for operation in operations(client):
                with pytest.raises(ConnectionLostError, match="nothing was sent"):
                    operation()

        assert not link.session._pending
        assert list(link.session.registry) == watched
        spec.restart(port=port)
        assert states.get(timeout=PATIENCE) is True
        assert client.read("status/ready") is True
        client.close()


def operations(client: Any) -> list[Callable[[], Any]]:
    """Return operations of every kind."""
    return [
        lambda: client.read("status/ready"),
        lambda: client.write("motor/th/position", 1),
        lambda: client.execute("1"),
        lambda: client.execute("1", progress=print),
        lambda: client.call("sqrt", 4),
        lambda: client.move(th=1),
        lambda: client.motor("th").search("home"),
        lambda: client.check_move(th=1),
        client.load_names,
        lambda: client.watch("status/ready", print),
        lambda: client.changes("status/ready"),
        lambda: client.wait_for("status/ready", True),
        client.output,
        lambda: client.start_move(th=1).wait(),
        lambda: client.scan("ct").wait(),
        client.abort,
        client.stop_counting,
    ]


def test_a_server_that_answers_and_hangs_up_at_once_is_tried_again(connect: Any, nothing_left_behind: None) -> None:
    with SimulatedSpec() as spec, Tap(spec.port) as tap, Relay("127.0.0.1", tap.port) as relay:
        client = connect(relay.host, relay.port)
        states: queue.Queue[bool] = queue.Queue()
        client.on_connection(states.put)

        relay.plan = Plan(cut=("down", 132 + len("fourc\0")))
        relay.cut()
        tap.wait_for(lambda passing: passing.connection == 5)
        relay.plan = Plan()

        works = False
        while not works:
            while not states.get(timeout=PATIENCE):
                pass
            with contextlib.suppress(ConnectionLostError):
                works = client.read("motor/th/position") == 30.0
        client.close()


def test_many_threads_use_one_client_while_the_server_dies_and_comes_back(connect: Any) -> None:
    with SimulatedSpec() as spec:
        client = connect(spec.host, spec.port)
        client.load_names()
        link = getattr(client, "thing", client)._link
        watched = list(link.session.registry)
        states: queue.Queue[bool] = queue.Queue()
        client.on_connection(states.put)
        over, lost, done = threading.Event(), queue.Queue[int](), queue.Queue[int]()
        works = [
            lambda: client.read("motor/th/position"),
            lambda: client.write("motor/phi/offset", 1),
            lambda: client.execute('print "here"'),
            lambda: client.move(th=1),
            lambda: client.move(tth=1),
            lambda: client.wait_for("status/simulate", False, PATIENCE),
            lambda: client.watch("motor/chi/position", bool).close(),
            lambda: client.call("sqrt", 4),
        ]
        wrong: list[BaseException] = []

        def use(number: int) -> None:
            try:
                while not over.is_set():
                    try:
                        works[number]()
                        done.put(number)
                    except ConnectionLostError:
                        lost.put(number)
                        over.wait(0.001)
            except BaseException as error:  # noqa: BLE001  looked at below
                wrong.append(error)

        threads = [threading.Thread(target=use, args=(number,)) for number in range(len(works))]
        for thread in threads:
            thread.start()
        port = spec.port
        for _ in range(2):
            wait_for_all(done, len(works))
            spec.die()
            assert states.get(timeout=PATIENCE) is False
            wait_for_all(lost, len(works))
            spec.restart(port=port)
            assert states.get(timeout=PATIENCE) is True
            while not done.empty():
                done.get()
        wait_for_all(done, len(works))
        over.set()
        for thread in threads:
            thread.join(PATIENCE)

        assert wrong == []
        assert not link.session._pending
        assert list(link.session.registry) == watched
        client.close()


def wait_for_all(told: queue.Queue[int], number: int) -> None:
    """Wait until each of so many has said something."""
    seen: set[int] = set()
    while len(seen) < number:
        seen.add(told.get(timeout=PATIENCE))


def test_a_spec_that_is_started_again_while_motors_move_ends_the_motion_with_one_error(connect: Any) -> None:
    with SimulatedSpec(clock=ManualClock()) as spec:
        client = connect(spec.host, spec.port)
        states: queue.Queue[bool] = queue.Queue()
        client.on_connection(states.put)
        motion = client.start_move(th=0, tth=0)
        for mne in ("th", "tth"):
            client.wait_for(f"motor/{mne}/move_done", True, PATIENCE)

        spec.restart()

        with pytest.raises((ConnectionLostError, RemoteError), match=r"'th'|fourc"):
            motion.wait()
        assert [states.get(timeout=PATIENCE) for _ in range(2)] == [False, True]
        assert client.read("motor/th/move_done") is False
        assert client.motor("th").position == 30.0
        motion = client.start_move(th=29)
        client.wait_for("motor/th/move_done", True, PATIENCE)
        spec.clock.advance(100)
        assert motion.wait() == {"th": 29.0}
        client.close()


def test_a_loop_over_changes_goes_on_when_the_server_is_back(connect: Any) -> None:
    with SimulatedSpec() as spec:
        client = connect(spec.host, spec.port)
        with client.changes("motor/th/position") as changes, client.output() as screen:
            assert changes.next(PATIENCE).first
            port = spec.port
            spec.die()
            spec.restart(port=port)

            change = changes.next(PATIENCE)
            assert (change.value, change.first) == (30.0, True)
            client.execute('print "again"')
            shown = ""
            while "again\n" not in shown:
                shown += screen.next(PATIENCE)
        client.close()
