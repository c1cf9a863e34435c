"""Counting: the same on both faces."""

import threading
from typing import Any

import pytest

from pycertifspec import CallTimeoutError, LocalProtocolError


def test_counting_gives_each_counters_value_by_its_mnemonic(client: Any) -> None:
    values = client.count(2)

    assert list(values) == ["sec", "mon", "det", "fluo", "ion", "pin"]
    assert values["sec"] == 2.0
    assert values["mon"] > 1000


def test_counting_goes_to_a_number_of_monitor_counts(client: Any) -> None:
    assert client.count(monitor=1000)["mon"] == pytest.approx(1000, abs=1)


def test_some_counters_are_asked_for_and_others_left_alone(client: Any) -> None:
    shown: list[dict[str, float]] = []

    assert client.count(0.5, shown.append, counters=["sec"]) == {"sec": 0.5}
    assert shown[-1] == {"sec": 0.5}
    assert client.count(0.5, counters=[]) == {}


def test_live_values_come_while_it_counts(client: Any) -> None:
    shown: list[dict[str, float]] = []

    values = client.count(2, shown.append, True)

    assert len(shown) > 1
    assert shown[-1] == values


def test_what_to_count_to_must_be_said_once(client: Any) -> None:
    for wrong in ({}, {"time": 1, "monitor": 1}, {"time": 0}, {"monitor": -5}, {"time": float("nan")}):
        with pytest.raises(LocalProtocolError):
            client.count(**wrong)


def test_a_timeout_stops_the_counting(spec: Any) -> None:
    spec.load_names()

    with pytest.raises(CallTimeoutError, match="counting"):
        spec.count(1000, timeout=0.1)

    spec.wait_for("scaler/.all./count", False, 10)


def test_counting_that_is_stopped_gives_what_was_counted(spec: Any, clock: Any) -> None:
    spec.load_names()
    result: list[Any] = []
    thread = threading.Thread(target=lambda: result.append(spec.count(1000)))
    thread.start()
    spec.wait_for("scaler/.all./count", True, 10)
    clock.advance(3)

    spec.stop_counting()

    thread.join(10)
    assert result[0]["sec"] == pytest.approx(3, abs=0.01)


def test_a_counter_is_an_object(client: Any) -> None:
    client.count(1)

    assert client.counters.sec.value == 1.0
    assert client.counter("sec").read() == 1.0
