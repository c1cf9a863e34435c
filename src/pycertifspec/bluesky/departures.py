"""Motors that are set in one breath start with one command of SPEC's, or not at all."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from pycertifspec.errors import RefusedError, SpecError, StoppedError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Self

    from pycertifspec.asyncio.client import AsyncClient
    from pycertifspec.asyncio.motion import Motion


class Departures:
    """Gathers who announces a motion before the motion of the one before has begun.

    A plan sets its motors in consecutive turns of the event loop, and each asks the server for something before it
    moves, which takes a turn at least. So the next one has announced itself when the one before is ready: all of a
    ``bps.mv(th, 1, tth, 2)`` are found without waiting for any time to pass. They have to be: SPEC moves with one
    command what ``A[]`` says (SPEC_LANGUAGE.md 6.6), and a motor that starts while another moves reads positions of
    that in between (PROTOCOL.md 5.6, ``start_one``).
    """

    def __init__(self, client: AsyncClient, start: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]) -> None:
        self._client = client
        self._start = start
        self._next: Journey | None = None

    def announce(self) -> Ticket:
        """Return a ticket for the next departure, which waits for whoever has one."""
        if self._next is None or self._next.closed:
            self._next = Journey(self._client, self._start)
        return Ticket(self._next)


class Journey:
    """Motors that start together."""

    def __init__(self, client: AsyncClient, start: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]) -> None:
        self.targets: dict[str, float] = {}
        self.closed = False
        self.expected = 0
        self.refusal: SpecError | None = None
        self.stopped_on_purpose = False
        self._client = client
        self._start = start
        self._left: asyncio.Future[Motion] = asyncio.get_running_loop().create_future()

    def settle(self) -> None:
        """One who was expected is aboard, or does not come."""
        self.expected -= 1
        if not self.expected:
            self.closed = True
            self._start(self._depart())

    async def _depart(self) -> None:
        if self.refusal is not None:
            self._left.set_exception(self.refusal)
            self._left.exception()  # told to who waits, if anybody does
        elif self.targets and not self._left.done():
            self._left.set_result(await self._client.start_move(self.targets))

    async def ride(self, mne: str) -> None:
        """Wait until the motors stand. Cancelling the wait stops them.

        Raises:
            SpecError: as `AsyncClient.move`.

        """
        try:
            motion = await asyncio.shield(self._left)
        except asyncio.CancelledError:
            self.targets.pop(mne, None)
            if self._left.done() and not self._left.exception():
                await self._left.result().stop()
            raise
        try:
            await motion.wait()
        except StoppedError:
            if not self.stopped_on_purpose:
                raise

    async def stop(self, *, success: bool) -> None:
        """Stop the motors, once, and all else that SPEC does (PROTOCOL.md 2.6).

        Args:
            success: whether who waits for them goes on as if they had arrived.

        """
        self.stopped_on_purpose = self.stopped_on_purpose or success
        if self._left.done() and not self._left.cancelled() and not self._left.exception():
            await self._left.result().stop()


class Ticket:
    """The right to be waited for. Whoever has one boards, is refused or cancels.

    What is started in its ``with`` block, tasks and theirs, finds it in `ANNOUNCED`.
    """

    def __init__(self, journey: Journey) -> None:
        self.journey = journey
        self._used = False
        journey.expected += 1

    def _use(self) -> None:
        if not self._used:
            self._used = True
            self.journey.settle()

    async def move(self, mne: str, target: float) -> None:
        """Move a motor with those that are announced, and wait until they stand.

        Raises:
            RefusedError: this motor, or one that was to start with it, cannot be moved there; nothing has moved.
            SpecError: as `AsyncClient.move`.

        """
        journey = self.journey
        if mne in journey.targets:
            journey.refusal = RefusedError(
                f"motor {mne!r} is told to go to {journey.targets[mne]:g} and to {target:g} at once; nothing has moved"
            )
        journey.targets[mne] = target
        self._use()
        await journey.ride(mne)

    def refuse(self, error: SpecError) -> None:
        """Let nobody of this departure move; without effect once this one is aboard."""
        if not self._used:
            self.journey.refusal = RefusedError(f"{error}; nothing that was to start with it has moved")
            self._use()

    def __enter__(self) -> Self:
        self._token = ANNOUNCED.set(self)
        return self

    def __exit__(self, *_: object) -> None:
        ANNOUNCED.reset(self._token)

    def cancel(self) -> None:
        """Do not wait for this one any more; without effect once it is aboard."""
        self._use()


# The ticket of who moves a motor in this context: a set has its tasks from ophyd-async, which cannot be handed one.
ANNOUNCED: ContextVar[Ticket | None] = ContextVar("ANNOUNCED", default=None)
