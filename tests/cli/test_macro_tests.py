"""`pycertifspec simulator --run FILE --test --coverage`: macro files and the tests in them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pycertifspec.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., tuple[int, str, str]]

RATE = """\
def rate(counts, seconds) '{
	if (seconds <= 0) {
		return(0)
	}
	return(counts / seconds)
}'
"""
PASSES = "def test_rate() '{\n\tassert(rate(10, 2) == 5, \"ten in two seconds\")\n}'\n"
FAILS = "def test_zero '{\n\tassert(rate(1, 1) == 2, \"one is not two\")\n}'\n"


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a macro file; return the exit status and what was shown."""

    def run(text: str, *options: str) -> tuple[int, str, str]:
        path = tmp_path / "rate.mac"
        path.write_text(text)
        status = main(["simulator", "--time-scale", "inf", "--run", str(path), *options])
        return status, *capsys.readouterr()

    return run


def test_an_assertion_that_holds_is_silent(run: Run) -> None:
    assert run('assert(1)\nassert(2 > 1, "why")\np assert(2)\n') == (0, "1\n", "")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('p 1\nassert(1 == 2, "one is not two")\n', ":2: Assertion failed: one is not two"),
        ("assert(0)\n", ":1: Assertion failed."),
    ],
)
def test_one_that_does_not_hold_ends_the_file_with_its_line_and_text(run: Run, text: str, told: str) -> None:
    status, _, error = run(text)
    assert status == 1
    assert told in error


def test_all_tests_of_a_file_are_run_in_their_order(run: Run, tmp_path: Path) -> None:
    last = "def test_after() '{\n\tumv th 3\n\tassert(fabs(A[th] - 3) < 0.001, \"th is there\")\n}'\n"
    status, shown, error = run(RATE + PASSES + FAILS + last, "--test")

    assert status == 1
    assert error.endswith("1 of 3 tests failed\n")
    told = [line for line in shown.splitlines() if line.startswith(("ok ", "FAILED "))]
    assert told == [
        "ok     test_rate",
        f"FAILED test_zero: {tmp_path / 'rate.mac'}:11: Assertion failed: one is not two",
        "ok     test_after",
    ]


def test_a_test_that_fails_names_its_own_file_and_line(run: Run, tmp_path: Path) -> None:
    text = "x = 1\ndef test_one_line '{ nosuch(1) }'\ndef test_lines '{\n\tx = 2\n\tnosuch(1)\n}'\n"
    text += "def helper() '{\n\tnosuch(1)\n}'\ndef test_helped '{\n\thelper()\n}'\n"
    text += "def test_standard '{\n\tumv nosuch 1\n}'\n"
    _, shown, _ = run(text, "--test")

    file, said = tmp_path / "rate.mac", 'Undefined function "nosuch()".'
    *own, standard = [line for line in shown.splitlines() if line.startswith("FAILED")]
    assert own == [
        f"FAILED test_one_line: {file}:2: {said}",
        f"FAILED test_lines: {file}:5: {said}",
        f"FAILED test_helped: {file}:8: {said}",
    ]
    assert standard.startswith(
        f"FAILED test_standard: {file}:13: it said exit: Invalid motor name: nosuch (motors.mac:"
    )


def test_tests_that_all_pass_are_a_success(run: Run) -> None:
    assert run(RATE + PASSES, "--test") == (0, "ok     test_rate\nall 1 tests passed\n", "")


def test_a_test_that_says_exit_fails_and_one_that_says_quit_ends_all(run: Run) -> None:
    status, shown, _ = run("def test_a '{\n\texit\n}'\n", "--test")
    assert status == 1
    assert "rate.mac:2: it said exit" in shown
    assert run("def test_a '{ quit }'\ndef test_b '{ assert(0) }'\n", "--test")[0] == 0


def test_a_file_without_tests_is_told(run: Run) -> None:
    status, _, error = run(RATE, "--test")
    assert status == 1
    assert "defines no macro whose name begins with test_" in error


def test_lines_that_were_not_run_are_shown_also_when_a_test_fails(run: Run, tmp_path: Path) -> None:
    report = tmp_path / "coverage.json"
    _, shown, _ = run(RATE + FAILS, "--test", "--coverage", "--coverage-json", str(report))

    assert shown.splitlines()[-1].endswith("6    5  83 %  3")
    (found,) = json.loads(report.read_text())
    assert found["missing"] == [3]
    assert found["executable"] == [1, 2, 3, 5, 7, 8]


def test_files_that_are_loaded_first_are_covered_too(run: Run, tmp_path: Path) -> None:
    site = tmp_path / "site.mac"
    site.write_text(RATE)
    _, shown, _ = run("p rate(1, 0)\n", "--load", str(site), "--coverage")

    assert [line.split()[1:] for line in shown.splitlines()[-2:]] == [
        ["4", "3", "75", "%", "5"],
        ["1", "1", "100", "%"],
    ]


def test_the_use_of_a_macro_that_is_made_while_the_file_runs_is_no_line_of_its_own(run: Run) -> None:
    text = "rdef later '\n\tN = $1\n\tM = N\n'\nlater 2\nif (0) {\n\tlater\n}\nlater; p N\n"
    _, shown, _ = run(text, "--coverage")
    assert shown.splitlines()[-1].endswith("5    5  100 %")


HOOKS = """\
N = 0
cdef("user_precount", "
	if (N < 100) {
		N += $# + 1
	}
", "b")
cdef("user_precount", "
	if (N > 100) {
		N = 1
	}
", "a")
def test_it '{ ct 1; assert(N == 1) }'
"""


def test_lines_of_a_sites_hooks_count_where_they_stand(run: Run) -> None:
    _, shown, _ = run(HOOKS, "--test", "--coverage")
    assert shown.splitlines()[-1].endswith("8    7  88 %  9")


@pytest.mark.parametrize(
    ("piece", "where"),
    [
        ('cdef("user_precount", "wrong(1)", "key")', "{path}:1"),
        ('cdef("user_precount", "N = 1;\n\nwrong(1)", "key")', "{path}:3"),
        ('cdef("user_precount", \'\nN = $1\nwrong($1)\n\', "key")', "{path}:3"),
        ('text = "wrong(1)"; cdef("user_precount", text, "key")', "counting.mac:"),  # from no place of its own
    ],
)
def test_an_error_in_a_hook_names_the_line_of_the_hook(run: Run, tmp_path: Path, piece: str, where: str) -> None:
    first = 'cdef("user_precount", "N = 5", "a")'
    _, _, error = run(f"{piece}; {first}\nct 1\n")
    assert f"({where.format(path=tmp_path / 'rate.mac')}" in error
    assert 'macro "user_precount"' in error
    assert 'Undefined function "wrong()"' in error


@pytest.mark.parametrize("option", ["--test", "--coverage"])
def test_without_a_file_to_run_there_is_nothing_to_test(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulator", option]) == 2
    assert "--run FILE" in capsys.readouterr().err


def test_spec_itself_can_read_files_with_assertions(run: Run) -> None:
    """The file that is shipped makes what is not there, and leaves what is."""
    from importlib import resources

    text = (resources.files("pycertifspec.simulator") / "macros" / "assert.mac").read_text()
    assert run(text + 'p is_macro("assert")\n')[:2] == (0, "0\n")
    elsewhere = text.replace("assert", "claim")  # a name that is not there, as in SPEC itself
    assert run(elsewhere + 'p claim(0, "nothing happens")\n')[:2] == (0, "0\n")
