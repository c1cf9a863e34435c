"""What all tests share: nothing may be left behind, and nothing may wait for ever."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

from pycertifspec import SpecSocket

if TYPE_CHECKING:
    from collections.abc import Iterator

# A shared machine may hold an example up for longer than hypothesis likes; in CI it has a profile of its own.
if "CI" not in os.environ:
    hypothesis.settings.register_profile("patient", deadline=None)
    hypothesis.settings.load_profile("patient")

# A shell that starts tests in the background has them and all their programs ignore Ctrl-C.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

PATIENCE = 10.0  # seconds after which a test that waits has failed; nothing ever takes so long


def _descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


@pytest.fixture
def nothing_left_behind() -> Iterator[None]:
    """Fail a test that leaves an open descriptor or a thread."""
    before = _descriptors(), set(threading.enumerate())
    yield
    left = [thread for thread in threading.enumerate() if thread not in before[1]]
    assert left == []
    assert _descriptors() <= before[0]  # what an earlier test had may be closed by now


@pytest.fixture
def pair(nothing_left_behind: None) -> Iterator[tuple[SpecSocket, SpecSocket]]:
    """Two SpecSockets, connected through TCP on the loopback."""
    with SpecSocket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        with SpecSocket() as near:
            near.connect(listener.getsockname())
            far, _ = listener.accept()
            with far:
                near.settimeout(PATIENCE)
                far.settimeout(PATIENCE)
                yield near, far
