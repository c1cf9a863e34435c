"""What comes at the very moment at which who waits for it is interrupted is not lost."""

import asyncio
import signal
import threading
from typing import Any

import pytest

from pycertifspec import AsyncClient, Client
from pycertifspec.session.steps import FOR_EVER, Next
from pycertifspec.session.stream import Stream


@pytest.mark.parametrize("seconds", [FOR_EVER, 10.0])
def test_an_item_that_comes_in_the_turn_of_a_cancellation_is_the_next_one(stand: Any, seconds: float) -> None:
    async def work() -> None:
        async with await AsyncClient.connect("127.0.0.1", stand.port) as client:
            link, stream = client._link, Stream(lasting=True)
            reading = asyncio.create_task(link.do(Next(stream, seconds)))
            await asyncio.sleep(0)  # it waits now

            link.put(stream, "a point")
            reading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reading

            assert await link.do(Next(stream, 0.0)) == "a point"

    asyncio.run(work())


@pytest.mark.parametrize("seconds", [FOR_EVER, 10.0])
def test_an_item_that_comes_with_ctrl_c_is_the_next_one(stand: Any, seconds: float) -> None:
    with Client("127.0.0.1", stand.port) as client:
        link, stream, main = client._link, Stream(lasting=True), threading.get_ident()

        def interrupted(*_: object) -> None:
            link.put(stream, "a point")
            raise KeyboardInterrupt

        def interrupt() -> None:
            while stream._promise is None:
                pass
            signal.pthread_kill(main, signal.SIGINT)

        before = signal.signal(signal.SIGINT, interrupted)
        thread = threading.Thread(target=interrupt)
        thread.start()
        try:
            with pytest.raises(KeyboardInterrupt):
                link.do(Next(stream, seconds))
        finally:
            thread.join()
            signal.signal(signal.SIGINT, before)

        assert link.do(Next(stream, 0.0)) == "a point"
