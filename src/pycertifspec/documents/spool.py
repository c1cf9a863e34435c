"""`Spool`: a journal on disk of what was composed, and how far each subscriber has it."""

from __future__ import annotations

import contextlib
import json
import logging
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pycertifspec.errors import LocalProtocolError

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Sequence

    from .composer import Document

logger = logging.getLogger("pycertifspec.documents")

# Bytes of documents that wait for subscribers: some two million points, which is weeks of a beamline's scans.
MAX_SPOOL: Final = 1024 * 1024 * 1024
# Runs that are remembered, so that none is published twice: 200 MB, and more than an instrument makes in its life.
MAX_RUNS: Final = 1_000_000
# Documents that are read at once, for one subscriber.
MAX_BATCH: Final = 500
# Seconds to wait for another process that has the file open.
_PATIENCE: Final = 1.0

_TABLES: Final = """
create table if not exists documents (
    position integer primary key autoincrement, run text not null, name text not null, document text not null);
create index if not exists documents_of_runs on documents (run, position);
create table if not exists runs (
    place integer primary key autoincrement, uid text not null unique, file text not null, number integer not null,
    date text not null, part integer not null, documents integer not null, points integer not null,
    status text not null);
create index if not exists runs_of_scans on runs (file, number, date, part);
create index if not exists open_runs on runs (status) where status = '';
create table if not exists subscribers (name text primary key, position integer not null);
create table if not exists facts (name text primary key, value text not null);
"""


class Entry(NamedTuple):
    """A document in the journal: its position there, and what it is."""

    position: int
    name: str
    document: dict[str, Any]


class Run(NamedTuple):
    """What the journal knows of a run.

    Attributes:
        uid: of its start document.
        file: SPEC's ``DATAFILE``, empty where none was written.
        number: SPEC's.
        date: when the scan began, as SPEC wrote it.
        part: 0, and for a scan that was resumed after it had ended 1, 2 ...
        documents: how many of it were composed.
        points: how many events it has.
        status: how it ended; empty as long as it has not.

    """

    uid: str
    file: str
    number: int
    date: str
    part: int
    documents: int = 0
    points: int = 0
    status: str = ""


class Spool:
    """A journal of documents, in one file of SQLite; what was written is there after a crash of the program.

    It belongs to one thread and one process: a second one is refused.

    Args:
        path: of the file, which is made if it is not there.
        limit: bytes of documents that may wait; see `full`.

    Raises:
        LocalProtocolError: another process has it open, or it is no journal.
        OSError: it cannot be made.

    """

    def __init__(self, path: str | os.PathLike[str], *, limit: int = MAX_SPOOL) -> None:
        self.path = Path(path)
        self.limit = limit
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab"):
            pass  # OSError, with the file's name
        self._base = sqlite3.connect(self.path, timeout=_PATIENCE, isolation_level=None)
        try:
            self._base.executescript("pragma locking_mode = exclusive; pragma journal_mode = wal;")
            # What a power cut takes is composed again from the data file, with the same uids.
            self._base.execute("pragma synchronous = normal")
            self._base.executescript(_TABLES)
            self._base.execute("begin immediate")
            self._base.execute("commit")
            self._size = self._one("select coalesce(sum(length(document)), 0) from documents")
        except sqlite3.DatabaseError as error:
            self._base.close()
            raise LocalProtocolError(
                f"cannot use {self.path} as the spool of documents: {error}; another publisher may have it open"
            ) from error

    def close(self) -> None:
        """Close the file."""
        self._base.close()

    # ---- what was composed ----

    def append(self, run: Run, documents: Sequence[Document]) -> None:
        """Keep documents of a run and what the run is now, both or neither.

        Args:
            run: as it is with these documents.
            documents: in their order.

        """
        rows = [(run.uid, name, json.dumps(document)) for name, document in documents]
        with self._together():
            self._base.executemany("insert into documents (run, name, document) values (?, ?, ?)", rows)
            self._base.execute(
                "insert into runs (uid, file, number, date, part, documents, points, status) values (?,?,?,?,?,?,?,?) "
                "on conflict (uid) do update set documents = excluded.documents, points = excluded.points, "
                "status = excluded.status",
                run,
            )
            self._base.execute("delete from runs where place <= (select max(place) from runs) - ?", (MAX_RUNS,))
        self._size += sum(len(text) for _, _, text in rows)

    def runs(self, file: str, number: int, date: str) -> list[Run]:
        """Return the runs of a scan, in order of their part."""
        where = "file = ? and number = ? and date = ? order by part"
        return self._runs(where, (file, number, date))

    def open_runs(self) -> list[Run]:
        """Return the runs that have not ended."""
        return self._runs("status = '' order by place", ())

    def documents_of(self, run: str) -> list[Entry]:
        """Return what is still here of a run's documents."""
        return self._entries("run = ? order by position", (run,))

    @property
    def full(self) -> bool:
        """Whether so much waits for subscribers that nothing more should be composed.

        Nothing is dropped: what SPEC measures meanwhile is in its data file, and is composed when there is room.
        """
        return self._size >= self.limit

    # ---- who has it ----

    def begin(self, subscriber: str) -> int:
        """Return up to which position a subscriber has the documents; a new one gets the runs that are open, and more.

        Args:
            subscriber: its name.

        """
        found = self._base.execute("select position from subscribers where name = ?", (subscriber,)).fetchone()
        oldest = self._one("select coalesce(min(position), 0) from documents")
        last = self._one("select coalesce((select seq from sqlite_sequence where name = 'documents'), 0)")
        if found is not None and (found[0] + 1 >= oldest if oldest else found[0] >= last):
            return int(found[0])
        position = self._before_open_runs()
        if found is not None:
            logger.error(
                "%s: %d documents that %s has not had were dropped while it was not named as a subscriber; it goes on "
                "with those that follow",
                self.path,
                position - found[0],
                subscriber,
            )
        self.acknowledge(subscriber, position)
        return position

    def next(self, position: int, count: int = MAX_BATCH) -> list[Entry]:
        """Return the documents after a position, at most `count`."""
        return self._entries("position > ? order by position limit ?", (position, count))

    def acknowledge(self, subscriber: str, position: int) -> None:
        """Keep that a subscriber has everything up to a position."""
        self._base.execute(
            "insert into subscribers values (?, ?) on conflict (name) do update set position = excluded.position",
            (subscriber, position),
        )

    def forget(self, subscriber: str) -> None:
        """Forget how far a subscriber has come."""
        self._base.execute("delete from subscribers where name = ?", (subscriber,))

    def known_subscribers(self) -> dict[str, int]:
        """Return every subscriber that was ever named, and its position."""
        return dict(self._base.execute("select name, position from subscribers"))

    def prune(self, subscribers: Iterable[str]) -> None:
        """Forget documents that all of some subscribers have; a run that goes on is kept whole.

        Args:
            subscribers: those who count; nobody else's position keeps anything.

        """
        known = self.known_subscribers()
        positions = [known[name] for name in subscribers if name in known]
        upto = min([*positions, self._before_open_runs()])
        gone = self._one("select coalesce(sum(length(document)), 0) from documents where position <= ?", upto)
        if gone:
            self._base.execute("delete from documents where position <= ?", (upto,))
            self._size -= gone

    # ---- facts ----

    def fact(self, name: str) -> str | None:
        """Return what was kept under a name."""
        found = self._base.execute("select value from facts where name = ?", (name,)).fetchone()
        return None if found is None else str(found[0])

    def keep(self, name: str, value: str) -> None:
        """Keep a text under a name."""
        self._base.execute(
            "insert into facts values (?, ?) on conflict (name) do update set value = excluded.value", (name, value)
        )

    # ---- SQL ----

    @contextlib.contextmanager
    def _together(self) -> Iterator[None]:
        self._base.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._base.execute("rollback")
            raise
        self._base.execute("commit")

    def _one(self, question: str, *values: Any) -> int:
        return int(self._base.execute(question, values).fetchone()[0])

    def _runs(self, where: str, values: tuple[Any, ...]) -> list[Run]:
        columns = ", ".join(Run._fields)
        return [Run(*row) for row in self._base.execute(f"select {columns} from runs where {where}", values)]  # noqa: S608

    def _entries(self, where: str, values: tuple[Any, ...]) -> list[Entry]:
        rows = self._base.execute(f"select position, name, document from documents where {where}", values)  # noqa: S608
        return [Entry(position, name, json.loads(document)) for position, name, document in rows]

    def _before_open_runs(self) -> int:
        """Return the position before the first document of the oldest run that goes on; without one, of the last."""
        return self._one(
            "select coalesce((select min(position) - 1 from documents join runs on run = uid where status = ''), "
            "(select seq from sqlite_sequence where name = 'documents'), 0)"
        )
