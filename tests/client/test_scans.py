"""Scans, live and as a whole: the same on both faces."""

from typing import Any

import numpy as np
import pytest

from pycertifspec import RemoteError, StoppedError

MACRO = r"""
global number, wanted
number = 3; wanted = 3
def show_scan '{
    local i
    printf("Total 3 points, 0.3 seconds\n\n")
    printf("Scan %3d   Mon Mar 03 09:15:42 2025   file = si.dat  fourc  user = ann\n", ++number)
    printf("ascan  tth 21.5 21.7  2 1\n\n")
    printf("  # Two Theta    Detector     Monitor    Seconds\n")
    for (i = 0; i < 3; i++) {
        while (i >= wanted) sleep(1)
        printf("%3d %9.4f %11d %11d %10.6g\n", i, 21.5 + i / 10, 49 * i, 50000, 1)
    }
    printf("\nReturning tth to 7.78\n")
}'
"""


@pytest.fixture
def scanning(client: Any) -> Any:
    client.execute(MACRO)
    return client


def test_points_come_as_they_are_taken_and_then_the_whole(scanning: Any) -> None:
    scan = scanning.scan("show_scan")

    points = list(scan)
    record = scan.wait()

    assert [point.index for point in points] == [0, 1, 2]
    assert points[1].values == {"Two Theta": 21.6, "Detector": 49.0, "Monitor": 50000.0, "Seconds": 1.0}
    assert (record.number, record.file, record.user, record.expected) == (4, "si.dat", "ann", 3)
    assert (record.motors, record.counters) == (("tth",), ("Detector", "Monitor", "Seconds"))
    assert record.command == "ascan  tth 21.5 21.7  2 1"
    assert record.returned == {"tth": 7.78}
    assert record.end >= record.start
    assert record.arrays()["Detector"].dtype == np.float64
    assert record.arrays()["Detector"].tolist() == [0.0, 49.0, 98.0]


def test_a_heading_is_there_before_the_first_point(scanning: Any) -> None:
    scanning.execute("wanted = 0")
    scan = scanning.scan("show_scan")

    record = scan.heading()

    assert (record.number, record.command, record.points) == (4, "ascan  tth 21.5 21.7  2 1", [])
    assert scan.heading() is record
    scan.abort()


def test_who_waits_for_the_heading_of_what_is_no_scan_goes_on_when_that_is_over(scanning: Any) -> None:
    scan = scanning.scan("p 1")

    assert scan.heading().command == ""
    with pytest.raises(RemoteError, match="printed no scan"):
        scan.wait()


def test_who_does_not_want_to_wait_for_a_heading_any_longer_goes_on_without(scanning: Any) -> None:
    with scanning.scan("sleep(1000)") as scan:
        assert scan.heading(timeout=0).command == ""


def test_a_scan_is_a_table_of_pandas_and_of_xarray(scanning: Any) -> None:
    record = scanning.scan("show_scan").wait()

    frame = record.to_pandas()
    assert frame["Detector"].tolist() == [0.0, 49.0, 98.0]
    assert frame.attrs["number"] == 4
    data = record.to_xarray()
    assert data["Monitor"].dims == ("point",)
    assert data.coords["Two Theta"].values.tolist() == [21.5, 21.6, 21.7]


def test_what_prints_no_scan_is_told_with_what_it_printed(client: Any) -> None:
    with pytest.raises(RemoteError, match=r"printed no scan.*hello"):
        client.scan('print "hello"').wait()


def test_a_command_that_fails_is_the_scans_error(client: Any) -> None:
    with pytest.raises(RemoteError, match="nosuch"):
        client.scan("nosuch").wait()


def test_a_scan_that_somebody_else_starts_is_followed(scanning: Any, connect: Any, stand: Any) -> None:
    other = connect("127.0.0.1", stand.port)

    with other.follow_scans() as scans:
        scanning.execute("show_scan; show_scan")
        one = next(scans)
        assert [point.index for point in one] == [0, 1, 2]
        assert one.done
        assert one.record.file == "si.dat"


def test_a_scan_is_aborted(spec: Any) -> None:
    scan = spec.scan("sleep(1000)")
    spec.wait_for("status/ready", False, 10)

    scan.abort()

    with pytest.raises(StoppedError, match="sleep"):
        scan.wait()
    spec.wait_until_ready(10)


def test_a_scan_is_paused_and_resumed(scanning: Any) -> None:
    scanning.execute(r"""wanted = 1; def resume '{ printf("  1   21.6000          49       50000          1\n") }'""")
    scan = scanning.scan("show_scan")
    points = iter(scan)
    assert next(points).index == 0

    scan.pause()
    assert scan.paused
    assert not scan.done
    scan.resume()

    assert [point.index for point in points] == [1]
    assert len(scan.wait().points) == 2
    with pytest.raises(RemoteError, match="not paused"):
        scan.resume()
