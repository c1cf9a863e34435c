"""Documents as lines of JSON in a file: ``["start", {…}]``, each document exactly once."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .spool import Entry

# How far back the last document is looked for: one document with large spectra.
MAX_LINE: Final = 64 * 1024 * 1024
_PIECE: Final = 64 * 1024


def target(address: str) -> JsonLines:
    """Return the target of ``jsonl:FILE``."""
    return JsonLines(address)


class JsonLines:
    """Adds to a file. What a crash has left of a line is removed, and what is there already is not written again.

    Args:
        path: of the file; it is made if it is not there.

    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)
        self._file: IO[bytes] | None = None
        self._last: str | None = None  # uid of the last document that is there, until it is met

    def open(self) -> None:
        """Open the file and look at its end."""
        self.close()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._path.open("a+b")
        self._last = _end_of(self._file)

    def send(self, entries: Sequence[Entry]) -> int:
        """Write documents to the disk."""
        assert self._file is not None  # noqa: S101  opened before
        last = self._last
        known = next((place for place, entry in enumerate(entries) if entry.document["uid"] == last), -1)
        self._last = None
        lines = [json.dumps([entry.name, entry.document]) + "\n" for entry in entries[known + 1 :]]
        self._file.write("".join(lines).encode())
        self._file.flush()
        os.fsync(self._file.fileno())
        return entries[-1].position

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None


def _end_of(file: IO[bytes]) -> str | None:
    """Cut off a line that was not finished; return the uid of the last document."""
    size = file.seek(0, os.SEEK_END)
    tail = b""
    while len(tail) < min(size, MAX_LINE) and tail.rstrip(b"\n").count(b"\n") < 2:
        start = max(size - len(tail) - _PIECE, 0)
        file.seek(start)
        tail = file.read(size - len(tail) - start) + tail
    whole, newline, rest = tail.rpartition(b"\n")
    if rest:
        file.truncate(size - len(rest))
    if not newline:
        return None
    return _uid(whole.rpartition(b"\n")[2])


def _uid(line: bytes) -> str | None:
    try:
        found: Any = json.loads(line)
        return str(found[1]["uid"])
    except (ValueError, LookupError, TypeError):  # somebody else's line
        return None
