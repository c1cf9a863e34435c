"""`CommandQueue`: what is to be executed next, and how much of it one client may have waiting (PROTOCOL.md 2.3)."""

from __future__ import annotations

import sys
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pycertifspec.errors import RemoteError

if TYPE_CHECKING:
    from collections.abc import Callable

    from .program import Client, Command

# Of one client: more commands than anybody types, few enough that a runaway loop is stopped.
MAX_QUEUED = 10_000
# A whole file of macros sent as one command has some hundred kilobytes, a call with an array in it less.
MAX_COMMAND = 1024 * 1024
# Of one client, in bytes of memory: the texts of all commands that wait. A few whole files, or ten thousand calls.
MAX_WAITING = 4 * 1024 * 1024
# Motors between prestart_all and start_all: more than an instrument has.
MAX_STARTS = 1_000
# The text of one position: a number in full has 24 characters; some write an expression or blanks around it.
MAX_POSITION = 200


@dataclass(eq=False, slots=True)
class Job:
    """A command in the queue."""

    command: Command
    client: Client | None
    """Whose it is; None for the program's own."""
    sn: int | None
    """The serial number that its reply will have, or None if none is wanted."""


@dataclass(slots=True)
class _Waiting:
    """What one client has in the queue."""

    commands: int = 0
    size: int = 0


class CommandQueue:
    """Commands of all clients in the order in which they came; what each client has waiting is counted as it goes."""

    def __init__(self) -> None:
        self._jobs: deque[Job] = deque()
        self._waiting: dict[Client | None, _Waiting] = {}

    def __len__(self) -> int:
        return len(self._jobs)

    def append(self, job: Job) -> None:
        """Put a job at the end.

        Raises:
            RemoteError: its client has too much waiting already.

        """
        waiting = self._waiting.get(job.client) or _Waiting()
        if waiting.commands >= MAX_QUEUED:
            raise RemoteError(f"{MAX_QUEUED} commands wait already")
        size = _size(job.command)
        if waiting.size + size > MAX_WAITING:
            raise RemoteError(
                f"{waiting.commands} commands wait already, with this one of more than {MAX_WAITING} bytes together"
            )
        self._put(job)

    def _put(self, job: Job) -> None:
        waiting = self._waiting.setdefault(job.client, _Waiting())
        waiting.commands += 1
        waiting.size += _size(job.command)
        self._jobs.append(job)

    def popleft(self) -> Job:
        """Remove and return the oldest job."""
        job = self._jobs.popleft()
        waiting = self._waiting[job.client]
        waiting.commands -= 1
        waiting.size -= _size(job.command)
        if not waiting.commands:
            del self._waiting[job.client]
        return job

    def remove(self, client: Client, meant: Callable[[Command], bool] = lambda _: True) -> list[Job]:
        """Remove and return the jobs of a client, the oldest first: all, or those whose commands are meant."""
        removed: list[Job] = []
        if client not in self._waiting:
            return removed
        jobs, self._jobs, self._waiting = self._jobs, deque(), {}
        for job in jobs:
            if job.client is client and meant(job.command):
                removed.append(job)
            else:
                self._put(job)
        return removed


def _size(command: Command) -> int:
    """Return what a command's texts take in memory: up to four bytes a character, and some for each text."""
    return sum(map(sys.getsizeof, command.items))


class Starts:
    """Motions that a client has asked for between prestart_all and start_all (PROTOCOL.md 5.7)."""

    def __init__(self) -> None:
        self._targets: dict[Client, list[tuple[str, str]]] = {}

    def open(self, client: Client) -> None:
        """Begin to gather; what was gathered before is forgotten."""
        self._targets[client] = []

    def add(self, client: Client, target: tuple[str, str]) -> bool:
        """Gather a motion; return False if this client does not gather.

        Raises:
            RemoteError: there are too many.

        """
        targets = self._targets.get(client)
        if targets is None:
            return False
        if len(targets) >= MAX_STARTS:
            raise RemoteError(f"more than {MAX_STARTS} motions between prestart_all and start_all")
        targets.append(target)
        return True

    def close(self, client: Client) -> list[tuple[str, str]]:
        """Return what was gathered, and gather no more."""
        return self._targets.pop(client, [])


def position_text(path: str, value: object) -> str:
    """Return the text of a position that a client sent.

    Raises:
        RemoteError: it is neither a short text nor a number.

    """
    if not isinstance(value, str | float):
        raise RemoteError(f"{path}: a {type(value).__name__} is no position")
    text = str(value)
    if len(text) > MAX_POSITION:
        raise RemoteError(f"{path}: {text[:40]!r}... is no position, for it has {len(text)} characters")
    return text
