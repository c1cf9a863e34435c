"""`pycertifspec documents`: every scan that SPEC makes, as Bluesky's documents, for whoever wants them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pycertifspec.errors import LocalProtocolError, ServerNotFoundError

from . import settings
from .arguments import add_server_argument
from .output import Output
from .serving import until_stopped

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from .settings import Server

# Where the spool is: a service's own directory, as systemd says it, or the user's.
STATE_VARIABLES: Final = ("STATE_DIRECTORY", "XDG_STATE_HOME")
# Seconds between two looks for a server that is not there yet.
LOOK_AGAIN: Final = 10.0
# Seconds that subscribers are given at the end to take what is there; the rest waits in the spool.
LAST_CHANCE: Final = 5.0
_MEGABYTE: Final = 1024 * 1024


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Describe the command."""
    command.description = (
        "Publish every scan that SPEC makes, whoever starts it, as event-model documents, until Ctrl-C. It only looks. "
        "Points come from SPEC's data file where it can be read here, else from the screen. What a subscriber has not "
        "had yet waits in the spool; scans made while this did not run are found again in the data file. Each document "
        "is in a jsonl and a spec file exactly once and each run in tiled; Kafka and NATS get each at least once, "
        "again with the same uid."
    )
    command.epilog = "example: pycertifspec documents --server beamline:fourc --to jsonl:scans.jsonl"
    add = command.add_argument
    add(
        "--to",
        action="append",
        default=[],
        metavar="TARGET",
        help="jsonl:FILE, tiled:http://HOST:PORT[?api_key=KEY], kafka:HOST:PORT[,…]/TOPIC, nats://HOST:PORT[/SUBJECT] "
        "or spec:FILE; may be given several times",
    )
    add("--spool", type=Path, metavar="FILE", help="where documents wait (default: in the state directory)")
    add("--spool-size", type=float, default=1024, metavar="MB", help="how much may wait there (default: 1024)")
    add(
        "--directory",
        type=Path,
        metavar="DIR",
        help="where SPEC's data files are, seen from here (default: SPEC's own)",
    )
    add("--units", action="append", default=[], metavar="MNEMONIC=UNIT", help="of a motor or counter: SPEC knows none")
    add("--from-beginning", action="store_true", help="with a new spool: publish the present data file from its start")
    add("--wait-for-server", action="store_true", help="look for the server until it is there, at the start too")
    add("-n", "--count", type=int, metavar="N", help="end when N runs have ended and were delivered (default: never)")
    add_server_argument(command)
    add("-q", "--quiet", action="store_true", help="say nothing but errors")
    add("-v", "--verbose", action="count", default=0, help="say more; twice: log each step")
    command.set_defaults(run=run, form="text")


def run(options: argparse.Namespace) -> None:
    """Publish."""
    found = settings.read(options)
    output = Output.of(options, "never")
    if not options.to:
        raise LocalProtocolError("where to? Such as --to jsonl:scans.jsonl")
    if options.count is not None and options.count < 1:
        raise LocalProtocolError(f"--count {options.count} is no number of runs")
    if not 1 <= options.spool_size < 1e9:
        raise LocalProtocolError(f"--spool-size {options.spool_size:g} is no number of megabytes, such as 1024")
    with _telling(output):
        asyncio.run(_publish(options, output, found.server()))


async def _publish(options: argparse.Namespace, output: Output, server: Server) -> None:
    from pycertifspec.documents.targets import make_target  # noqa: PLC0415  event-model takes time

    targets = {address: make_target(address) for address in options.to}
    ending = asyncio.Event()
    work = asyncio.ensure_future(_serve(options, output, server, targets))
    work.add_done_callback(lambda _: ending.set())
    try:
        await until_stopped(ending)
    finally:
        if not work.done():
            work.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await work


async def _serve(options: argparse.Namespace, output: Output, server: Server, targets: dict[str, Any]) -> None:
    from pycertifspec.documents.publisher import Publisher  # noqa: PLC0415  event-model takes time

    host, _, name, port = server.target
    spool = options.spool or _default_spool(server.label)
    while True:
        publisher = Publisher(
            host,
            port,
            name=name,
            spool=spool,
            directory=options.directory,
            limit=int(options.spool_size * _MEGABYTE),
            units=_units(options.units),
            from_beginning=options.from_beginning,
            timeout=server.timeout,
            call_timeout=server.timeout,
        )
        try:
            await publisher.__aenter__()
        except ServerNotFoundError as error:
            if not options.wait_for_server:
                raise
            output.note(f"{error}; it is looked for again in {LOOK_AGAIN:g} s")
            await asyncio.sleep(LOOK_AGAIN)
        else:
            break
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_exit(publisher)
        names = [publisher.send_to(address, target).name for address, target in targets.items()]
        output.note(f"publishing the scans of {publisher.server} to {', '.join(names)}; spool: {spool}")
        try:
            await publisher.run(runs=options.count)
        finally:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LAST_CHANCE):
                    await publisher.delivered()


def _default_spool(label: str) -> Path:
    said = next((os.environ[name] for name in STATE_VARIABLES if os.environ.get(name)), None)
    state = Path(said.partition(":")[0]) if said else Path.home() / ".local" / "state"
    return state / "pycertifspec" / f"documents-{re.sub(r'[^A-Za-z0-9_.-]', '_', label)}.spool"


def _units(given: list[str]) -> dict[str, str]:
    units = {}
    for text in given:
        mnemonic, equals, unit = text.partition("=")
        if not (mnemonic and equals and unit):
            raise LocalProtocolError(f"--units {text!r} is not MNEMONIC=UNIT, such as samx=mm")
        units[mnemonic] = unit
    return units


# Whose words are said while documents are published: the publisher's, and those of what bluesky-nats stands on, which
# else come with tracebacks of what the publisher says in a line.
LOGGERS: Final = {"pycertifspec.documents": logging.INFO, "bluesky": logging.WARNING}


class _Notes(logging.Handler):
    """Says on standard error what is logged, in a line each.

    Args:
        output: to say it with.

    """

    def __init__(self, output: Output) -> None:
        super().__init__(logging.INFO)
        self._output = output

    def emit(self, record: logging.LogRecord) -> None:
        """Say it."""
        self._output.note(record.getMessage())


@contextlib.contextmanager
def _telling(output: Output) -> Iterator[None]:
    notes = _Notes(output)
    before = {}
    for name, level in LOGGERS.items():
        logger = logging.getLogger(name)
        before[logger] = logger.level
        logger.addHandler(notes)
        if logger.getEffectiveLevel() > level:
            logger.setLevel(level)
    try:
        yield
    finally:
        for logger, level in before.items():
            logger.removeHandler(notes)
            logger.setLevel(level)
