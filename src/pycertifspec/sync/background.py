"""`Background`: a procedure that goes on in a thread of its own."""

from __future__ import annotations

import math
import threading
import time
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pycertifspec.errors import CallTimeoutError, StoppedError
from pycertifspec.session.promise import fail
from pycertifspec.session.steps import Next, Within

from .waiter import HEED

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycertifspec.session.steps import Procedure

    from .link import Link

T = TypeVar("T")


class Background(Generic[T]):
    """Does a procedure's steps until it ends or is stopped.

    Args:
        link: does the steps.
        procedure: whose steps.
        what: it is, for messages.
        finished: is called at the end, in this thread.

    """

    def __init__(
        self, link: Link, procedure: Procedure[T], what: str, finished: Callable[[], None] | None = None
    ) -> None:
        self._link = link
        self._what = what
        self._finished = finished
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._step: Any = None
        self._stopped: StoppedError | None = None
        self._told = False  # the procedure has been thrown the error; what it does after is its cleaning up
        self._result: Any = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(procedure,), name=what, daemon=True)
        self._thread.start()

    def _run(self, procedure: Procedure[T]) -> None:
        try:
            self._result = self._link.run(procedure, self._do)
        except BaseException as error:  # noqa: BLE001  raised again for whoever waits
            self._error = error
        finally:
            self._over.set()
            if self._finished is not None:
                self._finished()

    def _do(self, step: Any) -> Any:
        with self._lock:
            if self._stopped is not None and not self._told:
                self._told = True
                raise self._stopped
            self._step = step
        return self._link.do(step)

    @property
    def done(self) -> bool:
        """Whether it has ended."""
        return self._over.is_set()

    def stop(self) -> None:
        """End it early, as Ctrl-C would, and wait until it has cleaned up."""
        with self._lock:
            if self._stopped is None:
                self._stopped = StoppedError(f"{self._what} was stopped by this program")
                step = self._step
                if isinstance(step, Next):
                    self._link.fail_stream(step.stream, self._stopped)
                    self._told = True
                elif isinstance(step, Within):
                    fail(step.promise, self._stopped)
                    self._told = True
        self._over.wait()

    def join(self) -> None:
        """Wait for the end, whatever it is."""
        self._over.wait()

    def result(self, timeout: float | None = None) -> T:
        """Wait for the end; return what it gave.

        Raises:
            CallTimeoutError: the timeout passed; it goes on.
            StoppedError: it was stopped.

        """
        deadline = math.inf if timeout is None else time.monotonic() + timeout
        while not self._over.wait(max(0.0, min(HEED, deadline - time.monotonic()))):
            if time.monotonic() < deadline:
                continue
            raise CallTimeoutError(f"{self._what} is not over after {timeout} s; it goes on")
        if self._error is not None:
            raise self._error
        return self._result  # type: ignore[no-any-return]
