"""A RunEngine, what it emits, and a simulated SPEC whose time vanishes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import event_model
import pytest
from bluesky import RunEngine
from bluesky.run_engine import call_in_bluesky_event_loop

from pycertifspec.bluesky.connection import close_connections
from pycertifspec.testing import ManualClock, SimulatedSpec

if TYPE_CHECKING:
    from collections.abc import Iterator

# Real seconds that anything may take on a slow machine; nothing waits for it to pass.
PATIENCE = 20.0


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


@pytest.fixture
def engine() -> Iterator[RunEngine]:
    """All RunEngines of a process share one loop; what devices opened in it is closed after the test."""
    engine = RunEngine(context_managers=[])
    yield engine
    call_in_bluesky_event_loop(close_connections())


@pytest.fixture
def documents(engine: RunEngine) -> Documents:
    documents = Documents()
    engine.subscribe(documents.take)
    return documents


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
