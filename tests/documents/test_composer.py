"""Runs from scans: valid, the same ones whenever they are composed, and what of them there is to be."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import event_model
import pytest

from pycertifspec.documents import Composer, Instrument, Measurement, from_file, from_record, scan_documents
from pycertifspec.documents.decisions import INTERRUPTED, Ending, Step, next_step
from pycertifspec.documents.spool import Run
from pycertifspec.session.scan_record import ScanPoint, ScanRecord
from pycertifspec.simulator.datafile import Reader

if TYPE_CHECKING:
    from pycertifspec.documents.composer import Document

    from .conftest import Bench

HEAD = """\
#F run7
#E 1700000000
#D {date}
#C fourc  User = anna
#O0 Two Theta  Theta
#o0 tth th

#S 12  ascan  th 0 1  3 0.1
#D Tue Nov 14 22:14:20 2023
#P0 60 30
"""
ROWS = "#N 3\n#L Theta  Epoch  Detector\n0 1.000 7\n1 2.000 8\n"
ABORTED = "#C Tue Nov 14 22:15:20 2023.  Scan aborted after 2 points.\n"
CONTINUED = "#C Tue Nov 14 22:15:20 2023.  Scan continued.\n"


def measured(text: str, date: str = "Tue Nov 14 22:13:20 2023") -> Measurement:
    reader = Reader()
    reader.feed(text.format(date=date).encode())
    return from_file(reader.file.scans[-1], "run7")


def composed(scan: Measurement, **how: Any) -> list[Document]:
    composer = Composer(Instrument("simulated:fourc"))
    return [*composer.documents(scan, over=True, **how), composer.stop("success")]


@pytest.mark.parametrize(
    "command",
    [
        "ascan th 29 31 2 0.1",
        "a2scan th 29 31 tth 58 62 2 0.1",
        "dscan th -1 1 2 0.1",
        "mesh th 29 30 1 chi -90 -89 1 0.1",
        "hscan 1 1.1 2 0.1",
        "hklscan 1 1.1 0 0 0 0.1 2 0.1",
        "hklmesh H 1 1.1 1 L 0 0.1 1 0.1",
        "loopscan 3 0.1",
        "Escan 8 8.1 2 0.1",
        "ascan th 29 31 2 -1000",
    ],
)
def test_every_kind_of_scan_makes_valid_documents(bench: Bench, command: str) -> None:
    bench.client.execute("ubr 1 0 0" if "h" in command.split(maxsplit=1)[0] else "ct 0.1")
    bench.client.execute(command)
    (scan,) = bench.file("run7.spec").scans
    documents = composed(from_file(scan, "run7.spec"))
    for name, document in documents:
        event_model.schema_validators[event_model.DocumentNames[name]].validate(document)
    start, stop = documents[0][1], documents[-1][1]
    assert stop["num_events"] == {"baseline": 1, "primary": scan.points}
    assert start["num_points"] == scan.points
    keys = next(document["data_keys"] for name, document in documents if document.get("name") == "primary")
    assert all(axis in keys for axes, _ in start["hints"]["dimensions"] for axis in axes)


def test_the_same_scan_makes_the_same_documents() -> None:
    assert composed(measured(HEAD + ROWS)) == composed(measured(HEAD + ROWS))


@pytest.mark.parametrize("what", [{"number": 13}, {"file": "run8"}, {"date": "Tue Nov 14 22:14:21 2023"}])
def test_another_scan_has_other_uids(what: dict[str, Any]) -> None:
    scan = measured(HEAD + ROWS)
    uids = [{document["uid"] for _, document in composed(one)} for one in (scan, replace(scan, **what))]
    assert not uids[0] & uids[1]


def test_documents_come_as_the_scan_does_and_none_twice() -> None:
    composer = Composer(Instrument())
    seen = []
    for length in range(0, len(HEAD + ROWS) + 1, 7):
        text = (HEAD + ROWS)[:length]
        if "#S" in text and "\n" in text.partition("#S")[2]:
            seen += list(composer.documents(measured(text)))
    seen += list(composer.documents(measured(HEAD + ROWS)))
    assert [name for name, _ in seen] == ["start", "descriptor", "event", "descriptor", "event", "event"]


@pytest.mark.parametrize("date", ["Tue Nov 14 22:13:20 2023", "Tue Nov 14 14:13:20 2023", "Wed Nov 15 03:43:20 2023"])
def test_a_scan_begins_when_it_did_wherever_specs_clock_hangs(date: str) -> None:
    """The header has one moment as seconds since 1970 and as that place's time."""
    text = HEAD.replace("#D Tue Nov 14 22:14:20 2023", f"#D {date.replace(':13:', ':14:').replace(':43:', ':44:')}")
    assert measured(text + ROWS, date).started == 1700000060


@pytest.mark.parametrize(("date", "started"), [("whenever", 1700000000), ("", 1700000000)])
def test_a_date_in_a_form_of_its_own_is_that_of_the_file(date: str, started: float) -> None:
    assert measured(HEAD.replace("#D Tue Nov 14 22:14:20 2023", f"#D {date}") + ROWS).started == started


def test_events_have_specs_time() -> None:
    events = [document for name, document in composed(measured(HEAD + ROWS)) if name == "event"]
    assert [event["time"] for event in events] == [measured(HEAD + ROWS).started, 1700000001, 1700000002]


def test_spectra_are_arrays_and_a_point_waits_for_its_own() -> None:
    head = HEAD + "#@MCA %16C\n#@CHANN 3 0 2 1\n#N 2\n#L Theta  Detector\n"
    composer = Composer(Instrument())
    assert list(composer.documents(measured(head + "0 7\n"))) == []
    begun = list(composer.documents(measured(head + "0 7\n@A 1 2 3\n1 8\n")))
    assert begun[-1][1]["data"] == {"th": 0, "Detector": 7, "mca_A": [1, 2, 3]}
    assert list(composer.documents(measured(head + "0 7\n@A 1 2 3\n1 8\n"))) == []
    (event,) = composer.documents(measured(head + "0 7\n@A 1 2 3\n1 8\n@A 4 5 6\n"))
    assert event[1]["data"]["mca_A"] == [4, 5, 6]
    (last,) = composer.documents(measured(head + "0 7\n@A 1 2 3\n1 8\n@A 4 5 6\n2 9\n"), over=True)
    assert all(map(math.isnan, last[1]["data"]["mca_A"]))


def test_a_row_that_is_too_short_has_nan() -> None:
    scan = measured(HEAD + "#N 3\n#L Theta  x  Detector\n0 1 2\n")
    assert replace(scan, rows=[[1.0]]).row(0)[0] == 1
    assert all(map(math.isnan, replace(scan, rows=[[1.0]]).row(0)[1:]))


def test_a_scan_without_columns_is_a_run_without_events() -> None:
    documents = composed(measured(HEAD))
    assert [name for name, _ in documents] == ["start", "descriptor", "event", "stop"]


def test_a_record_of_a_client_becomes_a_run_with_the_uid_that_its_file_gives() -> None:
    record = ScanRecord()
    record.number, record.command, record.file, record.date = (
        12,
        "ascan  th 0 1  3 0.1",
        "run7",
        "Tue Nov 14 22:14:20 2023",
    )
    record.columns, record.motors, record.start = ("Theta", "Detector"), ("th",), 1.7e9
    record.points = [ScanPoint(0, {"Theta": 0.0, "Detector": 7.0}), ScanPoint(1, {"Theta": 1.0})]
    instrument = Instrument("simulated:fourc")
    documents = list(scan_documents(record, instrument, status="abort", reason="enough"))
    assert [name for name, _ in documents] == ["start", "descriptor", "event", "event", "stop"]
    assert documents[-1][1]["exit_status"] == "abort"
    assert documents[2][1]["data"]["th"] == 0
    assert documents[0][1]["uid"] == composed(measured(HEAD + ROWS))[0][1]["uid"]
    assert from_record(record, [5.0, 6.0]).time_of(1) == 6
    assert from_record(record).time_of(1) is None


@pytest.mark.parametrize(("aborted", "status"), [(True, "abort"), (False, "success")])
def test_a_record_says_itself_how_its_scan_ended(aborted: bool, status: str) -> None:
    record = ScanRecord()
    record.command, record.start, record.end, record.aborted = "ascan  th 0 1  3 0.1", 1.7e9, 1.7e9, aborted

    *_, (name, stop) = scan_documents(record, Instrument("simulated:fourc"))

    assert (name, stop["exit_status"]) == ("stop", status)


# ---- what becomes of a scan's runs ----


def run(part: int, status: str = "", points: int = 2) -> Run:
    return Run(f"uid {part}", "run7", 12, "", part, 5, points, status)


ENDED = Ending("abort", "SPEC: Scan aborted after 2 points.")


@pytest.mark.parametrize(
    ("text", "runs", "over", "step"),
    [
        (ROWS, [], None, Step(0, None, None)),
        (ROWS, [run(0)], None, Step(0, None, None)),
        (ROWS + "2 3 4\n3 4 5\n", [run(0)], None, Step(0, None, Ending("success", ""))),
        (ROWS + "2 3 4\n3 4 5\n", [run(0, "success", 4)], None, None),
        (ROWS + ABORTED, [run(0)], None, Step(0, None, ENDED)),
        (ROWS + ABORTED, [run(0, "abort")], None, None),
        (ROWS + ABORTED, [run(0, "abort")], INTERRUPTED, None),
        (ROWS + ABORTED + CONTINUED, [run(0, "abort")], None, Step(1, None, None)),
        (ROWS + ABORTED + CONTINUED + "2 3 4\n", [], None, Step(0, 2, ENDED)),
        (ROWS + ABORTED + CONTINUED + "2 3 4\n3 4 5\n", [run(0, "abort")], None, Step(1, None, Ending("success", ""))),
        (ROWS + ABORTED + CONTINUED + "2 3 4\n3 4 5\n", [run(0, "abort"), run(1, "success")], None, None),
        (ROWS, [run(0)], INTERRUPTED, Step(0, None, Ending("abort", f"2 of 4 points: {INTERRUPTED}"))),
        (ROWS, [run(0)], "SPEC was lost", Step(0, None, Ending("fail", "2 of 4 points: SPEC was lost"))),
        (ROWS, [run(0, "fail", 2)], None, None),
        (ROWS + "2 3 4\n", [run(0, "fail", 2)], None, Step(1, None, None)),
        (ROWS + ABORTED, [run(0, "fail", 1)], None, Step(1, None, ENDED)),
        (ROWS + ABORTED + CONTINUED + "2 3 4\n", [run(0, "fail", 1), run(1, "abort")], None, Step(2, None, None)),
    ],
)
def test_what_is_to_be_done_next_for_a_scan(text: str, runs: list[Run], over: str | None, step: Step | None) -> None:
    assert next_step(measured(HEAD + text), runs, over=over) == step


def test_a_scan_of_unknown_length_is_a_success_when_spec_goes_on_to_something_else() -> None:
    scan = replace(measured(HEAD + ROWS), command="timescan 1")
    assert next_step(scan, [], over=None) == Step(0, None, None)
    assert next_step(scan, [], over="SPEC has begun another scan") == Step(0, None, Ending("success", ""))
