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


@pytest.mark.parametrize(
    "wrong",
    """ascan th 0 1|a2scan th 0 1 tth 0 1 10|a5scan th 0 1 5 1|dscan th|lup th 1 2|d2scan th 0 1 tth|th2th 1 2|Escan 1
    mesh th 0 1 5|hscan 0 1 5|kscan 1|lscan 1|hklscan 1 2 3 4 5 6 7|hklmesh 1 2|hkcircle 1 2|klradial 1|loopscan 3
    timescan 1 2 3|mv th|mv th 1 tth|mvr|mvd th|umv|umvr th|umvd th|wm|set th|set_dial th|set_lm th|tw th|newfile a b c
    br 1 0|ubr 1|mk 1 0|mi 1|ca 1 1|cal 1|setlat 1 2|setrlat 1|or0|or1 1|setaz 1|setmode 1 2|setsector 1 2|set_E 1 2
    savmac|do|qdo""".replace("\n", "|").split("|"),
)
def test_a_standard_macro_counts_its_arguments_wherever_it_does_so(look: Look, wrong: str) -> None:
    assert look(f"p 1\n{wrong.strip()}\n") == [(2, 1, "argument-count")]
    assert look(f"def mine '{{\n\t{wrong.strip()}\n}}'\n") == [(2, 2, "argument-count")]


@pytest.mark.parametrize(
    "right",
    """ascan th 0 1 10 1|ascan th 0 1 tth 0 1 10 1|a2scan th 0 1 tth 0 1 10 1|dscan th -1 1 10 1|th2th -1 1 10 1
    Escan 8 9 10 1|mesh th 0 1 5 tth 0 1 5 1|hscan 0 1 5 1|hklscan 1 2 3 4 5 6 7 8|loopscan 3 1|timescan|mv th 1 tth 2
    wm th tth|wa|wh|set th 1|set_lm th 1 2|set_lm|tw th 1|newfile|newfile a|newfile a 5|br 1 0 0|ca 1 1 1|setlat
    setlat 1 2 3 90 90 90|or0 1 0 0|setmode|setmode 1|cuts|freeze|freeze 1|ct|ct 1|uct 1|startup|pa|plot""".replace(
        "\n", "|"
    ).split("|"),
)
def test_a_standard_macro_with_arguments_that_it_takes_is_no_mistake(look: Look, right: str) -> None:
    assert look(f"{right.strip()}\n") == []
    assert look(f"def mine '{{\n\t{right.strip()}\n}}'\n") == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('cdef("user_precount", \'\n\tumv th\n\tumv th 1\n\', "x")\n', [(2, 2)]),
        ('cdef("user_precount", "umv th; ", "x")\ncdef("user_precount", "umv th", "y")\n', [(1, 0)]),
        ("def m '{\n\tbr 1 0\n\tp $1\n\tumv $1 5; umv $*; umv $1\n}'\nm 1\n", [(2, 0)]),
        ("def m 'umv th'\nm 1\nm\n", [(3, 1)]),
    ],
)
def test_uses_in_hooks_and_in_macros_with_arguments_are_looked_at(look: Look, text: str, found: object) -> None:
    assert [(line, column) for line, column, code in look(text) if code == "argument-count"] == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        # What a macro needs of its number of arguments it may compute, and pass on.
        (
            "def _need '{ local n; n = ($# - 1) % 2; if (n || $# < $1) { exit } }'\ndef pairs '{ p 1; _need 3 $* }'\n"
            + "".join(f"pairs {words}\n" for words in ("", "1", "1 2", "1 2 3", "1 2 3 4")),
            [(3, 1), (4, 1), (6, 1)],
        ),
        (
            "def m '{ if ($# == 1) p 1; else if ($# == 2) p 2; else { p \"no\"; exit } }'\nm\nm 1\nm 1 2\nm 1 2 3\n",
            [(2, 1), (5, 1)],
        ),
        ("def m '{ if (MOTORS > 3) { if ($# == 0) exit } }'\nm\n", []),  # only if there are many motors
        ("def m '{ if (MOTORS == 0) { p 1; exit }; if ($# == 0) exit }'\nm\nm 1\n", [(2, 1)]),
        ('def m \'{ if ("$1" == "help") { p 1; exit }; if ($# != 3) exit }\'\nm help\nm 1 2 3\n', []),
        ("def m '{ local n; n = $#; while (n < 0) exit; if (n == 2) exit }'\nm\nm 1 2\n", [(3, 1)]),
        ("def m '{ local n; n = $#; split(\"a\", n); if (n == 2) exit }'\nm 1 2\n", []),
        ("def m '{ N = $#; f(); if (N == 2) exit }'\ndef f() '{ N = 3 }'\nm 1 2\n", []),
        ("def m '{ local n; n = $#; n++; if (n == 2) exit }'\nm 1\n", []),
        ("def stop_all '{ p 1; exit }'\nstop_all\n", []),  # whatever it is given
        ("def m '{ if (!$#) { p 1; return }; if ($# == 2) exit }'\nm\nm 1 2\n", [(3, 1)]),
        ("def m '{ if (int(\"$#\") ? $# > 2 : 1) exit }'\nm\nm 1\nm 1 2 3\n", [(2, 1), (4, 1)]),
        ("def m '{ if (1 / $#) exit }'\nm\n", []),
    ],
)
def test_a_macro_is_followed_as_far_as_the_number_of_arguments_decides(look: Look, text: str, found: object) -> None:
    assert [(line, column) for line, column, code in look(text) if code == "argument-count"] == found


def test_a_macro_that_uses_itself_is_told_where_it_is_used_and_reading_goes_on(look: Look) -> None:
    assert look("def m '{ m $*; if ($# == 2) exit }'\np 1\nm 1 2\np )\n") == [
        (1, 0, "syntax"),
        (3, 1, "syntax"),
        (4, 3, "syntax"),
    ]


def test_what_is_a_function_is_no_variable_and_a_bracket_after_one_is_a_call(look: Look) -> None:
    assert look("sqrt = 1\n") == [(1, 6, "syntax")]
    assert look("def f(sqrt) '{ sqrt = 1; return sqrt }'\nlocal x\nx = length(\"a\")\n") == []


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
