"""SPEC_LANGUAGE.md 1.4: prompts, statements over several lines, history."""

from __future__ import annotations

from typing import Any

import pytest

from pycertifspec.simulator.language import Console, SpecLanguageError


@pytest.fixture
def console(spec: Any) -> Any:
    return Console(spec.interpreter)


@pytest.mark.parametrize(
    ("lines", "prompts", "shown"),
    [
        (["p 1"], ["2.FOURC> "], "1\n"),
        (["{", "p 1", "}"], ["2.more> ", "3.more> ", "4.FOURC> "], "1\n"),
        (["if (1)", "p 1", ""], ["2.more> ", "3.more> ", "4.FOURC> "], "1\n"),
        (["if (0) p 1", "else p 2"], ["2.more> ", "3.FOURC> "], "2\n"),
        (["if (1) p 1", "p 2"], ["2.more> ", "3.FOURC> "], "1\n2\n"),
        (["if (1) {", "p 1", "}", ""], ["2.more> ", "3.more> ", "4.more> ", "5.FOURC> "], "1\n"),
        (["for (i=0; i<2; i++)", "p i"], ["2.more> ", "3.FOURC> "], "0\n1\n"),
        (['p "a', 'b"'], ["2.quot> ", "3.FOURC> "], "a\nb\n"),
        (["p 1 + \\", "2"], ["2.cont> ", "3.FOURC> "], "3\n"),
        (["p 1; if (1) {", "p 2 }", ""], ["2.more> ", "3.more> ", "4.FOURC> "], "1\n2\n"),
        (["def m 'p 1", "p 2'", "m"], ["2.quot> ", "3.FOURC> ", "4.FOURC> "], "1\n2\n"),
        (["def w 'p 1; if (1)'", "w", "p 2", ""], ["2.FOURC> ", "3.more> ", "4.more> ", "5.FOURC> "], "1\n2\n"),
        (
            ["p 1", "!!", "!p", "!1", "!-1"],
            ["2.FOURC> ", "3.FOURC> ", "4.FOURC> ", "5.FOURC> ", "6.FOURC> "],
            "1\n" * 5,
        ),
        (["", "p 1"], ["2.FOURC> ", "3.FOURC> "], "1\n"),
    ],
)
def test_a_person_types_line_by_line(spec: Any, console: Any, lines: Any, prompts: Any, shown: Any) -> None:
    seen = []
    assert console.prompt == "1.FOURC> "

    for line in lines:
        console.feed(line)
        seen.append(console.prompt)

    assert seen == prompts
    assert spec.host.take_screen() == shown


def test_an_error_throws_away_what_was_typed(spec: Any, console: Any) -> None:
    with pytest.raises(SpecLanguageError):
        console.feed("{ p 1; ) ")

    assert console.is_complete
    assert console.feed("p 2")
    assert spec.host.screen.endswith("2\n")


def test_history_is_numbered_as_the_prompt_is(spec: Any, console: Any) -> None:
    console.feed("p 1")
    console.feed("p 2")
    spec.host.take_screen()

    console.feed("history 2; p HISTCMD, get_history(1)")

    assert spec.host.screen == "    2  p 2\n    3  history 2; p HISTCMD, get_history(1)\n4 p 1\n"


def test_prompt_mac_runs_before_the_prompt_and_goes_when_it_fails(spec: Any, console: Any) -> None:
    console.feed("def prompt_mac 'p 5'; def cleanup_once 'p 6'")
    console.before_prompt()
    assert spec.host.take_screen() == "5\n"
    assert "cleanup_once" not in spec.interpreter.macros

    console.feed("def prompt_mac '1/0'")
    console.before_prompt()
    assert "prompt_mac" not in spec.interpreter.macros


def test_locals_of_a_line_end_with_it(spec: Any, console: Any) -> None:
    console.feed("local x; x = 3; p x")
    console.feed('p unset("x")')

    assert spec.host.screen == "3\n1\n"


def test_log_files_get_the_prompt_and_the_line(spec: Any, console: Any) -> None:  # 6.5
    console.feed('open("s.log")')
    console.feed("p 1")

    assert spec.host.files["s.log"] == "2.FOURC> p 1\n1\n"
