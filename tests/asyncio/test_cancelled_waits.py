"""Whoever waits for what this program has started in SPEC and is cancelled stops it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from pycertifspec import AsyncClient
from pycertifspec.server import ServerThread
from pycertifspec.simulator.beamline import simulated
from pycertifspec.simulator.clock import ManualClock
from pycertifspec.simulator.world import World

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

PATIENCE = 20.0


@pytest.fixture
def port(nothing_left_behind: None, tmp_path: Path) -> Iterator[int]:
    clock = ManualClock(start=1_700_000_000.0)  # what was begun goes on until it is stopped
    beamline = simulated(lambda screen: World(clock, screen, directory=tmp_path), "fourc", clock)
    with ServerThread(beamline, port=0) as server:
        yield server.port


async def through(loop: Any) -> None:
    async for _ in loop:
        pass


async def in_a_motion(client: AsyncClient) -> None:
    await through(await client.start_move(th=0))


async def for_a_motion(client: AsyncClient) -> None:
    await (await client.start_move(th=0)).wait()


async def in_a_scan(client: AsyncClient) -> None:
    await through(await client.scan("sleep(1000)"))


async def for_a_heading(client: AsyncClient) -> None:
    await (await client.scan("sleep(1000)")).heading()


async def for_a_scan(client: AsyncClient) -> None:
    await (await client.scan("sleep(1000)")).wait()


MOVES = ("motor/th/move_done", True)
RUNS = ("status/ready", False)


@pytest.mark.parametrize(
    ("wait", "sign"),
    [(in_a_motion, MOVES), (for_a_motion, MOVES), (in_a_scan, RUNS), (for_a_heading, RUNS), (for_a_scan, RUNS)],
)
def test_who_waits_and_is_cancelled_stops_what_it_waits_for(
    port: int, wait: Callable[[AsyncClient], Awaitable[None]], sign: tuple[str, bool]
) -> None:
    async def main() -> None:
        async with AsyncClient("127.0.0.1", port) as client:
            waiting = asyncio.ensure_future(wait(client))
            await client.wait_for(*sign, PATIENCE)

            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting

            prop, begun = sign
            assert await client.wait_for(prop, not begun, PATIENCE) is not begun

    asyncio.run(main())
