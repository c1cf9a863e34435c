"""What the simulator asks of the server's loop, while that has no time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from pycertifspec.session.options import ServerOptions
from pycertifspec.simulator.clock import SteppingClock
from pycertifspec.simulator.hardware.default import default_instrument
from pycertifspec.simulator.telling import Announcer

if TYPE_CHECKING:
    from collections.abc import Callable


class Counting(SteppingClock):
    """Counts what the loop is asked to do."""

    asked = 0

    def call_soon(self, callback: Callable[[], object], *, loop: Any) -> None:
        self.asked += 1
        super().call_soon(callback, loop=loop)


class Channel:
    """A server that nobody is connected to, but all is watched."""

    options = ServerOptions()

    def __init__(self) -> None:
        self.told: list[str] = []

    def watched(self, _: str) -> bool:
        return True

    def tell(self, name: str, _: Any, **how: Any) -> None:
        self.told.append(name)


def test_a_loop_that_is_behind_is_asked_once_for_all_that_has_happened() -> None:
    async def work() -> tuple[int, list[str]]:
        clock, channel = Counting(start=0.0), Channel()
        instrument = default_instrument(clock)
        announcer = Announcer(instrument)
        announcer.attach(channel)  # type: ignore[arg-type]
        channel.told.clear()
        for _ in range(1_000):  # counts that begin and end while the loop has no turn
            instrument.scaler.count_time(1.0)
            instrument.scaler.stop()
        asked = clock.asked
        await asyncio.sleep(0)
        instrument.scaler.count_time(1.0)  # and again, once it had one
        again = clock.asked
        announcer.detach()
        assert again == asked + 1
        return asked, channel.told

    asked, told = asyncio.run(work())

    assert asked == 1
    assert "scaler/.all./count" in told
