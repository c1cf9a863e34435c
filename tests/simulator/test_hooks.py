"""The hooks that sites hang their own macros into (SPEC_LANGUAGE.md 2.8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.support.typed import Typed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Every name in the table of 2.8 that is a chained macro.
CHAINED = [
    "user_premove",
    "user_postmove",
    "user_checkall",
    "user_waitmove",
    "user_waitcount",
    "user_waitall",
    "user_getangles",
    "user_getcounts",
    "user_precount",
    "user_postcount",
    "user_pollcounts",
    "user_pollmove",
    "user_ct",
    "user_handlecounts",
    "user_prescan_head",
    "user_postscan_head",
    "user_Fheader",
    "user_Pheader",
    "user_scan_loop",
    "user_scan_plot",
    "user_scan_tail",
    "spec_scan_tail",
    "Ftail",
    "user_scan_abort",
    "measure0",
    "measure2",
    "user_save_HKL",
    "user_onsim",
    "user_offsim",
    "user_chk_counts",
    "user_chk_acq",
    "user_savegeo",
    "user_mot_save",
]
# Hooks, what is typed, and how often they are called.
CALLED = [
    ("user_waitmove", "waitmove", 1),
    ("user_waitcount", "waitcount", 1),
    ("user_waitall", "waitall", 1),
    ("user_getangles", "getangles", 1),
    ("user_getangles", "get_angles", 1),
    ("user_checkall", "move_em", 1),
    ("user_premove", "move_em", 1),
    ("user_postmove", "move_em", 1),
    ("user_precount", "count_em 1", 1),
    ("user_postcount", "count 1", 1),
    ("user_getcounts", "get_counts", 1),
    ("user_getcounts", "ct 1", 1),
    ("user_ct", "ct 1", 1),
    ("user_handlecounts", "ct 1", 1),
    ("user_ct", "uct 0", 1),
    ("user_pollcounts", "uct 0.9", 5),
    ("user_pollmove", "umv tth 60", 0),
    ("user_onsim", "onsim", 1),
    ("user_offsim", "offsim", 1),
    ("user_prescan_head", "ascan samx 0 1 1 0.1", 1),
    ("user_postscan_head", "ascan samx 0 1 1 0.1", 1),
    ("user_scan_loop", "ascan samx 0 1 1 0.1", 2),
    ("user_scan_plot", "ascan samx 0 1 1 0.1", 2),
    ("user_scan_tail", "ascan samx 0 1 1 0.1", 1),
    ("measure0", "ascan samx 0 1 1 0.1", 2),
    ("measure2", "ascan samx 0 1 1 0.1", 2),
    ("user_Fheader", 'DATAFILE = "x"; ascan samx 0 1 1 0.1', 1),
]


@pytest.fixture
def spec(tmp_path: Path) -> Iterator[Typed]:
    typed = Typed(tmp_path, [])
    yield typed
    typed.beamline.close()


@pytest.mark.parametrize("hook", CHAINED)
def test_a_hook_is_a_chained_macro_that_does_nothing(spec: Typed, hook: str) -> None:
    macro = spec.beamline.interpreter.macros.get(hook)
    assert macro is not None
    assert macro.pieces is not None
    assert spec(hook) == ""


@pytest.mark.parametrize(("hook", "typed", "times"), CALLED)
def test_a_hook_is_called_where_it_belongs(spec: Typed, hook: str, typed: str, times: int) -> None:
    spec(f'called = 0; cdef("{hook}", "called++;", "ours")')
    spec(typed)
    assert spec.beamline.interpreter.get("called") == times


def test_what_moves_is_polled_until_it_stands(spec: Typed) -> None:
    spec('called = 0; cdef("user_pollmove", "called++;"); umv tth 65')
    assert float(str(spec.beamline.interpreter.get("called"))) > 5


def test_pseudo_counters_are_written_where_the_counters_are_read(spec: Typed) -> None:
    spec('cdef("user_getcounts", "S[det] = 42;", "pseudo"); ct 1')
    assert "    Detector = 42 (42/s)" in "".join(spec.shown)


def test_a_hook_is_taken_away_by_its_key(spec: Typed) -> None:
    spec('called = 0; cdef("user_precount", "called++;", "ours"); count 0.1')
    spec('cdef("", "", "ours", "delete"); count 0.1')
    assert spec.beamline.interpreter.get("called") == 1
