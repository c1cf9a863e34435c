"""Mistakes in macro files: which are found, and that nothing else is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import pycertifspec
from pycertifspec.simulator.linting import Finding, lint

if TYPE_CHECKING:
    from collections.abc import Callable

    Look = Callable[..., list[tuple[int, int, str]]]

ROOT = Path(__file__).parents[3]
STANDARD = Path(pycertifspec.__file__).parent / "simulator" / "macros"


@pytest.fixture
def look(tmp_path: Path) -> Callable[..., list[tuple[int, int, str]]]:
    """Look for mistakes in a text; return lines, columns and codes."""

    def look(text: str, **how: object) -> list[tuple[int, int, str]]:
        path = tmp_path / "a.mac"
        path.write_text(text)
        return [(found.line, found.column, found.code) for found in lint([path], **how)]  # type: ignore[arg-type]

    return look


@pytest.mark.parametrize("path", [*(ROOT / "examples" / "macros").glob("*.mac"), *STANDARD.glob("*.mac")], ids=str)
def test_there_is_no_false_alarm_on_the_examples_and_the_standard_macros(path: Path) -> None:
    assert lint([path]) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("x = 1 +* 2\ny = 3\nz = )\n", [(1, 8, "syntax"), (3, 5, "syntax")]),
        ("def f() '{\n  p 1\n  if (x == 1 {\n  }\n}'\n", [(3, 14, "syntax")]),
        ("def m '{\n  p 1 +* 2\n}'\n", [(2, 8, "syntax")]),
        ("def m '{\n  $1 = 1 +* 2\n}'\n", [(2, 0, "syntax")]),
        ("def m '{ if (1) { p 2 }'\n", [(2, 1, "syntax")]),
        ('p "no end\n', [(1, 3, "syntax")]),
        ("if (1) {\n", [(2, 1, "syntax")]),
    ],
)
def test_syntax_errors_are_found_with_line_and_column(look: Look, text: str, found: object) -> None:
    assert look(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "def when 'if (MOTORS)'\nwhen p 1\n",
        "def open_brace '{'\n",
        "def plus '+ 1'\np 1 plus\n",
        "def otherwise 'else p 2'\n",
        "def com2 'comment'\ncom2 what I saw\n",
        "def setq '{ $1 = $2; A[$1] = $2; p \"$1\", $3$4 }'\n",
        "def between '{ if ($1 $2 $3) p 1 }'\n",
        "def fit '{ p $1.5 }'\n",
    ],
)
def test_text_macros_may_be_pieces_of_statements_and_take_anything(look: Look, text: str) -> None:
    assert look(text) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("p 1 + nowhere\n", [(1, 7, "undefined-name")]),
        ("umw th 1 2\n", [(1, 1, "undefined-name")]),
        ("def f(a) '{\n  local b\n  b = a + other\n  return b\n}'\n", [(3, 11, "undefined-name")]),
        ("def m '{\n  p other\n}'\nm\nm\n", [(2, 5, "undefined-name")]),
        ("def m 'p other'\nm\nm\n", [(1, 0, "undefined-name")]),
        ("rdef m '{\n  p other\n}'\n", [(2, 5, "undefined-name")]),
        ("rdef f(a) '{ return a }'\np f(1)\n", []),
        (
            'cdef("user_precount", "p other\\n", "key")\ncdef("mine")\ncdef(NAME)\n',
            [(1, 0, "undefined-name"), (3, 6, "undefined-name")],
        ),
        ("p nosuch(1)\n", [(1, 3, "undefined-function")]),
        ("p data_fit(1), PI, A[th], S[det]\nreconfig\n", []),
        ("late 1 2\np later(3) + LATEST\ndef late 'p'\ndef later(x) '{ return x }'\nglobal LATEST\n", []),
        ('local w[] k\nsplit("a b", w)\nfor (k in w) p k\nlong array d[5]\nn++\np n, d[0]\n', []),
        ("global @name\nlocal array @other[3]\n", [(1, 9, "undefined-name"), (2, 14, "undefined-name")]),
    ],
)
def test_names_that_nobody_makes_are_found(look: Look, text: str, found: object) -> None:
    assert look(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("p sqrt(1, 2), sqrt(), sqrt(2)\n", [(1, 3, "argument-count"), (1, 15, "argument-count")]),
        (
            "def f(a, b) '{ return a + b }'\np f(1), f(1, 2), f(1, 2, 3)\n",
            [(2, 3, "argument-count"), (2, 18, "argument-count")],
        ),
        ("def f(a) '{ return argc }'\np f(), f(1, 2)\n", []),
        ("def f(a) '{ return a }'\ndef f(a, b) '{ return a + b }'\np f(1), f(1, 2)\n", []),
        ("p motor_num(), _set(1)\n", [(1, 3, "argument-count"), (1, 16, "argument-count")]),
        ("set th\nset th 1\ndo\n", [(1, 1, "argument-count"), (3, 1, "argument-count")]),
        (
            "def m '{\n  local a b\n  if ($# != 1 && $# != 2) { exit }\n  p $1\n}'\nm\nm 1\nm 1 2\nm 1 2 3\n",
            [(6, 1, "argument-count"), (9, 1, "argument-count")],
        ),
        ("def m '{ if ($# != 1) { p 2 } }'\nm\n", []),
        ("def m '{ if ($# != 1) { exit'\n", [(2, 0, "syntax")]),
        ("def twice '{ set $*; set $1 $2 }'\ntwice th 1\n", []),
    ],
)
def test_wrong_argument_counts_are_found(look: Look, text: str, found: object) -> None:
    assert look(text) == found


def test_names_can_be_said_to_be_made_elsewhere(look: Look, tmp_path: Path) -> None:
    site = tmp_path / "site.mac"
    site.write_text("def hutch(x) '{ return x + nowhere }'\ndef wrong 'p )'\n")
    text = "p hutch(1), s2t, later(1)\n"

    assert len(look(text)) == 3
    assert look(text, known=["s2t", "later"], definitions=[site]) == []
    assert look("# lint: known hutch, s2t later\n" + text) == []


def test_files_are_read_in_their_order_and_found_in_it(tmp_path: Path) -> None:
    second, first = tmp_path / "a.mac", tmp_path / "b.mac"
    first.write_text("def hutch 'p'\nhutch nowhere\n")
    second.write_text("hutch there 1\nhutch(\n")

    found = lint([first, second])

    assert [(Path(one.file).name, one.line) for one in found] == [("b.mac", 2), ("a.mac", 1), ("a.mac", 3)]


def test_a_finding_says_where_it_is_as_compilers_do() -> None:
    assert str(Finding("a.mac", 3, 7, "syntax", "no")) == "a.mac:3:7: syntax: no"
    assert str(Finding("a.mac", 3, 0, "syntax", "no")) == "a.mac:3: syntax: no"
