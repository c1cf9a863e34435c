"""Scans on the screen, as SPEC_LANGUAGE.md 8.3 and 8.5 show them, in any slicing."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycertifspec.session.scan_text import Begun, Over, ScanText, Taken

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
    assert [type(event) for event in events] == [Begun, Taken, Taken, Over]
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

    assert [type(event) for event in events] == [Begun, Taken, Over, Begun, Taken]


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
