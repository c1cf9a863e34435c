"""Motors, with each race of PROTOCOL.md section 6: the same on both faces."""

import threading
from typing import Any

import pytest

from pycertifspec import CallTimeoutError, LocalProtocolError, RefusedError, RemoteError, StoppedError
from pycertifspec.session.options import ServerOptions


def test_a_motor_moves_to_a_position_and_by_a_distance(client: Any) -> None:
    th = client.motor("th")

    assert th.moveto(1.25) == 1.25
    assert th.move(-0.25) == 1.0
    assert th.position == 1.0


def test_several_motors_move_together(client: Any) -> None:
    shown: list[Any] = []

    assert client.move(th=1, tth=2, progress=shown.append) == {"th": 1.0, "tth": 2.0}
    assert client.move({"chi": 3}) == {"chi": 3.0}
    assert shown
    assert set(shown[0]) == {"th", "tth"}


def test_several_motors_move_by_distances(client: Any) -> None:
    before = {mne: client.motor(mne).position for mne in ("th", "tth")}
    targets: list[dict[str, float]] = []

    ends = client.move_by({"th": 1}, tth=-2, starting=targets.append)

    assert ends == {"th": before["th"] + 1, "tth": before["tth"] - 2}
    assert targets == [ends]


def test_a_distance_is_from_where_the_motor_stands_in_the_end(spec: Any, connect: Any, manual: Any, clock: Any) -> None:
    other = connect("127.0.0.1", manual.port).start_move(th=20)
    spec.wait_for("motor/th/move_done", True, 20)
    clock.advance(0.5)

    motion = spec.motor("th").move(1, blocking=False)
    assert motion.targets == {}
    while not motion.done:
        clock.advance(1)

    assert other.wait() == {"th": 20.0}
    assert motion.wait() == {"th": 21.0}
    assert motion.targets == {"th": 21.0}


def test_each_motor_is_told_as_it_arrives(client: Any) -> None:
    told: list[tuple[str, float]] = []

    client.move(
        chi=client.read("motor/chi/position"), tth=0, th=29.5, arrived=lambda mne, where: told.append((mne, where))
    )

    assert [mne for mne, _ in told] == ["chi", "th", "tth"]
    assert told[1:] == [("th", 29.5), ("tth", 0.0)]


def test_a_move_to_where_the_motor_stands_is_over_at_once(spec: Any, clock: Any) -> None:
    assert spec.motor("th").moveto(30.0) == 30.0  # time stands still: nothing could have moved


def test_a_move_within_a_step_is_over_though_no_event_comes(client: Any) -> None:
    step = 1 / client.motor("th").step_size

    assert client.motor("th").moveto(30 + step / 3) == 30.0


@pytest.mark.parametrize("options", [{"null_move_events": True}, {"stale_position": True}, {"bodyless_events": True}])
def test_a_move_is_right_with_servers_that_differ(connect: Any, make_stand: Any, options: Any) -> None:
    client = connect("127.0.0.1", make_stand(options=ServerOptions(**options)).port)

    assert client.move(th=2) == {"th": 2.0}
    assert client.move(th=2, tth=1) == {"th": 2.0, "tth": 1.0}


def test_a_position_beyond_a_limit_is_refused_before_anything_moves(client: Any) -> None:
    with pytest.raises(RefusedError, match=r"'th'.*beyond its high limit at 100"):
        client.move(th=101, tth=1)

    assert client.read("motor/tth/position") == client.read("motor/tth/position")
    assert client.read("motor/th/position") == 30.0


def test_limits_are_in_user_units(client: Any) -> None:
    th = client.motor("th")

    th.write("offset", 10)
    client.wait_until_ready(10)

    assert th.limits == (-10.0, 110.0)
    with pytest.raises(RefusedError, match="110"):
        th.moveto(111)

    th.set_limits(0, 50)
    client.wait_until_ready(10)
    assert th.limits == (0.0, 50.0)


def test_a_motor_that_is_disabled_or_not_there_is_refused(client: Any) -> None:
    client.execute('motor_par(th, "disable", 1)')

    with pytest.raises(RefusedError, match=r"'th'.*disabled"):
        client.move(th=1)
    with pytest.raises(RemoteError, match="nosuch"):
        client.move(nosuch=1)
    with pytest.raises(LocalProtocolError):
        client.move()
    with pytest.raises(LocalProtocolError):
        client.move(tth=float("nan"))


def moving(stand: Any, mne: str = "th") -> bool:
    return bool(stand.beamline.instrument.motor(mne).read().move_done)


def test_a_timeout_stops_the_motion(spec: Any, manual: Any) -> None:
    with pytest.raises(CallTimeoutError, match="the motion was told to stop"):
        spec.move(th=0, timeout=0.2)

    spec.wait_for("motor/th/move_done", False, 10)
    assert spec.read("motor/th/position") == pytest.approx(30.0, abs=1)


def test_a_motion_can_be_left_when_the_timeout_passes(spec: Any, manual: Any, clock: Any) -> None:
    with pytest.raises(CallTimeoutError, match="the motion goes on"):
        spec.move(th=29, timeout=0.2, leave=True)

    assert spec.read("motor/th/move_done") is True
    clock.advance(100)
    spec.wait_for("motor/th/move_done", False, 10)
    assert spec.read("motor/th/position") == 29.0


def test_a_motion_is_followed_while_the_program_does_something_else(client: Any) -> None:
    motion = client.start_move(th=1)

    positions = list(motion)

    assert motion.wait() == {"th": 1.0}
    assert positions[-1] == {"th": 1.0}
    assert motion.done


def test_a_motion_is_stopped(spec: Any, manual: Any) -> None:
    motion = spec.start_move(th=0)
    spec.wait_for("motor/th/move_done", True, 10)

    with pytest.raises(CallTimeoutError, match="goes on"):
        motion.wait(timeout=0.01)
    motion.stop()

    with pytest.raises(StoppedError, match="th"):
        motion.wait()
    spec.wait_for("motor/th/move_done", False, 10)


def test_a_motor_that_somebody_stops_short_of_its_target_is_an_error(spec: Any, connect: Any, manual: Any) -> None:
    other = connect("127.0.0.1", manual.port)
    motion = spec.start_move(th=0)
    other.wait_for("motor/th/move_done", True, 10)

    other.abort()

    with pytest.raises(RemoteError, match=r"'th' stopped at .*short of 0"):
        motion.wait()


def test_a_motor_is_searched_for_its_home(client: Any) -> None:
    client.motor("th").search("home", 5)

    assert client.motor("th").dial_position == 5.0


def test_attributes_are_read_as_what_they_are(client: Any) -> None:
    th = client.motor("th")

    assert th.dial_position == 30.0
    assert th.move_done is True  # the contrary of the wire's
    assert th.moving is False
    assert th.sign == 1.0
    assert th.unusable is False
    assert (th.low_limit, th.high_limit) == (-20.0, 100.0)
    assert th.slew_rate == 4000.0


def test_writing_the_position_moves_nothing(client: Any) -> None:
    th = client.motor("th")

    th.write("position", 5)
    client.wait_until_ready(10)

    assert (th.position, th.dial_position, th.offset) == (5.0, 30.0, -25.0)


def test_specs_question_about_the_position_is_answered_by_a_callback(client: Any, stand: Any) -> None:
    asked: list[Any] = []
    th = client.motor("th")

    def take(specs: float, controllers: float) -> bool:
        asked.append((specs, controllers))
        return True

    watch = th.answer_sync_check(take)
    before = th.dial_position
    stand.beamline.instrument.motor("th").turn_by_hand(2000)
    client.move(phi=1)

    assert asked
    assert th.dial_position != before
    watch.close()


def test_two_threads_move_two_motors(connect: Any, stand: Any) -> None:
    client = connect("127.0.0.1", stand.port)
    results: dict[str, Any] = {}
    threads = [
        threading.Thread(target=lambda mne=mne: results.update(client.move({mne: 1}))) for mne in ("th", "tth", "chi")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert results == {"th": 1.0, "tth": 1.0, "chi": 1.0}


def test_whether_motors_may_move_is_asked_without_moving(client: Any) -> None:
    known = client.check_move({"th": 5}, tth=6)

    assert (known["th"].position, known["th"].dial, known["th"].high) == (client.motor("th").position, 30.0, 100.0)
    assert known["th"] == client.motor("th").facts()
    with pytest.raises(RefusedError, match="beyond its high limit at 100"):
        client.check_move(tth=6, th=500)
    with pytest.raises(RemoteError, match="nosuch"):
        client.check_move(nosuch=1)
    assert client.motor("tth").position == 60.0
