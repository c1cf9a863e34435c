"""`pycertifspec watch`, `specmonitor`: each change of properties, motors, counters and variables as it comes."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pycertifspec.errors import LocalProtocolError
from pycertifspec.session.change import sent_at
from pycertifspec.session.plain import plain

from . import values
from .arguments import add_output_arguments, add_server_argument
from .connecting import connected
from .naming import HELP, find, record

if TYPE_CHECKING:
    import argparse

    from pycertifspec.session.change import Change

    from .output import Output

# Whose time is shown: the server's, ours, none, since the beginning, since the last change, since this one's last.
STAMPS = {"s": "server", "c": "client", "n": "none", "r": "relative", "i": "incremental", "I": "incremental-each"}


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Describe the command."""
    _describe(command)
    command.epilog = "example: pycertifspec watch th det --changes -n 10"
    command.add_argument("--stamp", choices=STAMPS.values(), default="server", help="whose time (default: server)")
    add_output_arguments(command, stream=True)


def add_epics_arguments(command: argparse.ArgumentParser) -> None:
    """Describe it as EPICS's monitors have it: ``-t`` is for the time."""
    _describe(command)
    command.epilog = "example: specmonitor -t c th det"
    add_output_arguments(command, stream=True, terse=("--terse",))
    command.add_argument(
        "-t",
        dest="stamp",
        choices=STAMPS,
        default="s",
        metavar="KEY",
        help="time: s server, c client, n none, r since the beginning, i since the last line, I since this one's last",
    )


def _describe(command: argparse.ArgumentParser) -> None:
    command.description = (
        "Show each change of properties, motors, counters and variables, the present values first. A lost connection "
        "is made again. Data arrays, and A and S as a whole, tell nobody when they change."
    )
    add = command.add_argument
    add("names", nargs="+", metavar="NAME", help=HELP)
    add("-n", "--count", type=int, metavar="N", help="end after N lines")
    add("--duration", type=float, metavar="SECONDS", help="end after a time")
    add("--changes", action="store_true", help="leave out the present values, and events that change nothing")
    add("--no-reconnect", action="store_true", help="end with 3 when the connection is lost")
    values.add_style_arguments(command)
    add_server_argument(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Show changes until it is enough."""
    if (options.count is not None and options.count < 1) or (options.duration is not None and not options.duration > 0):
        raise LocalProtocolError("-n and --duration are numbers above 0")
    end = None if options.duration is None else time.monotonic() + options.duration
    with connected(options, reconnect=not options.no_reconnect) as (client, _, output):
        names = {find(client, name).path: name for name in options.names}
        shown = _Shown(output, options, names)
        with client.changes(*names) as changes:
            while options.count is None or shown.lines < options.count:
                left = None if end is None else end - time.monotonic()
                change = changes.next(left if left is None or left > 0 else 0)
                if change is None:
                    return  # the time is over
                shown.tell(change)


class _Shown:
    """Shows changes; knows what was shown before."""

    def __init__(self, output: Output, options: argparse.Namespace, names: dict[str, str]) -> None:
        self.lines = 0
        self._output, self._names = output, names
        self._how = values.style(options)
        self._stamp = STAMPS.get(options.stamp, options.stamp)
        self._only_changes = options.changes
        self._last: dict[str, Any] = {}
        self._times: dict[str, float] = {}
        self._width = max(map(len, names.values()))

    def tell(self, change: Change) -> None:
        value = plain(change.value)
        known, before = change.name in self._last, self._last.get(change.name)
        self._last[change.name] = value
        if self._only_changes and (not known or value == before):
            return
        self.lines += 1
        moment = time.time() if self._stamp == "client" else sent_at(change.message)
        if self._output.form == "jsonl":
            more = {} if change.part is None or change.first else {"part": change.part}
            self._output.json(
                record(change.name, change.value, moment).as_json(
                    alias=self._names[change.name], first=change.first, deleted=change.deleted, **more
                )
            )
            return
        part = change.value if change.part is None or change.first else change.part
        text = "deleted" if change.deleted else values.in_line(part, self._how)
        if self._output.form == "terse":
            self._output.line(text)
            return
        stamp, name = self._time(change.name, moment), self._names[change.name]
        cells = [stamp, name.ljust(self._width) if self._output.on_terminal else name, text]
        self._output.line(("  " if self._output.on_terminal else "\t").join(cell for cell in cells if cell))

    def _time(self, name: str, moment: float) -> str:
        if self._stamp == "none":
            return ""
        if self._stamp in ("server", "client"):
            return datetime.fromtimestamp(moment).astimezone().isoformat(" ", "milliseconds")[:23]
        key = {"relative": "begin", "incremental": "last", "incremental-each": name}[self._stamp]
        before = self._times.setdefault(key, moment)
        if self._stamp != "relative":
            self._times[key] = moment
        return f"{moment - before:+.6f}"
