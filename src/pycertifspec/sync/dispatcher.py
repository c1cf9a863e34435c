"""`Dispatcher`: one thread that calls callbacks, in order."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any

from pycertifspec.session.callbacks import FAILED, Backlog

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger("pycertifspec.callbacks")


class Dispatcher:
    """Calls callbacks one after the other in a thread that is started when there is the first one.

    Attributes:
        due: what is to be called, and with what.
        flush: lets the thread go on if it sleeps and there is work.

    """

    def __init__(self, label: str) -> None:
        self._label = label
        self._wake = threading.Semaphore(0)
        self._backlog = Backlog(self._wake.release)
        self.due, self.flush = self._backlog.due, self._backlog.flush
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._over = threading.Event()

    def start(self) -> None:
        """Start the thread, if it does not run yet."""
        with self._starting:
            if self._thread is None and not self._over.is_set():
                self._thread = threading.Thread(target=self._run, name=f"{self._label} callbacks", daemon=True)
                self._thread.start()

    def call(self, callback: Callable[[Any], Any], argument: Any) -> None:
        """Let a callback be called soon."""
        self.start()
        self._backlog.add(callback, argument)

    def _run(self) -> None:
        backlog, due = self._backlog, self.due
        while not self._over.is_set():
            while due:
                callback, argument = due.popleft()
                try:
                    callback(argument)
                except BaseException:  # sys.exit() ends a callback, not the thread of all others
                    logger.exception(FAILED, argument)
                if self._over.is_set():
                    return
            backlog.sleeping = True
            if due:  # came after we looked and before whoever put it could see that we sleep
                backlog.sleeping = False
                continue
            self._wake.acquire()

    def close(self) -> None:
        """End the thread after the callback that runs; not waited for from a callback itself."""
        self._over.set()
        self._wake.release()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join()
