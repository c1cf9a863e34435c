"""Reads the arguments and hands them to a command."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import logging
import os
import signal
import sys
from typing import TYPE_CHECKING, Never

from pycertifspec.errors import (
    CallTimeoutError,
    DataFileError,
    InvalidFileError,
    LocalProtocolError,
    RefusedError,
    RemoteError,
    ServerNotFoundError,
    SpecError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TextIO

# The commands and what each is for. A command's module is imported when it is used: some need much.
COMMANDS = {
    "completion": "the shell's completion of our arguments",
    "config": "what is set, and where each value comes from",
    "console": "SPEC's prompt in this terminal",
    "counters": "the counters and what they have counted",
    "ct": "count for a time",
    "demo": "watch Python talk to a SPEC server",
    "discover": "SPEC servers, with name, version and whether they are ready",
    "doctor": "what is wrong with a connection, and what to do",
    "documents": "every scan as Bluesky's documents, for Tiled, Kafka, NATS and files",
    "file": "list, show, plot, convert and follow SPEC data files",
    "follow": "scans that others start, point by point",
    "get": "what properties, motors, counters and variables are",
    "info": "what a server is and has",
    "limits": "between which positions the motors may move",
    "lint": "mistakes in SPEC macro files, found without running them",
    "motors": "the motors, with positions, limits and what each does",
    "mv": "move motors to positions",
    "mvr": "move motors by distances",
    "put": "write a property or a variable",
    "replay": "serve recorded traffic as a server",
    "run": "run a command or a macro file",
    "scan": "run a scan, point by point",
    "simulator": "a simulated SPEC",
    "sniff": "show the traffic between clients and a server",
    "version": "our version and that of what we stand on",
    "wait": "until a property is what is wanted",
    "watch": "each change of properties as it comes",
    "where": "where the motors are",
}

# Packages that a command may need and the extra that brings them.
EXTRAS = {
    "argcomplete": "cli",
    "bluesky_kafka": "kafka",
    "bluesky_nats": "nats",
    "bluesky_tiled_plugins": "tiled",
    "event_model": "documents",
    "h5py": "files",
    "nats": "nats",
    "plotext": "cli",
    "prompt_toolkit": "cli",
    "pygments": "cli",
    "rich": "cli",
}

PROGRAM = "pycertifspec"

# Options of every command that may stand in front of it, too, and how many words each takes with it.
COMMON = {
    "--server": 1, "-w": 1, "--timeout": 1, "--color": 1,
    "--json": 0, "--jsonl": 0, "-t": 0, "--terse": 0, "-q": 0, "--quiet": 0, "-v": 0, "-vv": 0, "--verbose": 0,
}  # fmt: skip

BROKEN_PIPE = 141  # what a shell says of a program that SIGPIPE ended
FAULT = 1  # what Python itself ends with after an error that nobody foresaw
INTERRUPTED = 130  # ... and of one that SIGINT did

# What the program's end tells a script; the first that fits counts. 0 is done.
EXIT_STATUS: tuple[tuple[type[BaseException], int], ...] = (
    (RemoteError, 1),  # the server said no
    (RefusedError, 5),  # a limit, or a read-only session
    (LocalProtocolError, 2),  # wrong usage
    (DataFileError, 1),
    (InvalidFileError, 2),
    (ServerNotFoundError, 3),  # no connection, or not a SPEC server
    (CallTimeoutError, 4),
    (BrokenPipeError, BROKEN_PIPE),
    (ConnectionError, 3),
    (SpecError, 1),
    (FileNotFoundError, 2),
    (FileExistsError, 2),
    (IsADirectoryError, 2),
    (NotADirectoryError, 2),
    (PermissionError, 2),
    (OSError, 1),
    (ModuleNotFoundError, 2),
    (KeyboardInterrupt, INTERRUPTED),
)


class Parser(argparse.ArgumentParser):
    """argparse's, which says what is wrong in one line."""

    def error(self, message: str) -> Never:
        """End the program with 2."""
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help\n")


def parser(chosen: str | None = None) -> argparse.ArgumentParser:
    """Return the parser of the program's own arguments; of the commands, `chosen` alone knows its own."""
    program = Parser(
        prog=PROGRAM,
        description="The open bridge between SPEC and Python.",
        epilog="exit status: 0 done, 1 the server said no, 2 wrong usage, 3 no connection or not a SPEC server, "
        "4 timeout, 5 refused (limit, read-only), 130 interrupted. "
        "example: pycertifspec discover beamline",
    )
    program.add_argument("-V", "--version", action="store_true", help="show our version")
    _add_debug(program)
    commands = program.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)
    for name, purpose in COMMANDS.items():
        command = commands.add_parser(name, help=purpose)
        if name == chosen:
            _describe(command, name)
    return program


def command_parser(name: str) -> argparse.ArgumentParser:
    """Return the parser of a command's arguments."""
    command = Parser(prog=f"{PROGRAM} {name}")
    _describe(command, name)
    return command


def _describe(command: argparse.ArgumentParser, name: str) -> None:
    importlib.import_module(f"pycertifspec.cli.{name}").add_arguments(command)
    _add_debug(command)


def _add_debug(program: argparse.ArgumentParser) -> None:
    program.add_argument("--debug", action="store_true", help="show the traceback of an error")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return the exit status."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    if "_ARGCOMPLETE" in os.environ:
        words = os.environ.get("COMP_LINE", "").split()[1:]
    words, chosen = arranged(words)
    name = f"pycertifspec {chosen or ''}".rstrip()
    status = ended(lambda: _run(chosen, words), name, debug="--debug" in words)
    return left(status) if arguments is None else status


def arranged(words: Sequence[str]) -> tuple[list[str], str | None]:
    """Return the words with a command's options behind it, and the command.

    `pycertifspec --server beamline get th` is as good as `pycertifspec get th --server beamline`.
    """
    moved: list[str] = []
    kept: list[str] = []
    place = 0
    while place < len(words) and words[place].startswith("-"):
        option, equals, _ = words[place].partition("=")
        end = place + 1 + (0 if equals else COMMON.get(option, 0))
        (moved if option in COMMON else kept).extend(words[place:end])
        place = end
    rest = list(words[place:])
    if not rest or rest[0] not in COMMANDS:
        return [*kept, *rest], None
    return [*kept, rest[0], *moved, *rest[1:]], rest[0]


def left(status: int) -> int:
    """Return the exit status; interrupted in a terminal, end as the shell expects of it.

    A shell ends a loop or a list of commands when one of them dies of Ctrl-C, and goes on when it exits, with whatever
    status: the next command would move the motors that were just stopped. `$?` is 130 either way.
    """
    if status == INTERRUPTED and any(map(_is_terminal, (sys.stdin, sys.stdout, sys.stderr))):
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError):  # nobody reads it any more
                stream.flush()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.raise_signal(signal.SIGINT)
    return status


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and not stream.closed and stream.isatty()


def ended(work: Callable[[], int], name: str, *, debug: bool | None = None) -> int:
    """Do a program's work; say what went wrong, and return the exit status."""
    debug = "--debug" in sys.argv if debug is None else debug
    # Without a handler of its own the library's warnings would stand between what a command says itself.
    logging.getLogger("pycertifspec").addHandler(logging.NullHandler())
    try:
        status = work()
        sys.stdout.flush()
    except (SpecError, OSError, ModuleNotFoundError, KeyboardInterrupt) as error:
        return _end(error, name, debug=debug)
    except UnicodeEncodeError as error:  # Python keeps what is no UTF-8 on the command line as half characters
        return _end(LocalProtocolError(f"{error.object!r} is no text in UTF-8"), name, debug=debug)
    except Exception as error:  # noqa: BLE001  whoever types a command at night is helped by one line
        return _fault(error, name, debug=debug)
    return status


def _fault(error: BaseException, name: str, *, debug: bool) -> int:
    """Say in one line what nobody foresaw; return the exit status."""
    if debug:
        raise error
    said = " ".join(str(error).split())
    sys.stderr.write(f"{name}: a fault of this program: {type(error).__name__}: {said}; --debug shows where\n")
    return FAULT


def _run(chosen: str | None, words: Sequence[str]) -> int:
    if "_ARGCOMPLETE" in os.environ:
        importlib.import_module("pycertifspec.cli.completion").complete(parser(chosen))
    first = words.index(chosen) + 1 if chosen else len(words)
    program = parser()
    before = program.parse_args(words[:first])
    if before.version:
        chosen, first = "version", len(words)
    elif chosen is None:
        program.error(f"which command? There are {', '.join(COMMANDS)}")
    return obey(command_parser(chosen), words[first:])


def obey(command: argparse.ArgumentParser, words: Sequence[str]) -> int:
    """Do what the words ask a command for; return the exit status."""
    # Intermixed: `file run7.spec --plot 12` is as good as `file run7.spec 12 --plot`.
    options = command.parse_intermixed_args(words)
    if getattr(options, "verbose", 0) > 1:
        logging.basicConfig(level=logging.DEBUG, stream=sys.stderr, format="%(asctime)s %(name)s %(message)s")
    return options.run(options) or 0


def _end(error: BaseException, name: str, *, debug: bool) -> int:
    """Say in one line what went wrong; return the exit status."""
    package = (error.name or "").partition(".")[0] if isinstance(error, ModuleNotFoundError) else None
    if package is not None and package not in EXTRAS:
        return _fault(error, name, debug=debug)
    if isinstance(error, BrokenPipeError):
        # Who read our output has gone; what is left of it must not be told of when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    if debug:
        import traceback  # noqa: PLC0415  nobody else needs it

        traceback.print_exception(error)
    if package is not None:
        text = f"needs {package}: pip install 'pycertifspec[{EXTRAS[package]}]'"
    elif isinstance(error, OSError) and not isinstance(error, SpecError) and error.filename is not None:
        text = f"{error.filename}: {error.strerror}"
    else:
        text = str(error) or "interrupted"
    one_line = " ".join(text.split())
    # Over the ^C that the terminal shows.
    begin = "\r" if isinstance(error, KeyboardInterrupt) and sys.stderr.isatty() else ""
    sys.stderr.write(f"{begin}{name}: {one_line}\n")
    return status_of(error)


def status_of(error: BaseException) -> int:
    """Return the exit status that tells of an error."""
    return next(status for kind, status in EXIT_STATUS if isinstance(error, kind))
