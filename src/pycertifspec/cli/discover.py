"""`pycertifspec discover`: SPEC servers, with name, version and whether they are ready."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from pycertifspec.errors import ServerNotFoundError
from pycertifspec.session import discovery
from pycertifspec.session.target import target
from pycertifspec.sync.surveying import survey
from pycertifspec.wire.constants import DEFAULT_PORT_RANGE

from . import settings
from .arguments import add_output_arguments, add_timeout_argument, ports
from .output import Output

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from pycertifspec.session.target import Target

FIRST, LAST = DEFAULT_PORT_RANGE
# Shown where a server does not say.
UNKNOWN = "?"


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Describe the command."""
    command.description = (
        f"Look for SPEC servers on ports {FIRST} to {LAST} of some hosts, all at once. "
        "Each is only asked for its name, its version, and whether it is at its prompt."
    )
    command.epilog = "example: pycertifspec discover beamline1 beamline2:6789"
    add = command.add_argument
    add("hosts", nargs="*", metavar="HOST", help="host[:port|:name] or a session (default: the server that is set)")
    add("--port", metavar="N|A-B", help=f"port, or range, in place of {FIRST}-{LAST}")
    add_timeout_argument(command)
    add_output_arguments(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Look, and show what is there."""
    found = settings.read(options, os.environ)
    output = Output.of(options, found.of("color"))
    wanted = ports(options.port) if options.port else DEFAULT_PORT_RANGE
    ports_wanted = wanted if isinstance(wanted, tuple) else (wanted, wanted)
    targets = []
    for host in options.hosts or [found.of("server")]:
        meant = found.address(host)
        # A port that was named with the host is the only one that is asked.
        targets.append(meant if meant.port else target(meant.host, None, ports_wanted, (), meant.name, {}))
    servers, unknown = survey(targets, timeout=found.of("timeout"))
    for reason in unknown.values():
        output.note(f"pycertifspec discover: {reason}")
    if not servers:
        if len(targets) == 1 and not unknown:
            raise discovery.not_found(targets[0].host, targets[0].ports, targets[0].name, ())
        raise ServerNotFoundError(f"no SPEC server found on {', '.join(map(_place, targets))}")
    items: list[dict[str, Any]] = [
        {**server._asdict(), "address": f"{server.host}:{server.port}"} for server in servers
    ]
    shown: dict[str, Callable[[Any], str]] = {
        "host": str,
        "port": str,
        "name": str,
        "version": lambda version: version or UNKNOWN,
        "ready": lambda ready: {True: "ready", False: "busy", None: UNKNOWN}[ready],
        "seconds": lambda seconds: f"{seconds * 1e3:.1f} ms",
    }
    output.results(items, shown, "address")


def _place(meant: Target) -> str:
    """Return where was looked, as it is typed."""
    if meant.port is not None:
        return f"{meant.host}:{meant.port}"
    first, last = meant.ports[0], meant.ports[-1]
    return f"{meant.host} ({f'ports {first} to {last}' if last != first else f'port {first}'})"
