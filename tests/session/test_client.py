"""A conversation as its client sees it: what waits for an answer, and until when."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

import pytest

from pycertifspec.errors import CallTimeoutError
from pycertifspec.session.client import MAX_SERIAL, ClientSession
from pycertifspec.session.steps import FOR_EVER, Ask
from pycertifspec.wire.constants import EventTypes
from pycertifspec.wire.decoder import Decoder


@pytest.fixture
def session() -> ClientSession[Future[Any]]:
    return ClientSession(lambda: (1, 0))


def ask(session: ClientSession[Future[Any]], name: str, deadline: float) -> Future[Any]:
    promise: Future[Any] = Future()
    session.ask(Ask(EventTypes.SV_CHAN_READ, name), promise, deadline)
    return promise


def test_what_is_late_fails_and_what_is_not_waits_on(session: ClientSession[Future[Any]]) -> None:
    early, late, later = (ask(session, name, at) for name, at in (("a", 1.0), ("b", 2.0), ("c", 5.0)))

    assert session.expire(2.0, 1.5) == 5.0

    for promise, name in ((early, "a"), (late, "b")):
        with pytest.raises(CallTimeoutError, match=rf"did not answer to read '{name}' within 1.5 s"):
            promise.result(0)
    assert not later.done()


def test_where_nothing_waits_there_is_no_next_deadline(session: ClientSession[Future[Any]]) -> None:
    assert session.expire(1e9, 1.0) == FOR_EVER
    ask(session, "a", 1.0)
    assert session.expire(1.0, 1.0) == FOR_EVER


def test_what_may_take_for_ever_does_not_expire(session: ClientSession[Future[Any]]) -> None:
    promise = ask(session, "a", FOR_EVER)

    assert session.expire(1e300, 1.0) == FOR_EVER
    assert not promise.done()


def test_what_was_given_up_expires_without_a_word(session: ClientSession[Future[Any]]) -> None:
    promise = ask(session, "a", 1.0)
    promise.cancel()

    assert session.expire(1.0, 1.0) == FOR_EVER
    assert promise.cancelled()


def test_serial_numbers_begin_anew_and_leave_out_those_that_wait(session: ClientSession[Future[Any]]) -> None:
    def serial() -> int:
        return Decoder().receive(session.ask(Ask(EventTypes.SV_CHAN_READ, "a"), Future()))[0].sn

    assert serial() == 1
    session._serial = MAX_SERIAL - 1
    assert serial() == MAX_SERIAL
    assert serial() == 2
