"""Data files on a disk: one that is read, one that is followed while it grows."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from .decimals import prepare
from .reader import Reader

if TYPE_CHECKING:
    from types import TracebackType

    from .values import DataFile

# Large enough that calls do not count, small enough to be taken apart in the processor's cache.
CHUNK: Final = 1024 * 1024


def read_file(path: str | os.PathLike[str]) -> DataFile:
    """Read a whole data file.

    Raises:
        DataFileError: a line is longer than any data file has: it is something else.
        OSError: it cannot be read.

    """
    reader = Reader()
    with Path(path).open("rb") as file:
        prepare(os.fstat(file.fileno()).st_size)
        while data := file.read(CHUNK):
            reader.feed(data)
    reader.finish()
    return reader.file


class Changes(NamedTuple):
    """What a look at a growing file has found.

    Attributes:
        scans: indices of the scans that are new or may have changed.
        restarted: whether the file was replaced or cut, and was read again from its beginning.

    """

    scans: range
    restarted: bool


class Follower:
    """Follows a data file that somebody writes. It waits for nothing: look as often as you like.

    A last line counts when its end is there. Close it, or use it in ``with``.

    Args:
        path: of the file, which must exist.

    Raises:
        OSError: it cannot be read.

    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)
        self._open()

    def _open(self) -> None:
        self._file = self._path.open("rb")
        self._reader = Reader()

    def look(self) -> Changes:
        """Read what has come since the last look.

        Raises:
            DataFileError: a line is longer than any data file has: it is something else.
            OSError: it cannot be read.

        """
        restarted = self._replaced()
        if restarted:
            self._file.close()
            self._open()
        first = None
        last = 0
        while data := self._file.read(CHUNK):
            changed = self._reader.feed(data)
            if changed:
                first = changed.start if first is None else first
                last = changed.stop
        return Changes(range(first or 0, last), restarted)

    def _replaced(self) -> bool:
        held = os.fstat(self._file.fileno())
        try:
            there = self._path.stat()
        except FileNotFoundError:  # between two names; what is held can still be read
            return False
        return not os.path.samestat(held, there) or there.st_size < self._file.tell()

    @property
    def file(self) -> DataFile:
        """All that was read so far."""
        return self._reader.file

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
