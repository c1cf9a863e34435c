"""`pycertifspec completion`: what a shell reads to complete our arguments. The one door of argcomplete."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

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

    # What we do not know is no file's name.
    sys.stdout.write(argcomplete.shellcode(PROGRAMS, use_defaults=False, shell=options.shell))


def complete(program: argparse.ArgumentParser) -> None:
    """Answer a shell that asks what may come next, and end the program."""
    import argcomplete  # noqa: PLC0415  as above

    _complete_files(program, argcomplete.FilesCompleter())
    argcomplete.autocomplete(program, always_complete_options=False, default_completer=argcomplete.SuppressCompleter())


def _complete_files(program: argparse.ArgumentParser, files: object) -> None:
    """Have names of files completed where an argument is one."""
    for action in program._actions:  # noqa: SLF001  argparse tells nobody else
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for command in action.choices.values():
                _complete_files(command, files)
        elif action.type is Path or action.metavar in ("FILE", "DIR"):
            action.completer = files  # type: ignore[attr-defined]  # argcomplete's own
