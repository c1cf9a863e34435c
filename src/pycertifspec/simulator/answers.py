"""`Answers`: the command thread waits here while somebody thinks about a question."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from .clock import Clock, Interrupt

# Real seconds between two looks whether there is still somebody who might answer.
LOOK = 1.0


class Answers:
    """Waits in the command thread, is given answers in the server's.

    Args:
        clock: time goes on while a question waits.
        interrupt: ends the waiting.

    """

    def __init__(self, clock: Clock, interrupt: Interrupt) -> None:
        self._clock = clock
        self._interrupt = interrupt
        self._condition = threading.Condition()
        self._given: dict[str, str | None] = {}  # to each question that waits

    def wait(self, question: str, ask: Callable[[], None], there: Callable[[], bool], seconds: float) -> str | None:
        """Ask, and return the answer; None if nobody is there any more or it was interrupted.

        Args:
            question: the property that asks.
            ask: shows the question to who may answer.
            there: tells whether there is still somebody who might.
            seconds: real ones, to wait.

        Raises:
            TimeoutError: nobody has answered.

        """
        end = time.monotonic() + seconds
        with self._clock.elsewhere(), self._interrupt.passed_to(self._look):
            with self._condition:
                self._given[question] = None
            ask()
            with self._condition:
                while self._given[question] is None and not self._interrupt.is_set() and there():
                    if time.monotonic() >= end:
                        del self._given[question]
                        raise TimeoutError
                    self._condition.wait(min(LOOK, seconds))
                return self._given.pop(question)

    def give(self, question: str, answer: str) -> bool:
        """Answer a question; return whether it waits for an answer."""
        with self._condition:
            waits = question in self._given and self._given[question] is None
            if waits:
                self._given[question] = answer
                self._condition.notify_all()
            return waits

    def _look(self) -> None:
        with self._condition:
            self._condition.notify_all()
