"""Ctrl-C: once stops what was started and waits for it, twice leaves."""

from __future__ import annotations

import contextlib
import signal
import threading
from typing import TYPE_CHECKING, Never

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .output import Output


@contextlib.contextmanager
def stopping(
    output: Output, what: str, wait: Callable[[], object], begun: Callable[[], bool] = lambda: True
) -> Iterator[None]:
    """Run a block whose interruption has already told SPEC to stop; wait until it has, and say so.

    SIGTERM counts as Ctrl-C: who ends this program does not want motors to go on.

    Args:
        output: to say it with.
        what: goes on: ``th and tth``.
        wait: until it has stopped.
        begun: returns whether SPEC was told to begin at all.

    Raises:
        KeyboardInterrupt: it was interrupted.

    """
    before = None
    if threading.current_thread() is threading.main_thread():
        before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    except KeyboardInterrupt:
        if not begun():
            output.interrupted("SPEC was busy: nothing was started, and nothing is stopped")
            raise
        output.interrupted(f"SPEC was told to stop; waiting for {what} (Ctrl-C again leaves)")
        try:
            wait()
        except KeyboardInterrupt:
            output.interrupted(f"left without waiting: {what} may not have stopped yet")
        raise
    finally:
        if before is not None:
            signal.signal(signal.SIGTERM, before)


def _interrupt(*_: object) -> Never:
    raise KeyboardInterrupt
