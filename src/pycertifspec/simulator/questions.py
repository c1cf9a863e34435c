"""What SPEC asks of people: whether the controller's position is to be taken, and what macros want to know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pycertifspec.errors import RemoteError
from pycertifspec.session import properties

from .language import SpecRuntimeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from .answers import Answers
    from .hardware.motor import Motor
    from .telling import Announcer

# How long a motor's question waits for a client's answer, in real seconds; then it is no, as at the keyboard.
SYNC_TIME = 60.0
# How long a macro's question waits: enough to look something up; what is forgotten does not block the queue for ever.
INPUT_TIME = 600.0
# What an answer may have: more characters than anybody types, and no file.
MAX_ANSWER = 4096


class SyncQuestions:
    """Whether the controller's position is to be taken, asked of clients (PROTOCOL.md 5.8)."""

    def __init__(self, answers: Answers, announcer: Announcer) -> None:
        self._answers = answers
        self._announcer = announcer

    def ask(self, motor: Motor) -> bool:
        """Return whether SPEC is to take the controller's position; no, unless a client says yes."""
        steps = motor.discrepancy
        path = properties.motor_path(motor.mnemonic, "sync_check")
        if steps is None or not self._announcer.watched(path):
            return False
        try:
            answer = self._answers.wait(
                path,
                lambda: self._announcer.tell(path, f"{steps[0]} {steps[1]}", mergeable=False),
                lambda: self._announcer.watched(path),
                SYNC_TIME,
            )
        except TimeoutError:
            return False
        return answer == "1"

    def answer(self, mnemonic: str, yes: bool) -> None:
        """Answer the question of a motor."""
        self._answers.give(properties.motor_path(mnemonic, "sync_check"), str(int(yes)))


class KeyboardQuestions:
    """What ``input()`` and its kin ask: of the client whose command runs, else at the keyboard, if there is one.

    The client watches `input/tty`, is told the prompt there, and writes the answer to it. SPEC has no such property: it
    asks at its own keyboard, and reads an end of input where it has none (PROTOCOL.md 1.1).

    Args:
        answers: waits.
        announcer: reaches the client.
        show: shows text on the screen.
        keyboard: shows a prompt and returns what was typed there, None for an end of input.

    """

    def __init__(
        self,
        answers: Answers,
        announcer: Announcer,
        show: Callable[[str], None],
        keyboard: Callable[[str], str | None],
    ) -> None:
        self._answers = answers
        self._announcer = announcer
        self._show = show
        self._keyboard = keyboard
        self.prompt = ""  # that waits for an answer

    def ask(self, prompt: str) -> str | None:
        """Return the answer, None for an end of input.

        Raises:
            SpecRuntimeError: nobody has answered in time.

        """
        if not self._there():
            return self._keyboard(prompt)
        self._show(prompt)
        self.prompt = prompt or " "
        try:
            answer = self._answers.wait(properties.INPUT, lambda: self._tell(self.prompt), self._there, INPUT_TIME)
        except TimeoutError:
            raise SpecRuntimeError(f'Nobody has answered "{prompt.strip()}" in {INPUT_TIME:g} s.') from None
        finally:
            self.prompt = ""
            self._tell("")
        if answer is None or answer == properties.END_OF_INPUT:
            self._show("\n")
            return None
        return answer

    def _there(self) -> bool:
        return self._announcer.asker_watches(properties.INPUT)

    def _tell(self, text: str) -> None:
        self._announcer.tell_asker(properties.INPUT, text)

    def answer(self, text: str) -> bool:
        """Answer what is asked; return whether anything is."""
        return self._answers.give(properties.INPUT, text)


class InputProperty:
    """``input/tty``: what is asked, nothing while nothing is; the answer is written to it."""

    def __init__(self, questions: KeyboardQuestions) -> None:
        self._questions = questions

    def read(self) -> str:
        """Return the prompt that waits for an answer."""
        return self._questions.prompt

    def write(self, value: Any) -> None:
        """Answer it with one line; `END_OF_INPUT` is an end of input."""
        if not isinstance(value, str | int | float):
            raise RemoteError(f"{properties.INPUT}: a {type(value).__name__} is no answer")
        text = str(value)
        if len(text) > MAX_ANSWER:
            raise RemoteError(f"{properties.INPUT}: an answer of {len(text)} characters is longer than {MAX_ANSWER}")
        if not self._questions.answer(text.split("\n", 1)[0]):
            raise RemoteError(f"{properties.INPUT}: nothing is asked at present")
