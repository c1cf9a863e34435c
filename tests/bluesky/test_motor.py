"""A motor of SPEC in plans."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import pytest
from bluesky import protocols
from bluesky.run_engine import call_in_bluesky_event_loop
from bluesky.simulators import check_limits
from bluesky.utils import FailedStatus, RunEngineInterrupted
from ophyd_async.core import NotConnectedError, init_devices
from tests.bluesky.conftest import Run, eventually, on, stands, turns

from pycertifspec import Client
from pycertifspec.bluesky import SpecMotor
from pycertifspec.errors import ConnectionLostError, RefusedError, RemoteError, StoppedError
from pycertifspec.testing import Stall

if TYPE_CHECKING:
    from bluesky import RunEngine
    from tests.bluesky.conftest import Documents, Traffic

    from pycertifspec.testing import ManualClock, SimulatedSpec


def motors(address: str, *mnemonics: str, units: str = "deg") -> list[SpecMotor]:
    """Return connected motors that are called as in SPEC."""
    made = [SpecMotor(mne, address, units, name=mne) for mne in mnemonics]

    async def connect() -> None:
        for motor in made:
            await motor.connect()

    call_in_bluesky_event_loop(connect())
    return made


def test_it_is_what_plans_and_displays_look_for(spec: SimulatedSpec) -> None:
    th = SpecMotor("th", spec.address)

    wanted = (
        protocols.Movable, protocols.Locatable, protocols.Stoppable, protocols.Readable, protocols.Checkable,
        protocols.Subscribable, protocols.Configurable, protocols.HasHints,
    )  # fmt: skip
    assert all(isinstance(th, protocol) for protocol in wanted)


def test_a_scan_records_where_the_motor_is_asked_to_be(
    engine: RunEngine, documents: Documents, spec: SimulatedSpec
) -> None:
    with init_devices():
        th = SpecMotor("th", spec.address, "deg")

    engine(bp.scan([], th, -0.5, 0.5, 3))

    assert documents.column("th") == [-0.5, 0, 0.5]
    assert documents.status == "success"


def test_a_relative_scan_puts_the_motor_back(engine: RunEngine, documents: Documents, spec: SimulatedSpec) -> None:
    (th,) = motors(spec.address, "th")
    engine(bps.mv(th, 2))

    engine(bp.rel_scan([], th, -0.5, 0.5, 3))

    assert documents.column("th") == [1.5, 2, 2.5]
    assert spec.motor("th").position == 2


def test_a_grid_is_scanned_with_both_motors(engine: RunEngine, documents: Documents, spec: SimulatedSpec) -> None:
    th, tth = motors(spec.address, "th", "tth")

    engine(bp.grid_scan([], th, 0, 1, 2, tth, 10, 12, 3))

    assert documents.column("th") == [0, 0, 0, 1, 1, 1]
    assert documents.column("tth") == [10, 11, 12, 10, 11, 12]


def test_documents_have_units_digits_source_hints_and_configuration(
    engine: RunEngine, documents: Documents, spec: SimulatedSpec
) -> None:
    (th,) = motors(spec.address, "th")

    engine(bp.scan([], th, 0, 1, 2))

    descriptor = documents.of("descriptor")[0]
    key = descriptor["data_keys"]["th"]
    assert (key["units"], key["precision"], key["dtype"]) == ("deg", 4, "number")
    assert key["source"] == f"spec://{spec.address}/motor/th/position"
    assert descriptor["hints"]["th"] == {"fields": ["th"]}
    configuration = descriptor["configuration"]["th"]["data"]
    assert configuration["th-sign"] == 1
    assert configuration["th-step_size"] == spec.motor("th").config.steps_per_unit


def test_angles_of_spec_are_in_degrees_and_what_nobody_knows_has_no_units(spec: SimulatedSpec) -> None:
    th, samx, en = motors(spec.address, "th", "samx", "en", units="")

    keys = [call_in_bluesky_event_loop(motor.describe())[motor.name] for motor in (th, samx, en)]

    assert [key.get("units") for key in keys] == ["deg", None, "keV"]


def test_it_tells_where_it_is_and_where_it_was_sent(engine: RunEngine, spec: SimulatedSpec) -> None:
    (th,) = motors(spec.address, "th")

    engine(bps.mv(th, 1.25))

    assert call_in_bluesky_event_loop(th.locate()) == {"setpoint": 1.25, "readback": 1.25}
    assert call_in_bluesky_event_loop(th.read())["th"]["value"] == 1.25


def test_motors_that_are_set_together_start_with_one_command(engine: RunEngine, traffic: Traffic) -> None:
    th, tth, chi = motors(traffic.address, "th", "tth", "chi")

    engine(bps.mv(th, 1, tth, 2, chi, 3))

    assert traffic.names() == [
        "motor/../prestart_all", "motor/th/start_one", "motor/tth/start_one", "motor/chi/start_one",
        "motor/../start_all",
    ]  # fmt: skip


def test_a_motor_that_stands_is_not_waited_for_until_others_stand(
    engine: RunEngine, clock: ManualClock, slow_spec: SimulatedSpec
) -> None:
    th, tth = motors(slow_spec.address, "th", "tth")
    there: list[bool] = []

    def plan() -> Any:
        yield from bps.abs_set(th, 29.5, group="short")
        yield from bps.abs_set(tth, 0, group="long")
        yield from bps.wait("short")
        there.append(slow_spec.motor("tth").moving)
        yield from bps.wait("long")

    assert on(clock, Run(lambda: engine(plan()))).error is None
    assert there == [True]
    assert slow_spec.motor("tth").position == 0


def test_a_relative_move_begins_where_the_motor_is_also_when_others_have_moved_it(
    engine: RunEngine, spec: SimulatedSpec
) -> None:
    (th,) = motors(spec.address, "th")
    engine(bps.mv(th, 1))
    with Client(spec.host, spec.port) as other:
        other.move(th=5)

    engine(bps.mvr(th, 0.5))

    assert spec.motor("th").position == 5.5


def test_setpoints_that_are_set_together_start_with_one_command(engine: RunEngine, traffic: Traffic) -> None:
    th, tth = motors(traffic.address, "th", "tth")

    engine(bps.mv(th.setpoint, 1, tth.setpoint, 2))

    assert traffic.names().count("motor/../start_all") == 1


def test_nothing_moves_if_one_of_the_motors_that_are_set_together_is_refused(
    engine: RunEngine, spec: SimulatedSpec
) -> None:
    th, tth = motors(spec.address, "th", "tth")
    before = spec.motor("th").position

    with pytest.raises(FailedStatus) as failed:
        engine(bps.mv(th, 1, tth, 20_000))

    assert isinstance(failed.value.__cause__, RefusedError)
    assert "'tth'" in str(failed.value.__cause__)
    assert spec.motor("th").position == before


def test_a_motor_that_is_sent_to_two_places_at_once_stays(engine: RunEngine, spec: SimulatedSpec) -> None:
    (th,) = motors(spec.address, "th")
    before = spec.motor("th").position

    def twice() -> Any:
        yield from bps.abs_set(th, 1, group="all")
        yield from bps.abs_set(th, 2, group="all")
        yield from bps.wait("all")

    with pytest.raises(FailedStatus) as failed:
        engine(twice())

    assert "1 and to 2 at once" in str(failed.value.__cause__)
    assert spec.motor("th").position == before


def test_limits_are_those_in_user_units_also_where_the_sign_is_negative(engine: RunEngine, spec: SimulatedSpec) -> None:
    motor = spec.motor("th")
    motor.configure(replace(motor.config, sign=-1))  # dial limits -20 and 100 are now 20 and -100
    (th,) = motors(spec.address, "th")

    check_limits(bp.scan([], th, -90, 19, 3))
    with pytest.raises(RefusedError, match="beyond its high limit at 20"):
        check_limits(bp.scan([], th, 0, 21, 3))
    with pytest.raises(FailedStatus):
        engine(bps.mv(th, 21))
    engine(bps.mv(th, -90))
    assert motor.position == -90


def test_progress_has_name_units_and_digits(engine: RunEngine, spec: SimulatedSpec) -> None:
    (th,) = motors(spec.address, "th")
    told: list[dict[str, Any]] = []

    def plan() -> Any:
        status = yield from bps.abs_set(th, 1, group="move")
        status.watch(lambda **update: told.append(update))
        yield from bps.wait("move")

    engine(plan())

    assert told
    assert {key: told[-1][key] for key in ("name", "target", "unit", "precision")} == {
        "name": "th", "target": 1, "unit": "deg", "precision": 4,
    }  # fmt: skip


def test_a_pause_stops_the_motion_once_and_resuming_moves_on(
    engine: RunEngine, clock: ManualClock, slow_spec: SimulatedSpec, slow_traffic: Traffic, documents: Documents
) -> None:
    th, tth = motors(slow_traffic.address, "th", "tth")

    run = Run(lambda: engine(bp.scan([], th, 0, 1, tth, 0, 2, 2)))
    eventually(lambda: slow_spec.motor("th").moving and slow_spec.motor("tth").moving, "both move")
    engine.request_pause()

    assert isinstance(run.wait().error, RunEngineInterrupted)
    stands(clock, slow_spec, "th", "tth")  # as the abort has come there
    assert slow_traffic.aborts == 1

    assert on(clock, Run(engine.resume)).error is None
    assert documents.column("th") == [0, 1]
    assert documents.column("tth") == [0, 2]
    assert documents.status == "success"


def test_an_aborted_plan_stops_the_motion_once(
    engine: RunEngine, clock: ManualClock, slow_spec: SimulatedSpec, slow_traffic: Traffic, documents: Documents
) -> None:
    th, tth = motors(slow_traffic.address, "th", "tth")

    run = Run(lambda: engine(bp.scan([], th, 0, 1, tth, 0, 2, 2)))
    eventually(lambda: slow_spec.motor("th").moving and slow_spec.motor("tth").moving, "both move")
    Run(engine.abort).wait()

    run.wait()
    stands(clock, slow_spec, "th", "tth")  # as the abort has come there
    assert slow_traffic.aborts == 1
    assert documents.status == "abort"


def test_the_end_of_a_plan_does_not_stop_what_others_move(
    engine: RunEngine, slow_spec: SimulatedSpec, slow_traffic: Traffic
) -> None:
    (th,) = motors(slow_traffic.address, "th")
    slow_spec.motor("tth").move(1.0)

    engine(bps.mv(th, slow_spec.motor("th").position))

    assert slow_spec.motor("tth").moving
    assert slow_traffic.aborts == 0


def test_a_cancelled_set_stops_the_motion_once(
    clock: ManualClock, slow_spec: SimulatedSpec, slow_traffic: Traffic
) -> None:
    (th,) = motors(slow_traffic.address, "th")

    async def set_and_cancel() -> None:
        status = th.set(1)
        await turns(lambda: slow_spec.motor("th").moving)
        status.task.cancel()
        await asyncio.wait((status.task,))

    call_in_bluesky_event_loop(set_and_cancel())

    stands(clock, slow_spec, "th")
    assert slow_traffic.aborts == 1


def test_a_timeout_stops_the_motion(slow_spec: SimulatedSpec, slow_traffic: Traffic) -> None:
    (th,) = motors(slow_traffic.address, "th")

    async def move() -> None:
        await th.set(1, timeout=0.1)

    with pytest.raises(TimeoutError, match=r"within 0\.1 s; it was stopped"):
        call_in_bluesky_event_loop(move())
    eventually(lambda: slow_traffic.aborts, "the motion is stopped")
    assert slow_traffic.aborts == 1


def test_stopping_without_success_fails_the_move(slow_spec: SimulatedSpec, slow_traffic: Traffic) -> None:
    th, tth = motors(slow_traffic.address, "th", "tth")

    async def move_and_stop() -> list[BaseException | None]:
        both = th.set(1), tth.set(1)
        await turns(lambda: slow_spec.motor("th").moving and slow_spec.motor("tth").moving)
        await th.stop(success=False)
        await asyncio.wait([status.task for status in both])
        return [status.exception() for status in both]

    stopped, along = call_in_bluesky_event_loop(move_and_stop())

    assert isinstance(stopped, StoppedError)
    assert isinstance(along, StoppedError)
    assert slow_traffic.aborts == 1


def test_a_motor_that_stops_short_fails_the_plan_and_says_why(engine: RunEngine, spec: SimulatedSpec) -> None:
    (th,) = motors(spec.address, "th")
    spec.motor("th").inject(Stall(after=0.1))

    with pytest.raises(FailedStatus) as failed:
        engine(bps.mv(th, 1))

    assert isinstance(failed.value.__cause__, RemoteError)
    assert "short of 1" in str(failed.value.__cause__)


def test_a_server_that_dies_fails_the_plan_and_the_devices_work_again_with_the_next_one(
    engine: RunEngine, clock: ManualClock, slow_spec: SimulatedSpec, documents: Documents
) -> None:
    (th,) = motors(slow_spec.address, "th")
    port = slow_spec.port

    run = Run(lambda: engine(bp.scan([], th, 0, 1, 2)))
    eventually(lambda: slow_spec.motor("th").moving, "th moves")
    slow_spec.die()

    error = run.wait().error
    assert isinstance(error, FailedStatus)
    assert isinstance(error.__cause__, ConnectionLostError)
    assert documents.status == "fail"

    slow_spec.restart(port=port)
    eventually(lambda: th.setpoint._connector.backend.connection.client.connected, "the client is back")  # type: ignore[attr-defined]
    assert on(clock, Run(lambda: engine(bps.mv(th, 1)))).error is None
    assert slow_spec.motor("th").position == 1


def test_a_plan_fails_at_once_while_there_is_no_server(engine: RunEngine, spec: SimulatedSpec) -> None:
    (th,) = motors(spec.address, "th")
    spec.die()

    with pytest.raises(ConnectionLostError):
        engine(bps.rd(th))


def test_a_mock_moves_without_a_server(engine: RunEngine, documents: Documents) -> None:
    with init_devices(mock=True):
        th = SpecMotor("th", "nowhere:1")

    engine(bp.scan([], th, 0, 1, 3))

    assert documents.column("th") == [0, 0.5, 1]
    assert documents.of("descriptor")[0]["data_keys"]["th"]["source"].startswith("mock+spec://nowhere:1/")


def test_a_motor_that_is_not_there_does_not_connect(spec: SimulatedSpec) -> None:
    with pytest.raises(NotConnectedError, match="motor/nix/position"), init_devices():
        nix = SpecMotor("nix", spec.address)  # noqa: F841


def test_without_a_server_it_does_not_connect() -> None:
    with pytest.raises(NotConnectedError, match=r"127\.0\.0\.1:1"), init_devices():
        th = SpecMotor("th", "127.0.0.1:1")  # noqa: F841


def test_a_mock_is_stopped_located_and_checked_like_a_motor() -> None:
    with init_devices(mock=True):
        th = SpecMotor("th")

    async def use() -> Any:
        await th.check_value(1e9)
        await th.set(2)
        await th.stop()
        return await th.locate()

    assert call_in_bluesky_event_loop(use()) == {"setpoint": 2, "readback": 2}


def test_the_setpoint_is_where_it_goes_while_it_goes(slow_spec: SimulatedSpec) -> None:
    (th,) = motors(slow_spec.address, "th")

    async def move() -> Any:
        status = th.set(1)
        await turns(lambda: slow_spec.motor("th").moving)
        assert (await th.locate())["setpoint"] == 1
        status.task.cancel()
        await asyncio.wait((status.task,))
        return await th.locate()

    assert call_in_bluesky_event_loop(move())["setpoint"] != 1


def test_a_set_that_is_cancelled_before_it_begins_keeps_nobody_waiting(engine: RunEngine, spec: SimulatedSpec) -> None:
    th, tth = motors(spec.address, "th", "tth")

    async def move() -> None:
        th.set(1).task.cancel()
        await tth.set(2)

    before = spec.motor("th").position
    call_in_bluesky_event_loop(move())

    assert spec.motor("tth").position == 2
    assert spec.motor("th").position == before
