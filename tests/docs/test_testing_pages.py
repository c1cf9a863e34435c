"""The pages on testing: their files are written, their commands are run, and their tests pass."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest

PAGES = Path(__file__).parents[2] / "docs" / "how-to"
BLOCK = re.compile(r"```(?P<kind>python|spec|console)\n(?P<text>.*?)```", re.DOTALL)
FILE_NAME = re.compile(r"# (?P<name>[\w.]+)\n")


def blocks(page: str, *kinds: str) -> list[str]:
    """Return the texts of a page's examples."""
    found = [match["text"] for match in BLOCK.finditer((PAGES / page).read_text()) if match["kind"] in kinds]
    assert found
    return found


def write_files(page: str, folder: Path) -> None:
    """Write each example that begins with a file's name."""
    for text in blocks(page, "python", "spec"):
        name = FILE_NAME.match(text)
        assert name is not None, f"an example without a file name: {text[:50]}"
        (folder / name["name"]).write_text(text)


def run(command: str, folder: Path) -> str:
    """Run a command as at a shell's prompt; return what it shows."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        command,
        shell=True,
        cwd=folder,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    return done.stdout + done.stderr


def test_the_suites_on_the_page_about_the_simulator_pass(tmp_path: Path) -> None:
    write_files("simulated-spec-in-tests.md", tmp_path)
    shown = run(f"{sys.executable} -m pytest -q -W error --strict-markers --rootdir .", tmp_path)
    assert re.search(r"\n8 passed", shown), shown


@pytest.mark.skipif(os.name == "nt", reason="the commands are for a POSIX shell")
def test_the_commands_on_the_page_about_macros_show_what_it_says(tmp_path: Path) -> None:
    write_files("test-macros.md", tmp_path)
    for text in blocks("test-macros.md", "console"):
        command, _, shown = text.removeprefix("$ ").partition("\n")
        assert run(command, tmp_path) == shown


def test_the_lines_for_spec_itself_are_those_of_the_file_that_is_shipped() -> None:
    shipped = (resources.files("pycertifspec.simulator") / "macros" / "assert.mac").read_text()
    assert shipped.endswith(blocks("test-macros.md", "spec")[-1].split("\n", 1)[1])
