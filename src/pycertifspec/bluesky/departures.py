"""Motors that are set in one breath start with one command of SPEC's, or not at all."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from pycertifspec.errors import RefusedError, SpecError, StoppedError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

    from pycertifspec.asyncio.client import AsyncClient


class Departures:
    """Gathers who announces a motion before the motion of the one before has begun.

    A plan sets its motors in consecutive turns of the event loop, and each asks the server for something before it
    moves, which takes a turn at least. So the next one has announced itself when the one before is ready: all of a
    ``bps.mv(th, 1, tth, 2)`` are found without waiting for any time to pass. They have to be: SPEC moves with one
    command what ``A[]`` says (SPEC_LANGUAGE.md 6.6), and a motor that starts while another moves reads positions of
    that in between (PROTOCOL.md 5.6, ``start_one``).

    Args:
        client: what moves them.
        start: lets a coroutine go on by itself.

    """

    def __init__(self, client: AsyncClient, start: Callable[[Coroutine[Any, Any, Any]], asyncio.Task[Any]]) -> None:
        self._client = client
        self._start = start
        self._next: Journey | None = None

    def announce(self) -> Ticket:
        """Return a ticket for the next departure, which waits for whoever has one."""
        if self._next is None or self._next.closed:
            self._next = Journey(self._client, self._start)
        return Ticket(self._next)


class Journey:
    """Motors that start together.

    Attributes:
        targets: where each goes.
        closed: whether nobody can join any more.
        expected: how many have announced themselves and are neither aboard nor given up.
        refusal: why none of them moves.

    """

    def __init__(self, client: AsyncClient, start: Callable[[Coroutine[Any, Any, Any]], asyncio.Task[Any]]) -> None:
        self.targets: dict[str, float] = {}
        self.closed = False
        self.expected = 0
        self.refusal: SpecError | None = None
        self._client = client
        self._start = start
        self._positions: dict[str, float] = {}
        self._arrived: set[str] = set()
        self._motion: asyncio.Task[Any] | None = None
        self._news = asyncio.Event()
        self._on_purpose = False

    def settle(self) -> None:
        """One who was expected is aboard, or does not come."""
        self.expected -= 1
        if self.expected:
            return
        self.closed = True
        if self.targets and self.refusal is None:
            self._motion = self._start(self._client.move(self.targets, progress=self._moved, arrived=self._stands))
            self._motion.add_done_callback(self._over)
        self._tell()

    def _moved(self, positions: dict[str, float]) -> None:
        self._positions = positions
        self._tell()

    def _stands(self, mne: str, position: float) -> None:
        self._positions = {**self._positions, mne: position}
        self._arrived.add(mne)
        self._tell()

    def _over(self, motion: asyncio.Task[Any]) -> None:
        if not motion.cancelled():
            motion.exception()  # told to who rides
        self._tell()

    def _tell(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()

    async def ride(self, mne: str) -> AsyncIterator[float]:
        """Give a motor's positions until it stands. Ending the iteration early stops them.

        Raises:
            SpecError: as `AsyncClient.move`.
            StoppedError: they were stopped, and not on purpose.

        """
        try:
            while not self.closed:
                await self._news.wait()
            if self.refusal is not None:
                raise self.refusal
            last = None
            while self._motion is not None and not self._motion.done():
                if (here := self._positions.get(mne)) is not None and here != last:
                    last = here
                    yield here
                if mne in self._arrived:
                    return
                await self._news.wait()
        except (asyncio.CancelledError, GeneratorExit):
            self.targets.pop(mne, None)  # whoever leaves before the departure does not move
            await self.stop(success=False)
            raise
        if self._motion is None or (self._motion.cancelled() and self._on_purpose):
            return
        if self._motion.cancelled():
            raise StoppedError(f"the motion of {', '.join(self.targets)} was stopped by this program")
        arrived: dict[str, float] = self._motion.result()
        yield arrived[mne]

    async def stop(self, *, success: bool) -> None:
        """Stop the motors, once, and all else that SPEC does (PROTOCOL.md 2.6); without effect if they stand.

        Args:
            success: whether who waits for them goes on as if they had arrived.

        """
        if self._motion is not None and not self._motion.done():
            self._on_purpose = self._on_purpose or success
            self._motion.cancel()
            await asyncio.wait((self._motion,))


class Ticket:
    """The right to be waited for. Whoever has one boards, or cancels.

    Attributes:
        journey: what it is for.

    """

    def __init__(self, journey: Journey) -> None:
        self.journey = journey
        self._used = False
        journey.expected += 1

    def board(self, mne: str, target: float) -> None:
        """Say where a motor goes with those that have announced themselves, too."""
        journey = self.journey
        if mne in journey.targets:
            journey.refusal = RefusedError(
                f"motor {mne!r} is told to go to {journey.targets[mne]:g} and to {target:g} at once; nothing has moved"
            )
        journey.targets[mne] = target
        self.cancel()

    def cancel(self) -> None:
        """Do not wait for this one any more."""
        if not self._used:
            self._used = True
            self.journey.settle()
