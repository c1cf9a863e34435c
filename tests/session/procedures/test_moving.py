"""Moving, with every race of PROTOCOL.md section 6, in any order that the test wants."""

from typing import Any

import pytest

from pycertifspec.errors import CallTimeoutError, ConnectionLostError, RefusedError, RemoteError
from pycertifspec.session.procedures import facts, moving, waiting

POSITION, DONE = "motor/th/position", "motor/th/move_done"


def arrive(driver: Any, where: str) -> Any:
    """Return what lets the motor stand somewhere."""

    def happen() -> None:
        driver.properties.update({POSITION: where, DONE: "0"})

    return happen


def move(driver: Any, target: float = 1.0, **how: Any) -> Any:
    return driver.run(moving.move(driver.session, {"th": target}, **how))


def test_a_move_is_over_when_the_motor_has_moved_and_stands(driver: Any, motor: Any) -> None:
    motor()
    driver.script += [(DONE, "1"), (POSITION, "0.5"), (POSITION, "1"), arrive(driver, "1"), (DONE, "0")]

    assert move(driver) == {"th": 1.0}
    assert driver.sent == [("motor/th/start_one", "1")]


def test_what_registration_tells_late_is_not_taken_for_the_end(driver: Any, motor: Any) -> None:
    motor()
    driver.script += [(DONE, "0"), (POSITION, "0"), (DONE, "1"), arrive(driver, "1"), (DONE, "0")]

    assert move(driver) == {"th": 1.0}
    assert not driver.script


def test_a_duplicate_end_of_an_older_motion_is_not_the_end_of_this_one(driver: Any, motor: Any) -> None:
    motor()
    driver.script += [(DONE, "0"), (DONE, "0"), (DONE, "0"), (DONE, "1"), arrive(driver, "1"), (DONE, "0")]

    assert move(driver) == {"th": 1.0}
    assert not driver.script


def test_a_begin_that_is_told_late_is_waited_for(driver: Any, motor: Any) -> None:
    motor()
    driver.properties["status/ready"] = "1"
    driver.script += [None, (DONE, "1"), arrive(driver, "1"), (DONE, "0")]

    assert move(driver) == {"th": 1.0}
    assert not driver.script


def test_nothing_is_started_while_spec_is_busy(driver: Any, motor: Any) -> None:
    motor(position="0", move_done="1")
    driver.properties["status/ready"] = "0"

    def is_free() -> None:
        assert driver.sent == []
        driver.properties["status/ready"] = "1"

    older_end = [arrive(driver, "0.3"), (DONE, "0")]
    driver.script += [*[None] * 50, *older_end, is_free, ("status/ready", "1")]
    driver.script += [(DONE, "1"), arrive(driver, "1"), (DONE, "0")]

    assert move(driver) == {"th": 1.0}
    assert driver.sent == [("motor/th/start_one", "1")]


@pytest.mark.parametrize("busy", [{DONE: "1"}, {"status/ready": "0"}])
@pytest.mark.parametrize(
    ("end", "error", "text"),
    [(KeyboardInterrupt("^C"), KeyboardInterrupt, r"\^C"), (None, CallTimeoutError, "th on .* was not started")],
)
def test_a_wait_for_others_that_ends_early_stops_nobody(
    driver: Any, motor: Any, busy: Any, end: Any, error: type[BaseException], text: str
) -> None:
    motor()
    driver.properties.update(busy)
    driver.script += [None, end]

    with pytest.raises(error, match=text):
        move(driver, timeout=2)

    assert driver.sent == []


def test_who_waits_for_long_is_told_why_once(driver: Any, motor: Any, caplog: pytest.LogCaptureFixture) -> None:
    motor(move_done="1")
    free = [arrive(driver, "1"), (DONE, "0")]
    driver.script += [*[None] * 20, *free]

    assert move(driver) == {"th": 1.0}
    assert [record.message for record in caplog.records] == [
        "the motion of th on the server waits: SPEC is not at its prompt, or somebody else uses it"
    ]


def test_the_end_of_another_ones_motion_is_not_the_end_while_spec_is_busy(driver: Any, motor: Any) -> None:
    motor()

    def begins() -> None:
        driver.properties.update({POSITION: "0.3", "status/ready": "0"})

    def ends() -> None:
        driver.properties.update({POSITION: "1", "status/ready": "1"})

    driver.script += [(DONE, "1"), begins, (DONE, "0"), (DONE, "1"), ends, (DONE, "0")]

    assert move(driver) == {"th": 1.0}


def test_who_was_at_the_target_has_arrived_though_somebody_moves_the_motor_on_at_once(driver: Any, motor: Any) -> None:
    motor()

    def moved_on() -> None:
        driver.properties.update({POSITION: "1.3", DONE: "1"})

    driver.script += [(POSITION, "0"), (DONE, "1"), (POSITION, "1"), moved_on, (DONE, "0")]

    assert move(driver) == {"th": 1.0}


def test_a_motion_without_any_event_is_over_when_the_motor_stands_at_its_target(driver: Any, motor: Any) -> None:
    motor()
    driver.script += [arrive(driver, "1.0004"), None]

    assert move(driver) == {"th": 1.0004}


def test_specs_prompt_is_a_reason_to_look_at_once(driver: Any, motor: Any) -> None:
    motor()
    driver.script += [("status/ready", "1"), ("status/ready", "0"), arrive(driver, "1"), ("status/ready", "1")]

    assert move(driver) == {"th": 1.0}
    assert driver.now < waiting.LOOK


def test_an_old_position_in_the_last_event_is_not_believed(driver: Any, motor: Any) -> None:
    motor()
    driver.script += [(DONE, "1"), (POSITION, "0"), arrive(driver, "1"), (DONE, "0")]

    assert move(driver) == {"th": 1.0}


def test_a_motor_that_spec_refuses_is_an_error_with_specs_words(driver: Any, motor: Any) -> None:
    motor()
    driver.script += [("error", "No error"), ("error", "Motor is not happy."), None, None, None]

    with pytest.raises(RemoteError, match=r"'th' did not start.*at 0, short of 1.*Motor is not happy"):
        move(driver)


def test_a_motor_that_stops_short_is_an_error_with_what_its_controller_says(driver: Any, motor: Any) -> None:
    motor(high_lim_hit="1")
    driver.script += [(DONE, "1"), arrive(driver, "0.5"), (DONE, "0")]

    with pytest.raises(RemoteError, match=r"'th' stopped at 0.5, short of 1: it is at its switch at the high end"):
        move(driver)


@pytest.mark.parametrize("interruption", [KeyboardInterrupt(), CallTimeoutError("no answer"), SystemExit()])
def test_whatever_interrupts_the_wait_stops_the_motion_once(driver: Any, motor: Any, interruption: Any) -> None:
    motor()
    driver.script += [(DONE, "1"), interruption]

    with pytest.raises(type(interruption)):
        move(driver)

    assert driver.sent == [("motor/th/start_one", "1"), ("SV_ABORT", "")]
    assert list(driver.session.registry) == ["error", "status/quit"]  # no more than at first


def test_an_interrupted_wait_leaves_the_motion_where_that_is_wanted(driver: Any, motor: Any) -> None:
    motor()
    driver.script += [(DONE, "1"), KeyboardInterrupt()]

    with pytest.raises(KeyboardInterrupt):
        move(driver, leave=True)

    assert driver.sent == [("motor/th/start_one", "1")]


def test_a_lost_connection_sends_nothing(driver: Any, motor: Any) -> None:
    motor()
    driver.script += [(DONE, "1"), lambda: driver.session.lose(ConnectionLostError("gone"))]

    with pytest.raises(ConnectionLostError):
        move(driver)

    assert driver.sent == [("motor/th/start_one", "1")]


def test_the_timeout_is_for_the_whole_move(driver: Any, motor: Any) -> None:
    motor()
    driver.script += [(DONE, "1"), lambda: driver.properties.update({DONE: "1"}), *[None] * 20]

    with pytest.raises(CallTimeoutError, match=r"th .*within 3 s"):
        move(driver, timeout=3)

    assert driver.now == pytest.approx(3, abs=0.1)
    assert driver.sent[-1] == ("SV_ABORT", "")


def test_several_motors_start_with_one_command_and_those_that_stand_there_are_left(driver: Any, motor: Any) -> None:
    for mne in ("th", "tth", "chi"):
        motor(mne)
    driver.properties["motor/chi/position"] = "5"
    both = {POSITION: "1", "motor/tth/position": "2"}
    driver.script += [
        (DONE, "1"),
        ("motor/tth/move_done", "1"),
        (DONE, "0"),
        lambda: driver.properties.update(both),
        ("motor/tth/move_done", "0"),
    ]

    result = driver.run(moving.move(driver.session, {"th": 1, "tth": 2, "chi": 5}))

    assert result == {"th": 1.0, "tth": 2.0, "chi": 5.0}
    assert driver.sent == [
        ("motor/../prestart_all", ""),
        ("motor/th/start_one", "1"),
        ("motor/tth/start_one", "2"),
        ("motor/../start_all", ""),
    ]


def test_limits_are_compared_in_user_units_whatever_the_sign(driver: Any, motor: Any) -> None:
    motor(sign="-1", offset="10", low_limit="-20", high_limit="5")

    assert driver.run(facts.limits("th")) == (5.0, 30.0)
    with pytest.raises(RefusedError, match=r"31 is beyond its high limit at 30"):
        move(driver, 31)
    assert driver.sent == []


def test_a_server_that_knows_no_limits_is_not_asked_twice(driver: Any, motor: Any) -> None:
    motor()
    for name in ("low_limit", "high_limit", "unusable", "step_size", "offset", "sign"):
        del driver.properties[f"motor/th/{name}"]
    del driver.properties["status/ready"]
    driver.script += [(DONE, "1"), arrive(driver, "1"), (DONE, "0")]

    assert move(driver) == {"th": 1.0}
    with pytest.raises(RemoteError, match="limits"):
        driver.run(facts.limits("th"))
