"""A server made with chess-pyspec: prints its port and runs until its standard input ends."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import numpy as np
from pyspec.server import Property, Server, remote_function


class Beamline(Server):  # type: ignore[misc]  # that package has no types to speak of
    """What chess-pyspec serves."""

    def __init__(self) -> None:
        self.position = Property("motor/th/position", 1.5)
        self.matrix = Property("var/matrix", np.array([[1, 2, 3], [4.5, -5, 0.1]]))
        self.names = Property("var/names", np.array(["alpha", "be"]))
        self.text = Property("var/text", "hello")
        self.scratch = Property("var/scratch", "empty")
        self.chi = Property("motor/chi/position", 0.0)
        self.chi_move_done = Property("motor/chi/move_done", 0)
        self.chi_start_one = Property("motor/chi/start_one", 0.0)
        super().__init__("127.0.0.1", 0)
        self.chi_start_one.on("update", self._move_chi)

    async def _move_chi(self, target: Any) -> None:
        """Move as SPEC's motors do: move_done is 1 on the way, and 0 only when the last position was told."""
        start, way = self.chi.get(), float(target) - self.chi.get()
        self.chi_move_done.set(1)
        for step in range(1, 5):
            await asyncio.sleep(0.01)
            self.chi.set(start + way * step / 4)
        self.chi_move_done.set(0)

    @remote_function
    async def add(self, first: Any, second: Any) -> float:
        return float(first) + float(second)

    @remote_function
    async def fail(self) -> str:
        raise ValueError("no such luck")


async def main() -> None:
    async with Beamline() as beamline:
        sys.stdout.write(f"{beamline._server.sockets[0].getsockname()[1]}\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)


asyncio.run(main())
