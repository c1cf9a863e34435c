"""`pycertifspec run`: runs a command, or a macro file, and shows what it prints."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from pycertifspec.errors import LocalProtocolError, RemoteError
from pycertifspec.session import properties

from . import values
from .answering import Answering
from .arguments import add_output_arguments, add_server_argument, add_within_argument, within
from .connecting import connected
from .naming import type_name
from .output import Record
from .stopping import stopping

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator


# A macro file that somebody wrote; a longer one is some other file.
MAX_FILE = 1024 * 1024


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Describe the command."""
    command.description = (
        "Run a command as at SPEC's prompt, or the lines of a macro file one after the other, and show what is "
        "printed as it is printed. Status 0: it succeeded. 1: it failed; a file is not read on. Ctrl-C aborts it. What "
        "a macro of a simulated SPEC asks, the next line of standard input answers; SPEC asks at its own keyboard."
    )
    command.epilog = "example: pycertifspec run 'wh; p SCAN_N' && pycertifspec run -f align.mac"
    command.add_argument("commands", nargs="*", metavar="COMMAND", help="SPEC text")
    command.add_argument("-f", "--file", metavar="FILE", help="a macro file of this machine; - is standard input")
    command.add_argument("-p", "--print", action="store_true", help="show the value of the last statement as well")
    add_within_argument(command, "abort it, and end with 4, after so long (default: never)")
    add_server_argument(command)
    add_output_arguments(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Run it and show its output."""
    if bool(options.commands) == (options.file is not None):
        raise LocalProtocolError("give either a COMMAND or -f FILE")
    text, limit = " ".join(options.commands) if options.commands else _read(options.file), within(options)
    if options.commands and not text.strip():
        raise LocalProtocolError("the COMMAND is empty")
    steps = [(1, text)] if options.commands else _steps(options.file, text)
    said = text if options.commands else options.file
    with connected(options, doing=f"run {said[:80]!r}") as (client, _, output):
        shown: list[str] = []
        answering = Answering(client)

        def tell(piece: str) -> None:
            if output.form == "jsonl":
                output.json(Record(properties.TTY, piece, "output", timestamp=time.time()).as_json())
            elif output.form == "json":
                shown.append(piece)
            else:
                sys.stdout.write(piece)
                sys.stdout.flush()
                answering.shown(piece)

        value = None
        with answering.active(), stopping(output, "the command", client.wait_until_ready):
            for place, statement in steps:
                try:
                    value = client.execute(statement, timeout=limit, progress=tell).value
                except RemoteError as error:
                    where = f"{options.file}, what begins in line {place}: " if options.file is not None else ""
                    raise RemoteError(f"{where}{error}") from error
    if output.form in ("json", "jsonl"):
        more = {"output": "".join(shown)} if output.form == "json" else {}
        output.json(Record(said, value, type_name(value), timestamp=time.time()).as_json(**more))
    elif options.print and value is not None:
        output.line(values.in_line(value, values.Style()))


def _steps(name: str, text: str) -> list[tuple[int, str]]:
    """Return a file's statements.

    Raises:
        LocalProtocolError: it ends within one: it was cut, and nothing of it is run.

    """
    try:
        return list(statements(text))
    except LocalProtocolError as error:
        raise LocalProtocolError(f"{name} is not run: {error}") from error


def _read(name: str) -> str:
    with sys.stdin.buffer if name == "-" else Path(name).open("rb") as file:
        text = file.read(MAX_FILE + 1)
    if len(text) > MAX_FILE:
        raise LocalProtocolError(f"{name} is longer than {MAX_FILE} bytes: it is no macro file")
    if b"\0" in text:
        raise LocalProtocolError(f"{name} contains a NUL: it is no macro file")
    return text.decode("utf-8", "replace")


def statements(text: str) -> Iterator[tuple[int, str]]:
    """Give what is complete, with the number of its first line: SPEC takes one command at a time.

    Raises:
        LocalProtocolError: the text ends inside a statement.

    """
    from .completeness import pending  # noqa: PLC0415  brings the language

    begin, held = 1, ""
    for number, line in enumerate(text.splitlines(), 1):
        if not held:
            begin = number
        held += line + "\n"
        if not pending(held, last=False):
            if held.strip() and not held.strip().startswith("#"):
                yield begin, held.strip("\n")
            held = ""
    if held.strip() and pending(held):
        raise LocalProtocolError(f"the text ends inside the statement that begins in line {begin}")
    if held.strip():
        yield begin, held.strip("\n")
