"""A loop over changes that is cancelled, and what is asked of a server that does not answer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from pycertifspec import AsyncClient, CallTimeoutError
from pycertifspec.server import Application, ServerThread
from pycertifspec.session.server import ServerSession
from pycertifspec.wire.constants import EventTypes

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 20.0


@pytest.fixture
def port(nothing_left_behind: None) -> Iterator[int]:
    application = Application("fourc")
    application.publish("data", 1)
    with ServerThread(application, port=0) as server:
        yield server.port


class Reader:
    """A task that reads changes in a loop, and says what it has read and that it waits for the next."""

    def __init__(self, changes: Any) -> None:
        self.read: asyncio.Queue[str] = asyncio.Queue()
        self.task = asyncio.create_task(self._loop(changes))

    async def _loop(self, changes: Any) -> None:
        async for change in changes:
            self.read.put_nowait(change.value)

    async def next(self) -> str:
        return await asyncio.wait_for(self.read.get(), PATIENCE)

    async def cancel(self) -> None:
        self.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await self.task


def test_a_loop_that_is_cancelled_while_it_waits_can_be_gone_on_with(port: int) -> None:
    async def main() -> None:
        async with AsyncClient("127.0.0.1", port) as client:
            changes = await client.changes("data")
            reader = Reader(changes)
            assert await reader.next() == "1"
            await reader.cancel()

            await client.write("data", 2)  # nobody waits for it: it is kept
            again = Reader(changes)
            assert await again.next() == "2"
            await client.write("data", 3)
            assert await again.next() == "3"
            await again.cancel()

    asyncio.run(main())


def test_a_loop_that_is_cancelled_inside_its_block_ends_the_registration(port: int) -> None:
    async def main() -> None:
        async with AsyncClient("127.0.0.1", port) as client:
            begun = asyncio.Event()

            async def follow() -> None:
                async with await client.changes("data") as changes:
                    async for _ in changes:
                        begun.set()

            task = asyncio.create_task(follow())
            await asyncio.wait_for(begun.wait(), PATIENCE)
            assert "data" in set(client._link.session.registry)

            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

            assert "data" not in set(client._link.session.registry)
            assert await client.read("data") == "1"

    asyncio.run(main())


def test_a_get_that_is_cancelled_leaves_the_others_their_answers(port: int) -> None:
    async def main() -> None:
        async with AsyncClient("127.0.0.1", port) as client:
            gets = [asyncio.create_task(client.read("data")) for _ in range(5)]
            await asyncio.sleep(0)  # each has asked
            gets[2].cancel()

            answers = await asyncio.gather(*gets, return_exceptions=True)

            assert [answer for answer in answers if not isinstance(answer, BaseException)] == ["1"] * 4
            assert isinstance(answers[2], asyncio.CancelledError)
            assert not client._link.session._pending

    asyncio.run(main())


async def greet_and_be_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Serve a client that is answered nothing but its greeting."""
    session = ServerSession(lambda: (1, 0))
    while data := await reader.read(1 << 16):
        for message in session.receive(data):
            if message.cmd == EventTypes.SV_HELLO:
                writer.write(session.hello_reply(message.sn, "fourc"))
    writer.close()


def test_each_of_what_is_not_answered_fails_by_itself_and_nothing_of_it_is_kept(nothing_left_behind: None) -> None:
    async def main() -> None:
        async with await asyncio.start_server(greet_and_be_silent, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            async with AsyncClient("127.0.0.1", port, call_timeout=0.02) as client:
                for _ in range(2):  # the second time with the timer of the first
                    answers = await asyncio.gather(client.read("one"), client.read("two"), return_exceptions=True)
                    assert [type(answer) for answer in answers] == [CallTimeoutError] * 2
                    assert "'two' within 0.02 s" in str(answers[1])
                    assert not client._link.session._pending

    asyncio.run(main())
