"""`python -m soaking.day`: a day at a simulated beamline, during which nothing may be missed and nothing may grow."""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import threading
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from pycertifspec import AsyncClient, Client, RemoteError
from pycertifspec.testing import SimulatedSpec

if TYPE_CHECKING:
    from collections.abc import Sequence

HOUR = 3600.0

# Real seconds that an event may be on its way, with the machine busy.
PATIENCE = 60.0

# Megabytes that the process may have grown by after its first hours: what the allocator keeps.
GROWTH = 30.0

WORK = """
global day_count
day_count = 0
def day_work '{
    local i
    umvr phi 1
    for (i = 0; i < 20; i++) day_count = day_count + 1
    ct 60
    umvr phi -1
}'
"""


def megabytes() -> float:
    """Return the memory that this process has."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


class Watching:
    """An asyncio client in a thread of its own, that is told each value of a variable."""

    def __init__(self, spec: SimulatedSpec) -> None:
        self.values: list[int] = []
        self._spec = spec
        self._stop = threading.Event()
        self.is_told = threading.Event()  # the present value, since the connection stands
        self._thread = threading.Thread(target=lambda: asyncio.run(self._watch()))
        self._thread.start()

    async def _watch(self) -> None:
        async with AsyncClient(self._spec.host, self._spec.port, call_timeout=PATIENCE) as client:
            await client.watch("var/day_count", self._told)
            await client.watch("motor/phi/position", lambda _: None)
            await asyncio.to_thread(self._stop.wait)

    def _told(self, change: Any) -> None:
        self.values.append(int(change.value))
        if change.first:
            self.is_told.set()

    def saw(self, number: int) -> bool:
        """Wait until the last value has come; tell whether none was missed on the way."""
        end = monotonic() + PATIENCE
        while (not self.values or self.values[-1] < number) and monotonic() < end:
            self._stop.wait(0.001)
        missed = [later for earlier, later in zip(self.values, self.values[1:], strict=False) if later - earlier > 1]
        del self.values[:-1]
        return not missed and self.values == [number]

    def close(self) -> None:
        """End it."""
        self._stop.set()
        self._thread.join()


def work(client: Client) -> None:
    """Do what takes some ten minutes at a beamline."""
    client.execute("day_work", timeout=PATIENCE)
    record = client.scan("ascan th 0 1 20 20", timeout=PATIENCE).wait()
    assert len(record.points) == 21, record
    assert client.count(60)["sec"] == 60.0
    assert client.move(th=0, tth=1) == {"th": 0.0, "tth": 1.0}
    assert client.move(th=10, tth=2) == {"th": 10.0, "tth": 2.0}
    try:
        client.execute("nosuchcommand")
    except RemoteError:
        return
    raise AssertionError("a command that does not exist was run")


def hang_up(spec: SimulatedSpec, client: Client, watching: Watching) -> None:
    """End all connections, and wait until both clients are back."""
    watching.is_told.clear()
    back = threading.Event()
    end = client.on_connection(lambda connected: back.set() if connected else None)
    spec.drop_clients()
    assert back.wait(PATIENCE), "the client does not connect again"
    assert watching.is_told.wait(PATIENCE), "the watching client does not connect again"
    end()


def day(hours: float) -> str:
    """Live through it; return what it was like."""
    scans = 0
    first = 0.0
    with SimulatedSpec() as spec, Client(spec.host, spec.port, call_timeout=PATIENCE) as client:
        client.execute(WORK)
        watching = Watching(spec)
        try:
            assert watching.is_told.wait(PATIENCE)
            begin = spec.clock.now()
            hour = 0
            while (passed := (spec.clock.now() - begin) / HOUR) < hours:
                work(client)
                scans += 1
                assert watching.saw(int(client.read("var/day_count"))), "a change was missed, or told twice"
                if int(passed) > hour:
                    hour = int(passed)
                    hang_up(spec, client, watching)
                    gc.collect()
                    first = first or (megabytes() if hour >= 3 else 0.0)
            grown = megabytes() - first if first else 0.0
        finally:
            watching.close()
    assert grown < GROWTH, f"the process has grown by {grown:.0f} MB"
    assert threading.active_count() == 1, threading.enumerate()
    return f"{scans} scans, {scans * 20} changes all told, {hour} connections lost, {grown:.1f} MB grown"


def main(arguments: Sequence[str] | None = None) -> None:
    """Live through a day and tell of it."""
    parser = argparse.ArgumentParser(prog="python -m soaking.day", description="A day at a simulated beamline.")
    parser.add_argument("--hours", type=float, default=24, help="how long it is (%(default)s)")
    print(day(parser.parse_args(arguments).hours))


if __name__ == "__main__":
    main()
