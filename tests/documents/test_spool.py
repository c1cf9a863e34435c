"""The journal: what was composed and who has it, after a crash as well."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from pycertifspec.documents.files import FileSource, locate
from pycertifspec.documents.spool import Run, Spool
from pycertifspec.errors import LocalProtocolError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RUN = Run("uid", "run7", 1, "today", 0, 2, 1)


@pytest.fixture
def journal(spool: Path) -> Iterator[Spool]:
    journal = Spool(spool, limit=1000)
    yield journal
    journal.close()


def documents(count: int) -> list[tuple[str, dict[str, Any]]]:
    return [("event", {"place": place}) for place in range(count)]


def test_documents_come_in_the_order_in_which_they_were_kept(journal: Spool) -> None:
    journal.append(RUN, documents(3))
    assert [entry.document["place"] for entry in journal.next(0)] == [0, 1, 2]
    assert [entry.document["place"] for entry in journal.next(1, 1)] == [1]
    assert [entry.position for entry in journal.documents_of("uid")] == [1, 2, 3]


def test_what_is_kept_survives_the_death_of_the_program(spool: Path) -> None:
    program = f"""
import os
from pycertifspec.documents.spool import Run, Spool
spool = Spool({str(spool)!r})
spool.begin("me")
spool.append(Run("uid", "run7", 1, "today", 0, 2, 1), [("event", {{"place": 0}})])
spool.acknowledge("me", 1)
os.kill(os.getpid(), 9)
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == -9
    journal = Spool(spool)
    assert journal.open_runs() == [RUN]
    assert journal.begin("me") == 1
    journal.close()


def test_runs_are_known_by_their_scan(journal: Spool) -> None:
    journal.append(RUN, documents(1))
    journal.append(RUN._replace(uid="second", part=1, status="success"), documents(1))
    journal.append(RUN._replace(status="abort"), [])
    assert [(run.part, run.status) for run in journal.runs("run7", 1, "today")] == [(0, "abort"), (1, "success")]
    assert journal.open_runs() == []
    assert journal.runs("run7", 2, "today") == []


def test_a_new_subscriber_gets_the_run_that_goes_on_from_its_start(journal: Spool) -> None:
    journal.append(RUN._replace(uid="done", number=0, status="success"), documents(2))
    journal.append(RUN, documents(1))
    assert journal.begin("new") == 2


def test_documents_go_when_everyone_has_them_and_their_run_has_ended(journal: Spool) -> None:
    journal.begin("quick")
    journal.begin("slow")
    journal.append(RUN, documents(2))
    journal.acknowledge("quick", 2)
    journal.acknowledge("slow", 1)
    journal.prune(["quick", "slow"])
    assert len(journal.next(0)) == 2
    journal.append(RUN._replace(status="success"), [])
    journal.prune(["quick", "slow"])
    assert len(journal.next(0)) == 1
    journal.prune(["quick"])
    assert journal.next(0) == []


def test_a_subscriber_that_was_not_named_is_told_what_it_has_missed(journal: Spool, caplog: Any) -> None:
    journal.begin("quick")
    journal.begin("away")
    journal.append(RUN._replace(status="success"), documents(3))
    journal.acknowledge("quick", 3)
    journal.prune(["quick"])
    assert journal.begin("away") == 3
    assert "3 documents that away has not had were dropped" in caplog.text


def test_it_is_full_at_its_limit_and_has_room_again(journal: Spool) -> None:
    journal.begin("slow")
    journal.append(RUN._replace(status="success"), [("event", {"text": "x" * 1000})])
    assert journal.full
    journal.acknowledge("slow", 1)
    journal.prune(["slow"])
    assert not journal.full


def test_what_fails_on_the_way_is_not_kept_at_all(journal: Spool) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        journal.append(RUN._replace(status=None), documents(1))  # type: ignore[arg-type]
    assert journal.next(0) == []


def test_the_oldest_runs_are_forgotten_at_the_limit(journal: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pycertifspec.documents.spool.MAX_RUNS", 2)
    for place in range(4):
        journal.append(RUN._replace(uid=str(place), number=place, status="success"), [])
    assert [bool(journal.runs("run7", place, "today")) for place in range(4)] == [False, False, True, True]


def test_facts_are_kept(journal: Spool) -> None:
    assert journal.fact("since") is None
    journal.keep("since", "1")
    journal.keep("since", "2")
    assert journal.fact("since") == "2"


def test_a_file_that_is_no_journal_is_an_error_that_names_it(spool: Path) -> None:
    spool.write_bytes(b"hello " * 1000)
    with pytest.raises(LocalProtocolError, match=r"documents\.spool as the spool of documents"):
        Spool(spool)


# ---- data files ----


def test_a_data_file_is_found_where_it_is_seen_from_here(tmp_path: Path) -> None:
    (tmp_path / "here" / "data").mkdir(parents=True)
    file = tmp_path / "here" / "data" / "run7.spec"
    file.touch()
    assert locate("data/run7.spec", tmp_path / "here") == file
    assert locate(str(file), None) == file
    assert locate("/home/spec/data/run7.spec", tmp_path / "here") == file
    assert locate("/home/spec/data/run8.spec", tmp_path / "here") is None
    assert locate("run7.spec", tmp_path / "here") is None
    assert locate("/dev/null", tmp_path) is None


def test_a_look_tells_whether_the_file_has_grown_and_peek_enters_nothing(tmp_path: Path) -> None:
    path = tmp_path / "run7"
    path.write_text("#S 1  x\n#L a\n")
    with FileSource("run7", path) as source:
        last = source.peek()
        assert last is not None
        assert last.number == 1
        assert not source.has(1, "")
