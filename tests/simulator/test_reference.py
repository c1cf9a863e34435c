"""The reference page says what the code does."""

from __future__ import annotations

from pathlib import Path

from pycertifspec.simulator.reference import page

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "spec-language.md"


def test_the_reference_page_is_what_the_code_gives() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), (
        "write it again: python -m pycertifspec.simulator.reference > docs/reference/spec-language.md"
    )


def test_the_reference_page_says_what_is_missing_and_what_has_no_device() -> None:
    rows = {line.split("`")[1]: line.split(" | ")[1] for line in page().splitlines() if line.startswith("| `")}
    assert rows["motor_mne()"] == "yes"
    assert rows["mca_get()"] == "no device"
    assert rows["gethelp()"] == "no"
    assert rows["move_all"] == "yes"
