"""The small instrument: motors and counters are functions of the time that it is given."""

from __future__ import annotations

import logging
import random
import re
from typing import Any

import pytest

from pycertifspec.server.demonstration import LinearMotor, RateCounter, demonstration
from pycertifspec.wire import values
from pycertifspec.wire.constants import EventTypes


@pytest.fixture
def peer(serve: Any, connect: Any, clock: Any) -> Any:
    return connect(serve(demonstration(now=clock)))


def test_it_says_who_it_is_and_what_it_has(peer: Any) -> None:
    assert peer.ask(EventTypes.SV_HELLO).name == "demo"
    assert peer.read("var/SPEC") == "demo"
    assert peer.read("var/VERSION") == "demonstration"
    assert [peer.call("motor_mne", str(n)) for n in range(int(peer.read("var/MOTORS")))] == ["tth", "th", "chi", "phi"]
    assert [peer.call("cnt_mne", str(n)) for n in range(int(peer.read("var/COUNTERS")))] == ["sec", "mon", "det"]
    assert peer.read("var/A") == {"0": "0", "1": "0", "2": "0", "3": "0"}
    assert peer.read("var/A[1]") == {"1": "0"}
    assert peer.read("var/SAMPLE[name]") == {"name": "Si"}
    assert peer.read("var/TITLE") == "a first run"
    assert (peer.read("motor/th/low_limit"), peer.read("motor/th/high_limit")) == ("-10", "90")


@pytest.mark.parametrize("number", ["9", "4", "-1", "nan", "inf", "x", '"x"', '["a" : 1]', "th"])
@pytest.mark.parametrize(("function", "kind"), [("motor_mne", "Motor"), ("cnt_mne", "Counter")])
def test_what_is_no_motor_or_counter_is_refused_as_spec_does_without_a_word_in_the_log(
    peer: Any, number: Any, function: Any, kind: Any, caplog: Any
) -> None:
    reply = peer.ask(EventTypes.SV_FUNC_WITH_RETURN, "", f"{function}\0{number}\0".encode())

    assert reply.is_error
    assert re.fullmatch(rf"{kind} .* is not configured\.", values.text_of(reply))
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_a_motor_is_half_way_at_half_time_and_stays_where_it_is_stopped(peer: Any, clock: Any) -> None:
    peer.watch("motor/th/move_done")
    peer.write("motor/th/start_one", "10")
    assert peer.event("motor/th/move_done") == "1"
    clock.seconds += 2.5
    assert peer.read("motor/th/position") == "5"
    assert peer.read("var/A[1]") == {"1": "5"}
    peer.send(EventTypes.SV_ABORT)
    peer.read("status/quit")  # now it was taken
    clock.seconds += 100
    assert peer.events_until("motor/th/move_done", "0")
    assert peer.read("motor/th/position") == "5"


def test_the_detector_sees_a_peak_at_its_place(peer: Any, clock: Any) -> None:
    def counts(position: str) -> float:
        peer.watch("motor/th/move_done")
        peer.write("motor/th/start_one", position)
        peer.events_until("motor/th/move_done", "1")
        clock.seconds += 100
        peer.events_until("motor/th/move_done", "0")
        peer.watch("scaler/.all./count")
        peer.write("scaler/.all./count", "10")
        peer.events_until("scaler/.all./count", "1")
        clock.seconds += 10
        peer.events_until("scaler/.all./count", "0")
        assert float(peer.read("scaler/sec/value")) == pytest.approx(10)
        assert float(peer.read("scaler/mon/value")) == pytest.approx(500_000, rel=0.02)
        return float(peer.read("scaler/det/value"))

    assert counts("1.5") == pytest.approx(90_200, rel=0.05)
    assert counts("20") == pytest.approx(200, rel=0.5)


def test_a_counter_keeps_its_value_when_it_is_stopped_and_begins_at_0(clock: Any) -> None:
    counter = RateCounter(clock, lambda: 3.0)
    assert counter.value == 0
    counter.start()
    clock.seconds += 2
    assert counter.value == 6
    counter.stop()
    counter.stop()
    clock.seconds += 2
    assert counter.value == 6
    counter.start()
    assert counter.value == 0


def test_noisy_counts_are_whole_numbers_and_the_same_for_the_same_seed(clock: Any) -> None:
    def values(seed: int) -> list[float]:
        counter = RateCounter(clock, lambda: 100.0, random.Random(seed))
        counter.start()
        clock.seconds += 1
        return [counter.value for _ in range(20)]

    first = values(1)
    assert first == values(1) != values(2)
    assert all(value == int(value) >= 0 for value in first)
    assert len(set(first)) > 1


def test_an_offset_shifts_what_users_see(clock: Any) -> None:
    motor = LinearMotor(clock, speed=1, low=-10, high=10)
    motor.offset = 5
    motor.move(7)
    clock.seconds += 2
    assert (motor.position, motor.dial_position, motor.moving) == (7, 2, False)
