"""Any property of a SPEC server as a signal, and devices that are declared."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import numpy as np
import pytest
from bluesky import RunEngine
from bluesky.run_engine import call_in_bluesky_event_loop
from ophyd_async.core import (
    Array1D,
    Command,
    NotConnectedError,
    SignalR,
    SignalRW,
    StandardReadable,
    StrictEnum,
    TriggerableCommand,
    init_devices,
    observe_value,
)
from ophyd_async.core import StandardReadableFormat as Format
from tests.bluesky.conftest import Documents, Run, Traffic, eventually, stands, turns

from pycertifspec import Client
from pycertifspec.bluesky import (
    SpecDevice,
    SpecMacro,
    SpecMotor,
    SpecProperty,
    SpecVariable,
    spec_command,
    spec_signal_r,
    spec_signal_rw,
    spec_signal_w,
)
from pycertifspec.bluesky.address import address, split
from pycertifspec.bluesky.conversion import converted
from pycertifspec.errors import ConnectionLostError, LocalProtocolError, LocalTypeError, RemoteError
from pycertifspec.testing import ManualClock, SimulatedSpec

run: Any = call_in_bluesky_event_loop


def execute(spec: SimulatedSpec, text: str) -> None:
    with Client(spec.host, spec.port) as client:
        client.execute(text)


def test_an_address_is_server_and_property() -> None:
    assert address("spec://host:6510/", "motor/th/position") == "spec://host:6510/motor/th/position"
    assert split("spec://host:fourc/var/x[1]") == ("host:fourc", "var/x[1]")
    assert split("spec:///status/ready") == ("", "status/ready")
    for wrong in ("host:6510/motor/th/position", "spec://host:6510", "spec://host:6510/", "spec://host:6510//x"):
        with pytest.raises(LocalProtocolError):
            split(wrong)


def test_a_signal_reads_one_property_and_writes_another(engine: RunEngine, spec: SimulatedSpec) -> None:
    with init_devices():
        th = spec_signal_rw(
            float, f"spec://{spec.address}/motor/th/position", f"spec://{spec.address}/motor/th/start_one", units="deg"
        )

    engine(bps.mv(th, 1.5))

    assert spec.motor("th").position == 1.5
    assert run(th.locate()) == {"setpoint": 1.5, "readback": 1.5}
    assert run(th.describe())["th"]["units"] == "deg"


def test_writing_a_position_changes_the_offset_and_moves_nothing(engine: RunEngine, spec: SimulatedSpec) -> None:
    with init_devices():
        position = spec_signal_rw(float, f"spec://{spec.address}/motor/th/position")
        offset = spec_signal_r(float, f"spec://{spec.address}/motor/th/offset")
    dial = spec.motor("th").dial_position

    engine(bps.mv(position, dial + 5))

    assert spec.motor("th").dial_position == dial
    assert run(offset.get_value()) == 5


def test_a_signal_that_is_written_alone(engine: RunEngine, spec: SimulatedSpec) -> None:
    with init_devices():
        limits = spec_signal_w(str, f"spec://{spec.address}/motor/th/limits")

    engine(bps.abs_set(limits, "-1 2", wait=True))

    assert spec.motor("th").read().high_limit == 2


def test_what_the_server_refuses_to_write_fails(spec: SimulatedSpec) -> None:
    with init_devices():
        sign = spec_signal_rw(float, f"spec://{spec.address}/motor/th/sign")

    async def write() -> None:
        await sign.set(-1)

    with pytest.raises(RemoteError, match="motor/th/sign"):
        run(write())


def test_a_signal_that_is_monitored_is_told_by_the_server(spec: SimulatedSpec) -> None:
    execute(spec, "global COLOUR; COLOUR = 1")
    with init_devices():
        colour = spec_signal_r(int, f"spec://{spec.address}/var/COLOUR")

    async def watch() -> list[int]:
        seen = []
        async for value in observe_value(colour, timeout=10):
            seen.append(value)
            if value == 3:
                return seen
            connection = colour._connector.backend.connection  # type: ignore[attr-defined]
            connection.start(connection.client.write("var/COLOUR", value + 1))
        return seen

    assert run(watch()) == [1, 2, 3]


def test_a_monitor_tells_that_the_connection_is_lost_and_goes_on_with_the_next_server(spec: SimulatedSpec) -> None:
    with init_devices():
        th = spec_signal_r(float, f"spec://{spec.address}/motor/th/position")
        tth = spec_signal_r(float, f"spec://{spec.address}/motor/tth/position")
    readings: list[Any] = []
    port = spec.port

    async def subscribe() -> None:
        th.subscribe_reading(lambda reading: readings.append(reading["th"]))

    run(subscribe())
    eventually(lambda: readings, "the first value")
    spec.die()
    eventually(lambda: readings[-1]["alarm_severity"] == 3, "the loss is told")
    assert readings[-1]["value"] == readings[0]["value"]

    async def subscribe_another() -> None:
        tth.subscribe_reading(lambda _: None)

    with pytest.raises(ConnectionLostError):
        run(subscribe_another())
    spec.restart(port=port)
    eventually(lambda: readings[-1]["alarm_severity"] == 0, "the new server's value")


class Colour(StrictEnum):
    RED = "red"
    BLUE = "blue"


@pytest.mark.parametrize(
    ("text", "datatype", "value"),
    [
        ("1.5", float, 1.5),
        ("3", int, 3),
        ("1", bool, True),
        ('"gold"', str, "gold"),
        ('"blue"', Colour, Colour.BLUE),
    ],
)
def test_a_variable_is_what_it_is_said_to_be(spec: SimulatedSpec, text: str, datatype: Any, value: Any) -> None:
    execute(spec, f"global THING; THING = {text}")
    with init_devices():
        thing = SpecVariable("THING", spec.address, datatype)

    assert run(thing.get_value()) == value
    key = run(thing.describe())["thing"]
    assert key["source"] == f"spec://{spec.address}/var/THING"


def test_a_data_array_is_a_variable(spec: SimulatedSpec) -> None:
    execute(spec, "array data[3]; data[0] = 1; data[2] = 3")
    with init_devices():
        data = SpecVariable("data", spec.address, np.ndarray)
        typed = SpecVariable("data", spec.address, Array1D[np.float32])
        unknown: SignalR[Any] = spec_signal_r(None, f"spec://{spec.address}/var/data")

    assert run(data.get_value()).tolist() == [1, 0, 3]
    assert run(typed.get_value()).dtype == np.float32
    assert run(unknown.describe())["unknown"]["dtype"] == "array"


def test_a_signal_of_no_datatype_takes_what_the_server_says(spec: SimulatedSpec) -> None:
    with init_devices():
        th: SignalR[Any] = spec_signal_r(None, f"spec://{spec.address}/motor/th/position")
        ready: SignalR[Any] = spec_signal_r(None, f"spec://{spec.address}/status/ready")
        version: SignalR[Any] = spec_signal_r(None, f"spec://{spec.address}/var/VERSION")

    assert [run(signal.describe())[signal.name]["dtype"] for signal in (th, ready, version)] == [
        "number", "boolean", "string",
    ]  # fmt: skip


def test_what_is_not_what_it_is_said_to_be_does_not_connect(spec: SimulatedSpec) -> None:
    execute(spec, 'global THING; THING = "gold"; global ASSOC; ASSOC["a"] = 1')

    with pytest.raises(NotConnectedError, match="'gold', which is no float"), init_devices():
        thing = SpecVariable("THING", spec.address)  # noqa: F841
    with pytest.raises(NotConnectedError, match="no data array"), init_devices():
        array = SpecVariable("THING", spec.address, np.ndarray)  # noqa: F841
    with pytest.raises(NotConnectedError, match="its elements are properties"), init_devices():
        whole: SignalR[Any] = spec_signal_r(None, f"spec://{spec.address}/var/ASSOC")  # noqa: F841
    with pytest.raises(LocalTypeError, match="float, int, str, bool"):
        SpecVariable("THING", spec.address, "number")


def test_a_variable_is_scanned_and_recorded(engine: RunEngine, documents: Documents, spec: SimulatedSpec) -> None:
    execute(spec, "global VOLTS; VOLTS = 0")
    with init_devices():
        volts = SpecVariable("VOLTS", spec.address, units="V")

    engine(bp.scan([], volts, 0, 1, 3))

    assert documents.column("volts") == [0, 0.5, 1]
    assert documents.of("descriptor")[0]["data_keys"]["volts"]["units"] == "V"
    assert volts.hints == {"fields": ["volts"]}
    assert SpecVariable("VOLTS").hints == {}


def test_numbers_of_numpy_and_flags_are_written_as_spec_reads_them(spec: SimulatedSpec) -> None:
    execute(spec, "global VOLTS; VOLTS = 0")
    with init_devices():
        volts = SpecVariable("VOLTS", spec.address)
        flag = SpecVariable("VOLTS", spec.address, bool)

    async def write(signal: Any, value: Any) -> None:
        await signal.set(value)

    run(write(volts, np.float64(0.5)))
    assert run(volts.get_value()) == 0.5
    run(write(flag, True))
    assert run(volts.get_value()) == 1


# ---- declared ----


class Axis(StandardReadable, SpecDevice):
    readback: Annotated[SignalR[float], SpecProperty("position", units="deg"), Format.HINTED_UNCACHED_SIGNAL]
    offset: Annotated[SignalRW[float], SpecProperty("offset"), Format.CONFIG_SIGNAL]
    setpoint: Annotated[SignalRW[float], SpecProperty("position", "start_one", precision=2)]


class Station(StandardReadable, SpecDevice):
    theta: Annotated[Axis, SpecProperty("motor/th/"), Format.CHILD]
    sample: Annotated[SignalRW[str], SpecProperty("var/SAMPLE"), Format.CONFIG_SIGNAL]
    reset: Annotated[TriggerableCommand, SpecMacro('SAMPLE = "none"')]
    double: Annotated[Command[[float], float], SpecMacro("twice")]


DOUBLE = "def twice(x) '{ return 2 * x }'; global SAMPLE; SAMPLE = \"gold\""


def test_a_device_is_declared_by_annotations(engine: RunEngine, documents: Documents, spec: SimulatedSpec) -> None:
    execute(spec, DOUBLE)
    with init_devices():
        station = Station(server=spec.address)

    engine(bp.scan([station], station.theta.setpoint, 0, 1, 2))

    assert documents.column("station-theta-readback") == [0, 1]
    assert documents.of("descriptor")[0]["configuration"]["station"]["data"] == {
        "station-sample": "gold", "station-theta-offset": 0,
    }  # fmt: skip
    assert run(station.theta.setpoint.describe())["station-theta-setpoint"]["precision"] == 2
    assert station.theta.setpoint._timeout is None


def test_its_commands_run_in_spec(engine: RunEngine, spec: SimulatedSpec) -> None:
    execute(spec, DOUBLE)
    with init_devices():
        station = Station(server=spec.address)

    engine(bps.trigger(station.reset, wait=True))
    assert run(station.sample.get_value()) == "none"

    async def double() -> Any:
        return await station.double.execute(1.5)

    assert run(double()) == 3


def test_a_declared_device_is_mocked(engine: RunEngine) -> None:
    with init_devices(mock=True):
        station = Station(server="nowhere:1")

    engine(bps.mv(station.theta.setpoint, 1))
    engine(bps.trigger(station.reset, wait=True))

    async def double() -> Any:
        return await station.double.execute(1.5)

    assert run(double()) == 0


def test_a_part_without_a_property_is_no_declaration() -> None:
    class Wrong(SpecDevice):
        readback: SignalR[float]

    with pytest.raises(TypeError, match="Wrong: each of its signals"):
        Wrong("motor/th/")


class Setpoint(SpecDevice):
    setpoint: Annotated[SignalRW[float], SpecProperty("position", write="start_one")]


@pytest.mark.parametrize("kind", ["declared", "by address", "of a motor"])
def test_an_aborted_plan_stops_what_a_written_signal_moves(
    engine: RunEngine, clock: ManualClock, slow_spec: SimulatedSpec, slow_traffic: Traffic, kind: str
) -> None:
    with init_devices():
        axis = Setpoint("motor/th/", slow_traffic.address)
        start = spec_signal_w(float, f"spec://{slow_traffic.address}/motor/th/start_one")
        motor = SpecMotor("th", slow_traffic.address)
    setpoint = {"declared": axis.setpoint, "by address": start, "of a motor": motor.setpoint}[kind]

    aborted = Run(lambda: engine(bps.mv(setpoint, 1)))
    eventually(lambda: slow_spec.motor("th").moving, "it moves")
    Run(engine.abort).wait()
    aborted.wait()

    stands(clock, slow_spec, "th")  # as the abort has come there
    assert slow_traffic.aborts == 1


def test_a_mock_of_a_setpoint_can_be_stopped(engine: RunEngine) -> None:
    with init_devices(mock=True):
        axis = Setpoint("motor/th/", "nowhere:1")

    engine(bps.mv(axis.setpoint, 1))

    run(axis.setpoint.stop())  # type: ignore[attr-defined]
    assert run(axis.setpoint.get_value()) == 1


# ---- commands ----


def twice(x: float) -> float: ...  # type: ignore[empty-body]


def note(text: str) -> None: ...


def test_a_function_of_spec_is_a_command(engine: RunEngine, spec: SimulatedSpec) -> None:
    execute(spec, DOUBLE + "; global NOTE; def note(t) '{ NOTE = t }'")
    with init_devices():
        double = spec_command("twice", spec.address, twice)
        write = spec_command("note", spec.address, note)
        text = SpecVariable("NOTE", spec.address, str)

    async def call() -> tuple[float, None]:
        return await double.execute(2), await write.execute("hello")

    assert run(call()) == (4, None)
    assert run(text.get_value()) == "hello"
    assert double.source == f"spec://{spec.address}/twice"


def test_plans_run_commands(engine: RunEngine, spec: SimulatedSpec) -> None:
    execute(spec, "global NOTE; def note(t) '{ NOTE = t }'")
    with init_devices():
        again = spec_command('NOTE = NOTE "again"', spec.address)
        write = spec_command("note", spec.address, note)
        text = SpecVariable("NOTE", spec.address, str)

    engine(bps.wait_for([lambda: write.execute("hello, ")]))
    engine(bps.trigger(again, wait=True))

    assert run(text.get_value()) == "hello, again"


def test_a_command_that_fails_says_why(spec: SimulatedSpec) -> None:
    with init_devices():
        wrong = spec_command("nonsense(", spec.address)

    async def call() -> None:
        await wrong.execute()

    with pytest.raises(RemoteError, match="nonsense"):
        run(call())


def test_a_command_that_is_cancelled_is_aborted_once(slow_spec: SimulatedSpec, slow_traffic: Traffic) -> None:
    with init_devices():
        nap = spec_command("sleep(100)", slow_traffic.address)

    async def call() -> None:
        status = nap.execute()
        await turns(lambda: any(message.body == "sleep(100)" for message in slow_traffic.sent))
        status.task.cancel()
        await asyncio.wait((status.task,))

    run(call())
    eventually(lambda: slow_traffic.aborts, "it is aborted")
    assert slow_traffic.aborts == 1


def test_nothing_is_done_before_it_is_connected() -> None:
    with pytest.raises(NotConnectedError, match=r"127\.0\.0\.1:1"), init_devices():
        wrong = spec_command("beep", "127.0.0.1:1")  # noqa: F841
    signal = spec_signal_r(float, "spec://localhost:6510/motor/th/position")
    command = spec_command("beep", "localhost:6510")

    async def read() -> None:
        await signal.get_value()

    async def execute_it() -> None:
        await command.execute()

    for wait in (read, execute_it):
        with pytest.raises(NotConnectedError, match="connect its device first"):
            run(wait())


def test_texts_of_an_array_are_a_sequence() -> None:
    assert converted(["a", 1], Sequence[str], "here") == ["a", "1"]


def test_a_backend_tells_one_function(spec: SimulatedSpec) -> None:
    with init_devices():
        th = spec_signal_r(float, f"spec://{spec.address}/motor/th/position")
    backend = th._connector.backend

    async def twice() -> None:
        backend.set_callback(lambda _: None)
        try:
            backend.set_callback(lambda _: None)
        finally:
            backend.set_callback(None)
            backend.set_callback(None)

    with pytest.raises(RuntimeError, match="tells a function already"):
        run(twice())
