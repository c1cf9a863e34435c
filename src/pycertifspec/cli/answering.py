"""What macros ask of the person who runs a command: the next line of standard input is the answer."""

from __future__ import annotations

import contextlib
import sys
import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING

from pycertifspec.errors import SpecError
from pycertifspec.session import properties

from .keyboard import Keyboard

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pycertifspec.session.change import Change
    from pycertifspec.sync.client import Client

# Characters of the screen at whose end a question is looked for: as many as a question has.
TAIL = 4096


class Answering:
    """Answers from the keyboard while a block runs, where the server can be answered: SPEC asks at its own keyboard.

    Args:
        client: whose commands may ask.

    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._keyboard = Keyboard()
        self._questions: SimpleQueue[list[str] | None] = SimpleQueue()
        self._asked: list[str] | None = None  # the question that is open: this very list
        self._lock = threading.Lock()
        self._tail = ""  # of what has been shown
        self._answered: tuple[str, str] | None = None  # a question and its answer, which is not shown yet
        self._can = self._is_known()

    def _is_known(self) -> bool:
        try:
            self._client.read(properties.INPUT)
        except SpecError:
            return False
        return True

    @contextlib.contextmanager
    def active(self) -> Iterator[None]:
        """Answer what is asked while the block runs."""
        if not self._can:
            yield
            return
        thread = threading.Thread(target=self._answer, name="answers", daemon=True)
        watch = None
        try:
            with contextlib.suppress(SpecError):  # what is wrong, the command itself will say
                watch = self._client.watch(properties.INPUT, self._changed)
            thread.start()
            yield
        finally:
            self._asked = None
            self._questions.put(None)
            thread.join()
            if watch is not None:
                watch.close()

    def shown(self, text: str) -> None:
        """Take note of what has been shown: an answer from a pipe is shown behind its question, as in a terminal."""
        with self._lock:
            self._tail = (self._tail + text)[-TAIL:]
            self._show_answer()

    def _show_answer(self) -> None:
        if self._answered is None or not self._tail.endswith(self._answered[0]):
            return
        sys.stdout.write(self._answered[1] + "\n")
        sys.stdout.flush()
        self._answered, self._tail = None, ""

    def _changed(self, change: Change) -> None:
        """Take in a question, or that it is settled; what was asked before is another client's affair."""
        self._asked = [change.value] if change.value and not change.first else None
        if self._asked is not None:
            self._questions.put(self._asked)

    def _answer(self) -> None:
        while (question := self._questions.get()) is not None:
            line = self._keyboard.line(lambda this=question: self._asked is not this)  # type: ignore[misc]
            if self._asked is not question:
                continue
            if line is not None and not self._keyboard.shows_what_is_typed:
                with self._lock:
                    self._answered = question[0], line
                    self._show_answer()
            # Somebody else may have answered it; that the connection is lost is told where the command is awaited.
            with contextlib.suppress(SpecError):
                self._client.write(properties.INPUT, properties.END_OF_INPUT if line is None else line)
