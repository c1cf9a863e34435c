"""The tutorial's notebook does what it says, and its stored output is there for who only reads it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from nbclient import NotebookClient

if TYPE_CHECKING:
    from nbformat import NotebookNode

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorials" / "bluesky.ipynb"

# Seconds that a cell may take; imports of libraries that nobody has compiled yet are the longest.
TIMEOUT = 100


def shown(notebook: NotebookNode) -> tuple[list[Any], int]:
    """Return the values that cells show, and how many pictures there are."""
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    values = [output.data["text/plain"] for output in outputs if output.output_type == "execute_result"]
    return values, sum("image/png" in output.get("data", {}) for output in outputs)


def comparable(values: list[str]) -> list[str]:
    """Leave out what is another one each time: the runs' unique identifiers."""
    return [value for value in values if not value.startswith("('")]


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::RuntimeWarning", "ignore::UserWarning")
@pytest.mark.timeout(300)
def test_the_notebook_shows_what_is_stored_in_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    stored = nbformat.read(TUTORIAL, as_version=4)
    notebook = nbformat.from_dict(stored)

    NotebookClient(
        notebook, timeout=TIMEOUT, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
    ).execute()

    values, pictures = shown(notebook)
    assert comparable(values) == comparable(shown(stored)[0])
    assert "(29.9, 60.0)" in values
    assert pictures == shown(stored)[1] == 2
