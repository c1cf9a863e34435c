"""`ServerSession`: a client's bytes in, packets for it out, in its own version and byte order."""

from __future__ import annotations

import sys
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycertifspec.errors import RemoteProtocolError
from pycertifspec.session.server import ERROR_CODE, ServerSession
from pycertifspec.wire import header, values
from pycertifspec.wire.constants import DataTypes, EventTypes
from pycertifspec.wire.decoder import Decoder

KINDS = [(version, order) for version in (2, 3, 4) for order in ("little", "big")]


def session(**how: Any) -> Any:
    return ServerSession(lambda: (1_700_000_000, 250_000), **how)


def request(
    version: Any, order: Any, cmd: Any = EventTypes.SV_CHAN_READ, name: Any = "var/x", body: Any = b"", sn: Any = 7
) -> Any:
    sizes = 0, 0, len(body), 0, 0
    return header.build(order, version, sn, 0, 0, cmd, 2, *sizes, name) + body


def only(packet: Any) -> Any:
    (message,) = Decoder().receive(packet)
    return message


@pytest.mark.parametrize(("version", "order"), KINDS)
def test_answers_are_in_the_version_and_byte_order_of_the_first_request(version: Any, order: Any) -> None:
    server = session()
    (message,) = server.receive(request(version, order))
    assert (message.name, message.sn, message.vers, message.byteorder) == ("var/x", 7, version, order)

    array = values.encode([1.0, 2.0], server.order)
    for packet, cmd, sn, name in (
        (server.hello_reply(7, "fourc"), EventTypes.SV_HELLO_REPLY, 7, "fourc"),
        (server.reply(7, "var/x", array), EventTypes.SV_REPLY, 7, "var/x"),
        (server.error_reply(7, "var/x", "no"), EventTypes.SV_REPLY, 7, "var/x"),
        (server.event("var/x", array), EventTypes.SV_EVENT, 0, "var/x"),
    ):
        answer = only(packet)
        assert (answer.vers, answer.byteorder) == (version, order)
        assert (answer.cmd, answer.sn, answer.name) == (cmd, sn, name)
        assert (answer.sec, answer.usec) == (1_700_000_000, 250_000)
    decoded: Any = values.decode(only(server.reply(7, "", array)))
    assert list(decoded) == [1, 2]


def test_a_later_request_of_another_kind_does_not_change_that() -> None:
    server = session()
    server.receive(request(2, "big"))
    server.receive(request(4, "little"))
    assert (server.version, server.order) == (2, "big")


def test_before_a_request_it_is_the_newest_version_in_the_machines_order() -> None:
    assert (session().version, session().order) == (4, sys.byteorder)


def test_a_header_of_the_future_is_answered_in_version_4() -> None:
    server = session()
    server.receive(header.pack("big", 9, 140, (1, 0, 0, 14, 2, 0, 0, 0, 0, 0), b"x"))
    assert (server.version, server.order) == (4, "big")


def test_the_process_name_is_in_both_places() -> None:
    message = only(session().hello_reply(3, "fourc"))
    assert (message.name, message.body, message.type, message.len) == ("fourc", "fourc", DataTypes.SV_STRING, 6)


def test_an_error_has_both_signs() -> None:
    message = only(session().error_reply(3, "var/x", "no"))
    assert (message.type, message.err) == (DataTypes.SV_ERROR, ERROR_CODE)
    assert ERROR_CODE != 0
    assert values.text_of(message) == "no"


def test_the_flags_of_an_event_travel_in_version_4_alone() -> None:
    server = session()
    body = values.encode("")
    assert only(server.event("var/x", body, 1)).flags == 1
    server.receive(request(3, "little"))
    assert only(server.event("var/x", body, 1)).flags == 0


@pytest.mark.parametrize("name", ["é", "x" * 80, "Ж"])
def test_a_name_that_cannot_travel_is_left_out_of_the_answer(name: Any) -> None:
    assert only(session().error_reply(3, name, "no")).name == ""
    assert only(session().reply(3, name, values.encode("1"))).name == ""


@given(st.lists(st.sampled_from(KINDS), min_size=1, max_size=4), st.lists(st.integers(0, 600), max_size=8))
def test_requests_are_whole_wherever_the_stream_is_cut(kinds: Any, cuts: Any) -> None:
    stream = b"".join(request(v, o, name=f"var/{i}", body=b"body\0", sn=i) for i, (v, o) in enumerate(kinds))
    edges = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    server = session()

    got = [message for a, b in pairwise(edges) for message in server.receive(stream[a:b])]

    assert [(m.sn, m.name, m.body) for m in got] == [(i, f"var/{i}", "body") for i in range(len(kinds))]
    assert (server.version, server.order) == kinds[0]


def test_what_is_no_request_is_an_error_at_once_or_behind_the_requests_that_are() -> None:
    with pytest.raises(RemoteProtocolError):
        session().receive(b"GET / HTTP/1.1\r\n")

    assert session().failure is None
    server = session()
    assert len(server.receive(request(4, "little") + b"GET / HTTP/1.1\r\n")) == 1
    assert isinstance(server.failure, RemoteProtocolError)
    with pytest.raises(RemoteProtocolError):
        server.receive(request(4, "little"))


def test_a_body_beyond_the_limit_is_an_error() -> None:
    server = session(max_body=10)
    assert server.receive(request(4, "little", body=bytes(10)))
    with pytest.raises(RemoteProtocolError, match="limit of 10 bytes"):
        server.receive(request(4, "little", body=bytes(11)))
