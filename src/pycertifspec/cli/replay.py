"""`pycertifspec replay`: recorded traffic, served as if it came from the server again."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from pycertifspec.errors import DataFileError
from pycertifspec.server.replay import ReplayServer
from pycertifspec.traffic import recording, replaying

from . import settings
from .arguments import add_output_arguments, ports
from .messages import kind
from .output import Output
from .serving import until_stopped

if TYPE_CHECKING:
    import argparse

    from pycertifspec.wire.message import SpecMessage


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Describe the command."""
    command.description = (
        "Serve a recording that `pycertifspec sniff --record` made, until Ctrl-C. A client is told what the recorded "
        "one was told: the n-th time it asks something, the n-th answer, and the events that followed. What is not in "
        "the recording is answered with an error, and said here."
    )
    command.epilog = "example: pycertifspec replay problem.jsonl --port 6510 --speed inf"
    add = command.add_argument
    add("file", type=Path, metavar="FILE", help="the recording")
    add("--host", default="127.0.0.1", help="address to bind (default: the loopback)")
    add("--port", default="6510-6530", metavar="N|A-B", help="port, or range to take a free one of")
    add("--speed", type=float, default=1.0, metavar="X", help="recorded seconds a second; inf: no pauses")
    add_output_arguments(command, stream=True)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Serve the recording."""
    output = Output.of(options, settings.read(options).of("color"))
    with options.file.open(encoding="utf-8", errors="replace") as lines:
        try:
            recorded = replaying.conversations(recording.read(lines))
        except DataFileError as error:
            raise DataFileError(f"{options.file}: {error}") from error
    if not recorded:
        raise DataFileError(f"{options.file}: the recording has no requests that could be answered")
    asyncio.run(_serve(options, output, recorded))


async def _serve(options: argparse.Namespace, output: Output, recorded: list[replaying.Conversation]) -> None:
    def strange(message: SpecMessage) -> None:
        said = message.name or message.raw_body.rstrip(b"\0").decode("latin-1")
        output.note(f"not in the recording: {kind(message)} {said}")

    port = ports(options.port)
    async with ReplayServer(recorded, host=options.host, port=port, speed=options.speed, strange=strange) as server:
        if options.form == "jsonl":
            output.json({"name": server.memory.server_name, "host": options.host, "port": server.port})
        elif options.form == "terse":
            output.line(str(server.port))
        else:
            output.line(
                f"{server.memory.server_name}: {len(recorded)} recorded connection{'s' * (len(recorded) != 1)}, "
                f"served on {options.host}:{server.port}"
            )
        await until_stopped()
