"""Counters of an application: to a time, to monitor counts, stopped; values during and after."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pytest

from pycertifspec.errors import LocalProtocolError, RemoteError
from pycertifspec.server import Application, Server
from pycertifspec.wire.constants import EventTypes

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.server.conftest import Peer, Scaler

    Client = Callable[..., Peer]

COUNT, SEC, MON, DET = "scaler/.all./count", "scaler/sec/value", "scaler/mon/value", "scaler/det/value"


@pytest.fixture
def scalers(application: Application, new_scaler: Callable[[], Scaler]) -> dict[str, Scaler]:
    counters = {name: new_scaler() for name in ("sec", "mon", "det")}
    application.counters(counters, poll=0.005)
    return counters


def test_counting_to_a_time_shows_its_beginning_its_values_the_final_values_and_then_its_end(
    scalers: dict[str, Scaler], client: Client
) -> None:
    peer = client()
    assert peer.watch(COUNT) == "0"
    assert peer.watch(DET) == "0"

    peer.write(COUNT, "2")
    assert peer.event(COUNT) == "1"
    assert peer.read(COUNT) == "1"
    assert all(scaler.counting for scaler in scalers.values())
    scalers["det"].value = 40
    peer.events_until(DET, "40")
    scalers["det"].value, scalers["sec"].value = 99, 2.0
    told = peer.events_until(COUNT, "0")

    assert told[-2] == (DET, "99")
    assert not any(scaler.counting for scaler in scalers.values())
    assert (peer.read(SEC), peer.read(DET), peer.read(COUNT)) == ("2", "99", "0")
    peer.nothing_more()


def test_a_negative_preset_counts_to_monitor_counts(scalers: dict[str, Scaler], client: Client) -> None:
    peer = client()
    peer.watch(COUNT)
    peer.write(COUNT, "-1000")
    assert peer.event(COUNT) == "1"
    scalers["sec"].value = 5000
    scalers["mon"].value = 999
    peer.watch(MON)
    peer.events_until(MON, "999")
    assert peer.read(COUNT) == "1"
    scalers["mon"].value = 1001
    peer.events_until(COUNT, "0")
    assert peer.read(MON) == "1001"


@pytest.mark.parametrize("how", ["0", EventTypes.SV_ABORT])
def test_counting_is_stopped_and_the_values_stay(scalers: dict[str, Scaler], client: Client, how: Any) -> None:
    peer, other = client(), client()
    peer.watch(COUNT)
    peer.watch(DET)
    peer.write(COUNT, "100")
    assert peer.event(COUNT) == "1"
    scalers["det"].value = 7
    peer.events_until(DET, "7")

    if how == "0":
        other.write(COUNT, how)
    else:
        other.send(how)

    assert peer.events_until(COUNT, "0")[-2] == (DET, "7")
    assert not scalers["det"].counting
    assert peer.read(DET) == "7"


def test_stopping_what_does_not_count_does_nothing(scalers: dict[str, Scaler], client: Client) -> None:
    peer = client()
    peer.watch(COUNT)
    peer.write(COUNT, "0")
    peer.nothing_more()


def test_counting_can_be_started_again_in_the_same_breath_as_it_is_stopped(
    scalers: dict[str, Scaler], client: Client
) -> None:
    peer = client()
    peer.watch(COUNT)
    peer.watch("error")
    start, stop = (peer.packet(EventTypes.SV_CHAN_SEND, COUNT, preset) for preset in ("100", "0"))
    peer.socket.sendall(start)
    assert peer.event(COUNT) == "1"
    for stopped in (stop, peer.packet(EventTypes.SV_ABORT)):
        peer.socket.sendall(stopped + start)
        assert [peer.event(COUNT) for _ in range(2)] == ["0", "1"]
    peer.nothing_more()
    scalers["sec"].value = 100
    assert peer.event(COUNT) == "0"
    peer.nothing_more()


def test_a_count_waits_for_the_commands_before_it_and_is_dropped_by_an_abort(
    application: Application, scalers: dict[str, Scaler], client: Client
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    @application.function
    def slow() -> None:
        begun.set()
        assert go_on.wait(10)

    peer, other = client(), client()
    peer.watch(COUNT)
    peer.send(EventTypes.SV_CMD, "", "slow")
    assert begun.wait(10)
    other.watch("error")
    peer.write(COUNT, "100")
    peer.nothing_more()
    assert not scalers["det"].counting
    go_on.set()
    assert peer.event(COUNT) == "1"

    begun.clear()
    go_on.clear()
    peer.write(COUNT, "0")
    assert peer.events_until(COUNT, "0")
    peer.send(EventTypes.SV_CMD, "", "slow")
    assert begun.wait(10)
    other.write(COUNT, "100")
    other.send(EventTypes.SV_ABORT)
    assert other.event("error") == "aborted before it began"
    go_on.set()
    other.command("1")
    assert other.read(COUNT) == "0"


def test_a_count_that_waits_is_dropped_by_who_writes_0_and_nothing_else_is(
    application: Application, scalers: dict[str, Scaler], client: Client
) -> None:
    begun, go_on, done = threading.Event(), threading.Event(), []

    @application.function
    def slow() -> None:
        begun.set()
        assert go_on.wait(10)

    @application.function
    def after(what: str) -> None:
        done.append(what)

    peer, other = client(), client()
    peer.watch(COUNT)
    other.watch("error")
    peer.send(EventTypes.SV_CMD, "", "slow")
    assert begun.wait(10)
    for one in (other, peer):
        one.write(COUNT, "100")
    other.send(EventTypes.SV_CMD, "", 'after("other")')
    other.write(COUNT, "0")
    assert other.event("error") == "aborted before it began"
    go_on.set()

    assert peer.event(COUNT) == "1"  # its own count is there still
    peer.write(COUNT, "0")
    assert peer.event(COUNT) == "0"
    other.command("1")
    assert done == ["other"]
    assert other.read(COUNT) == "0"
    peer.nothing_more()


def test_counting_twice_at_a_time_is_refused(scalers: dict[str, Scaler], client: Client) -> None:
    peer = client()
    peer.watch("error")
    peer.write(COUNT, "100")
    peer.write(COUNT, "1")
    assert peer.event("error") == "already counting"


@pytest.mark.parametrize("preset", ["nan", "inf", "-inf", "soon", ""])
def test_what_is_no_preset_is_refused(scalers: dict[str, Scaler], client: Client, preset: Any) -> None:
    peer = client()
    assert "is no time" in peer.refused(EventTypes.SV_CHAN_SEND, COUNT, preset)
    assert peer.read(COUNT) == "0"


def test_an_array_is_no_preset(scalers: dict[str, Scaler], client: Client) -> None:
    assert "is no time" in client().refused(EventTypes.SV_CHAN_SEND, COUNT, {"a": 1})


def test_values_cannot_be_set(scalers: dict[str, Scaler], client: Client) -> None:
    assert "scaler/sec/value cannot be set" in client().refused(EventTypes.SV_CHAN_SEND, SEC, "1")


def test_without_a_monitor_there_is_no_counting_to_it(
    application: Application, new_scaler: Any, client: Client
) -> None:
    application.counters({"sec": new_scaler()})
    assert "no monitor" in client().refused(EventTypes.SV_CHAN_SEND, COUNT, "-1")


def test_without_counters_there_is_no_counting(application: Application, client: Client) -> None:
    assert "no property" in client().refused(EventTypes.SV_CHAN_SEND, COUNT, "1")
    application.counters({})
    assert "no timer" in client().refused(EventTypes.SV_CHAN_SEND, COUNT, "1")


def test_counters_are_published_once(application: Application, scalers: dict[str, Scaler]) -> None:
    with pytest.raises(LocalProtocolError, match="published already"):
        application.counters({})


def test_a_counter_that_cannot_be_started_does_not_make_the_others_count_for_ever(
    scalers: dict[str, Scaler], client: Client
) -> None:
    def fail() -> None:
        raise RemoteError("no power")

    scalers["det"].start = fail  # type: ignore[method-assign]
    peer = client()
    peer.watch("error")
    peer.write(COUNT, "1")
    assert peer.event("error") == "no power"
    assert peer.read(COUNT) == "0"


def test_counting_ends_with_the_server(application: Application, scalers: Any) -> None:
    async def main() -> None:
        async with Server(application, port=0):
            begun, start = asyncio.Event(), scalers["det"].start

            def note() -> None:
                start()
                begun.set()

            scalers["det"].start = note
            count = application.find(COUNT)
            assert count is not None
            count.write("100")
            await begun.wait()
            assert scalers["det"].counting
        assert not scalers["det"].counting
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())
