"""`pycertifspec demo`: a first look at a SPEC server, a simulated one or a real one."""

from __future__ import annotations

import contextlib
import math
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from pycertifspec.errors import LocalProtocolError, RemoteError
from pycertifspec.session.peak import peak
from pycertifspec.SpecSocket import SpecSocket
from pycertifspec.sync.client import Client

from .plotting import curve

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

    from pycertifspec.sync.scan import Scan

# What the simulated instrument is asked to do; a real one does only what it is told to.
OWN_MOVES = {"th": 29.5, "samx": 0.5}
OWN_COUNT = 1.0
OWN_SCAN = "dscan th 0.35 0.65 30 0.1"
NAME = "demo"
TIME_SCALE = 4.0  # of the simulated instrument: its motors take their time, but nobody waits for long

END_TIME = 600.0  # seconds; what has not ended then is stopped
MAX_LISTED = 40  # motors and counters that are shown of a large instrument
PLOT_ROWS = 18  # rows of the screen for the plot of a scan


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Describe the command."""
    command.description = (
        "Watch Python talk to a SPEC server: a simulated one that is started for it, or a real one, which is only "
        "looked at unless --move, --count or --scan say otherwise."
    )
    command.epilog = "example: pycertifspec demo --host beamline --port 6510 --move th=1.2 --count 1"
    command.add_argument("--host", help="a real server's host (default: a simulated one here)")
    command.add_argument("--port", type=int, help="its port (default: the first server of 6510 to 6530)")
    command.add_argument("--move", action="append", default=[], metavar="MNE=POS", help="move a motor, in user units")
    command.add_argument("--count", type=float, default=0.0, metavar="SECONDS", help="count for a time")
    command.add_argument("--scan", metavar="COMMAND", help="run a scan, as 'ascan th 0 1 20 0.1'")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Run the demonstration."""
    show(options, Console())


def show(options: argparse.Namespace, console: Console) -> None:
    """Run the demonstration on a console."""
    moves = dict(_move(text) for text in options.move)
    if not 0 <= options.count < math.inf:
        raise LocalProtocolError(f"--count {options.count:g} is no time to count, such as 1.5")
    real = options.host is not None or options.port is not None
    host = options.host or "127.0.0.1"
    with contextlib.nullcontext() if real else _simulated(console) as own_port:
        port = _found(console, host, own_port, options.port)
        with Client(host, port, port_range=None, timeout=2.0) as client:
            console.print(f"Connected to [bold]{client.server_name}[/bold] on {host}:{port}.\n")
            if not client.ready:
                raise RemoteError(
                    f"SPEC on {host}:{port} is busy: it runs a command, and takes others when that is over"
                )
            _show_motors(console, client)
            _move_motors(console, client, moves if real else moves or OWN_MOVES)
            _count(console, client, options.count if real else options.count or OWN_COUNT)
            if not real:
                client.execute("newfile demo.dat")
            _scan(console, client, options.scan if real else options.scan or OWN_SCAN)
    if real and not (moves or options.count or options.scan):
        console.print(
            "Nothing was moved or counted: a real server is only looked at "
            "(--move th=1.2, --count 1 and --scan 'ascan …' change that; MOVE, COUNT and SCAN with make)."
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
def _simulated(console: Console) -> Iterator[int]:
    """Serve a simulated SPEC; give its port. What it wrote stays where it says."""
    from pycertifspec.server import ServerThread  # noqa: PLC0415  a real server needs no simulator
    from pycertifspec.simulator.beamline import simulated  # noqa: PLC0415
    from pycertifspec.simulator.clock import ScaledClock  # noqa: PLC0415
    from pycertifspec.simulator.world import World  # noqa: PLC0415

    directory = Path(tempfile.mkdtemp(prefix="pycertifspec-demo-"))
    clock = ScaledClock(TIME_SCALE)
    beamline = simulated(lambda screen: World(clock, screen, directory=directory), NAME, clock)
    with ServerThread(beamline) as server:
        console.print(f"Started a simulated SPEC on 127.0.0.1:{server.port}: a four-circle diffractometer.")
        yield server.port
    console.print(f"The simulated SPEC wrote its data file: {directory / 'demo.dat'}", soft_wrap=True)


def _found(console: Console, host: str, own_port: int | None, port: int | None) -> int:
    with SpecSocket() as spec:
        if port is not None:
            return spec.connect_spec(host, port, port_range=None, timeout=2.0)
        console.print(f"Looking for a SPEC server on {host}, ports 6510 to 6530 ...")
        # Our own port is the first in order: somebody else's demonstration may run here too.
        return spec.connect_spec(host, own_port, name=None if own_port is None else NAME)


def _show_motors(console: Console, client: Client) -> None:
    table = Table("motor", "name", "position", "low limit", "high limit", title="Motors")
    for column in table.columns[2:]:
        column.justify = "right"
    names = client.motor_names
    for mnemonic in list(names)[:MAX_LISTED]:
        motor = client.motor(mnemonic)
        try:
            numbers = (motor.position, *motor.limits)
        except RemoteError as error:
            table.add_row(mnemonic, names[mnemonic], str(error))
        else:
            table.add_row(mnemonic, names[mnemonic], *(f"{number:.4f}" for number in numbers))
    console.print(table)
    if len(names) > MAX_LISTED:
        console.print(f"... and {len(names) - MAX_LISTED} more")


def _bars(console: Console) -> Progress:
    columns = (TextColumn("{task.description:>8}"), BarColumn(40), TextColumn("{task.fields[at]:>12}"))
    return Progress(*columns, console=console)


def _move_motors(console: Console, client: Client, targets: Mapping[str, float]) -> None:
    """Move all motors together and show where they are until each stands."""
    if not targets:
        return
    together = " together" if len(targets) > 1 else ""
    console.print(f"Moving {' and '.join(f'{mne} to {target:g}' for mne, target in targets.items())}{together}:")
    starts = {mne: client.motor(mne).position for mne in targets}
    with _bars(console) as progress:
        bars = {mne: progress.add_task(mne, total=abs(targets[mne] - starts[mne]) or 1.0, at="") for mne in targets}

        def moved(positions: Mapping[str, float]) -> None:
            for mne, position in positions.items():
                progress.update(bars[mne], completed=abs(position - starts[mne]), at=f"{position:.4f}")

        ends = client.move(targets, progress=moved, timeout=END_TIME)
        for mne, position in ends.items():
            progress.update(bars[mne], completed=abs(targets[mne] - starts[mne]) or 1.0, at=f"{position:.4f}")
    console.print(f"Now at {', '.join(f'{mne} {position:.4f}' for mne, position in ends.items())}.\n")


def _count(console: Console, client: Client, seconds: float) -> None:
    """Count for a time and show each counter's value."""
    if not seconds:
        return
    with _bars(console) as progress:
        bar = progress.add_task("counting", total=seconds, at="")

        def counted(values: Mapping[str, float]) -> None:
            done = next(iter(values.values()), 0.0)  # SPEC's first counter is the clock
            progress.update(bar, completed=done, at=f"{done:.1f} s")

        values = client.count(seconds, counted, timeout=seconds + END_TIME)
        progress.update(bar, completed=seconds, at=f"{seconds:g} s")
    table = Table("counter", "name", "value", "per second", title=f"Counted for {seconds:g} s")
    for column in table.columns[2:]:
        column.justify = "right"
    for mne, name in client.counter_names.items():
        table.add_row(mne, name, f"{values[mne]:g}", f"{values[mne] / seconds:.1f}")
    console.print(table)


def _scan(console: Console, client: Client, command: str | None) -> None:
    """Run a scan, show it as it grows, and say what its peak is like."""
    if not command:
        return
    console.print(f"\nScanning: [bold]{command}[/bold]")
    with client.scan(command) as scan:
        columns = TextColumn("{task.description:>8}"), BarColumn(40), TextColumn("{task.completed} points")
        progress = Progress(*columns, console=console)
        bar = progress.add_task("scan", total=None)
        with Live(console=console, refresh_per_second=10) as live:
            for point in scan:
                progress.update(bar, completed=point.index + 1, total=scan.record.expected)
                live.update(Group(progress, _plot(console, scan)))
        if not console.is_terminal:
            console.print()  # the live display ends without a newline there
        record = scan.wait()
    curve_peak = peak(*_curve(scan))
    if curve_peak is not None:
        console.print(
            f"Scan {record.number}, {len(record.points)} points: the peak's centre is at {curve_peak.center:.4f}, "
            f"its width is {curve_peak.fwhm:.4f}."
        )


def _curve(scan: Scan) -> tuple[list[float], list[float]]:
    """Return what was scanned first, and the first counter that is shown: SPEC's detector."""
    record = scan.record
    across, up = record.columns[0], record.counters[0]
    points = [point.values for point in record.points]
    return [values[across] for values in points], [values[up] for values in points]


def _plot(console: Console, scan: Scan) -> Text:
    x, y = _curve(scan)
    record = scan.record
    size = (min(console.width, 100), PLOT_ROWS)
    labels = (record.columns[0], record.counters[0])
    return Text(curve(x, y, labels=labels, title=record.command, size=size, colored=False), style="cyan")
