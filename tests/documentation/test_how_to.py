"""What the how-to pages show is what their commands print."""

from __future__ import annotations

import pytest
from tests.documentation import commands, screen
from tests.documentation.console import COMMAND_LINE, PAGES, made

from pycertifspec.cli.main import COMMANDS

FILES = [PAGES / name for name in COMMAND_LINE]


@pytest.mark.parametrize("name", [path.name for path in FILES])
def test_a_page_shows_what_its_commands_print(name: str) -> None:
    page = (PAGES / name).read_text()
    assert made(page) == page, "`python -m tests.documentation.console` writes what they print now"


def test_every_command_is_shown_on_a_page() -> None:
    pages = "".join(path.read_text() for path in PAGES.glob("*.md"))
    assert [name for name in COMMANDS if f"pycertifspec {name}" not in pages] == []


def test_the_page_of_the_prompt_shows_what_a_terminal_shows() -> None:
    page = screen.PAGE.read_text()
    assert screen.made(page) == page, "`python -m tests.documentation.screen` writes what it shows now"


def test_the_reference_of_the_command_line_is_what_its_help_says() -> None:
    assert commands.made() == commands.PAGE.read_text(), "`python -m tests.documentation.commands` writes it"
