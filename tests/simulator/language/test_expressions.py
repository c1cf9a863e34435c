"""SPEC_LANGUAGE.md 4: operators, comparison, arithmetic, number to string."""

from __future__ import annotations

from typing import Any

import pytest

from pycertifspec.simulator.language import Choices, Interpreter, SpecRuntimeError, SpecSyntaxError
from pycertifspec.simulator.language.memory_host import MemoryHost


@pytest.mark.parametrize(
    ("expression", "shown"),
    [
        ("2+3*4", "14"),  # 4.1 precedence
        ("(2+3)*4", "20"),
        ("-2*3", "-6"),
        ("!0, !3, ~5, +2, -(-2), !!1", "1 0 -6 2 2 1"),
        ("10-4-3, 100/10/5, 7%4, -7%4", "3 2 3 -3"),
        ("1<<4, 256>>2, 1+1<<2", "16 64 8"),
        ("1<2, 2<=2, 3>4, 4>=5, 1==1, 1!=1", "1 1 0 0 1 0"),
        ("6&3, 6^3, 6|3, 1|2^3&1", "2 5 7 3"),
        ("1&&0, 1||0, 0||0, 1&&1", "0 1 0 1"),
        ("1 ? 2 : 3, 0 ? 2 : 0 ? 4 : 5", "2 5"),
        ("(a = b = 3), a, b", "3 3 3"),  # 4.4 value of an assignment
        ("(a = 5), a += 2, a -= 1, a *= 3, a /= 2, a %= 5", "5 7 6 18 9 4"),
        ("(a = 6), a <<= 1, a >>= 2, a &= 6, a ^= 1, a |= 8", "6 12 3 2 3 11"),
        ("i++, i, ++i, i--, i, --i", "0 1 2 2 1 0"),  # from unset
        ('"a" "b", "a"1, 1"a", "x" 1+2', "ab a1 1a x3"),  # juxtaposition
        ('"a" -1', "-1"),  # binary minus stays
        ('"a" " " (-1)', "a -1"),
        ('"1" + "2"', "3"),  # + never joins
        ('length("ab" "c")', "3"),  # in arguments
        ('(x = "a" "b") "c"', "abc"),
        ('1 ? "yes" : "no"', "yes"),
        ('"10" == 10.0, "1.0" == 1, 1 == "1"', "1 0 1"),  # 4.2
        ('"abc" < "abd", "10" < "9", 10 < 9', "1 1 0"),
        ('split("10 9", q), q[0] < q[1], q[0] == 10.0', "2 0 1"),  # numeric strings
        ('u == "", u == 0', "1 1"),  # unset is both
        ("5/2, 7/2*2, 1e308*10", "2.5 7 inf"),  # 4.3
        ("7.9&3.9, 5.9%3", "3 2"),
        ("2*PI/1.54, 1/3, 1e-10", "4.07999 0.333333 1e-10"),  # 4.5
        ("729760917, 1e14, 1e15, 123456789012, -0.0", "729760917 100000000000000 1e+15 123456789012 0"),
        ("1e20, 1.0, 100000.5", "1e+20 1 100000"),
        ('2 in z, "k" in z', "0 0"),
    ],
)
def test_expressions_have_the_value_that_section_4_gives(spec: Any, expression: Any, shown: Any) -> None:
    assert spec(f"p {expression}") == shown + "\n"


@pytest.mark.parametrize(
    "text",
    ["p 1 +", "p (1", "1 = 2", "p 2 ** 3", "x[1", "p 1 2 )", "++3", "f() = 1", "p ]", "p ? 1", "for (;;", "a b ="],
)
def test_what_is_no_expression_is_a_syntax_error(spec: Any, text: Any) -> None:
    with pytest.raises(SpecSyntaxError):
        spec(text)


@pytest.mark.parametrize("text", ["1/0", "1%0", "x = 1/0", "x = 1; x /= 0", "x = 5; x[1]", "x[1] = 1; x + 1"])
def test_arithmetic_that_cannot_be_is_an_error(spec: Any, text: Any) -> None:  # 4.3
    with pytest.raises(SpecRuntimeError):
        spec(text)


def test_logical_operators_stop_early(spec: Any) -> None:  # 4.1
    spec("0 && (x = 1); 1 || (y = 1)")

    assert spec('p unset("x"), unset("y")') == "1 1\n"


def test_a_pure_string_is_false_unless_chosen_otherwise(spec: Any) -> None:  # 4.2
    assert spec('if ("abc") p 1; else p 2') == "2\n"

    host = MemoryHost()
    Interpreter(host, choices=Choices(pure_string_is_true=True)).execute('s = "abc"; if (s) print 1; if ("0") print 2')
    assert host.screen == "1\n"


def test_integers_can_have_32_bits(spec: Any) -> None:  # 4.3
    assert spec("p 1<<40") == "1099511627776\n"

    host = MemoryHost()
    Interpreter(host, choices=Choices(integer_bits=32)).execute("print 1<<31, 1<<40, ~0")
    assert host.screen.split()[0] == "-2147483648"


def test_a_string_literal_is_compared_with_macro_arguments(spec: Any) -> None:  # 4.2
    spec('def sw \'if ("$1" == "on") { p 1 } else if ($1 == 0) p 2\'')

    assert spec("sw on", "sw 0") == "1\n2\n"


def test_a_bracket_after_a_variable_is_juxtaposition(spec: Any) -> None:  # 2.5
    assert spec('PV = "x:"', 'p PV ("y")') == "x:y\n"
