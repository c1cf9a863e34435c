"""SpecSocket against the server of chess-pyspec, a package that is not ours."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tests.conftest import PATIENCE

from pycertifspec import ConnectionLostError, DataTypes, EventTypes, SpecMessage, SpecSocket
from pycertifspec.wire import values

if TYPE_CHECKING:
    from collections.abc import Iterator

HELLO, READ, SEND = EventTypes.SV_HELLO, EventTypes.SV_CHAN_READ, EventTypes.SV_CHAN_SEND
REGISTER, UNREGISTER, CLOSE = EventTypes.SV_REGISTER, EventTypes.SV_UNREGISTER, EventTypes.SV_CLOSE
FUNC, CMD, REPLY = EventTypes.SV_FUNC_WITH_RETURN, EventTypes.SV_CMD_WITH_RETURN, EventTypes.SV_REPLY
TEXT = DataTypes.SV_STRING


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Run the server in a process of its own: it leaves sockets open, and here warnings are errors."""
    program = Path(__file__).with_name("chess_pyspec_beamline.py")
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", str(program)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()


@pytest.fixture
def client(port: int) -> Iterator[SpecSocket]:
    with SpecSocket() as client:
        assert client.connect_spec("127.0.0.1", port, (2, 1), timeout=PATIENCE) == port
        client.settimeout(PATIENCE)
        yield client


def ask(client: SpecSocket, command: int, name: str = "", body: bytes = b"", serial: int = 7) -> SpecMessage:
    client.send_spec(serial, command, TEXT, name, body)
    reply = client.recv_spec()
    assert (reply.cmd, reply.sn) == (REPLY, serial)
    return reply


def test_its_greeting_is_understood_and_hello_may_be_said_again(client: Any) -> None:
    client.send_spec(3, HELLO, TEXT, "again")

    reply = client.recv_spec()

    assert (reply.cmd, reply.sn, reply.vers) == (EventTypes.SV_HELLO_REPLY, 3, 4)


def test_numbers_and_texts_are_read(client: Any) -> None:
    assert ask(client, READ, "motor/th/position").body == "1.5"
    assert ask(client, READ, "var/text").body == "hello"


def test_its_arrays_are_read(client: Any) -> None:
    got: Any = values.decode(ask(client, READ, "var/matrix"))
    assert got.tolist() == [[1, 2, 3], [4.5, -5, 0.1]]
    assert values.decode(ask(client, READ, "var/names")) == ["alpha", "be"]


def test_what_is_written_is_read_again(client: Any) -> None:
    for value, text in ((2.5, "2.5"), ("two words", "two words")):
        body = values.encode(value)
        client.send_spec(0, SEND, body.type, "var/scratch", bytes(body.data))
        assert str(values.decode(ask(client, READ, "var/scratch"))) == text


@pytest.mark.parametrize(
    "array", [np.arange(6, dtype="i4").reshape(2, 3), np.linspace(0, 1, 50_000), np.array([7], "u1")]
)
def test_our_arrays_are_understood(client: Any, array: Any) -> None:
    body = values.encode(array)
    client.send_spec(0, SEND, body.type, "var/scratch", array, rows=body.rows, cols=body.cols)

    assert np.array_equal(np.asarray(values.decode(ask(client, READ, "var/scratch"))), array)


def test_our_strings_are_understood_in_its_layout(client: Any) -> None:
    body = values.encode_strings(["one", "three"], terminated=True)
    client.send_spec(0, SEND, body.type, "var/scratch", bytes(body.data), rows=body.rows, cols=body.cols)

    assert values.decode(ask(client, READ, "var/scratch")) == ["one", "three"]


def test_a_watched_property_is_told_at_once_and_when_it_changes_and_no_more_when_unregistered(
    client: Any, port: Any
) -> None:
    client.send_spec(0, SEND, TEXT, "var/scratch", b"1.5\0")
    assert ask(client, READ, "var/scratch").body == "1.5"
    client.send_spec(0, REGISTER, TEXT, "var/scratch")
    first = client.recv_spec()
    assert (first.cmd, first.sn, first.name, first.body) == (EventTypes.SV_EVENT, 0, "var/scratch", "1.5")

    with SpecSocket() as other:
        other.connect_spec("127.0.0.1", port, (2, 1), timeout=PATIENCE)
        other.send_spec(0, SEND, TEXT, "var/scratch", b"3.5\0")
        change = client.recv_spec()
        assert (change.cmd, change.name, change.body) == (EventTypes.SV_EVENT, "var/scratch", "3.5")

        client.send_spec(0, UNREGISTER, TEXT, "var/scratch")
        assert ask(client, READ, "var/text").body == "hello"
        other.settimeout(PATIENCE)
        other.send_spec(0, SEND, TEXT, "var/scratch", b"4.5\0")
        assert ask(other, READ, "var/scratch").body == "4.5"
    assert ask(client, READ, "var/scratch").body == "4.5"


@pytest.mark.parametrize("target", [2.0, -1.0])
def test_its_motor_moves_and_is_followed_until_it_stands(client: Any, target: Any) -> None:
    start = float(str(ask(client, READ, "motor/chi/position").body))
    for name, value in (("motor/chi/move_done", 0), ("motor/chi/position", start)):
        client.send_spec(0, REGISTER, TEXT, name)
        first = client.recv_spec()
        assert (first.name, float(str(first.body))) == (name, value)

    client.send_spec(0, SEND, TEXT, "motor/chi/start_one", f"{target:.15g}\0".encode())

    seen: Any = []
    while ("motor/chi/move_done", 0.0) not in seen:
        event = client.recv_spec()
        assert event.cmd == EventTypes.SV_EVENT
        seen.append((event.name, float(str(event.body))))
    assert seen[0] == ("motor/chi/move_done", 1)
    positions = [position for name, position in seen if name == "motor/chi/position"]
    assert positions == [start + (target - start) * step / 4 for step in range(1, 5)]
    assert float(str(ask(client, READ, "motor/chi/position").body)) == target


def test_its_functions_are_called_and_its_commands_evaluated(client: Any) -> None:
    assert ask(client, FUNC, body=b"add(1, 2.5)\0").body == "3.5"
    assert ask(client, CMD, body=b"add(2, 2)\0").body == "4"


@pytest.mark.parametrize(
    ("command", "name", "body", "text"),
    [
        (READ, "var/nope", b"", "'var/nope' not found"),
        (FUNC, "", b"nope(1)\0", "'nope' not found"),
        (FUNC, "", b"fail()\0", "no such luck"),
        (CMD, "", b"rm -rf\0", "only allowed in test mode"),
    ],
)
def test_its_errors_are_errors_and_the_conversation_goes_on(
    client: Any, command: Any, name: Any, body: Any, text: Any
) -> None:
    reply = ask(client, command, name, body)

    assert reply.is_error
    assert text in str(values.decode(reply))
    assert ask(client, READ, "var/text").body == "hello"


def test_close_ends_the_conversation(client: Any) -> None:
    client.send_spec(0, CLOSE, 0)

    with pytest.raises(ConnectionLostError):
        client.recv_spec()


def test_replies_come_with_the_serial_number_of_their_request_whatever_it_is(client: Any) -> None:
    for serial in (1, 2**31 - 1, 2**31, 2**32 - 1):
        assert ask(client, READ, "var/text", serial=serial).sn == serial


def test_two_clients_have_their_own_conversations(client: Any, port: Any) -> None:
    with SpecSocket() as other:
        other.connect_spec("127.0.0.1", port, (2, 1), timeout=PATIENCE)
        other.settimeout(PATIENCE)
        client.send_spec(1, READ, TEXT, "var/text")
        other.send_spec(2, READ, TEXT, "motor/th/position")
        assert client.recv_spec().body == "hello"
        assert other.recv_spec().body == "1.5"
