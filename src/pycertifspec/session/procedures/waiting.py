"""Waiting for one's turn: until SPEC is at its prompt, and what is to be started stands still."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from pycertifspec.errors import CallTimeoutError
from pycertifspec.session.steps import Next, Now

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycertifspec.session.client import ClientSession
    from pycertifspec.session.steps import Procedure
    from pycertifspec.session.stream import Stream

logger = logging.getLogger("pycertifspec.client")

# Seconds after which a person who sees nothing happen wants to know why.
SILENT = 3.0

# Seconds without news after which it is looked how things are: events may be late, or not come at all (PROTOCOL.md 6).
LOOK = 1.0


def until_free(
    session: ClientSession[Any],
    stream: Stream,
    free: Callable[[], Procedure[bool]],
    begin: float,
    timeout: float | None,
    what: str,
) -> Procedure[None]:
    """Wait until something can be started at once, and forget what the stream has told by then.

    SPEC would keep a start for later while it is busy, when nobody may expect it any more, and the motions and counts
    of others would be taken for the one that was asked for; a motor that moves, it would stop in place of starting it
    again. So nothing is sent before, and nothing has to be stopped if the waiting ends early.

    Args:
        session: the conversation.
        stream: takes in what tells that SPEC, or what is to be started, comes to rest.
        free: looks whether they do.
        begin: when the caller began to wait.
        timeout: seconds from then on; None for as long as it takes.
        what: is to be started, for the error.

    Raises:
        CallTimeoutError: the timeout passed, and nothing was started.

    """
    late = CallTimeoutError(f"{what} on {session.label} was not started: SPEC was busy for {timeout} s")
    end = None if timeout is None else begin + timeout
    busy = told = False
    while not (yield from _looked(free, late if busy else None, end)):
        busy, now = True, (yield Now())
        if not told and now - begin >= SILENT:
            logger.warning("%s on %s waits: SPEC is not at its prompt, or somebody else uses it", what, session.label)
            told = True
        seconds = LOOK if end is None else min(LOOK, end - now)
        if seconds <= 0 or ((yield Next(stream, seconds)) is None and seconds < LOOK):
            raise late
        drop(stream)
    drop(stream)


def _looked(free: Callable[[], Procedure[bool]], late: CallTimeoutError | None, end: float | None) -> Procedure[bool]:
    """Look whether something is free; where the caller's time ends meanwhile, the answer is not what was missing."""
    try:
        return (yield from free())
    except CallTimeoutError as error:
        if late is not None and end is not None and end - (yield Now()) < LOOK:
            raise late from error
        raise


def drop(stream: Stream) -> None:
    """Forget what a stream has taken in: what was told by now is no news of what begins now (PROTOCOL.md 6, 3)."""
    while stream.ready:
        stream.take()
