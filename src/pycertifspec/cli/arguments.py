"""The arguments that many commands take, described once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pycertifspec.errors import LocalProtocolError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable

    from .settings import Settings


def add_output_arguments(
    command: argparse.ArgumentParser, *, stream: bool = False, terse: tuple[str, ...] = ("-t", "--terse")
) -> None:
    """Add how results are shown.

    Args:
        command: the parser.
        stream: whether results come one after the other, so that one JSON value would never end.
        terse: what asks for values alone.

    """
    form = command.add_mutually_exclusive_group()
    if not stream:
        form.add_argument("--json", dest="form", action="store_const", const="json", help="print one JSON value")
    form.add_argument("--jsonl", dest="form", action="store_const", const="jsonl", help="print a JSON object a line")
    form.add_argument(*terse, dest="form", action="store_const", const="terse", help="print values alone")
    add = command.add_argument
    add("-q", "--quiet", action="store_true", help="say nothing but results and errors")
    add("-v", "--verbose", action="count", default=0, help="say more; twice: log each step")
    add("--color", choices=("auto", "always", "never"), help="default: on a terminal, unless NO_COLOR is set")
    command.set_defaults(form="text")


def add_server_argument(command: argparse.ArgumentParser) -> None:
    """Add which server is meant."""
    server = command.add_argument(
        "--server",
        metavar="ADDRESS",
        help="host[:port|:name], spec://..., or a session of the settings (default: SPEC_SERVER, then localhost)",
    )
    suggest(server, lambda **_: _settings().sessions)
    add_timeout_argument(command)


def suggest(argument: Any, completer: Callable[..., Iterable[str]]) -> None:
    """Have a shell's completion suggest something for an argument, each with what it is."""
    argument.completer = completer


def add_timeout_argument(command: argparse.ArgumentParser) -> None:
    """Add how long is waited for an answer."""
    command.add_argument(
        "-w", "--timeout", type=float, metavar="SECONDS", help="how long an answer may take (default: 2)"
    )


def add_within_argument(command: argparse.ArgumentParser, purpose: str) -> None:
    """Add how long the whole may take."""
    command.add_argument("--within", type=float, metavar="SECONDS", help=purpose)


def within(options: argparse.Namespace) -> float | None:
    """Return how long the whole may take.

    Raises:
        LocalProtocolError: that is no time.

    """
    if options.within is not None and not 0 < options.within < float("inf"):
        raise LocalProtocolError(f"--within {options.within:g} is no time, such as 60")
    return None if options.within is None else float(options.within)


def ports(text: str) -> int | tuple[int, int]:
    """Return the port, or the range of them, that an argument names.

    Raises:
        LocalProtocolError: it names none.

    """
    first, _, last = text.partition("-")
    try:
        found = (int(first), int(last)) if last else (int(first), int(first))
    except ValueError:
        found = (-1, -1)
    if not 0 <= found[0] <= found[1] < 1 << 16:
        raise LocalProtocolError(f"--port {text!r} is neither a port nor a range such as 6510-6530")
    return found if last else found[0]


def _settings() -> Settings:
    from .settings import read  # noqa: PLC0415  for completion alone

    return read()
