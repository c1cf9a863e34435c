"""`pycertifspec info`: what a server is and has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pycertifspec.errors import RemoteError
from pycertifspec.session import properties

from .arguments import add_output_arguments, add_server_argument
from .connecting import connected

if TYPE_CHECKING:
    import argparse

    from pycertifspec.sync.client import Client

# What is told, and the variable that says it (SPEC_LANGUAGE.md 3.3, 8).
VARIABLES = {
    "version": "VERSION",
    "data file": "DATAFILE",
    "scan": "SCAN_N",
    "title": "TITLE",
    "user": "USER",
    "directory": "CWD",
}


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Describe the command."""
    command.description = "Show what a server is and has: version, state, data file, scan, motors and counters."
    command.epilog = "example: pycertifspec info --server beamline:fourc"
    add_server_argument(command)
    add_output_arguments(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Ask and show."""
    with connected(options) as (client, server, output):
        facts: dict[str, Any] = {"name": client.server_name, "host": server.target.host, "port": client.port}
        facts |= {"session": server.session, "read only": server.read_only}
        facts |= {what: read(client, properties.variable_path(name)) for what, name in VARIABLES.items()}
        ready = facts["ready"] = read(client, properties.READY)
        facts["simulates"] = read(client, properties.SIMULATE)
        # SPEC names them at its prompt alone; a scan of hours is not waited for.
        facts["motors"] = list(client.motor_names) if ready else None
        facts["counters"] = list(client.counter_names) if ready else None
    if output.form in ("json", "jsonl"):
        output.json({name.replace(" ", "_"): value for name, value in facts.items()})
        return
    if output.form == "terse":
        output.line(facts["name"])
        return
    output.table(["what", "value"], [[name, _text(name, value)] for name, value in facts.items()])


def read(client: Client, path: str) -> Any:
    """Return a property's value, or None where there is none."""
    try:
        return client.read(path)
    except RemoteError:
        return None


def _text(name: str, value: Any) -> str:
    if value is None:
        return {"motors": "not asked: SPEC is busy", "counters": "not asked: SPEC is busy"}.get(name, "")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return f"{len(value)}: {' '.join(value)}"
    return str(value)
