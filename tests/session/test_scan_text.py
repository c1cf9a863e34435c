"""Scans on the screen, as SPEC_LANGUAGE.md 8.3 and 8.5 show them, in any slicing."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycertifspec.session.scan_record import ScanRecord
from pycertifspec.session.scan_text import Met, PointTaken, ScanBegun, ScanOver, ScanResumed, ScanText, describe

LOG = """
1314.EH1> dscan hbsmz -0.5 0.5 80 0.1
Total 81 points, 8.1 seconds

Scan   6   Sat Apr 24 12:40:02 2021   file = align_sample.spec  eh1  user = eh1user
ascan  hbsmz 7.28 8.28  80 0.1

  # Hb Samp Z       I2
  0    7.2800      294
 80    8.2800      299

Returning hbsmz to 7.78

1315.EH1> """

HKL = """
2.FOURC> ascan th 21.5082 21.7082 4 1
Total 5 points, 5 seconds

Scan   1   Mon Mar 03 09:15:42 2025   **NO DATA FILE**  fourc  user = ann
ascan  th 21.5082 21.7082  4 1

  #     Theta         H         K         L    Detector     Monitor    Seconds
  0   21.5082         0 0.0069778         4          49       50023          1
  1   21.5582         0 0.0034872         4        2455       49980          1
  2   21.6082         0 -3.4907e-06         4        9812       50011          1
"""


def read(text: str, cuts: Any = ()) -> list[Any]:
    reader = ScanText()
    edges = [0, *sorted(cut % (len(text) + 1) for cut in cuts), len(text)]
    return [event for a, b in pairwise(edges) for event in reader.feed(text[a:b], 5.0)]


def test_a_scan_of_the_log_is_read() -> None:
    events = read(LOG)

    record = events[0].record
    assert [type(event) for event in events] == [ScanBegun, PointTaken, PointTaken, ScanOver]
    assert (record.number, record.date) == (6, "Sat Apr 24 12:40:02 2021")
    assert (record.file, record.title, record.user) == ("align_sample.spec", "eh1", "eh1user")
    assert (record.command, record.motors) == ("ascan  hbsmz 7.28 8.28  80 0.1", ("hbsmz",))
    assert record.columns == ("Hb Samp Z", "I2")
    assert (record.expected, record.end) == (81, 5.0)
    assert record.returned == {"hbsmz": 7.78}
    assert record.points[1].index == 80
    assert record.points[1].values == {"Hb Samp Z": 8.28, "I2": 299.0}


def test_a_scan_without_a_file_with_reciprocal_space_is_read() -> None:
    record = read(HKL)[0].record

    assert record.file is None
    assert record.columns == ("Theta", "H", "K", "L", "Detector", "Monitor", "Seconds")
    assert record.counters == ("Detector", "Monitor", "Seconds")
    assert record.points[2].values["K"] == -3.4907e-06


@given(st.lists(st.integers(0, 2000), max_size=30))
def test_any_slicing_of_the_text_gives_the_same_scan(cuts: Any) -> None:
    whole, cut = read(LOG), read(LOG, cuts)

    assert [type(event) for event in cut] == [type(event) for event in whole]
    assert cut[0].record.facts() == whole[0].record.facts()
    assert cut[0].record.points == whole[0].record.points


@given(st.text(max_size=300))
def test_no_text_is_too_strange(text: str) -> None:
    read(LOG[:200] + text)
    read(text)


def test_columns_that_stand_close_are_told_apart_by_their_numbers() -> None:
    text = (
        "Scan   1   Mon Mar 03 09:15:42 2025   file = a  fourc  user = ann\nascan  th 0 1  1 1\n\n"
        "  #     Theta Detector Monitor2    Seconds\n  0    1.0000       49    50023          1\n"
    )

    assert read(text)[0].record.columns == ("Theta", "Detector", "Monitor2", "Seconds")


def test_a_scan_that_goes_on_is_the_same_scan_and_the_next_one_ends_it() -> None:
    header = "Scan %3d   Mon Mar 03 09:15:42 2025   file = a  fourc  user = ann\nascan  th 0 1  1 1\n\n"
    table = "  #     Theta    Seconds\n  0    1.0000          1\n"

    events = read(header % 1 + table + header % 1 + header % 2 + table)

    assert [type(event) for event in events] == [ScanBegun, PointTaken, ScanOver, ScanBegun, PointTaken]


def test_the_end_of_the_command_ends_the_scan_where_no_prompt_does() -> None:
    reader = ScanText(prompts=False)
    reader.feed(LOG + "\n", 1.0)

    assert reader.record is not None
    (over,) = reader.finish(9.0)
    assert over.record.end == 9.0
    assert reader.finish(9.0) == []


@pytest.mark.parametrize("line", ["  0    nan        1", "  0    1.0.0      1"])
def test_numbers_that_are_none_do_no_harm(line: str) -> None:
    text = (
        "Scan   1   Mon Mar 03 09:15:42 2025   file = a  fourc  user = ann\nascan  th 0 1  1 1\n\n"
        f"  #     Theta    Seconds\n{line}\n  1    2.0000          1\n"
    )

    assert read(text)[0].record.points[-1].values["Seconds"] == 1.0


HEAD = "Total 3 points, 3 seconds\n\nScan   7   Mon Mar 03 09:15:42 2025   file = a  fourc  user = ann\n"


def scan(heading: str = "ascan  th 0 1  2 1", points: str = "", head: str = HEAD) -> str:
    return f"{head}{heading}\n\n  #     Theta  Detector    Seconds\n{points}"


def point(index: int, count: int = 5) -> str:
    return f"{index:3d} {index / 10:9.4f} {count:9d}          1\n"


def kinds(events: Any) -> list[str]:
    return [type(event).__name__ for event in events]


def test_a_line_with_another_number_of_columns_is_no_point() -> None:
    events = read(scan(points="  12 3.5\n" + point(0) + "  1 2 3\n  2 0.5 3 4 5 6 7\n" + point(1)))

    assert [event.point.index for event in events if isinstance(event, PointTaken)] == [0, 1]


def test_no_points_in_all_means_that_nobody_knows_how_many() -> None:
    record = read(scan("mystery", head=HEAD.replace("Total 3", "Total 0")))[0].record

    assert record.expected is None


def test_what_is_expected_is_known_from_the_heading_where_no_total_is_shown() -> None:
    record = read(scan("ascan  th 0 1  2 -1000", head=HEAD.partition("\n\n")[2]))[0].record

    assert (record.expected, record.shape) == (3, (3,))


def test_what_is_scanned_is_not_what_is_counted() -> None:
    text = scan("timescan 1 0", point(0)).replace("    Theta", "     Time")
    record = read(text)[0].record
    assert (record.motors, record.scanned, record.counters) == ((), ("Time",), ("Detector", "Seconds"))

    text = "Scan   1   Mon Mar 03 09:15:42 2025   file = a  fourc  user = ann\nhklmesh  H 0 1 1  L 0 1 1  1\n\n"
    text += "  #         H         K         L  Detector\n  0         0         0         1        17\n"
    record = read(text)[0].record
    assert (record.motors, record.scanned, record.counters) == ((), ("H", "K", "L"), ("Detector",))
    assert (record.shape, record.expected) == ((2, 2), 4)


def test_a_scan_that_is_short_of_points_at_the_prompt_was_aborted() -> None:
    events = read(scan(points=point(0) + point(1)) + "\n8.FOURC> ")

    assert kinds(events) == ["ScanBegun", "PointTaken", "PointTaken", "ScanOver"]
    assert events[-1].record.aborted


def test_a_scan_without_an_end_that_says_that_it_was_aborted_was() -> None:
    events = read(scan("timescan 1 0", point(0)) + "Mon Mar 03.  Scan aborted after 1 points.\n\n8.FOURC> ")

    assert events[-1].record.aborted


def test_a_scan_that_is_resumed_goes_on_with_its_record() -> None:
    aborted = scan(points=point(0)) + "Mon Mar 03.  Scan aborted after 1 points.\n\n8.FOURC> "
    events = read(aborted + "resume\nMon Mar 03.  Scan continued.\n" + point(1) + point(2) + "\n9.FOURC> ")

    record = events[0].record
    assert kinds(events) == [
        "ScanBegun", "PointTaken", "ScanOver", "ScanResumed", "PointTaken", "PointTaken", "ScanOver",
    ]  # fmt: skip
    assert events[3] == (record, 1)
    assert [event.record is record for event in events] == [True] * 7
    assert ([known.index for known in record.points], record.aborted, record.end) == ([0, 1, 2], False, 5.0)


def test_a_scan_whose_head_is_shown_again_when_it_is_resumed_is_the_same() -> None:
    aborted = scan(points=point(0)) + "Mon Mar 03.  Scan aborted after 1 points.\n\n8.FOURC> "

    events = read(aborted + "resume\n" + scan(points=point(1) + point(2)))

    assert kinds(events)[3:] == ["ScanResumed", "PointTaken", "PointTaken"]
    # ... and one of the same number that is another one is not: somebody has begun a new file.
    events = read(aborted + scan(points=point(0), head=HEAD.replace("09:15", "09:17")))
    assert kinds(events)[3:] == ["ScanBegun", "PointTaken"]


def met(heading: str = "ascan  th 0 1  20 1", number: int = 7, *, under_way: bool = True) -> Any:
    record = ScanRecord()
    describe(record, heading)
    return Met(record, number, under_way)


def joined(known: Any, *pieces: str) -> tuple[ScanText, list[str]]:
    reader = ScanText()
    reader.join(known)
    return reader, kinds([event for piece in pieces for event in reader.feed(piece, 5.0)])


def test_a_scan_that_is_met_under_way_is_followed_from_its_next_point() -> None:
    reader, events = joined(met(), "half a line 3\n" + point(2) + "  7 1\n" + point(7) + point(8))

    assert events == ["ScanBegun", "PointTaken", "PointTaken"]
    assert reader.record is not None
    assert reader.record.columns == ("th", "column_2", "column_3")
    assert [known.index for known in reader.record.points] == [7, 8]


def test_a_scan_that_is_met_at_its_prompt_is_followed_when_it_is_resumed() -> None:
    known = met(under_way=False)

    assert joined(known, point(7))[1] == []
    assert joined(known, "Mon Mar 03.  Scan continued.\n" + point(7))[1] == ["ScanBegun", "PointTaken"]


@pytest.mark.parametrize("line", [point(21), "  7 1\n", "\n8.FOURC> \n" + point(7)])
def test_what_cannot_be_a_point_of_the_scan_that_was_met_is_none(line: str) -> None:
    assert joined(met(), line)[1] == []


def test_a_head_that_is_seen_counts_more_than_what_was_met() -> None:
    assert joined(met(), scan(points=point(0)) + point(7))[1] == ["ScanBegun", "PointTaken", "PointTaken"]

    reader = ScanText()
    reader.feed(scan(points=point(0)), 5.0)
    reader.join(met())
    assert reader.record is not None
    assert reader.record.number == 7


# ---- the connection lost ----


def lost(reader: ScanText, points: str = point(0)) -> ScanRecord:
    """Let the connection be lost after some points of a scan."""
    record = reader.feed(scan(points=points), 5.0)[0].record
    reader.lose()
    return record


def test_a_lost_scan_is_told_to_be_over_and_nobody_knows_how_it_ended() -> None:
    reader = ScanText()
    reader.feed(scan(points=point(0)), 5.0)

    (over,) = reader.lose()

    assert isinstance(over, ScanOver)
    assert (over.record.lost, over.record.aborted, over.record.end) == (True, False, None)
    assert repr(over.record).endswith(", lost>")
    assert reader.lose() == []


@pytest.mark.parametrize("before", ["", point(0)], ids=["before its first point", "after a point"])
def test_a_lost_scan_that_shows_a_point_goes_on_with_its_record(before: str) -> None:
    reader = ScanText()
    record = lost(reader, before)

    resumed, taken = reader.feed(point(1), 6.0)

    assert isinstance(taken, PointTaken)
    assert isinstance(resumed, ScanResumed)
    assert (resumed.record, resumed.points) == (record, int(bool(before)))
    assert taken.point.index == 1
    assert "Theta" in record.columns
    assert not record.lost


@pytest.mark.parametrize("after", [point(0), "  2 1.0 2\n"], ids=["an old point", "other columns"])
def test_what_cannot_be_a_point_of_a_lost_scan_does_not_let_it_go_on(after: str) -> None:
    reader = ScanText()
    lost(reader)

    assert reader.feed(after, 6.0) == []


@pytest.mark.parametrize("after", ["\n8.FOURC> ", scan().replace("Scan   7", "Scan   8")], ids=["prompt", "scan"])
def test_a_lost_scan_is_over_when_spec_does_something_else(after: str) -> None:
    reader = ScanText()
    record = lost(reader)

    reader.feed(after, 7.0)

    assert (record.lost, record.aborted, record.end) == (True, True, 7.0)


def test_a_lost_scan_that_is_resumed_goes_on_with_its_record() -> None:
    reader = ScanText()
    record = lost(reader)

    events = reader.feed("8.FOURC> resume\nMon Mar 03.  Scan continued.\n" + point(1), 7.0)

    assert kinds(events) == ["ScanResumed", "PointTaken"]
    assert events[0].record is record
    assert not record.lost
