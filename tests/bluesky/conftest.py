"""A RunEngine, what it emits, and a simulated SPEC whose time vanishes, or is moved by the test."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING, Any

import event_model
import pytest
from bluesky import RunEngine
from bluesky.run_engine import call_in_bluesky_event_loop, set_bluesky_event_loop

from pycertifspec import Client
from pycertifspec.bluesky.connection import close_connections
from pycertifspec.server.relay import Relay
from pycertifspec.testing import ManualClock, SimulatedSpec
from pycertifspec.wire.constants import EventTypes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pycertifspec.traffic.passing import Passing
    from pycertifspec.wire.message import SpecMessage

# Real seconds that anything may take on a slow machine; nothing waits for it to pass.
PATIENCE = 20.0


def eventually(true: Callable[[], object], what: str) -> None:
    """Wait until something is true of what other threads do."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, f"{what}: not after {PATIENCE} s"
        time.sleep(0.002)


async def turns(true: Callable[[], object]) -> None:
    """Let the loop go on until something is true."""
    async with asyncio.timeout(PATIENCE):
        while not true():  # noqa: ASYNC110  of what other threads do
            await asyncio.sleep(0.001)


def stands(clock: ManualClock, spec: SimulatedSpec, *mnemonics: str) -> None:
    """Move the time until motors that were told to stop have come to rest, which none does at its target.

    Slowly: the abort is on its way to SPEC for a while, and the motors need 10 model seconds for all of theirs.
    """
    steps = 100
    for _ in range(steps):
        if not any(spec.motor(mne).moving for mne in mnemonics):
            return
        time.sleep(PATIENCE / steps)
        clock.advance(0.05)
    raise AssertionError(f"{mnemonics} move on")


def on(clock: ManualClock, run: Run) -> Run:
    """Move the time until a run has come to its end."""
    deadline = time.monotonic() + PATIENCE
    while not run.over:
        assert time.monotonic() < deadline, f"not over after {PATIENCE} s"
        clock.advance(0.5)
    return run.wait()


def measure(clock: ManualClock, spec: SimulatedSpec, points: int) -> None:
    """Move the time until SPEC has taken so many points of its scan."""
    with Client(spec.host, spec.port) as client:
        while float(client.read("var/NPTS") or 0) < points:
            clock.advance(0.2)


def interrupt(spec: SimulatedSpec) -> None:
    """Abort what SPEC does, as somebody else."""
    with Client(spec.host, spec.port) as client:
        client.abort()
        client.read("status/ready")  # as soon as this is answered the abort has come


class Documents(list[tuple[str, dict[str, Any]]]):
    """What a RunEngine has emitted; each document is checked against event-model's schema as it comes."""

    def take(self, name: str, doc: dict[str, Any]) -> None:
        event_model.schema_validators[event_model.DocumentNames[name]].validate(doc)
        self.append((name, doc))

    def of(self, name: str) -> list[dict[str, Any]]:
        return [doc for kind, doc in self if kind == name]

    def column(self, key: str) -> list[Any]:
        """Return a column's values, whether they came as events or as pages."""
        values = [doc["data"][key] for doc in self.of("event") if key in doc["data"]]
        for page in self.of("event_page"):
            values += page["data"].get(key, [])
        return values

    @property
    def status(self) -> str:
        """How the last run ended."""
        return str(self.of("stop")[-1]["exit_status"])


class Run:
    """A plan that a RunEngine runs in a thread, while the test does something else."""

    def __init__(self, begin: Callable[[], Any]) -> None:
        self._begin = begin
        self.result: Any = None
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.result = self._begin()
        except BaseException as error:  # noqa: BLE001  the test looks at it
            self.error = error

    @property
    def over(self) -> bool:
        return not self._thread.is_alive()

    def wait(self) -> Run:
        """Wait until the RunEngine has returned."""
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive(), "the RunEngine goes on"
        return self


class Traffic:
    """What devices send to a SPEC; they connect to `address`."""

    def __init__(self, spec: SimulatedSpec) -> None:
        self.sent: list[SpecMessage] = []
        self._relay = Relay(spec.host, spec.port, look=self._look, listen=0)
        call_in_bluesky_event_loop(self._relay.start())

    def _look(self, passing: Passing) -> None:
        if passing.direction == "up" and passing.message is not None:
            self.sent.append(passing.message)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._relay.port}"

    @property
    def aborts(self) -> int:
        return sum(message.cmd == EventTypes.SV_ABORT for message in self.sent)

    def names(self, cmd: EventTypes = EventTypes.SV_CHAN_SEND) -> list[str]:
        return [message.name for message in self.sent if message.cmd == cmd]

    def close(self) -> None:
        call_in_bluesky_event_loop(self._relay.close())


@pytest.fixture(scope="session")
def one_engine() -> RunEngine:
    """Each RunEngine has a thread until the process ends: one is enough. In threads it must not catch Ctrl-C."""
    return RunEngine(context_managers=[])


@pytest.fixture(autouse=True)
def loop(one_engine: RunEngine) -> None:
    """Let devices live in this engine's loop: Bluesky takes that of the engine that was made last."""
    set_bluesky_event_loop(one_engine.loop)


@pytest.fixture
def engine(one_engine: RunEngine) -> Iterator[RunEngine]:
    """What devices opened in its loop is closed after the test."""
    assert one_engine.state == "idle"
    yield one_engine
    if one_engine.state == "paused":  # the test has failed
        one_engine.abort()
    one_engine.rewindable = True  # a plan that was halted has not put it back
    one_engine.md.clear()
    call_in_bluesky_event_loop(close_connections())


@pytest.fixture
def documents(engine: RunEngine) -> Iterator[Documents]:
    documents = Documents()
    token = engine.subscribe(documents.take)
    yield documents
    engine.unsubscribe(token)


@pytest.fixture
def spec() -> Iterator[SimulatedSpec]:
    with SimulatedSpec() as spec:
        yield spec


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(start=1_700_000_000.0)


@pytest.fixture
def slow_spec(clock: ManualClock) -> Iterator[SimulatedSpec]:
    """A SPEC whose time the test moves."""
    with SimulatedSpec(clock=clock) as spec:
        yield spec


@pytest.fixture
def traffic(engine: RunEngine, spec: SimulatedSpec) -> Iterator[Traffic]:
    traffic = Traffic(spec)
    yield traffic
    call_in_bluesky_event_loop(close_connections())
    traffic.close()


@pytest.fixture
def slow_traffic(engine: RunEngine, slow_spec: SimulatedSpec) -> Iterator[Traffic]:
    traffic = Traffic(slow_spec)
    yield traffic
    call_in_bluesky_event_loop(close_connections())
    traffic.close()
