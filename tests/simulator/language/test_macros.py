"""SPEC_LANGUAGE.md 2: text macros, functions, chains, cleanup."""

from __future__ import annotations

from typing import Any

import pytest

from pycertifspec.simulator.language import (
    LimitExceededError,
    MacroExitError,
    SpecLanguageError,
    SpecRuntimeError,
    UndefinedNameError,
)


def test_a_macro_without_markers_leaves_the_rest_of_the_line(spec: Any) -> None:  # 2.2
    assert spec("p 2+2") == "4\n"


@pytest.mark.parametrize(
    ("call", "shown"),
    [
        ("show a b c", "3: a|b|c"),
        ("show a,b c", "2: a,b|c|0"),  # commas do not separate
        ("show H-0.1 K L", "3: H-0.1|K|L"),
        ('show "a b" c', "2: a b|c|0"),  # quotes group and go
        ("show 'a b' c", "2: a b|c|0"),
        (r"show a\'b c", "2: a'b|c|0"),  # an escaped quote stays
        ("show a \\\n b", "2: a|b|0"),  # a line that goes on
        ("show", "0: 0|0|0"),  # missing ones are 0
        ("show a; p 1", "1: a|0|0\n1"),
        ("{ show a }", "1: a|0|0"),
        ("if (1) { show a } else { show b }", "1: a|0|0"),
        ("show a # comment", "1: a|0|0"),
        ('show "x;y"', "1: x;y|0|0"),
    ],
)
def test_arguments_are_collected_as_section_2_2_says(spec: Any, call: Any, shown: Any) -> None:
    spec("def show 'printf(\"%d: $1|$2|$3\\n\", $#)'")

    assert spec(call) == shown + "\n"


@pytest.mark.parametrize(
    ("definition", "call", "shown"),
    [
        ("def m 'p \"$*\"'", "m a b", "a b"),
        ("def m 'p \"<$*>\"'", "m", "<>"),
        ("def m 'p $#'", "m a b", "2"),
        ("def m 'p \"$0\", $#'", "m", "m 0"),
        ('def m \'n = split("$@", a, "\\a"); p n, a[1]\'', 'm x "y z"', "2 y z"),
        ("def m 'p $12'", "m 1 2 3 4 5 6 7 8 9 10 11 12", "12"),
        (r"def m 'p " + r'"\$1", $1' + "'", "m 5", "$1 5"),
        (r"def m 'p " + r'"\$\#", $1' + "'", "m 5", "$# 5"),
        ("def m 'p 1 # $1\n'", "m", "1"),  # in comments too
        ("def m '$*; p 2'", "m p 1", "1\n2"),
    ],
)
def test_markers_are_substituted_as_section_2_3_says(spec: Any, definition: Any, call: Any, shown: Any) -> None:
    spec(definition)

    assert spec(call) == shown + "\n"


def test_macros_in_arguments_are_expanded(spec: Any) -> None:  # 2.2
    spec("def H 'Q[0]'", "Q[0] = 4", "def show 'p $1'")

    assert spec("show H+1") == "5\n"


def test_arguments_of_a_macro_at_the_end_of_another_come_from_the_line(spec: Any) -> None:  # 2.2
    spec("def show 'p \"$1\"'", "def sh 'show'")

    assert spec("sh hello") == "hello\n"


@pytest.mark.parametrize(
    ("definition", "text"),
    [
        (r"def m 'p " + r"\'a\''", "p 'a'"),
        (r"def m 'def n " + r"\'p \\\'x\\\'\''", r"def n 'p \'x\''"),
        (r"def m 'printf(" + r'"a\n\t")' + "'", r'printf("a\n\t")'),
        (r'def m "p \"a\" ' + "'b'\"", "p \"a\" 'b'"),
        ("def show_und'p 1'", None),
    ],
)
def test_quotes_in_definitions_follow_section_2_4(spec: Any, definition: Any, text: Any) -> None:
    spec(definition)

    name = "show_und" if text is None else "m"
    assert spec.interpreter.macros.get(name).text == (text or "p 1")


@pytest.mark.parametrize("text", ["p 'a'", r"def n 'p \'x\''", 'printf("a\\n")\n', "p 1\n# don't\n", r"a\\'b"])
def test_what_prdef_prints_gives_the_same_macro_when_read_back(spec: Any, text: Any) -> None:  # 2.1
    spec.interpreter.macros.define(type(spec.interpreter.macros.get("p"))("m", text))
    printed = spec("prdef m")

    spec("undef m", printed)

    assert spec.interpreter.macros.get("m").text == text


def test_functions_take_values_and_have_their_own_variables(spec: Any) -> None:  # 2.5
    spec("def f(a, b) '{ a += b; private = a; return(private) }'", "a = 1")

    assert spec("p f(2, 3), a", "p private") == "5 1\n0\n"


@pytest.mark.parametrize(
    "definition",
    ["def f() '{ return 7 }'", "def f() { return 7 }", "rdef f() '{ return(7); }; '", "def f ( ) '{ return 7 } ;'"],
)
def test_functions_are_defined_with_or_without_quotes(spec: Any, definition: Any) -> None:  # 2.1
    spec(definition)

    assert spec("p f(), f ()") == "7 7\n"


def test_functions_get_arrays_by_reference(spec: Any) -> None:  # 2.5
    spec("def fill(t) '{ t[\"k\"] = 5 }'", "global t[]", "fill(t)")

    assert spec('p t["k"]') == "5\n"


def test_functions_get_data_arrays_by_reference(spec: Any) -> None:  # 2.5
    spec("def fill(t) '{ t[1] = 5 }'", "array d[3]", "fill(d)")

    assert spec("p d") == "{0, 5, 0}\n"


def test_functions_know_their_arguments(spec: Any) -> None:  # 2.5
    spec('def f() \'{ return argc ":" arg1 ":" argv["2"] }\'')

    assert spec('p f("a", "b")') == "2:a:b\n"


def test_functions_return_arrays(spec: Any) -> None:  # 2.5
    spec("def f() '{ local m[]; m[\"a\"] = 1; return m }'", "x = f()")

    assert spec('p x["a"]') == "1\n"


def test_functions_without_return_give_zero(spec: Any) -> None:  # 2.5
    assert spec("def f() '{ 5 }'", "p f()") == "0\n"


def test_functions_may_be_called_before_they_are_defined(spec: Any) -> None:  # 11
    spec("def f() '{ return g() }'", "def g() '{ return 3 }'")

    assert spec("p f()") == "3\n"


def test_a_function_sees_a_text_macro_that_changed(spec: Any) -> None:  # 2.5
    spec("def v '1'", "def f() '{ return v }'")

    assert spec("p f()", "def v '2'", "p f()") == "1\n2\n"


def test_variables_of_functions_may_be_declared_array(spec: Any) -> None:  # 2.5
    assert spec("{ local x[]; x[1] = 2; p x[1] }") == "2\n"


def test_undef_removes_with_wildcards(spec: Any) -> None:  # 2.1
    spec("def aa1 'p 1'", "def aa2 'p 2'", "def ab 'p 3'", "undef aa*")

    assert spec("lsdef a*") == f"{'ab':<20} (3)\n"


def test_undef_of_everything_asks(spec: Any) -> None:  # 2.1
    spec.host.keys = ["n"]

    assert "NO" in spec("undef *")
    assert spec("p 1") == "1\n"


def test_clone_and_strdef_and_is_macro(spec: Any) -> None:  # 2.1, 6.10
    spec("def m 'p 4'", 'clone("n", "m")')

    assert spec("n", 'p strdef("n")', 'p strdef("zz"), is_macro("n"), is_macro("zz")') == "4\np 4\nzz 1 0\n"


def test_strdef_tells_the_file(spec: Any) -> None:  # 2.1
    spec("def m 'p 4'", source="a.mac")

    assert spec('strdef("m", "", where); p where["file"]') == "a.mac\n"


CHAIN = 'cdef("c", "p 2;", "b"); cdef("c", "p 1;", "a"); cdef("c", "p 3;")'


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        ("", "1 2 3"),
        ('cdef("c", "p 9;", "z", 0x10)', "9 1 2 3"),
        ('cdef("c", "p 9;", "a", "0x20")', "2 3 9"),
        ('cdef("c", "p 8;", "b")', "1 8 3"),
        ('cdef("c", "", "b", "delete")', "1 3"),
        ('cdef("", "", "b", "delete")', "1 3"),
        ('cdef("c", "", "b", "disable")', "1 3"),
        ('cdef("c", "", "b", "disable"); cdef("c", "", "b", "enable")', "1 2 3"),
        ('cdef("c", "p 7;", "th", 0x01)', "1 2 3"),  # no such motor
    ],
)
def test_chained_macros_follow_section_2_6(spec: Any, change: Any, shown: Any) -> None:
    spec(CHAIN, change)

    assert spec("c").split() == shown.split()


def test_a_piece_for_a_motor_counts_when_the_motor_is_there(spec: Any) -> None:  # 2.6
    spec('cdef("c", "p 7;", "th", 0x01)')
    spec.interpreter.macros.is_motor = lambda name: name == "th"
    spec.interpreter.macros.refresh_chains()

    assert spec("c") == "7\n"


def test_cdef_with_one_argument_declares(spec: Any) -> None:  # 2.6
    assert spec('cdef("hook")', "hook; p 1") == "1\n"


def test_a_line_end_that_is_written_in_a_piece_or_an_rdef_ends_a_line(spec: Any) -> None:  # 1.2, 2.4
    spec('cdef("ends", "if (1) print \\"a\\nb\\"\\n", "one"); cdef("ends", \'print "c" # d"\\nprint "e\\n"\', "two")')
    assert spec("ends") == "a\nb\nc\ne\n\n"
    spec('rdef ended \'print "f"\\nprint "g"\'')
    assert spec("ended") == "f\ng\n"


def test_cdef_lists(spec: Any) -> None:  # 2.6
    spec(CHAIN)

    assert spec('cdef("c", "", "?")') == spec('cdef("?")') != ""


def test_a_definition_in_a_chain_keeps_its_escapes(spec: Any) -> None:  # 2.4
    spec('cdef("c", \'printf("a\\n");\')')

    assert spec.interpreter.macros.get("c").text == 'printf("a\\n");'


def test_cleanups_run_in_order_after_an_error(spec: Any) -> None:  # 2.7
    definitions = "; ".join(
        f"def {name} 'p \"{name}\"'" for name in ("cleanup_always", "cleanup_once", "cleanup1", "cleanup")
    )

    with pytest.raises(SpecRuntimeError):
        spec(f"{definitions}; p 1/0; p 2")

    assert spec.host.screen.split("\n")[-5:] == ["cleanup", "cleanup1", "cleanup_once", "cleanup_always", ""]
    assert "cleanup_once" not in spec.interpreter.macros
    assert "cleanup_always" in spec.interpreter.macros


def test_cleanup_once_is_forgotten_when_nothing_went_wrong(spec: Any) -> None:  # 2.7
    spec("def cleanup_once 'p 1'")

    assert "cleanup_once" not in spec.interpreter.macros


def test_a_cleanup_that_fails_is_removed(spec: Any) -> None:  # 2.7
    spec("def cleanup '1/0'", "def cleanup_always '1/0'")

    with pytest.raises(MacroExitError):
        spec("exit")

    assert "cleanup" not in spec.interpreter.macros
    assert "cleanup_always" in spec.interpreter.macros


def test_exit_in_a_function_abandons_everything(spec: Any) -> None:  # 5
    spec("def f() '{ exit }'")

    with pytest.raises(MacroExitError):
        spec("{ f(); p 1 }; p 2")

    assert spec.host.screen == ""


def test_a_reset_stops_the_hardware_and_closes_the_files(spec: Any) -> None:  # 2.7
    stopped = []
    spec.interpreter.on_reset = lambda: stopped.append(True)
    spec('on("data"); off("tty"); on("run.log")')

    with pytest.raises(SpecLanguageError):
        spec("1/0")

    assert stopped == [True]
    assert [device.name for device in spec.interpreter.outputs] == ["tty", "run.log"]
    assert "Division by zero." in spec.host.screen


def test_endless_expansion_is_stopped(spec: Any) -> None:  # limits
    for definition in ("def x 'x'", "def x 'x x'", "def x '{ x'", "def x 'p 1 + x'"):
        spec(definition)
        with pytest.raises(LimitExceededError):
            spec("x")
        spec("undef x")


def test_a_missing_function_is_named(spec: Any) -> None:  # 9
    with pytest.raises(UndefinedNameError, match=r'Undefined function "xyz\(\)"'):
        spec("xyz()")


def test_arguments_to_nobody_are_an_error(spec: Any) -> None:  # 9
    with pytest.raises(UndefinedNameError, match='"newcommand" is undefined'):
        spec("newcommand 1 2")


def test_the_error_path_tells_which_functions_were_active(spec: Any) -> None:
    spec("def f() '{ g() }'", "def g() '{ 1/0 }'")

    with pytest.raises(SpecRuntimeError) as caught:
        spec("f()")

    assert caught.value.calls == ["g", "f"]
