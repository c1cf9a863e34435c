"""Starting what moves or counts: waiting for SPEC's prompt, and `--no-wait`, which needs SPEC to be there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pycertifspec.errors import LocalProtocolError, RefusedError

from .arguments import within

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from pycertifspec.sync.client import Client

    from .output import Output


def add_no_wait_argument(command: argparse.ArgumentParser, purpose: str) -> None:
    """Add that the end is not waited for."""
    command.add_argument("--no-wait", action="store_true", help=purpose)


def limit_of(options: argparse.Namespace) -> float | None:
    """Return how long the whole may take.

    Raises:
        LocalProtocolError: that is no time, or nobody waits.

    """
    limit = within(options)
    if options.no_wait and limit is not None:
        raise LocalProtocolError("--no-wait and --within do not go together")
    return limit


def note_when_busy(client: Client, output: Output, moving: Sequence[str] = ()) -> None:
    """Say what is waited for, if SPEC is busy or motors move for somebody else."""
    if not client.ready:
        output.note(f"{client.server_name} is busy: waiting until it is at its prompt")
    elif moving:
        output.note(f"{', '.join(moving)} moves for somebody else: waiting until it stands")


def refuse_when_busy(client: Client, what: str, moving: Sequence[str] = ()) -> None:
    """Refuse to start what nobody waits for where it could not begin at once.

    Args:
        client: asks SPEC.
        what: is refused.
        moving: those of its motors that move already.

    Raises:
        RefusedError: SPEC is busy, or a motor moves for somebody else.

    """
    if moving:
        raise RefusedError(f"refused to {what} with --no-wait: {', '.join(moving)} moves for somebody else")
    if not client.ready:
        raise RefusedError(
            f"refused to {what} with --no-wait: {client.server_name} is busy; `pycertifspec wait status/ready 1` waits "
            "until it is at its prompt"
        )
