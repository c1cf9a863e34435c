"""The client of chess-pyspec, as it is, against our server."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from pyspec.client import Client, RemoteException

from pycertifspec.server import Server, ServerOptions
from pycertifspec.server.demonstration import demonstration

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

TIMEOUT = 10.0


def with_client(
    use: Callable[[Client, Any], Awaitable[None]], options: ServerOptions | None = None, prepare: Any = None
) -> None:
    """Run the demonstration, connect the other project's client to it, and use it."""

    async def main() -> None:
        application = demonstration()
        if prepare is not None:
            prepare(application)
        async with (
            asyncio.timeout(TIMEOUT),
            Server(application, port=0, options=options) as server,
            Client("127.0.0.1", server.port) as client,
        ):
            await use(client, application)

    asyncio.run(main())


def test_it_connects_and_reads() -> None:
    async def use(client: Client, application: Any) -> None:
        assert await client.var("SPEC").get() == "demo"
        assert await client.var("MOTORS", int).get() == 4
        assert await client.motor("th").position.get() == 0
        assert await client.motor("th").moving.get() is False
        assert await client.motor("th").sign.get() == 1
        assert await client.status().ready.get() is True
        assert await client.status().to_str() == "Status(quit=False, shell=False, ready=True, simulate=False)"

    with_client(use)


def test_it_reads_every_property_of_a_motor_that_it_knows() -> None:
    async def use(client: Client, application: Any) -> None:
        th = client.motor("th")
        names = (
            "position dial_position offset step_size sign moving high_lim_hit low_lim_hit emergency_stop motor_fault "
        )
        for name in (names + "high_limit low_limit unusable").split():
            await getattr(th, name).get()
        assert (await th.low_limit.get(), await th.high_limit.get()) == (-10, 90)

    with_client(use)


def test_it_writes_what_it_then_reads() -> None:
    async def use(client: Client, application: Any) -> None:
        title = client.var("TITLE")
        await title.set("silicon")
        assert await title.get() == "silicon"
        await title.set(1.5)
        assert await title.get() == 1.5
        sample = client.var("SAMPLE[name]")
        assert await sample.get() == "Si"
        await sample.set("Ge")
        assert await sample.get() == "Ge"
        whole = await client.var("SAMPLE").get()
        assert whole["name"] == "Ge"
        assert float(whole["reflection"]) == 4
        th = client.motor("th")
        await th.set_limits(-5, 5)
        assert (await th.low_limit.get(), await th.high_limit.get()) == (-5, 5)
        await th.offset.set(2)
        assert await th.position.get() == 2

    with_client(use)


@pytest.mark.parametrize("nul", [False, True])
def test_arrays_travel_both_ways(nul: Any) -> None:
    image = np.arange(6, dtype=np.float64).reshape(2, 3)

    async def use(client: Client, application: Any) -> None:
        np.testing.assert_array_equal(await client.var("image").get(), image)
        await client.var("image").set(image * 2)
        np.testing.assert_array_equal(await client.var("image").get(), image * 2)
        await client.var("image").set(image.astype(np.int16))
        np.testing.assert_array_equal(await client.var("image").get(), image)

    with_client(use, ServerOptions(array_nul=nul), lambda application: application.publish("var/image", image))


def test_lists_of_strings_travel_in_its_layout() -> None:
    async def use(client: Client, application: Any) -> None:
        assert list(np.ravel(await client.var("names").get())) == ["one", "three"]

    options = ServerOptions(terminated_strings=True)
    with_client(use, options, lambda application: application.publish("var/names", ["one", "three"]))


def test_it_watches() -> None:
    async def use(client: Client, application: Any) -> None:
        title = client.var("TITLE")
        async with title.subscribed():
            await client.exec("1")  # now the server has the registration
            async with title.wait_for_update("new"):
                application.find("var/TITLE").value = "new"
            assert await title.get() == "new"

    with_client(use)


def test_it_hears_the_screen() -> None:
    async def use(client: Client, application: Any) -> None:
        heard: list[str] = []
        done = asyncio.Event()

        def hear(text: str) -> None:
            heard.append(text)
            if "world" in text:
                done.set()

        screen = client.output("tty")
        screen.on("event", hear)
        async with screen.subscribed():
            await client.exec("1")  # now the server has the registration
            application.changed("output/tty", "Hello, ")
            application.changed("output/tty", "world!\n")
            await done.wait()
        assert "".join(heard) == "Hello, world!\n"

    with_client(use)


def test_it_moves_a_motor() -> None:
    async def use(client: Client, application: Any) -> None:
        phi = client.motor("phi")
        await phi.move(1)
        assert await phi.position.get() == 1
        assert await phi.moving.get() is False

    with_client(use)


def test_it_moves_motors_together() -> None:
    async def use(client: Client, application: Any) -> None:
        chi, phi = client.motor("chi"), client.motor("phi")
        async with client.synchronized_motors():
            chi.prepare_move(1)
            phi.prepare_move(-1)
            assert await phi.moving.get() is False
        assert (await chi.position.get(), await phi.position.get()) == (1, -1)

    with_client(use)


def test_it_counts() -> None:
    async def use(client: Client, application: Any) -> None:
        count = client.count()
        async with count.subscribed():
            await client.exec("1")  # the first event, that nothing is counted yet, has come
            async with count.wait_for_update(False), count.wait_for_update(True):
                await count.set(0.2)
        assert float(await client._property("scaler/sec/value", float).get()) == pytest.approx(0.2, abs=0.1)

    with_client(use)


def test_it_calls_functions_and_executes_commands() -> None:
    def prepare(application: Any) -> None:
        @application.function
        def add(a: float, b: float) -> float:
            return a + b

        @application.function
        def greet(name: str) -> str:
            return f"Hello, {name}!"

    async def use(client: Client, application: Any) -> None:
        assert await client.call("motor_mne", 1) == "th"
        assert await client.call("add", 1, 2.5) == 3.5
        assert await client.call("greet", "it's me") == "Hello, it's me!"
        assert await client.call("greet", client.var("SPEC")) == "Hello, demo!"
        assert await client.exec("add(1, 2)") == 3
        assert await client.exec("TITLE") == "a first run"

    with_client(use, prepare=prepare)


def test_errors_are_its_errors() -> None:
    async def use(client: Client, application: Any) -> None:
        with pytest.raises(RemoteException, match="no property 'var/none'"):
            await client.var("none").get()
        with pytest.raises(RemoteException, match="publishes no function 'none'"):
            await client.call("none", 1)
        with pytest.raises(RemoteException):
            await client.exec("1+1")
        assert await client.var("SPEC").get() == "demo"

    with_client(use)


def test_a_call_that_it_gives_up_is_aborted() -> None:
    cancelled: list[bool] = []

    def prepare(application: Any) -> None:
        @application.function
        async def forever() -> None:
            try:
                await asyncio.sleep(1000)
            except asyncio.CancelledError:
                cancelled.append(True)
                raise

    async def use(client: Client, application: Any) -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.call("forever"), 0.1)
        assert await client.exec("1") == 1
        assert cancelled == [True]

    with_client(use, prepare=prepare)


def test_two_of_it_share_the_server_and_closing_one_leaves_the_other() -> None:
    async def main() -> None:
        async with (
            asyncio.timeout(TIMEOUT),
            Server(demonstration(), port=0) as server,
            Client("127.0.0.1", server.port) as one,
        ):
            async with Client("localhost", server.port) as two:
                await two.var("TITLE").set("two")
                assert await two.var("TITLE").get() == "two"
            assert await one.var("TITLE").get() == "two"

    asyncio.run(main())
