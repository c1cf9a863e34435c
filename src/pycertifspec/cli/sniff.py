"""`pycertifspec sniff`: the traffic between clients and a server, live or from a capture."""

from __future__ import annotations

import asyncio
import math
from pathlib import Path
from typing import TYPE_CHECKING

from pycertifspec.errors import DataFileError, LocalProtocolError
from pycertifspec.traffic import capture, frames
from pycertifspec.traffic.listening import Conversations

from . import settings
from .arguments import add_output_arguments, add_server_argument, ports
from .messages import KINDS
from .output import Output
from .serving import until_stopped
from .telling import Teller, tell

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from pycertifspec.traffic.passing import Passing


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Describe the command."""
    command.description = (
        "Stand between clients and a server and print each message, until Ctrl-C: connect the clients to the port that "
        "is printed first. Or decode a capture of tcpdump or Wireshark (pcap, pcapng). > is to the server, < from it. "
        "Of a read-only session nothing is passed on that writes, moves or runs."
    )
    command.epilog = (
        "example: pycertifspec sniff --server beamline:fourc --property 'motor/th/*' --record problem.jsonl"
    )
    add = command.add_argument
    add("--host", default="127.0.0.1", help="address to bind (default: the loopback)")
    add("--port", default="6510-6530", metavar="N|A-B", help="port for clients, or range to take a free one of")
    add("--read", type=Path, metavar="CAPTURE", help="decode a capture instead")
    add("--property", action="append", default=[], metavar="GLOB", help="show these alone: 'motor/*/position'")
    add(
        "--kind",
        action="append",
        default=[],
        choices=KINDS,
        metavar="KIND",
        help=f"show these alone: {', '.join(KINDS)}",
    )
    add("--record", type=Path, metavar="FILE", help="keep all traffic in a new file, for `pycertifspec replay`")
    add("--count", type=int, metavar="N", help="end after N messages that were shown")
    add("--duration", type=float, metavar="SECONDS", help="end after a time")
    add_server_argument(command)
    add_output_arguments(command, stream=True)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Show the traffic."""
    found = settings.read(options)
    output = Output.of(options, found.of("color"))
    if options.count is not None and options.count < 1:
        raise LocalProtocolError(f"--count {options.count} is no number of messages")
    if options.duration is not None and not 0 < options.duration < math.inf:
        raise LocalProtocolError(f"--duration {options.duration:g} is no time to listen, such as 60")
    if options.read is None:
        _relay(options, output, found.server())
        return
    if options.server is not None:
        raise LocalProtocolError("--read and --server do not go together: a capture has its own servers")
    tell(_captured(options.read, output), options, output, str(options.read))


def _relay(options: argparse.Namespace, output: Output, server: settings.Server) -> None:
    from pycertifspec.sync.probing import find  # noqa: PLC0415  a capture needs no server

    ports(options.port)
    there = find(server.target.host, server.target.ports, timeout=server.timeout, name=server.target.name)
    there.socket.close()
    asyncio.run(_serve(options, output, server, there.address.port))


async def _serve(options: argparse.Namespace, output: Output, server: settings.Server, port: int) -> None:
    from pycertifspec.server.relay import Relay  # noqa: PLC0415  as above
    from pycertifspec.traffic.refusing import refuse_changes  # noqa: PLC0415

    host = server.target.host
    enough = asyncio.Event()
    loop = asyncio.get_running_loop()

    def stop() -> None:
        loop.call_soon_threadsafe(enough.set)

    with Teller(options, output, f"{host}:{port}", stop) as teller:
        change = refuse_changes if server.read_only else None
        relay = Relay(host, port, look=teller.hear, change=change, listen_host=options.host, listen=ports(options.port))
        async with relay:
            only = ", read-only" if server.read_only else ""
            output.note(f"listening on {options.host}:{relay.port} for {host}:{port}{only}")
            await until_stopped(enough, seconds=options.duration)


def _captured(path: Path, output: Output) -> Iterator[Passing]:
    """Return the messages in a capture; say of what could not be read how much it was.

    Raises:
        DataFileError: it is no capture, or damaged.

    """
    conversations = Conversations()
    unknown: dict[int, int] = {}
    with path.open("rb") as file:
        try:
            for frame in capture.frames(file.read, lambda: output.note(f"{path}: ends within a frame: it was cut")):
                if not frames.is_known_link(frame.link):
                    unknown[frame.link] = unknown.get(frame.link, 0) + 1
                elif segment := frames.segment(frame):
                    yield from conversations.receive(segment)
            yield from conversations.finish()
        except DataFileError as error:
            raise DataFileError(f"{path}: {error}") from error
    for link, count in unknown.items():
        output.note(f"{path}: {count} frames of link type {link} were not understood")
