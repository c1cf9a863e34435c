"""Searching for a motor's home or limit switch."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from pycertifspec.errors import ConnectionLostError, RemoteError
from pycertifspec.session import properties
from pycertifspec.session.properties import motor_path
from pycertifspec.session.steps import Follow, Now, Tell, Unfollow
from pycertifspec.session.stream import Stream
from pycertifspec.wire.constants import EventTypes
from pycertifspec.wire.values import encode_scalar

from .arriving import look, until_all_stand
from .axis import Axis, check
from .facts import facts

if TYPE_CHECKING:
    from pycertifspec.session.client import ClientSession
    from pycertifspec.session.steps import Procedure


def search(
    session: ClientSession[Any], mne: str, how: str, home: float | None, *, timeout: float | None, leave: bool = False
) -> Procedure[float]:
    """Search for a motor's home or limit switch, and wait; return where it stands, in user units."""
    text = how if home is None else f"{how} {home:.15g}"
    stream = Stream()
    yield Follow(
        stream, (properties.ERROR, properties.READY, motor_path(mne, "move_done"), motor_path(mne, "position"))
    )
    try:
        known = yield from facts(mne)
        axis = Axis(mne, math.nan, known)
        check(session.label, axis)
        while stream.ready:
            stream.take()
        begin = yield Now()
        try:
            yield Tell(EventTypes.SV_CHAN_SEND, motor_path(mne, "search"), encode_scalar(text), slot=True)
            reason = yield from until_all_stand(session, stream, {mne: axis}, {mne: axis}, begin, timeout, None)
        except (RemoteError, ConnectionLostError):
            raise
        except BaseException:
            if not leave:
                yield Tell(EventTypes.SV_ABORT)
            raise
        yield from look([axis])
        if not axis.started and reason:
            raise RemoteError(f"motor {mne!r} on {session.label} was not searched ({text}): {reason.strip()}")
        return axis.position
    finally:
        yield Unfollow(stream)
