"""What an author publishes is what clients read, set, watch and call; nothing else is evaluated."""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pycertifspec.errors import LocalProtocolError, RemoteError
from pycertifspec.server import Application, Server, ServerOptions
from pycertifspec.session.commands import MAX_QUEUED, MAX_STARTS
from pycertifspec.session.registrations import MAX_REGISTRATIONS
from pycertifspec.wire import values
from pycertifspec.wire.constants import DataTypes, EventTypes

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.server.conftest import Peer

    Client = Callable[..., Peer]

KINDS = [(version, order) for version in (2, 3, 4) for order in ("little", "big")]


# ---- the conversation ----


@pytest.mark.parametrize(("version", "order"), KINDS)
def test_every_version_and_byte_order_is_answered_in_kind(
    application: Application, client: Client, version: Any, order: Any
) -> None:
    application.publish("var/x", 25.5)
    application.publish("var/image", np.arange(6, dtype=np.int32).reshape(2, 3))
    peer = client(version=version, order=order)

    hello = peer.ask(EventTypes.SV_HELLO, "a test")
    assert (hello.vers, hello.byteorder, hello.name, hello.body) == (version, order, "lab", "lab")
    assert hello.size == {2: 124, 3: 128, 4: 132}[version]

    reply = peer.ask(EventTypes.SV_CHAN_READ, "var/x")
    assert (reply.vers, reply.byteorder, reply.type, reply.body) == (version, order, DataTypes.SV_STRING, "25.5")
    assert peer.watch("var/x") == "25.5"
    image = peer.ask(EventTypes.SV_CHAN_READ, "var/image")
    assert image.byteorder == order
    np.testing.assert_array_equal(values.decode(image), [[0, 1, 2], [3, 4, 5]])

    peer.write("var/image", np.array([[1.5, -2]]))
    np.testing.assert_array_equal(peer.read("var/image"), [1.5, -2])
    assert peer.refused(EventTypes.SV_CHAN_READ, "var/none")


def test_each_client_is_answered_in_its_own_kind_though_an_event_goes_to_all(
    application: Application, client: Client
) -> None:
    x = application.publish("var/x", 1)
    peers = [client(version=version, order=order) for version, order in KINDS]
    for peer in peers:
        assert peer.watch("var/x") == "1"

    x.value = 2

    for peer in peers:
        event = peer.next_event()
        assert (event.vers, event.byteorder, event.body, event.sn) == (peer.version, peer.order, "2", 0)


def test_a_longer_header_of_the_future_is_answered_in_version_4(client: Client) -> None:
    peer = client()
    raw = bytearray(peer.packet(EventTypes.SV_HELLO, "", None, 3))
    raw[4:8], raw[8:12] = (9).to_bytes(4, "little"), (140).to_bytes(4, "little")
    raw[52:52] = bytes(8)
    peer.socket.sendall(raw)

    assert peer.reply(3).vers == 4


def test_hello_may_come_any_number_of_times(client: Client) -> None:
    peer = client()
    for _ in range(3):
        assert peer.ask(EventTypes.SV_HELLO).body == "lab"
    peer.send(EventTypes.SV_HELLO, "no number")
    assert peer.reply(0).name == "lab"


@pytest.mark.parametrize("command", [4, 10, 11])
def test_any_request_may_be_the_first(client: Client, command: Any) -> None:
    name = "status/quit" if command == EventTypes.SV_CHAN_READ else ""
    assert client().ask(command, name, "1").cmd == EventTypes.SV_REPLY


@pytest.mark.parametrize("command", [2, 3, 6, 7, 9, 12])
def test_requests_without_an_answer_get_none_even_as_the_first(client: Client, command: Any) -> None:
    peer = client()
    peer.send(command, "status/shell", None, 0)
    peer.read("status/quit")
    assert all(event.name == "status/shell" for event in peer.events)


def test_a_command_code_that_nobody_knows_is_answered_if_it_has_a_number(client: Client) -> None:
    peer = client()
    assert "unknown command 99" in peer.refused(99, "var/x")
    peer.send(99, "var/x")
    peer.nothing_more()


def test_packets_arrive_in_any_slicing(application: Application, client: Client) -> None:
    application.publish("var/x", 1)
    peer = client()
    raw = b"".join(peer.packet(EventTypes.SV_CHAN_READ, "var/x", b"body that is skipped", sn) for sn in (1, 2, 3))
    for at in range(0, len(raw), 50):
        peer.socket.sendall(raw[at : at + 50])
    assert [peer.reply(sn).body for sn in (1, 2, 3)] == ["1", "1", "1"]


# ---- properties ----


def test_a_property_is_read_set_and_read_again_in_the_order_of_the_requests(
    application: Application, client: Client
) -> None:
    x = application.publish("var/x", "old")
    peer = client()
    assert peer.read("var/x") == "old"
    peer.write("var/x", "new")
    assert peer.read("var/x") == "new"
    assert x.value == "new"


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        (None, ""),
        ("text", "text"),
        ("a\0b", "ab"),
        (25.000001373291, "25.000001373291"),
        (True, "1"),
        ({"a": 1, ("b", "c"): "x"}, {"a": "1", ("b", "c"): "x"}),
        ({}, {}),
        (["one", "", "three"], ["one", "", "three"]),
        ("Å", "Å"),
    ],
)
def test_values_travel(application: Application, client: Client, value: Any, seen: Any) -> None:
    application.publish("var/x", value)
    assert client().read("var/x") == seen


def test_a_property_may_be_two_functions(application: Application, client: Client) -> None:
    kept = [1.0]
    asked: list[int] = []

    def get() -> float:
        asked.append(1)
        return kept[0]

    application.publish("var/x", get=get, set=lambda value: kept.__setitem__(0, float(value)))
    peer = client()

    assert peer.read("var/x") == "1"
    assert len(asked) == 1
    peer.write("var/x", 7)
    assert peer.read("var/x") == "7"
    assert kept == [7.0]


def test_a_property_with_a_getter_alone_cannot_be_set(application: Application, client: Client) -> None:
    application.publish("var/x", get=lambda: 1)
    assert "cannot be set" in client().refused(EventTypes.SV_CHAN_SEND, "var/x", "2")


def test_a_property_that_is_not_writable_cannot_be_set(application: Application, client: Client) -> None:
    application.publish("var/x", 1, writable=False)
    peer = client()
    assert "'var/x' cannot be set" in peer.refused(EventTypes.SV_CHAN_SEND, "var/x", "2")
    assert peer.read("var/x") == "1"


@pytest.mark.parametrize("name", ["status/ready", "error", "output/tty", "output/scan.dat"])
def test_what_the_server_itself_has_cannot_be_set(client: Client, name: Any) -> None:
    assert client().refused(EventTypes.SV_CHAN_SEND, name, "1") == f"{name!r} cannot be set"


@pytest.mark.parametrize(
    "name", ["var/none", "motor/th/position", "var/none[1]", "", "é", "x" * 79, "../x", "var/x[nokey]"]
)
def test_what_does_not_exist_is_refused_by_name(application: Application, client: Client, name: Any) -> None:
    application.publish("var/x", {"a": 1})
    peer = client()
    raw = name.encode("latin-1")
    for command in (EventTypes.SV_CHAN_READ, EventTypes.SV_CHAN_SEND):
        if command == EventTypes.SV_CHAN_SEND and name == "var/x[nokey]":
            continue  # setting makes it
        packet = bytearray(peer.packet(command, "", None, 77))
        packet[52 : 52 + len(raw)] = raw
        peer.socket.sendall(packet)
        reply = peer.reply(77)
        assert reply.is_error
        assert "no property" in values.text_of(reply) or "no element" in values.text_of(reply)
    packet[12:16], packet[24:28] = bytes(4), EventTypes.SV_REGISTER.to_bytes(4, "little")
    peer.socket.sendall(packet)
    peer.nothing_more()


def test_a_name_of_all_80_bytes_is_answered(application: Application, client: Client) -> None:
    peer = client()
    packet = bytearray(peer.packet(EventTypes.SV_CHAN_READ, "", None, 5))
    packet[52:132] = b"x" * 80
    peer.socket.sendall(packet)
    reply = peer.reply(5)
    assert reply.is_error
    assert reply.name == ""


def test_an_element_whose_name_cannot_travel_is_not_watched_and_does_no_harm(
    application: Application, client: Client
) -> None:
    array = application.publish("var/x", {"é": 1})
    peer = client()
    peer.watch("error")
    packet = bytearray(peer.packet(EventTypes.SV_REGISTER, "var/x[e]"))
    packet[52:60] = "var/x[é]".encode("latin-1")
    peer.socket.sendall(packet)
    assert "not plain ASCII" in peer.event("error")
    array.changed({"é": 2})
    peer.nothing_more()


def test_an_error_in_a_getter_or_setter_goes_to_the_client_and_the_log(
    application: Application, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(value: object = None) -> None:
        raise LookupError("no such shelf")

    application.publish("var/x", get=fail, set=fail)
    peer = client()
    peer.watch("error")

    assert peer.refused(EventTypes.SV_CHAN_READ, "var/x") == "LookupError: no such shelf"
    assert peer.refused(EventTypes.SV_CHAN_SEND, "var/x", "1") == "LookupError: no such shelf"
    peer.send(EventTypes.SV_REGISTER, "var/x")

    assert peer.event("error") == "LookupError: no such shelf"
    assert peer.event("error") == "LookupError: no such shelf"
    assert sum(record.exc_info is not None for record in caplog.records) == 3
    assert peer.read("status/quit") == "0"


def test_a_setter_may_refuse(application: Application, client: Client) -> None:
    def refuse(value: object) -> None:
        raise RemoteError("not today")

    application.publish("var/x", get=lambda: 1, set=refuse)
    assert client().refused(EventTypes.SV_CHAN_SEND, "var/x", "1") == "not today"


def test_a_value_that_spec_does_not_have_is_an_error_for_who_reads_it(application: Application, client: Client) -> None:
    application.publish("var/x", object())
    peer = client()
    assert "neither a text nor a number" in peer.refused(EventTypes.SV_CHAN_READ, "var/x")
    peer.watch("error")
    peer.send(EventTypes.SV_REGISTER, "var/x")
    assert "neither a text nor a number" in peer.event("error")


def test_a_body_that_contradicts_its_header_is_an_error_and_no_more(application: Application, client: Client) -> None:
    application.publish("var/x", 1)
    peer = client()
    assert peer.ask(EventTypes.SV_CHAN_SEND, "var/x", b"123", type=DataTypes.SV_ARR_DOUBLE).is_error
    assert peer.read("var/x") == "1"


def test_a_large_array_travels_both_ways(application: Application, client: Client) -> None:
    application.publish("var/image", "")
    image = np.arange(4_000_000, dtype=np.float64).reshape(2000, 2000)
    peer = client()
    peer.write("var/image", image)
    np.testing.assert_array_equal(peer.read("var/image"), image)


def test_a_name_is_published_once_and_must_be_able_to_travel(application: Application) -> None:
    application.publish("var/x")
    with pytest.raises(LocalProtocolError, match="'var/x' is published already"):
        application.publish("var/x")
    with pytest.raises(LocalProtocolError):
        application.publish("var/é")
    with pytest.raises(LocalProtocolError):
        Application("x" * 80)


def test_a_change_before_anybody_serves_is_kept(application: Application, client: Client) -> None:
    x = application.publish("var/x", 1)
    x.value = 2
    assert client().read("var/x") == "2"


def test_clients_create_variables_if_they_may_and_not_without_bound(
    application: Application, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pycertifspec.server.application.MAX_CREATED", 2)
    peer = client(server={"options": ServerOptions(create_variables=True)})
    peer.write("var/n", "5")
    peer.write("var/t[a][b]", "6")
    assert (peer.read("var/n"), peer.read("var/t")) == ("5", {("a", "b"): "6"})
    assert "2 properties already" in peer.refused(EventTypes.SV_CHAN_SEND, "var/m", "7")


# ---- elements ----


def test_elements_of_associative_arrays_are_read_and_set_alone(application: Application, client: Client) -> None:
    x = application.publish("var/x", {"a": 1, 2: "two", ("3", "4"): "b"})
    peer = client()

    assert peer.read("var/x[a]") == {"a": "1"}
    assert peer.read('var/x["a"]') == {"a": "1"}
    assert peer.read("var/x[2]") == {"2": "two"}
    assert peer.read("var/x[3][4]") == {("3", "4"): "b"}

    peer.write("var/x[a]", "9")  # some send the value alone,
    peer.write("var/x[3][4]", {("3", "4"): "c"})  # some the pair
    peer.write("var/x[new]", "n")
    peer.write("var/x[2]", "zwei")
    assert peer.read("var/x") == {"a": "9", "2": "zwei", ("3", "4"): "c", "new": "n"}
    assert x.value == {"a": "9", 2: "zwei", ("3", "4"): "c", "new": "n"}


def test_setting_some_elements_leaves_the_others(application: Application, client: Client) -> None:
    application.publish("var/x", {"a": 1, "b": 2})
    peer = client()
    peer.write("var/x", {"b": 3, "c": 4})
    assert peer.read("var/x") == {"a": "1", "b": "3", "c": "4"}


def test_elements_of_data_arrays_can_be_read_and_not_set(application: Application, client: Client) -> None:
    application.publish("var/d", np.array([[1.0, 2.0], [3.0, 4.0]]))
    application.publish("var/t", "text")
    peer = client()
    assert peer.read("var/d[1][0]") == "3"
    np.testing.assert_array_equal(peer.read("var/d[1]"), [3, 4])
    for element in ("var/d[5]", "var/d[a]", "var/t[0]"):
        assert "no element" in peer.refused(EventTypes.SV_CHAN_READ, element)
    for element in ("var/d[1][0]", "var/t[0]"):
        assert "no associative array" in peer.refused(EventTypes.SV_CHAN_SEND, element, "9")
    np.testing.assert_array_equal(peer.read("var/d"), [[1, 2], [3, 4]])


# ---- events ----


def test_registering_tells_the_present_value_and_then_each_change_to_who_registered_alone(
    application: Application, client: Client
) -> None:
    x = application.publish("var/x", 1)
    application.publish("var/y", 1)
    watcher, other = client(), client()
    assert watcher.watch("var/x") == "1"
    assert other.watch("var/y") == "1"

    x.value = 2
    assert watcher.event("var/x") == "2"
    other.write("var/x", "3")
    assert watcher.event("var/x") == "3"
    watcher.write("var/x", "4")  # who caused it is told too
    assert watcher.event("var/x") == "4"

    watcher.nothing_more()
    other.nothing_more()


def test_unregistering_ends_the_events_and_may_be_said_in_vain(application: Application, client: Client) -> None:
    x = application.publish("var/x", 1)
    peer, other = client(), client()
    peer.watch("var/x")
    other.watch("var/x")
    for name in ("var/x", "var/x", "var/never"):
        peer.send(EventTypes.SV_UNREGISTER, name)
    peer.nothing_more()

    x.value = 2

    assert other.event("var/x") == "2"
    peer.nothing_more()


def test_registering_twice_gives_one_event_for_each_change(application: Application, client: Client) -> None:
    x = application.publish("var/x", 1)
    peer = client()
    peer.watch("var/x")
    assert peer.watch("var/x") == "1"
    x.value = 2
    assert peer.event("var/x") == "2"
    peer.nothing_more()


def test_of_an_associative_array_the_changes_are_told_and_to_watchers_of_an_element_its_own(
    application: Application, client: Client
) -> None:
    application.publish("var/x", {"a": 1, "b": 2, ("1", "2"): 3})
    whole, one, two = client(), client(), client()
    assert whole.watch("var/x") == {"a": "1", "b": "2", ("1", "2"): "3"}
    assert one.watch("var/x[a]") == {"a": "1"}
    assert two.watch("var/x[1][2]") == {("1", "2"): "3"}

    whole.write("var/x", {"a": 5})
    assert whole.event("var/x") == {"a": "5"}
    assert one.event("var/x[a]") == {"a": "5"}
    whole.write("var/x[1][2]", "6")
    assert whole.event("var/x") == {("1", "2"): "6"}
    assert two.event("var/x[1][2]") == {("1", "2"): "6"}

    for peer in (whole, one, two):
        peer.nothing_more()


def test_data_arrays_are_not_watched(application: Application, client: Client) -> None:
    image = application.publish("var/image", np.zeros(3))
    peer = client()
    peer.send(EventTypes.SV_REGISTER, "var/image")
    image.value = np.ones(3)
    peer.nothing_more()
    np.testing.assert_array_equal(peer.read("var/image"), [1, 1, 1])


def test_a_change_may_be_told_from_any_thread_and_in_order(application: Application, client: Client) -> None:
    x = application.publish("var/x", 0)
    peer = client()
    peer.watch("var/x")

    def change() -> None:
        for number in range(1, 101):
            x.value = number

    thread = threading.Thread(target=change)
    thread.start()
    assert [peer.event("var/x") for _ in range(100)] == [str(number) for number in range(1, 101)]
    thread.join()


def test_the_screen_is_a_stream_without_a_present_value(application: Application, client: Client) -> None:
    peer = client()
    assert peer.watch("output/tty") == ""
    application.changed("output/tty", "Hello")
    application.changed("output/tty", ", world!\n")
    assert peer.event("output/tty") + peer.event("output/tty") == "Hello, world!\n"


def test_no_client_registers_without_bound(
    application: Application, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pycertifspec.session.registrations.MAX_REGISTRATIONS", 3)
    peer = client()
    peer.watch("error")
    peer.watch("output/1")
    peer.watch("output/2")
    peer.send(EventTypes.SV_REGISTER, "output/3")
    assert "'output/3' is not watched" in peer.event("error")
    assert peer.watch("output/2") == ""  # once more is no more
    assert MAX_REGISTRATIONS >= 10_000


# ---- errors ----


def test_errors_are_told_to_who_watches_them_and_can_be_read(application: Application, client: Client) -> None:
    peer, culprit = client(), client()
    peer.send(EventTypes.SV_REGISTER, "error")
    first = peer.next_event()
    assert (first.type, values.text_of(first)) == (DataTypes.SV_ERROR, "No error")
    assert peer.read("error") == "No error"

    culprit.write("var/none", "1")
    told = peer.event("error")
    assert "'var/none'" in told
    assert "'lab'" in told
    culprit.send(EventTypes.SV_REGISTER, "var/nothing")
    assert "'var/nothing'" in peer.event("error")
    culprit.send(EventTypes.SV_CMD, "", "nothing()")
    assert "'nothing'" in peer.event("error")

    assert "'nothing'" in culprit.read("error")
    assert "'nothing'" in culprit.watch("error")
    culprit.nothing_more()


def test_a_failed_read_is_told_by_its_reply_alone(client: Client) -> None:
    peer = client()
    peer.watch("error")
    reply = peer.ask(EventTypes.SV_CHAN_READ, "var/none")
    assert (reply.type, reply.err, reply.name) == (DataTypes.SV_ERROR, 1, "var/none")
    peer.nothing_more()


def test_a_failed_write_without_a_number_gets_no_reply(client: Client) -> None:
    peer = client()
    peer.write("var/none", "1")
    peer.nothing_more()


# ---- switches ----


def test_the_event_that_there_is_no_error_can_be_left_out(client: Client) -> None:
    peer = client(server={"options": ServerOptions(no_error_event=False)})
    peer.send(EventTypes.SV_REGISTER, "error")
    peer.nothing_more()
    peer.write("var/none", "1")
    assert "var/none" in peer.event("error")


@pytest.mark.parametrize("flag", [0x0001, 0x1000])
def test_a_deletion_is_marked_with_the_flag_of_choice(application: Application, client: Client, flag: Any) -> None:
    application.publish("var/x", {"a": 1, "b": 2})
    peer, old = client(server={"options": ServerOptions(deleted_flag=flag)}), client(version=3)
    peer.watch("var/x[a]")
    peer.watch("var/x")
    old.watch("var/x")

    assert application._channel is not None
    application._channel.tell("var/x", {"a": ""}, deleted=True)

    for name in ("var/x[a]", "var/x"):
        event = peer.next_event()
        assert (event.name, event.flags, event.is_deleted) == (name, flag, True)
        assert values.decode(event) == {"a": ""}
    assert old.next_event().flags == 0  # its header has no flags


def test_string_arrays_travel_in_either_layout(application: Application, client: Client) -> None:
    application.publish("var/x", ["a", "bcd"])
    reply = client().ask(EventTypes.SV_CHAN_READ, "var/x")
    assert (reply.type, reply.rows, reply.cols, reply.body) == (13, 2, 4, b"a\0\0\0bcd\0")


def test_string_arrays_can_end_in_nul_each(application: Application, client: Client) -> None:
    application.publish("var/x", ["a", "bcd"])
    application.publish("var/n", [1, 2])
    peer = client(server={"options": ServerOptions(terminated_strings=True)})
    reply = peer.ask(EventTypes.SV_CHAN_READ, "var/x")
    assert (reply.type, reply.rows, reply.cols, reply.body) == (13, 1, 2, b"a\0bcd\0")
    assert list(peer.read("var/n")) == [1, 2]


@pytest.mark.parametrize("nul", [False, True])
def test_numeric_arrays_end_in_a_nul_or_not(application: Application, client: Client, nul: Any) -> None:
    application.publish("var/x", np.array([1.0, 2.0]))
    peer = client(server={"options": ServerOptions(array_nul=nul)})
    reply = peer.ask(EventTypes.SV_CHAN_READ, "var/x")
    assert reply.len == 16 + nul
    np.testing.assert_array_equal(values.decode(reply), [1, 2])


def test_the_reply_to_a_failed_write_can_be_left_out(client: Client) -> None:
    peer = client(server={"options": ServerOptions(reply_to_failed_send=False)})
    peer.watch("error")
    peer.send(EventTypes.SV_CHAN_SEND, "var/none", "1", 5)
    assert "var/none" in peer.event("error")
    peer.nothing_more()


@pytest.mark.parametrize(("bodyless", "shape"), [(False, (2, 1)), (True, (0, 0))])
def test_the_first_event_of_the_screen_can_be_without_a_body(client: Client, bodyless: Any, shape: Any) -> None:
    peer = client(server={"options": ServerOptions(bodyless_events=bodyless)})
    peer.send(EventTypes.SV_REGISTER, "output/tty")
    event = peer.next_event()
    assert (event.type, event.len) == shape


# ---- functions ----


CMD, FUNC = EventTypes.SV_CMD_WITH_RETURN, EventTypes.SV_FUNC_WITH_RETURN


@pytest.mark.parametrize(
    ("command", "request_"),
    [
        (CMD, ("f(1, 'a b')",)),
        (CMD, ("f 1 'a b'\n",)),
        (FUNC, ("f(1, 'a b')",)),
        (FUNC, ("f 1 'a b'\n",)),
        (FUNC, ("f", "1", "'a b'")),
        (FUNC, ("f", "1", '"a b"\n')),
    ],
)
def test_a_function_is_called_in_every_spelling(
    application: Application, client: Client, request_: Any, command: Any
) -> None:
    @application.function
    def f(number: float, text: str) -> str:
        return f"{number + 1:g} {text}!"

    reply = client().ask(command, "", "\0".join(request_).encode() + b"\0", type=0)
    assert reply.body == "2 a b!"


def test_arguments_are_numbers_texts_arrays_and_published_variables(application: Application, client: Client) -> None:
    seen: list[Any] = []
    application.publish("var/TEMP", 300)

    @application.function
    def f(*arguments: Any) -> None:
        seen.extend(arguments)

    client().command('f(1, "1", [1, "a": b], TEMP, th, \'TEMP\')')

    assert seen == [1.0, "1", {"0": 1.0, "a": "b"}, 300, "th", "TEMP"]


def test_an_item_with_brackets_is_passed_as_it_stands(application: Application, client: Client) -> None:
    application.publish("var/x", {"1": 2})

    @application.function
    def f(what: str) -> str:
        return what

    assert client().call("f", "x[1]") == "x[1]"


def test_of_several_statements_the_value_is_the_last_ones(application: Application, client: Client) -> None:
    calls: list[float] = []

    @application.function
    def f(number: float = 0) -> float:
        calls.append(number)
        return number

    assert client().command("f(1); f 2\nf; 7") == "7"
    assert calls == [1, 2, 0]


@pytest.mark.parametrize(
    ("value", "seen"), [(None, ""), (1.5, "1.5"), ({"a": 1}, {"a": "1"}), (["x"], ["x"]), (True, "1"), ("", "")]
)
def test_any_value_can_be_returned(application: Application, client: Client, value: Any, seen: Any) -> None:
    @application.function
    def f() -> Any:
        return value

    assert client().call("f") == seen


@pytest.mark.parametrize("value", [object(), [[1], [2, 3]], 10**400, {"a": {}}, [1, "a"], b"x"])
def test_a_value_that_spec_does_not_have_is_an_error_and_the_queue_goes_on(
    application: Application, client: Client, value: Any
) -> None:
    @application.function
    def f() -> Any:
        return value

    peer = client()
    assert "f" in peer.refused(EventTypes.SV_CMD_WITH_RETURN, "", "f()")
    assert peer.command("1") == "1"
    assert peer.read("status/ready") == "1"


def test_a_variable_is_a_command_too(application: Application, client: Client) -> None:
    application.publish("var/x", 5)
    peer = client()
    assert peer.command("x") == "5"
    assert peer.command("'text'") == "text"
    assert peer.command("") == ""
    assert peer.call("") == ""


@pytest.mark.parametrize(
    "text",
    [
        "nothing",
        "nothing()",
        "nothing 1",
        "1+1",
        "__import__('os')",
        "f.__class__",
        "f(g())",
        "publish('var/y', 1)",
        "print(1)",
        "f(*a)",
        "eval('1')",
        "\x00start th 5",
        "f(1",
        "'",
        "[" * 1000,
        "f(" * 1000,
    ],
)
@pytest.mark.parametrize("command", [EventTypes.SV_CMD_WITH_RETURN, EventTypes.SV_FUNC_WITH_RETURN])
def test_nothing_is_evaluated_that_was_not_published(
    application: Application, client: Client, text: Any, command: Any
) -> None:
    called: list[object] = []

    @application.function
    def f(*arguments: Any) -> None:
        called.append(arguments)

    application.motor("th", stage := _Unmoved())

    peer = client()
    reply = peer.ask(command, "", text.encode() + b"\0", type=0)

    assert reply.is_error or (text.startswith("\0") and reply.body == "") or text == "f(*a)", reply
    assert not called or text == "f(*a)"
    assert not stage.moves
    assert peer.read("status/quit") == "0"


class _Unmoved:
    position = 0.0
    moving = False

    def __init__(self) -> None:
        self.moves: list[float] = []

    def move(self, target: float) -> None:
        self.moves.append(target)

    def stop(self) -> None:
        pass


def test_arguments_that_do_not_fit_are_an_error_that_says_so(application: Application, client: Client) -> None:
    @application.function
    def f(number: float) -> float:
        return number

    assert "f(): missing a required argument: 'number'" in client().refused(EventTypes.SV_CMD_WITH_RETURN, "", "f()")


KINDS_OF_ERROR = [StopIteration, ZeroDivisionError, RemoteError, asyncio.CancelledError]


# In a coroutine function SystemExit ends the server's loop, as anywhere in asyncio.
@pytest.mark.parametrize(
    ("kind", "asynchronous"),
    [(SystemExit, False), (KeyboardInterrupt, False), *((k, a) for k in KINDS_OF_ERROR for a in (False, True))],
)
def test_an_error_in_a_function_goes_to_its_caller_and_the_queue_goes_on(
    application: Application, client: Client, kind: Any, asynchronous: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def f() -> None:
        raise kind("too far")

    async def g() -> None:
        f()

    application.function(g if asynchronous else f)
    peer = client()

    text = peer.refused(EventTypes.SV_CMD_WITH_RETURN, "", "g()" if asynchronous else "f()")

    assert text in ("aborted: f()", "aborted: g()", "too far") or "too far" in text or "StopIteration" in text
    expected = kind in (RemoteError, asyncio.CancelledError)
    assert any(record.levelno == logging.ERROR for record in caplog.records) != expected
    assert peer.command("1") == "1"


def test_plain_functions_run_one_at_a_time_in_a_thread_of_their_own(application: Application, client: Client) -> None:
    threads = set()

    @application.function
    def f() -> None:
        threads.add(threading.current_thread().name)

    peer = client()
    peer.command("f;f")
    peer.command("f")
    assert threads == {"lab-functions_0"}


def test_a_coroutine_function_runs_in_the_loop_of_the_server(application: Application) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        seen = []

        @application.function
        async def f() -> None:
            seen.append(asyncio.get_running_loop())

        async with Server(application, port=0):
            from pycertifspec.session.program import Command

            await application.execute(Command(("f",)))
        assert seen == [loop]

    asyncio.run(main())


def test_no_client_fills_the_queue_or_the_list_of_starts_without_bound(
    application: Application, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pycertifspec.session.commands.MAX_QUEUED", 2)
    monkeypatch.setattr("pycertifspec.session.commands.MAX_STARTS", 2)
    begun, go_on = threading.Event(), threading.Event()
    application.motor("th", _Unmoved())

    @application.function
    def wait() -> None:
        begun.set()
        assert go_on.wait(10)

    peer = client()
    peer.watch("error")
    peer.send(EventTypes.SV_CMD, "", "wait()")
    assert begun.wait(10)
    for _ in range(2):
        peer.send(EventTypes.SV_CMD, "", "1")
    assert "2 commands wait already" in peer.refused(EventTypes.SV_CMD_WITH_RETURN, "", "1")
    assert "2 commands wait already" in peer.event("error")
    peer.write("motor/th/start_one", "5")
    assert "2 commands wait already" in peer.event("error")
    assert peer.read("status/ready") == "0"

    peer.write("motor/../prestart_all")
    for _ in range(3):
        peer.write("motor/th/start_one", "5")
    assert "more than 2 motions" in peer.event("error")
    go_on.set()
    assert client().command("2") == "2"
    assert MAX_QUEUED > 1000
    assert MAX_STARTS > 100
