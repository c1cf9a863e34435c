"""Scans that SPEC runs inside a RunEngine."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import pytest
from bluesky.callbacks.best_effort import BestEffortCallback
from bluesky.run_engine import call_in_bluesky_event_loop
from bluesky.utils import FailedStatus, RunEngineInterrupted
from ophyd_async.core import init_devices
from tests.bluesky.conftest import Run, eventually, interrupt, measure, on

from pycertifspec import Client
from pycertifspec.bluesky import SpecScanFlyer, spec_scan
from pycertifspec.errors import ConnectionLostError, LocalProtocolError, RemoteError, StoppedError
from pycertifspec.testing import SimulatedSpec

if TYPE_CHECKING:
    from pathlib import Path

    from bluesky import RunEngine
    from tests.bluesky.conftest import Documents, Traffic

    from pycertifspec.testing import ManualClock


def test_the_documents_say_what_spec_says_of_its_scan(engine: RunEngine, documents: Documents, tmp_path: Path) -> None:
    with SimulatedSpec(directory=tmp_path) as spec:
        with Client(spec.host, spec.port) as client:
            client.execute("newfile night.spec")
            client.execute("ascan th 0 1 2 0.1")
        uids: Any = engine(spec_scan("ascan th 0 1 20 0.1", server=spec.address, md={"sample": "gold"}))
        call = documents.of("start")[0]

    assert (call["uid"],) == uids
    assert {key: call[key] for key in ("scan_id", "plan_name", "motors", "num_points", "sample", "data_file")} == {
        "scan_id": 2, "plan_name": "ascan", "motors": ["th"], "num_points": 21, "sample": "gold",
        "data_file": "night.spec",
    }  # fmt: skip
    assert call["spec_command"].split() == ["ascan", "th", "0", "1", "20", "0.1"]
    assert call["hints"]["dimensions"] == [[["th"], "primary"]]
    assert documents.column("th") == pytest.approx([point / 20 for point in range(21)])
    descriptor = documents.of("descriptor")[0]
    assert descriptor["hints"]["spec"]["fields"] == ["th", "det"]
    assert {"th", "det", "mon", "sec"} <= descriptor["data_keys"].keys()
    assert documents.of("stop")[0]["num_events"] == {"primary": 21}
    assert documents.status == "success"


def test_points_are_stamped_by_specs_clock_and_come_by_ours(
    engine: RunEngine, documents: Documents, spec: SimulatedSpec
) -> None:
    with init_devices():
        flyer = SpecScanFlyer(spec.address)
    begun = time.time()

    engine(spec_scan("ascan th 0 1 2 0.1", flyer))

    pages = documents.of("event_page")
    stamps = [stamp for page in pages for stamp in page["timestamps"]["det"]]
    assert stamps == [point.time for point in flyer.record.points]
    assert all(begun <= came <= time.time() and came not in stamps for page in pages for came in page["time"])


def test_best_effort_callback_shows_the_table(
    engine: RunEngine, spec: SimulatedSpec, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = BestEffortCallback()
    shown.disable_plots()
    token = engine.subscribe(shown)

    engine(spec_scan("ascan th 0 1 2 0.1", server=spec.address))

    engine.unsubscribe(token)
    table = capsys.readouterr().out
    assert "|         th |        det |" in table
    assert "0.5000" in table


def test_one_flyer_runs_one_scan_after_the_other(engine: RunEngine, documents: Documents, spec: SimulatedSpec) -> None:
    with init_devices():
        flyer = SpecScanFlyer(spec.address)

    def night() -> Any:
        yield from spec_scan("ascan th 0 1 2 0.1", flyer)
        yield from spec_scan("mesh th 0 1 1 tth 0 1 2 0.1", flyer)

    engine(night())

    assert [doc["scan_id"] for doc in documents.of("start")] == [1, 2]
    assert [doc["num_events"] for doc in documents.of("stop")] == [{"primary": 3}, {"primary": 6}]
    assert documents.of("start")[1]["hints"]["dimensions"] == [[["tth"], "primary"], [["th"], "primary"]]


def test_bluesky_s_own_fly_takes_a_flyer_that_describes_by_stream(
    engine: RunEngine, documents: Documents, spec: SimulatedSpec
) -> None:
    with init_devices():
        flyer = SpecScanFlyer(spec.address, nested=True)

    def plan() -> Any:
        yield from bps.prepare(flyer, "ascan th 0 1 2 0.1", wait=True)
        yield from bp.fly([flyer])

    engine(plan())

    assert documents.column("th") == [0, 0.5, 1]
    assert documents.status == "success"


def test_points_are_told_as_progress(
    engine: RunEngine, clock: ManualClock, slow_spec: SimulatedSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[dict[str, Any]] = []

    def waiting(statuses: Any) -> None:
        for status in statuses or ():
            if hasattr(status, "watch"):
                status.watch(lambda **update: told.append(update))

    monkeypatch.setattr(engine, "waiting_hook", waiting)

    run = Run(lambda: engine(spec_scan("ascan th 30 31 20 1", server=slow_spec.address)))
    measure(clock, slow_spec, 2)
    eventually(lambda: told, "a point is told")
    assert on(clock, run).error is None

    assert {key: told[-1][key] for key in ("name", "target", "unit")} == {
        "name": "spec", "target": 21, "unit": "points",
    }  # fmt: skip


def test_points_come_while_the_scan_goes_on(
    engine: RunEngine, documents: Documents, clock: ManualClock, slow_spec: SimulatedSpec
) -> None:
    run = Run(lambda: engine(spec_scan("ascan th 30 31 20 1", server=slow_spec.address)))
    measure(clock, slow_spec, 2)
    eventually(lambda: len(documents.column("th")) >= 2, "two points are there")
    assert not run.over
    assert on(clock, run).error is None
    assert len(documents.column("th")) == 21


def test_what_spec_refuses_fails_the_plan_and_makes_no_run(
    engine: RunEngine, documents: Documents, spec: SimulatedSpec
) -> None:
    with pytest.raises(RemoteError, match="nix"):
        engine(spec_scan("ascan nix 0 1 20 0.1", server=spec.address))

    assert documents == []


def test_a_scan_that_fails_before_its_first_point_is_a_failed_run(
    engine: RunEngine, documents: Documents, clock: ManualClock, slow_spec: SimulatedSpec
) -> None:
    run = Run(lambda: engine(spec_scan("ascan th 0 1 20 1", server=slow_spec.address)))
    eventually(lambda: documents.of("start"), "the run is open")
    interrupt(slow_spec)
    on(clock, run)

    assert isinstance(run.error, FailedStatus)
    assert isinstance(run.error.__cause__, RemoteError)
    assert documents.status == "fail"


def test_a_scan_that_is_aborted_in_spec_fails_the_plan_and_keeps_its_points(
    engine: RunEngine, documents: Documents, clock: ManualClock, slow_spec: SimulatedSpec
) -> None:
    run = Run(lambda: engine(spec_scan("ascan th 30 31 20 1", server=slow_spec.address)))
    measure(clock, slow_spec, 2)
    eventually(lambda: len(documents.column("th")) >= 2, "two points are there")
    interrupt(slow_spec)
    on(clock, run)

    assert isinstance(run.error, FailedStatus)
    assert documents.status == "fail"
    assert documents.column("th")[:2] == pytest.approx([30, 30.05])
    assert documents.of("stop")[0]["num_events"]["primary"] >= 2


@pytest.mark.parametrize("end", ["abort", "stop", "halt"])
def test_a_plan_that_is_ended_aborts_spec_s_scan_once(
    engine: RunEngine,
    documents: Documents,
    clock: ManualClock,
    slow_spec: SimulatedSpec,
    slow_traffic: Traffic,
    end: str,
) -> None:
    run = Run(lambda: engine(spec_scan("ascan th 30 31 20 1", server=slow_traffic.address)))
    measure(clock, slow_spec, 2)
    eventually(lambda: len(documents.column("th")) >= 2, "two points are there")
    ended = Run(getattr(engine, end))

    on(clock, ended)
    on(clock, run)
    eventually(lambda: slow_traffic.aborts, "the scan is aborted")
    assert slow_traffic.aborts == 1
    assert documents.status == ("success" if end == "stop" else "abort")


def test_a_paused_scan_goes_on_where_it_was(
    engine: RunEngine, documents: Documents, clock: ManualClock, slow_spec: SimulatedSpec, slow_traffic: Traffic
) -> None:
    run = Run(lambda: engine(spec_scan("ascan th 30 31 10 1", server=slow_traffic.address)))
    measure(clock, slow_spec, 2)
    eventually(lambda: len(documents.column("th")) >= 2, "two points are there")
    engine.request_pause()
    assert isinstance(on(clock, run).error, RunEngineInterrupted)
    assert slow_traffic.aborts == 1

    assert on(clock, Run(engine.resume)).error is None

    assert documents.column("th") == pytest.approx([30 + point / 10 for point in range(11)])
    assert documents.status == "success"
    assert len(documents.of("start")) == 1


def test_a_paused_scan_can_be_aborted(
    engine: RunEngine, documents: Documents, clock: ManualClock, slow_spec: SimulatedSpec, slow_traffic: Traffic
) -> None:
    run = Run(lambda: engine(spec_scan("ascan th 30 31 10 1", server=slow_traffic.address)))
    measure(clock, slow_spec, 2)
    eventually(lambda: len(documents.column("th")) >= 2, "two points are there")
    engine.request_pause()
    on(clock, run)

    on(clock, Run(engine.abort))

    assert slow_traffic.aborts == 1
    assert documents.status == "abort"


def test_a_server_that_dies_fails_the_plan_at_once(
    engine: RunEngine, documents: Documents, clock: ManualClock, slow_spec: SimulatedSpec
) -> None:
    run = Run(lambda: engine(spec_scan("ascan th 30 31 20 1", server=slow_spec.address)))
    measure(clock, slow_spec, 2)
    eventually(lambda: len(documents.column("th")) >= 2, "two points are there")

    slow_spec.die()

    error = run.wait().error
    assert isinstance(error, FailedStatus)
    assert isinstance(error.__cause__, ConnectionLostError)
    assert documents.status == "fail"


def test_a_mock_flies_without_a_server(engine: RunEngine, documents: Documents) -> None:
    with init_devices(mock=True):
        flyer = SpecScanFlyer("nowhere:1")

    engine(spec_scan("ascan th 0 1 20 0.1", flyer))

    assert documents.of("start")[0]["motors"] == ["th"]
    assert documents.status == "success"


def test_a_flyer_without_a_command_does_not_start(engine: RunEngine, spec: SimulatedSpec) -> None:
    with init_devices():
        flyer = SpecScanFlyer(spec.address, nested=True)

    with pytest.raises(FailedStatus) as failed:
        engine(bp.fly([flyer]))
    assert isinstance(failed.value.__cause__, LocalProtocolError)
    with pytest.raises(FailedStatus):
        engine(bps.prepare(flyer, " ", wait=True))


def test_a_flyer_that_flies_takes_no_other_command_and_can_be_stopped(
    clock: ManualClock, slow_spec: SimulatedSpec, slow_traffic: Traffic
) -> None:
    with init_devices():
        flyer = SpecScanFlyer(slow_traffic.address)

    async def fly_and_stop() -> tuple[BaseException | None, BaseException | None]:
        await flyer.prepare("ascan th 30 31 20 1")
        await flyer.kickoff()
        complete = flyer.complete()
        second = flyer.prepare("ascan th 0 1 20 1")
        await asyncio.wait((second.task,))
        await flyer.stop()
        await asyncio.wait((complete.task,))
        return second.exception(), complete.exception()

    second, complete = call_in_bluesky_event_loop(fly_and_stop())

    assert isinstance(second, LocalProtocolError)
    assert isinstance(complete, StoppedError)
    assert slow_traffic.aborts == 1


def test_cancelling_the_wait_for_its_end_aborts_the_scan(slow_spec: SimulatedSpec, slow_traffic: Traffic) -> None:
    with init_devices():
        flyer = SpecScanFlyer(slow_traffic.address)

    async def fly_and_cancel() -> None:
        await flyer.prepare("ascan th 30 31 20 1")
        await flyer.kickoff()
        complete = flyer.complete()
        await asyncio.sleep(0)
        complete.task.cancel()
        await asyncio.wait((complete.task,))

    call_in_bluesky_event_loop(fly_and_cancel())

    eventually(lambda: slow_traffic.aborts, "it is aborted")
    assert flyer.over
    assert slow_traffic.aborts == 1
