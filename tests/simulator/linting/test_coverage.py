"""Which lines of a macro file can be run, and which were."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pycertifspec.simulator.linting import Coverage, coverage, table
from pycertifspec.simulator.loading import read_macros

if TYPE_CHECKING:
    from pathlib import Path

TEXT = """\
# a comment
global RATE
RATE = 1; RATE++
def f(x) '{
	if (x)
		return 1
	else {
		for (;;)
			break
	}
}'
def m '{
	RATE = $1

	p RATE
}'
def word 'p 5'
rdef later '{
	p 6
}'
cdef("user_precount", "p 7
p 8", "key")
if (0) {
	p 9
}
"""


def lines_of(text: str, path: Path) -> tuple[int, ...]:
    path.write_text(text)
    (found,) = coverage([read_macros(path)], set())
    return found.executable


def test_lines_at_which_statements_begin_can_be_run_also_in_macros(tmp_path: Path) -> None:
    assert lines_of(TEXT, tmp_path / "a.mac") == (2, 3, 4, 5, 6, 8, 9, 12, 13, 15, 17, 18, 19, 21, 22, 23, 24)


def test_what_was_run_of_other_files_and_of_other_lines_is_not_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.mac"
    path.write_text("p 1\np 2\n\np 3\n")

    (found,) = coverage([read_macros(path)], {(str(path), 1), (str(path), 3), ("b.mac", 2)})

    assert found == Coverage(str(path), (1, 2, 4), (1,))
    assert found.as_json() == {
        "file": str(path), "executable": [1, 2, 4], "executed": [1], "missing": [2, 4], "percent": 33.3,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("executed", "ranges"),
    [((), "1-9"), ((1, 2, 5, 6, 9), ""), ((5,), "1-2, 6-9"), ((1, 9), "2-6"), ((1, 5, 9), "2, 6"), ((1, 2, 5), "6-9")],
)
def test_missing_lines_are_told_as_ranges(executed: tuple[int, ...], ranges: str) -> None:
    assert Coverage("a.mac", (1, 2, 5, 6, 9), executed).ranges() == ranges


def test_the_table_has_a_line_for_each_file() -> None:
    files = [Coverage("a.mac", (1, 2, 4, 5), (1, 5)), Coverage("longer.mac", (), ())]
    assert table(files) == (
        "file        lines  run         missing\na.mac           4    2   50 %  2-4\nlonger.mac      0    0  100 %\n"
    )
