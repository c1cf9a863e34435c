"""Motors through their properties, as clients see them (PROTOCOL.md 5.6 to 5.8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pycertifspec.session.options import ServerOptions
from pycertifspec.simulator.hardware.faults import HitLimit, LoseSteps, Refuse, Stall
from pycertifspec.wire.constants import EventTypes

from .conftest import text

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycertifspec.simulator.clock import ManualClock

    from .conftest import Stand, Talker


def names(spec: Talker, *wanted: str) -> list[str]:
    return [name for name, _ in spec.seen(*wanted)]


def test_a_synchronised_move_is_told_in_the_order_of_the_real_trace(manual: Stand, clock: ManualClock) -> None:
    """PROTOCOL.md 5.7: nothing is replied; starts in order, final positions before each motor's end."""
    spec = manual.talker()
    watched = [f"motor/{m}/{p}" for m in ("tth", "th") for p in ("position", "move_done")]
    spec.watch(*watched)

    spec.set("motor/../prestart_all")
    spec.set("motor/tth/start_one", "61")
    spec.set("motor/th/start_one", "30.8")
    spec.sync()
    assert not spec.seen(*watched)
    spec.set("motor/../start_all")
    spec.event("motor/th/move_done", "1")
    clock.advance(100)
    spec.event("motor/th/move_done", "0")
    spec.idle()

    events = spec.seen(*watched)
    assert events[:2] == [("motor/tth/move_done", "1"), ("motor/th/move_done", "1")]
    for mne, final in (("tth", "61"), ("th", "30.8")):
        own = [event for event in events if event[0].startswith(f"motor/{mne}/")]
        assert own[-2:] == [(f"motor/{mne}/position", final), (f"motor/{mne}/move_done", "0")]
        assert [value for name, value in own if name.endswith("move_done")] == ["1", "0"]
    between = events[2 : events.index(("motor/tth/position", "61"))]
    assert {name for name, _ in between} <= {"motor/tth/position", "motor/th/position", "motor/th/move_done"}
    assert between
    assert all(m.sn == 0 for m in spec.log if m.cmd == EventTypes.SV_EVENT)
    assert all(m.name == "status/quit" for m in spec.log if m.cmd == EventTypes.SV_REPLY)


def test_a_start_outside_a_prestart_moves_at_once(spec: Talker) -> None:
    spec.watch("motor/phi/move_done")

    spec.set("motor/phi/start_one", "1.5")

    spec.event("motor/phi/move_done", "1")
    spec.event("motor/phi/move_done", "0")
    assert spec.get("motor/phi/position") == "1.5"


def test_the_prestart_buffer_belongs_to_its_client(stand: Stand) -> None:
    one, other = stand.talker(), stand.talker()
    one.set("motor/../prestart_all")
    one.set("motor/tth/start_one", "61")
    one.sync()

    other.set("motor/../start_all")
    other.set("motor/phi/start_one", "1")
    other.idle()

    assert (one.get("motor/tth/position"), one.get("motor/phi/position")) == ("60", "1")


def test_a_motion_to_where_the_motor_stands_is_not_told(spec: Talker) -> None:
    spec.watch("motor/tth/move_done")

    spec.set("motor/tth/start_one", "60")
    spec.idle()

    assert not spec.seen("motor/tth/move_done")


def test_a_motion_to_where_the_motor_stands_is_told_if_that_is_an_option(make_stand: Callable[..., Stand]) -> None:
    spec = make_stand(options=ServerOptions(null_move_events=True)).talker()
    spec.watch("motor/tth/move_done")

    spec.set("motor/tth/start_one", "60")
    spec.idle()

    assert spec.seen("motor/tth/move_done") == [("motor/tth/move_done", "1"), ("motor/tth/move_done", "0")]


def test_the_last_position_event_is_stale_if_that_is_an_option(make_stand: Callable[..., Stand]) -> None:
    spec = make_stand(options=ServerOptions(stale_position=True)).talker()
    spec.watch("motor/tth/move_done", "motor/tth/position")

    for target, before in (("61", "60"), ("62", "61")):
        spec.clear()
        spec.set("motor/tth/start_one", target)
        spec.event("motor/tth/move_done", "0")
        assert spec.seen("motor/tth/position")[-1] == ("motor/tth/position", before)
        assert spec.get("motor/tth/position") == target


def test_properties_are_served_while_a_command_runs(manual: Stand, clock: ManualClock) -> None:
    spec = manual.talker()
    running = spec.start("umv tth 65")
    assert clock.until_waited_for()

    assert spec.get("status/ready") == "0"
    assert spec.get("motor/tth/move_done") == "1"
    spec.set("var/TITLE", "new")
    assert spec.get("var/TITLE") == "new"

    clock.advance(100)
    assert spec.reply(running).body == "1"
    assert spec.get("status/ready") == "1"


POINTS = "for (i = 0; i < 20; i++) { umv th i*0.1; ct 1 }; A[th]"


def test_one_advance_carries_a_scan_of_twenty_points_to_its_end(manual: Stand, clock: ManualClock) -> None:
    spec = manual.talker()
    running = spec.start(POINTS)
    spec.sync()

    clock.advance(100)

    assert spec.reply(running).body == "1.9"
    assert manual.beamline.instrument.motors[0].busy is False


def test_one_advance_carries_all_commands_that_wait_to_their_end(manual: Stand, clock: ManualClock) -> None:
    spec = manual.talker()
    began = clock.now()
    numbers = [spec.start(f"ct {seconds}; time()") for seconds in (1, 2, 3)]
    spec.sync()

    clock.advance(6.5)

    ends = [float(text(spec.reply(number))) - began for number in numbers]
    assert ends == sorted(ends)
    assert 6.0 <= ends[-1] <= 6.5


def test_setting_the_position_changes_the_offset_and_moves_nothing(spec: Talker) -> None:
    spec.watch("motor/tth/position", "motor/tth/offset", "motor/tth/move_done", "motor/tth/dial_position")

    spec.set("motor/tth/position", "5")
    spec.idle()

    assert spec.seen() == [("motor/tth/position", "5"), ("motor/tth/offset", "-55"), ("status/ready", "1")] or (
        spec.get("motor/tth/position"),
        spec.get("motor/tth/offset"),
    ) == ("5", "-55")
    assert not spec.seen("motor/tth/move_done", "motor/tth/dial_position")
    assert spec.get("var/A")["0"] == "5"


def test_setting_the_offset_pushes_a_set(spec: Talker) -> None:
    spec.watch("output/tty")

    spec.set("motor/tth/offset", "-55")
    spec.idle()

    assert spec.get("motor/tth/position") == "5"
    assert "Two Theta reset from 60 to 5.\n" in spec.screen()


def test_an_offset_or_a_dial_that_is_so_already_pushes_nothing(spec: Talker) -> None:
    spec.watch("output/tty")

    spec.set("motor/tth/offset", "0")
    spec.set("motor/tth/dial_position", "60")
    spec.idle()

    assert spec.screen() == ""


def test_setting_the_dial_keeps_the_offset(spec: Talker) -> None:
    spec.run("set tth 5")

    spec.set("motor/tth/dial_position", "61")
    spec.idle()

    assert (spec.get("motor/tth/dial_position"), spec.get("motor/tth/position")) == ("61", "6")


def test_limits_are_read_in_dial_units_and_written_in_user_units(spec: Talker) -> None:
    spec.run("set tth 5")  # the offset is -55

    spec.set("motor/tth/high_limit", "10")
    spec.set("motor/tth/low_limit", "-10")
    spec.idle()
    assert (spec.get("motor/tth/high_limit"), spec.get("motor/tth/low_limit")) == ("65", "45")

    spec.set("motor/tth/limits", "-20 20")
    spec.idle()
    assert (spec.get("motor/tth/high_limit"), spec.get("motor/tth/low_limit")) == ("75", "35")


@pytest.mark.parametrize(
    ("prop", "value"), [("slew_rate", "1000"), ("base_rate", "100"), ("acceleration", "50"), ("backlash", "-10")]
)
def test_rates_are_set_at_once_and_told(spec: Talker, prop: str, value: str) -> None:
    spec.watch(f"motor/tth/{prop}")

    spec.set(f"motor/tth/{prop}", value)

    spec.event(f"motor/tth/{prop}", value)
    assert spec.get(f"motor/tth/{prop}") == value


@pytest.mark.parametrize("how", ["home", "home+", "home-", "lim+", "lim-"])
def test_a_search_ends_at_home_or_at_a_limit_switch(spec: Talker, how: str) -> None:
    spec.watch("motor/samx/move_done", "motor/samx/high_lim_hit", "motor/samx/low_lim_hit")
    spec.run("mv samx {}; waitmove".format(2 if how == "home-" else -2))
    spec.clear()

    spec.set("motor/samx/search", how)
    spec.event("motor/samx/move_done", "1")
    spec.event("motor/samx/move_done", "0")

    hit = (spec.get("motor/samx/high_lim_hit"), spec.get("motor/samx/low_lim_hit"))
    assert hit == {"lim+": ("1", "0"), "lim-": ("0", "1")}.get(how, ("0", "0"))


def test_a_search_can_set_the_dial_at_home(spec: Talker) -> None:
    spec.watch("motor/samx/move_done")
    spec.run("mv samx 2; waitmove")
    spec.clear()

    spec.set("motor/samx/search", "home- 7")
    spec.event("motor/samx/move_done", "0")

    assert spec.get("motor/samx/dial_position") == "7"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("motor/tth/start_one", "abc"),
        ("motor/tth/start_one", "1; print 2"),
        ("motor/tth/position", "nan"),
        ("motor/tth/limits", "1"),
        ("motor/tth/search", "sideways"),
        ("motor/tth/search", "home x"),
        ("motor/tth/slew_rate", "-1"),
        ("motor/tth/sign", "1"),
        ("motor/tth/move_done", "1"),
        ("motor/nosuch/start_one", "1"),
        ("motor/nosuch/position", "1"),
        ("scaler/det/value", "1"),
        ("scaler/.all./count", "x"),
        ("status/shell", "1"),
        ("no/such/thing", "1"),
    ],
)
def test_what_cannot_be_set_is_an_error_reply_and_an_error_event(spec: Talker, name: str, value: str) -> None:
    spec.watch("error")

    answer = spec.reply(spec.ask(EventTypes.SV_CHAN_SEND, name, value))

    assert answer.is_error
    assert spec.run("1") == "1"
    assert len(spec.seen("error")) == 1


def test_beyond_a_limit_no_motor_moves_and_who_watches_errors_is_told(spec: Talker) -> None:
    spec.watch("error", "motor/th/move_done")
    spec.set("motor/../prestart_all")
    spec.set("motor/th/start_one", "31")
    spec.set("motor/tth/start_one", "1000")
    spec.set("motor/../start_all")
    spec.idle()

    assert spec.seen("error") == [("error", "Two Theta at 1000 will exceed high limit at 160.")]
    assert not spec.seen("motor/th/move_done")


def test_a_disabled_motor_is_unusable_and_refuses(spec: Talker) -> None:
    spec.watch("motor/chi/unusable", "error")

    spec.run('motor_par(chi, "disable", 1)')
    spec.event("motor/chi/unusable", "1")
    spec.set("motor/chi/start_one", "1")
    spec.event("error")

    assert spec.get("motor/chi/position") == "-90"


@pytest.mark.parametrize(("answer", "position"), [("1", "61"), ("0", "60")])
def test_a_discrepancy_is_asked_about_and_the_answer_decides(stand: Stand, answer: str, position: str) -> None:
    spec = stand.talker()
    spec.watch("motor/tth/sync_check", "status/ready")
    stand.beamline.instrument.motor("tth").turn_by_hand(2000)

    spec.set("motor/phi/start_one", "1")
    question = spec.event("motor/tth/sync_check")
    assert question.body == "120000 122000"
    assert spec.get("motor/tth/position") == "60"  # the server answers meanwhile
    assert spec.get("status/ready") == "0"
    spec.set("motor/tth/sync_check", answer)
    spec.event("status/ready", "1")

    assert spec.get("motor/tth/position") == position


def test_a_discrepancy_that_nobody_watches_is_settled_with_no(stand: Stand) -> None:
    spec = stand.talker()
    stand.beamline.instrument.motor("tth").turn_by_hand(2000)

    spec.run("getangles")

    assert spec.get("motor/tth/position") == "60"


def test_an_abort_ends_the_waiting_for_an_answer_and_settles_nothing(stand: Stand) -> None:
    spec = stand.talker()
    spec.watch("motor/tth/sync_check")
    motor = stand.beamline.instrument.motor("tth")
    motor.turn_by_hand(2000)
    running = spec.start("getangles")
    spec.event("motor/tth/sync_check")

    spec.abort()

    assert spec.reply(running).is_error
    assert motor.discrepancy == (120000, 122000)


def test_counting_by_property_is_told_from_start_to_end(spec: Talker) -> None:
    spec.watch("scaler/.all./count", "scaler/sec/value", "scaler/mon/value")

    spec.set("scaler/.all./count", "2")
    spec.event("scaler/.all./count", "0")

    counted = names(spec, "scaler/.all./count", "scaler/sec/value", "scaler/mon/value")
    assert counted[0] == "scaler/.all./count"
    assert counted[-1] == "scaler/.all./count"
    assert spec.seen("scaler/sec/value")[-1][1] == "2"
    assert spec.get("scaler/sec/value") == "2"
    assert spec.seen("scaler/mon/value")[-1][1] == spec.get("scaler/mon/value")


def test_a_negative_preset_counts_to_the_monitor(spec: Talker) -> None:
    spec.watch("scaler/.all./count")

    spec.set("scaler/.all./count", "-1000")
    spec.event("scaler/.all./count", "0")

    assert spec.get("scaler/mon/value") == "1000"


def test_detectors_see_where_the_motors_are(spec: Talker) -> None:
    spec.run("mv tth 60 th 30; waitmove; count 1")
    peak = float(spec.get("scaler/det/value"))
    spec.run("umv th 31; count 1")

    assert float(spec.get("scaler/det/value")) < peak / 10


@pytest.mark.parametrize("prop", ["position", "dial_position", "offset", "step_size", "sign", "move_done",
    "high_lim_hit", "low_lim_hit", "emergency_stop", "motor_fault", "high_limit", "low_limit", "unusable",
    "sync_check", "base_rate", "slew_rate", "acceleration", "backlash"])  # fmt: skip
def test_every_motor_property_is_watched_and_told_at_once(spec: Talker, prop: str) -> None:
    spec.send(EventTypes.SV_REGISTER, f"motor/tth/{prop}")
    first = spec.event(f"motor/tth/{prop}")

    assert first.body == spec.get(f"motor/tth/{prop}")


def test_a_limit_switch_on_the_way_is_told_before_the_end(stand: Stand) -> None:
    spec = stand.talker()
    spec.watch("motor/tth/high_lim_hit", "motor/tth/move_done")
    stand.beamline.instrument.motor("tth").inject(HitLimit(after=0.5))

    spec.set("motor/tth/start_one", "61")
    spec.event("motor/tth/move_done", "0")

    assert [name for name, _ in spec.seen()] == [
        "motor/tth/move_done", "motor/tth/high_lim_hit", "motor/tth/move_done"]  # fmt: skip
    assert spec.get("motor/tth/position") != "61"


def test_a_stall_is_a_motor_fault(stand: Stand) -> None:
    spec = stand.talker()
    spec.watch("motor/tth/motor_fault")
    stand.beamline.instrument.motor("tth").inject(Stall())

    spec.set("motor/tth/start_one", "61")

    spec.event("motor/tth/motor_fault", "1")


def test_an_emergency_stop_is_told_and_refuses_motions_until_it_is_released(stand: Stand) -> None:
    spec = stand.talker()
    spec.watch("motor/tth/emergency_stop", "error")
    motor = stand.beamline.instrument.motor("tth")

    motor.set_emergency_stop(True)
    spec.event("motor/tth/emergency_stop", "1")
    spec.set("motor/tth/start_one", "61")
    spec.event("error")
    motor.set_emergency_stop(False)
    spec.event("motor/tth/emergency_stop", "0")

    spec.run("umv tth 61")
    assert spec.get("motor/tth/position") == "61"


def test_lost_steps_are_asked_about_when_the_positions_are_read_next(stand: Stand) -> None:
    spec = stand.talker()
    spec.watch("motor/tth/sync_check")
    stand.beamline.instrument.motor("tth").inject(LoseSteps(200))
    spec.run("mv tth 61; wait(1)")

    running = spec.start("getangles; A[tth]")
    assert spec.event("motor/tth/sync_check").body == "122000 121800"
    spec.set("motor/tth/sync_check", "1")

    assert spec.reply(running).body == "60.9"


def test_a_motor_that_does_not_start_stops_those_that_did(stand: Stand) -> None:
    spec = stand.talker()
    spec.watch("error")
    stand.beamline.instrument.motor("th").inject(Refuse())

    spec.run("mv tth 61 th 31")
    spec.event("error", "Theta cannot move: unresponsive.")

    assert spec.get("motor/tth/move_done") == "0"
