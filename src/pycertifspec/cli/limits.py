"""`pycertifspec limits`: between which positions the motors may move."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .motors import add_table_arguments

if TYPE_CHECKING:
    import argparse


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Describe the command."""
    command.description = "Show between which positions the motors may move, in user units; equal limits are none."
    command.epilog = "example: pycertifspec limits th --json"
    add_table_arguments(command, "motors", ("motor", "name", "low", "position", "high"), "low", "high")
