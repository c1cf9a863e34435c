"""`pycertifspec mvr`: moves motors by distances."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .mv import add_moving_arguments

if TYPE_CHECKING:
    import argparse


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Describe the command."""
    command.description = "Move motors by distances from where they are, in user units; otherwise as mv."
    command.epilog = "example: pycertifspec mvr th -0.05"
    add_moving_arguments(command, "DISTANCE", relative=True)
