"""Searching for a motor's home or limit switch."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from pycertifspec.errors import RemoteError
from pycertifspec.session import properties
from pycertifspec.session.properties import motor_path
from pycertifspec.session.steps import Follow, Now, Tell, Unfollow
from pycertifspec.session.stream import Stream
from pycertifspec.wire.constants import EventTypes
from pycertifspec.wire.values import encode_scalar

from .arriving import at_rest, carried_out
from .axis import Axis, check
from .deadline import within
from .facts import facts
from .listeners import Listeners
from .waiting import until_free

if TYPE_CHECKING:
    from pycertifspec.session.client import ClientSession
    from pycertifspec.session.steps import Procedure


def search(
    session: ClientSession[Any], mne: str, how: str, home: float | None, *, timeout: float | None, leave: bool = False
) -> Procedure[float]:
    """Search for a motor's home or limit switch, and wait; return where it stands, in user units."""
    text = how if home is None else f"{how} {home:.15g}"
    return (yield from within(session, _search(session, mne, text, timeout, leave), timeout))


def _search(session: ClientSession[Any], mne: str, text: str, timeout: float | None, leave: bool) -> Procedure[float]:
    begin = yield Now()
    stream = Stream()
    yield Follow(
        stream, (properties.ERROR, properties.READY, motor_path(mne, "move_done"), motor_path(mne, "position"))
    )
    try:
        known = yield from facts(mne)
        axis = Axis(mne, math.nan, known)
        check(session.label, axis)
        yield from until_free(session, stream, lambda: at_rest([axis]), begin, timeout, f"the search of {mne}")
        one = {mne: axis}
        start = [Tell(EventTypes.SV_CHAN_SEND, motor_path(mne, "search"), encode_scalar(text), slot=True)]
        reason = yield from carried_out(
            session, start, stream, one, one, begin, timeout=timeout, leave=leave, listeners=Listeners()
        )
        if not axis.started and reason:
            raise RemoteError(f"motor {mne!r} on {session.label} was not searched ({text}): {reason.strip()}")
        return axis.position
    finally:
        yield Unfollow(stream)
