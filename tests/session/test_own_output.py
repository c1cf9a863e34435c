"""A command's own output, whole and piece by piece, without prompts and other people's."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycertifspec.session.own_output import OwnOutput, own_output

SHOWN = [
    ("one\ntwo\n\n12.FOURC> ", "one\ntwo\n"),
    ("12.5 is no prompt\n", "12.5 is no prompt\n"),
    ("1.5", "1.5"),
    ("no newline", "no newline"),
    ("12.FOURC> ", ""),
    ("", ""),
    ("  3 x\n\n\n4\n", "  3 x\n\n\n4\n"),
]


def pieces(text: str, cuts: list[int], *, others: bool = False) -> str:
    own = OwnOutput(others=others)
    edges = [0, *sorted(cut % (len(text) + 1) for cut in cuts), len(text)]
    return "".join(own.feed(text[a:b]) for a, b in pairwise(edges)) + own.finish()


@pytest.mark.parametrize(("text", "own"), SHOWN)
def test_prompts_are_left_out(text: str, own: str) -> None:
    assert own_output(text) == own
    assert pieces(text, []) == own


@given(st.sampled_from(SHOWN), st.lists(st.integers(0, 1000), max_size=6))
def test_however_it_is_cut_the_pieces_are_the_whole(shown: tuple[str, str], cuts: list[int]) -> None:
    text, own = shown
    assert pieces(text, cuts) == own


@given(st.lists(st.integers(0, 1000), max_size=6))
def test_what_stands_before_the_next_prompt_is_others_where_spec_was_busy(cuts: list[int]) -> None:
    assert pieces("theirs\n\n12.FOURC> ours\n13.FOURC> ", cuts, others=True) == "ours\n"
    assert pieces("theirs\n", cuts, others=True) == ""


def test_what_cannot_be_a_prompt_any_more_is_shown_at_once() -> None:
    own = OwnOutput()
    assert own.feed("12") == ""
    assert own.feed(" points") == "12 points"
    assert own.feed("\n") == "\n"
    assert own.feed("3.FOU") == ""
    assert own.finish() == "3.FOU"


def test_a_prompt_may_end_with_a_newline_of_its_own() -> None:
    own = OwnOutput()
    assert own.feed("one\n") + own.feed("12.FOURC> \n") + own.feed("two\n") == "one\ntwo\n"
    assert own.finish() == ""
