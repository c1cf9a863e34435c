"""`pycertifspec where`: where the motors are, in user and dial units."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .motors import add_table_arguments

if TYPE_CHECKING:
    import argparse


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Describe the command."""
    command.description = "Show where the motors are, in user and in dial units, as SPEC's wa does."
    command.epilog = "example: pycertifspec where th tth"
    add_table_arguments(command, "motors", ("motor", "name", "position", "dial"), "position")
