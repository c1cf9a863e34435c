"""The connection that a command works over."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, NamedTuple

from pycertifspec.errors import ServerNotFoundError

from . import settings
from .output import Output

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from pycertifspec.sync.client import Client

    from .settings import Server


class Connection(NamedTuple):
    """What a command works with: the client, the server that was meant, and its voice."""

    client: Client
    server: Server
    output: Output


@contextlib.contextmanager
def connected(
    options: argparse.Namespace,
    *,
    doing: str | None = None,
    reconnect: bool = False,
    tell: Callable[[str], object] | None = None,
) -> Iterator[Connection]:
    """Connect to the server that the options mean, as long as the block runs.

    Args:
        options: of the command line.
        doing: what the command does there that a read-only session refuses: ``move th``.
        reconnect: connect again when the connection is lost, and say so.
        tell: says so, in place of standard error.

    Raises:
        RefusedError: the session is read-only.
        ServerNotFoundError: no server answered.

    """
    from pycertifspec.sync.client import Client  # noqa: PLC0415  a help needs none, and should come at once

    found = settings.read(options)
    output, server = Output.of(options, found.of("color")), found.server()
    if doing is not None:
        server.check_writable(doing)
    host, _, name, port = server.target
    timeout = server.timeout
    try:
        client = Client(host, port, timeout=timeout, name=name, call_timeout=timeout, auto_reconnect=reconnect)
    except ServerNotFoundError as error:
        known = ", ".join(found.sessions)
        if server.session or port or name or not known:
            raise
        raise ServerNotFoundError(f"{error}; the settings have the sessions {known}") from error
    with client:
        output.detail(f"connected to {client.server_name} on {host}:{client.port}")
        if reconnect:
            client.on_connection(lambda there: (tell or output.note)(_news(client, host, there=there)))
        yield Connection(client, server, output)


def _news(client: Client, host: str, *, there: bool) -> str:
    where = f"{client.server_name} on {host}:{client.port}"
    return f"connected to {where} again" if there else f"the connection to {where} is lost; looking for it again"
