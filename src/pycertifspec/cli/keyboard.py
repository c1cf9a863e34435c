"""Lines of standard input, read when somebody asks for one, and given up when nobody wants it any more."""

from __future__ import annotations

import os
import select
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# Real seconds within which it is noticed that nobody waits for a line any more.
LOOK = 0.1
# What a line may have, in bytes: more than anybody types.
MAX_LINE = 64 * 1024


class Keyboard:
    """Takes no more than it is asked for, as far as a terminal gives single lines: what follows is the shell's."""

    def __init__(self) -> None:
        self._held = b""
        self._ended = False

    @property
    def shows_what_is_typed(self) -> bool:
        """Whether the answer is on the screen when it has been given: a terminal shows it, a pipe does not."""
        return os.isatty(0)

    def line(self, unwanted: Callable[[], bool]) -> str | None:
        """Return the next line without its newline; None at the end of input, or as soon as it is unwanted."""
        while b"\n" not in self._held and len(self._held) < MAX_LINE:
            piece = b"" if self._ended else self._piece(unwanted)
            if piece is None:
                return None
            if not piece:
                self._ended = not os.isatty(0)  # after ^D one may go on typing
                rest, self._held = self._held, b""
                return rest.decode(errors="replace") if rest else None
            self._held += piece
        line, _, self._held = self._held.partition(b"\n")
        return line[:MAX_LINE].decode(errors="replace").rstrip("\r")

    def _piece(self, unwanted: Callable[[], bool]) -> bytes | None:
        """Return what comes next, nothing at the end; None if it became unwanted before."""
        if sys.stdin is None or _is_in_the_background():  # descriptor 0 may be another file then
            return b""
        try:
            while os.name != "nt" and not select.select([0], [], [], LOOK)[0]:  # Windows has it for sockets only
                if unwanted():
                    return None
            return os.read(0, MAX_LINE)
        except OSError:  # there is no standard input, or the terminal is gone
            return b""


def _is_in_the_background() -> bool:
    """Return whether the terminal is another program's: reading it would stop this one."""
    return hasattr(os, "tcgetpgrp") and os.isatty(0) and os.tcgetpgrp(0) != os.getpgrp()


def in_terminal() -> bool:
    """Return whether a person sees what this program shows and types into it."""
    return bool(sys.stdin and sys.stdin.isatty() and sys.stdout.isatty())
