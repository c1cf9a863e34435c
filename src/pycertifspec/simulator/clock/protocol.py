"""What every clock can do, and what it needs of an event loop."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from .interrupt import Interrupt


class Cancellable(Protocol):
    """Something that was scheduled."""

    def cancel(self) -> None:
        """See to it that it does not happen; without effect when it has happened."""
        ...


class Loop(Protocol):
    """What a clock needs of an event loop; asyncio's loops have it."""

    def call_later(self, delay: float, callback: Callable[[], object], /) -> Cancellable:
        """Call `callback` in `delay` real seconds."""
        ...

    def call_soon_threadsafe(self, callback: Callable[[], object], /) -> object:
        """Call `callback` in the loop's thread, as soon as it can."""
        ...


class Clock(Protocol):
    """Model time, in seconds."""

    def now(self) -> float:
        """Return the present model time; it never goes back."""
        ...

    def wait(self, until: float, interrupt: Interrupt) -> bool:
        """Block this thread until the model time `until`, which may be infinity, or until interrupted.

        Returns:
            False if the wait was interrupted.

        """
        ...

    def call_at(self, when: float, callback: Callable[[], object], *, loop: Loop) -> Cancellable:
        """Have `loop` call `callback` once it is `when` in model time. Call this in the loop's own thread."""
        ...

    def look(self) -> None:
        """Say that a program looks at what time changes, and may do nothing else until it has changed."""
        ...

    def call_soon(self, callback: Callable[[], object], *, loop: Loop) -> None:
        """Have `loop` call `callback` as soon as it can; any thread may ask for it.

        Raises:
            RuntimeError: the loop is closed.

        """
        ...

    def work(self, what: str) -> Work:
        """Say that work begins that takes no model time but where it waits on this clock; `what` names it."""
        ...

    def elsewhere(self) -> AbstractContextManager[None]:
        """Say that this thread waits for something else than the clock while the block runs."""
        ...


class Work(Protocol):
    """Work that was begun, until its end."""

    def here(self) -> AbstractContextManager[None]:
        """Say that it is this thread that does it while the block runs: where that waits, the work waits."""
        ...

    def end(self) -> None:
        """Say that it is done; without effect when it was said before."""
        ...


class Untold:
    """Work on a clock that need not know of it."""

    def here(self) -> AbstractContextManager[None]:
        """Return a block that does nothing."""
        return nullcontext()

    def end(self) -> None:
        """Do nothing."""
