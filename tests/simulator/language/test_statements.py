"""SPEC_LANGUAGE.md 5: statements and the printf family."""

from __future__ import annotations

from typing import Any

import pytest

from pycertifspec.simulator.language import (
    LimitExceededError,
    MacroInterruptError,
    NotImplementedInSimulatorError,
    QuitError,
    SpecRuntimeError,
    SpecSyntaxError,
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("if (1) p 1", "1"),
        ("if (0) p 1; else p 2", "2"),
        ("if (0) p 1\nelse p 2", "2"),
        ("if (0) {\np 1\n}\nelse\n{\np 2\n}", "2"),
        ("if (0) { p 1 } else { p 2 }", "2"),
        ("if (0)\n  p 1\nelse if (1)\n  p 2\nelse\n  p 3\np 4", "2\n4"),
        ("{ if (0) p 1; else p 2 }", "2"),
        ("if (0) p 1\n\n# comment\nelse p 2", "2"),
        ("if (1) if (0) p 1; else p 2", "2"),
        ("if (1) ; else p 2\np 3", "3"),
        ("i = 0; while (i < 3) { i++; if (i == 2) continue; p i }", "1\n3"),
        ("n = 0; while (1) { if (n++ == 2) break }; p n", "3"),
        ("for (i = 0; i < 3; i++) p i", "0\n1\n2"),
        ("for (i = 0, j = 5; i < 2; i++, j--) p i, j", "0 5\n1 4"),
        ("i = 0; for (;;) { if (i++ > 2) break }; p i", "4"),
        ("for (i = 0; i < 3; i++) ; p i", "3"),
        ("for (i=0; i<2; i++) for (j=0; j<2; j++) { if (j) break; p i j }", "00\n10"),
        ('x = ["a":1, "b":2]; for (k in x) p k, x[k]', "a 1\nb 2"),
        ('x = ["a":1, "b":2]; for (k in x) delete x[k]; for (k in x) p k', ""),
        ("for (i in nothing) p i", ""),
        ('print 1, "a" "b", 2', "1 ab 2"),
        ("print", ""),
        ("eprint 5", "5"),
        ('eprintf("%d\\n", 5)', "5"),
        ("{ p 1; p 2 }", "1\n2"),
        ("{ }; ; { ; }", ""),
    ],
)
def test_statements_follow_section_5(spec: Any, text: Any, shown: Any) -> None:
    assert spec(text).rstrip("\n") == shown


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        ('"%d %i", 3.9, "-4.2"', "3 -4"),
        ('"%5d|%-5d|%05d|%+d", 42, 42, 42, 42', "   42|42   |00042|+42"),
        ('"%x %X %o %#x %#o %u", 255, 255, 8, 255, 8, 7', "ff FF 10 0xff 010 7"),
        ('"%x %u", -1, -1', "ffffffff 4294967295"),
        ('"%c%c", 65, "BCD"', "AB"),
        ('"%s|%10s|%-10s|%.2s", "abc", "abc", "abc", "abc"', "abc|       abc|abc       |ab"),
        ('"%e %.2E", 1234.5, 0.00012', "1.234500e+03 1.20E-04"),
        ('"%f %.1f %8.3f|", 1.5, 2.25, PI', "1.500000 2.2    3.142|"),
        ('"%g %G %.10g", 1e-10, 1e20, PI', "1e-10 1E+20 3.141592654"),
        ('"%*d|%-*d|%.*f", 5, 42, 5, 42, 1, 2.55', "   42|42   |2.5"),
        ('"100%% %d"', "100% 0"),  # missing arguments
        ('"%s|%d"', "|0"),
        ('"#@MCA %25C"', "#@MCA %25C"),  # unknown stays
        ('"%ld %5.1lf", 3, 2.5', "3   2.5"),
        ('"%9.9s|%9.4f", "Two Theta X", 60', "Two Theta|  60.0000"),
        ('"%", 1', "%"),
    ],
)
def test_printf_formats_as_c_does(spec: Any, arguments: Any, shown: Any) -> None:
    assert spec(f"printf({arguments})") == shown
    assert spec(f"p sprintf({arguments})") == shown + "\n"


def test_widths_are_limited(small: Any) -> None:
    with pytest.raises(LimitExceededError, match="printf_width"):
        small('printf("%1000000000d", 1)')
    with pytest.raises(LimitExceededError, match="printf_width"):
        small('printf("%.*f", 100000, 1)')


def test_return_at_the_top_ends_the_text(spec: Any) -> None:
    assert spec.value("p 1; return 5; p 2") == 5.0
    assert spec.host.screen == "1\n"


def test_the_value_of_a_text_is_that_of_its_last_statement(spec: Any) -> None:  # PROTOCOL.md 2.4
    assert spec.value("x = 3; x + 1") == 4.0
    assert spec.value("x = 3; p x") == 1.0
    assert spec.value("{ 5 }") == 1.0
    assert spec.value("") == 1.0


def test_quit_runs_end_mac_and_is_refused_in_macros(spec: Any) -> None:
    spec("def end_mac 'p \"bye\"'", "def leave 'quit'")

    with pytest.raises(SpecRuntimeError, match="quit"):
        spec("leave")
    with pytest.raises(QuitError):
        spec("quit")
    assert spec.host.screen.endswith("bye\n")


def test_a_loop_without_end_can_be_interrupted(spec: Any) -> None:
    calls = []

    def stop(interpreter: Any) -> Any:
        calls.append(1)
        if len(calls) == 5:
            interpreter.interrupt()
        return 0.0

    spec.interpreter.functions.add("tick", 0)(stop)

    for text in (
        "while (1) tick()",
        "for (;;) { tick() }",
        "def f() '{ tick(); f2() }'; def f2() '{}' ; while (1) f()",
    ):
        calls.clear()
        with pytest.raises(MacroInterruptError):
            spec(text)
        assert "^C" in spec.host.screen
    assert spec("p 1") == "1\n"


def test_sleep_can_be_interrupted(spec: Any) -> None:
    spec.host.sleep = lambda _seconds: spec.interpreter.interrupt()

    with pytest.raises(MacroInterruptError):
        spec("sleep(1000); p 1")


@pytest.mark.parametrize("name", ["move_all", "getcounts", "reconfig"])
def test_commands_of_hardware_are_known_by_name(spec: Any, name: Any) -> None:
    with pytest.raises(NotImplementedInSimulatorError, match=name):
        spec(name)


def test_lines_that_ran_are_told_when_asked(spec: Any) -> None:
    lines: set[tuple[str, int]] = set()
    spec("def f() '{\n p 1\n if (0)\n  p 2\n}'\n", source="a.mac")
    spec("f()")
    spec.interpreter.watch_lines(lines)

    spec("f()\np 3\n", source="b.mac")
    spec.interpreter.watch_lines(None)
    spec("f()", source="c.mac")

    assert {("a.mac", 2), ("a.mac", 3), ("b.mac", 1), ("b.mac", 2)} <= lines
    assert ("a.mac", 4) not in lines
    assert not [source for source, _ in lines if source == "c.mac"]


@pytest.mark.parametrize(
    "text", ["if 1 p 1", "else p 1", "}", "for (i in 3 4) p 1", "local", "def", "def 5 'x'", "rdef", "break 3", "p 1 }"]
)
def test_broken_statements_are_syntax_errors(spec: Any, text: Any) -> None:
    with pytest.raises(SpecSyntaxError):
        spec(text)


@pytest.mark.parametrize(
    "text",
    [
        "break",
        "continue",
        "{ break }",
        "if (1) continue",
        "def f() '{ break }'; while (1) f()",
        "while (0) ; break",
        "for (i in 3) p i",
        'for (i in "abc") p i',
        "x = 3; for (i in x) p i",
        "for (i in (3)) p i",
        'x[1] = 3; for (i in x[1]"a") p i',
        "constant x",
        "constant x 3, y",
    ],
)
def test_what_has_no_meaning_is_an_error(spec: Any, text: str) -> None:  # 3.1, 5
    with pytest.raises((SpecSyntaxError, SpecRuntimeError)):
        spec(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("for (i = 0; i < 3; i++) { if (i == 1) { continue }; p i }", "0\n2\n"),
        ("for (i = 0; i < 3; i++) for (;;) break; p i", "3\n"),
        ("for (i in nothing) p i; p 4", "4\n"),
        ("def m 'if (i == 1) break'; for (i = 0; i < 3; i++) { m; p i }", "0\n"),
        ("def f() '{ while (1) { break }; return 2 }'; p f()", "2\n"),
    ],
)
def test_loops_are_left_and_gone_on_with_from_blocks_in_them(spec: Any, text: str, shown: str) -> None:  # 5
    assert spec(text) == shown
