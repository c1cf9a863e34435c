"""Scans: running one and following its points; what a real server shows is enough, its macros stay as they are."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from pycertifspec.errors import RemoteError
from pycertifspec.session import names
from pycertifspec.session.own_output import own_output
from pycertifspec.session.properties import variable_path
from pycertifspec.session.scan_text import Begun, ScanText
from pycertifspec.session.steps import Ask, AskAll
from pycertifspec.wire.constants import EventTypes

from .hearing import heard

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycertifspec.session.change import Change
    from pycertifspec.session.client import ClientSession
    from pycertifspec.session.scan_text import Event
    from pycertifspec.session.steps import Procedure

logger = logging.getLogger("pycertifspec.scan")

# Macros of a site may print something else; its beginning is told to who expected a scan.
MAX_SHOWN = 300

_READ = EventTypes.SV_CHAN_READ


def scan(
    session: ClientSession[Any], command: str, text: ScanText, tell: Callable[[Event], None], timeout: float | None
) -> Procedure[None]:
    """Run a scan; tell what it shows as it appears, and return when the command is over.

    Whatever ends the waiting early aborts it, once.

    Raises:
        RemoteError: it failed or was aborted; or what it printed is no scan.
        CallTimeoutError: it took longer than it may.

    """
    shown: list[str] = []
    begun = text.record is not None

    def hear(change: Change) -> None:
        nonlocal begun
        if sum(map(len, shown)) < MAX_SHOWN:
            shown.append(change.value)
        for event in text.feed(change.value, sent_at(change.message)):
            begun = begun or isinstance(event, Begun)
            tell(event)

    try:
        reply = yield from heard(session, command, hear, timeout)
    except RemoteError as error:
        # What the macros say of the reason they print; the reply may be no more than that they gave up.
        printed = " ".join(own_output("".join(shown)).split())[:MAX_SHOWN]
        if begun or not printed or printed in " ".join(str(error).split()):
            raise
        told = RemoteError(f"{error}; it printed: {printed}")
        told.reply = error.reply
        raise told from error
    record = text.record
    for event in text.finish(sent_at(reply)):
        tell(event)
    if not begun:
        raise RemoteError(
            f"{command!r} on {session.label} printed no scan as SPEC's standard macros do; if it was one, the macros "
            f"of this site print something else. It printed {own_output(''.join(shown))[:MAX_SHOWN]!r}"
        )
    if record is not None:
        yield from complete(record)


def complete(record: Any) -> Procedure[None]:
    """Compare what was seen with SPEC's own variables, and take from them what the screen did not show."""
    wanted = ("SCAN_N", "DATAFILE", "NPTS")
    answers = yield AskAll(tuple(Ask(_READ, variable_path(name)) for name in wanted))
    number, file, points = (
        None if isinstance(answer, Exception) else str(names.value_of(answer, "")) for answer in answers
    )
    if number and record.number is not None and number.isdigit() and int(number) != record.number:
        return  # somebody's next scan has begun
    if record.file is None and file and file not in {"/dev/null", "0"}:
        record.file = file
    if points and points.isdigit() and len(record.points) < int(points):
        logger.warning(
            "scan %s: %d points were seen on the screen, SPEC has taken %s; this site's macros print some otherwise",
            record.number,
            len(record.points),
            points,
        )


def sent_at(message: Any) -> float:
    """Return when a message was sent, seconds since 1970 by its sender's clock."""
    return float(message.sec + message.usec / 1e6)
