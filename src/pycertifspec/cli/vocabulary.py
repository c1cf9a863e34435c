"""The words that may be typed at a server's prompt, asked of the server."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pycertifspec.errors import RemoteError, SpecError
from pycertifspec.simulator.language.expressions import RESERVED
from pycertifspec.simulator.language.names_table import COMMANDS, FUNCTIONS

if TYPE_CHECKING:
    from pycertifspec.sync.client import Client

# What SPEC's commands list: macros as `name (characters)`, variables with their names first in a line.
_MACRO = re.compile(r"([A-Za-z_]\w*)\s*\(\s*\d+\s*\)")
_VARIABLE = re.compile(r"^\s*([A-Za-z_]\w*)\b", re.MULTILINE)
# What is defined by what is typed here.
_DEFINED = re.compile(r"\b(?:r?def|global|constant|array(?:\s+\w+)?)\s+([A-Za-z_]\w*)")
# Words of an instrument; its macros are some thousand.
MAX_WORDS: Final = 20_000


class Vocabulary:
    """Words and what each is: motors, counters, macros, variables, and what the language has by itself."""

    def __init__(self) -> None:
        self._words: dict[str, str] = {
            **dict.fromkeys(FUNCTIONS, "function"),
            **dict.fromkeys(COMMANDS, "command"),
            **dict.fromkeys(RESERVED, "keyword"),
        }

    def items(self) -> list[tuple[str, str]]:
        """Return all words."""
        return list(self._words.items())

    def ask(self, client: Client, timeout: float) -> None:
        """Ask a server that waits at its prompt; what it does not tell is left out.

        Its lists of macros and variables appear on its own screen as well: SPEC has no other way.
        """
        for command, pattern, what in (("syms", _VARIABLE, "variable"), ("lsdef *", _MACRO, "macro")):
            try:
                shown = client.execute(command, timeout=timeout, leave=True).output
            except RemoteError:
                continue
            self._add(pattern.findall(shown), what)
        try:
            names = client.load_names()
        except SpecError:
            return
        self._words |= {mne: f"motor {name}" for mne, name in names.motors.items()}
        self._words |= {mne: f"counter {name}" for mne, name in names.counters.items()}

    def typed(self, text: str) -> None:
        """Take note of what a text defines."""
        self._add(_DEFINED.findall(text), "new")

    def _add(self, words: list[str], what: str) -> None:
        for word in words:
            if len(self._words) < MAX_WORDS:
                self._words.setdefault(word, what)
