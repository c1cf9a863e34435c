"""`Following`: a procedure of the client that goes on while a plan does other things, with ophyd's status."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from ophyd.status import Status

from pycertifspec.sync.background import Background

if TYPE_CHECKING:
    from pycertifspec.session.steps import Procedure
    from pycertifspec.sync.client import Client


class Following:
    """Does a procedure's steps at once, in a thread.

    Args:
        client: does the steps.
        procedure: whose.
        what: it is, for messages.

    Attributes:
        status: finished when the procedure has ended; it fails with what it raised.

    """

    def __init__(self, client: Client, procedure: Procedure[Any], what: str) -> None:
        self.status = Status()
        begun: Future[Background[Any]] = Future()  # it may be over before it is known here
        link = client._link  # noqa: SLF001  one program in two parts
        self._task = Background(link, procedure, what, lambda: self._over(begun.result()))
        begun.set_result(self._task)

    def _over(self, task: Background[Any]) -> None:
        try:
            task.result(0)
        except Exception as error:  # noqa: BLE001  a program's own function may fail; who waits for the status is told
            self.status.set_exception(error)
        else:
            self.status.set_finished()

    def stop(self) -> None:
        """End it as Ctrl-C would, if it goes on, and wait until SPEC was told."""
        if not self._task.done:
            self._task.stop()
