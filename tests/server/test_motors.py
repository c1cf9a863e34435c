"""Motors of an application, as clients see them: every property, motions in SPEC's order, refusals."""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import TYPE_CHECKING, Any

import pytest

from pycertifspec.errors import LocalProtocolError, RemoteError
from pycertifspec.server import Application, Server, ServerOptions
from pycertifspec.server.demonstration import LinearMotor
from pycertifspec.server.motors import FAR, ServedMotor
from pycertifspec.session import properties
from pycertifspec.wire.constants import EventTypes

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.server.conftest import Clock, Peer, Stage

    Client = Callable[..., Peer]

POLL = 0.005
DONE, POSITION = "motor/th/move_done", "motor/th/position"


@pytest.fixture
def motor(application: Application, stage: Stage) -> ServedMotor:
    return application.motor("th", stage, poll=POLL)


# ---- properties ----


def test_a_motor_has_every_property_that_spec_has(motor: Any, client: Client) -> None:
    peer = client()
    plain = {
        "position": "0",
        "dial_position": "0",
        "offset": "0",
        "step_size": "1000",
        "sign": "1",
        "move_done": "0",
        "high_limit": f"{FAR:.15g}",
        "low_limit": f"{-FAR:.15g}",
        "sync_check": "",
        "base_rate": "100",
        "slew_rate": "1000",
        "acceleration": "125",
    }
    for prop in properties.MOTOR:
        if prop.readable:
            assert peer.read(f"motor/th/{prop.name}") == plain.get(prop.name, "0")
            assert peer.watch(f"motor/th/{prop.name}") == plain.get(prop.name, "0")
        else:
            text = peer.refused(EventTypes.SV_CHAN_READ, f"motor/th/{prop.name}")
            assert "can only be set" in text or prop is properties.START_ONE


@pytest.mark.parametrize("prop", [p.name for p in properties.MOTOR if not p.writable])
def test_what_the_table_calls_read_only_cannot_be_set(motor: Any, client: Client, prop: Any) -> None:
    assert f"motor/th/{prop} cannot be set" in client().refused(EventTypes.SV_CHAN_SEND, f"motor/th/{prop}", "1")


@pytest.mark.parametrize("prop", ["base_rate", "slew_rate", "acceleration", "backlash"])
def test_a_plain_number_is_set_and_told(motor: Any, stage: Any, client: Client, prop: Any) -> None:
    peer = client()
    peer.watch(f"motor/th/{prop}")
    peer.write(f"motor/th/{prop}", "2.5")
    assert peer.event(f"motor/th/{prop}") == "2.5"
    assert getattr(stage, prop) == 2.5
    peer.nothing_more()


def test_setting_the_position_changes_the_offset_and_moves_nothing(
    application: Application, clock: Clock, client: Client
) -> None:
    stage = LinearMotor(clock, speed=1, low=-10, high=10)
    application.motor("th", stage)
    peer = client()
    peer.watch(POSITION)
    peer.watch("motor/th/offset")
    peer.watch("motor/th/dial_position")

    peer.write(POSITION, "4")

    assert peer.event(POSITION) == "4"
    assert peer.event("motor/th/offset") == "4"
    assert peer.read("motor/th/dial_position") == "0"
    peer.nothing_more()


class _Plain:
    """A motor with just what the protocol wants, and what the test adds."""

    def __init__(self, **more: float) -> None:
        self.position, self.moving = 10.0, False
        self.targets: list[float] = []
        vars(self).update(more)

    def move(self, target: float) -> None:
        self.targets.append(target)
        self.position = target

    def stop(self) -> None:
        pass


class _Following(_Plain):
    """A motor whose position follows from its dial position and its offset, both of which it can be told."""

    dial_position, offset, sign = 20.0, -10.0, 1.0

    @property
    def position(self) -> float:
        return self.sign * self.dial_position + self.offset

    @position.setter
    def position(self, position: float) -> None:
        self.dial_position = (position - self.offset) / self.sign


class _Inverted(_Following):
    sign, offset = -1.0, 30.0


class _Fixed(_Plain):
    """A motor that says its offset and cannot be told another."""

    @property
    def offset(self) -> float:
        return 1.0


KINDS_OF_MOTOR = [
    _Plain,
    lambda: _Plain(offset=3.0),
    lambda: _Plain(dial_position=10.0),
    lambda: _Plain(dial_position=4.0),
    lambda: _Plain(dial_position=7.0, offset=3.0),
    lambda: _Plain(sign=-1.0),
    lambda: _Plain(sign=-1.0, offset=2.0, dial_position=-8.0),
    _Fixed,
    _Following,
    _Inverted,
]


@pytest.mark.parametrize("make", KINDS_OF_MOTOR)
def test_a_position_that_was_set_holds_for_reads_limits_and_motions_whatever_the_object_has(
    application: Application, client: Client, make: Callable[[], Any]
) -> None:
    motor = make()
    motor.low_limit, motor.high_limit = -1000.0, 1000.0
    application.motor("th", motor, poll=POLL)
    peer = client()

    def read(name: str) -> float:
        return float(peer.read(f"motor/th/{name}"))

    def consistent() -> bool:
        return read("position") == pytest.approx(read("sign") * read("dial_position") + read("offset"))

    dial, sign = read("dial_position"), read("sign")
    assert read("position") == 10.0
    for position in (100.0, -7.5):
        peer.write(POSITION, position)
        assert (read("position"), read("dial_position")) == (position, dial)
        assert consistent()
    assert (read("low_limit"), read("high_limit")) == (-1000, 1000)
    peer.write("motor/th/offset", 50.0)
    assert (read("offset"), read("dial_position")) == (50.0, dial)
    assert consistent()
    peer.write("motor/th/dial_position", 900.0)
    assert (read("dial_position"), read("offset")) == (900.0, 50.0)
    assert consistent()
    assert motor.targets == []

    beyond = sign * 1001.0 + 50.0
    assert "outside its limits" in peer.refused(EventTypes.SV_CHAN_SEND, "motor/th/start_one", f"{beyond}")
    inside, before = sign * 999.0 + 50.0, motor.position
    change = inside - read("position")
    peer.write("motor/th/start_one", f"{inside}")
    peer.command("1")
    assert motor.position - before == pytest.approx(change)  # the way that was asked for, in the object's own terms
    if isinstance(motor, _Following) or not hasattr(motor, "dial_position"):  # another's dial stands still here
        assert read("dial_position") == 999.0
    assert read("position") == inside


def test_the_position_of_a_motor_that_moves_is_not_set(motor: Any, stage: Any, client: Client) -> None:
    peer = client()
    peer.write("motor/th/start_one", "5")
    peer.command("1")
    for name in ("position", "dial_position", "offset"):
        text = peer.refused(EventTypes.SV_CHAN_SEND, f"motor/th/{name}", "1")
        assert text == f"motor th: its {name} cannot be set while it moves"
    stage.finish()


def test_a_home_position_is_what_the_scale_shows_there(application: Application, client: Client) -> None:
    motor: Any = _Plain()
    asked: list[Any] = []
    motor.search = lambda *how: asked.append(how)
    application.motor("th", motor, poll=POLL)
    peer = client()
    peer.write("motor/th/dial_position", "110")
    peer.write("motor/th/search", "home 105")
    peer.nothing_more()
    assert asked == [("home", 5.0)]


def test_limits_are_written_in_user_units_and_read_in_dial_units(
    application: Application, clock: Clock, client: Client
) -> None:
    stage = LinearMotor(clock, speed=1, low=-10, high=10)
    stage.offset = 100.0
    application.motor("th", stage)
    peer = client()

    peer.write("motor/th/high_limit", "105")
    peer.write("motor/th/low_limit", "99")
    assert (peer.read("motor/th/low_limit"), peer.read("motor/th/high_limit")) == ("-1", "5")
    peer.write("motor/th/limits", "98 107")
    assert (peer.read("motor/th/low_limit"), peer.read("motor/th/high_limit")) == ("-2", "7")


def test_limits_of_a_motor_of_the_other_sense_are_sorted(
    application: Application, clock: Clock, client: Client
) -> None:
    stage = LinearMotor(clock, speed=1, low=-10, high=10)
    stage.sign = -1.0  # type: ignore[attr-defined]
    application.motor("th", stage)
    peer = client()
    peer.write("motor/th/limits", "-5 7")
    assert (peer.read("motor/th/low_limit"), peer.read("motor/th/high_limit")) == ("-7", "5")


@pytest.mark.parametrize(
    ("prop", "value", "reason"),
    [
        ("offset", "x", "does not fit"),
        ("offset", "", "does not fit"),
        ("limits", "1", "does not fit"),
        ("limits", "1 2 3", "does not fit"),
        ("search", "home", "cannot be set on this motor"),
        ("high_lim_hit", "1", "cannot be set"),
        ("position", "nan", "nan is no position"),
        ("dial_position", "inf", "inf is no dial_position"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_reason(
    application: Application, clock: Clock, client: Client, prop: Any, value: Any, reason: Any
) -> None:
    application.motor("th", LinearMotor(clock, speed=1, low=-10, high=10))
    assert reason in client().refused(EventTypes.SV_CHAN_SEND, f"motor/th/{prop}", value)


def test_a_search_is_started_and_followed(application: Application, stage: Any, client: Client) -> None:
    asked: list[Any] = []

    def search(*how: Any) -> None:
        asked.append(how)
        stage.move(7.0)

    stage.search = search
    application.motor("th", stage, poll=POLL)
    peer = client()
    peer.watch(DONE)
    peer.watch(POSITION)

    peer.write("motor/th/search", "home+ 7")
    assert peer.event(DONE) == "1"
    stage.finish()
    assert peer.events_until(DONE, "0") == [(POSITION, "7"), (DONE, "0")]
    assert asked == [("home+", 7.0)]
    assert "does not fit" in peer.refused(EventTypes.SV_CHAN_SEND, "motor/th/search", "")


def test_a_mnemonic_is_published_once(application: Application, motor: Any, stage: Any) -> None:
    with pytest.raises(LocalProtocolError, match="'th' is published already"):
        application.motor("th", stage)


def test_a_change_that_the_server_did_not_cause_is_told_when_the_author_says_so(
    motor: Any, stage: Any, client: Client
) -> None:
    peer = client()
    peer.watch(POSITION)
    peer.watch("motor/th/offset")
    stage.position = 3.0
    motor.update()
    assert peer.event(POSITION) == "3"
    motor.update()
    peer.nothing_more()


# ---- motions ----


def test_a_motion_shows_its_beginning_its_positions_the_last_position_and_then_its_end(
    motor: Any, stage: Any, client: Client
) -> None:
    peer = client()
    assert peer.watch(DONE) == "0"
    assert peer.watch(POSITION) == "0"

    peer.write("motor/th/start_one", "5")

    assert peer.event(DONE) == "1"
    assert peer.read(DONE) == "1"
    for position in (1.0, 2.5):
        stage.position = position
        assert peer.event(POSITION) == f"{position:g}"
    stage.finish()
    assert peer.event(POSITION) == "5"
    assert peer.event(DONE) == "0"
    peer.nothing_more()


def test_two_motors_started_together_show_the_order_of_a_real_server(
    application: Application, clock: Clock, client: Client
) -> None:
    """PROTOCOL.md 5.7: both begin, then positions; each motor's last position comes before its end."""
    for mne, speed in (("m0", 2.0), ("m1", 1.0)):
        application.motor(mne, LinearMotor(clock, speed=speed, low=-10, high=10), poll=POLL)
    peer, other = client(), client()
    for mne in ("m0", "m1"):
        peer.watch(f"motor/{mne}/move_done")
        peer.watch(f"motor/{mne}/position")
    other.watch("motor/m0/move_done")

    peer.write("motor/../prestart_all")
    peer.write("motor/m0/start_one", "4")
    peer.write("motor/m1/start_one", "4")
    peer.nothing_more()
    other.nothing_more()
    peer.write("motor/../start_all")

    assert peer.event("motor/m0/move_done") == "1"
    assert peer.event("motor/m1/move_done") == "1"
    clock.seconds += 1
    assert sorted((m.name, m.body) for m in (peer.next_event(), peer.next_event())) == [
        ("motor/m0/position", "2"),
        ("motor/m1/position", "1"),
    ]
    clock.seconds += 1.5
    told = [event for event in peer.events_until("motor/m0/move_done", "0") if "/m0/" in event[0]]
    assert told == [("motor/m0/position", "4"), ("motor/m0/move_done", "0")]
    clock.seconds += 1.5
    assert peer.events_until("motor/m1/move_done", "0")[-2:] == [
        ("motor/m1/position", "4"),
        ("motor/m1/move_done", "0"),
    ]
    peer.nothing_more()
    assert other.events_until("motor/m0/move_done", "0") == [("motor/m0/move_done", "1"), ("motor/m0/move_done", "0")]


def test_what_waits_for_start_all_is_each_clients_own(
    application: Application, motor: Any, stage: Any, client: Client
) -> None:
    other_stage = type(stage)()
    application.motor("tth", other_stage, poll=POLL)
    one, two = client(), client()
    one.write("motor/../prestart_all")
    one.write("motor/th/start_one", "1")
    two.write("motor/tth/start_one", "2")  # without prestart_all of its own it moves at once
    two.watch("motor/tth/move_done")
    two.write("motor/../start_all")  # there is nothing of its own to start
    two.command("1")
    assert (stage.moving, other_stage.moving) == (False, True)
    one.write("motor/../start_all")
    one.command("1")
    assert stage.moving
    one.write("motor/th/start_one", "3")  # start_all has closed the buffer
    one.command("1")
    assert stage.target == 3.0


def test_what_waits_for_start_all_is_forgotten_with_its_client(motor: Any, stage: Any, client: Client) -> None:
    one, two = client(), client()
    one.write("motor/../prestart_all")
    one.write("motor/th/start_one", "1")
    one.nothing_more()
    one.close()
    two.write("motor/../start_all")
    two.command("1")
    assert not stage.moving


def test_a_motion_to_where_the_motor_stands_shows_nothing(motor: Any, stage: Any, client: Client) -> None:
    peer = client()
    peer.watch(DONE)
    peer.write("motor/th/start_one", "0.0004")  # less than half a step
    peer.command("1")
    peer.nothing_more()
    assert not stage.moving


def test_a_motion_to_where_the_motor_stands_can_show_its_end(motor: Any, stage: Any, client: Client) -> None:
    peer = client(server={"options": ServerOptions(null_move_events=True)})
    peer.watch(DONE)
    peer.write("motor/th/start_one", "0")
    assert peer.events_until(DONE, "0") == [(DONE, "1"), (DONE, "0")]
    assert not stage.moving


def test_the_end_of_a_motion_can_be_told_twice(motor: Any, stage: Any, client: Client) -> None:
    peer = client(server={"options": ServerOptions(duplicate_move_done=True)})
    peer.watch(DONE)
    peer.write("motor/th/start_one", "5")
    assert peer.event(DONE) == "1"
    stage.finish()
    assert [peer.event(DONE) for _ in range(2)] == ["0", "0"]
    peer.nothing_more()


def test_a_motion_can_be_shown_late(motor: Any, stage: Any, client: Client) -> None:
    peer = client(server={"options": ServerOptions(move_done_delay=3600)})
    peer.watch(DONE)
    peer.watch(POSITION)
    peer.write("motor/th/start_one", "5")
    peer.command("1")
    stage.position = 2.0
    assert peer.event(POSITION) == "2"
    assert stage.moving
    assert peer.read(DONE) == "0"
    peer.write("motor/th/start_one", "6")
    peer.command("1")
    peer.nothing_more()


def test_a_motion_that_is_shown_late_shows_its_beginning_and_its_end_all_the_same(
    motor: Any, stage: Any, client: Client
) -> None:
    peer = client(server={"options": ServerOptions(move_done_delay=0.02)})
    peer.watch(DONE)
    peer.write("motor/th/start_one", "5")
    peer.command("1")
    stage.finish()
    assert peer.events_until(DONE, "0") == [(DONE, "1"), (DONE, "0")]
    assert peer.read(POSITION) == "5"


def test_the_last_position_event_can_be_that_before_the_motion(
    application: Application, clock: Clock, client: Client
) -> None:
    application.motor("th", LinearMotor(clock, speed=1, low=-10, high=10), poll=POLL)
    peer = client(server={"options": ServerOptions(stale_position=True)})
    peer.watch(DONE)
    peer.watch(POSITION)
    peer.write("motor/th/start_one", "2")
    assert peer.event(DONE) == "1"
    clock.seconds += 1
    assert peer.event(POSITION) == "1"
    clock.seconds += 1
    assert peer.events_until(DONE, "0") == [(POSITION, "0"), (DONE, "0")]
    assert peer.read(POSITION) == "2"


def test_a_motion_that_is_over_at_once_shows_its_beginning_and_its_end(
    application: Application, stage: Any, client: Client
) -> None:
    def jump(target: float) -> None:
        stage.position = target

    stage.move = jump
    application.motor("th", stage, poll=POLL)
    peer = client()
    peer.watch(DONE)
    peer.watch(POSITION)
    peer.write("motor/th/start_one", "5")
    assert peer.events_until(DONE, "0") == [(DONE, "1"), (POSITION, "5"), (DONE, "0")]


class _Hasty:
    """A motor that moves on each time it is looked at, and arrives between two looks."""

    def __init__(self) -> None:
        self.looks = 10**6

    def _look(self) -> int:
        self.looks += 1
        return self.looks

    @property
    def moving(self) -> bool:
        return self._look() < 40

    @property
    def position(self) -> float:
        return float(min(self._look(), 40))

    def move(self, target: float) -> None:
        self.looks = 0

    def stop(self) -> None:
        pass


def test_a_motion_that_ends_while_it_is_looked_at_still_shows_its_last_position_first(
    application: Application, client: Client
) -> None:
    application.motor("th", _Hasty(), poll=POLL)
    peer = client()
    peer.watch(DONE)
    peer.watch(POSITION)
    peer.write("motor/th/start_one", "5")
    told = peer.events_until(DONE, "0")
    assert told[0] == (DONE, "1")
    assert told[-2:] == [(POSITION, "40"), (DONE, "0")]
    peer.nothing_more()


def test_an_end_that_was_not_seen_yet_is_told_before_the_next_beginning(
    application: Application, stage: Any, client: Client
) -> None:
    application.motor("th", stage, poll=60)
    peer = client()
    peer.watch(DONE)
    peer.watch(POSITION)
    peer.write("motor/th/start_one", "5")
    assert peer.event(DONE) == "1"
    stage.finish()
    peer.write("motor/th/start_one", "6")
    assert peer.events_until(DONE, "1") == [(POSITION, "5"), (DONE, "0"), (DONE, "1")]


def test_a_moving_motor_can_be_sent_elsewhere_even_to_where_it_passes(motor: Any, stage: Any, client: Client) -> None:
    peer = client()
    peer.watch(DONE)
    peer.write("motor/th/start_one", "5")
    assert peer.event(DONE) == "1"
    stage.position = 3.0
    peer.write("motor/th/start_one", "3")
    peer.command("1")
    assert (stage.target, stage.moving) == (3.0, True)
    stage.finish()
    peer.events_until(DONE, "0")


# ---- refusals ----


@pytest.mark.parametrize("target", ["10.5", "-11", "nan", "inf", "1e300", "", "here", "1 2"])
def test_a_motion_that_may_not_be_is_refused_through_the_error_event(
    application: Application, clock: Clock, client: Client, target: Any
) -> None:
    stage = LinearMotor(clock, speed=1, low=-10, high=10)
    application.motor("th", stage, poll=POLL)
    peer = client()
    peer.watch("error")
    peer.watch(DONE)
    peer.write("motor/th/start_one", target)
    text = peer.event("error")
    assert "motor th" in text
    assert "outside its limits, -10 to 10 (dial)" in text or "is no position" in text
    peer.command("1")
    peer.nothing_more()
    assert not stage.moving


def test_none_of_the_motors_started_together_moves_if_one_may_not(
    application: Application, motor: Any, stage: Any, clock: Clock, client: Client
) -> None:
    application.motor("tth", LinearMotor(clock, speed=1, low=-10, high=10))
    peer = client()
    peer.watch("error")
    peer.write("motor/../prestart_all")
    peer.write("motor/th/start_one", "5")
    peer.write("motor/tth/start_one", "50")
    assert "tth" in peer.refused(EventTypes.SV_CHAN_SEND, "motor/../start_all")
    assert "tth" in peer.event("error")
    peer.command("1")
    assert not stage.moving


def test_an_unusable_motor_does_not_move(motor: Any, stage: Any, client: Client) -> None:
    stage.unusable = 1
    peer = client()
    peer.watch("error")
    peer.write("motor/th/start_one", "5")
    assert peer.event("error") == "motor th is unusable"
    assert not stage.moving


def test_a_limit_is_checked_again_when_the_motion_begins(
    application: Application, clock: Clock, client: Client
) -> None:
    stage = LinearMotor(clock, speed=1, low=-10, high=10)
    begun, go_on = threading.Event(), threading.Event()
    application.motor("th", stage)

    @application.function
    def wait() -> None:
        begun.set()
        assert go_on.wait(10)

    peer = client()
    peer.watch("error")
    peer.send(EventTypes.SV_CMD, "", "wait")
    assert begun.wait(10)
    peer.write("motor/th/start_one", "9")
    peer.write("motor/th/high_limit", "8")
    peer.nothing_more()
    go_on.set()
    assert "outside its limits, -10 to 8" in peer.event("error")
    assert not stage.moving


@pytest.mark.parametrize("prop", ["start_one", "position", "search"])
def test_a_motor_that_nobody_published_is_refused(application: Application, client: Client, prop: Any) -> None:
    text = client().refused(EventTypes.SV_CHAN_SEND, f"motor/none/{prop}", "1")
    assert "none" in text


def test_a_motor_that_refuses_to_move_says_why(application: Application, stage: Any, client: Client) -> None:
    def refuse(target: float) -> None:
        raise RemoteError("the brake is on")

    stage.move = refuse
    application.motor("th", stage)
    peer = client()
    peer.watch("error")
    peer.watch(DONE)
    peer.write("motor/th/start_one", "5")
    assert peer.event("error") == "the brake is on"
    peer.nothing_more()


# ---- stopping ----


@pytest.mark.parametrize("how", [EventTypes.SV_ABORT, "motor/../abort_all"])
def test_an_abort_stops_what_moves_whoever_started_it(motor: Any, stage: Any, client: Client, how: Any) -> None:
    peer, other = client(), client()
    peer.watch(DONE)
    peer.write("motor/th/start_one", "5")
    assert peer.event(DONE) == "1"
    if isinstance(how, str):
        other.write(how)
    else:
        other.send(how)
    assert peer.events_until(DONE, "0")
    assert stage.stopped == 1


def test_what_does_not_move_is_not_stopped(motor: Any, stage: Any, client: Client) -> None:
    peer = client()
    peer.send(EventTypes.SV_ABORT)
    peer.nothing_more()
    assert stage.stopped == 0


def test_a_motor_that_cannot_be_stopped_does_not_keep_the_others_from_it(
    application: Application, stage: Any, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    bad = type(stage)()

    def fail() -> None:
        raise OSError("no answer")

    bad.stop = fail
    application.motor("bad", bad, poll=POLL)
    application.motor("th", stage, poll=POLL)
    peer = client()
    peer.watch("error")
    peer.write("motor/bad/start_one", "5")
    peer.write("motor/th/start_one", "5")
    peer.command("1")
    peer.send(EventTypes.SV_ABORT)
    assert peer.event("error") == "OSError: no answer"
    assert (bad.moving, stage.moving) == (True, False)
    bad.stop = lambda: None
    bad.finish()


def test_nobody_follows_a_motor_when_the_server_is_closed(
    application: Application, stage: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        application.motor("th", stage, poll=60)
        stage.stop = lambda: None  # it does not stop at once, as real ones
        async with Server(application, port=0):
            command = application.start_motors([("th", "5")])
            assert command is not None
            await application.execute(command)
            names = {task.get_name() for task in asyncio.all_tasks()}
            assert "th moves" in names
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
