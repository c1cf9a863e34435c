"""`Dispatcher`: one thread that calls callbacks, in order."""

from __future__ import annotations

import logging
import threading
from collections import deque
from typing import TYPE_CHECKING, Any

from pycertifspec.session.stream import MAX_WAITING, shrink

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger("pycertifspec.callbacks")


class _Call:
    """A callback that is due, with what it is to be told."""

    __slots__ = ("argument", "callback", "name")

    def __init__(self, callback: Callable[[Any], Any], argument: Any, name: str) -> None:
        self.callback = callback
        self.argument = argument
        self.name = name


class Dispatcher:
    """Calls callbacks one after the other in a thread that is started when there is the first one."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._due: deque[_Call] = deque()
        self._wake = threading.Semaphore(0)
        self._sleeping = False
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._over = threading.Event()

    def start(self) -> None:
        """Start the thread, if it does not run yet."""
        with self._starting:
            if self._thread is None and not self._over.is_set():
                self._thread = threading.Thread(target=self._run, name=f"{self._label} callbacks", daemon=True)
                self._thread.start()

    def put(self, callback: Callable[[Any], Any], argument: Any, name: str) -> None:
        """Let a callback be called soon; `flush` wakes the thread."""
        due = self._due
        if len(due) >= MAX_WAITING:
            logger.error("callbacks are too slow: of %d changes that wait, only the newest are kept", len(due))
            shrink(due)
        due.append(_Call(callback, argument, name))

    def flush(self) -> None:
        """Let the thread go on if it sleeps and there is work."""
        if self._due and self._sleeping:
            self._sleeping = False
            self._wake.release()

    def call(self, callback: Callable[[Any], Any], argument: Any) -> None:
        """Let a callback be called soon."""
        self.start()
        self.put(callback, argument, "output/")
        self.flush()

    def _run(self) -> None:
        due = self._due
        while not self._over.is_set():
            while due:
                call = due.popleft()
                try:
                    call.callback(call.argument)
                except Exception:
                    logger.exception("a callback for %s failed", call.argument)
                if self._over.is_set():
                    return
            self._sleeping = True
            if due:  # came after we looked and before whoever put it could see that we sleep
                self._sleeping = False
                continue
            self._wake.acquire()

    def close(self) -> None:
        """End the thread after the callback that runs; not waited for from a callback itself."""
        self._over.set()
        self._wake.release()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join()


class Callback:
    """A watcher whose changes are told to a function."""

    def __init__(self, dispatcher: Dispatcher, callback: Callable[[Any], Any]) -> None:
        self._put = dispatcher.put
        self.callback = callback
        self.closed = False

    def put(self, change: Any) -> None:
        """Let the function be called, unless it is not to be told any more."""
        self._put(self._tell, change, change.name)

    def _tell(self, change: Any) -> None:
        if not self.closed:
            self.callback(change)
