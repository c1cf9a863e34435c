"""The tree of our modules is what the page on the architecture shows, and each can be imported by itself."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from typing import Any

import pytest
from tests.architecture import tree

MODULES = tree.modules()


@pytest.mark.parametrize("path", MODULES)
def test_every_module_says_in_one_line_what_it_is_for(path: Any) -> None:
    purpose = MODULES[path]
    assert purpose, f"{path} has no docstring"
    assert purpose.endswith("."), f"the first line of {path} is no sentence: {purpose!r}"
    assert len(purpose) <= 117


def test_the_page_on_the_architecture_shows_every_module_and_no_other() -> None:
    shown = tree.shown(tree.PAGE.read_text())
    hint = "run `python -m tests.architecture.tree`"
    assert sorted(set(MODULES) - set(shown)) == [], f"not on the page; {hint}"
    assert sorted(set(shown) - set(MODULES)) == [], f"on the page alone; {hint}"


@pytest.mark.parametrize("path", MODULES)
def test_the_page_says_of_a_module_what_the_module_says(path: Any) -> None:
    assert tree.shown(tree.PAGE.read_text()).get(path) == MODULES[path], "run `python -m tests.architecture.tree`"


def test_a_tree_that_is_written_is_read_back() -> None:
    page = "before\n```text\nsrc/pycertifspec/\n```\nafter ```text\nother\n```\n"
    drawn = {"b.py": "Second.", "A.py": "First.", "sub/__init__.py": "A part.", "sub/deep/c.py": "Deep.", "to/d.py": ""}
    written = tree.rewritten(page, drawn)
    assert tree.shown(written) == drawn
    assert written.startswith("before\n")
    assert written.endswith("\nafter ```text\nother\n```\n")
    assert tree.rewritten(written, drawn) == written


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ("    a.py  A.\n    a.py  B.\n", "twice"),
        ("  a.py  A.\n", "indented by 4"),
        ("        a.py  A.\n", "too far"),
        ("    what is this?\n", "not a line"),
    ],
)
def test_a_tree_that_cannot_be_read_is_told_from_one_that_is_empty(lines: Any, reason: Any) -> None:
    if reason == "not a line":
        lines = "    ? what\n"
    with pytest.raises(AssertionError, match=reason):
        tree.shown(f"```text\nsrc/pycertifspec/\n{lines}```\n")
    with pytest.raises(AssertionError, match="has no tree"):
        tree.shown(lines)


def test_no_two_files_differ_only_in_case() -> None:
    """Where the file system does not tell them apart one of them would be lost."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=tree.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    names = listed.stdout.splitlines() or [path.relative_to(tree.ROOT).as_posix() for path in tree.SOURCE.rglob("*")]
    assert len(names) > 50
    # Folders too: each beginning of a path is a name.
    paths = {"/".join(parts[: end + 1]) for parts in (name.split("/") for name in names) for end in range(len(parts))}
    again = Counter(path.lower() for path in paths)
    assert [path for path in sorted(paths) if again[path.lower()] > 1] == []


# In one process, for a start of Python takes longer than this; the package's modules are forgotten each time.
IMPORT_EACH = """
import importlib, sys, threading
failed = {}
for name in sys.argv[1:]:
    for loaded in [n for n in sys.modules if n.partition(".")[0] == "pycertifspec"]:
        del sys.modules[loaded]
    try:
        importlib.import_module(name)
    except BaseException as error:
        failed[name] = repr(error)
assert not failed, failed
assert threading.active_count() == 1, threading.enumerate()
"""


def test_every_module_can_be_imported_first() -> None:
    """An import cycle shows only to who begins at the wrong end; and no import starts anything or says anything."""
    names = [
        "pycertifspec" + "".join(f".{part}" for part in path.removesuffix(".py").split("/") if part != "__init__")
        for path in MODULES
    ]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", IMPORT_EACH, *names],
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_what_a_user_imports_first_does_not_load_what_few_need() -> None:
    """numpy costs 0.1 s, rich and asyncio some more."""
    code = "import pycertifspec, sys; print(sorted({'numpy', 'rich', 'asyncio'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"
