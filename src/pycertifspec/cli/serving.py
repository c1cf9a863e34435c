"""How commands run that serve until they are told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import signal


async def until_stopped(*others: asyncio.Event, seconds: float | None = None) -> None:
    """Wait for Ctrl-C, SIGTERM, one of some events, or until a time is over."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C ends asyncio.run() instead
            loop.add_signal_handler(number, stop.set)
    ends = [asyncio.ensure_future(event.wait()) for event in (stop, *others)]
    try:
        await asyncio.wait(ends, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for end in ends:
            end.cancel()
        await asyncio.gather(*ends, return_exceptions=True)
        for number in (signal.SIGINT, signal.SIGTERM):  # the next one ends what does not end by itself
            with contextlib.suppress(NotImplementedError):
                loop.remove_signal_handler(number)
