"""`CommandDetector`: a detector that SPEC commands start and poll, as the original pycertifspec meant to have it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from pycertifspec.errors import CallTimeoutError
from pycertifspec.session.procedures import commands
from pycertifspec.session.steps import Next, Now
from pycertifspec.session.stream import Stream
from pycertifspec.sync.client import Client

from .following import Following
from .readings import readings

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from ophyd.status import Status

    from pycertifspec.session.procedures.commands import Result
    from pycertifspec.session.steps import Procedure
    from pycertifspec.wire.message import SpecMessage

    from .readings import DataKeys, Readings

# Answers to the poll command that are kept for the documents: a detector that takes longer is polled on, and the
# first ones are forgotten.
MAX_RESPONSES = 1_000


def _done(_message: SpecMessage, _output: str) -> bool:
    return True


class CommandDetector:
    """A detector that one command starts and another, run over and over, asks whether it is done.

    The answers to both are what it reads: pairs of the reply's body and what was printed.

    Args:
        client: the client.
        name: the detector's in documents; the data keys are ``start_response`` and ``poll_responses``.
        start_command: SPEC text.
        poll_command: SPEC text; without one the detector is done when the first command is.
        evaluate_poll: is given the reply to the poll command and what it printed; returns whether it is done.
        poll_interval: seconds between polls.
        timeout: seconds after which polling is given up; None for as long as it takes.

    Raises:
        ValueError: it is no `pycertifspec.Client`.

    Attributes:
        description: any text, such as where the files are; it is kept with the documents.

    """

    def __init__(
        self,
        client: Client,
        name: str,
        start_command: str,
        poll_command: str | None = None,
        evaluate_poll: Callable[[SpecMessage, str], bool] = _done,
        *,
        poll_interval: float = 0.1,
        timeout: float | None = None,
    ) -> None:
        if not isinstance(client, Client):
            raise ValueError(f"{client!r} is no pycertifspec.Client")  # noqa: TRY004
        self.client = client
        self.name = name
        self.parent = None
        self.hints: dict[str, Any] = {}
        self.description = ""
        self._start_command = start_command
        self._poll_command = poll_command
        self._evaluate = evaluate_poll
        self._interval = poll_interval
        self._timeout = timeout
        self._description_time = time.time()
        self._start: list[str] = ["", ""]
        self._polls: list[list[str]] = []
        self._acquiring: Following | None = None

    def read(self) -> Readings:
        """Return the answers to the commands of the last trigger."""
        return readings({"start_response": self._start, "poll_responses": self._polls or [["", ""]]})

    def describe(self) -> DataKeys:
        """Return what `read` gives."""
        return {
            "start_response": {"source": "SPEC", "dtype": "array", "shape": [2]},
            "poll_responses": {"source": "SPEC", "dtype": "array", "shape": [None, 2]},
        }

    def read_configuration(self) -> Readings:
        """Return the description."""
        return readings({"description": self.description}, self._description_time)

    def describe_configuration(self) -> DataKeys:
        """Return what `read_configuration` gives."""
        return {"description": {"source": "user-defined", "dtype": "string", "shape": []}}

    def configure(self, description: str) -> tuple[Readings, Readings]:
        """Set the description; return the configuration before and after."""
        old = self.read_configuration()
        self.description = description
        self._description_time = time.time()
        return old, self.read_configuration()

    def trigger(self) -> Status:
        """Run the first command, then the second until it says that the detector is done.

        Returns:
            A status that fails with what SPEC said, when a command fails.

        """
        self._acquiring = Following(self.client, self._acquire(), f"the acquisition of {self.name}")
        return self._acquiring.status

    def _acquire(self) -> Procedure[None]:
        self._polls = []
        self._start = _pair((yield from self._run(self._start_command)))
        begun = yield Now()
        pause = Stream()
        while self._poll_command is not None:
            result = yield from self._run(self._poll_command)
            self._polls = [*self._polls, _pair(result)][-MAX_RESPONSES:]
            if self._evaluate(result.message, result.output):
                return
            if self._timeout is not None and (yield Now()) - begun >= self._timeout:
                raise CallTimeoutError(f"{self.name} is not done {self._timeout} s after `{self._start_command}'")
            yield Next(pause, self._interval)

    def _run(self, command: str) -> Procedure[Result]:
        return commands.execute(self.client._link.session, command, None)  # noqa: SLF001  one program in two parts

    def stage(self) -> list[Self]:
        """Get ready: nothing to do."""
        return [self]

    def unstage(self) -> list[Self]:
        """End what still goes on, because the plan was given up; a command that runs is aborted (PROTOCOL.md 2.6)."""
        if self._acquiring is not None:
            self._acquiring.stop()
        return [self]


def _pair(result: Result) -> list[str]:
    return [str(result.message.body), result.output]
