"""Both faces against the server of chess-pyspec, a package that is not ours."""

from __future__ import annotations

import asyncio
import queue
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.conftest import PATIENCE

from pycertifspec import AsyncClient, Client, RemoteError

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Run the server in a process of its own: it leaves sockets open, and here warnings are errors."""
    command = [sys.executable, "-W", "ignore", str(Path(__file__).with_name("chess_pyspec_beamline.py"))]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()


def test_the_blocking_face_reads_writes_calls_and_watches(port: int) -> None:
    seen: queue.Queue[Any] = queue.Queue()
    with Client("127.0.0.1", port, timeout=PATIENCE) as client:
        assert client.read("motor/th/position") == 1.5
        assert client.read("var/matrix").tolist() == [[1, 2, 3], [4.5, -5, 0.1]]
        with client.watch("var/scratch", seen.put):
            seen.get(timeout=PATIENCE)
            client.write("var/scratch", "new")
            assert seen.get(timeout=PATIENCE).value == "new"
        assert client.call("add", 1, 2, returns=float) == 3.0
        with pytest.raises(RemoteError):
            client.read("var/nosuch")
        with pytest.raises(RemoteError):
            client.call("fail")


def test_the_asyncio_face_does_the_same(port: int) -> None:
    async def talk() -> None:
        async with AsyncClient("127.0.0.1", port, timeout=PATIENCE) as client:
            assert await client.read("motor/th/position") == 1.5
            async with await client.changes("var/scratch") as changes:
                await changes.next(PATIENCE)
                await client.write("var/scratch", "newer")
                change = await changes.next(PATIENCE)
                assert change is not None
                assert change.value == "newer"
            assert await client.call("add", 1, 2, returns=float) == 3.0
            with pytest.raises(RemoteError):
                await client.call("fail")

    asyncio.run(talk())
