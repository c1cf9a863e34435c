"""SPEC's counters in plans."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import pytest
from bluesky.run_engine import call_in_bluesky_event_loop
from bluesky.utils import FailedStatus, RunEngineInterrupted
from ophyd_async.core import NotConnectedError, TriggerInfo, init_devices
from tests.bluesky.conftest import PATIENCE, Run, eventually, on, turns

from pycertifspec import Client, EventTypes
from pycertifspec.bluesky import SpecCounters, SpecDetector, SpecMotor, close_connections, counting
from pycertifspec.errors import CallTimeoutError, ConnectionLostError, LocalProtocolError, StoppedError
from pycertifspec.server import Application, ServerThread
from pycertifspec.testing import Plan

if TYPE_CHECKING:
    from bluesky import RunEngine
    from tests.bluesky.conftest import Documents, Traffic

    from pycertifspec.testing import ManualClock, SimulatedSpec

COUNT = "scaler/.all./count"


def stops(traffic: Traffic) -> int:
    """Return how often counting was told to stop."""
    return sum(message.name == COUNT and message.body == "0" for message in traffic.sent)


def counts(traffic: Traffic) -> list[float]:
    """Return what was counted to."""
    return [float(message.body) for message in traffic.sent if message.name == COUNT and message.body not in (b"", "")]


def test_all_counters_are_counted_at_once_and_read(
    engine: RunEngine, documents: Documents, spec: SimulatedSpec
) -> None:
    with init_devices():
        cnt = SpecCounters(server=spec.address)

    engine(bp.count([cnt], 3))

    assert set(documents.of("event")[0]["data"]) == {
        f"cnt-{mne}" for mne in ("sec", "mon", "det", "fluo", "ion", "pin")
    }
    assert documents.column("cnt-sec") == [1, 1, 1]
    assert documents.of("descriptor")[0]["configuration"]["cnt"]["data"] == {"cnt-preset": 1}


def test_some_counters_are_named_and_others_left_out(
    engine: RunEngine, documents: Documents, spec: SimulatedSpec
) -> None:
    with init_devices():
        cnt = SpecCounters(["sec", "det"], spec.address, preset=2)

    engine(bp.count([cnt]))

    assert documents.of("event")[0]["data"].keys() == {"cnt-sec", "cnt-det"}
    assert documents.column("cnt-sec") == [2]


def test_displays_show_all_but_the_timer_or_what_is_said(spec: SimulatedSpec) -> None:
    with init_devices():
        cnt = SpecCounters(["sec", "mon", "det"], spec.address)
        det = SpecCounters(["sec", "mon", "det"], spec.address, hinted=["det"])
        standard = SpecDetector(["sec", "mon", "det"], spec.address, hinted=["det"])

    assert cnt.hints == {"fields": ["cnt-mon", "cnt-det"]}
    assert det.hints == {"fields": ["det-det"]}
    assert standard.hints == {"fields": ["standard-det"]}


def test_counts_are_shown_without_decimals_and_seconds_with_three(spec: SimulatedSpec) -> None:
    with init_devices():
        cnt = SpecCounters(["sec", "det"], spec.address)

    keys = call_in_bluesky_event_loop(cnt.describe())

    assert {name: (key["units"], key["precision"]) for name, key in keys.items()} == {
        "cnt-sec": ("s", 3), "cnt-det": ("counts", 0),
    }  # fmt: skip


def test_a_preset_is_prepared_in_seconds_or_in_monitor_counts(
    engine: RunEngine, documents: Documents, spec: SimulatedSpec
) -> None:
    with init_devices():
        cnt = SpecCounters(["sec", "mon"], spec.address)

    def plan() -> Any:
        yield from bps.prepare(cnt, 0.5, wait=True)
        yield from bp.count([cnt])
        yield from bps.mv(cnt.preset, -1000)
        yield from bp.count([cnt])

    engine(plan())

    assert documents.column("cnt-sec")[0] == 0.5
    assert documents.column("cnt-mon")[1] == 1000


def test_how_far_the_count_is_is_told(engine: RunEngine, clock: ManualClock, slow_spec: SimulatedSpec) -> None:
    with init_devices():
        cnt = SpecCounters(server=slow_spec.address)
    told: list[dict[str, Any]] = []

    def plan() -> Any:
        status = yield from bps.trigger(cnt, group="count")
        status.watch(lambda **update: told.append(update))
        yield from bps.wait("count")

    run = on(clock, Run(lambda: engine(plan())))

    assert run.error is None
    assert {key: told[-1][key] for key in ("name", "current", "target", "unit")} == {
        "name": "cnt", "current": 1, "target": 1, "unit": "s",
    }  # fmt: skip


def test_a_pause_stops_the_count_once_and_the_point_is_counted_again(
    engine: RunEngine, documents: Documents, clock: ManualClock, slow_spec: SimulatedSpec, slow_traffic: Traffic
) -> None:
    with init_devices():
        cnt = SpecCounters(["sec"], slow_traffic.address, preset=10)

    run = Run(lambda: engine(bp.count([cnt])))
    eventually(lambda: counts(slow_traffic), "it counts")
    engine.request_pause()
    assert isinstance(run.wait().error, RunEngineInterrupted)
    eventually(lambda: stops(slow_traffic), "it is stopped")
    assert stops(slow_traffic) == 1

    assert on(clock, Run(engine.resume)).error is None
    assert documents.column("cnt-sec") == [10]


def test_an_aborted_plan_stops_the_count_once(
    engine: RunEngine, documents: Documents, slow_spec: SimulatedSpec, slow_traffic: Traffic
) -> None:
    with init_devices():
        cnt = SpecCounters(["sec"], slow_traffic.address, preset=10)

    run = Run(lambda: engine(bp.count([cnt])))
    eventually(lambda: counts(slow_traffic), "it counts")
    Run(engine.abort).wait()

    run.wait()
    assert documents.status == "abort"
    eventually(lambda: stops(slow_traffic), "it is stopped")
    assert stops(slow_traffic) == 1


def test_stopping_fails_the_trigger_unless_it_is_to_succeed(slow_spec: SimulatedSpec, slow_traffic: Traffic) -> None:
    with init_devices():
        cnt = SpecCounters(["sec"], slow_traffic.address, preset=10)

    async def stopped(*, success: bool) -> BaseException | None:
        seen = len(counts(slow_traffic))
        status = cnt.trigger()
        await turns(lambda: len(counts(slow_traffic)) > seen)
        await cnt.stop(success=success)
        return (await asyncio.gather(status, return_exceptions=True))[0]

    assert call_in_bluesky_event_loop(stopped(success=True)) is None
    assert isinstance(call_in_bluesky_event_loop(stopped(success=False)), StoppedError)


def test_stopping_what_does_not_count_says_nothing_to_spec(spec: SimulatedSpec, traffic: Traffic) -> None:
    with init_devices():
        cnt = SpecCounters(["sec"], traffic.address)

    call_in_bluesky_event_loop(cnt.stop())

    assert traffic.names() == []


def test_a_server_that_dies_fails_the_count_and_the_device_works_with_the_next_one(
    engine: RunEngine, documents: Documents, clock: ManualClock, slow_spec: SimulatedSpec
) -> None:
    with init_devices():
        cnt = SpecCounters(["sec"], slow_spec.address)
    port = slow_spec.port
    client = cnt._counting._connection.client  # type: ignore[union-attr]

    run = Run(lambda: engine(bp.count([cnt])))
    eventually(lambda: cnt._counting._told, "it counts")
    slow_spec.die()
    assert isinstance(run.wait().error.__cause__, ConnectionLostError)  # type: ignore[union-attr]
    assert documents.status == "fail"

    slow_spec.restart(port=port)
    eventually(lambda: client.connected, "the client is back")
    assert on(clock, Run(lambda: engine(bp.count([cnt])))).error is None
    assert documents.column("cnt-sec") == [1]


def test_two_devices_cannot_count_at_once(engine: RunEngine, spec: SimulatedSpec) -> None:
    with init_devices():
        one, other = SpecCounters(["det"], spec.address), SpecCounters(["mon"], spec.address)

    with pytest.raises(FailedStatus) as failed:
        engine(bp.count([one, other]))

    assert isinstance(failed.value.__cause__, LocalProtocolError)


def test_a_counter_that_is_not_there_does_not_connect(spec: SimulatedSpec) -> None:
    with pytest.raises(NotConnectedError, match="scaler/nix/value"), init_devices():
        cnt = SpecCounters(["nix"], spec.address)  # noqa: F841
    with pytest.raises(NotConnectedError, match=r"127\.0\.0\.1:1"), init_devices():
        nowhere = SpecCounters(server="127.0.0.1:1")  # noqa: F841


def test_mocks_count_without_a_server(engine: RunEngine, documents: Documents) -> None:
    with init_devices(mock=True):
        cnt = SpecCounters(["sec", "det"], "nowhere:1")
        det = SpecDetector(["sec", "det"], "nowhere:1")
        th = SpecMotor("th", "nowhere:1")

    engine(bp.scan([cnt, det], th, 0, 1, 3))

    assert documents.column("cnt-det") == documents.column("det-det") == [0, 0, 0]


def test_a_counter_that_has_the_name_of_a_verb_gets_another_attribute() -> None:
    cnt = SpecCounters(["stop", "set", "preset", "det"], name="cnt")

    assert [signal.name for signal in cnt.counters.values()] == ["cnt-stop_", "cnt-set_", "cnt-preset_", "cnt-det"]
    assert cnt.det.name == "cnt-det"  # type: ignore[attr-defined]


def test_a_standard_detector_is_prepared_with_a_trigger_info(
    engine: RunEngine, documents: Documents, spec: SimulatedSpec
) -> None:
    with init_devices():
        th = SpecMotor("th", spec.address)
        det = SpecDetector(server=spec.address)

    def plan() -> Any:
        yield from bps.prepare(det, TriggerInfo(livetime=0.4), wait=True)
        yield from bp.scan([det], th, 0, 1, 3)

    engine(plan())

    assert documents.column("det-sec") == [0.4, 0.4, 0.4]
    assert documents.of("descriptor")[0]["configuration"]["det"]["data"]["det-preset"] == 0.4


@pytest.mark.parametrize("info", [TriggerInfo(number_of_events=2), TriggerInfo(deadtime=1)])
def test_a_standard_detector_cannot_count_more_than_once_for_a_trigger(
    engine: RunEngine, spec: SimulatedSpec, info: TriggerInfo
) -> None:
    with init_devices():
        det = SpecDetector(["sec"], spec.address)

    with pytest.raises(FailedStatus) as failed:
        engine(bps.prepare(det, info, wait=True))

    assert "once for each trigger" in str(failed.value.__cause__)


def test_a_standard_detector_counts_to_its_preset_where_the_present_state_is_kept(
    engine: RunEngine, documents: Documents, spec: SimulatedSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPHYD_ASYNC_PRESERVE_DETECTOR_STATE", "YES")
    with init_devices():
        det = SpecDetector(["sec"], spec.address, preset=3)

    engine(bp.count([det]))

    assert documents.column("det-sec") == [3]


def test_an_aborted_plan_stops_a_standard_detector_once(
    engine: RunEngine, documents: Documents, slow_spec: SimulatedSpec, slow_traffic: Traffic
) -> None:
    with init_devices():
        det = SpecDetector(["sec"], slow_traffic.address, preset=10)

    run = Run(lambda: engine(bp.count([det])))
    eventually(lambda: counts(slow_traffic), "it counts")
    Run(engine.abort).wait()

    run.wait()
    assert documents.status == "abort"
    eventually(lambda: stops(slow_traffic), "it is stopped")
    assert stops(slow_traffic) == 1


def test_without_a_timer_a_count_is_a_count_without_progress(
    engine: RunEngine, documents: Documents, spec: SimulatedSpec
) -> None:
    with init_devices():
        cnt = SpecCounters(["det"], spec.address)
    cnt._counting._gauges = ()  # as with a server that calls its timer otherwise

    engine(bp.count([cnt]))

    assert documents.status == "success"
    assert len(documents.column("cnt-det")) == 1


def test_a_count_waits_for_specs_prompt_and_an_abort_by_then_stops_nobody(
    engine: RunEngine, documents: Documents, slow_spec: SimulatedSpec, slow_traffic: Traffic
) -> None:
    with init_devices():
        cnt = SpecCounters(["sec"], slow_traffic.address, preset=10)
    with Client(slow_spec.host, slow_spec.port) as other:
        other.run("sleep(1000)", blocking=False)
        other.wait_for("status/ready", False, PATIENCE)

        run = Run(lambda: engine(bp.count([cnt])))
        looks = EventTypes.SV_CHAN_READ
        eventually(lambda: "status/ready" in slow_traffic.names(looks), "it looks whether it can count")
        Run(engine.abort).wait()
        run.wait()

        assert documents.status == "abort"
        assert slow_traffic.names() == []
        assert slow_traffic.aborts == 0
        assert not other.read("status/ready")
        other.abort()


def test_a_count_that_is_stopped_before_spec_is_told_of_it_is_not_begun_and_stops_nothing(
    slow_spec: SimulatedSpec, slow_traffic: Traffic
) -> None:
    with init_devices():
        cnt = SpecCounters(["sec"], slow_traffic.address, preset=10)

    async def stopped() -> None:
        status = cnt.trigger()
        while cnt._counting._work is None:  # noqa: ASYNC110  before it has said anything
            await asyncio.sleep(0)
        await cnt.stop(success=True)
        await status

    call_in_bluesky_event_loop(stopped())

    assert slow_traffic.names() == []


def test_a_server_that_counts_on_although_it_was_told_to_stop_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "STOP_TIMEOUT", 0.01)
    stubborn = Application("stubborn")
    stubborn.publish("scaler/sec/value", 0.0)
    ready = stubborn.publish("status/ready", 1)
    told: list[float] = []

    def count(value: object) -> None:
        told.append(float(str(value)))
        ready.value, going.value = 0, 1

    going = stubborn.publish(COUNT, 0, set=count)

    async def stop(cnt: SpecCounters) -> None:
        status = cnt.trigger()
        async with asyncio.timeout(PATIENCE):
            while not told:  # noqa: ASYNC110  the server's thread tells
                await asyncio.sleep(0.001)
        try:
            await cnt.stop(success=True)
        finally:
            await status

    with ServerThread(stubborn, port=0) as server:
        with init_devices():
            cnt = SpecCounters(["sec"], f"127.0.0.1:{server.port}", preset=10)
        with pytest.raises(CallTimeoutError, match="was told 3 times to stop counting, and goes on"):
            call_in_bluesky_event_loop(stop(cnt))
        call_in_bluesky_event_loop(close_connections())

    assert told[0] == 10
    assert set(told[1:]) == {0}


def test_a_server_that_does_not_answer_is_not_waited_for_longer_than_wanted(spec: SimulatedSpec) -> None:
    async def connect(device: SpecCounters | SpecMotor) -> None:
        await device.connect(timeout=0.05)

    with spec.relay(Plan(stall=("down", 200))) as relay:  # a greeting, and nothing after it
        for device in (SpecCounters(server=relay.address, name="cnt"), SpecMotor("th", relay.address, name="th")):
            with pytest.raises(NotConnectedError, match=r"no answer within 0\.05 s"):
                call_in_bluesky_event_loop(connect(device))
        call_in_bluesky_event_loop(close_connections())
