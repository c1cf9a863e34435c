"""The reference page of the command line, made from the parsers themselves.

`python -m tests.documentation.commands` writes it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pycertifspec.cli.main import COMMANDS, command_parser, parser

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "command-line.md"
HEAD = """# Commands and their arguments

What `pycertifspec COMMAND --help` says, in one place; the how-to pages show what the commands print. `specget` and
`specput` are `get` and `put`; `specmonitor` is `watch`, with EPICS's `-t KEY` for the time, and `--terse` in full.

| command | |
|---|---|
"""
# Of every command, and of all that talk to a server.
EVERYWHERE = {"-h", "--debug"}


def made() -> str:
    """Return the page."""
    rows = "".join(f"| `{name}` | {_cell(purpose)} |\n" for name, purpose in COMMANDS.items())
    status = str(parser().epilog).partition(" example:")[0]
    return f"{HEAD}{rows}\n{status[0].upper()}{status[1:]}\n\n" + "\n".join(map(_section, COMMANDS))


def _section(name: str) -> str:
    command = command_parser(name)
    example = str(command.epilog).partition("example: ")[2]
    arguments = "".join(f"| `{shown}` | {help_} |\n" for shown, help_ in _arguments(command))
    table = f"| argument | |\n|---|---|\n{arguments}\n" if arguments else ""
    return f"## {name}\n{command.description}\n\n{table}```\n{example}\n```\n"


def _arguments(command: argparse.ArgumentParser) -> Iterator[tuple[str, str]]:
    for action in command._actions:
        if EVERYWHERE & set(action.option_strings):
            continue
        value = _value(action)
        words = [f"{option} {value}".rstrip() for option in action.option_strings] or [value]
        yield _cell(", ".join(words)), _cell(action.help or "")


def _value(action: argparse.Action) -> str:
    if action.nargs == 0:
        return ""
    choices = "{" + ",".join(map(str, action.choices)) + "}" if action.choices else None
    value = str(action.metavar or choices or action.dest.upper())
    return {"+": f"{value} ...", "*": f"[{value} ...]", "?": f"[{value}]"}.get(str(action.nargs), value)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("%%", "%").replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(made())
