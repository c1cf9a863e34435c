"""SPEC_LANGUAGE.md 3: scope, types, arrays, built-in variables, whatis."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pycertifspec.simulator.language import DELETED, SpecRuntimeError, SpecSyntaxError


@pytest.mark.parametrize(
    ("lines", "shown"),
    [
        (["x = 1", "p x"], "1"),  # 3.1 outside braces: global
        (["if (1) x = 2", "p x"], "2"),
        (["{ x = 3 }", "p x"], "0"),  # inside: gone with the block
        (["{ { x = 3 } p x }"], "3"),  # ... with the outermost one
        (["x = 1", "{ x = 2 }", "p x"], "2"),
        (["{ global x; x = 5 }", "p x"], "5"),
        (["global a b, c", "a=1; b=2; c=3; global a", "p a b c"], "123"),
        (["x = 1", "{ local x; x = 2; { p x } }", "p x"], "2\n1"),
        (["{ local x, y; x = 1; y = 2; p x y }"], "12"),
        (["{ local x = 4; p x }"], "4"),
        (["x = 1", "{ local x = x + 1; p x }"], "2"),
        (["def m 'p 1'", "{ local m; m = 5; print m }", "m"], "5\n1"),  # local hides macros
        (["x = 1; unglobal x", "{ x = 2 }", "p x"], "0"),
        (["constant C 3", "constant C = 4", "p C"], "4"),
        (['a["k"] = 1; a["l"] = 2; delete a["k"]', 'p "k" in a, "l" in a'], "0 1"),
        (['a["k"] = 1; delete a', 'p "k" in a'], "0"),
        (["delete nothing", "p 1"], "1"),
        (["{ for (i = 0; i < 2; i++) { local x; x++; p x } }"], "1\n1"),  # a new instance each time
        # A name is one variable in the whole tree, in the condition as in the braces (1.1, 3.1).
        (["while (x < 2) { x++; if (x > 9) exit; p x }", 'p x, unset("x")'], "1\n2\n0 1"),
        (["for (; x < 2;) { x++; if (x > 9) exit; p x }", 'p unset("x")'], "1\n2\n1"),
        (["for (; x < 2; x++) { if (x > 9) exit; p x }", "p x"], "0\n1\n2"),
        (["for (; x < 4; x += 1) { if (x > 9) exit; x++ }", "p x"], "4"),
        (['while (@("x") < 2) { x++; if (x > 9) exit }', 'p unset("x")'], "1"),
        (['while (x < 2) { n = "x"; @n += 1; if (x > 9) exit }', 'p unset("x")'], "1"),
        (['while (eval2("x") < 2) { x++; if (x > 9) exit }', 'p unset("x")'], "1"),
        (['while (!("b" in x)) { x["b"] = 1; if (y++ > 9) exit }', 'p unset("x")'], "1"),
        (['if (x == 0) { x = 2; eval2("x = 3"); p x }'], "3"),
    ],
)
def test_scopes_follow_section_3_1(spec: Any, lines: Any, shown: Any) -> None:
    assert spec(*lines) == shown + "\n"


def test_a_local_outside_braces_lives_as_long_as_the_text(spec: Any) -> None:
    array = spec.value('local md[]; md["a"] = 1; return md')

    assert array.elements == {"a": 1.0}
    assert spec('p unset("md")') == "1\n"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('x = "12"; p x + 1, x ".5"', "13 12.5"),  # a string that is a number
        ('x = " 1e3"; p x + 1', "1001"),
        ('x = "0x1f"; p x + 1', "32"),
        ('x = "abc"; p x + 1, x', "1 abc"),
        ('p k, k + 1, k "|"', "0 1 |"),  # unset
        ("x = 1.5; p length(x)", "3"),
    ],
)
def test_scalars_are_numbers_and_strings_at_once(spec: Any, text: Any, shown: Any) -> None:  # 3.2
    assert spec(text) == shown + "\n"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('a[1] = "x"; p a["1"], a[1.0]', "x x"),
        ('x = ["one":"now", "two":2, "three":0:"time"]; p x["one"], x["two"], x["three"][0]', "now 2 time"),
        ('a["k"]["l"] = 1; p "l" in a["k"], "m" in a["k"], "k\\034l" in a', "1 0 1"),
        ('a[10]=1; a[9]=2; a["b"]="c"; print a', 'a["9"] = 2\na["10"] = 1\na["b"] = "c"'),
        ('x["three"][0] = "time"; print x', 'x["three"]["0"] = "time"'),
        ("a[1] = 1; b = a; b[1] = 2; p a[1], b[1]", "1 2"),
        ('global t[]; p whatis("t") & 0x01000000', "16777216"),
        ("p nothing[3]", "0"),
        ("a[1]++; a[1] += 2; p a[1]", "3"),
        ("f = 3; a[f+1] = 7; p a[4]", "7"),
        ('a["x"]["n"]=1; a["y"]["n"]=2; for (i in a[]["n"]) p i', "x\ny"),
        ('a["x"][1]=1; a["x"][2]=2; for (i in a["x"]) p i', "1\n2"),
    ],
)
def test_associative_arrays_follow_section_3_2(spec: Any, text: Any, shown: Any) -> None:
    assert spec(text) == shown + "\n"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("array a[3]; p a", "{0 <3 repeats>}"),
        ("byte array a[2]; a[0] = 300.7; a[1] = -1.5; p a", "{44, -1}"),
        ("ushort array a[2]; a = 70000; p a[0]", "4464"),
        ("long array a[2]; a[0] = -2.9; p a[0]", "-2"),
        ("array a[5]; a[-1] = 7; p a[4]", "7"),
        ('array a[6]; array_op("fill", a); p a[2:4]', "{2, 3, 4}"),
        ('array a[6]; array_op("fill", a); p a[3:], a[:1]', "{3, 4, 5} {0, 1}"),
        ('array a[9]; array_op("fill", a); p a[1,3,5:7]', "{1, 3, 5, 6, 7}"),
        ('array a[4]; array_op("fill", a); p a[-1:0]', "{3, 2, 1, 0}"),
        ("array a[2][3]; a[1][2] = 5; p a[1], a[][2]", "{0 <2 repeats>, 5} {0, 5}"),
        ("array a[3]; a[0] = 1; p a * 2 + 1, -a, 6 - a", "{3, 1 <2 repeats>} {-1, 0 <2 repeats>} {5, 6 <2 repeats>}"),
        ("array a[3]; array b[2]; b = 4; a = b; p a", "{4 <2 repeats>, 0}"),
        ("array a[3]; a = 2; b = a + a; b[0] = 9; p a, b", "{2 <3 repeats>} {9, 4 <2 repeats>}"),
        ("array a[3]; a[0:1] = 5; p a", "{5 <2 repeats>, 0}"),
        ("array a[3]; a[1] = 4; p sqrt(a)", "{0, 2, 0}"),
        ("array a[3]; a[1] = 4; p a > 2", "{0, 1, 0}"),
        ("array a[3]; a = 5; p a & 4, a % 3, ~a", "{4 <3 repeats>} {2 <3 repeats>} {-6 <3 repeats>}"),
        ('string array s[3][10]; s[1] = "hello"; p s[1], length(s[1]), s', 'hello 5 {"", "hello", ""}'),
        ("{ local array a[2]; a[0] = 1; p a; local array a[3]; p a }", "{1, 0}\n{0 <3 repeats>}"),
        ("array a[2]; a[0]++; a[0] += 3; p a[0]", "4"),
        ('array a[2]; array_op("col_wise", a, 1); p array_op("rows", a), array_op("cols", a)', "2 1"),
        ("array a[3]; p 2 in a, 3 in a", "1 0"),
    ],
)
def test_data_arrays_follow_section_3_2(spec: Any, text: Any, shown: Any) -> None:
    assert spec(text) == shown + "\n"


@pytest.mark.parametrize(
    "text", ["array a[3]; a[3]", "array a[3]; a[-4] = 1", "array a[0]", "array a[2]; a / 0", "array a[2]; if (a) p 1"]
)
def test_data_arrays_refuse_what_makes_no_sense(spec: Any, text: Any) -> None:  # 3.2
    with pytest.raises(SpecRuntimeError):
        spec(text)


def test_shared_arrays_of_other_programs_do_not_exist_here(spec: Any) -> None:  # 3.2
    with pytest.raises(SpecRuntimeError, match="extern is not implemented"):
        spec("extern shared array fourc:1234:image")


@pytest.mark.parametrize(
    ("lines", "name", "low", "bits"),
    [
        ([], "nothing_here", 0, 0),
        ([], "print", 1, 0),
        ([], "sin", 1, 0),
        ([], "while", 1, 0),
        (["def m 'abc'"], "m", 2, 3),
        (["x = 1"], "x", 4, 0x0410),
        (['x = "a"'], "x", 4, 0x0420),
        (["global x"], "x", 4, 0x0C00),
        (["constant x 1"], "x", 4, 0x0450),
        (["x[1] = 1"], "x", 4, 0x0500),
        (["x[1] = 1"], 'x[\\"1\\"]', 4, 0x8410),
        (["array x[3]"], "x", 4, 0x0401),
        ([], "PI", 4, 0x2610),
    ],
)
def test_whatis_gives_the_codes_of_section_3_4(spec: Any, lines: Any, name: Any, low: Any, bits: Any) -> None:
    spec(*lines)
    assert spec.value(f'whatis("{name}")') == float(bits << 16 | low)


def test_whatis_sees_locals_and_speaks_in_words(spec: Any) -> None:  # 3.4
    assert spec('{ local x; x = 1; p whatis("x") & 0x40000000 }') == f"{0x40000000}\n"
    assert "macro" in spec('p whatis("p", 1)')


def test_unset_is_a_state(spec: Any) -> None:  # 3.2, 6.10
    assert spec('global X; p unset("X"); X = 0; p unset("X"), unset("nosuch")') == "1\n0 1\n"
    assert spec('if (unset("Y")) { global Y; Y = 5 }', "p Y") == "5\n"


def test_built_in_variables_are_there(spec: Any) -> None:  # 3.3
    assert spec("p SPEC, USER, CWD, MOTORS, ROWS") == "fourc user /home/user 0 24\n"
    assert spec("ROWS = 50; p ROWS") == "50\n"


def test_built_in_arrays_let_only_existing_elements_be_set(spec: Any) -> None:  # 3.3
    seen = []
    spec.interpreter.define_array("A", {"0": 0.0, "1": 0.0}, lambda key, value: seen.append((key, value)))
    spec("A[1] = 5")

    assert seen == [("1", 5.0)]
    assert spec("for (i in A) p i, A[i]") == "0 0\n1 5\n"
    for text in ("A[2] = 1", "delete A[0]", "delete A", "A = 3", "unglobal A", "array A[3]"):
        with pytest.raises(SpecRuntimeError):
            spec(text)


def test_mnemonics_are_immutable_numbers(spec: Any) -> None:  # 1.2
    spec.interpreter.symbols.set_builtin("th", 1.0)

    assert spec("p th") == "1\n"
    with pytest.raises(SpecRuntimeError, match="immutable `th'"):
        spec("th = 3")


def test_at_uses_the_value_as_a_name(spec: Any) -> None:  # 4.1
    assert spec('n = "x"; @n = 5; p x, @n, @("x")') == "5 5 5\n"
    assert spec('{ local y; y = 3; n = "y"; p @n; @n = 4; p y }') == "3\n4\n"
    assert spec('n = "tab"', "global @n[]", "@n[1] = 2", "p tab[1], @n[1]") == "2 2\n"
    with pytest.raises(SpecRuntimeError):
        spec('n = "not a name"; p @n')


def test_python_sees_and_sets_variables(spec: Any) -> None:
    interpreter = spec.interpreter
    spec('x = 1.5; s = "abc"; t["a"]["b"] = 1; t["c"] = "7"; array d[2]; d[1] = 3; i = "a"')

    assert interpreter.get("x") == 1.5
    assert interpreter.get("t") == {"a\034b": 1.0, "c": "7"}
    assert interpreter.get('t["a"]["b"]') == interpreter.get("t[i][b]") == interpreter.get("t", "a", "b") == 1.0
    assert interpreter.get("t[a]") == {"b": 1.0}
    assert np.array_equal(interpreter.get("d"), [0.0, 3.0])
    interpreter.set("x", "12")
    interpreter.set('t["a"]["z"]', 5)
    interpreter.set("new", {"k": 1, ("a", "b"): 2})
    interpreter.set("d[0]", 8)
    interpreter.set("image", np.ones((2, 2), dtype=np.int16))
    assert (
        spec('p x + 1, t["a"]["z"], new["k"], new["a"]["b"], d, image')
        == "13 5 1 2 {8, 3} {{1 <2 repeats>} <2 repeats>}\n"
    )
    interpreter.delete('t["c"]')
    interpreter.delete("x")
    with pytest.raises(SpecRuntimeError):
        interpreter.get("x")
    with pytest.raises(SpecRuntimeError):
        interpreter.set("PI", 3)


def test_changes_of_globals_are_told(spec: Any) -> None:
    seen = []
    spec.interpreter.symbols.on_change = lambda name, key, value: seen.append((name, key, value))
    spec(
        "x = 1",
        "{ local y; y = 2; z = 3 }",
        't["k"] = 4',
        "def f(a) '{ a[\"m\"] = 5 }'; f(t)",
        'delete t["k"]',
        "unglobal x",
    )

    assert [item for item in seen if item[1] or item[0] == "x"] == [
        ("x", None, 1.0),
        ("t", "k", 4.0),
        ("t", "m", 5.0),
        ("t", "k", DELETED),
        ("x", None, DELETED),
    ]


def test_global_of_a_macro_name_is_a_syntax_error(spec: Any) -> None:  # 3.1
    spec("def m 'p 1'")

    with pytest.raises(SpecSyntaxError):
        spec("global m")


@pytest.mark.parametrize(
    ("lines", "shown"),
    [
        (["global f", "def f(n) '{ return n * 2 }'", "p f(4)"], "8"),
        (["f = 3; def f(n) '{ return n * 2 }'", "p f (4)"], "8"),
        (["global f; def g() '{ return f(4) }'; def f(n) '{ return n * 2 }'", "p g()"], "8"),
        (["x = 3", "p x (4)"], "34"),  # no function: two strings side by side
        (["{ local sin; sin = 3; p sin (0) }"], "30"),  # a local hides it
        (["def f(sin) '{ return sin (0) }'", "p f(3)"], "30"),
    ],
)
def test_a_functions_name_before_a_bracket_is_a_call_whatever_variables_there_are(  # 4.1 level 1
    spec: Any, lines: Any, shown: Any
) -> None:
    assert spec(*lines) == shown + "\n"


@pytest.mark.parametrize(
    "text",
    ["sin = 3", "sin += 3", "sin++", "--sin", "constant sin 3", "global sin = 3", "for (sin in x) p 1", "f = 3", "f++"],
)
def test_a_functions_name_cannot_be_assigned_to(spec: Any, text: Any) -> None:  # 4.4
    spec("def f(n) '{ return n }'; x[1] = 1")

    with pytest.raises(SpecSyntaxError, match=r"Trying to assign to a function `(sin|f)'"):
        spec.value(text)
    assert spec("p sin(0), f(2)") == "0 2\n"


@pytest.mark.parametrize(
    ("element", "stored", "held"),
    [
        ("ulong64", "1.8e19", 18_000_000_000_000_000_000),
        ("ulong64", "2 * 9223372036854775808", 2**64 - 2048),  # the largest double below
        ("ulong64", "9223372036854775808", 2**63),
        ("ulong64", "7.9", 7),
        ("ulong64", "exp(1000)", 2**64 - 2048),
        ("ulong64", "log(-1)", 0),
        ("long64", "9.2233e18", 9_223_300_000_000_000_000),
        ("long64", "1e30", 2**63 - 1024),
        ("long64", "-1e30", -(2**63) + 1024),
    ],
)
def test_integers_of_64_bits_hold_what_a_double_can_say(  # 3.2
    spec: Any, element: str, stored: str, held: int
) -> None:
    spec(f"{element} array r[2]; r[0] = {stored}; {element} array s[2]; s = r; s[1] = {stored}")

    assert [int(n) for n in (spec.interpreter.get("r")[0], *spec.interpreter.get("s"))] == [held] * 3


def test_large_unsigned_integers_are_printed(spec: Any) -> None:  # 3.2, 4.5
    assert spec("ulong64 array r[1]; r[0] = 1.8e19; p r, r[0]") == "{1.8e+19} 1.8e+19\n"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('p y["b"][]', 'y["b"]["c"] = 1\ny["b"]["d"] = 2'),
        ('k = "b"; p y[k][]', 'y[...]["c"] = 1\ny[...]["d"] = 2'),
        ('p y[]["c"]', 'y["a"] = 0\ny["b"] = 1'),
        ('x = y["b"][]; p x', 'x["c"] = 1\nx["d"] = 2'),
        ('p length(encode("json", y["b"][]))', "16"),
    ],
)
def test_a_row_of_an_associative_array_is_an_array(spec: Any, text: str, shown: str) -> None:  # 3.2
    spec('y["a"]["c"] = 0; y["b"]["c"] = 1; y["b"]["d"] = 2')

    assert spec(text) == shown + "\n"
