"""`pycertifspec put`, `specput`: writes a property or a variable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pycertifspec.errors import CallTimeoutError, LocalProtocolError, RemoteError
from pycertifspec.session import properties

from . import suggesting, values
from .arguments import add_output_arguments, add_server_argument, suggest
from .connecting import connected
from .get import show
from .naming import Named, paths

if TYPE_CHECKING:
    import argparse

    from pycertifspec.sync.client import Client

    from .output import Output

# A statement that does nothing.
NOTHING = "0"


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Describe the command."""
    command.description = (
        "Write a property or a variable, and show what it is then. A motor's name alone is refused: writing its "
        "position moves nothing, but changes the offset; mv moves."
    )
    command.epilog = "example: pycertifspec put @sample 'LaB6 600C' -l"
    add = command.add_argument
    name = add("name", metavar="NAME", help="@NAME: a variable; else a property, such as motor/th/slew_rate")
    suggest(name, suggesting.writable)
    add("value", nargs="+", metavar="VALUE", help="the value; of an array its elements, of an assoc KEY=VALUE ...")
    add("-d", "--type", choices=values.TYPES, default="string", help="what is sent (default: string, as SPEC has it)")
    add("-l", "--long", action="store_true", help="show the old value too")
    add("-c", "--wait", action="store_true", help="wait until SPEC is at its prompt again")
    values.add_style_arguments(command)
    add_server_argument(command)
    add_output_arguments(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Write, and show what came of it."""
    value, how = values.parse(options.value, options.type), values.style(options)
    possible = paths(options.name)
    if len(possible) > 1:
        raise LocalProtocolError(
            f"{options.name!r} alone names nothing that is written: a variable is '@{options.name}'; a motor moves "
            f"with `pycertifspec mv {options.name} ...`, and its offset changes with motor/{options.name}/position"
        )
    path = possible[-1]
    with connected(options, doing=f"write {options.name}") as (client, server, output):
        old = _now(client, options.name, path) if options.long else None
        try:
            client.write(path, value)
        except RemoteError as error:
            raise _advised(client, options.name, path, error) from error
        _settle(client, output, path, server.timeout, wait=options.wait)
        new = _now(client, options.name, path)
        told = [("Old", old), ("New", new)] if options.long else [("", new)]
        if output.form in ("json", "jsonl"):
            if new is not None:
                more = {"old": None if old is None else old.value} if options.long else {}
                output.json(new.record.as_json(**more))
        elif new is None:
            output.note(f"{options.name} was written; it cannot be read")
        else:
            for title, named in told:
                if named is not None:
                    label = named._replace(name=f"{title} : {named.name}" if title else named.name)
                    show(output, [label], how)


def _advised(client: Client, name: str, path: str, error: RemoteError) -> RemoteError:
    """Return a refusal, with what to do about it where that is known."""
    variable = path.removeprefix(properties.VARIABLES)
    if variable == path or not variable.isidentifier() or _now(client, name, path) is not None:
        return error
    return RemoteError(f"{error}; `pycertifspec run 'global {variable}'` makes it")


def _settle(client: Client, output: Output, path: str, timeout: float, *, wait: bool) -> None:
    """Wait until what was written is so, where SPEC only takes note of it for its prompt (PROTOCOL.md 5.6).

    Raises:
        CallTimeoutError: SPEC is not at its prompt again, and that was to be waited for.

    """
    if not (wait or path.startswith("motor/")):
        return
    try:
        client.execute(NOTHING, timeout=timeout, leave=True)  # done after all that was there before (PROTOCOL.md 2.3)
    except CallTimeoutError:
        if wait:
            raise
        output.note(f"{path} will be written when {client.server_name} is at its prompt: it is busy")


def _now(client: Client, name: str, path: str) -> Named | None:
    """Return what a property is; None for those that can only be written, and a variable that is not there yet."""
    message = client.get(path, force_fetch=True)
    return None if message is None else Named(name, path, message)
