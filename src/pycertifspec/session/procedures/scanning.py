"""Scans: running one and following its points; what a real server shows is enough, its macros stay as they are."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, NamedTuple

from pycertifspec.errors import ConnectionLostError, RemoteError
from pycertifspec.session import names
from pycertifspec.session.change import sent_at
from pycertifspec.session.own_output import OwnOutput
from pycertifspec.session.properties import TTY, variable_path
from pycertifspec.session.scan_record import ScanRecord
from pycertifspec.session.scan_text import Met, ScanBegun, ScanText, describe
from pycertifspec.session.steps import Ask, AskAll, Follow, Unfollow
from pycertifspec.session.stream import Stream
from pycertifspec.wire.constants import EventTypes

from .deadline import within
from .hearing import heard
from .properties import is_ready

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycertifspec.session.change import Change
    from pycertifspec.session.client import ClientSession
    from pycertifspec.session.scan_text import Event
    from pycertifspec.session.steps import Procedure
    from pycertifspec.wire.message import SpecMessage

logger = logging.getLogger("pycertifspec.scan")

# Macros of a site may print something else; its beginning is told to who expected a scan.
MAX_SHOWN = 300


def scan(
    session: ClientSession[Any], command: str, text: ScanText, tell: Callable[[Event], object], timeout: float | None
) -> Procedure[None]:
    """Run a scan, or go on with the one that `text` has seen; tell what it shows as it appears.

    Whatever ends the waiting early aborts it, once. It is over then, and its record says so, unless the connection is
    lost: nobody knows what has become of it.

    Raises:
        RemoteError: it failed or was aborted; or what it printed is no scan.
        CallTimeoutError: it took longer than it may.

    """
    return within(session, _scan(session, command, text, tell, timeout), timeout)


def _scan(
    session: ClientSession[Any], command: str, text: ScanText, tell: Callable[[Event], object], timeout: float | None
) -> Procedure[None]:
    own = OwnOutput(others=not (yield from is_ready()))  # somebody's scan may come before ours
    shown: list[str] = []
    begun = text.go_on()

    def read(piece: str, time: float) -> None:
        nonlocal begun
        if sum(map(len, shown)) < MAX_SHOWN:
            shown.append(piece)
        for event in text.feed(piece, time):
            begun = begun or isinstance(event, ScanBegun)
            tell(event)

    def hear(change: Change) -> None:
        read(own.feed(change.value), sent_at(change.message))

    def finish(reply: SpecMessage | None, *, aborted: bool) -> None:
        read(own.finish(), text.time)
        for event in text.finish(None if reply is None else sent_at(reply), aborted=aborted):
            tell(event)

    try:
        reply = yield from heard(session, command, hear, timeout)
        record = text.record
        finish(reply, aborted=False)
    except ConnectionLostError:
        for event in text.lose():
            tell(event)
        raise
    except RemoteError as error:
        finish(error.reply, aborted=True)
        # What the macros say of the reason they print; the reply may be no more than that they gave up.
        printed = " ".join("".join(shown).split())[:MAX_SHOWN]
        if begun or not printed or printed in " ".join(str(error).split()):
            raise
        told = RemoteError(f"{error}; it printed: {printed}")
        told.reply = error.reply
        raise told from error
    except BaseException:
        finish(None, aborted=True)
        raise
    if not begun:
        raise RemoteError(
            f"{command!r} on {session.label} printed no scan as SPEC's standard macros do; if it was one, the macros "
            f"of this site print something else. It printed {''.join(shown)[:MAX_SHOWN]!r}"
        )
    if record is not None:
        yield from complete(record)


def complete(record: ScanRecord) -> Procedure[None]:
    """Compare what was seen with SPEC's own variables, and take from them what the screen did not show."""
    known = yield from _variables("SCAN_N", "DATAFILE", "NPTS")
    number, points = known["SCAN_N"], known["NPTS"]
    if number.isdigit() and record.number is not None and int(number) != record.number:
        return  # somebody's next scan has begun
    record.file = record.file or _file(known["DATAFILE"])
    if points.isdigit() and len(record.points) < int(points):
        logger.warning(
            "scan %s: %d points were seen on the screen, SPEC has taken %s; this site's macros print some otherwise",
            record.number,
            len(record.points),
            points,
        )


class Following(NamedTuple):
    """What is needed to follow the scans that anybody runs.

    Attributes:
        screen: gives what is shown.
        text: reads it.
        events: what it has said meanwhile.

    """

    screen: Stream
    text: ScanText
    events: list[Event]


def follow() -> Procedure[Following]:
    """Begin to follow scans, and the one that is under way."""
    screen, text = Stream(lasting=True, hears_losses=True), ScanText()
    yield Follow(screen, (TTY,))
    try:
        known = yield from met()
    except BaseException:
        yield Unfollow(screen)
        raise
    # What was shown before SPEC answered is older than the answer.
    events = [event for change in screen.rest() for event in text.hear(change)]
    if known is not None:
        text.join(known)
    return Following(screen, text, events)


def met() -> Procedure[Met | None]:
    """Return which scan is under way, or can be resumed: what its head has shown is in SPEC's variables."""
    known = yield from _variables("SCAN_N", "HEADING", "NPTS", "DATAFILE", "DATE", "TITLE", "USER")
    under_way = not (yield from is_ready())
    if not known["HEADING"].strip() or not known["SCAN_N"].isdigit():
        if under_way:
            logger.warning(
                "SPEC is at work and does not say at what: HEADING is %r, SCAN_N %r; if it is a scan, only the next "
                "one is followed",
                known["HEADING"],
                known["SCAN_N"],
            )
        return None
    record = ScanRecord()
    record.joined = True
    record.number, record.date = int(known["SCAN_N"]), known["DATE"]
    record.file, record.title, record.user = _file(known["DATAFILE"]), known["TITLE"], known["USER"]
    describe(record, known["HEADING"].strip())
    points = known["NPTS"]
    return Met(record, int(points) if points.isdigit() else 0, under_way)


def _variables(*wanted: str) -> Procedure[dict[str, str]]:
    """Ask for SPEC's variables; one that is not there is empty."""
    answers = yield AskAll(tuple(Ask(EventTypes.SV_CHAN_READ, variable_path(name)) for name in wanted))
    return {
        name: "" if isinstance(answer, Exception) else str(names.value_of(answer, ""))
        for name, answer in zip(wanted, answers, strict=True)
    }


def _file(name: str) -> str | None:
    """Return the data file that DATAFILE names, None for none."""
    return None if name in {"", "0", "/dev/null"} else name
