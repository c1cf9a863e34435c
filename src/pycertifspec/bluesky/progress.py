"""What a task tells a function while it runs, as items to iterate over: the form of a status's progress."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

T = TypeVar("T")


async def told(start: Callable[[Callable[[T], None]], asyncio.Task[Any]]) -> AsyncIterator[T]:
    """Start a task and give what it tells; of what comes faster than it is taken, the newest.

    Ending the iteration cancels the task and waits for its end; what it raises is raised here, and where it was
    cancelled by somebody else `asyncio.CancelledError`.

    Args:
        start: is called with the function to tell; returns the task.

    """
    news: asyncio.Queue[T] = asyncio.Queue(1)

    def tell(item: T) -> None:
        if news.full():
            news.get_nowait()
        news.put_nowait(item)

    task = start(tell)
    task.add_done_callback(lambda _: over.set())
    over = asyncio.Event()
    next_one = asyncio.create_task(news.get())
    end = asyncio.create_task(over.wait())
    try:
        while not over.is_set():
            await asyncio.wait((next_one, end), return_when=asyncio.FIRST_COMPLETED)
            if next_one.done():
                yield next_one.result()
                next_one = asyncio.create_task(news.get())
        await task
        if next_one.done() or not news.empty():
            yield await next_one
    finally:
        for each in (task, next_one, end):
            each.cancel()
        await asyncio.wait((task, next_one, end))
