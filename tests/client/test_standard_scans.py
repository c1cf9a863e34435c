"""The scans of SPEC's standard macros, run, interrupted, resumed and followed: the same on both faces."""

from __future__ import annotations

import json
import math
import queue
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pytest

from pycertifspec import (
    ConnectionLostError,
    LocalProtocolError,
    PointTaken,
    RemoteError,
    ScanBegun,
    ScanOver,
    ScanResumed,
    StoppedError,
)
from pycertifspec.testing import Relay

from .conftest import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path

    from pycertifspec.simulator.clock import ManualClock

HKL = ("H", "K", "L")
COUNTERS = ("Detector", "Monitor", "Seconds")


@pytest.fixture
def other(connect: Any, stand: Any) -> Any:
    return connect("127.0.0.1", stand.port)


@pytest.fixture
def stepped(make_stand: Any, connect: Any, clock: ManualClock) -> Any:
    """A client, and the port of its server, whose time the test moves."""
    port = make_stand(clock).port
    return connect("127.0.0.1", port), port


@pytest.mark.parametrize(
    ("command", "motors", "scanned", "shape", "points"),
    [
        ("ascan th 29 31 4 0.1", ("th",), ("Theta",), (5,), 5),
        ("ascan th 29 31 4 -1000", ("th",), ("Theta",), (5,), 5),
        ("a2scan tth 59 61 th 29 31 4 0.1", ("tth", "th"), ("Two Theta", "Theta"), (5,), 5),
        ("dscan th -1 1 4 0.1", ("th",), ("Theta",), (5,), 5),
        ("mesh th 29 31 2 phi 0 1 1 0.1", ("th", "phi"), ("Theta", "Phi"), (2, 3), 6),
        ("loopscan 3 0.1", (), ("Time",), (3,), 3),
        ("hklscan 0 0 0 0 1 1.1 4 0.1", (), HKL, (5,), 5),
        ("hklmesh H 0 0.1 1 L 1 1.1 2 0.1", (), HKL, (3, 2), 6),
    ],
)
def test_each_kind_of_scan_is_known_as_what_it_is(
    client: Any, command: str, motors: Any, scanned: Any, shape: Any, points: int
) -> None:
    record = client.scan(command).wait()

    assert (record.motors, record.scanned, record.counters) == (motors, scanned, COUNTERS)
    assert (record.shape, record.expected, len(record.points)) == (shape, points, points)
    assert (record.aborted, record.joined, record.number) == (False, False, 1)
    assert record.end >= record.points[-1].time >= record.points[0].time >= record.start
    assert record.to_numpy().shape == (points, len(record.columns))
    assert record.to_numpy()[:, 0].tolist() == record.column(scanned[0])
    frame = record.to_pandas(mnemonics=True)
    assert [*frame.columns] == [*record.columns, *motors]
    assert frame.attrs["command"] == record.command
    data = record.to_xarray()
    assert set(data.coords) == {"point", *scanned}
    assert data["Detector"].dims == (("slow", "fast") if len(shape) == 2 else ("point",))
    assert data["Detector"].shape == shape
    assert data["Detector"].values.ravel().tolist() == record["Detector"].tolist()
    assert math.isfinite(record.peak().com)


def test_columns_are_found_by_label_and_motors_by_mnemonic(client: Any) -> None:
    record = client.scan("ascan th 29 31 4 0.1").wait()

    assert isinstance(record["th"], np.ndarray)
    assert record["th"].tolist() == record["Theta"].tolist() == [29.0, 29.5, 30.0, 30.5, 31.0]
    assert record.axes() == ("Theta", "Detector")
    assert record.axes(y="Monitor") == ("Theta", "Monitor")
    assert record.peak().x == 30.0
    assert record.peak("Seconds", "th").y == 0.1
    with pytest.raises(LocalProtocolError, match="no column 'I0'; it has Theta, H"):
        record.column("I0")


def test_the_curve_of_a_scan_along_one_index_is_along_that(client: Any) -> None:
    assert client.scan("lscan 1 1.1 4 0.1").wait().axes() == ("L", "Detector")


def test_a_scan_is_shown_with_as_many_rows_as_a_notebook_has_room_for(client: Any) -> None:
    scan = client.scan("loopscan 30 0.1")
    record = scan.wait()

    shown = record._repr_html_()
    assert shown.count("<tr>") == 1 + 1 + 5 + 1 + 5
    assert "20 more" in shown
    assert "30 of 30 points" in shown
    assert getattr(scan, "thing", scan)._repr_html_() == shown
    assert "more" not in client.scan("loopscan 3 0.1").wait()._repr_html_()


def test_a_scan_is_saved_as_a_file_of_each_kind(client: Any, tmp_path: Path) -> None:
    record = client.scan("ascan th 29 31 4 0.1").wait()

    for name in ("one.csv", "one.json", "one.h5", "one.spec"):
        record.save(tmp_path / name)
    with pytest.raises(FileExistsError):
        record.save(tmp_path / "one.csv")
    record.save(tmp_path / "one.csv", replace=True)

    (read,) = json.loads((tmp_path / "one.json").read_text())["scans"]
    assert (read["command"], read["points"], read["aborted"]) == (record.command, 5, False)
    with h5py.File(tmp_path / "one.h5") as file:
        assert file["scan_1/data/Detector"][:].tolist() == record.column("Detector")
    with pytest.raises(LocalProtocolError, match="what kind"):
        record.save(tmp_path / "one")


def test_each_point_is_told_to_a_callback_as_it_is_taken(client: Any) -> None:
    told: queue.Queue[Any] = queue.Queue()

    record = client.scan("ascan th 29 31 4 0.1", progress=told.put).wait()

    assert [told.get(timeout=PATIENCE) for _ in range(5)] == record.points


# ---- interrupted ----


def hold(client: Any) -> None:
    """Let scans wait at their fiftieth point: they can be interrupted before they are over, however fast they are."""
    client.execute('global GO; GO = 0; cdef("user_scan_loop", "while (NPTS == 50 && !GO) ;", "hold")')


def take(points: Any, number: int) -> list[Any]:
    return [next(points) for _ in range(number)]


def test_a_timescan_has_no_end_but_an_abort(client: Any) -> None:
    scan = client.scan("timescan 1")
    assert [point.index for point in take(iter(scan), 3)] == [0, 1, 2]

    scan.abort()

    record = scan.record
    assert (record.scanned, record.motors, record.counters) == (("Time",), (), COUNTERS)
    assert (record.expected, record.shape) == (None, None)
    assert record.aborted
    assert record.end >= record.points[-1].time


def test_an_aborted_scan_is_over_and_has_said_all_that_it_says(client: Any) -> None:
    hold(client)
    scan = client.scan("dscan th -1 1 1000 0.1")
    take(iter(scan), 2)

    scan.abort()
    after = client.execute("print 1+1").output

    assert after == "2\n"
    record = scan.record
    assert record.aborted
    assert record.end is not None
    assert record.returned == {"th": 30.0}  # its last words came after the abort
    assert len(record.points) == int(client.read("var/NPTS"))
    assert "aborted" in repr(record)
    with pytest.raises(StoppedError):
        scan.wait()


def test_an_aborted_mesh_has_no_numbers_where_it_has_no_points(client: Any) -> None:
    scan = client.scan("mesh th 29 31 100 phi 0 1 100 0.1")
    take(iter(scan), 3)

    scan.abort()

    detector = scan.record.to_xarray()["Detector"].values
    taken = len(scan.record.points)
    assert detector.shape == (101, 101)
    assert detector.ravel()[:taken].tolist() == scan.record.column("Detector")
    assert np.isnan(detector.ravel()[taken:]).all()


def test_a_scan_that_somebody_aborts_is_an_error_and_is_over(client: Any) -> None:
    hold(client)
    scan = client.scan("ascan th 29 31 1000 0.1")
    take(iter(scan), 1)

    client.abort()

    with pytest.raises(RemoteError):
        scan.wait()
    assert scan.record.aborted
    assert scan.record.end is not None


def test_a_paused_scan_is_over_until_it_is_resumed_and_has_all_its_points_then(client: Any) -> None:
    hold(client)
    scan = client.scan("ascan th 29 31 100 0.1")
    points = iter(scan)
    first = take(points, 2)

    scan.pause()
    record = scan.record
    assert (record.aborted, record.end is not None, scan.paused) == (True, True, True)
    client.write("var/GO", 1)
    scan.resume()
    rest = list(points)

    assert scan.wait() is record
    assert [point.index for point in first + rest] == [*range(101)]
    assert [point.index for point in record.points] == [*range(101)]
    assert (record.aborted, record.end >= record.points[-1].time) == (False, True)


def test_a_scan_that_waits_behind_somebodys_has_its_own_points_alone(
    stepped: Any, connect: Any, clock: ManualClock
) -> None:
    client, port = stepped
    other = connect("127.0.0.1", port)
    others = other.scan("{ sleep(1); loopscan 5 0.1 }")
    client.wait_for("status/ready", False, PATIENCE)
    scan = client.scan("loopscan 3 0.1")
    while not scan.done:
        clock.advance(0.1)
        client.read("status/ready")  # the other thread has its turn

    assert len(list(others)) == 5
    assert len(list(scan)) == 3
    assert scan.wait().command == "loopscan 3 0.1 0"


def test_what_has_not_begun_cannot_be_paused(spec: Any) -> None:
    scan = spec.scan("sleep(1000)")
    spec.wait_for("status/ready", False, PATIENCE)

    scan.pause()

    assert not scan.paused
    assert list(scan) == []
    with pytest.raises(RemoteError):
        scan.wait()
    with pytest.raises(RemoteError, match="not paused"):
        scan.resume()


def test_of_a_scan_whose_connection_is_lost_nobody_knows_the_end(connect: Any, make_stand: Any) -> None:
    stand = make_stand()
    client = connect("127.0.0.1", stand.port, auto_reconnect=False)
    scan = client.scan("timescan 1")
    take(iter(scan), 1)

    stand.stop()

    with pytest.raises(ConnectionLostError):
        scan.wait()
    assert scan.record.end is None
    assert not scan.record.aborted
    assert scan.record.lost


# ---- followed ----


def until_over(events: Any) -> list[Any]:
    found: list[Any] = []
    while not found or not isinstance(found[-1], ScanOver):
        found.append(next(events))
    return found


def test_what_happens_to_scans_comes_in_order(client: Any, other: Any) -> None:
    with other.follow_scans() as scans:
        client.execute("ascan th 29 31 1 0.1; loopscan 1 0.1")
        events = iter(scans.events())
        first, second = until_over(events), until_over(events)

    assert [type(event) for event in first] == [ScanBegun, PointTaken, PointTaken, ScanOver]
    assert [type(event) for event in second] == [ScanBegun, PointTaken, ScanOver]
    assert first[0].record.command == "ascan  th 29 31  1 0.1"
    assert second[0].record.number == first[0].record.number + 1
    assert first[2].point is first[0].record.points[1]
    assert not first[3].record.aborted


def test_what_happens_to_scans_is_told_to_a_callback(client: Any, other: Any) -> None:
    told: queue.Queue[Any] = queue.Queue()

    def tell(event: Any) -> None:
        told.put(event)
        if isinstance(event, ScanBegun):
            raise ValueError("a callback that fails delays no event")  # noqa: TRY004

    with other.watch_scans(tell):
        client.execute("ascan th 29 31 1 0.1")
        events = [told.get(timeout=PATIENCE) for _ in range(4)]

    assert [type(event) for event in events] == [ScanBegun, PointTaken, PointTaken, ScanOver]
    client.execute("ascan th 29 31 1 0.1")
    other.execute("1")
    assert told.empty()


def test_a_followed_scan_that_is_resumed_comes_again_with_the_points_from_then_on(client: Any, other: Any) -> None:
    hold(client)
    with other.follow_scans() as scans:
        scan = client.scan("ascan th 29 31 100 0.1")
        take(iter(scan), 2)
        scan.abort()
        followed = next(scans)
        before = list(followed)
        assert followed.record.aborted
        assert not followed.resumed

        client.execute("GO = 1; resume")
        again = next(scans)
        after = list(again)

    assert again.resumed
    assert again.record is followed.record
    assert [point.index for point in before + after] == [*range(101)]
    assert not again.record.aborted
    assert again.record.end is not None


def test_resuming_is_told_as_an_event(client: Any, other: Any) -> None:
    hold(client)
    with other.follow_scans() as scans:
        events = iter(scans.events())
        scan = client.scan("ascan th 29 31 100 0.1")
        take(iter(scan), 2)
        scan.abort()
        taken = len(until_over(events)) - 2
        client.execute("GO = 1; resume")
        resumed, *rest = until_over(events)

    assert isinstance(resumed, ScanResumed)
    assert resumed.points == taken
    assert len(rest) == 101 - taken + 1


def test_a_followed_scan_is_over_as_lost_as_soon_as_the_server_is_gone(client: Any, other: Any, stand: Any) -> None:
    with other.follow_scans() as scans:
        scan = client.scan("timescan 1")
        followed = next(scans)
        points = iter(followed)
        take(points, 1)

        stand.die()

        list(points)
        record = followed.record
        assert (followed.done, record.lost, record.aborted, record.end) == (True, True, False, None)
        with pytest.raises(ConnectionLostError, match=r"'timescan 1 0', \d+ points, lost> was under way; look at SPEC"):
            followed.wait()
        with pytest.raises(ConnectionLostError):
            scan.wait()


def test_that_a_scan_is_lost_is_told_to_a_callback(client: Any, other: Any, stand: Any) -> None:
    told: queue.Queue[Any] = queue.Queue()
    with other.watch_scans(told.put):
        scan = client.scan("timescan 1")
        events = [told.get(timeout=PATIENCE) for _ in range(2)]

        stand.die()

        while not isinstance(events[-1], ScanOver):
            events.append(told.get(timeout=PATIENCE))
    assert events[-1].record.lost
    with pytest.raises(ConnectionLostError):
        scan.wait()


def test_a_followed_scan_that_a_server_aborts_as_it_ends_was_aborted(client: Any, other: Any, stand: Any) -> None:
    with other.follow_scans() as scans:
        scan = client.scan("timescan 1")
        followed = next(scans)
        take(iter(followed), 1)

        stand.stop()

        list(followed)
    assert (followed.record.aborted, scan.record.aborted) == (True, False)


def test_a_scan_that_goes_on_over_a_lost_connection_comes_again_as_resumed(
    stepped: Any, connect: Any, clock: ManualClock
) -> None:
    client, port = stepped
    came: queue.Queue[Any] = queue.Queue()
    with Relay("127.0.0.1", port) as relay:
        far = connect(relay.address)
        far.on_connection(came.put)
        with far.follow_scans() as scans:
            scan = under_way(client, clock, "ascan th 29.99 30.01 4 0.1", 2)
            followed = next(scans)
            points = iter(followed)
            take(points, 2)

            relay.cut()

            assert list(points) == []
            assert followed.record.lost
            assert [came.get(timeout=PATIENCE) for _ in range(2)] == [False, True]
            far.read("status/ready")  # what is watched is watched again
            while not scan.done:
                clock.advance(0.1)
                client.read("status/ready")
            again = next(scans)
            rest = [point.index for point in again]

    assert again.resumed
    assert again.record is followed.record
    assert rest == [2, 3, 4]
    assert (again.record.lost, again.record.aborted, again.wait().end is None) == (False, False, False)


# ---- met under way ----


def under_way(client: Any, clock: ManualClock, command: str, points: int) -> Any:
    """Run a scan until it has some points; nothing more comes of it before the time is moved."""
    scan = client.scan(command)
    taken = iter(scan)
    client.wait_for("status/ready", False, PATIENCE)
    got = 0
    while got < points:
        clock.advance(0.1)
        there = int(client.read("var/NPTS"))
        got += len(take(taken, there - got))
    return scan


def test_a_scan_that_is_under_way_is_followed_from_its_next_point(
    stepped: Any, connect: Any, clock: ManualClock
) -> None:
    client, port = stepped
    scan = under_way(client, clock, "ascan th 29.99 30.01 4 0.1", 2)
    late = connect("127.0.0.1", port)

    with late.follow_scans() as scans:
        while not scan.done:
            clock.advance(0.1)
            client.read("status/ready")
        followed = next(scans)
        points = list(followed)

    record = followed.record
    first = points[0].index
    assert 0 < first < 5
    assert [point.index for point in points] == [*range(first, 5)]
    assert record.joined
    assert (record.number, record.command, record.motors) == (1, "ascan  th 29.99 30.01  4 0.1", ("th",))
    assert (record.start, record.expected, record.aborted) == (None, 5, False)
    assert record.columns[:2] == ("th", "column_2")
    assert record.column("th") == [point.values["th"] for point in points]
    assert record.end is not None


def test_a_scan_that_is_under_way_is_told_to_a_callback(stepped: Any, connect: Any, clock: ManualClock) -> None:
    client, port = stepped
    scan = under_way(client, clock, "ascan th 29.99 30.01 4 0.1", 2)
    told: queue.Queue[Any] = queue.Queue()

    with connect("127.0.0.1", port).watch_scans(told.put):
        while not scan.done:
            clock.advance(0.1)
            client.read("status/ready")
        events = [told.get(timeout=PATIENCE)]
        while not isinstance(events[-1], ScanOver):
            events.append(told.get(timeout=PATIENCE))

    assert isinstance(events[0], ScanBegun)
    assert events[0].record.joined
    assert events[-1].record.points[-1].index == 4


def test_a_scan_that_was_aborted_before_it_was_followed_comes_when_it_is_resumed(client: Any, other: Any) -> None:
    hold(client)
    scan = client.scan("ascan th 29 31 100 0.1")
    take(iter(scan), 2)
    scan.abort()

    with other.follow_scans() as scans:
        client.execute("GO = 1; resume")
        followed = next(scans)
        points = list(followed)

    assert followed.record.joined
    assert points[-1].index == 100
    assert points[0].index == len(scan.record.points)


def test_work_of_which_spec_does_not_say_what_it_is_is_told_in_the_log(
    stepped: Any, connect: Any, clock: ManualClock, caplog: Any
) -> None:
    client, port = stepped
    client.execute('HEADING = ""')
    working = client.scan("sleep(1)")
    client.wait_for("status/ready", False, PATIENCE)

    with connect("127.0.0.1", port).follow_scans():
        assert "SPEC is at work and does not say at what: HEADING is ''" in caplog.text

    working.abort()
