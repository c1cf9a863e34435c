"""`pycertifspec lint`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pycertifspec.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_clean_file_is_silent_and_a_success(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.mac"
    path.write_text("p 1\n")

    assert main(["lint", str(path)]) == 0
    assert capsys.readouterr().out == ""


def test_mistakes_are_shown_with_their_places(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.mac"
    path.write_text("p nowhere, here, there(1)\n")

    assert main(["lint", str(path), "--known", "here,there"]) == 1
    assert capsys.readouterr().out.startswith(f"{path}:1:3: undefined-name: nowhere is made nowhere")


def test_mistakes_are_shown_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, site = tmp_path / "a.mac", tmp_path / "site.mac"
    path.write_text("p sqrt(1, 2), hutch(1)\n")
    site.write_text("def hutch(x) '{ return x }'\n")

    assert main(["lint", "--json", "--definitions", str(site), str(path)]) == 1
    (found,) = json.loads(capsys.readouterr().out)
    assert found == {
        "file": str(path), "line": 1, "column": 3, "code": "argument-count", "message": "sqrt() takes 1, not 2",
    }  # fmt: skip


def test_a_file_that_is_not_there_is_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", str(tmp_path / "none.mac")]) == 2
    assert "none.mac is no file" in capsys.readouterr().err
