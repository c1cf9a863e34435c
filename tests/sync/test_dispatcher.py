"""Callbacks are called in a thread that none of them ends."""

import queue
import sys
from typing import Any

from pycertifspec.sync.dispatcher import Dispatcher

PATIENCE = 20.0


def test_a_callback_that_would_end_the_program_ends_itself_alone(nothing_left_behind: None, caplog: Any) -> None:
    seen: queue.Queue[int] = queue.Queue()
    dispatcher = Dispatcher("fourc")

    dispatcher.call(sys.exit, 3)
    dispatcher.call(seen.put, 4)

    assert seen.get(timeout=PATIENCE) == 4
    assert "SystemExit: 3" in caplog.text
    dispatcher.close()
