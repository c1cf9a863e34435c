"""SPEC_LANGUAGE.md 6: the built-in functions of the language itself."""

from __future__ import annotations

import math
from typing import Any

import pytest

from pycertifspec.simulator.language import LimitExceededError, SpecRuntimeError, SpecSyntaxError, UndefinedNameError


@pytest.mark.parametrize(
    ("expression", "shown"),
    [
        # 6.1
        ("sin(PI/2), cos(0), tan(0), asin(1), acos(1), atan(1)", "1 1 0 1.5708 0 0.785398"),
        (
            "atan2(1, 1), exp(1), exp10(2), log(exp(2)), log10(1000), sqrt(9), pow(2, 10), fabs(-3)",
            "0.785398 2.71828 100 2 3 3 1024 3",
        ),
        ("int(2.9), int(-2.9), deg(PI), rad(180)", "2 -2 180 3.14159"),
        ("rand(0), rand() >= 0, rand() <= 32767, rand(-5) >= -5, rand(5) <= 5", "0 1 1 1 1"),
        ("srand(3), bcd(12), dcb(18)", "0 18 12"),
        ("sqrt(-1), log(0), exp(1000)", "nan -inf inf"),
        # 6.2
        ('length("abc"), length(12345), length("")', "3 5 0"),
        ('index("hello", "lo"), index("hello", "z")', "4 0"),
        ('substr("hello", 2), substr("hello", 2, 2), substr("hello", 9), substr("hello", 0, 3)', "ello el  he"),
        ('split("a,b,,c", q, ","), q[2] "|" q[3]', "4 |c"),
        ('split("  a  b ", q), q[0] q[1]', "2 ab"),
        ('split("", q)', "0"),
        ('sscanf("12 3.5 abc", "%d %f %s", a, b, c), a, b, c', "3 12 3.5 abc"),
        ('sscanf("x=5,y", "x=%d,%c", a, b[1]), a, b[1]', "2 5 y"),
        ('sscanf("0x1f 017 ff", "%i %i %x", a, b, c), a, b, c', "3 31 15 255"),
        ('sscanf("abc123", "%[a-c]%3d", a, b), a, b', "2 abc 123"),
        ('sscanf("5 6", "%*d %d", a), a', "1 6"),
        ('sscanf("abc", "%d", a)', "0"),
        ('tolower("ABC"), toupper("abc"), toupper("abc", 1), toupper("abc", 1, 2)', "abc ABC Abc aBc"),
        ('asc("A"), asc("AB", 2), asc("A", 5), asc("")', "65 66 0 0"),
        ('rsplit("a1b22c", q, "[0-9]+"), q[0] q[1] q[2]', "3 abc"),
        ('sub("l", "[&]", "hello"), gsub("l", "[&]", "hello"), gsub("l", "\\\\&", "hello")', "he[l]lo he[l][l]o he&&o"),
        ('gensub("(.)(.)", "\\\\2\\\\1", "g", "abcd"), gensub("a", "x", 2, "aaa")', "badc axa"),
        ('match("foobar", "o+b", m), m[0], m[0]["start"], m[0]["length"]', "2 oob 2 3"),
        ('match("abc", "x"), match("abc", "("), match("abc", "^a.c$")', "0 -1 1"),
        ('match("key = 12", "([a-z]+) *= *([0-9]+)", m), m[1], m[2] + 1', "1 key 13"),
        ('encode("base64", "hello"), decode("base64", "aGVsbG8=")', "aGVsbG8= hello"),
        ('decode("json", "{\\"a\\": 1, \\"b\\": {\\"c\\": [1]}}", j), j["a"], j["b"]["c"]', "2 1 [1]"),
        # 6.3
        ("time(), date(0)", "0 Thu Jan 01 00:00:00 1970"),
        ('date("%Y"), date(0, "%Y")', "1970 1970"),
        ("sleep(2), time()", "1 2"),
        ('getenv("USER"), getenv("NOSUCH") "."', "user ."),
        ('chdir("/tmp"), CWD, chdir("/nowhere"), chdir(), CWD', "1 /tmp 0 1 /home/user"),
        ('file_info("/tmp"), file_info("/tmp", "-d"), file_info("/none"), file_info(1, "alive")', "1 1 0 1"),
        ('eval("1+"), EVAL_RESULT, EVAL_ERR != ""', "0 -1 1"),
        ('eval("x=1; if (x) {}"), EVAL_RESULT, EVAL_ERR', "1 1 "),
        ('eval("xyz"), EVAL_RESULT', "0 -1"),
        ('spec_par("keep_going"), spec_par("keep_going", 1), spec_par("keep_going"), spec_par("zz")', "0 1 1 -1"),
        # 6.10
        ('is_macro("p"), is_macro("q")', "1 0"),
    ],
)
def test_functions_do_what_section_6_says(spec: Any, expression: Any, shown: Any) -> None:
    assert spec(f"p {expression}") == shown + "\n"


def test_encode_gives_json(spec: Any) -> None:  # 6.2
    assert (
        spec('x = ["a":1, "b":"t"]; x["c"]["d"] = 1.5; p encode("json", x)') == '{"a": 1, "b": "t", "c": {"d": 1.5}}\n'
    )


def test_eval_does_not_see_locals_and_eval2_does(spec: Any) -> None:  # 6.3
    assert spec('{ local x; x = 5; p eval("unset(\\"x\\")"), eval2("x + 1"); eval2("x = 7"); p x }') == "1 6\n7\n"


def test_eval_inside_eval_is_limited(small: Any) -> None:
    small("def f() '{ return eval(\"f()\") }'")

    assert small("p f(), EVAL_RESULT") == "0 0\n"


def test_unix_asks_the_host(spec: Any) -> None:  # 6.3
    spec.host.shell = {"ls": (0, "a\nb\n"), "false": (1, "")}

    assert spec('p unix("ls", x), x "."') == "0 a\nb\n.\n"
    assert spec('p unix("false")', 'unix("ls")', 'unix("ls", x, 1); p x') == "1\na\nb\na\n"


def test_a_host_may_refuse_a_shell(spec: Any) -> None:
    def refuse(_command: Any) -> Any:
        raise PermissionError("no shell here")

    spec.host.run_shell = refuse
    with pytest.raises(SpecRuntimeError, match="no shell here"):
        spec('unix("rm -rf /")')


@pytest.mark.parametrize(
    ("keys", "call", "shown"),
    [
        (["  hello "], 'p "<" input("name? ") ">"', "name? <hello >\n"),
        ([""], 'p getval("Lattice a", 5.4)', "Lattice a (5.4)? 5.4\n"),
        (["0x10"], 'p getval("N", 1) + 1', "N (1)? 17\n"),
        (["010"], 'p getval("N", 1) + 1, getsval("S", "a")', "N (1)? S (a)? 9 a\n"),
        (["y"], 'p yesno("Sure", 0)', "Sure (NO)? 1\n"),
        ([""], 'p yesno("Sure", 1)', "Sure (YES)? 1\n"),
        (["no"], 'p yesno("Sure", "yes")', "Sure (YES)? 0\n"),
        ([], "p yesno(1)", " (YES)? 1\n"),
        (["x"], 'p input(0) input(0) "."', "x.\n"),
    ],
)
def test_the_keyboard_is_asked_as_section_6_4_says(spec: Any, keys: Any, call: Any, shown: Any) -> None:
    spec.host.keys = keys

    assert spec(call) == shown


def test_output_goes_where_it_is_turned_on(spec: Any) -> None:  # 6.5
    assert spec('on("a.txt"); off("tty"); p 1; on("tty"); off("a.txt"); p 2') == "2\n"
    assert spec.host.files["a.txt"] == "1\n"
    assert spec('fprintf("b.txt", "%d\\n", 5); p close("b.txt"), close("b.txt"), open("/forbidden/x")') == "0 -1 -1\n"
    assert spec.host.files["b.txt"] == "5\n"
    assert spec('p off("a.txt"), off("zz"), OUTFILES["a.txt"]["path"]') == "0 -1 a.txt\n"
    assert "a.txt off" in spec("open()")
    assert spec("on()") == "tty on\n"


def test_the_screen_comes_back_when_nothing_is_on(spec: Any) -> None:  # 6.5
    assert spec('on("a.txt"); off("tty"); off("a.txt"); p 1') == "1\n"


def test_log_files_get_everything(spec: Any) -> None:  # 6.5
    spec('open("session.log"); open("errors.elog"); on("data"); off("tty"); p 1; fprintf("x", "2\\n"); eprint 3')

    assert spec.host.files["session.log"] == "1\n2\n3\n"
    assert spec.host.files["errors.elog"] == "1\n2\n#E 3\n"


def test_a_tilde_is_the_home_directory(spec: Any) -> None:  # 6.5
    spec('fprintf("~/f", "x")')

    assert spec.host.files["/home/user/f"] == "x"


def test_getline_reads_lines(spec: Any) -> None:  # 6.5
    spec.host.files["f"] = "one\ntwo\n"

    assert spec('p getline("f") getline("f") getline("f"), GETLINE_EOF') == "one\ntwo\n-1 1\n"
    assert (
        spec('getline("f", 0); p getline("f"), getline("f", "close"), getline("none"), GETLINE_EOF')
        == "one\n 0 -1 -1\n"
    )


def test_command_files_are_run_next(spec: Any) -> None:  # 6.5
    spec.host.files["m.mac"] = "p 1\nif (1) {\n p 2\n}\np 3"

    assert spec('qdofile("m.mac"); p 4') == "1\n2\n3\n4\n"
    assert spec('qdofile("m.mac", 5)', 'qdofile("m.mac", "p 3")', 'p dofile("none")') == "3\n3\n-1\n"
    spec.host.files["bad.mac"] = "p 1\n{ p 2\n"
    with pytest.raises(SpecSyntaxError, match=r"bad\.mac"):
        spec('qdofile("bad.mac"); p 4')


def test_a_command_file_shows_each_line_before_it_is_run(spec: Any) -> None:  # 6.5
    spec.host.files["m.mac"] = '# so\np 1; p 2\n\nif (1) {\n p 3\n}\nqdofile("q.mac")\ndofile("r.mac", 2); p 6'
    spec.host.files["q.mac"] = "p 4\n"
    spec.host.files["r.mac"] = "p 0\np 5\n"

    assert spec('dofile("m.mac"); p 7') == (
        '# so\np 1; p 2\n1\n2\n\nif (1) {\n p 3\n}\n3\nqdofile("q.mac")\n4\ndofile("r.mac", 2); p 6\np 5\n5\n6\n7\n'
    )


def test_array_results_that_are_too_large_are_infinite_and_warn_nobody(spec: Any) -> None:  # 6.8
    spec("array a[3]; a[0] = 1e300; a[1] = -1e300")
    assert spec('p array_op("sumsq", a), array_op("sum", a * 1e20), array_op("com", a * a)') == "inf nan nan\n"
    spec('array_op("fill", a, 1e308, 1e308); array b[2][3]; array_op("fill", b, 1e308, 1e308)')
    assert spec('p array_op("max", b), array_op("sort", a)') == "inf 0\n"


def test_the_screen_is_controlled_by_codes(spec: Any) -> None:  # 6.5
    assert (
        spec('tty_cntl("md"); tty_move(0, 2, "\\[so]hi\\[se]"); tty_cntl("zz"); p tty_cntl("resized?")')
        == "\x1b[1m\x1b[3;1H\x1b[7mhi\x1b[27m0\n"
    )
    assert spec('p tty_fmt(0, 0, 5, "one two three")').endswith("3\n")


CURVE = 'array x[5]; array y[5]; array_op("fill", x); y[1]=1; y[2]=4; y[3]=1; '


@pytest.mark.parametrize(
    ("operation", "shown"),
    [
        ('array_op("rows", y), array_op("cols", y)', "1 5"),
        ('array_op("min", y), array_op("max", y), array_op("i_at_max", y), array_op("col_at_max", y)', "0 4 2 2"),
        ('array_op("sum", y), array_op("sumsq", y), array_op("com", x, y)', "6 18 2"),
        ('array_op("fwhm", x, y), array_op("cfwhm", x, y), array_op("x_at_max", x, y)', "1.33333 2 2"),
        ('array_op("lhmx", x, y), array_op("uhmx", x, y)', "1.33333 2.66667"),
        ('array_op("transpose", y)[0]', None),
        ('array_op("contract", y, 1, 2)', "{1, 5}"),
        ('array_op("sort", y), y', "0 {0 <2 repeats>, 1 <2 repeats>, 4}"),
        ('array_op("info", y)', "double 5"),
        ("array_copy(x, y)", "{0, 1, 4, 1, 0}"),
        ('array_plot(y), plot_cntl("erase"), plot_range(0, 1, 0, 1), plot_move(0, 0, "x")', "0 0 0 0"),
    ],
)
def test_arrays_are_worked_on_as_section_6_8_says(spec: Any, operation: Any, shown: Any) -> None:
    if shown is None:
        assert spec(CURVE + 'z = array_op("transpose", y); p array_op("rows", z)') == "5\n"
    else:
        assert spec(f"{CURVE}p {operation}") == shown + "\n"


def test_arrays_are_written_and_read_as_text(spec: Any) -> None:  # 6.5
    assert spec(CURVE + "array_dump(x, y)") == "0 0\n1 1\n2 4\n3 1\n4 0\n"
    assert spec('array_dump("f", y, "%D=,", "%.1f"); array_dump(y, "%2C")') == "0 1\\\n4 1\\\n0\n"
    assert spec.host.files["f"] == "0.0,1.0,4.0,1.0,0.0\n"
    spec.host.files["n"] = "# comment\n1 2 3\n4 5 6\n"
    assert (
        spec('array m[2][2]; p array_read("n", m, "C=1"), m; array v[9]; p array_read("n", v), v[5]')
        == "2 {{2, 3}, {5, 6}}\n6 6\n"
    )
    with pytest.raises(SpecRuntimeError):
        spec('array_read("none", m)')


def test_a_string_row_takes_bytes(spec: Any) -> None:  # 6.8
    assert spec('ubyte array b[3]; array_copy(b, "AB"); p b') == "{65, 66, 0}\n"


@pytest.mark.parametrize(
    "call",
    [
        "atan2(0,0)",
        "sin()",
        "sin(1,2)",
        'array_op("rows", 3)',
        'array_op("zzz", d)',
        'encode("xml", 1)',
        'cdef("a b", "x")',
        'gsub("[", "", "x")',
        "substr(1)",
    ],
)
def test_calls_that_make_no_sense_are_errors(spec: Any, call: Any) -> None:
    spec("array d[2]")

    with pytest.raises(SpecRuntimeError):
        spec(call)


def test_patterns_that_explode_elsewhere_end_soon(spec: Any) -> None:
    text = "a" * 200
    assert (
        spec(f'p match("{text}", "(a*)*b"), match("{text}", "(a|aa)+$"), match("{text}", "(.*.*.*.*.*)=")') == "0 1 0\n"
    )


def test_limits_are_named_when_they_are_met(small: Any) -> None:
    for text, name in [
        ("array a[2000]", "array_elements"),
        ('s = "x"; for (i = 0; i < 40; i++) s = s s', "string_length"),
        ("for (i = 0; i < 200; i++) a[i] = i", "associative_elements"),
        ("def f() '{ f() }'; f()", "call_depth"),
        ("p " + "(" * 100, "nesting"),
        ("p 1" + "+1" * 500, "expression_depth"),
        (f'match("x", "{"a" * 300}")', "regex_size"),
        ('match("x", "((a{50}){50}){50}")', "regex_size"),
        ('s = sprintf("%200s", "a"); for (i = 0; i < 4; i++) s = s s; match(s, "((a*)*(b*)*)*z")', "regex_steps"),
        ('for (i = 0; i < 20; i++) open("f" i)', "open_files"),
        ('rdef m sprintf("%200s", "x")' + ' sprintf("%200s", "x")' * 30, "macro_characters"),
        ('s = "aaaaaaaaaaaaaaaaaaaa"; for (i = 0; i < 9; i++) s = gsub("a", "&&&", s)', "_"),
    ]:
        with pytest.raises(LimitExceededError, match=name):
            small(text)


def test_a_host_adds_functions_and_commands(spec: Any) -> None:
    from pycertifspec.simulator.language import Command

    @spec.interpreter.functions.add("motor_mne", 1)
    def motor_mne(_interpreter: Any, number: Any) -> Any:
        """The mnemonic of a motor."""
        return ["tth", "th"][int(number)]

    @spec.interpreter.functions.add("motor_num", 1, by_reference=(0,))
    def motor_num(_interpreter: Any, reference: Any) -> Any:
        return 1.0 if reference.name == "th" or reference.get() == "th" else -1.0

    moved = []
    spec.interpreter.commands.register(Command("move_all", lambda *_arguments: moved.append(True)))

    assert spec('p motor_mne(1), motor_num(th), motor_num("th"), motor_num(x)', "move_all") == "th 1 1 -1\n"
    assert moved == [True]


def test_every_known_name_is_in_the_table(spec: Any) -> None:
    from pycertifspec.simulator.language import known_names

    rows = {row.name: row for row in known_names(spec.interpreter)}

    assert rows["sin"].implemented
    assert rows["sin"].doc
    assert not rows["epics_get"].implemented
    assert rows["print"].is_command
    assert all(row.doc for row in rows.values() if row.implemented)
    with pytest.raises(SpecRuntimeError, match=r"epics_get\(\) is not implemented in this simulator"):
        spec('epics_get("x")')
    with pytest.raises(UndefinedNameError):
        spec("nobody_has_this()")


def test_listings_show_names(spec: Any) -> None:
    spec('x = 1; s = "a"; t[1] = 2; constant c 3; array d[2]; global u')

    assert "PI" in spec("syms")
    assert spec("syms x") == f"{'x':<20} {'global':<10} 1\n"
    assert "prdef" in spec("lscmd pr*")
    assert "macros with" in spec("memstat")
    assert "keep_going" in spec('spec_par("?")')
    assert spec("p calc(2)") == "0\n"


def test_savstate_says_so_when_there_is_no_place_for_the_state(spec: Any) -> None:  # 1.3
    with pytest.raises(SpecRuntimeError, match="savstate: the state is not saved"):
        spec("savstate")


def test_savstate_asks_the_embedding_program_to_save(spec: Any) -> None:  # 1.3
    saved: list[bool] = []
    spec.interpreter.on_save = lambda: saved.append(True)

    spec("savstate")

    assert saved == [True]


def test_numbers_are_c_doubles(spec: Any) -> None:
    assert math.isinf(spec.value("1e400"))
