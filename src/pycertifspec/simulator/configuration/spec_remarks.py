"""What cannot be simulated of SPEC's config file, one line for each thing, however often it stands there."""

from __future__ import annotations

# Mnemonics that a remark names.
_SHOWN = 8


class Remarks:
    """Collects remarks on a file.

    Args:
        file: its name, with which each line begins.

    """

    def __init__(self, file: str) -> None:
        self._file = file
        self._single: list[str] = []
        self._of_devices: dict[str, list[str]] = {}

    def add(self, text: str) -> None:
        """Remark upon one thing."""
        self._single.append(text)

    def add_of(self, text: str, mnemonic: str) -> None:
        """Remark upon something that several motors or counters may share: they are named together."""
        self._of_devices.setdefault(text, []).append(mnemonic)

    @property
    def lines(self) -> tuple[str, ...]:
        """All remarks, each a line."""
        shared = (f"{text} ({_listed(mnemonics)})" for text, mnemonics in self._of_devices.items())
        return tuple(f"{self._file}: {text}" for text in (*self._single, *shared))


def _listed(mnemonics: list[str]) -> str:
    more = len(mnemonics) - _SHOWN
    return " ".join(mnemonics[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
