"""Where documents go: files of JSON lines, Tiled, Kafka, NATS."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from silx.io.specfile import SpecFile as SilxFile
from tests.support import nats_server

from pycertifspec.documents import make_target
from pycertifspec.documents.jsonl import JsonLines
from pycertifspec.documents.kafka import Kafka
from pycertifspec.documents.nats import Nats
from pycertifspec.documents.spool import Entry
from pycertifspec.documents.targets import KINDS, name_of
from pycertifspec.errors import LocalProtocolError, RemoteError

from .conftest import PATIENCE, Runs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .conftest import Bench


def entries(*uids: str) -> list[Entry]:
    return [Entry(place, "start", {"uid": uid, "time": 0.0}) for place, uid in enumerate(uids, 1)]


@pytest.mark.parametrize("address", ["", "jsonl", "jsonl:", "ftp:file", "kafka:host:9092", "kafka:/topic"])
def test_what_is_no_target_is_an_error_that_says_what_there_is(address: str) -> None:
    with pytest.raises(LocalProtocolError, match=r"jsonl:FILE|kafka:HOST:PORT"):
        make_target(address)


def test_every_kind_of_target_can_be_named(tmp_path: Path) -> None:
    addresses = {
        "jsonl": f"jsonl:{tmp_path}/x",
        "kafka": "kafka:host:9092/topic",
        "nats": "nats://host:4222",
        "spec": f"spec:{tmp_path}/x",
        "tiled": "tiled:http://host:8000",
    }
    assert addresses.keys() == KINDS.keys()
    for address in addresses.values():
        make_target(address).close()


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("tiled:http://host:8000/api/v1?api_key=secret", "tiled:http://host:8000/api/v1"),
        ("nats://anna:secret@host:4222/events.spec", "nats://host:4222/events.spec"),
        ("kafka:host:9092,other:9092/topic", "kafka:host:9092,other:9092/topic"),
        ("jsonl:what?.jsonl", "jsonl:what?.jsonl"),
    ],
)
def test_no_key_and_no_password_is_in_a_targets_name(address: str, name: str) -> None:
    assert name_of(address) == name


# ---- files of JSON lines ----


def lines(path: Path) -> list[str]:
    return [json.loads(line)[1]["uid"] for line in path.read_text().splitlines()]


def test_documents_are_lines(tmp_path: Path) -> None:
    target = JsonLines(tmp_path / "new" / "scans.jsonl")
    target.open()
    assert target.send(entries("a", "b")) == 2
    target.close()
    assert lines(tmp_path / "new" / "scans.jsonl") == ["a", "b"]


def test_what_was_written_before_a_crash_is_not_written_again(tmp_path: Path) -> None:
    path = tmp_path / "scans.jsonl"
    target = JsonLines(path)
    target.open()
    target.send(entries("a", "b", "c"))
    target.open()
    target.send(entries("a", "b", "c", "d"))
    target.close()
    assert lines(path) == ["a", "b", "c", "d"]


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_line_that_was_cut_is_written_anew(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "scans.jsonl"
    target = JsonLines(path)
    target.open()
    target.send(entries("a", "b"))
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    target.open()
    target.send(entries("a", "b"))
    target.close()
    assert path.read_bytes() == whole


def test_lines_of_somebody_else_stay(tmp_path: Path) -> None:
    path = tmp_path / "scans.jsonl"
    path.write_text('{"hello": 1}\n')
    target = JsonLines(path)
    target.open()
    target.send(entries("a"))
    target.close()
    assert path.read_text().startswith('{"hello": 1}\n["start", {"uid": "a"')


# ---- Tiled ----


@pytest.fixture(scope="module")
def tiled_uri() -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from tiled.server import SimpleTiledServer

        with SimpleTiledServer() as server:
            yield server.uri


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


quiet = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::ResourceWarning")


@pytest.fixture
def catalog(tiled_uri: str) -> Iterator[Any]:
    from tiled.client import from_uri

    client = from_uri(tiled_uri)
    yield client
    client.context.http_client.close()


@quiet
def test_tiled_holds_the_scan_as_silx_reads_it_from_the_data_file(
    leaky_bench: Bench, spool: Path, tiled_uri: str, catalog: Any
) -> None:
    from tiled.queries import Key

    bench = leaky_bench
    address = f"tiled:{tiled_uri}"
    with bench.publishing(spool, targets={address: make_target(address)}) as publishing:
        bench.client.execute("mesh th 29 31 2 chi -90 -89 1 0.1")
        publishing.runs.stops(1)
        publishing.delivered()
    (start,) = publishing.runs.of("start")
    (uid,) = catalog.search(Key("start.uid") == start["uid"])
    run = catalog[uid]
    assert run.metadata["stop"]["exit_status"] == "success"
    table = run["primary"].read()
    file = SilxFile(str(bench.directory / "run7.spec"))
    scan = file[0]
    for key, label in start["columns"].items():
        np.testing.assert_array_equal(table[key], scan.data_column_by_name(label))
    baseline = run["baseline"].read()
    keys = {said["label"]: key for key, said in publishing.runs.of("descriptor")[0]["data_keys"].items()}
    for name, position in zip(scan.motor_names, scan.motor_positions, strict=True):
        assert baseline[keys[name]].values == [position]
    file.close()


@quiet
def test_a_run_that_was_cut_in_tiled_is_written_anew_and_a_whole_one_is_not(
    tiled_uri: str, catalog: Any, bench_entries: list[Entry]
) -> None:
    address = f"tiled:{tiled_uri}"
    target = make_target(address)
    target.open()
    assert target.send(bench_entries[:5]) == 0
    target.open()
    assert target.send(bench_entries) == len(bench_entries)
    target.open()
    assert target.send(bench_entries) == len(bench_entries)
    target.close()
    run = catalog[bench_entries[0].document["uid"]]
    assert run["primary"].read().sizes["time"] == 3


# ---- Kafka ----


@pytest.fixture
def kafka_broker() -> Iterator[str]:
    """librdkafka's own mock broker: it lives as long as the producer that has made it."""
    from confluent_kafka import Producer

    producer = Producer({"test.mock.num.brokers": 1})
    (broker,) = producer.list_topics(timeout=PATIENCE).brokers.values()
    yield f"{broker.host}:{broker.port}"
    del producer


@quiet
def test_kafka_has_the_documents_in_their_order(leaky_bench: Bench, spool: Path, kafka_broker: str) -> None:
    address = f"kafka:{kafka_broker}/beamline.bluesky.runengine.documents"
    with leaky_bench.publishing(spool, targets={address: make_target(address)}) as publishing:
        leaky_bench.client.execute("loopscan 3 0.1; ascan th 29 31 2 0.1")
        publishing.runs.stops(2)
        publishing.delivered()
        assert consumed(kafka_broker, len(publishing.runs.documents)) == publishing.runs.documents


def consumed(broker: str, count: int) -> list[tuple[str, Any]]:
    from bluesky_kafka import RemoteDispatcher

    seen: list[tuple[str, Any]] = []
    dispatcher = RemoteDispatcher(
        topics=["beamline.bluesky.runengine.documents"],
        bootstrap_servers=broker,
        group_id="test",
        consumer_config={"auto.offset.reset": "earliest"},
    )
    dispatcher.subscribe(lambda name, document: seen.append((name, document)))
    dispatcher.start(continue_polling=lambda: len(seen) < count)
    return seen


@quiet
def test_documents_that_no_broker_takes_are_an_error() -> None:
    target = Kafka("127.0.0.1:9", "topic", timeout=0.1)
    target.open()
    with pytest.raises(ConnectionError, match="1 of 1 documents did not reach topic"):
        target.send(entries("a"))
    target.close()


# ---- NATS ----


async def with_jetstream(address: str, what: Any) -> Any:
    import nats

    client = await nats.connect(f"nats://{address}")
    try:
        return await what(client.jetstream())
    finally:
        await client.close()


@pytest.fixture
def nats_address(tmp_path: Path) -> Iterator[str]:
    with nats_server.running(tmp_path / "jetstream") as address:
        yield address


async def add_stream(jetstream: Any) -> None:
    await jetstream.add_stream(name="bluesky", subjects=["events.>"])


@quiet
def test_nats_has_the_documents_in_their_order_and_each_once(
    leaky_bench: Bench, spool: Path, nats_address: str
) -> None:
    asyncio.run(with_jetstream(nats_address, add_stream))
    address = f"nats://{nats_address}"
    with leaky_bench.publishing(spool, targets={address: make_target(address)}) as publishing:
        leaky_bench.client.execute("loopscan 3 0.1; ascan th 29 31 2 0.1")
        publishing.runs.stops(2)
        publishing.delivered()
    again = Nats(address)
    again.open()
    again.send([Entry(place, *document) for place, document in enumerate(publishing.runs.documents, 1)])
    again.close()
    assert asyncio.run(with_jetstream(nats_address, kept)) == publishing.runs.documents


async def kept(jetstream: Any) -> list[tuple[str, Any]]:
    from ormsgpack import unpackb

    subscription = await jetstream.subscribe("events.>", ordered_consumer=True)
    count = (await jetstream.stream_info("bluesky")).state.messages
    messages = [await subscription.next_msg(timeout=PATIENCE) for _ in range(count)]
    return [(message.subject.rpartition(".")[2], unpackb(message.data)) for message in messages]


@quiet
def test_a_nats_server_that_dies_amid_a_scan_has_everything_once_in_the_end(
    leaky_bench: Bench, spool: Path, tmp_path: Path, caplog: Any
) -> None:
    directory = tmp_path / "jetstream"
    with nats_server.running(directory) as address:
        asyncio.run(with_jetstream(address, add_stream))
        target = make_target(f"nats://{address}")
        publishing = leaky_bench.publishing(spool, targets={f"nats://{address}": target})
        publishing.__enter__()
        leaky_bench.client.execute("loopscan 3 0.1")
        publishing.runs.stops(1)
        publishing.delivered()
    with caplog.at_level(logging.WARNING):
        leaky_bench.client.execute("loopscan 4 0.1")
        publishing.runs.stops(2)
        publishing.wait_for_log(caplog, "did not take documents")
    with nats_server.running(directory, int(address.rpartition(":")[2])):
        publishing.delivered()
        publishing.__exit__()
        assert asyncio.run(with_jetstream(address, kept)) == publishing.runs.documents


@quiet
def test_a_nats_server_without_a_stream_for_documents_is_an_error_that_says_how_to_make_one(nats_address: str) -> None:
    target = make_target(f"nats://{nats_address}/elsewhere")
    with pytest.raises(RemoteError, match=r"no JetStream stream .* takes elsewhere\.>.*nats stream add"):
        target.open()
    target.close()


# ---- BestEffortCallback ----


@quiet
def test_best_effort_callback_prints_the_table_of_a_scan(leaky_bench: Bench, spool: Path, capsys: Any) -> None:
    import matplotlib as mpl
    from bluesky.callbacks.best_effort import BestEffortCallback

    mpl.use("Agg")
    best = BestEffortCallback()
    best.disable_plots()
    runs = Runs()
    with leaky_bench.publishing(spool, callbacks={"best": best, "runs": runs}) as publishing:
        leaky_bench.client.execute("ascan th 29 31 4 0.1")
        runs.stops(1)
        publishing.delivered()
    printed = capsys.readouterr().out
    assert "|   seq_num |" in printed
    assert all(word in printed for word in (" th |", " det |", "30.0000", "ascan"))


# ---- a target that is slow, one that dies ----


class Slow:
    """A target that takes nothing before it is let."""

    def __init__(self) -> None:
        self.let = threading.Event()
        self.seen: list[tuple[str, Any]] = []

    def open(self) -> None:
        pass

    def send(self, entries: list[Entry]) -> int:
        assert self.let.wait(PATIENCE)
        self.seen += [(entry.name, entry.document) for entry in entries]
        return entries[-1].position

    def close(self) -> None:
        pass


def test_a_slow_target_keeps_nothing_from_another_and_misses_nothing(bench: Bench, spool: Path) -> None:
    slow = Slow()
    with bench.publishing(spool, targets={"slow": slow}) as publishing:
        for _ in range(3):
            bench.client.execute("loopscan 3 0.1")
        publishing.runs.stops(3)
        assert slow.seen == []
        slow.let.set()
        publishing.delivered()
    assert slow.seen == publishing.runs.documents


class Dying:
    """A target that fails now and then, whatever it does."""

    def __init__(self) -> None:
        self.seen: list[Entry] = []
        self.calls = 0

    def _call(self) -> None:
        self.calls += 1
        if self.calls % 3 == 1:
            raise ConnectionResetError("gone")

    def open(self) -> None:
        self._call()

    def send(self, entries: list[Entry]) -> int:
        self.seen += [entry for entry in entries[:2] if entry not in self.seen]
        self._call()
        self.seen += [entry for entry in entries if entry not in self.seen]
        return entries[-1].position

    def close(self) -> None:
        pass


def test_a_target_that_dies_again_and_again_gets_everything_in_order(bench: Bench, spool: Path, caplog: Any) -> None:
    dying = Dying()
    with caplog.at_level(logging.WARNING), bench.publishing(spool, targets={"dying": dying}) as publishing:
        for _ in range(4):
            bench.client.execute("loopscan 3 0.1")
        publishing.runs.stops(4)
        publishing.delivered()
    assert [(entry.name, entry.document) for entry in dying.seen] == publishing.runs.documents
    assert "dying did not take documents: ConnectionResetError: gone; they wait in" in caplog.text
