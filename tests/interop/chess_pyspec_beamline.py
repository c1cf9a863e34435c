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
        super().__init__("127.0.0.1", 0)

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
