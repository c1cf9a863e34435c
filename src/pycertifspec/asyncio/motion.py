"""`Motion`: motors on their way, while the program does something else."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from pycertifspec.errors import CallTimeoutError, StoppedError
from pycertifspec.session.procedures import moving
from pycertifspec.session.steps import FOR_EVER, Next
from pycertifspec.session.stream import Stream

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from typing import Self

    from .link import Link


class Motion:
    """Motors on their way.

    Iterating gives all positions by mnemonic, in user units, whenever one has changed, until all stand. Cancelling who
    waits in the loop stops the motion.

    Attributes:
        targets: where each motor goes; of distances that is known when they begin.
        positions: where each was last.

    """

    def __init__(
        self,
        link: Link,
        targets: Mapping[str, float],
        timeout: float | None,
        finished: Callable[[], None] | None = None,
        *,
        by: bool = False,
    ) -> None:
        self.targets: dict[str, float] = {} if by else dict(targets)
        self.positions: dict[str, float] = {}
        self._link = link
        self._stream = Stream(lasting=True)
        self._finished = finished
        procedure = moving.move(
            link.session, targets, by=by, timeout=timeout, progress=self._moved, starting=self._starting if by else None
        )
        self._what = f"the motion of {', '.join(targets)}"
        self._task = link.start(link.run(procedure), self._what)
        self._task.add_done_callback(self._over)

    def _starting(self, targets: dict[str, float]) -> None:
        self.targets = targets

    def _moved(self, positions: dict[str, float]) -> None:
        self.positions = positions
        self._link.put(self._stream, positions)

    def _over(self, task: asyncio.Task[dict[str, float]]) -> None:
        if not task.cancelled():
            task.exception()  # told to whoever waits
        self._link.close_stream(self._stream)
        if self._finished is not None:
            self._finished()

    @property
    def done(self) -> bool:
        """Whether all stand."""
        return self._task.done()

    async def wait(self, timeout: float | None = None) -> dict[str, float]:
        """Wait until all stand; return where, in user units. Cancelling the wait stops the motion.

        Raises:
            CallTimeoutError: `timeout` seconds have passed; the motors move on.
            RemoteError: a motor stopped short of its target.
            StoppedError: `stop` was called.

        """
        try:
            await asyncio.wait((self._task,), timeout=timeout)
        except asyncio.CancelledError:
            await self.stop()
            raise
        if not self._task.done():
            raise CallTimeoutError(f"{self._what} is not over after {timeout} s; it goes on")
        if self._task.cancelled():
            raise StoppedError(f"{self._what} was stopped by this program")
        self.positions = self._task.result()
        return self.positions

    async def stop(self) -> None:
        """Stop the motors, once, and all else that SPEC does (PROTOCOL.md 2.6)."""
        if not self._task.done():
            self._task.cancel()
            await asyncio.wait((self._task,))

    async def _next(self) -> Any:
        try:
            return await self._link.do(Next(self._stream, FOR_EVER))
        except asyncio.CancelledError:
            await self.stop()
            raise

    async def __aiter__(self) -> AsyncIterator[dict[str, float]]:
        while (positions := await self._next()) is not None:
            yield positions

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def __repr__(self) -> str:
        return f"<Motion {self.targets}, {'over' if self.done else 'under way'}>"
