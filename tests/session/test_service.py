"""`Service` decides without a socket: who is told what, what is executed next, what is refused."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycertifspec.errors import RemoteError, SpecError
from pycertifspec.session import properties
from pycertifspec.session.commands import MAX_COMMAND, MAX_POSITION, MAX_WAITING, Job
from pycertifspec.session.encoding import encode
from pycertifspec.session.options import ServerOptions
from pycertifspec.session.program import Command
from pycertifspec.session.server import ServerSession
from pycertifspec.session.service import MAX_REASON, Service
from pycertifspec.wire import header, values
from pycertifspec.wire.constants import EventTypes
from pycertifspec.wire.decoder import Decoder


class Cell:
    """One published value."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def read(self) -> Any:
        return self.value

    def write(self, value: Any) -> None:
        both = isinstance(value, dict) and isinstance(self.value, dict)
        self.value = {**self.value, **value} if both else value


class Program:
    """What is served: some cells, and a list of what was asked."""

    name = "lab"

    def __init__(self) -> None:
        self.cells = {"var/x": Cell("1"), "var/a": Cell({"k": "v"}), "motor/th/position": Cell(0)}
        self.asked: list[Any] = []

    def attach(self, channel: object) -> None:
        pass

    def find(self, name: str) -> Cell | None:
        return self.cells.get(name)

    def create(self, name: str) -> Cell:
        return self.cells.setdefault(name, Cell(""))

    def start_motors(self, targets: list[tuple[str, str]]) -> Command | None:
        self.asked.append(("start", targets))
        return Command(("move", *(word for target in targets for word in target)))

    def abort(self) -> None:
        self.asked.append("abort")

    def abort_motors(self) -> None:
        self.asked.append("abort motors")

    async def execute(self, command: Command) -> Any:
        raise NotImplementedError


class Client:
    """A connection that keeps what it is sent."""

    def __init__(self) -> None:
        self.session = ServerSession(lambda: (0, 0))
        self.sent: list[Any] = []
        self.keys: list[str | None] = []
        self.closed = False

    def send(self, packet: bytes, key: str | None = None, *, event: bool = False) -> None:
        assert event == all(message.cmd == EventTypes.SV_EVENT for message in Decoder().receive(packet))
        self.sent += Decoder().receive(packet)
        self.keys.append(key)

    def close(self) -> None:
        self.closed = True


class Desk:
    """A service and what it has called."""

    def __init__(self, **options: Any) -> None:
        self.program = Program()
        self.calls: list[str] = []
        self.service = Service(
            self.program,
            ServerOptions(**options),
            lambda: self.calls.append("wake"),
            lambda: self.calls.append("interrupt"),
        )

    def ask(self, client: Client, cmd: int, name: str = "", body: bytes = b"", sn: int = 0, type: int = 2) -> list[Any]:  # noqa: A002
        """Hand in a request; return what the client was sent for it."""
        raw = header.build("little", 4, sn, 0, 0, cmd, type, 0, 0, len(body), 0, 0, name) + body
        before = len(client.sent)
        for message in client.session.receive(raw):
            self.service.received(client, message)
        return client.sent[before:]


CMD, FUNC = EventTypes.SV_CMD_WITH_RETURN, EventTypes.SV_FUNC_WITH_RETURN


def test_a_job_is_begun_when_none_runs_and_ready_follows() -> None:
    desk, client, watcher = Desk(), Client(), Client()
    service: Any = desk.service
    (first,) = desk.ask(watcher, EventTypes.SV_REGISTER, "status/ready")
    assert (first.body, service.ready) == ("1", True)
    assert service.next_job() is None

    desk.ask(client, CMD, "", b"one\0", 5)
    desk.ask(client, EventTypes.SV_CMD, "", b"two\0", 6)
    assert desk.calls == ["wake", "wake"]
    assert not service.ready
    one = service.next_job()
    assert one is not None
    assert (one.command, one.sn, one.client) == (Command(("one",)), 5, client)
    assert service.next_job() is None  # one at a time
    service.finished(one, 1.5)
    assert (client.sent[-1].sn, client.sent[-1].body) == (5, "1.5")
    two = service.next_job()
    assert two is not None
    assert two.sn is None
    service.failed(two, "no")

    assert len(client.sent) == 1
    assert service.ready
    assert [message.body for message in watcher.sent] == ["1", "0", "0", "1"]
    assert service.last_error == "no"


def test_the_program_is_told_when_the_first_command_comes_and_when_the_last_is_done_or_aborted() -> None:
    desk, client = Desk(), Client()
    told: list[bool] = []
    desk.service.tell_ready = told.append

    desk.ask(client, CMD, "", b"one\0", 5)
    desk.ask(client, CMD, "", b"two\0", 6)
    assert told == [False]
    for _ in range(2):
        job = desk.service.next_job()
        assert job is not None
        desk.service.finished(job, 1)
    assert told == [False, True]

    desk.ask(client, CMD, "", b"never begun\0", 7)
    desk.ask(client, EventTypes.SV_ABORT)
    assert told == [False, True, False, True]


@pytest.mark.parametrize(
    ("cmd", "body", "type_", "items"),
    [
        (CMD, b"p 1\0", 2, ("p 1",)),
        (CMD, b"p 1", 0, ("p 1",)),
        (CMD, b"p 1\0rest", 0, ("p 1",)),
        (CMD, b"", 0, ("",)),
        (FUNC, b"f\0001\0'a'\0", 2, ("f", "1", "'a'")),
        (FUNC, b"f\0001\0'a'\0", 13, ("f", "1", "'a'")),
        (FUNC, b"f\0001\0'a'", 0, ("f", "1", "'a'")),
        (FUNC, b"motor_mne(0)\n", 0, ("motor_mne(0)\n",)),
        (FUNC, b"\xe5\0", 2, ("å",)),
    ],
)
def test_commands_are_read_whatever_their_type_and_with_or_without_a_nul(
    cmd: Any, body: Any, type_: Any, items: Any
) -> None:
    desk = Desk()
    desk.ask(Client(), cmd, "", body, 1, type_)
    job = desk.service.next_job()
    assert job is not None
    assert job.command.items == items


def test_a_command_is_named_as_a_person_would_write_it() -> None:
    assert Command(("f(1)",)).text == "f(1)"
    assert Command(("f", "1", "'a'")).text == "f 1 'a'"


def test_a_value_that_cannot_be_sent_is_an_error_for_who_asked() -> None:
    desk, client = Desk(), Client()
    desk.ask(client, CMD, "", b"f()\0", 5)
    job = desk.service.next_job()
    assert job is not None
    desk.service.finished(job, object())
    assert client.sent[-1].is_error
    assert values.text_of(client.sent[-1]).startswith("f(): cannot send")
    assert desk.service.ready


def test_a_job_of_the_program_itself_is_answered_to_nobody() -> None:
    desk = Desk()
    desk.service.push(Command(("f",)))
    job = desk.service.next_job()
    assert job is not None
    desk.service.finished(job, 1)
    desk.service.push(Command(("f",)))
    job = desk.service.next_job()
    assert job is not None
    desk.service.failed(job, "no")
    assert desk.service.last_error == "no"


def test_the_end_of_a_job_that_does_not_run_leaves_the_one_that_does() -> None:
    desk = Desk()
    desk.service.push(Command(("f",)))
    running = desk.service.next_job()
    desk.service.finished(Job(Command(("g",)), None, None), 1)
    assert desk.service.running is running


def test_an_abort_answers_what_waits_of_this_client_and_interrupts_what_runs() -> None:
    desk, a, b = Desk(), Client(), Client()
    desk.ask(a, CMD, "", b"runs\0", 1)
    desk.service.next_job()
    desk.ask(a, CMD, "", b"waits\0", 2)
    desk.ask(b, CMD, "", b"other\0", 1)
    desk.calls.clear()

    (answer,) = desk.ask(a, EventTypes.SV_ABORT)

    assert (answer.sn, answer.is_error) == (2, True)
    assert desk.calls == ["interrupt"]
    assert desk.program.asked == ["abort"]
    assert b.sent == []


def test_motors_are_pushed_together_and_only_if_there_are_any() -> None:
    desk, client = Desk(), Client()
    desk.ask(client, EventTypes.SV_CHAN_SEND, properties.START_ALL)
    assert desk.service.next_job() is None
    desk.ask(client, EventTypes.SV_CHAN_SEND, properties.PRESTART_ALL)
    desk.ask(client, EventTypes.SV_CHAN_SEND, "motor/th/start_one", b"5\0")
    assert desk.service.next_job() is None
    desk.ask(client, EventTypes.SV_CHAN_SEND, properties.START_ALL)
    job = desk.service.next_job()
    assert job is not None
    assert job.command.items == ("move", "th", "5")
    desk.ask(client, EventTypes.SV_CHAN_SEND, properties.ABORT_ALL)
    assert desk.program.asked[-1] == "abort motors"


@pytest.mark.parametrize("how", ["lost", "abort"])
def test_motors_that_were_not_started_yet_are_forgotten_with_their_client_and_by_an_abort(how: str) -> None:
    desk, client = Desk(), Client()
    desk.ask(client, EventTypes.SV_CHAN_SEND, properties.PRESTART_ALL)
    desk.ask(client, EventTypes.SV_CHAN_SEND, "motor/th/start_one", b"5\0")
    if how == "lost":
        desk.service.lost(client)
    else:
        desk.ask(client, EventTypes.SV_ABORT)
    desk.ask(client, EventTypes.SV_CHAN_SEND, properties.START_ALL)
    assert desk.service.next_job() is None


def test_a_program_may_start_motors_without_a_command() -> None:
    desk, client = Desk(), Client()
    desk.program.start_motors = lambda targets: None  # type: ignore[method-assign]
    desk.ask(client, EventTypes.SV_CHAN_SEND, "motor/th/start_one", b"5\0")
    assert desk.service.next_job() is None


def test_a_client_that_is_gone_is_told_nothing_and_leaves_nothing() -> None:
    desk, client = Desk(), Client()
    service = desk.service
    desk.ask(client, EventTypes.SV_REGISTER, "var/x")
    desk.ask(client, CMD, "", b"f\0", 1)
    desk.ask(client, EventTypes.SV_CHAN_SEND, properties.PRESTART_ALL)
    assert service.watched("var/x")
    client.sent.clear()

    service.lost(client)
    service.changed("var/x", "2")

    assert not client.sent
    assert not service.watched("var/x")
    assert service.next_job() is None
    service.lost(client)  # once more is no harm


def test_text_and_what_is_merged_into_arrays_must_arrive_and_of_values_the_newest() -> None:
    desk, client = Desk(), Client()
    for name in ("var/x", "var/a", "var/a[k]", "output/tty", "error"):
        desk.ask(client, EventTypes.SV_REGISTER, name)
    client.keys.clear()
    desk.service.changed("var/x", "2")
    desk.service.changed("var/a", {"k": "w"})
    desk.service.changed("output/tty", "text")
    desk.service.report("no")
    assert client.keys == ["var/x", "var/a[k]", None, None, None]


def test_quitting_is_told() -> None:
    desk, client = Desk(), Client()
    desk.program.cells["status/quit"] = Cell(0)
    desk.ask(client, EventTypes.SV_REGISTER, "status/quit")
    desk.service.quit()
    assert [message.body for message in client.sent] == ["0", "1"]


def test_close_closes() -> None:
    desk, client = Desk(), Client()
    assert desk.ask(client, EventTypes.SV_CLOSE) == []
    assert client.closed


def test_an_event_is_encoded_once_for_each_kind_of_client(monkeypatch: pytest.MonkeyPatch) -> None:
    desk, clients = Desk(), [Client() for _ in range(5)]
    for client in clients:
        desk.ask(client, EventTypes.SV_REGISTER, "var/x")
    encoded: list[Any] = []

    def note(value: Any, *how: Any) -> Any:
        encoded.append(value)
        return encode(value, *how)

    monkeypatch.setattr("pycertifspec.session.registrations.encode", note)
    desk.service.changed("var/x", "2")
    assert encoded == ["2"]
    assert all(client.sent[-1].body == "2" for client in clients)


def test_a_command_is_no_longer_than_any_that_is_written_and_its_refusal_is_told() -> None:
    desk, client = Desk(), Client()
    desk.ask(client, EventTypes.SV_REGISTER, "error")
    for cmd in (CMD, FUNC):
        reply, event = desk.ask(client, cmd, "", b"1" * MAX_COMMAND + b"\0", 7)
        assert (reply.sn, reply.is_error) == (7, True)
        assert "more than 1048576" in values.text_of(reply)
        assert (event.name, event.body) == ("error", reply.body)
    assert desk.service.ready
    desk.ask(client, CMD, "", b"1" * (MAX_COMMAND - 1) + b"\0", 8)
    assert not desk.service.ready


@pytest.mark.parametrize("body", [b"'" + b"1" * (MAX_COMMAND // 2) + b"'\0", b"f\0" + b"ab\0" * 20_000])
def test_what_a_client_has_waiting_is_bounded_in_memory_and_another_client_is_not_concerned(body: bytes) -> None:
    desk, client = Desk(), Client()
    desk.ask(client, CMD, "", b"sleep(9)\0", 1)
    desk.service.next_job()
    tracemalloc.start()
    try:
        refused = sum(bool(desk.ask(client, FUNC, "", body, 2)) for _ in range(30))
        assert tracemalloc.get_traced_memory()[0] < 1.5 * MAX_WAITING
    finally:
        tracemalloc.stop()
    assert 0 < refused < 30
    assert "4194304 bytes" in values.text_of(client.sent[-1])
    assert not desk.ask(Client(), FUNC, "", body, 2)
    desk.ask(client, EventTypes.SV_ABORT)
    assert not desk.ask(client, FUNC, "", body, 2)  # there is room again


def test_a_position_is_a_short_text_or_a_number_and_nothing_else_waits_for_start_all() -> None:
    desk, client = Desk(), Client()
    desk.ask(client, EventTypes.SV_CHAN_SEND, properties.PRESTART_ALL)
    for type_, body, reason in (
        (2, b"1" * (MAX_POSITION + 1) + b"\0", "has 201 characters"),
        (4, b"key\0value\0\0", "a dict is no position"),
        (12, b"", "a ndarray is no position"),
    ):
        (reply,) = desk.ask(client, EventTypes.SV_CHAN_SEND, "motor/th/start_one", body, 3, type_)
        assert reason in values.text_of(reply)
    desk.ask(client, EventTypes.SV_CHAN_SEND, "motor/th/start_one", b"1" * MAX_POSITION + b"\0", 3)
    desk.ask(client, EventTypes.SV_CHAN_SEND, properties.START_ALL)
    assert desk.program.asked == [("start", [("th", "1" * MAX_POSITION)])]


def test_what_a_request_makes_the_program_push_waits_on_account_of_who_requested(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pycertifspec.session.commands.MAX_QUEUED", 2)
    desk, client = Desk(), Client()
    desk.program.cells["var/x"].write = lambda value: desk.service.push(Command(("count_em",)))  # type: ignore[method-assign]
    for _ in range(2):
        assert not desk.ask(client, EventTypes.SV_CHAN_SEND, "var/x", b"1\0", 4)
    (reply,) = desk.ask(client, EventTypes.SV_CHAN_SEND, "var/x", b"1\0", 4)
    assert "2 commands wait already" in values.text_of(reply)
    assert not desk.ask(Client(), EventTypes.SV_CHAN_SEND, "var/x", b"1\0", 4)
    desk.service.lost(client)
    job = desk.service.next_job()
    assert job is not None
    assert job.client is not client


def test_an_error_is_told_in_a_text_that_can_be_read_whatever_was_sent() -> None:
    desk, client = Desk(), Client()
    desk.ask(client, EventTypes.SV_REGISTER, "error")

    def refuse(value: Any) -> None:
        raise RemoteError(f"{value!r} does not fit")

    desk.program.cells["var/x"].write = refuse  # type: ignore[method-assign]
    event, reply = desk.ask(client, EventTypes.SV_CHAN_SEND, "var/x", b"x" * 100_000 + b"\0", 4)
    assert len(values.text_of(event)) == len(values.text_of(reply)) == len(desk.service.last_error) == MAX_REASON


@pytest.mark.parametrize(("repeated", "told"), [(False, [1, 0, 0]), (True, [2, 1, 0])])
def test_registering_twice_tells_an_event_once_or_twice(repeated: bool, told: list[int]) -> None:
    desk, client = Desk(repeated_registrations=repeated), Client()
    found = []
    for _ in range(2):
        assert len(desk.ask(client, EventTypes.SV_REGISTER, "var/x")) == 1
    for _ in range(3):
        client.sent.clear()
        desk.service.changed("var/x", "2")
        found.append(len(client.sent))
        desk.ask(client, EventTypes.SV_UNREGISTER, "var/x")
    assert found == told
    assert not desk.service.watched("var/x")


def test_a_client_that_registers_without_end_is_not_told_without_end() -> None:
    desk, client = Desk(repeated_registrations=True), Client()
    for _ in range(100):
        desk.ask(client, EventTypes.SV_REGISTER, "var/x")
    client.sent.clear()
    desk.service.changed("var/x", "2")
    assert len(client.sent) == 10
    desk.service.lost(client)
    assert not desk.service.watched("var/x")


def test_an_assignment_of_an_equal_value_is_told_or_not() -> None:
    for equal in (True, False):
        desk, client = Desk(equal_value_events=equal), Client()
        for name in ("var/x", "motor/th/position"):
            desk.ask(client, EventTypes.SV_REGISTER, name)
        client.sent.clear()
        for value in ("1", 1.0, "2", 2, "1"):
            desk.service.changed("var/x", value)
        told = [message.body for message in client.sent]
        assert told == (["1", "1", "2", "2", "1"] if equal else ["2", "1"])
        client.sent.clear()
        for _ in range(2):
            desk.service.changed("motor/th/position", 0)  # of what is no variable, all is told
        assert len(client.sent) == 2


def test_of_an_array_the_elements_that_are_equal_are_not_told_if_that_is_so_chosen() -> None:
    desk, client, other = Desk(equal_value_events=False), Client(), Client()
    desk.ask(client, EventTypes.SV_REGISTER, "var/a")
    desk.ask(other, EventTypes.SV_REGISTER, "var/a[k]")
    client.sent.clear()
    other.sent.clear()
    change = desk.service.changed
    change("var/a", {"k": "v"})
    assert not client.sent
    change("var/a", {"k": "v", "l": 1})
    assert [values.decode(message) for message in client.sent] == [{"l": "1"}]
    change("var/a", {"k": ""}, deleted=True)
    change("var/a", {"k": "v"})  # there again
    assert [values.decode(message) for message in client.sent[1:]] == [{"k": ""}, {"k": "v"}]
    assert len(other.sent) == 2
    change("var/a", "", deleted=True)
    change("var/a", "text")
    assert client.sent[-1].body == "text"
    for watcher, name in ((client, "var/a"), (other, "var/a[k]")):
        desk.ask(watcher, EventTypes.SV_UNREGISTER, name)
    assert not desk.service._registrations._last


def test_data_arrays_are_told_to_nobody_whatever_is_chosen() -> None:
    desk, client = Desk(equal_value_events=False), Client()
    desk.ask(client, EventTypes.SV_REGISTER, "var/x")
    client.sent.clear()
    desk.service.changed("var/x", np.zeros(3))
    assert not client.sent


def test_setting_a_variable_that_does_not_exist_is_an_error_or_creates_it() -> None:
    desk, client = Desk(), Client()
    for name in ("var/new", "var/new[k]"):
        (reply,) = desk.ask(client, EventTypes.SV_CHAN_SEND, name, b"5\0", 3)
        assert "no property" in values.text_of(reply)
    desk = Desk(create_variables=True)
    assert not desk.ask(client, EventTypes.SV_CHAN_SEND, "var/new", b"5\0", 3)
    assert not desk.ask(client, EventTypes.SV_CHAN_SEND, "var/array[k]", b"6\0", 3)
    assert (desk.program.cells["var/new"].value, desk.program.cells["var/array"].value) == ("5", {"k": "6"})
    (reply,) = desk.ask(client, EventTypes.SV_CHAN_SEND, "motor/new/position", b"5\0", 3)
    assert "no property" in values.text_of(reply)


@given(
    cmd=st.integers(0, 20),
    name=st.sampled_from(["", "var/x", "var/a", "var/a[k]", "var/x[1]", "error", "status/ready", "motor/th/start_one",
                          "motor//start_one", "motor/../start_all", "output/tty", "nothing"]) | st.text(max_size=20),
    body=st.binary(max_size=40),
    sn=st.integers(0, 3),
    type_=st.integers(0, 20),
)  # fmt: skip
def test_whatever_is_requested_the_service_goes_on_and_answers_what_wants_an_answer(
    cmd: Any, name: Any, body: Any, sn: Any, type_: Any
) -> None:
    desk, client = Desk(), Client()
    raw = header.pack("little", 4, 132, (sn, 0, 0, cmd, type_, 2, 3, len(body), 0, 0), name.encode()[:80]) + body
    for message in client.session.receive(raw):
        desk.service.received(client, message)
    while (job := desk.service.next_job()) is not None:
        desk.service.failed(job, "no")

    replies = [message for message in client.sent if message.cmd != EventTypes.SV_EVENT]
    assert all(message.sn == sn for message in replies)
    if cmd in (CMD, FUNC, EventTypes.SV_CHAN_READ, EventTypes.SV_HELLO):
        assert len(replies) == 1
    elif cmd in range(1, 15) and cmd not in (5, 8, 13):
        assert len(replies) <= (cmd == EventTypes.SV_CHAN_SEND and sn != 0)
    else:
        assert len(replies) == (sn != 0)
    assert desk.ask(client, EventTypes.SV_CHAN_READ, "status/ready", sn=9)[-1].body == "1"


def test_an_error_of_the_program_is_told_to_who_asked() -> None:
    desk, client = Desk(), Client()

    def fail() -> Any:
        raise SpecError("locked")

    desk.program.cells["var/x"].read = fail  # type: ignore[method-assign]
    (reply,) = desk.ask(client, EventTypes.SV_CHAN_READ, "var/x", sn=3)
    assert values.text_of(reply) == "locked"
    with pytest.raises(RemoteError, match="no element"):
        desk.service._value("var/a[none]")
