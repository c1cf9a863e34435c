"""`pycertifspec doctor`: what is wrong with a connection, in words a user can act on."""

from __future__ import annotations

import time
from importlib.util import find_spec
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from pycertifspec.errors import SpecError
from pycertifspec.session import properties

from .arguments import add_output_arguments, add_server_argument
from .connecting import connected
from .info import read
from .main import EXTRAS, status_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from pycertifspec.sync.client import Client

    from .output import Output

# How often the way there and back is measured, and what is slow: beyond, a person sees it.
ROUNDS = 20
SLOW = 0.05


class Finding(NamedTuple):
    """One thing that was looked at.

    Attributes:
        what: it is.
        state: ``ok``, ``note`` or ``problem``.
        text: what was found, and what to do.

    """

    what: str
    state: str
    text: str


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Describe the command."""
    command.description = (
        "Look at a connection to SPEC and at this installation, and say what to do about what is wrong. It only reads. "
        "Status 0: no problem was found; else that of the problem."
    )
    command.epilog = "example: pycertifspec doctor --server beamline:fourc"
    add_server_argument(command)
    add_output_arguments(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Look at everything, and show what was found."""
    findings = list(_installation())
    status = 0
    output: Output | None = None
    try:
        with connected(options) as (client, server, output):
            where = f"{client.server_name} on {server.target.host}:{client.port}"
            findings.append(Finding("connection", "ok", where))
            if server.read_only:
                findings.append(Finding("session", "note", f"{server.session} is read-only: nothing moves or runs"))
            findings += _server(client)
    except SpecError as error:
        status = status_of(error)
        findings.append(Finding("connection", "problem", f"{error} {_advice(error, status)}".strip()))
    output = output or _plain(options)
    output.results([item._asdict() for item in findings], {"what": str, "state": str, "text": str}, "state")
    return status or int(any(item.state == "problem" for item in findings))


# What to do when there is no answer, by what was found on the way to it; the first that fits counts.
ADVICE = (
    ("is not known", "-- Is the name of the host spelt right? `pycertifspec config show` tells where it is set."),
    (
        "not a SPEC packet",
        "-- Some other program listens there: is the port right? `pycertifspec discover HOST` shows SPEC's.",
    ),
    (
        "did not answer",
        "-- Something listens there and says nothing: does SPEC hang (look at its own screen)? Try again with -w 10.",
    ),
    ("closed the connection", "-- Something takes the connection and ends it: a tunnel without SPEC behind it?"),
    ("Connection reset", "-- Something takes the connection and ends it: a tunnel without SPEC behind it?"),
)
# ... and where nothing was, by exit status.
ADVICE_OTHERWISE = {
    3: (
        "-- Nothing listens there: is the host right (`pycertifspec config show`), and does a firewall let the ports "
        "through? `pycertifspec discover HOST` shows what answers."
    ),
    4: "-- It is there, but does not answer in time: try again with -w 10, and look at SPEC's own screen.",
}


def _advice(error: SpecError, status: int) -> str:
    said = str(error) if status == 3 else ""
    return next((advice for found, advice in ADVICE if found in said), ADVICE_OTHERWISE.get(status, ""))


def _plain(options: argparse.Namespace) -> Output:
    from .output import Output  # noqa: PLC0415  where there is no connection alone

    return Output.of(options, options.color or "auto")


def _installation() -> Iterator[Finding]:
    missing = {package: extra for package, extra in EXTRAS.items() if find_spec(package) is None}
    for extra in sorted(set(missing.values())):
        packages = ", ".join(package for package, of in missing.items() if of == extra)
        yield Finding("installation", "note", f"{packages} not installed: pip install 'pycertifspec[{extra}]'")
    if not missing:
        yield Finding("installation", "ok", "all optional packages are there")


def _server(client: Client) -> Iterator[Finding]:
    times = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        read(client, properties.READY)
        times.append(time.perf_counter() - begin)
    latency = median(times)
    slow = "" if latency < SLOW else ": each question takes that long; run programs nearer to SPEC"
    yield Finding("latency", "note" if slow else "ok", f"{latency * 1e3:.2f} ms, worst {max(times) * 1e3:.2f} ms{slow}")
    version = read(client, properties.variable_path("VERSION"))
    if version is None:
        yield Finding("version", "note", "the server does not say: it may be another program than SPEC")
    else:
        yield Finding("version", "ok", f"SPEC {version}")
    ready = read(client, properties.READY)
    if not ready:
        yield Finding("prompt", "note", "SPEC is busy, or waits for somebody at its keyboard: commands will wait")
        return
    yield Finding("prompt", "ok", "SPEC waits for a command")
    if read(client, properties.SIMULATE):
        yield Finding("simulate", "note", "SPEC simulates: no hardware moves or counts (`simulate 0` ends that)")
    yield from _parts(client)


def _parts(client: Client) -> Iterator[Finding]:
    names = client.load_names()
    for what, known in (("motors", names.motors), ("counters", names.counters)):
        state = "ok" if known else "note"
        yield Finding(
            what, state, f"{len(known)}" if known else f"none: is this instrument configured (`config`)? no {what}"
        )
    for mne in names.motors:
        facts = client.motor(mne).facts()
        if facts.unusable:
            yield Finding("motors", "note", f"{mne} is disabled")
        for prop, text in (
            (properties.MOTOR_FAULT, "reports a fault"),
            (properties.EMERGENCY_STOP, "is stopped by its emergency switch"),
        ):
            if read(client, properties.motor_path(mne, prop.name)):
                yield Finding("motors", "problem", f"{mne} {text}: look at its controller")
