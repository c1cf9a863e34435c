"""How messages are shown, chosen and kept."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pycertifspec.cli import messages as showing
from pycertifspec.errors import DataFileError
from pycertifspec.session.server import ServerSession
from pycertifspec.traffic import recording, refusing
from pycertifspec.traffic.passing import MAX_OPEN, Listener, Passing
from pycertifspec.wire import header, values
from pycertifspec.wire.constants import DataTypes, EventTypes
from pycertifspec.wire.decoder import Decoder

if TYPE_CHECKING:
    from pycertifspec.wire.message import SpecMessage

AT = 1_700_000_000.25


def request(number: int, name: str, command: int = EventTypes.SV_CHAN_READ, body: bytes = b"", order: Any = "little") -> SpecMessage:  # fmt: skip  # noqa: E501
    kind = DataTypes.SV_STRING if body else 0
    data = header.build(order, 4, number, 0, 0, command, kind, 0, 0, len(body), 0, 0, name) + body
    (message,) = Decoder().receive(data)
    return message


def answer(packet: bytes) -> SpecMessage:
    (message,) = Decoder().receive(packet)
    return message


SESSION = ServerSession(lambda: (0, 0))


def test_a_reply_has_its_requests_name_and_the_time_it_took() -> None:
    listener = Listener(3)
    listener.hear("up", request(5, "motor/th/position"), AT)

    passing = listener.hear("down", answer(SESSION.reply(5, "", values.encode("1.5"))), AT + 0.002)

    assert showing.as_text(passing).split(" ", 1)[1] == "  3 < reply            motor/th/position #5 '1.5' (2.0 ms)"
    found = showing.as_object(passing)
    assert found.pop("elapsed") == pytest.approx(0.002, abs=1e-5)
    assert found == {
        "name": "motor/th/position",
        "value": "1.5",
        "type": "string",
        "units": "",
        "timestamp": "2023-11-14T22:13:20.252000+00:00",
        "connection": 3,
        "direction": "down",
        "kind": "reply",
        "sn": 5,
        "error": False,
        "deleted": False,
        "note": "",
    }


def test_requests_that_are_never_answered_are_forgotten_in_the_end() -> None:
    listener = Listener(1)
    for number in range(1, MAX_OPEN + 2):
        listener.hear("up", request(number, "var/x"), AT)
    late = listener.hear("down", answer(SESSION.reply(1, "", values.encode("1"))), AT)
    assert (late.name, late.elapsed) == ("", None)


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (request(1, "", EventTypes.SV_CMD, b"p \x1b[31m\0"), r"cmd              #1 'p \x1b[31m'"),
        (request(0, "", EventTypes.SV_FUNC, b"mv\0th\x002\0"), "func             ['mv', 'th', '2']"),
        (request(0, "", 99), "99"),
        (answer(SESSION.error_reply(2, "var/x", "no such")), "reply            var/x #2 error 'no such'"),
        (answer(SESSION.event("var/x", values.encode("1"), 1)), "event            var/x deleted '1'"),
        (answer(SESSION.event("var/x", values.encode([1.5, 2.5]))), "event            var/x arr_double[2] [1.5, 2.5]"),
        (answer(SESSION.event("var/x", values.encode("x" * 200))), f"event            var/x '{'x' * 99}..."),
        (answer(SESSION.event("var/x", values.encode({"a": 1}))), "event            var/x {'a': '1'}"),
        (
            answer(SESSION.event("var/x", values.Body(DataTypes.SV_ARR_DOUBLE, 2, 2, b"1234"))),
            "event            var/x -- the array 'var/x' has 4 bytes",
        ),
    ],
)
def test_each_message_has_one_line_without_control_characters(message: SpecMessage, text: str) -> None:
    shown = showing.as_text(Passing(AT, 1, "down", message, message.name))
    assert text in shown
    assert shown.isprintable()


def test_a_long_array_is_shown_by_its_first_elements_unless_all_is_wanted() -> None:
    passing = Passing(AT, 1, "down", answer(SESSION.event("var/x", values.encode([1.0] * 50))), "var/x")
    assert showing.as_text(passing).endswith("1.0, ...]")
    assert showing.as_text(passing, full=True).count("1.0") == 50
    assert showing.as_object(passing)["value"].tolist() == [1.0] * 50
    few = Passing(AT, 1, "down", answer(SESSION.event("var/x", values.encode([1] * 20))), "var/x")
    assert showing.as_text(few).endswith("1, 1, ...]")


def test_a_body_that_contradicts_its_header_is_told() -> None:
    body = values.Body(DataTypes.SV_ARR_DOUBLE, 2, 2, b"1234")
    found = showing.as_object(Passing(AT, 1, "down", answer(SESSION.event("var/x", body)), "var/x"))
    assert found["value"] is None
    assert "var/x" in found["note"]


def test_messages_are_chosen_by_property_and_kind_and_notes_always() -> None:
    read = Passing(AT, 1, "up", request(1, "motor/th/position"), "motor/th/position")
    assert showing.wanted(read, [], [])
    assert showing.wanted(read, ["var/*", "motor/*"], ["chan_read"])
    assert not showing.wanted(read, ["motor/*"], ["event"])
    assert not showing.wanted(read, ["motor/tth/*"], [])
    assert showing.wanted(Listener(1).note("up", "closes", AT), ["x"], ["event"])
    assert showing.as_object(Listener(1).note("up", "closes", AT))["note"] == "closes"
    assert showing.as_text(Listener(1).note("up", "closes", AT)).endswith("  1 > -- closes")


def test_a_recording_is_read_as_it_was_written() -> None:
    listener = Listener(2)
    passings = [
        listener.note("up", "10.0.0.1:5 connects", AT),
        listener.hear("up", request(5, "var/x", order="big"), AT + 1),
        listener.hear("down", answer(SESSION.reply(5, "", values.encode([1.5]))), AT + 2),
    ]
    lines = [recording.heading("fourc"), *map(recording.line, passings)]

    assert list(recording.read(lines)) == passings
    assert list(recording.read(lines))[1].message.byteorder == "big"  # type: ignore[union-attr]


HEAD = recording.heading("fourc")


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["hello\n"], "this is no recording of ours"),
        (["{}\n"], "line 1 of the recording: this is no recording of ours"),
        ([json.dumps({"format": recording.FORMAT, "version": 9})], "it has version 9, and we read 1"),
        ([HEAD, "[]"], "line 2 of the recording: not understood"),
        ([HEAD, '{"time": 1, "connection": 1, "direction": "left", "note": ""}'], "line 2"),
        ([HEAD, '{"time": 1, "connection": 1, "direction": "up", "packet": "$"}'], "line 2"),
        ([HEAD, '{"time": 1, "connection": 1, "direction": "up", "packet": "AAAA"}'], "line 2"),
        ([HEAD, '{"time": 1, "connection": 1, "direction": "up", "packet": "QUJDREVGRw=="}'], "not a SPEC packet"),
        ([HEAD, '{"time": 1, "connection": 1}'], "line 2"),
    ],
)
def test_a_damaged_recording_is_told_with_the_line(lines: list[str], reason: str) -> None:
    with pytest.raises(DataFileError, match=reason):
        list(recording.read(lines))


@pytest.mark.parametrize("command", [EventTypes.SV_CHAN_SEND, EventTypes.SV_CMD_WITH_RETURN, EventTypes.SV_ABORT, 77])
def test_what_may_change_something_is_answered_and_not_passed_on(command: int) -> None:
    ((whither, reply),) = refusing.refuse_changes(Passing(AT, 1, "up", request(9, "var/x", command, order="big")))
    assert (whither, reply.sn, reply.is_error, reply.byteorder) == ("down", 9, True, "big")
    assert "read-only" in values.text_of(reply)
    assert refusing.refuse_changes(Passing(AT, 1, "up", request(0, "var/x", command))) == []


def test_what_changes_nothing_is_passed_on() -> None:
    read = request(9, "var/x")
    event = answer(SESSION.event("var/x", values.encode("1")))
    assert refusing.refuse_changes(Passing(AT, 1, "up", read)) == [("up", read)]
    assert refusing.refuse_changes(Passing(AT, 1, "down", event)) == [("down", event)]
    assert refusing.refuse_changes(Listener(1).note("up", "closes", AT)) == []
