"""The races of motions, PROTOCOL.md section 6, one after the other: the same on both faces."""

from __future__ import annotations

import queue
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.tap import PATIENCE, Tap, passed_on, text

from pycertifspec import CallTimeoutError, EventTypes, RefusedError, RemoteError, StoppedError
from pycertifspec.server import Application, ServerThread
from pycertifspec.server.demonstration import LinearMotor
from pycertifspec.session.options import ServerOptions
from pycertifspec.session.procedures import arriving, commands, counting, waiting
from pycertifspec.testing import HitLimit, ManualClock, Stall

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pycertifspec.traffic.passing import Passing

EVENT, REPLY, SEND = EventTypes.SV_EVENT, EventTypes.SV_REPLY, EventTypes.SV_CHAN_SEND
DONE, POSITION, START = "motor/th/move_done", "motor/th/position", "motor/th/start_one"
EVERYTHING: dict[str, Any] = {
    "duplicate_move_done": True,
    "move_done_delay": 0.3,
    "null_move_events": True,
    "repeated_registrations": True,
    "stale_position": True,
    "bodyless_events": True,
    "no_error_event": False,
    "reply_to_failed_send": False,
}


def is_message(passing: Passing, direction: str, cmd: int, name: str, wanted: str | None = None) -> bool:
    message = passing.message
    return (
        message is not None
        and (passing.direction, message.cmd, passing.name) == (direction, cmd, name)
        and wanted in {None, text(passing)}
    )


@pytest.fixture
def tapped(connect: Callable[..., Any], stand: Any) -> Iterator[tuple[Any, Tap]]:
    """A client, and the tap between it and the simulated SPEC."""
    with Tap(stand.port) as tap:
        client = connect("127.0.0.1", tap.port)
        yield client, tap
        client.close()


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a client look after a moment without news; it would wait a second or two."""
    for module, name in ((arriving, "LOOK"), (counting, "LOOK"), (waiting, "LOOK"), (commands, "HEARTBEAT")):
        monkeypatch.setattr(module, name, 0.02)


# ---- 6, 1 to 8: when a motion is over ----


def test_1_move_done_on_the_wire_is_true_while_a_motor_moves_and_ours_when_it_stands(spec: Any, clock: Any) -> None:
    th = spec.motor("th")
    motion = spec.start_move(th=29)
    spec.wait_for(DONE, True, PATIENCE)

    assert (th.moving, th.move_done) == (True, False)
    clock.advance(100)
    motion.wait()
    assert (th.moving, th.move_done) == (False, True)
    assert spec.read(DONE) is False


@pytest.mark.parametrize("how", [{"move_done_delay": 0.5}, {"move_done_delay": 0.5, "null_move_events": True}])
def test_2_a_begin_that_is_told_late_is_waited_for(connect: Any, make_stand: Any, how: Any) -> None:
    client = connect("127.0.0.1", make_stand(options=ServerOptions(**how)).port)

    for target in (1.0, 2.0, 2.0):
        assert client.move(th=target) == {"th": target}


def test_2_a_motor_that_reads_as_at_rest_at_first_is_waited_for(connect: Any, nothing_left_behind: None) -> None:
    clock = ManualClock()
    application = Application("py")
    motor = LinearMotor(clock.now, speed=1.0, low=-10, high=10)
    application.motor("m", motor, poll=0.005)
    with ServerThread(application, port=0, options=ServerOptions(move_done_delay=0.05)) as server:
        client = connect("127.0.0.1", server.port)
        motion = client.start_move(m=5)
        client.wait_for("motor/m/move_done", True, PATIENCE)
        assert not motion.done
        clock.advance(10)

        assert motion.wait() == {"m": 5.0}
        client.close()


@pytest.mark.parametrize("after", ["the start", "the begin"])
def test_3_what_registration_tells_late_is_not_the_end(tapped: Any, after: str) -> None:
    client, tap = tapped
    held: list[Passing] = []

    def change(passing: Passing) -> Any:
        if is_message(passing, "down", EVENT, DONE, "0") and not tap_saw_start():
            held.append(passing)
            return []
        late: list[Any] = []
        if held and (
            (after == "the start" and is_message(passing, "up", SEND, START))
            or (after == "the begin" and is_message(passing, "down", EVENT, POSITION) and tap_saw_start())
        ):
            late = passed_on(held.pop())
        return [*late, *passed_on(passing)]

    def tap_saw_start() -> bool:
        return any(is_message(each, "up", SEND, START) for each in tap.heard)

    tap.change = change
    assert client.move(th=1) == {"th": 1.0}
    assert not held


def test_4_an_end_that_is_told_twice_ends_one_motion(connect: Any, make_stand: Any) -> None:
    client = connect("127.0.0.1", make_stand(options=ServerOptions(duplicate_move_done=True)).port)

    for target in (1.0, 2.0, 1.0, 3.0):
        assert client.move(th=target, tth=2 * target) == {"th": target, "tth": 2 * target}


def test_4_the_second_end_of_an_older_motion_is_not_the_end_of_the_next(
    connect: Any, make_stand: Any, clock: Any
) -> None:
    stand = make_stand(clock)
    with Tap(stand.port) as tap:
        client = connect("127.0.0.1", tap.port)
        ends: list[Passing] = []

        def change(passing: Passing) -> Any:
            if is_message(passing, "down", EVENT, DONE, "0"):
                ends.append(passing)
            again = passed_on(ends[-1]) if is_message(passing, "up", SEND, START) and len(ends) > 1 else []
            return [*again, *passed_on(passing)]

        tap.change = change
        for target in (29.0, 28.0):
            motion = client.start_move(th=target)
            tap.wait_for(lambda passing: is_message(passing, "down", EVENT, DONE, "1"))
            client.read("status/ready")
            assert not motion.done
            clock.advance(100)
            assert motion.wait() == {"th": target}
            tap.heard.clear()
        client.close()


@pytest.mark.parametrize(
    "options", [{}, {"null_move_events": True}, {"null_move_events": True, "move_done_delay": 0.2}]
)
def test_5_a_move_to_where_a_motor_stands_is_over(connect: Any, make_stand: Any, options: Any) -> None:
    client = connect("127.0.0.1", make_stand(options=ServerOptions(**options)).port)
    step = 1 / client.motor("th").step_size

    assert client.move(th=30) == {"th": 30.0}
    assert client.move(th=30 + 0.4 * step, tth=1) == {"th": 30.0, "tth": 1.0}
    assert client.move(th=30, tth=1) == {"th": 30.0, "tth": 1.0}


def test_5_a_motion_whose_events_are_all_lost_is_over_when_the_motor_is_there(tapped: Any, soon: None) -> None:
    client, tap = tapped
    tap.change = lambda passing: [] if is_message(passing, "down", EVENT, passing.name) else passed_on(passing)

    assert client.move(th=1, tth=2) == {"th": 1.0, "tth": 2.0}


def test_6_the_position_is_the_servers_and_not_the_last_events(connect: Any, make_stand: Any) -> None:
    client = connect("127.0.0.1", make_stand(options=ServerOptions(stale_position=True)).port)
    shown: list[Any] = []

    assert client.move(th=1, progress=shown.append) == {"th": 1.0}
    assert shown[-1] == {"th": 1.0}


def test_6_in_simulate_mode_motors_are_where_they_would_be_and_counters_count_nothing(client: Any) -> None:
    client.count(1)
    client.execute("set_sim(1)")

    assert client.move(th=31, tth=62) == {"th": 31.0, "tth": 62.0}
    assert client.move_by(th=1) == {"th": 32.0}
    assert client.motor("th").dial_position == 32.0
    assert set(client.count(1).values()) == {0.0}
    assert len(client.scan("ascan th 30 31 2 0.1").wait().points) == 3
    client.execute("set_sim(0)")
    assert client.read(POSITION) == 30.0


def test_7_the_last_position_is_told_before_the_end(client: Any) -> None:
    with client.changes(POSITION, DONE) as changes:
        client.move(th=1)
        seen: list[tuple[str, Any]] = []
        while not (seen and seen[-1] == (DONE, False) and (DONE, True) in seen):
            change = changes.next(PATIENCE)
            seen.append((change.name, change.value))

    assert [value for name, value in seen if name == POSITION][-1] == 1.0


def test_8_the_reply_to_a_command_that_moves_comes_before_the_end_of_the_motion(spec: Any, clock: Any) -> None:
    spec.execute("{get_angles; A[th] = 29; move_em;}")

    assert spec.read(DONE) is True
    clock.advance(100)
    spec.wait_for(DONE, False, PATIENCE)
    assert spec.read(POSITION) == 29.0


def test_a_server_with_every_quirk_at_once_moves_counts_and_scans(connect: Any, make_stand: Any) -> None:
    client = connect("127.0.0.1", make_stand(options=ServerOptions(**EVERYTHING)).port)

    for target in (1.0, 2.0, 2.0):
        assert client.move(th=target, tth=3) == {"th": target, "tth": 3.0}
    assert client.count(1)["sec"] == 1.0
    assert len(client.scan("ascan th 0 1 3 0.1").wait().points) == 4
    with pytest.raises(RemoteError, match="cannot be set"):
        client.write("motor/th/sign", 1)


# ---- refusals, limits, several motors ----


@pytest.fixture
def before_the_start(connect: Any, stand: Any) -> Iterator[Callable[[str], Any]]:
    """Return a client whose SPEC runs a command of somebody else's just before it is told to start a motor."""
    with Tap(stand.port) as tap:
        other = connect("127.0.0.1", stand.port)

        def make(command: str) -> Any:
            pending = [command]

            def change(passing: Passing) -> Any:
                if passing.message is not None and passing.message.name.endswith("/start_one") and pending:
                    thread = threading.Thread(target=other.execute, args=(pending.pop(),))
                    thread.start()
                    thread.join(PATIENCE)
                return passed_on(passing)

            tap.change = change
            return connect("127.0.0.1", tap.port)

        yield make


def test_a_limit_that_changes_after_we_looked_is_an_error_with_specs_words(before_the_start: Any, soon: None) -> None:
    client = before_the_start("set_lm th 20 40")

    with pytest.raises(RemoteError, match=r"'th' did not start.*at 30, short of 1.*imit"):
        client.move(th=1)
    with pytest.raises(RefusedError, match=r"'th'.*1 is beyond its low limit at 20"):
        client.move(th=1)


def test_one_of_several_that_spec_refuses_is_named(before_the_start: Any, soon: None) -> None:
    client = before_the_start("set_lm th 20 40")

    with pytest.raises(RemoteError, match=r"'th' did not start.*at 30, short of 1.*imit"):
        client.move(th=1, phi=2)


def test_a_motor_that_is_disabled_after_we_looked_is_an_error_that_says_so(before_the_start: Any, soon: None) -> None:
    client = before_the_start('motor_par(th, "disable", 1)')

    with pytest.raises(RemoteError, match=r"'th' did not start.*at 30, short of 1.*disabled"):
        client.move(th=1)


def test_limits_that_change_during_a_move_are_those_of_the_next(connect: Any, manual: Any, clock: Any) -> None:
    client = connect("127.0.0.1", manual.port)
    motion = client.start_move(th=0)
    client.wait_for(DONE, True, PATIENCE)

    client.motor("th").set_limits(20, 40)
    clock.advance(100)

    assert motion.wait() == {"th": 0.0}
    client.wait_until_ready(PATIENCE)
    assert client.motor("th").limits == (20.0, 40.0)
    with pytest.raises(RefusedError, match="low limit at 20"):
        client.move(th=19)


@pytest.mark.parametrize("fault", [HitLimit(after=0.5), Stall(after=0.2)])
def test_one_of_several_that_stops_short_is_named_and_the_others_arrive(client: Any, stand: Any, fault: Any) -> None:
    stand.beamline.instrument.motor("th").inject(fault)

    with pytest.raises(RemoteError, match=r"motor 'th' stopped at .*, short of 1.*(switch|fault)") as caught:
        client.move(th=1, tth=2, chi=3)

    assert "'tth'" not in str(caught.value)
    assert client.motor("tth").position == 2.0
    assert client.motor("chi").position == 3.0


def test_a_motion_of_many_motors_is_one_command_of_specs(tapped: Any) -> None:
    client, tap = tapped
    targets = dict.fromkeys(("th", "tth", "chi", "phi", "s1t", "s1b", "samx"), 0.5)

    assert client.move(targets) == targets

    sent = [p.message.name for p in tap.heard if p.message is not None and p.message.cmd == SEND]
    assert sent[0] == "motor/../prestart_all"
    assert sent[-1] == "motor/../start_all"
    assert sorted(sent[1:-1]) == sorted(f"motor/{mne}/start_one" for mne in targets)


@pytest.mark.parametrize("offset", [0.0, 10.0, -7.5])
def test_limits_of_a_motor_that_runs_against_its_dial_are_in_user_units(client: Any, stand: Any, offset: float) -> None:
    motor = stand.beamline.instrument.motor("th")
    motor.configure(replace(motor.config, sign=-1))
    th = client.motor("th")
    th.write("offset", offset)
    client.wait_until_ready(PATIENCE)

    low, high = -100 + offset, 20 + offset  # its dial goes from -20 to 100
    assert th.limits == (low, high)
    assert (th.low_limit, th.high_limit) == (-20.0, 100.0)
    with pytest.raises(RefusedError, match=f"its high limit at {high:g}"):
        th.moveto(high + 1)
    with pytest.raises(RefusedError, match=f"its low limit at {low:g}"):
        th.moveto(low - 1)
    assert th.moveto(high) == high
    assert th.dial_position == -20.0
    assert th.moveto(low) == low
    assert th.dial_position == 100.0

    th.set_limits(offset - 50, offset + 5)
    client.wait_until_ready(PATIENCE)
    assert th.limits == (offset - 50, offset + 5)
    assert (th.low_limit, th.high_limit) == (-5.0, 50.0)
    with pytest.raises(RefusedError, match=f"its high limit at {offset + 5:g}"):
        th.moveto(offset + 6)


# ---- 6, 28 and 29: SPEC is busy, and what an abort leaves ----


@pytest.fixture
def others(connect: Any, manual: Any) -> Iterator[Callable[[str, str, Any], Future[Any]]]:
    """Let somebody else run a command, and wait until a property tells of it."""
    other = connect("127.0.0.1", manual.port)

    def run(command: str, name: str, value: Any) -> Future[Any]:
        running = pool.submit(other.execute, command)
        other.wait_for(name, value, PATIENCE)
        return running

    with ThreadPoolExecutor() as pool:
        yield run


SLEEP = ("sleep(50)", "status/ready", False)
SCAN = ("ascan th 0 1 3 0.1", DONE, True)  # moves it again and again
START_ONE = ("{get_angles; A[th] = 20; move_em;}", DONE, True)  # SPEC is at its prompt while it moves


@pytest.mark.parametrize("what", [SLEEP, SCAN, START_ONE])
def test_28_a_motion_begins_when_spec_is_at_its_prompt_and_the_motor_stands(
    connect: Any, manual: Any, clock: Any, others: Any, what: Any
) -> None:
    client = connect("127.0.0.1", manual.port)
    running = others(*what)

    motion = client.start_move(th=29)
    while not motion.done:
        clock.advance(1)

    assert motion.wait() == {"th": 29.0}
    assert running.result(PATIENCE).output.count("\n  3 ") == (what is SCAN)
    clock.advance(100)
    assert client.read(POSITION) == 29.0


@pytest.mark.parametrize("what", [SLEEP, SCAN])
def test_28_a_count_begins_when_spec_is_at_its_prompt(
    connect: Any, manual: Any, clock: Any, others: Any, what: Any
) -> None:
    client = connect("127.0.0.1", manual.port)
    client.counters  # noqa: B018  asked for while SPEC answers
    running = others(*what)

    with ThreadPoolExecutor() as pool:
        counted = pool.submit(client.count, 2)
        while not counted.done():
            clock.advance(1)

    assert counted.result()["sec"] == 2.0
    assert running.done()


@pytest.mark.parametrize("what", [SLEEP, SCAN])
@pytest.mark.parametrize("start", ["move", "count"])
def test_28_a_timeout_before_spec_is_at_its_prompt_says_that_nothing_was_started(
    connect: Any, manual: Any, clock: Any, others: Any, what: Any, start: str
) -> None:
    client = connect("127.0.0.1", manual.port)
    running = others(*what)

    with pytest.raises(CallTimeoutError) as caught:
        client.move(th=29, timeout=0.05) if start == "move" else client.count(2, timeout=0.05)
    while not running.done():
        clock.advance(1)

    assert "was not started: SPEC was busy for 0.05 s" in str(caught.value)
    assert running.result().output.count("\n  3 ") == (what is SCAN)


def test_28_a_motion_that_is_stopped_before_it_begins_stops_nobody(
    connect: Any, manual: Any, clock: Any, others: Any
) -> None:
    client = connect("127.0.0.1", manual.port)
    running = others(*SCAN)

    motion = client.start_move(th=29)
    motion.stop()
    with pytest.raises(StoppedError):
        motion.wait()
    while not running.done():
        clock.advance(1)

    assert running.result().output.count("\n  3 ") == 1
    clock.advance(100)
    assert client.read(POSITION) == 1.0


def test_29_a_command_that_an_abort_leaves_unanswered_ends_with_an_error(tapped: Any, soon: None) -> None:
    client, tap = tapped
    lost: queue.Queue[Passing] = queue.Queue()

    def change(passing: Passing) -> Any:
        if passing.message is not None and is_message(passing, "down", REPLY, "") and passing.message.is_error:
            lost.put(passing)
            return []
        return passed_on(passing)

    tap.change = change
    errors: list[BaseException] = []

    def run() -> None:
        try:
            client.execute("while (1) sleep(1)")
        except RemoteError as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    client.wait_for("status/ready", False, PATIENCE)
    client.abort()
    assert lost.get(timeout=PATIENCE)

    thread.join(PATIENCE)
    assert "somebody aborted it" in str(errors[0])
    assert client.execute("1 + 1").value == "2"
