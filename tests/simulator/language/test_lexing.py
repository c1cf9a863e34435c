"""SPEC_LANGUAGE.md 1: characters, tokens, comments, lines."""

from __future__ import annotations

from typing import Any

import pytest

from pycertifspec.simulator.language import IncompleteInputError, SpecLanguageError, SpecSyntaxError


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("p 12, 1.5, .5, 1., 1e-3, 1.2E+3", "12 1.5 0.5 1 0.001 1200"),  # 1.2 decimal
        ("p 0100, 010, 09, 0.5", "64 8 9 0.5"),  # 1.2 octal
        ("p 0x100, 0Xff", "256 255"),  # 1.2 hexadecimal
        ("p \"a'b\", 'c\"d'", "a'b c\"d"),  # 1.2 both quotes
        (r"p 'a\tb', " + r'"a\tb"', "a\tb a\tb"),  # both process escapes
        (r'p "\101\60\x\\\"\'"', "A0x\\\"'"),  # octal, unknown, quotes
        (r'p "\[md]x\[me]"', r"\[md]x\[me]"),  # terminal codes stay
        ('p "two\nlines"', "two\nlines"),  # a newline in a string is kept
        ('p "one\\\nline"', "oneline"),  # backslash-newline in a string goes
        ("p 1 +\\\n 2", "3"),  # continuation is white space
        ("p 1 # a comment", "1"),
        ("p '#1' # a comment", "#1"),
        ("x = 1 ;# text\np x", "1"),
        ('"""\nA docstring; p 5\n"""\np 1', "1"),
        ("p 1;;; ;", "1"),
        ("\n\n p 1\n\n", "1"),
        ("p Ab_1, ab_1", "0 0"),  # case matters
    ],
)
def test_text_is_read_as_section_1_2_says(spec: Any, text: Any, shown: Any) -> None:
    assert spec(text) == shown + "\n"


def test_statements_of_one_line_are_run_one_after_the_other(spec: Any) -> None:  # 1.1
    with pytest.raises(SpecSyntaxError):
        spec("p 1; p 2; )")

    assert spec.host.screen.startswith("1\n2\n")


def test_a_block_is_read_before_any_of_it_runs(spec: Any) -> None:  # 1.1
    spec("def m 'p 1'")

    assert spec("{ rdef m 'p 2'; m }", "m") == "1\n2\n"


def test_a_def_in_a_block_is_seen_at_once(spec: Any) -> None:  # 1.1
    spec("def m 'p 1'")

    assert spec("{ def m 'p 2'; m }") == "2\n"


def test_a_def_in_a_branch_that_is_not_taken_counts(spec: Any) -> None:  # 1.1
    assert spec("if (0) { def t 'p 7' }\nt") == "7\n"


def test_a_reserved_word_is_no_variable(spec: Any) -> None:  # 1.3
    with pytest.raises(SpecSyntaxError):
        spec("while = 3")


@pytest.mark.parametrize(
    ("text", "kind"), [("{ p 1", "more"), ("if (1)", "more"), ('p "a', "quot"), ("p 1 \\\n", "cont")]
)
def test_text_that_ends_too_soon_says_what_is_open(spec: Any, text: Any, kind: Any) -> None:  # 1.4
    with pytest.raises(IncompleteInputError) as caught:
        spec(text)

    assert caught.value.kind == kind


def test_an_expression_statement_prints_nothing_and_has_a_value(spec: Any) -> None:  # 1.4
    assert spec.value("2+2") == 4.0
    assert spec.host.screen == ""


def test_a_syntax_error_names_token_file_and_line(spec: Any) -> None:  # 9
    with pytest.raises(SpecSyntaxError) as caught:
        spec("p 1\np 2\n  p (3\np 4\n}\n", source="foo.mac")

    assert (caught.value.source, caught.value.line) == ("foo.mac", 4)
    assert 'in "foo.mac" at line 4' in caught.value.message


def test_an_error_in_a_macro_names_the_line_of_its_definition(spec: Any) -> None:  # 9
    spec("def bad '\n p 1\n undefined_thing\n'\n", source="foo.mac")

    with pytest.raises(SpecLanguageError, match="undefined_thing") as caught:
        spec("bad")

    assert (caught.value.source, caught.value.line, caught.value.macro) == ("foo.mac", 3, "bad")
