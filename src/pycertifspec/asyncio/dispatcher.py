"""`Dispatcher`: one task that calls callbacks, in order."""

from __future__ import annotations

import asyncio
import inspect
import logging
from typing import TYPE_CHECKING, Any

from pycertifspec.session.callbacks import FAILED, Backlog

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger("pycertifspec.callbacks")

# Callbacks that are called before others of the loop have their turn.
BATCH = 1_000


class Dispatcher:
    """Calls callbacks one after the other in a task; those that are coroutines are awaited, one after the other.

    Attributes:
        due: what is to be called, and with what.
        flush: lets the task go on if it sleeps and there is work.

    """

    def __init__(self) -> None:
        self._wake = asyncio.Event()
        self._backlog = Backlog(self._wake.set)
        self.due, self.flush = self._backlog.due, self._backlog.flush
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    def start(self) -> None:
        """Start the task, if it does not run yet."""
        if self._task is None and not self._closed:
            self._task = asyncio.create_task(self._run(), name="pycertifspec callbacks")

    def call(self, callback: Callable[[Any], Any], argument: Any) -> None:
        """Let a callback be called soon."""
        self.start()
        self._backlog.add(callback, argument)

    async def _run(self) -> None:
        backlog, due = self._backlog, self.due
        while True:
            for _ in range(min(len(due), BATCH)):
                callback, argument = due.popleft()
                try:
                    result = callback(argument)
                    if result is not None and inspect.isawaitable(result):
                        await result
                except Exception:
                    logger.exception(FAILED, argument)
            if due:
                await asyncio.sleep(0)
                continue
            backlog.sleeping = True
            self._wake.clear()
            await self._wake.wait()

    async def close(self) -> None:
        """End the task; not waited for from a callback itself."""
        task = self._task
        if task is asyncio.current_task():
            self._closed = True
            return
        self.cancel()
        if task is not None:
            await asyncio.gather(task, return_exceptions=True)

    def cancel(self) -> None:
        """Let the task end, without waiting for it."""
        self._closed = True
        if self._task is not None:
            self._task.cancel()
