"""`SyncQuestions`: whether the controller's position is to be taken, asked of clients (PROTOCOL.md 5.8)."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from .clock import Clock, Interrupt
    from .hardware.motor import Motor

# How long the question waits for a client's answer, in real seconds; then it is no, as at the keyboard.
ANSWER_TIME = 60.0


class SyncQuestions:
    """Asks in the command thread, is answered from the server's.

    Args:
        clock: time goes on while the question waits.
        interrupt: ends the waiting.
        tell: shows a motor's question to clients; False if nobody watches it.

    """

    def __init__(self, clock: Clock, interrupt: Interrupt, tell: Callable[[str, str], bool]) -> None:
        self._clock = clock
        self._interrupt = interrupt
        self._tell = tell
        self._condition = threading.Condition()
        self._answers: dict[str, bool] = {}

    def ask(self, motor: Motor) -> bool:
        """Return whether SPEC is to take the controller's position; no, unless a client says yes."""
        steps = motor.discrepancy
        if steps is None:
            return False
        with self._condition:
            self._answers.pop(motor.mnemonic, None)
        if not self._tell(motor.mnemonic, f"{steps[0]} {steps[1]}"):
            return False
        with self._clock.elsewhere(), self._interrupt.passed_to(self._look), self._condition:
            self._condition.wait_for(
                lambda: motor.mnemonic in self._answers or self._interrupt.is_set(), timeout=ANSWER_TIME
            )
            return self._answers.pop(motor.mnemonic, False)

    def answer(self, mnemonic: str, yes: bool) -> None:
        """Answer the question of a motor."""
        with self._condition:
            self._answers[mnemonic] = yes
            self._condition.notify_all()

    def _look(self) -> None:
        with self._condition:
            self._condition.notify_all()
