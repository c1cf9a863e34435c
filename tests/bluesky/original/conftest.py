"""A simulated SPEC, the blocking client, and Bluesky's RunEngine with the documents that it emits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from bluesky.run_engine import RunEngine
from event_model import DocumentNames, schema_validators

from pycertifspec import Client
from pycertifspec.testing import SimulatedSpec

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def spec() -> Iterator[SimulatedSpec]:
    with SimulatedSpec() as simulated:
        yield simulated


@pytest.fixture
def client(spec: SimulatedSpec) -> Iterator[Client]:
    with Client(spec.host, spec.port) as connected:
        yield connected


class Documents(list[tuple[str, dict[str, Any]]]):
    """What a RunEngine emitted, each valid by event-model's schema."""

    def take(self, name: str, document: dict[str, Any]) -> None:
        schema_validators[DocumentNames[name]].validate(document)
        self.append((name, document))

    def named(self, name: str) -> list[dict[str, Any]]:
        return [document for kind, document in self if kind == name]

    def column(self, key: str) -> list[Any]:
        return [document["data"][key] for document in self.named("event")]


@pytest.fixture
def documents() -> Documents:
    return Documents()


@pytest.fixture
def engine(documents: Documents) -> RunEngine:
    run_engine = RunEngine(context_managers=[])
    run_engine.subscribe(documents.take)
    return run_engine
