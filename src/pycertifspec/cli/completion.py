"""`pycertifspec completion`: what a shell reads to complete our arguments. The one door of argcomplete."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

SHELLS = ("bash", "zsh", "fish")
PROGRAMS = ("pycertifspec", "specget", "specput", "specmonitor")


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Describe the command."""
    command.description = (
        "Print what makes a shell complete our commands and their arguments. For bash: "
        'eval "$(pycertifspec completion bash)" in ~/.bashrc; for zsh the same with zsh in ~/.zshrc; '
        "for fish: pycertifspec completion fish > ~/.config/fish/completions/pycertifspec.fish"
    )
    command.epilog = 'example: eval "$(pycertifspec completion bash)"'
    command.add_argument("shell", choices=SHELLS, metavar="SHELL", help=" or ".join(SHELLS))
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Print it."""
    import argcomplete  # noqa: PLC0415  the help needs no extra

    sys.stdout.write(argcomplete.shellcode(PROGRAMS, shell=options.shell))


def complete(program: argparse.ArgumentParser) -> None:
    """Answer a shell that asks what may come next, and end the program."""
    import argcomplete  # noqa: PLC0415  as above

    argcomplete.autocomplete(program)
