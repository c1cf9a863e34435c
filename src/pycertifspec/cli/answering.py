"""What macros ask of the person who runs a command: the next line of standard input is the answer."""

from __future__ import annotations

import contextlib
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


class Answering:
    """Answers from the keyboard while a block runs, where the server can be answered: SPEC asks at its own keyboard.

    Args:
        client: whose commands may ask.

    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._keyboard = Keyboard()
        self._questions: SimpleQueue[object] = SimpleQueue()
        self._asked: object = None  # the question that is open
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

    def _changed(self, change: Change) -> None:
        """Take in a question, or that it is settled; what was asked before is another client's affair."""
        self._asked = object() if change.value and not change.first else None
        if self._asked is not None:
            self._questions.put(self._asked)

    def _answer(self) -> None:
        while (question := self._questions.get()) is not None:
            line = self._keyboard.line(lambda this=question: self._asked is not this)  # type: ignore[misc]
            if self._asked is not question:
                continue
            # Somebody else may have answered it; that the connection is lost is told where the command is awaited.
            with contextlib.suppress(SpecError):
                self._client.write(properties.INPUT, properties.END_OF_INPUT if line is None else line)
