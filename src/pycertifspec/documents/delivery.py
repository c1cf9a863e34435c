"""`Delivery`: brings the spool's documents to one target, in order, and remembers how far it has come."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from .spool import Spool
    from .targets import Target

logger = logging.getLogger("pycertifspec.documents")

# Seconds before another try: the first pause, and the longest.
FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 60.0


class Delivery:
    """One subscriber.

    Args:
        name: by which the spool knows it.
        target: what takes the documents.
        spool: where they are; it is used by the event loop's thread alone.
        moved: is called when it has come further.
        threaded: whether the target may take its time: it has a thread of its own then.
        first_pause: seconds before another try after a failure; each further pause is twice as long.

    """

    def __init__(
        self,
        name: str,
        target: Target,
        spool: Spool,
        moved: Callable[[], object],
        *,
        threaded: bool = True,
        first_pause: float = FIRST_PAUSE,
    ) -> None:
        self.name = name
        self._target = target
        self._spool = spool
        self._moved = moved
        self._news = asyncio.Event()
        self._first_pause = first_pause
        self._executor = ThreadPoolExecutor(1, f"documents to {name}") if threaded else None
        self.position = spool.begin(name)
        self.idle = asyncio.Event()

    def wake(self) -> None:
        """Say that there are more documents."""
        self.idle.clear()
        self._news.set()

    async def run(self) -> None:
        """Deliver until this is cancelled."""
        pause = self._first_pause
        try:
            while True:
                before = self.position
                try:
                    await self._do(self._target.open)
                    await self._deliver()
                except Exception as error:  # noqa: BLE001  whatever it is, the documents wait here
                    pause = self._first_pause if self.position > before else pause
                    logger.warning(
                        "%s did not take documents: %s: %s; they wait in %s, and it is tried again in %g s",
                        self.name,
                        type(error).__name__,
                        error,
                        self._spool.path,
                        pause,
                    )
                    await asyncio.sleep(pause)
                    pause = min(2 * pause, LONGEST_PAUSE)
        finally:
            await self._end()

    async def _deliver(self) -> None:
        sent = self.position
        while True:
            self._news.clear()
            entries = self._spool.next(sent)
            if not entries:
                self.idle.set()
                await self._news.wait()
                continue
            taken = await self._do(self._target.send, entries)
            sent = entries[-1].position
            if taken > self.position:
                self.position = taken
                self._spool.acknowledge(self.name, taken)
                self._moved()

    async def _do(self, function: Callable[..., Any], *arguments: Any) -> Any:
        if self._executor is None:
            return function(*arguments)
        return await asyncio.get_running_loop().run_in_executor(self._executor, function, *arguments)

    async def _end(self) -> None:
        if self._executor is None:
            self._target.close()
            return
        # What is on its way ends first: targets have a timeout of their own.
        closing = asyncio.get_running_loop().run_in_executor(self._executor, self._target.close)
        await asyncio.shield(closing)
        self._executor.shutdown(wait=True)
