"""chess-pyspec's client, unchanged, holds its own kind of session with the simulator."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pycertifspec.server import ServerThread
from pycertifspec.simulator.beamline import simulated
from pycertifspec.simulator.clock import ScaledClock
from pycertifspec.simulator.world import World

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

client_module = pytest.importorskip("pyspec.client")

# Model seconds a second: a move of some degrees takes some ten milliseconds.
SCALE = 100.0
PATIENCE = 20.0

Session = "Callable[[Callable[[Any], Awaitable[None]]], None]"


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Any]:
    """Run a coroutine function with a connected client."""
    clock = ScaledClock(SCALE)
    beamline = simulated(lambda screen: World(clock, screen, directory=tmp_path), "fourc", clock)
    with ServerThread(beamline, port=0) as server:

        def run(conversation: Callable[[Any], Awaitable[None]]) -> None:
            async def connected() -> None:
                async with asyncio.timeout(PATIENCE), client_module.Client("127.0.0.1", server.port) as client:
                    await conversation(client)

            asyncio.run(connected())

        yield run


def test_variables_are_set_read_and_watched(session: Any) -> None:
    async def conversation(client: Any) -> None:
        await client.exec("global test_var")
        variable = client.var("test_var")
        for value in ("hello", 5, 2.5):
            await variable.set(value)
            assert await variable.get() == value
        async with variable.subscribed(), variable.wait_for_update(7):
            await client.exec("test_var = 7")

    session(conversation)


def test_a_missing_variable_is_an_exception(session: Any) -> None:
    async def conversation(client: Any) -> None:
        with pytest.raises(Exception, match="nosuch"):
            await client.var("nosuch").get()

    session(conversation)


def test_associative_arrays_and_their_elements_travel(session: Any) -> None:
    async def conversation(client: Any) -> None:
        await client.exec('global arr; arr["one"] = 1; arr["two"]["three"] = "x"')
        whole = await client.var("arr").get()
        assert whole["one"] == 1
        assert whole["two", "three"] == "x"
        element = client.var("arr[one]")
        await element.set(11)
        assert await element.get() == 11
        async with element.subscribed(), element.wait_for_update(12):
            await client.exec('arr["one"] = 12')

    session(conversation)


@pytest.mark.parametrize("kind", ["double", "float", "long", "ulong", "short", "ushort", "byte", "ubyte"])
def test_data_arrays_travel_both_ways(session: Any, kind: str) -> None:
    async def conversation(client: Any) -> None:
        await client.exec(f"{kind} array data[2][3]; data[1][2] = 7")
        values = await client.var("data").get()
        assert np.asarray(values).tolist() == [[0, 0, 0], [0, 0, 7]]
        await client.var("data").set(np.asarray(values) + np.asarray(1, np.asarray(values).dtype))
        assert await client.exec("data[1][2]") == 8

    session(conversation)


def test_commands_and_functions_give_their_values(session: Any) -> None:
    async def conversation(client: Any) -> None:
        await client.exec("def add(a, b) '{ return(a + b) }'; global number; number = 40")
        assert await client.exec("1 + 1") == 2
        assert await client.call("motor_mne", 0) == "tth"
        assert await client.call("add", 1, 2.5) == 3.5
        assert await client.call("add", client.var("number"), 2) == 42
        assert await client.call("length", "some text") == 9
        with pytest.raises(Exception, match="nosuch"):
            await client.call("nosuch", 1)

    session(conversation)


def test_output_is_captured(session: Any) -> None:
    async def conversation(client: Any) -> None:
        async with client.output("tty").capture() as output:
            await client.exec('print("Hello, world!")')
        assert output[-1] == "Hello, world!\n"

    session(conversation)


def test_output_to_a_file_is_captured(session: Any) -> None:
    async def conversation(client: Any) -> None:
        async with client.output("log.txt").capture() as output:
            await client.exec('fprintf("log.txt", "a line\\n"); close("log.txt")')
        assert output[-1] == "a line\n"

    session(conversation)


def test_a_motor_moves_and_has_all_its_properties(session: Any) -> None:
    async def conversation(client: Any) -> None:
        async with client.motor("tth") as motor:
            assert await motor.position.get() == 60
            await motor.move(61.5)
            assert await motor.position.get() == pytest.approx(61.5)
            assert await motor.moving.get() is False
            assert await motor.step_size.get() == 2000
            assert await motor.sign.get() == 1
            assert await motor.unusable.get() is False
            task = await motor_started(motor, 65)
            await task

    async def motor_started(motor: Any, position: float) -> asyncio.Task[Any]:
        async with motor.moving.wait_for_update(True):
            return asyncio.create_task(motor.move(position))

    session(conversation)


def test_limits_offset_and_dial_are_set(session: Any) -> None:
    async def conversation(client: Any) -> None:
        async with client.motor("th") as motor:
            async with motor.high_limit.wait_for_update(80.0), motor.low_limit.wait_for_update(-10.0):
                await motor.set_limits(-10, 80)
            async with motor.position.wait_for_update(31.0):
                await motor.offset.set(1)
            async with motor.dial_position.wait_for_update(40.0):
                await motor.dial_position.set(40)

    session(conversation)


def test_a_motor_searches_its_limit(session: Any) -> None:
    async def conversation(client: Any) -> None:
        async with client.motor("s1t") as motor, motor.high_lim_hit.wait_for_update(True):
            await motor.search("lim+")

    session(conversation)


def test_motors_move_together(session: Any) -> None:
    async def conversation(client: Any) -> None:
        async with client.motor("tth") as tth, client.motor("th") as th:
            async with client.synchronized_motors(timeout=PATIENCE):
                tth.prepare_move(62)
                th.prepare_move(31)
                await asyncio.sleep(0)
                assert await tth.position.get() == 60
            assert (await tth.position.get(), await th.position.get()) == (62, 31)

    session(conversation)


def test_status_follows_what_the_server_does(session: Any) -> None:
    async def conversation(client: Any) -> None:
        async with client.status() as status:
            assert await status.ready.get() is True
            assert await status.shell.get() is False
            async with status.ready.wait_for_update(False):
                running = asyncio.create_task(client.exec("sleep(20)"))
            async with status.ready.wait_for_update(True):
                await running
            async with status.simulate.wait_for_update(True):
                await client.exec("onsim")

    session(conversation)


def test_counting_is_followed(session: Any) -> None:
    async def conversation(client: Any) -> None:
        count = client.count()
        async with count.subscribed():
            async with count.wait_for_update(False):
                await count.set(2)
            await client.exec("getcounts")
        assert await client.exec("S[sec]") == 2

    session(conversation)


def test_a_command_that_takes_too_long_is_aborted(session: Any) -> None:
    async def conversation(client: Any) -> None:
        async with client.status() as status:
            with pytest.raises((TimeoutError, asyncio.CancelledError)):
                await client.exec("while (1) ;", timeout=0.2)
            async with asyncio.timeout(PATIENCE):
                async with status.ready.wait_until(True):
                    pass
        assert await client.exec("2 + 2") == 4

    session(conversation)
