"""Corners of SPEC_LANGUAGE.md 1 to 6 that the tests by section do not reach."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from pycertifspec.simulator.language import (
    DELETED,
    Interpreter,
    LimitExceededError,
    MacroInterruptError,
    NumericString,
    SpecLanguageError,
    SpecRuntimeError,
    SpecSyntaxError,
    UndefinedNameError,
)
from pycertifspec.simulator.language.memory_host import MemoryHost


@pytest.mark.parametrize(
    ("lines", "shown"),
    [
        # 4.1: indirection in all kinds of assignment
        (['n = "v"; @n += 2; @n++; p v, @n--, --@n'], "3 3 1"),
        (['{ n = "made"; @n = 4; p @n, unset("made") }'], "4 0"),
        (['{ n = "made"; @n[1] = 4; for (k in @n) p k, @n[k] }'], "1 4"),
        (['{ local @("q")[]; n = "q"; @n["a"] = 1; p @n["a"] }'], "1"),
        (['{ n = "late"; @n = 3; p eval2("late + 1") }'], "4"),
        (['{ inner = 3; eval2("inner = 4"); p inner }'], "4"),
        (['{ local t[]; eval2("t[1] = 5"); p t[1], eval2("whatis(\\"t\\")") & 0x40000000 }'], "5 1073741824"),
        (["def f(n) '{ local x; x = n; eval2(\"n = n + x\"); return n }'", "p f(4)"], "8"),
        # 3.2: elements
        (["x[1]--; p x[1], x[1]++, x[1]"], "-1 -1 0"),
        (["{ x[1] += 2; p x[1] }"], "2"),
        (["array d[3]; d[1] += 2; p d[1]++, ++d[1], d"], "2 4 {0, 4, 0}"),
        (["{ x[1][2] = 3; delete x[1][2]; p 2 in x[1] }"], "0"),
        (["{ local y; y = 3; delete y; p y }"], "0"),
        (["{ constant q 4; p q }"], "4"),
        (["global g = 4; p g"], "4"),
        (["for (k in x[]) p k", "p 1"], "1"),
        (["array d[4]; for (k in d) p k"], "0\n1\n2\n3"),
        (["array d[2][2]; d[1][0] = 5; for (k in d[1]) p k, 1 in d[1]"], "0 1\n1 1"),
        # 3.2: data arrays
        (["array d[3][4]; d[0:1][1,3] = 7; p d[0:2][1,2:3]"], "{{7, 0, 7} <2 repeats>, {0 <3 repeats>}}"),
        (["array d[3][4]; d[0,2][1,3] = 7; p d[0,2][0,3]"], "{{0, 7} <2 repeats>}"),
        (["array d[4]; p d[0][3], d[0][1:2]"], "0 {0 <2 repeats>}"),
        (
            ["array d[4]; array e[2][2]; e = 3; d = e; e[0][0] = 1; d[3] = 9; e = d; p d, e"],
            "{3 <3 repeats>, 9} {{3 <2 repeats>}, {3, 9}}",
        ),
        (["array d[2]; array e[1][2]; d = 1; e = 2; p d + e, e - 1"], "{3 <2 repeats>} {{1 <2 repeats>}}"),
        (
            ["array d[2]; d = 5; p 1 << d, d == 5, 12 / d, pow(d, 2)"],
            "{32 <2 repeats>} {1 <2 repeats>} {2.4 <2 repeats>} {25 <2 repeats>}",
        ),
        (["float array d[2]; d[0] = 1.5; p d, -d, !d"], "{1.5, 0} {-1.5, 0} {0, 1}"),
        (['string array s[5]; s = "hello world"; p s, length(s)'], "hello 5"),
        (["array d[2], e[3]", 'p whatis("e") & 0x00010000'], "65536"),
        (["{ local array d[2]; local double array e[2]; d[1] = 1; p d }"], "{0, 1}"),
        (['n = "named"', "array @n[2]", "p named"], "{0 <2 repeats>}"),
        (["local array d[2]; d[0] = 1; p d"], "{1, 0}"),
        (['array d[4]; array_op("fill", d, 0, 2); p d, array_op("com", d)'], "{0, 2, 4, 6} 2.33333"),
        (
            ['array d[2][2]; array_op("fill", d, 10, 1); p d, array_op("transpose", d), array_op("contract", d, 2, 1)'],
            "{{0, 1}, {10, 11}} {{0, 10}, {1, 11}} {{10, 12}}",
        ),
        (
            ['short array d[2]; d = 1; array_op("swap", d); p d, array_op("row_at_max", d), array_op("meta", d) "."'],
            "{256 <2 repeats>} 0 .",
        ),
        (['array d[2]; split("5 6", d); p d'], "{5, 6}"),
        # 2: definitions
        (["def m() '{ return 1 }'; def m 'p 2'", "m"], "2"),
        (["def f(a[], b) '{ return a[b] }'", "x[3] = 4; p f(x, 3)"], "4"),
        (["def f(a) '{ return arg2 arg3 }'", 'p f(1, 2) "."'], "2."),
        (['rdef m "p " "7"', "m"], "7"),
        (["def q 'p \"open'", 'q end"'], "open end"),  # a quote goes on in the line
        (["def a 'show'; def show 'p \"$1\"'", "a \\\n x"], "x"),
        (["def show 'p \"$1\"'", "show a\\nb"], "a\nb"),
        (["def show 'p \"$1|$2\"'", 'show a"b c"d e'], "ab cd|e"),
        (["def e ''", "if (1) p 1; else p 2 ; e ; p 3"], "1\n3"),
        (["def l 'p \"$1\"'", "def k 'l one'", "k two"], "one"),
        # 1.2
        (["p 0x" + "f" * 300], "inf"),
        (["p 0" + "7" * 300], "inf"),
        (["if (1) { p \\\n 1 }"], "1"),
        # 5
        (["return", "p 2"], "2"),
        (["x = 1 ? 2 : 3 ; p x"], "2"),
        (["p 1; { p 2; return; p 3 }; p 4"], "1\n2"),
        (['print p0, (1 ? 2 : 3) "a"'], "0 2a"),
        (['printf("%#5x|%-#5x|%#o|%a", 255, 255, 0, 1)'], " 0xff|0xff |0|0x1.0000000000000p+0"),
        (['p sscanf("50%", "%d%%%n", a, b), a, b, sscanf("ab", "%1s%c", c, d), c d'], "2 50 3 2 ab"),
        (['p sscanf("x1", "y%d", a), sscanf("-017", "%i", b), b, sscanf("777", "%o", c), c'], "0 1 -15 1 511"),
        (['p sscanf("", "%c", a), sscanf("a", "%[^b]", b), b, sscanf("b", "%[^b]", b)'], "0 1 a 0"),
    ],
)
def test_corners_of_the_language(spec: Any, lines: list[str], shown: str) -> None:
    assert spec(*lines).removesuffix("\n") == shown


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("a{2,}", "caaab", "aaa"),
        ("a{2,3}b", "aaaab", "aaab"),
        ("(a|ab)(c|bcd)", "abcd", "abcd"),
        ("[]x]+", "a]x]", "]x]"),
        ("[[:alpha:]_]+", "12ab_", "ab_"),
        ("[^[:space:]]+", " ab ", "ab"),
        ("\\.", "a.b", "."),
        ("a.c", "a\nc", "a\nc"),
        ("[a-]+", "b-a", "-a"),
        ("x*", "aaa", ""),
        ("(^a|b$)", "ab", "a"),
        ("()", "a", ""),
    ],
)
def test_regular_expressions_are_posix(spec: Any, pattern: str, text: str, found: str) -> None:  # 6.2
    spec.interpreter.set("pattern", pattern)
    spec.interpreter.set("subject", text)

    assert spec.value("match(subject, pattern, m)")
    assert spec.value("m[0]") == found


@pytest.mark.parametrize(
    "pattern", ["a{3,2}", "a{x}", "a{", "*a", "(a", "a)", "[a", "[[:nope:]]", "[z-a]", "(" * 60, "a{300}"]
)
def test_bad_regular_expressions_give_minus_one(spec: Any, pattern: str) -> None:  # 6.2
    spec.interpreter.set("pattern", pattern)

    assert spec.value('match("a", pattern)') == -1.0


@pytest.mark.parametrize(
    "text",
    [
        "f = [1:2:3:4]",
        "global 5",
        "array d",
        "array d[1][1][1]",
        "array",
        "byte d[3]",
        "def m 5",
        "def f(1) {}",
        "def f() 5",
        "def f() { p 1",
        "undef",
        "delete 3",
        "shared x",
        "@ = 1",
        "@5",
        "f(1,",
        "constant",
        "for (x) p 1",
        "{ p 1",
        "if (1) {} }",
        "for (1 in x) p 1",
    ],
)
def test_more_broken_text_is_a_syntax_error(spec: Any, text: str) -> None:
    with pytest.raises(SpecSyntaxError):
        spec(text)


@pytest.mark.parametrize(
    "text",
    [
        "array d[2]; x = [d:1]",
        "x[1] = 1; y[1] = x",
        "x[1] = 1; y = [x]",
        "array d[2]; d = [1, 2]",
        "array d[2][2]; d[0][0][0]",
        "array d[2]; array e[3]; d + e",
        "array d[2]; d[:][3]",
        "array d[2]; delete d[1]",
        'x = 5; split("a", x[1])',
        "x[1] = 1; x[1:2]",
        "array d[2]; d[1] = d",
        "array d[-1]",
        'array d[2]; sprintf("%d", d)',
        'OUTFILES["x"] = 1',
        "delete OUTFILES",
        "constant PI 3",
        'array_dump("x")',
        'array d[2]; array_op("contract", d, 5, 5)',
        "array d[2]; d % 0",
        'decode("xml", "x")',
        "array d[2]; whatis(d[3])",
        "array PI[3]",
        "x[1] = 1; sin(x)",
        'x[1]=1; p x "a"',
    ],
)
def test_more_of_what_makes_no_sense_is_an_error(spec: Any, text: str) -> None:
    with pytest.raises(SpecRuntimeError):
        spec(text)


def test_expansion_is_limited_in_size_too(small: Any) -> None:
    small("def big '\"" + "x" * 3000 + "\"'", "def many '$* $* $* $* $* $* $* $* $* $*'")

    with pytest.raises(LimitExceededError, match="expansion_characters"):
        small("p " + "big " * 20)
    with pytest.raises(LimitExceededError, match="expansion_characters"):
        small("many " + "y" * 4000)
    with pytest.raises(LimitExceededError, match="string_length"):
        small('printf("' + "%200d" * 60 + '")')


def test_too_many_arguments_are_refused(spec: Any) -> None:
    spec("def n 'p $#'")

    with pytest.raises(LimitExceededError, match="more than 1000 arguments"):
        spec("n" + " a" * 1001)


def test_json_that_is_broken_gives_minus_one(spec: Any) -> None:  # 6.2
    spec.interpreter.set("j", '{"a": [1, true, null], "s": "t"}')

    assert spec('p decode("json", "{"), decode("json", "5"), decode("base64", "?")') == "-1 5 \n"
    assert spec('p decode("json", j, t), t["a"][0], t["a"][1], t["a"][2], t["s"]') == "4 1 1  t\n"
    assert (
        spec('array d[2]; p encode("json", d), encode("json", "x"), encode("json", 1e300)') == '[0.0, 0.0] "x" 1e+300\n'
    )


def test_values_go_to_python_and_back(spec: Any) -> None:
    interpreter = spec.interpreter
    interpreter.set("flag", True)
    interpreter.set("text", NumericString("0x10", 16.0))
    interpreter.set("nothing", None)
    interpreter.set("image", np.arange(4, dtype=np.uint16).reshape(2, 2))

    assert spec("p flag, text + 1, nothing, image[1][0]") == "1 17 0 2\n"
    assert interpreter.get("image[1][0]") == 2.0
    assert interpreter.get("text") == "0x10"
    for name, value in [
        ("bad name", 1),
        ("text[1]", 1),
        ("image", np.ones((1, 1, 1))),
        ("t[a]", {"a": 1}),
        ("c", np.array([1j])),
    ]:
        with pytest.raises(SpecRuntimeError):
            interpreter.set(name, value)
    for name in ("text[1]", "image[7]"):
        with pytest.raises(SpecRuntimeError):
            interpreter.get(name)
    with pytest.raises(SpecRuntimeError):
        interpreter.delete("text[1]")
    interpreter.set("t[1]", 5)
    with pytest.raises(UndefinedNameError):
        interpreter.get("t[2]")


def test_a_function_registered_late_is_found(spec: Any) -> None:
    spec("def f(x) '{ return late(x) }'")
    with pytest.raises(UndefinedNameError):
        spec("f(1)")
    spec.interpreter.functions.add("late", 1, by_reference=(0,))(lambda _interpreter, reference: reference.get())

    assert spec("p f(6)") == "6\n"
    assert repr(DELETED) == "DELETED"


def test_long_chains_of_calls_are_shortened_in_messages(spec: Any) -> None:
    spec("def f(n) '{ if (n) f(n - 1); else 1/0 }'", source="deep.mac")

    with pytest.raises(SpecRuntimeError) as caught:
        spec("f(9)")

    assert caught.value.where().endswith("called in f() in f() in f() in f() ...")


def test_ctrl_c_in_the_host_is_an_interrupt(spec: Any) -> None:
    def sleep(_seconds: float) -> None:
        raise KeyboardInterrupt

    spec.host.sleep = sleep
    with pytest.raises(MacroInterruptError):
        spec("sleep(1)")


def test_running_out_of_memory_is_a_spec_error(spec: Any) -> None:
    def fail(_interpreter: Interpreter) -> float:
        raise MemoryError

    spec.interpreter.functions.add("hog", 0)(fail)
    with pytest.raises(SpecLanguageError, match="Out of memory"):
        spec("hog()")


def test_a_program_that_is_too_deep_for_python_is_a_spec_error(spec: Any) -> None:
    deep = "if (1) {" * 40 + "x = " + "(" * 60 + "g(n + 1)" + ")" * 60 + "}" * 40

    with pytest.raises(LimitExceededError):
        spec(f"def g(n) '{{ {deep} }}'; g(0)")


def test_the_memory_host_is_a_small_world() -> None:
    host = MemoryHost()

    assert host.file_info("/tmp") is not None
    assert host.read_key() == ""
    assert not host.is_alive(2)
    assert host.format_time(5.0, "%a %b %d %H:%M:%S %Y").endswith("+ 5 s")
    host.files["a"] = "x"
    assert (host.file_info("a") or {})["size"] == 1.0


def test_the_start_needs_no_numpy() -> None:
    program = (
        "import sys; from pycertifspec.simulator.language import Interpreter;"
        "from pycertifspec.simulator.language.memory_host import MemoryHost;"
        "Interpreter(MemoryHost()).execute('x = 1; print x');"
        "assert 'numpy' not in sys.modules"
    )

    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize(
    "text",
    [
        "p " + "s " * 50,
        "p " + ", ".join(["s"] * 50),
        "for (i = 0; i < 50; i++) a[i] = s; print a",
        'for (i = 0; i < 50; i++) a[i] = s; encode("json", a)',
        'gsub("a+", "&&&&&&&&&&&&&&&&", s)',
    ],
)
def test_a_long_result_is_refused_before_it_is_made(small: Any, text: str) -> None:
    small('s = "a"; for (i = 0; i < 10; i++) s = s s')

    with pytest.raises(LimitExceededError, match="string_length"):
        small(text)


def test_split_fills_no_more_than_an_array_may_hold(small: Any) -> None:
    small('s = "a "; for (i = 0; i < 7; i++) s = s s')

    with pytest.raises(LimitExceededError, match="associative_elements"):
        small("split(s, t)")
