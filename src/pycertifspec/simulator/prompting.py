"""`Prompt`: what SPEC shows when it waits for the next command (SPEC_LANGUAGE.md 1.4)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# Real seconds from a command's end to the prompt. Clients of real servers find what a command has printed at the end of
# the output when its reply has come (PROTOCOL.md 2.4, 5.4): there the prompt comes later.
PAUSE = 0.05


class Prompt:
    """Shows ``2.FOURC> `` on a new line after each command, soon after its reply or before the next one begins.

    Args:
        name: of the program.
        show: shows text on the screen.

    """

    def __init__(self, name: str, show: Callable[[str], None]) -> None:
        self._name = name.upper()
        self._show = show
        self._number = 1
        self._timer: asyncio.TimerHandle | None = None

    def come_back(self) -> None:
        """Show the next prompt soon; called in the server's loop."""
        self._number += 1
        self._timer = asyncio.get_running_loop().call_later(PAUSE, self.leave)

    def leave(self) -> None:
        """Show the prompt now if it is due."""
        if self._timer is not None:
            self.close()
            self._show(f"\n{self._number}.{self._name}> ")

    def close(self) -> None:
        """Show nothing any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
