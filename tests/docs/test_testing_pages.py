"""What a page shows of a file that is shipped is that file; all else on the pages is run by `tests.docs.pages`."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from sybil.document import Document
from sybil.parsers.myst import CodeBlockParser

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "test-macros.md"


def test_the_lines_for_spec_itself_are_those_of_the_file_that_is_shipped() -> None:
    shipped = (resources.files("pycertifspec.simulator") / "macros" / "assert.mac").read_text()
    blocks = CodeBlockParser("spec", lambda _: None)(Document(PAGE.read_text(), str(PAGE)))
    assert shipped.endswith([block.parsed for block in blocks][-1].split("\n", 1)[1])
