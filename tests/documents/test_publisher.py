"""The publisher: every scan, once, whatever happens to SPEC, to the publisher and to those who subscribe."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING, Any

import pytest

from pycertifspec.documents import Measurement
from pycertifspec.documents.watching import Live
from pycertifspec.errors import LocalProtocolError, ServerNotFoundError
from pycertifspec.session.scan_record import ScanRecord

from .conftest import PATIENCE, Publishing, Runs

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Bench


def rows_of(events: list[dict[str, Any]]) -> list[list[float]]:
    return [list(event["data"].values()) for event in events]


def test_a_scan_that_anybody_starts_is_published_as_its_data_file_has_it(bench: Bench, spool: Path) -> None:
    with bench.publishing(spool) as publishing:
        bench.client.execute("ascan th 29 31 4 0.1")
        (stop,) = publishing.runs.stops(1)

    (start,) = publishing.runs.of("start")
    (scan,) = bench.file("run7.spec").scans
    assert stop["exit_status"] == "success"
    assert stop["num_events"] == {"baseline": 1, "primary": 5}
    assert start["scan_id"] == 1
    assert start["spec_command"] == scan.command
    assert start["data_file"] == "run7.spec"
    assert start["hints"] == {"dimensions": [[["th"], "primary"]]}
    assert start["num_points"] == 5
    streams = publishing.runs.streams(start["uid"])
    assert rows_of(streams["primary"]) == scan.data.tolist()
    assert [event["seq_num"] for event in streams["primary"]] == [1, 2, 3, 4, 5]
    assert streams["baseline"][0]["data"]["tth"] == scan.position("tth")
    assert scan.header is not None
    assert scan.header.epoch is not None
    assert streams["primary"][0]["time"] == scan.header.epoch + scan.column("Epoch")[0]


def test_points_are_published_as_they_come(slow_bench: Bench, spool: Path) -> None:
    with slow_bench.publishing(spool) as publishing:
        scan = slow_bench.begin("loopscan 5 1", 2.5)
        publishing.runs.wait(lambda runs: runs.points() == 2)
        assert publishing.runs.of("stop") == []
        slow_bench.end(scan)
        (stop,) = publishing.runs.stops(1)
    assert stop["num_events"]["primary"] == 5


def test_without_a_data_file_the_points_are_those_of_the_screen(bench: Bench, spool: Path) -> None:
    bench.client.execute("newfile null")
    with bench.publishing(spool) as publishing:
        bench.client.execute("ascan th 29 31 2 0.1; loopscan 2 0.1")
        one, two = publishing.runs.stops(2)
    assert one["exit_status"] == two["exit_status"] == "success"
    start = publishing.runs.of("start")[0]
    assert "data_file" not in start
    streams = publishing.runs.streams(start["uid"])
    assert [event["data"]["th"] for event in streams["primary"]] == [29, 30, 31]
    assert streams["primary"][0]["data"]["sec"] == 0.1
    assert streams["baseline"][0]["data"]["tth"] == 60


def test_a_mesh_has_two_dimensions_slow_and_fast(bench: Bench, spool: Path) -> None:
    with bench.publishing(spool) as publishing:
        bench.client.execute("mesh th 29 31 2 chi -90 -89 1 0.1")
        publishing.runs.stops(1)
    (start,) = publishing.runs.of("start")
    assert start["hints"] == {"dimensions": [[["chi"], "primary"], [["th"], "primary"]], "gridding": "rectilinear"}
    assert start["shape"] == [2, 3]
    assert start["extents"] == [[-90, -89], [29, 31]]


def test_an_aborted_scan_ends_as_such_and_a_resumed_one_is_a_run_with_all_points(
    slow_bench: Bench, spool: Path
) -> None:
    with slow_bench.publishing(spool) as publishing:
        scan = slow_bench.begin("loopscan 5 1", 2.5)
        scan.pause()
        (stop,) = publishing.runs.stops(1)
        assert stop["exit_status"] == "abort"
        assert stop["reason"] == "SPEC: Scan aborted after 2 points."
        scan.resume()
        slow_bench.client.wait_for("status/ready", wanted=False, timeout=PATIENCE)
        slow_bench.end(scan)
        _, whole = publishing.runs.stops(2)
    first, second = publishing.runs.of("start")
    assert whole["exit_status"] == "success"
    assert whole["num_events"]["primary"] == 5
    assert second["resumes"] == first["uid"]
    assert second["scan_id"] == first["scan_id"]


def test_a_scan_under_way_when_the_first_publisher_starts_is_published_whole_and_no_earlier_one(
    slow_bench: Bench, spool: Path
) -> None:
    slow_bench.end(slow_bench.begin("loopscan 2 1", 1))
    slow_bench.clock.advance(1000)
    scan = slow_bench.begin("loopscan 5 1", 2.5)
    with slow_bench.publishing(spool) as publishing:
        publishing.runs.wait(lambda runs: runs.points() == 2)
        slow_bench.end(scan)
        (stop,) = publishing.runs.stops(1)
    assert stop["num_events"]["primary"] == 5


def test_scans_made_while_no_publisher_ran_are_found_in_the_data_file(bench: Bench, spool: Path) -> None:
    with bench.publishing(spool) as publishing:
        bench.client.execute("loopscan 2 0.1")
        publishing.runs.stops(1)
    bench.client.execute("loopscan 3 0.1; loopscan 4 0.1")

    with bench.publishing(spool) as later:
        two, three = later.runs.stops(2)
        bench.client.execute("loopscan 5 0.1")
        assert later.runs.stops(3)[2]["num_events"]["primary"] == 5
    assert [stop["num_events"]["primary"] for stop in (two, three)] == [3, 4]


def test_the_uids_are_the_same_live_and_found_again(bench: Bench, tmp_path: Path) -> None:
    with bench.publishing(tmp_path / "live") as live:
        bench.client.execute("ascan th 29 31 4 0.1; loopscan 3 0.1")
        live.runs.stops(2)
    with bench.publishing(tmp_path / "later", from_beginning=True) as later:
        later.runs.stops(2)
    assert later.runs.documents == live.runs.documents


def test_a_run_that_was_cut_by_the_end_of_the_publisher_is_completed_once(slow_bench: Bench, spool: Path) -> None:
    with slow_bench.publishing(spool) as first:
        scan = slow_bench.begin("loopscan 5 1", 2.5)
        first.runs.wait(lambda runs: runs.points() == 2)
    slow_bench.end(scan)
    with slow_bench.publishing(spool) as second:
        (stop,) = second.runs.stops(1)
    assert first.runs.of("stop") == []
    assert second.runs.of("start") == []
    events = first.runs.of("event") + second.runs.of("event")
    assert len({event["uid"] for event in events}) == len(events) == 6
    assert [event["seq_num"] for event in events[1:]] == [1, 2, 3, 4, 5]
    assert stop["exit_status"] == "success"


def test_another_data_file_is_followed_as_soon_as_spec_writes_it(bench: Bench, spool: Path) -> None:
    with bench.publishing(spool) as publishing:
        bench.client.execute("loopscan 2 0.1; newfile run8.spec; loopscan 3 0.1")
        publishing.runs.stops(2)
    assert [start["data_file"] for start in publishing.runs.of("start")] == ["run7.spec", "run8.spec"]


def test_spec_that_dies_and_comes_back_leaves_a_run_that_failed(killed_bench: Bench, spool: Path) -> None:
    with killed_bench.publishing(spool) as publishing:
        killed_bench.client.scan("loopscan 1000 1")
        publishing.runs.wait(lambda runs: runs.points() >= 2)
        port = killed_bench.spec.port
        killed_bench.spec.die()
        killed_bench.spec.restart(port=port)
        (stop,) = publishing.runs.stops(1)
        points = publishing.runs.points()
    assert stop["exit_status"] == "fail"
    assert stop["reason"].startswith(f"{points} of 1000 points: SPEC")
    assert stop["num_events"] == {"baseline": 1, "primary": points}


def test_a_scan_is_given_up_when_spec_is_away_too_long(killed_bench: Bench, spool: Path) -> None:
    with killed_bench.publishing(spool, lost_after=0.0) as publishing:
        killed_bench.client.scan("loopscan 1000 1")
        publishing.runs.wait(lambda runs: runs.points() >= 2)
        killed_bench.spec.die()
        (stop,) = publishing.runs.stops(1)
        points = publishing.runs.points()
    assert stop["exit_status"] == "fail"
    assert "the connection to 127.0.0.1:fourc is lost" in stop["reason"]
    assert stop["num_events"] == {"baseline": 1, "primary": points}


def test_a_scan_that_was_given_up_and_went_on_is_published_whole(slow_bench: Bench, spool: Path) -> None:
    with slow_bench.publishing(spool, lost_after=1.0) as publishing:
        scan = slow_bench.begin("loopscan 5 1", 2.5)
        publishing.runs.wait(lambda runs: runs.points() == 2)
        relay_is_lost(publishing)
        (first,) = publishing.runs.stops(1)
        slow_bench.end(scan)
        _, second = publishing.runs.stops(2)
    assert first["exit_status"] == "fail"
    assert second["exit_status"] == "success"
    assert second["num_events"]["primary"] == 5
    assert publishing.runs.of("start")[1]["resumes"] == first["run_start"]


def relay_is_lost(publishing: Publishing) -> None:
    """Let the publisher think so: what it sees of SPEC is its file alone."""

    async def lose() -> None:
        await publishing.publisher._client.close()
        publishing.publisher._following.watching._connection(False)

    publishing.run(lose())


def test_a_connection_that_is_lost_for_a_moment_changes_nothing(slow_bench: Bench, spool: Path) -> None:
    with (
        slow_bench.spec.relay() as relay,
        Publishing(relay.address, spool, directory=slow_bench.directory) as publishing,
    ):
        scan = slow_bench.begin("loopscan 5 1", 2.5)
        publishing.runs.wait(lambda runs: runs.points() == 2)
        back = publishing.run(watch_for_it(publishing))
        relay.cut()
        publishing.run(asyncio.wait_for(back.wait(), PATIENCE))
        slow_bench.end(scan)
        (stop,) = publishing.runs.stops(1)
    assert stop["exit_status"] == "success"
    assert stop["num_events"]["primary"] == 5


async def watch_for_it(publishing: Publishing) -> asyncio.Event:
    """Return what is set when the publisher's connection stands again."""
    back = asyncio.Event()
    publishing.publisher._client.on_connection(lambda there: back.set() if there else None)
    return back


@pytest.mark.parametrize("there", [True, False])
def test_the_data_file_is_looked_for_in_specs_own_directory_and_without_it_the_screen_is_read(
    bench: Bench, spool: Path, tmp_path: Path, there: bool
) -> None:
    with Publishing(bench.spec, spool, directory=None if there else tmp_path / "nowhere") as publishing:
        bench.client.execute("ascan th 29 31 2 0.1")
        (stop,) = publishing.runs.stops(1)
    (start,) = publishing.runs.of("start")
    assert start["data_file"] == "run7.spec"
    assert stop["num_events"]["primary"] == 3
    assert ("epoch" in start["columns"]) is there


def test_a_data_file_is_found_where_spec_has_gone_to(bench: Bench, spool: Path) -> None:
    (bench.directory / "monday").mkdir()
    with Publishing(bench.spec, spool) as publishing:
        bench.client.execute("cd monday; newfile run8.spec; loopscan 2 0.1")
        publishing.runs.stops(1)
    (start,) = publishing.runs.of("start")
    assert start["data_file"] == "run8.spec"
    assert "epoch" in start["columns"]


def test_a_file_of_that_name_without_the_scan_is_not_waited_for_for_ever(
    bench: Bench, spool: Path, tmp_path: Path
) -> None:
    (tmp_path / "stale").mkdir()
    (tmp_path / "stale" / "run7.spec").write_bytes((bench.directory / "run7.spec").read_bytes())
    with Publishing(bench.spec, spool, directory=tmp_path / "stale", settle=0.1) as publishing:
        bench.client.execute("ascan th 29 31 2 0.1")
        (stop,) = publishing.runs.stops(1)
    assert stop["num_events"]["primary"] == 3


def test_a_data_file_that_is_none_is_left_for_the_screen(
    bench: Bench, spool: Path, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    monkeypatch.setattr("pycertifspec.simulator.datafile.reader.MAX_LINE", -1)
    with caplog.at_level(logging.WARNING), bench.publishing(spool) as publishing:
        bench.client.execute("ascan th 29 31 2 0.1")
        (stop,) = publishing.runs.stops(1)
    assert stop["num_events"]["primary"] == 3
    assert "run7.spec: line" in caplog.text


def test_a_scan_that_spec_left_unfinished_in_its_file_is_a_failure(bench: Bench, spool: Path) -> None:
    bench.client.execute("ascan th 29 31 4 0.1")
    path = bench.directory / "run7.spec"
    path.write_text("\n".join(path.read_text().splitlines()[:-2]) + "\n")
    with bench.publishing(spool, from_beginning=True) as publishing:
        (stop,) = publishing.runs.stops(1)
    assert (stop["exit_status"], stop["reason"]) == ("fail", "3 of 5 points: SPEC waits at its prompt")


def test_a_scan_without_a_file_that_nobody_followed_to_its_end_is_a_failure(slow_bench: Bench, spool: Path) -> None:
    slow_bench.client.execute("newfile null")
    with slow_bench.publishing(spool) as first:
        scan = slow_bench.begin("loopscan 5 1", 2.5)
        first.runs.wait(lambda runs: runs.points() == 2)
    slow_bench.end(scan)
    with slow_bench.publishing(spool) as second:
        (stop,) = second.runs.stops(1)
    assert (stop["exit_status"], stop["reason"]) == ("fail", "no data file tells how it went on")
    assert stop["num_events"] == {"baseline": 1, "primary": 2}


def test_a_scan_that_was_met_under_way_ends_that_of_the_file() -> None:
    record = ScanRecord()
    live = Live(record, 0.0)
    scan = Measurement(12, "timescan 1", "run7", "today", 0.0)
    assert live.joined
    assert not live.tells_the_end_of(scan)
    live.over = 1.0
    assert live.tells_the_end_of(scan)
    record.number = 12
    record.date = "yesterday"
    assert not live.tells_the_end_of(scan)


# ---- subscribers ----


def test_who_raises_gets_the_same_document_again(bench: Bench, spool: Path, caplog: Any) -> None:
    runs = Runs()
    refused: list[str] = []

    def moody(name: str, document: dict[str, Any]) -> None:
        if name == "event" and len(refused) < 3:
            refused.append(document["uid"])
            raise RuntimeError("not now")
        runs(name, document)

    with caplog.at_level(logging.WARNING), bench.publishing(spool, callbacks={"moody": moody}):
        bench.client.execute("loopscan 2 0.1")
        runs.stops(1)
    assert len(set(refused)) == 1
    assert [name for name, _ in runs.documents] == [
        "start",
        "descriptor",
        "event",
        "descriptor",
        "event",
        "event",
        "stop",
    ]
    assert "moody did not take documents: RuntimeError: not now" in caplog.text


def test_one_subscriber_that_fails_keeps_nothing_from_another_and_gets_all_later(
    bench: Bench, spool: Path, caplog: Any
) -> None:
    def broken(name: str, document: dict[str, Any]) -> None:
        raise OSError("no disk")

    runs, late = Runs(), Runs()
    with caplog.at_level(logging.WARNING), bench.publishing(spool, callbacks={"good": runs, "late": broken}):
        bench.client.execute("loopscan 3 0.1; loopscan 2 0.1")
        runs.stops(2)
    with bench.publishing(spool, callbacks={"late": late}):
        late.stops(2)
    assert late.documents == runs.documents


def test_a_full_spool_loses_nothing_that_is_in_the_data_file(bench: Bench, spool: Path, caplog: Any) -> None:
    blocked = True
    runs = Runs()

    def slow(name: str, document: dict[str, Any]) -> None:
        if blocked:
            raise OSError("busy")
        runs(name, document)

    with caplog.at_level(logging.ERROR), bench.publishing(spool, callbacks={"slow": slow}, limit=20_000) as publishing:
        for _ in range(8):
            bench.client.execute("loopscan 3 0.1")
        publishing.wait_for_log(caplog, "is full")
        blocked = False
        stops = runs.stops(8)
    assert [stop["num_events"]["primary"] for stop in stops] == [3] * 8
    assert "nothing more is composed until slow takes documents" in caplog.text


def test_what_everybody_has_is_kept_no_longer(bench: Bench, spool: Path) -> None:
    with bench.publishing(spool) as publishing:
        bench.client.execute("loopscan 3 0.1")
        publishing.runs.stops(1)
        publishing.delivered()
        assert publishing.run(rest(publishing)) == []


async def rest(publishing: Publishing) -> list[Any]:
    return publishing.publisher._spool.next(0)


def test_a_callback_without_a_name_gets_what_comes(bench: Bench, spool: Path) -> None:
    runs = Runs()
    with bench.publishing(spool, callbacks={}) as publishing:

        async def subscribe() -> None:
            publishing.publisher.subscribe(runs)

        publishing.run(subscribe())
        bench.client.execute("loopscan 3 0.1")
        runs.stops(1)


# ---- what does not begin ----


def test_two_subscribers_of_one_name_are_refused(bench: Bench, spool: Path) -> None:
    with bench.publishing(spool) as publishing:

        async def again() -> None:
            publishing.publisher.subscribe(print, name="test")

        with pytest.raises(LocalProtocolError, match="documents go to test already"):
            publishing.run(again())


def test_a_second_publisher_with_the_same_spool_is_refused(bench: Bench, spool: Path) -> None:
    with bench.publishing(spool), pytest.raises(LocalProtocolError, match="another publisher may have it open"):
        bench.publishing(spool).__enter__()


def test_no_server_is_an_error_at_once(tmp_path: Path, free_port: int, nothing_left_behind: None) -> None:
    with pytest.raises(ServerNotFoundError):
        Publishing(f"127.0.0.1:{free_port}", tmp_path / "spool").__enter__()


@pytest.fixture
def free_port() -> int:
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_documents_are_json(bench: Bench, spool: Path) -> None:
    with bench.publishing(spool) as publishing:
        bench.client.execute("ascan th 29 31 4 0.1")
        publishing.runs.stops(1)
    assert json.loads(json.dumps(publishing.runs.documents))[0][0] == "start"
