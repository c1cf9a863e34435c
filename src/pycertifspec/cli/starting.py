"""`--no-wait`: what is started and left alone, at SPEC's prompt alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pycertifspec.errors import LocalProtocolError, RefusedError

from .arguments import within

if TYPE_CHECKING:
    import argparse

    from pycertifspec.sync.client import Client


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


def refuse_when_busy(client: Client, what: str) -> None:
    """Refuse to start what nobody waits for where SPEC would keep it until it is at its prompt.

    Raises:
        RefusedError: SPEC is busy.

    """
    if not client.ready:
        raise RefusedError(
            f"refused to {what} with --no-wait: {client.server_name} is busy, and would do it when it is at its prompt "
            "again, whenever that is; `pycertifspec wait status/ready 1` waits for that"
        )
