"""Programs for the original pycertifspec.bluesky keep working, and record what was there."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import bluesky.plan_stubs as bps
import pytest
from bluesky.plans import count, grid_scan, rel_scan, scan
from bluesky.utils import FailedStatus

from pycertifspec import Client
from pycertifspec.bluesky import CommandDetector, Counter, Motor
from pycertifspec.testing import HitLimit, SimulatedSpec

if TYPE_CHECKING:
    from bluesky.run_engine import RunEngine

    from .conftest import Documents


def test_a_scan_records_the_positions_it_was_asked_for(client: Client, engine: RunEngine, documents: Documents) -> None:
    engine(scan([Counter(client)], Motor(client.motor("th")), -0.5, 0.5, 3))
    assert documents.column("position") == [-0.5, 0.0, 0.5]
    assert documents.column("sec") == [1.0, 1.0, 1.0]
    assert documents.named("stop")[0]["exit_status"] == "success"


def test_a_scan_over_several_motors_needs_a_prefix_for_each(
    client: Client, engine: RunEngine, documents: Documents
) -> None:
    th, chi = Motor(client.motor("th"), prefix="th_"), Motor(client.motor("chi"), prefix="chi_")
    engine(grid_scan([Counter(client)], th, 0, 1, 2, chi, 5, 6, 2))
    assert documents.column("th_position") == [0, 0, 1, 1]
    assert documents.column("chi_position") == [5, 6, 5, 6]


def test_a_relative_scan_returns_the_motor(client: Client, engine: RunEngine) -> None:
    motor = Motor(client.motor("th"))
    client.move(th=2)
    engine(rel_scan([Counter(client)], motor, -1, 1, 3))
    assert motor.position == 2


def test_the_counters_are_described_by_their_names_and_shown_where_asked_for(
    client: Client, engine: RunEngine, documents: Documents
) -> None:
    detector = Counter(client, "counters", visualize_counters=["det"])
    old, new = detector.configure(0.25)
    assert (old["duration"]["value"], new["duration"]["value"]) == (1.0, 0.25)
    engine(count([detector], 2))
    descriptor = documents.named("descriptor")[0]
    assert descriptor["hints"]["counters"]["fields"] == ["det"]
    assert descriptor["configuration"]["counters"]["data"] == {"duration": 0.25}
    assert set(documents.named("event")[0]["data"]) == set(client.counter_names)
    assert documents.column("sec") == [0.25, 0.25]


def test_the_configuration_of_a_motor_is_recorded_and_its_offset_can_be_set(
    client: Client, engine: RunEngine, documents: Documents
) -> None:
    motor = Motor(client.motor("th"))
    old, new = motor.configure(offset=3)
    assert (old["offset"]["value"], new["offset"]["value"]) == (0, 3)
    engine(count([motor]))
    assert documents.named("descriptor")[0]["configuration"]["th"]["data"] == {
        "offset": 3,
        "step_size": 4000,
        "sign": 1,
    }


def test_a_motor_that_hits_its_limit_switch_fails_the_plan_with_what_spec_says(
    spec: SimulatedSpec, client: Client, engine: RunEngine, documents: Documents
) -> None:
    spec.motor("th").inject(HitLimit(after=0.5))
    with pytest.raises(FailedStatus) as caught:
        engine(scan([Counter(client)], Motor(client.motor("th")), 5, 6, 2))
    assert "th" in str(caught.value.__cause__ or caught.value)
    assert documents.named("stop")[0]["exit_status"] == "fail"


def test_a_target_beyond_a_limit_moves_nothing(client: Client, engine: RunEngine) -> None:
    motor = Motor(client.motor("th"))
    client.motor("th").set_limits(-1, 1)
    with pytest.raises(FailedStatus):
        engine(bps.mv(motor, 2))
    assert motor.position == 30


def test_stopping_a_motor_that_stands_does_not_disturb_others(client: Client) -> None:
    motor = Motor(client.motor("th"))
    aborted = threading.Event()
    with client.watch("output/tty", lambda change: aborted.set() if "^C" in str(change.value) else None):
        motor.stop()
        client.execute("p 1")
    assert not aborted.is_set()


def test_a_command_detector_is_started_and_polled_until_it_is_done(
    client: Client, engine: RunEngine, documents: Documents
) -> None:
    client.execute("polls = 0")
    detector = CommandDetector(
        client,
        "camera",
        'p "started"',
        "polls = polls + 1; p polls",
        lambda _reply, output: int(output) == 3,
        poll_interval=0,
    )
    detector.configure("the files are in /data")
    engine(count([detector]))
    descriptor = documents.named("descriptor")[0]
    assert descriptor["configuration"]["camera"]["data"] == {"description": "the files are in /data"}
    [data] = [event["data"] for event in documents.named("event")]
    assert data["start_response"][1] == "started\n"
    assert [output for _, output in data["poll_responses"]] == ["1\n", "2\n", "3\n"]


def test_a_detector_command_that_fails_fails_the_plan(client: Client, engine: RunEngine) -> None:
    with pytest.raises(FailedStatus) as caught:
        engine(count([CommandDetector(client, "camera", "no_such_command")]))
    assert "no_such_command" in str(caught.value.__cause__)


def test_a_poll_that_cannot_be_evaluated_fails_the_plan(client: Client, engine: RunEngine) -> None:
    detector = CommandDetector(client, "camera", "p 1", 'p "busy"', lambda _reply, output: int(output) == 1)
    with pytest.raises(FailedStatus) as caught:
        engine(count([detector]))
    assert "busy" in str(caught.value.__cause__)


def test_polling_ends_when_it_takes_too_long(client: Client, engine: RunEngine) -> None:
    detector = CommandDetector(client, "camera", "p 1", "p 2", lambda *_: False, poll_interval=0, timeout=0)
    with pytest.raises(FailedStatus) as caught:
        engine(count([detector]))
    assert "camera is not done" in str(caught.value.__cause__)


@pytest.mark.parametrize(
    ("make", "wrong"),
    [
        (lambda: Motor("th"), "'th' is no motor"),  # type: ignore[arg-type]
        (lambda: Counter("fourc"), "'fourc' is no pycertifspec.Client"),  # type: ignore[arg-type]
        (lambda: CommandDetector(None, "camera", "p 1"), "None is no pycertifspec.Client"),  # type: ignore[arg-type]
    ],
)
def test_what_is_made_of_something_else_is_refused(make: Any, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        make()


def test_a_count_whose_plan_is_given_up_ends(engine: RunEngine) -> None:
    with SimulatedSpec(clock=1.0) as spec, Client(spec.host, spec.port) as client:
        detector = Counter(client)
        detector.configure(1000)

        def given_up() -> Any:
            yield from bps.stage(detector)
            yield from bps.trigger(detector)
            yield from bps.unstage(detector)

        with pytest.raises(FailedStatus):
            engine(given_up())
        assert client.read("scaler/.all./count") == 0
