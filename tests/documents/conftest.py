"""A simulated SPEC, its data files, and a publisher that follows it in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import event_model
import pytest

from pycertifspec import Client
from pycertifspec.documents import Composer, Instrument, Publisher, from_file
from pycertifspec.documents.spool import Entry
from pycertifspec.simulator.datafile import read_file
from pycertifspec.testing import ManualClock, SimulatedSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import Self

    from pycertifspec.documents.composer import Document
    from pycertifspec.simulator.datafile import DataFile

# Real seconds that anything may take on a slow machine; nothing waits for it to pass.
PATIENCE = 30.0


class Runs:
    """Documents as they come, each validated, and the runs that they make."""

    def __init__(self) -> None:
        self.documents: list[Document] = []
        self._changed = threading.Condition()

    def __call__(self, name: str, document: dict[str, Any]) -> None:
        event_model.schema_validators[event_model.DocumentNames[name]].validate(document)
        with self._changed:
            self.documents.append((name, document))
            self._changed.notify_all()

    def wait(self, seen: Callable[[Runs], bool]) -> Self:
        """Wait until the documents are as they should be."""
        with self._changed:
            assert self._changed.wait_for(lambda: seen(self), PATIENCE), [name for name, _ in self.documents]
        return self

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [document for name, document in self.documents if name == kind]

    def stops(self, count: int) -> list[dict[str, Any]]:
        """Wait for so many runs to end; return the ends."""
        return self.wait(lambda runs: len(runs.of("stop")) >= count).of("stop")

    def streams(self, run: str) -> dict[str, list[dict[str, Any]]]:
        """Return a run's events by stream."""
        names = {d["uid"]: d["name"] for d in self.of("descriptor") if d["run_start"] == run}
        events: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for event in self.of("event"):
            if event["descriptor"] in names:
                events[names[event["descriptor"]]].append(event)
        return events

    def points(self, run: str | None = None) -> int:
        """Return how many events of `primary` there are."""
        runs = [start["uid"] for start in self.of("start")] if run is None else [run]
        return sum(len(self.streams(uid)["primary"]) for uid in runs)


class Publishing:
    """A publisher in an event loop of its own."""

    def __init__(self, spec: SimulatedSpec | str, spool: Path, **how: Any) -> None:
        self.runs = Runs()
        self._address = spec if isinstance(spec, str) else spec.address
        self._how = {"spool": spool, "settle": 5.0, "first_pause": 0.01, **how}
        self._callbacks = self._how.pop("callbacks", {"test": self.runs})
        self._targets = self._how.pop("targets", {})
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self.publisher: Publisher

    def run(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(PATIENCE)

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            self.run(self._begin())
        except BaseException:
            self.run(self._loop.shutdown_default_executor())
            self._end_loop()
            raise
        return self

    async def _begin(self) -> None:
        self.publisher = Publisher(self._address, **self._how)
        await self.publisher.__aenter__()
        for name, callback in self._callbacks.items():
            self.publisher.subscribe(callback, name=name)
        for address, target in self._targets.items():
            self.publisher.send_to(address, target)
        self._task = asyncio.ensure_future(self.publisher.run())

    async def _end(self) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        await self.publisher.__aexit__(None, None, None)
        await self._loop.shutdown_default_executor()

    def wait_for_log(self, caplog: Any, text: str) -> None:
        """Wait until something was logged; the test's own limit ends it."""
        while text not in caplog.text:
            self.run(asyncio.sleep(0.01))

    def delivered(self) -> None:
        """Wait until all subscribers have what is composed."""
        self.run(self.publisher.delivered())

    def __exit__(self, *_: object) -> None:
        """End it."""
        try:
            self.run(self._end())
        finally:
            self._end_loop()

    def _end_loop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class Bench:
    """A simulated SPEC with its data files in a directory, and a client that tells it what to do."""

    def __init__(self, directory: Path, clock: Any, *, process: bool = False) -> None:
        self.directory = directory
        self.spec = SimulatedSpec(directory=directory, clock=clock, process=process)
        self.clock = clock

    def __enter__(self) -> Self:
        self.spec.start()
        self.connect()
        return self

    def connect(self) -> None:
        self.client = Client(self.spec.address)

    def __exit__(self, *_: object) -> None:
        self.client.close()
        self.spec.stop()

    def begin(self, command: str, seconds: float) -> Any:
        """Start a scan and let some time of it pass."""
        scan = self.client.scan(command)
        self.client.wait_for("status/ready", wanted=False, timeout=PATIENCE)
        self.clock.advance(seconds)
        return scan

    def end(self, scan: Any, seconds: float = 1000) -> None:
        """Let the rest of a scan pass."""
        self.clock.advance(seconds)
        scan.wait(PATIENCE)

    def file(self, name: str) -> DataFile:
        return read_file(self.directory / name)

    def publishing(self, spool: Path, **how: Any) -> Publishing:
        return Publishing(self.spec, spool, directory=self.directory, **how)


@contextlib.contextmanager
def benched(tmp_path: Path, clock: Any, *, process: bool = False) -> Iterator[Bench]:
    """A bench that writes run7.spec."""
    directory = tmp_path / "data"
    directory.mkdir()
    with Bench(directory, clock, process=process) as bench:
        bench.client.execute("newfile run7.spec")
        yield bench


@pytest.fixture
def bench(tmp_path: Path, nothing_left_behind: None) -> Iterator[Bench]:
    """Time vanishes."""
    with benched(tmp_path, float("inf")) as bench:
        yield bench


@pytest.fixture
def leaky_bench(tmp_path: Path) -> Iterator[Bench]:
    """Time vanishes; libraries that are not ours may leave threads behind."""
    with benched(tmp_path, float("inf")) as bench:
        yield bench


@pytest.fixture
def slow_bench(tmp_path: Path, nothing_left_behind: None) -> Iterator[Bench]:
    """The test moves the time."""
    with benched(tmp_path, ManualClock(start=float(int(time.time())))) as bench:
        yield bench


@pytest.fixture
def killed_bench(tmp_path: Path, nothing_left_behind: None) -> Iterator[Bench]:
    """A SPEC that can be killed; twenty seconds of it pass in one."""
    with benched(tmp_path, 20.0, process=True) as bench:
        yield bench


@pytest.fixture
def bench_entries(leaky_bench: Bench) -> list[Entry]:
    """A run of three points, as the spool has it."""
    leaky_bench.client.execute("loopscan 3 0.1")
    (scan,) = leaky_bench.file("run7.spec").scans
    composer = Composer(Instrument("simulated:fourc"))
    documents = [*composer.documents(from_file(scan, "run7.spec"), over=True), composer.stop("success")]
    return [Entry(place, *document) for place, document in enumerate(documents, 1)]


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    return tmp_path / "documents.spool"
