"""`pycertifspec demo`: a first look at a SPEC server, an embedded one or a real one."""

from __future__ import annotations

import contextlib
import math
import time
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.table import Table

from pycertifspec.errors import CallTimeoutError, LocalProtocolError, RemoteError, RemoteProtocolError
from pycertifspec.server import ServerThread
from pycertifspec.server.demonstration import demonstration
from pycertifspec.session import properties
from pycertifspec.SpecSocket import SpecSocket

from .talk import Talk

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator

# What the embedded instrument is asked to do; a real one does only what it is told to.
OWN_MOVES = {"th": 1.5, "tth": 3.0}
OWN_COUNT = 1.0

# A motion that has not begun after this many seconds was refused, or was to where the motor stands;
# one that has not ended after the other is not waited for.
BEGIN_TIME, END_TIME = 3.0, 600.0
REFUSAL_TIME = 0.3  # an error that was told is about us if nothing has begun so many seconds later
REFRESH = 0.05  # seconds between looks at the positions
MAX_LISTED = 40  # motors and counters that are shown of a large instrument


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Describe the command."""
    command.description = (
        "Watch Python talk to a SPEC server: one that is started for it, or a real one, which is only "
        "looked at unless --move or --count say otherwise."
    )
    command.epilog = "example: pycertifspec demo --host beamline --port 6510 --move th=1.2 --count 1"
    command.add_argument("--host", help="a real server's host (default: an embedded server)")
    command.add_argument("--port", type=int, help="its port (default: the first server of 6510 to 6530)")
    command.add_argument("--move", action="append", default=[], metavar="MNE=POS", help="move a motor, in user units")
    command.add_argument("--count", type=float, default=0.0, metavar="SECONDS", help="count for a time")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Run the demonstration."""
    console = Console()
    moves = dict(_move(text) for text in options.move)
    if not 0 <= options.count < math.inf:
        raise LocalProtocolError(f"--count {options.count:g} is no time to count, such as 1.5")
    real = options.host is not None or options.port is not None
    host = options.host or "127.0.0.1"
    with contextlib.nullcontext() if real else _embedded(console) as own_port, SpecSocket() as spec:
        if options.port is not None:
            port = spec.connect_spec(host, options.port, port_range=None, timeout=2.0)
        else:
            console.print(f"Looking for a SPEC server on {host}, ports 6510 to 6530 ...")
            # Our own port is the first in order: somebody else's demonstration may run here too.
            port = spec.connect_spec(host, own_port, name=None if real else "demo")
        talk = Talk(spec)
        console.print(f"Connected to [bold]{escape(spec.server_name or '?')}[/bold] on {host}:{port}.\n")
        motors, counters = _names(console, talk, "MOTORS", "motor_mne"), _names(console, talk, "COUNTERS", "cnt_mne")
        _show_motors(console, talk, motors)
        talk.watch(properties.ERROR)
        _move_motors(console, talk, moves if real else moves or OWN_MOVES)
        _count(console, talk, counters, options.count if real else options.count or OWN_COUNT)
        if real and not moves and not options.count:
            console.print(
                "Nothing was moved or counted: a real server is only looked at "
                "(--move th=1.2 and --count 1 change that, MOVE='th=1.2' and COUNT=1 with make)."
            )
        console.print("Done.")


def _move(text: str) -> tuple[str, float]:
    mnemonic, separator, position = text.partition("=")
    try:
        if mnemonic and separator and math.isfinite(float(position)):
            return mnemonic, float(position)
    except ValueError:
        pass  # told below
    raise LocalProtocolError(f"--move {text!r} is not MNE=POS, such as th=1.5")


@contextlib.contextmanager
def _embedded(console: Console) -> Iterator[int]:
    with ServerThread(demonstration()) as server:
        console.print(f"Started a small SPEC server of our own on 127.0.0.1:{server.port}.")
        yield server.port


def _names(console: Console, talk: Talk, variable: str, function: str) -> list[str]:
    """Return the mnemonics of motors or counters, as many as are shown."""
    try:
        number = talk.number(properties.variable_path(variable))
    except (RemoteError, RemoteProtocolError) as error:
        console.print(f"How many {variable.lower()} there are is not told: {escape(str(error))}")
        return []
    if number > MAX_LISTED:
        console.print(
            f"Of {number:g} {variable.lower()} the first {MAX_LISTED} are shown, {number - MAX_LISTED:g} are not."
        )
    return [str(talk.call(function, index)) for index in range(MAX_LISTED) if index < number]


def _show_motors(console: Console, talk: Talk, motors: list[str]) -> None:
    table = Table("motor", "position", "dial", "low limit (dial)", "high limit (dial)", title="Motors")
    for column in table.columns[1:]:
        column.justify = "right"
    missing: list[str] = []
    for mnemonic in motors:
        names = ("position", "dial_position", "low_limit", "high_limit")
        paths = (properties.motor_path(mnemonic, name) for name in names)
        table.add_row(escape(mnemonic), *(_cell(talk, path, ".4f", missing) for path in paths))
    console.print(table)
    for reason in missing:
        console.print(f"Not told: {escape(reason)}")


def _cell(talk: Talk, path: str, form: str, missing: list[str]) -> str:
    """Return a property's number for a table; why there is none goes into `missing`."""
    try:
        return format(talk.number(path), form)
    except (RemoteError, RemoteProtocolError) as error:
        missing.append(str(error))
        return "-"


def _move_motors(console: Console, talk: Talk, targets: dict[str, float]) -> None:
    """Start all motors together and show where they are until each stands."""
    if not targets:
        return
    together = " together" if len(targets) > 1 else ""
    console.print(f"Moving {' and '.join(f'{mne} to {target:g}' for mne, target in targets.items())}{together}:")
    done = {mne: properties.motor_path(mne, "move_done") for mne in targets}
    where = {mne: properties.motor_path(mne, "position") for mne in targets}
    starts = {mne: talk.number(path) for mne, path in where.items()}
    for path in done.values():
        talk.watch(path)
    for path in done.values():
        talk.read(path)  # the server takes requests in their order: now each is watched
    errors = len(talk.seen[properties.ERROR])
    try:
        talk.write(properties.PRESTART_ALL)
        for mne, target in targets.items():
            talk.write(properties.motor_path(mne, "start_one"), f"{target:.15g}")
        talk.write(properties.START_ALL)
        with _bars(console) as progress:
            bars = {mne: progress.add_task(mne, total=abs(targets[mne] - starts[mne]) or 1.0, at="") for mne in targets}
            _follow(talk, progress, bars, starts, targets, done, errors)
    except BaseException as error:
        # An abort stops everybody's motions: it is for what we have begun, or may have.
        if not isinstance(error, RemoteError) or any(map(talk.begun, done.values())):
            talk.abort()
        raise
    ends = {mne: talk.number(path) for mne, path in where.items()}
    console.print(f"Now at {', '.join(f'{mne} {position:.4f}' for mne, position in ends.items())}.\n")


def _bars(console: Console) -> Progress:
    columns = (TextColumn("{task.description:>8}"), BarColumn(40), TextColumn("{task.fields[at]:>12}"))
    return Progress(*columns, console=console)


def _follow(
    talk: Talk,
    progress: Progress,
    bars: dict[str, TaskID],
    starts: dict[str, float],
    targets: dict[str, float],
    done: dict[str, str],
    errors: int,
) -> None:
    begin = time.monotonic()
    moving = set(targets)
    while moving:
        talk.listen(REFRESH)
        elapsed = time.monotonic() - begin
        for mne, target in targets.items():
            position = talk.number(properties.motor_path(mne, "position"))
            progress.update(bars[mne], completed=abs(position - starts[mne]), at=f"{position:.4f}")
            begun = talk.begun(done[mne])
            if (begun and talk.seen[done[mne]][-1] == "0") or (not begun and elapsed > BEGIN_TIME):
                moving.discard(mne)
                progress.update(bars[mne], completed=abs(target - starts[mne]) or 1.0)
        _check_refused(talk, done.values(), errors, elapsed)
        if elapsed > END_TIME:
            raise CallTimeoutError(f"{' and '.join(sorted(moving))} still move after {END_TIME:g} s; they were stopped")


def _check_refused(talk: Talk, paths: Iterable[str], errors: int, elapsed: float) -> None:
    """Raise the error that the server told if nothing has begun a while after it was asked for."""
    refusal = talk.refusal(errors)
    if refusal is not None and elapsed > REFUSAL_TIME and not any(map(talk.begun, paths)):
        raise refusal


def _count(console: Console, talk: Talk, counters: list[str], seconds: float) -> None:
    """Count for a time and show each counter's value."""
    if not seconds:
        return
    talk.watch(properties.COUNT_ALL)
    talk.read(properties.COUNT_ALL)
    errors = len(talk.seen[properties.ERROR])
    try:
        talk.write(properties.COUNT_ALL, f"{seconds:g}")
        with _bars(console) as progress:
            _follow_count(talk, progress, seconds, errors)
    except BaseException as error:
        if not isinstance(error, RemoteError) or talk.begun(properties.COUNT_ALL):
            talk.abort()
        raise
    table = Table("counter", "value", "per second", title=f"Counted for {seconds:g} s")
    values = {mne: talk.number(properties.scaler_path(mne, "value")) for mne in counters}
    for mne, value in values.items():
        table.add_row(mne, f"{value:g}", f"{value / seconds:.1f}")
    console.print(table)


def _follow_count(talk: Talk, progress: Progress, seconds: float, errors: int) -> None:
    bar = progress.add_task("counting", total=seconds, at="")
    begin = time.monotonic()
    while not talk.begun(properties.COUNT_ALL) or talk.seen[properties.COUNT_ALL][-1] != "0":
        talk.listen(REFRESH)
        elapsed = time.monotonic() - begin
        progress.update(bar, completed=elapsed, at=f"{min(elapsed, seconds):.1f} s")
        _check_refused(talk, [properties.COUNT_ALL], errors, elapsed)
        if elapsed > seconds + END_TIME:
            raise CallTimeoutError("the counting does not end; it was stopped")
    progress.update(bar, completed=seconds, at=f"{seconds:.1f} s")
