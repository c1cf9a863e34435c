"""`Service` decides without a socket: who is told what, what is executed next, what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycertifspec.errors import RemoteError, SpecError
from pycertifspec.session import properties
from pycertifspec.session.options import ServerOptions
from pycertifspec.session.server import ServerSession
from pycertifspec.session.service import Command, Job, Service, element_path, split_element
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
        self.value = {**self.value, **value} if isinstance(value, dict) else value


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
    encode = desk.service._encode

    def note(session: ServerSession, value: Any) -> Any:
        encoded.append(value)
        return encode(session, value)

    monkeypatch.setattr(desk.service, "_encode", note)
    desk.service.changed("var/x", "2")
    assert encoded == ["2"]
    assert all(client.sent[-1].body == "2" for client in clients)


@pytest.mark.parametrize(
    ("name", "base", "keys"),
    [
        ("var/x", "var/x", ()),
        ("var/x[1]", "var/x", ("1",)),
        ("var/x[1][2]", "var/x", ("1", "2")),
        ('var/x["a"]', "var/x", ("a",)),
        ("var/x['a'][\"b\"]", "var/x", ("a", "b")),
        ("var/x[]", "var/x", ("",)),
        ("var/x[1][2][3]", "var/x[1][2][3]", ()),
        ("var/x[1", "var/x[1", ()),
        ("[1]", "[1]", ()),
        ("", "", ()),
    ],
)
def test_the_name_of_an_element_has_a_base_and_indices(name: Any, base: Any, keys: Any) -> None:
    assert split_element(name) == (base, keys)


def test_the_name_of_an_element_is_made_of_its_index() -> None:
    assert element_path("var/x", "a") == "var/x[a]"
    assert element_path("var/x", ("1", "2")) == "var/x[1][2]"
    assert element_path("var/x", 1) == "var/x[1]"


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
