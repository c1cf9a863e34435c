"""A prompt at the bottom of the terminal, above which others may write. The one door of prompt_toolkit."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from prompt_toolkit import PromptSession
from prompt_toolkit.application import get_app
from prompt_toolkit.completion import Completer, Completion
from prompt_toolkit.history import FileHistory, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.lexers import PygmentsLexer
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.patch_stdout import StdoutProxy

from .highlighting import SpecLexer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from prompt_toolkit.completion import CompleteEvent
    from prompt_toolkit.document import Document
    from prompt_toolkit.history import History
    from prompt_toolkit.key_binding import KeyPressEvent


class Prompt:
    """Asks for a command, which may have several lines.

    Args:
        name: stands in front.
        pending: tells what is missing of a text, nothing if it is complete.
        words: that may stand there, and what each is.
        colored: whether to highlight.

    """

    def __init__(
        self,
        name: str,
        pending: Callable[[str], str],
        words: Callable[[], Iterable[tuple[str, str]]],
        *,
        colored: bool,
    ) -> None:
        self._lock = threading.Lock()
        self._proxy: StdoutProxy | None = None
        self._session: PromptSession[str] = PromptSession(
            f"{name}> ",
            multiline=True,
            prompt_continuation=lambda width, *_: "more> ".rjust(width),
            history=_history(name),
            lexer=PygmentsLexer(SpecLexer) if colored else None,
            completer=_Words(words),
            complete_while_typing=False,
            key_bindings=_keys(pending),
            color_depth=None if colored else ColorDepth.DEPTH_1_BIT,
            enable_history_search=True,
        )

    def ask(self) -> str:
        """Return what was typed.

        Raises:
            EOFError: Ctrl-D.
            KeyboardInterrupt: Ctrl-C.

        """
        with self._lock:
            self._proxy = StdoutProxy(sleep_between_writes=0.05)
        try:
            return self._session.prompt()
        finally:
            with self._lock:
                self._proxy.close()
                self._proxy = None

    def write(self, text: str) -> None:
        """Write above the line that is being typed; any thread may."""
        with self._lock:
            stream = self._proxy or sys.stdout
            stream.write(text)
            stream.flush()


class _Words(Completer):
    def __init__(self, words: Callable[[], Iterable[tuple[str, str]]]) -> None:
        self._words = words

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        del complete_event
        begun = document.get_word_before_cursor(WORD=False)
        if not begun.replace("_", "a").isalnum():
            begun = ""
        for word, what in sorted(self._words()):
            if word.startswith(begun):
                yield Completion(word, -len(begun), display_meta=what)


def _keys(pending: Callable[[str], str]) -> KeyBindings:
    keys = KeyBindings()

    @keys.add("enter")
    def _enter(event: KeyPressEvent) -> None:
        """Run what is complete; go on in a new line otherwise, and before the end of several lines."""
        buffer = event.current_buffer
        if pending(buffer.text) or buffer.document.text_after_cursor.strip():
            buffer.newline(copy_margin=False)  # what is pasted has its own
        else:
            get_app().current_buffer.validate_and_handle()

    return keys


def _history(name: str) -> History:
    """Return what was typed before; where it cannot be kept, it is forgotten at the end."""
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    path = Path(base) / "pycertifspec" / f"{''.join(c if c.isalnum() else '_' for c in name)}.history"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
    except OSError:
        return InMemoryHistory()
    return FileHistory(str(path))
