"""A detector behind macros."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import bluesky.plans as bp
import pytest
from bluesky.run_engine import call_in_bluesky_event_loop
from bluesky.utils import FailedStatus, RunEngineInterrupted
from ophyd_async.core import init_devices
from tests.bluesky.conftest import Run, eventually, on, turns

from pycertifspec import Client
from pycertifspec.bluesky import SpecCommand
from pycertifspec.errors import CallTimeoutError, LocalProtocolError, RemoteError, StoppedError

if TYPE_CHECKING:
    from bluesky import RunEngine
    from tests.bluesky.conftest import Documents, Traffic

    from pycertifspec.testing import ManualClock, SimulatedSpec

# A camera that needs a few questions until it is ready, and counts how often it was started and stopped.
CAMERA = """
global CAM_LEFT, CAM_SUM, CAM_STOPS
CAM_SUM = 0; CAM_STOPS = 0
def cam_start '{ CAM_LEFT = 3; CAM_SUM += 10 }'
def cam_busy() '{ CAM_LEFT -= 1; return CAM_LEFT > 0 }'
def cam_stop '{ CAM_STOPS += 1 }'
"""

run: Any = call_in_bluesky_event_loop


def camera(spec: SimulatedSpec, address: str = "", **how: Any) -> SpecCommand:
    with Client(spec.host, spec.port) as client:
        client.execute(CAMERA)
    arguments: dict[str, Any] = {
        "start": "cam_start",
        "busy": "cam_busy()",
        "values": {"sum": "CAM_SUM"},
        "interval": 0.001,
    } | how
    with init_devices():
        cam = SpecCommand(server=address or spec.address, **arguments)
    return cam  # noqa: RET504  the device has its variable's name


def variable(spec: SimulatedSpec, name: str) -> float:
    with Client(spec.host, spec.port) as client:
        return float(client.read(f"var/{name}"))


def test_it_is_started_asked_until_it_is_ready_and_read(
    engine: RunEngine, documents: Documents, spec: SimulatedSpec
) -> None:
    cam = camera(spec)

    engine(bp.count([cam], 2))

    assert documents.column("cam-sum") == [10, 20]
    assert variable(spec, "CAM_LEFT") == 0
    assert cam.hints == {"fields": ["cam-sum"]}


def test_a_command_that_runs_as_long_as_it_measures_needs_no_question(
    engine: RunEngine, documents: Documents, spec: SimulatedSpec
) -> None:
    engine(bp.count([camera(spec, start="ct 0.1", busy="", values={"seconds": "S[sec]"})]))

    assert documents.column("cam-seconds") == [0.1]


def test_what_is_no_number_fails_the_plan(engine: RunEngine, spec: SimulatedSpec) -> None:
    with pytest.raises(FailedStatus) as failed:
        engine(bp.count([camera(spec, values={"name": '"gold"'})]))

    assert isinstance(failed.value.__cause__, RemoteError)


def test_one_that_takes_too_long_is_stopped(engine: RunEngine, spec: SimulatedSpec) -> None:
    cam = camera(spec, busy="1", stop_command="cam_stop", timeout=0.2)

    with pytest.raises(FailedStatus) as failed:
        engine(bp.count([cam]))

    assert isinstance(failed.value.__cause__, CallTimeoutError)
    assert variable(spec, "CAM_STOPS") == 1


@pytest.mark.parametrize("end", ["abort", "halt"])
def test_an_ended_plan_stops_it_once(engine: RunEngine, documents: Documents, spec: SimulatedSpec, end: str) -> None:
    cam = camera(spec, busy="1", stop_command="cam_stop")

    run = Run(lambda: engine(bp.count([cam])))
    eventually(lambda: variable(spec, "CAM_SUM"), "it works")
    Run(getattr(engine, end)).wait()
    run.wait()

    eventually(lambda: variable(spec, "CAM_STOPS"), "it is stopped")
    assert variable(spec, "CAM_STOPS") == 1
    assert documents.status == "abort"


def test_a_pause_while_its_command_runs_aborts_that_once_and_it_is_started_again(
    engine: RunEngine, documents: Documents, clock: ManualClock, slow_spec: SimulatedSpec, slow_traffic: Traffic
) -> None:
    cam = camera(slow_spec, slow_traffic.address, start="ct 10", busy="", values={"seconds": "S[sec]"})

    run = Run(lambda: engine(bp.count([cam])))
    eventually(lambda: any(message.body == "ct 10" for message in slow_traffic.sent), "it works")
    engine.request_pause()
    assert isinstance(run.wait().error, RunEngineInterrupted)
    eventually(lambda: slow_traffic.aborts, "it is aborted")
    assert slow_traffic.aborts == 1

    assert on(clock, Run(engine.resume)).error is None
    assert documents.column("cam-seconds") == [10]


def test_stopping_it_without_success_fails_its_trigger(spec: SimulatedSpec) -> None:
    cam = camera(spec, busy="1")

    async def stop() -> None:
        status = cam.trigger()
        await turns(lambda: cam._work)
        await cam.stop()
        await status

    with pytest.raises(StoppedError):
        run(stop())
    run(cam.stop())  # nothing to stop any more


def test_a_mock_measures_nothing(engine: RunEngine, documents: Documents) -> None:
    with init_devices(mock=True):
        cam = SpecCommand("cam_start", "nowhere:1", values={"sum": "CAM_SUM"})

    engine(bp.count([cam]))

    assert documents.column("cam-sum") == [0]


def test_one_without_a_command_is_refused() -> None:
    with pytest.raises(LocalProtocolError):
        SpecCommand(" ")
    with pytest.raises(LocalProtocolError):
        SpecCommand("cam_start", interval=0)
