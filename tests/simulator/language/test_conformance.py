"""SPEC_LANGUAGE.md 12: the rows that need no motors or scans."""

from __future__ import annotations

from typing import Any

import pytest

X = 'x = ["now","is","the"]'
ROWS = {
    "1": (['p 2+2, sqrt(3), "2^16 =", 1<<16'], "4 1.73205 2^16 = 65536\n"),
    "2": (["p 100, 0100, 0x100"], "100 64 256\n"),
    "3": (["{ k = 2*PI/1.54; print k }", "print k"], "4.07999\n0\n"),
    "6": ([X + "; print x"], 'x["0"] = "now"\nx["1"] = "is"\nx["2"] = "the"\n'),
    "7": (["global mA; mA[0]=2; mA[1]=0; print mA"], 'mA["0"] = 2\nmA["1"] = 0\n'),
    "8": (['a["x"]["y"]=1; p a["x\\034y"]'], "1\n"),
    "9": (
        ["array d[64][64]; d[0]=1; d[1]=2; print d"],
        "{{1 <64 repeats>}, {2 <64 repeats>}, {0 <64 repeats>} <62 repeats>}\n",
    ),
    "10": (["def com 'printf(\"$*\\n\")'", "com This is a comment."], "This is a comment.\n"),
    "11": (["def two 'p $1+$2'", "two 3 4", "two 3"], "7\n3\n"),
    "12": (["def n 'p $#'", 'n a "b c" d'], "3\n"),
    "13": (["def f(n) '{ if (n<=1) return(1); return(n*f(n-1)) }'", "p f(5)"], "120\n"),
    "14": (["if (0) { def t1 'p \"yes\"' }", "t1"], "yes\n"),
    "16": (['p "a" 1+2 "b"'], "a3b\n"),
    "17": (['p index("hello","l"), substr("hello",2,3), length("hello")'], "3 ell 5\n"),
    "18": (['p split("a b c", q), q[2]'], "3 c\n"),
    "19": (['p sub("l+","<&>","hello")'], "he<ll>o\n"),
    "20": (["p 5/2, int(-2.7), 7&3, 6^3, 1|8, ~0"], "2.5 -2 3 5 9 -1\n"),
    "21": (['p 3 > 2, "b" > "a", 10 > 9'], "1 1 1\n"),
    "22": (['cdef("zz","p 2;","b"); cdef("zz","p 1;","a")', "zz"], "1\n2\n"),
    "23": (['cdef("zz","p 2;","b"); cdef("zz","p 1;","a"); cdef("zz","p 0;","q",0x10)', "zz"], "0\n1\n2\n"),
    "24": (['cdef("zz","p 2;")', 'p whatis("print")&1, whatis("zz")&2, (whatis("nosuch_")&0xffff)'], "1 2 0\n"),
    "25": (['printf("%5.2f|%-5s|%03d\\n", 3.14159, "ab", 7)'], " 3.14|ab   |007\n"),
    "26": (["p date(0)"], "Thu Jan 01 00:00:00 1970\n"),
    "27": ([X, "p 1 in x, 9 in x"], "1 0\n"),
    "28": ([X, "{ for (i in x) n++; p n }"], "3\n"),
    "29": (['p eval("1+1"), EVAL_RESULT'], "2 0\n"),
    "30": (["p HOME # where I live"], "/home/user\n"),
}


@pytest.mark.parametrize("row", ROWS)
def test_the_conformance_table_holds(spec: Any, row: Any) -> None:
    lines, expected = ROWS[row]

    assert spec(*lines) == expected


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["constant Lambda 1.54", "Lambda = 1.7"], "Trying to assign to a constant `Lambda'."),  # row 4
        (["PI = 1"], "Trying to assign to an immutable `PI'."),  # row 5
        (["if (0) { rdef t2 'p \"yes\"' }", "t2"], '"t2" is undefined.'),  # row 15
    ],
)
def test_the_conformance_table_holds_for_errors(spec: Any, lines: Any, message: Any) -> None:
    from pycertifspec.simulator.language import SpecLanguageError

    with pytest.raises(SpecLanguageError) as caught:
        spec(*lines)

    assert caught.value.message == message
    assert message in spec.host.screen
