"""`FileSource`: a data file that SPEC writes, looked at again and again, and its scans brought into the ledger."""

from __future__ import annotations

import math
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Final

from pycertifspec.simulator.datafile import Follower

from .measurement import from_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from .ledger import Ledger
    from .measurement import Measurement

# What SPEC's DATAFILE is where no file is written.
NO_FILE: Final = ("", "0", "/dev/null", "null", "none")
NEXT_SCAN: Final = "SPEC has begun another scan"


def locate(file: str, directory: Path | None) -> Path | None:
    """Return where a data file of SPEC's is here, None if it is not.

    Args:
        file: SPEC's name for it.
        directory: where relative names begin; an absolute one that does not exist here is looked for there by the
            end of its path, as far as that exists: the same disk may be mounted elsewhere.

    """
    if file in NO_FILE:
        return None
    name = PurePath(file)
    parts = name.parts[1:] if name.is_absolute() else name.parts
    candidates = [Path(name)] if name.is_absolute() or directory is None else []
    if directory is not None:
        starts = range(len(parts)) if name.is_absolute() else range(1)
        candidates += [directory.joinpath(*parts[start:]) for start in starts]
    return next((path for path in candidates if path.is_file()), None)


class FileSource:
    """A data file. Close it, or use it in ``with``.

    Args:
        file: SPEC's name for it.
        path: where it is.
        since: scans that began before are not published, seconds since 1970.

    Attributes:
        last: its last scan.

    Raises:
        OSError: it cannot be read.

    """

    def __init__(self, file: str, path: Path, since: float = -math.inf) -> None:
        self.file = file
        self.path = path
        self.last: Measurement | None = None
        self._since = since
        self._seen: set[tuple[int, str]] = set()
        self._first = 0  # the scans before are done
        self._pending = True  # whether something may be entered though the file is as it was
        self._follower = Follower(path)

    def look(self, ledger: Ledger, over: Callable[[Measurement], str | None]) -> bool:
        """Bring what is new into a ledger; return whether the file has changed.

        Args:
            ledger: to bring it into.
            over: tells of the last scan why no more of it will come, None where more may come.

        Raises:
            DataFileError: it is no data file.
            OSError: it cannot be read.

        """
        changes = self._follower.look()
        if changes.restarted:
            self._first = 0
        if not (changes.scans or self._pending):
            return False
        self._pending = False
        scans = self._follower.file.scans
        for index in range(self._first, len(scans)):
            later = index + 1 < len(scans)
            self.last = scan = from_file(scans[index], self.file)
            self._seen.add((scan.number, scan.date))
            done = scan.started < self._since or ledger.enter(scan, over=NEXT_SCAN if later else over(scan))
            if done and later and index == self._first:
                self._first += 1
            self._pending = self._pending or not done
        return bool(changes.scans)

    def peek(self) -> Measurement | None:
        """Return the last scan that there is, and enter nothing."""
        self._follower.look()
        scans = self._follower.file.scans
        return from_file(scans[-1], self.file) if scans else None

    def has(self, number: int, date: str) -> bool:
        """Return whether the last scan is this one."""
        return self.last is not None and (self.last.number, self.last.date) == (number, date)

    def knows(self, number: int, date: str) -> bool:
        """Return whether a scan has been seen here."""
        return (number, date) in self._seen

    def close(self) -> None:
        """Close the file."""
        self._follower.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
