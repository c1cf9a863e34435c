"""An abort stops what runs, whatever it waits for; it is answered once and hits nothing that comes later."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from pycertifspec.simulator.hardware.faults import CounterFault
from pycertifspec.wire.constants import EventTypes

from .conftest import Failed

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycertifspec.simulator.clock import ManualClock

    from .conftest import Stand, Talker

WAITS = {
    "a loop": "while (1) ;",
    "a sleep": "sleep(1e6)",
    "waiting for motors": "mv tth 61; waitmove",
    "waiting for counters": "ct 1e6",
    "umv": "umv tth 61",
    "uct": "uct 1e6",
    "a macro function": "def _f() '{ while (1) sleep(1e3) }'; _f()",
}


@pytest.mark.parametrize("command", WAITS.values(), ids=WAITS)
def test_an_abort_ends_it_with_one_error_reply_and_the_next_command_runs(manual: Stand, command: str) -> None:
    spec = manual.talker()
    spec.watch("status/ready", "output/tty")

    running = spec.start(f'print "begun"; {command}')
    spec.tty("begun")
    spec.abort()

    assert spec.reply(running).is_error
    spec.event("status/ready", "1")
    assert spec.run("1+1") == "2"
    assert sum(m.sn == running for m in spec.log) == 1
    assert not manual.beamline.instrument.is_busy()


def test_an_abort_stops_motors_that_no_command_waits_for(manual: Stand, clock: ManualClock) -> None:
    spec = manual.talker()
    spec.watch("motor/tth/move_done")
    spec.run("mv tth 65")
    clock.advance(1)

    spec.abort()
    spec.event("motor/tth/move_done", "0")

    assert 60.0 < float(spec.get("motor/tth/position")) < 65.0


def test_an_abort_while_nothing_runs_does_not_hit_the_next_command(spec: Talker) -> None:
    for _ in range(20):
        spec.abort()
        assert spec.run("1+1") == "2"


def test_an_abort_that_comes_with_the_command_is_for_that_command_or_for_none(spec: Talker) -> None:
    for _ in range(30):
        aborted = spec.start("sleep(0.001); 5")
        spec.abort()
        following = spec.start("2+2")
        answers = {sn: spec.reply(sn) for sn in (aborted, following)}
        assert answers[aborted].is_error or answers[aborted].body == "5"
        assert answers[following].body == "4"


def test_an_abort_in_the_moment_in_which_a_command_begins_is_not_lost(manual: Stand) -> None:
    spec = manual.talker()
    for _ in range(30):  # the abort is there before the first statement, or soon after
        endless = spec.start("while (1) ;")
        spec.sync()
        spec.abort()
        assert spec.reply(endless).is_error


def test_cleanup_macros_run_to_their_end_and_print_before_the_reply(manual: Stand) -> None:
    spec = manual.talker()
    spec.watch("output/tty")

    running = spec.start('cdef("cleanup_once", \'for (i=0; i<2000; i++) ; print "clean", i\n\', "t"); sleep(1e6)')
    manual.clock.until_waited_for()
    spec.abort()
    spec.reply(running)

    assert "clean 2000" in spec.screen()


def test_a_second_abort_ends_a_cleanup_macro_that_does_not_end(manual: Stand) -> None:
    spec = manual.talker()
    spec.watch("output/tty")

    running = spec.start(
        'cdef("cleanup_once", "print \\"cleaning\\"; while (1) ;\\n", "t"); print "begun"; while (1) ;'
    )
    spec.tty("begun")
    spec.abort()
    spec.tty("cleaning")
    spec.abort()

    assert spec.reply(running).is_error
    assert spec.run("3") == "3"


def test_an_abort_empties_the_queue_of_its_client_and_of_no_other(manual: Stand) -> None:
    mine, other = manual.talker(), manual.talker()
    mine.watch("output/tty")
    running = mine.start('print "begun"; sleep(1e6)')
    mine.tty("begun")
    waiting = [mine.start('print "never"') for _ in range(3)]
    mine.sync()
    others = other.start("7")
    other.sync()

    mine.abort()

    assert other.reply(others).body == "7"
    mine.reply(running)
    answers = {m.sn: m.is_error for m in mine.log if m.cmd == EventTypes.SV_REPLY}
    assert all(answers[sn] for sn in (running, *waiting))
    assert "never" not in mine.screen()


def test_an_abort_by_one_client_ends_what_another_runs(manual: Stand) -> None:
    mine, other = manual.talker(), manual.talker()
    mine.watch("output/tty")
    running = mine.start('print "begun"; sleep(1e6)')
    mine.tty("begun")

    other.abort()

    assert mine.reply(running).is_error


def test_an_abort_during_ct_shows_what_was_counted(manual: Stand, clock: ManualClock) -> None:
    spec = manual.talker()
    spec.watch("output/tty")
    running = spec.start("ct 10")
    assert clock.until_waited_for()
    clock.advance(2)

    spec.abort()
    spec.reply(running)

    assert "     Seconds = 2\n" in spec.screen()


def test_a_ct_that_could_not_begin_shows_no_counts_of_another(stand: Stand) -> None:
    spec = stand.talker()
    spec.watch("output/tty")
    spec.run("ct 1")
    stand.beamline.instrument.counter("det").fail(CounterFault.UNRESPONSIVE)
    spec.clear()
    for command in ("ct 1", "uct 1"):
        assert "Cannot count: det" in str(spec.run(command))
    spec.sync()
    assert "Seconds" not in spec.screen()


def test_setting_count_to_zero_stops_the_count_and_the_command_that_waits_for_it(
    manual: Stand, clock: ManualClock
) -> None:
    spec = manual.talker()
    running = spec.start("ct 10")
    assert clock.until_waited_for()

    spec.set("scaler/.all./count", "0")

    assert spec.reply(running).is_error
    assert spec.get("scaler/.all./count") == "0"


def test_abort_all_stops_motors_and_the_command_goes_on(manual: Stand, clock: ManualClock) -> None:
    spec = manual.talker()
    running = spec.start("mv tth 65; waitmove; 1")
    assert clock.until_waited_for()

    spec.set("motor/../abort_all")

    assert spec.reply(running).body == "1"


@pytest.mark.parametrize("command", ["while (1) ;", "sleep(1e6)", "umv tth 61", "uct 100"])
def test_a_server_that_closes_while_a_command_runs_leaves_no_thread(
    make_stand: Callable[..., Stand], clock: ManualClock, command: str
) -> None:
    before = set(threading.enumerate())
    stand = make_stand(clock)
    spec = stand.talker()
    spec.watch("status/quit", "output/tty")
    running = spec.start(f'print "begun"; {command}')
    spec.tty("begun")

    stand.stop()

    spec.event("status/quit", "1")
    assert not set(threading.enumerate()) - before
    assert running


def test_a_server_closes_although_a_cleanup_macro_does_not_end(
    make_stand: Callable[..., Stand], clock: ManualClock
) -> None:
    before = set(threading.enumerate())
    stand = make_stand(clock)
    spec = stand.talker()
    spec.watch("output/tty")
    spec.start("def cleanup_always 'while (1) ;\n'; print \"begun\"; sleep(1e6)")
    spec.tty("begun")

    stand.stop()

    assert not set(threading.enumerate()) - before


def test_an_error_is_answered_once_and_told_to_those_who_watch_for_errors(spec: Talker) -> None:
    spec.watch("error")

    answer = spec.run("nosuchthing")

    assert isinstance(answer, Failed)
    spec.event("error", str(answer))
    assert len(spec.seen("error")) == 1


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ('{ print "The shutter is closed."; exit }', "The shutter is closed."),
        ('def cleanup_once \'print "cleaned";\'; {printf("no beam\\n\\n"); exit}', "no beam"),
        ("exit", "exit"),
    ],
)
def test_exit_is_answered_with_what_was_shown_last(stand: Stand, command: str, reason: str) -> None:
    spec = stand.talker()
    spec.run('print "before"')

    assert spec.run(command) == Failed(reason)


@pytest.mark.parametrize(
    ("hook", "command"),
    [("user_scan_loop", "loopscan 3 0.1"), ("user_ct", "ct 0.1"), ("user_postscan_head", "ascan th 30 31 2 0.1")],
)
def test_an_exit_without_a_word_says_where_and_not_what_was_measured(stand: Stand, hook: str, command: str) -> None:
    spec = stand.talker()
    spec.run(f'cdef("{hook}", "exit;", "mine")')
    assert spec.run(command) == f'exit in macro "{hook}"'
    spec.run(f'cdef("{hook}", \'print "the beam is gone"; exit;\', "mine")')
    assert spec.run(command) == "the beam is gone"


def test_writing_0_to_count_drops_the_count_of_the_same_client_that_waits(stand: Stand) -> None:
    spec, other = stand.talker(), stand.talker()
    spec.watch("scaler/.all./count", "status/ready", "error")
    stand.beamline.run("def user_precount 'COUNTED++'; global COUNTED; COUNTED = 0")
    running = spec.start("while (1) sleep(1)")
    spec.event("status/ready", "0")
    spec.set("scaler/.all./count", "5")
    spec.set("scaler/.all./count", "0")  # stops what runs, too, as ^C would

    assert spec.reply(running).is_error
    spec.event("error", "aborted before it began")
    spec.event("status/ready", "1")
    assert other.run("COUNTED") == "0"
    assert not [value for name, value in spec.seen("scaler/.all./count") if value == "1"]
