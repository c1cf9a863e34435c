"""What real servers do otherwise, PROTOCOL.md section 6, 9 to 35: the same on both faces."""

from __future__ import annotations

import queue
import socket
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tests.support.tap import PATIENCE, Tap, passed_on, text

from pycertifspec import CallTimeoutError, DataTypes, EventTypes, LocalProtocolError, RemoteError, ServerNotFoundError
from pycertifspec.session.options import ServerOptions
from pycertifspec.testing import SimulatedSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pycertifspec.traffic.passing import Passing

EVENT, REPLY, TTY = EventTypes.SV_EVENT, EventTypes.SV_REPLY, "output/tty"
REGISTER, UNREGISTER = EventTypes.SV_REGISTER, EventTypes.SV_UNREGISTER


@pytest.fixture
def differing(connect: Callable[..., Any], make_stand: Any) -> Callable[..., Any]:
    """Make a client of a server that differs."""
    return lambda **options: connect("127.0.0.1", make_stand(options=ServerOptions(**options)).port)


@pytest.fixture
def tapped(connect: Callable[..., Any], stand: Any) -> Iterator[tuple[Any, Tap]]:
    """A client, and the tap between it and the simulated SPEC."""
    with Tap(stand.port) as tap:
        client = connect("127.0.0.1", tap.port)
        yield client, tap
        client.close()


def told(client: Any, name: str, command: str, last: str) -> list[Any]:
    """Return the changes that a watcher is told of while a command runs, up to a value."""
    seen: queue.Queue[Any] = queue.Queue()
    with client.watch(name, seen.put):
        client.execute(command)
        changes = [seen.get(timeout=PATIENCE)]
        while changes[-1].value != last:
            changes.append(seen.get(timeout=PATIENCE))
    return changes


# ---- errors ----


@pytest.mark.parametrize("on", [True, False])
def test_9_that_there_is_no_error_yet_is_no_error(differing: Any, on: bool) -> None:
    client = differing(no_error_event=on, reply_to_failed_send=False)

    client.write("motor/th/position", 5)
    client.wait_until_ready(PATIENCE)
    assert client.motor("th").position == 5.0
    with pytest.raises(RemoteError, match="motor/th/sign cannot be set"):
        client.write("motor/th/sign", 1)
    client.write("motor/th/position", 6)


@pytest.mark.parametrize("on", [True, False])
def test_14_a_write_waits_for_no_reply_and_learns_of_a_refusal(connect: Any, make_stand: Any, on: bool) -> None:
    stand = make_stand(options=ServerOptions(reply_to_failed_send=on))
    with Tap(stand.port) as tap:
        client = connect("127.0.0.1", tap.port)
        client.execute("global x")
        client.read("status/ready")  # everything before has been heard
        tap.heard.clear()

        client.write("var/x", 1)

        assert [p.message.cmd for p in tap.heard if p.message is not None and p.direction == "up"] == [
            EventTypes.SV_CHAN_SEND,
            EventTypes.SV_CHAN_READ,
        ]
        with pytest.raises(RemoteError, match="no/such"):
            client.write("no/such", 1)
        client.close()


def test_21_an_error_does_not_take_the_place_of_a_value_that_is_known(tapped: Any) -> None:
    client, tap = tapped
    client.execute("global x; x = 1")
    seen: queue.Queue[Any] = queue.Queue()
    watch = client.watch("var/x", seen.put)
    assert seen.get(timeout=PATIENCE).value == "1"

    def change(passing: Passing) -> Any:
        message = passing.message
        if message is None or passing.name != "var/x" or message.cmd != REPLY:
            return passed_on(passing)
        return [("down", message._replace(type=int(DataTypes.SV_ERROR), body=b"broken\0"))]

    tap.change = change
    with pytest.raises(RemoteError, match="broken"):
        client.read("var/x")
    assert watch.value == "1"
    watch.close()


# ---- what SPEC shows ----


@pytest.mark.parametrize("on", [True, False])
def test_10_an_empty_first_event_of_a_stream_is_none(differing: Any, on: bool) -> None:
    client = differing(bodyless_events=on)

    with client.output() as screen:
        client.execute('print "first"')
        assert screen.next(PATIENCE).strip()
    assert client.execute('print "here"').output == "here\n"


@pytest.mark.parametrize("ready", ["before", "behind"])
def test_11_12_13_what_a_command_prints_is_put_together_from_pieces_and_has_no_prompt(tapped: Any, ready: str) -> None:
    client, tap = tapped
    prompts: list[Passing] = []

    def change(passing: Passing) -> Any:
        """Pass on the screen letter by letter, and prompts before or behind the reply they belong to."""
        message = passing.message
        if message is None or passing.direction == "up":
            return passed_on(passing)
        if message.cmd == EVENT and message.name == TTY and text(passing):
            if text(passing).endswith("> "):
                prompts.append(passing)
                return []
            return [("down", message._replace(body=letter)) for letter in text(passing)]
        if message.cmd == REPLY and prompts:
            late = [("down", prompt.message._replace(body=text(prompt) + "\n")) for prompt in prompts if prompt.message]
            prompts.clear()
            return [*late, ("down", message)] if ready == "before" else [("down", message), *late]
        return passed_on(passing)

    tap.change = change
    for number in range(4):
        assert client.execute(f'print "line {number}"; 7').output == f"line {number}\n"
    pieces: list[str] = []
    assert client.execute('print "one"; print "two"', progress=pieces.append).output == "one\ntwo\n"
    assert "".join(pieces) == "one\ntwo\n"
    assert len(client.scan("ascan th 0 1 2 0.1").wait().points) == 3


# ---- values ----


def test_15_every_text_that_is_sent_ends_in_one_nul(tapped: Any) -> None:
    client, tap = tapped
    client.execute("global x")
    client.call("sqrt", 4)
    client.write("var/x", "text")
    client.write("var/x", 1.5)
    client.move(th=1)

    bodies = [p.message.raw_body for p in tap.heard if p.message is not None and p.direction == "up" and p.message.len]
    assert len(bodies) >= 5
    assert all(body.endswith(b"\0") and body.count(b"\0") == 1 for body in bodies)


@pytest.mark.parametrize("how", [{}, {"array_nul": True}, {"terminated_strings": True}])
def test_17_arrays_are_the_same_however_they_travel(differing: Any, how: Any) -> None:
    client = differing(**how)
    client.execute('double array d[2][3]; d[1][2] = 5; string array s[2][10]; s[0] = "alpha"; s[1] = "be"')

    assert client.read("var/d").tolist() == [[0, 0, 0], [0, 0, 5]]
    assert list(client.read("var/s")) == ["alpha", "be"]


def test_18_an_array_is_in_the_machines_order_and_a_copy_of_it_is_ours(client: Any) -> None:
    client.execute("double array d[3]; d[1] = 5")

    value = client.read("var/d")

    assert value.dtype == np.dtype("=f8")
    assert value.dtype.isnative
    assert not value.flags.writeable
    copy = value.copy()
    copy[0] = 7
    assert client.read("var/d").tolist() == value.tolist() == [0, 5, 0]


def test_19_a_data_array_tells_nobody_of_changes_and_is_read(client: Any) -> None:
    client.execute("double array d[3]")
    seen: queue.Queue[Any] = queue.Queue()

    with client.watch("var/d", seen.put):
        client.execute("d[1] = 5")
        with pytest.raises(CallTimeoutError, match="var/d"):
            client.wait_for("var/d", lambda value: value[1] == 5, 0.02)
        assert client.read("var/d")[1] == 5
    assert seen.empty()


def test_20_what_a_watcher_does_to_its_copy_of_an_array_changes_no_other(client: Any) -> None:
    client.execute('global x; x["a"] = 1')
    spoiled: queue.Queue[Any] = queue.Queue()
    seen: queue.Queue[Any] = queue.Queue()

    def spoil(change: Any) -> None:
        change.value["mine"] = "spoiled"
        spoiled.put(change)

    with client.watch("var/x", spoil), client.watch("var/x", seen.put):
        assert seen.get(timeout=PATIENCE).value in ({"a": "1"}, {"a": "1", "mine": "spoiled"})
        spoiled.get(timeout=PATIENCE)
        client.execute('x["b"] = 2')
        assert seen.get(timeout=PATIENCE).value == {"a": "1", "b": "2"}


@pytest.mark.parametrize("flag", [0x0001, 0x1000])
def test_35_a_deletion_is_told_whatever_marks_it(differing: Any, flag: int) -> None:
    client = differing(deleted_flag=flag)
    client.execute('global x, y; x["a"] = 1; x["b"] = 2; y = 3')

    with client.changes("var/x", "var/y") as changes:
        assert {changes.next(PATIENCE).name, changes.next(PATIENCE).name} == {"var/x", "var/y"}
        client.execute('delete x["a"]')
        gone = changes.next(PATIENCE)

    assert (gone.deleted, gone.value) == (True, {"b": "2"})


@pytest.mark.parametrize("on", [True, False])
def test_an_assignment_of_an_equal_value_is_told_or_not_and_nobody_waits_for_it(differing: Any, on: bool) -> None:
    client = differing(equal_value_events=on)
    client.execute("global n; n = 1")

    changes = told(client, "var/n", "n = n; n = 2", "2")

    assert [(change.value, change.first) for change in changes] == [
        ("1", True),
        *([("1", False)] if on else []),
        ("2", False),
    ]
    assert client.wait_for("var/n", "2", PATIENCE) == "2"


@pytest.mark.parametrize("on", [True, False])
def test_a_variable_that_does_not_exist_is_created_or_refused(differing: Any, on: bool) -> None:
    client = differing(create_variables=on)

    if on:
        client.write("var/zz_new", 5)
        assert client.read("var/zz_new", float) == 5.0
    else:
        with pytest.raises(RemoteError, match="var/zz_new"):
            client.write("var/zz_new", 5)


# ---- registrations ----


@pytest.mark.parametrize("on", [True, False])
def test_several_watchers_are_one_registration_and_each_is_told_once(connect: Any, make_stand: Any, on: bool) -> None:
    stand = make_stand(options=ServerOptions(repeated_registrations=on))
    with Tap(stand.port) as tap:
        client = connect("127.0.0.1", tap.port)
        client.execute("global n; n = 0")
        with client.watch("var/n", lambda _: None), client.watch("var/n", lambda _: None):
            assert [c.value for c in told(client, "var/n", "n = 1; n = 2", "2")] == ["0", "1", "2"]
        client.read("status/ready")

        up = [p.message for p in tap.heard if p.message is not None and p.direction == "up" and p.name == "var/n"]
        assert [message.cmd for message in up if message.cmd in {REGISTER, UNREGISTER}] == [REGISTER, UNREGISTER]
        assert [c.value for c in told(client, "var/n", "n = 3", "3")] == ["2", "3"]
        client.close()


def test_24_events_after_the_end_and_answers_to_nobody_are_of_no_interest(tapped: Any) -> None:
    client, tap = tapped
    client.execute("global n; n = 1")
    seen: queue.Queue[Any] = queue.Queue()
    watch = client.watch("var/n", seen.put)
    event = tap.wait_for(lambda p: p.direction == "down" and p.name == "var/n" and p.message.cmd == EVENT).message
    assert seen.get(timeout=PATIENCE).value == "1"
    watch.close()
    stray = [
        event,
        event._replace(name="never/watched"),
        event._replace(cmd=int(REPLY), sn=999_999),
        event._replace(cmd=int(REPLY), sn=0),
        event._replace(cmd=77, sn=3),
        event._replace(cmd=int(EventTypes.SV_HELLO_REPLY), sn=5),
        event._replace(type=0, body=b"", name=""),
    ]

    tap.change = lambda p: [*((("down", message) for message in stray) if p.direction == "down" else ()), *passed_on(p)]

    for _ in range(3):
        assert client.read("motor/th/position") == 30.0
    assert client.execute("1 + 1").value == "2"
    assert seen.empty()


def test_26_27_names_that_cannot_be_are_refused_before_they_are_sent(tapped: Any) -> None:
    client, tap = tapped
    client.read("status/ready")  # everything before has been heard
    before = len(tap.heard)

    for wrong in ("/motor/th/position", "", "motor/" + "x" * 80, "motor/\0"):
        for operation in (client.read, client.watch, client.changes, lambda name: client.write(name, 1)):
            with pytest.raises(LocalProtocolError):
                operation(wrong)

    assert len(tap.heard) == before


# ---- connections ----


def own_socket(link: Any) -> Any:
    conversation = link._conversation
    if hasattr(conversation, "connection"):
        return conversation.connection.socket
    return conversation._connection.transport.get_extra_info("socket")


def test_25_what_is_sent_leaves_at_once(client: Any) -> None:
    link = getattr(client, "thing", client)._link
    own = own_socket(link)

    assert own.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_30_a_server_of_another_name_on_a_port_that_was_named_is_taken_and_told(connect: Any, caplog: Any) -> None:
    with SimulatedSpec() as spec:
        client = connect(spec.host, spec.port)
        states: queue.Queue[bool] = queue.Queue()
        client.on_connection(states.put)

        spec.restart(name="psic")

        assert [states.get(timeout=PATIENCE) for _ in range(2)] == [False, True]
        assert client.server_name == "psic"
        assert "is now that of 'psic', before of 'fourc'" in caplog.text
        client.close()


def test_31_a_name_is_the_whole_name(connect: Any, make_stand: Any) -> None:
    ports = [make_stand(name=name).port for name in ("fourcx", "four", "Fourc", "fourc")]

    assert connect("127.0.0.1:fourc", ports=ports, port_range=None).port == ports[-1]
    with pytest.raises(ServerNotFoundError, match="fou'"):
        connect("127.0.0.1", name="fou", ports=ports, port_range=None)


@pytest.mark.parametrize(("version", "size"), [(2, 124), (3, 128), (4, 132)])
def test_33_a_server_of_an_older_protocol_is_spoken_to_in_it(connect: Any, stand: Any, version: int, size: int) -> None:
    def change(passing: Passing) -> Any:
        message = passing.message
        if message is None or message.cmd != EventTypes.SV_HELLO_REPLY:
            return passed_on(passing)
        return [("down", message._replace(vers=version, size=size))]

    with Tap(stand.port, change) as tap:
        client = connect("127.0.0.1", tap.port)

        assert client.move(th=1) == {"th": 1.0}
        assert client.execute('print "here"').output == "here\n"
        with pytest.raises(RemoteError, match="no/such"):
            client.read("no/such")
        sent = [p.message for p in tap.heard if p.message is not None and p.direction == "up"]
        assert {message.vers for message in sent[1:]} == {version}
        client.close()


def test_a_peer_that_is_gone_without_a_word_is_found_out_whether_it_is_asked_or_not(client: Any) -> None:
    link = getattr(client, "thing", client)._link
    own = own_socket(link)

    assert own.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    idle, between, probes = (
        own.getsockopt(socket.IPPROTO_TCP, getattr(socket, f"TCP_KEEP{name}")) for name in ("IDLE", "INTVL", "CNT")
    )
    unanswered = own.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
    assert idle + between * probes == unanswered / 1000 == 25
