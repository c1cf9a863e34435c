"""Documents as SPEC data files, for those who follow them and for those who read them later."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from event_model import compose_run
from silx.io.specfile import SpecFile as SilxFile
from tests.support import datafiles

from pycertifspec.documents import Composer, Instrument, SpecFileWriter, from_file, make_target
from pycertifspec.documents.columns import command_of
from pycertifspec.documents.spool import Entry
from pycertifspec.errors import DataFileError
from pycertifspec.simulator.datafile import Follower, Reader, read_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pycertifspec.documents.composer import Document

    from .conftest import Bench

TEXT = """\
#F run7
#E 1700000000
#D Tue Nov 14 22:13:20 2023
#C fourc  User = anna
#O0 Two Theta  Theta
#o0 tth th
#J0 Seconds  Detector
#j0 sec det

#S 12  ascan  th 0 1  2 0.1
#D Tue Nov 14 22:14:20 2023
#T 0.1  (Seconds)
#G0 0 1
#G1 1.5 1.5
#Q 1 0 0.5
#P0 60 30
#@MCA %16C
#@CHANN 4 0 3 1
#N 4
#L Theta  Epoch  Seconds  Detector
@A 1 2 3 4
0 60.000 0.1 7
@A 5 6 7 8
0.5 61.000 0.1 nan
@A 9 10 11 12
1 62.000 0.1 9
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "written" / "scans.spec"


def documents_of(text: str, status: str = "success", reason: str = "") -> list[Document]:
    reader = Reader()
    reader.feed(text.encode())
    reader.finish()
    (scan,) = reader.file.scans
    composer = Composer(Instrument("simulated:fourc"))
    return [*composer.documents(from_file(scan, "run7"), over=True), composer.stop(status, reason)]


def test_what_came_from_a_spec_data_file_becomes_the_same_file(path: Path) -> None:
    with SpecFileWriter(path) as writer:
        for document in documents_of(TEXT):
            writer(*document)
    (before,) = _read(TEXT).scans
    after = read_file(path)
    (scan,) = after.scans
    assert after.problems == ()
    assert (scan.number, scan.command, scan.preset, scan.q) == (12, before.command, before.preset, before.q)
    assert (scan.labels, scan.motors, scan.positions) == (before.labels, before.motors, before.positions)
    assert scan.geometry == before.geometry
    for label in ("Theta", "Seconds", "Detector"):
        np.testing.assert_array_equal(scan.column(label), before.column(label))
    assert scan.header is not None
    assert scan.header.epoch is not None
    np.testing.assert_allclose(scan.header.epoch + scan.column("Epoch"), 1700000000 + before.column("Epoch"))
    assert [spectrum.values.tolist() for spectrum in scan.spectra] == [s.values.tolist() for s in before.spectra]
    assert [spectrum.point for spectrum in scan.spectra] == [0, 1, 2]


def _read(text: str) -> Any:
    reader = Reader()
    reader.feed(text.encode())
    reader.finish()
    return reader.file


@pytest.mark.parametrize("command", ["ascan th 29 31 4 0.1", "mesh th 29 30 1 chi -90 -89 1 0.1", "loopscan 3 0.1"])
def test_silx_and_spec2nexus_read_it_as_they_read_specs_own(bench: Bench, path: Path, command: str) -> None:
    bench.client.execute(command)
    own = bench.directory / "run7.spec"
    (scan,) = read_file(own).scans
    composer = Composer(Instrument("simulated:fourc"))
    with SpecFileWriter(path) as writer:
        for document in [*composer.documents(from_file(scan, "run7.spec"), over=True), composer.stop("success")]:
            writer(*document)
    for read in (datafiles.silx, datafiles.spec2nexus):
        assert read(path) == read(own)


def test_each_point_is_in_the_file_as_soon_as_it_is_there(path: Path) -> None:
    # spec2nexus wants whole #G lines, and silx drops rows with nan.
    documents = documents_of(
        "".join(line for line in TEXT.replace("nan", "8").splitlines(keepends=True) if line[:2] != "#G")
    )
    with SpecFileWriter(path) as writer:
        for document in documents[:4]:
            writer(*document)
        with Follower(path) as follower:
            follower.look()
            assert follower.file.scans[0].labels == ("Theta", "Epoch", "Seconds", "Detector")
            for place, document in enumerate(documents[4:7], 1):
                writer(*document)
                follower.look()
                assert follower.file.scans[0].points == place
                assert len(datafiles.silx(path)[0].rows) == len(datafiles.spec2nexus(path)[0].rows) == place


def test_an_aborted_run_says_so(path: Path) -> None:
    with SpecFileWriter(path) as writer:
        for document in documents_of(TEXT, "abort", "somebody\npressed ^C"):
            writer(*document)
    (scan,) = read_file(path).scans
    assert scan.aborted
    assert [comment.text.partition(".  ")[2] for comment in scan.comments] == [
        "Scan aborted after 3 points.",
        "abort: somebody pressed ^C",
    ]


def test_a_run_that_is_there_already_is_not_written_again(path: Path) -> None:
    for _ in range(2):
        with SpecFileWriter(path) as writer:
            for document in documents_of(TEXT):
                writer(*document)
    assert len(read_file(path).scans) == 1
    assert read_file(path).scans[0].points == 3


@pytest.mark.parametrize("cut", [1, 5, 12, 20, 30, 40, 60])
def test_a_run_that_a_crash_has_cut_is_gone_on_with(path: Path, cut: int) -> None:
    with SpecFileWriter(path) as writer:
        for document in documents_of(TEXT):
            writer(*document)
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    with SpecFileWriter(path) as writer:
        for document in documents_of(TEXT):
            writer(*document)
    assert path.read_bytes() == whole


def test_the_publishers_target_acknowledges_whole_runs(path: Path) -> None:
    target = make_target(f"spec:{path}")
    entries = [Entry(place, *document) for place, document in enumerate(documents_of(TEXT), 1)]
    target.open()
    assert target.send(entries[:5]) == 0
    target.open()
    assert target.send(entries) == len(entries)
    target.close()
    assert read_file(path).scans[0].points == 3


# ---- what has nothing of SPEC ----


@pytest.fixture
def engine(path: Path) -> Iterator[Any]:
    from bluesky import RunEngine

    engine: Any = RunEngine({}, context_managers=[])
    with SpecFileWriter(path, title="bluesky", user="anna") as writer:
        engine.subscribe(writer)
        yield engine
    engine.loop.call_soon_threadsafe(engine.loop.stop)
    engine._th.join()
    engine.loop.close()


quiet = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::UserWarning")


@quiet
def test_blueskys_own_plans_are_scans_that_silx_reads(engine: Any, path: Path) -> None:
    from bluesky import plans
    from ophyd.sim import hw

    there = hw()
    engine(plans.scan([there.det], there.motor, -1, 1, 5))
    engine(plans.grid_scan([there.det4], there.motor1, 0, 1, 2, there.motor2, 0, 2, 3))
    engine(plans.count([there.det], 2))
    file = read_file(path)
    assert file.problems == ()
    assert [scan.command for scan in file.scans] == [
        "scan  motor -1 1  5",
        "grid_scan  motor1 0 1 2  motor2 0 2 3  6",
        "count  2",
    ]
    assert file.scans[0].labels == ("motor", "Epoch", "motor_setpoint", "det")
    silx = SilxFile(str(path))
    np.testing.assert_allclose(silx[0].data_column_by_name("motor"), [-1, -0.5, 0, 0.5, 1])
    assert silx[0].data_column_by_name("det")[2] == 1
    assert silx[1].data.shape == (6, 6)
    silx.close()


@quiet
def test_a_baseline_becomes_positions(engine: Any, path: Path) -> None:
    from bluesky import plans
    from bluesky.preprocessors import baseline_wrapper
    from ophyd.sim import hw

    there = hw()
    plan: Any = baseline_wrapper  # has no types
    engine(plan(plans.count([there.det], 1), [there.motor1, there.motor2]))
    (scan,) = read_file(path).scans
    assert scan.position("motor1") == there.motor1.position
    assert {device.name for device in scan.motors} == {"motor1", "motor2"}


@quiet
def test_a_plan_that_fails_is_an_aborted_scan(engine: Any, path: Path) -> None:
    from bluesky import plan_stubs
    from bluesky.preprocessors import run_decorator
    from ophyd.sim import hw

    there = hw()

    @run_decorator(md={"plan_name": "mine"})
    def plan() -> Any:
        yield from plan_stubs.trigger_and_read([there.det])
        raise RuntimeError("the beam is gone")

    with pytest.raises(RuntimeError, match="the beam is gone"):
        engine(plan())
    (scan,) = read_file(path).scans
    assert scan.aborted
    assert scan.points == 1
    assert "fail: the beam is gone" in scan.comments[-1].text


def run_of(keys: dict[str, Any], events: Sequence[dict[str, Any]], **start: Any) -> list[Document]:
    run = compose_run(metadata=start, time=1.7e9)
    bundle = run.compose_descriptor(
        name="primary",
        data_keys=keys,
        object_keys={key: [key] for key in keys},
        hints={},
        configuration={},
    )
    documents: list[Document] = [("start", dict(run.start_doc)), ("descriptor", dict(bundle.descriptor_doc))]
    for place, data in enumerate(events):
        stamps = dict.fromkeys(data, 1.7e9 + place)
        event = bundle.compose_event(data=data, timestamps=stamps, time=1.7e9 + place, validate=False)
        documents.append(("event", dict(event)))
    return [*documents, ("stop", dict(run.compose_stop()))]


def key(dtype: str, shape: Sequence[int] = (), **more: Any) -> dict[str, Any]:
    return {"dtype": dtype, "shape": list(shape), "source": "test", **more}


def test_arrays_are_spectra_and_what_has_no_place_is_named(path: Path) -> None:
    keys = {
        "x": key("number"),
        "on": key("boolean"),
        "mca": key("array", [3]),
        "short": key("array", [2]),
        "image": key("array", [4, 5]),
        "note": key("string"),
        "camera": key("array", [9, 9], external="FILESTORE:"),
    }
    data = {"x": 1.5, "on": True, "mca": np.array([1, 2, 3]), "short": [1, 2], "image": [], "note": "hi", "camera": ""}
    with SpecFileWriter(path) as writer:
        for document in run_of(keys, [data, {**data, "x": None, "mca": [7]}], plan_name="mine"):
            writer(*document)
    file = read_file(path)
    (scan,) = file.scans
    assert file.problems == ()
    assert scan.labels == ("Epoch", "x", "on")
    np.testing.assert_array_equal(scan.data, [[0, 1.5, 1], [1, np.nan, 1]])
    assert [spectrum.values.tolist() for spectrum in scan.spectra] == [[1, 2, 3], [7, 0, 0]]
    said = [comment.text.partition(".  ")[2] for comment in scan.comments]
    assert said == [
        "Not in this file: short: an array of 2, and others have 3",
        "Not in this file: image: an array of 4 x 5",
        "Not in this file: note: string",
        "Not in this file: camera: its data are in other files",
        "@A is mca",
    ]


def test_pages_of_events_are_points(path: Path) -> None:
    from event_model import pack_event_page

    documents = run_of({"x": key("number")}, [{"x": place} for place in range(4)])
    events: Any = [document for name, document in documents if name == "event"]
    page: Any = pack_event_page(*events)
    with SpecFileWriter(path) as writer:
        for document in [*documents[:2], ("event_page", page), documents[-1]]:
            writer(*document)
    assert read_file(path).scans[0].column("x").tolist() == [0, 1, 2, 3]


def test_a_run_inside_a_run_comes_after_it(path: Path) -> None:
    outer, inner = (
        run_of({name: key("number")}, [{name: 1}, {name: 2}], plan_name=name) for name in ("outer", "inner")
    )
    with SpecFileWriter(path) as writer:
        for document in [*outer[:3], *inner, *outer[3:]]:
            writer(*document)
    assert [(scan.command, scan.points) for scan in read_file(path).scans] == [("outer", 2), ("inner", 2)]


def test_streams_beside_the_scan_are_named_alone(path: Path) -> None:
    run = compose_run(time=1.7e9)
    primary, other = (
        run.compose_descriptor(
            name=name, data_keys={"x": key("number")}, object_keys={"x": ["x"]}, hints={}, configuration={}
        )
        for name in ("primary", "x_monitor")
    )
    with SpecFileWriter(path) as writer:
        writer("start", dict(run.start_doc))
        for bundle in (other, primary):
            writer("descriptor", dict(bundle.descriptor_doc))
        for bundle in (other, primary, other):
            writer("event", dict(bundle.compose_event(data={"x": 1}, timestamps={"x": 1}, time=1.7e9)))
        writer("stop", dict(run.compose_stop(time=1.7e9)))
    (scan,) = read_file(path).scans
    assert scan.points == 1
    assert scan.comments[0].text.endswith("Not in this file: the streams x_monitor")


def test_a_run_without_a_point_is_a_scan_without_rows(path: Path) -> None:
    run = compose_run(time=1.7e9, metadata={"plan_name": "nothing"})
    with SpecFileWriter(path) as writer:
        writer("start", dict(run.start_doc))
        writer("stop", dict(run.compose_stop(time=1.7e9)))
    (scan,) = read_file(path).scans
    assert (scan.command, scan.points) == ("nothing", 0)


def test_documents_of_a_run_that_began_before_are_passed_over(path: Path) -> None:
    with SpecFileWriter(path) as writer:
        for document in documents_of(TEXT)[1:]:
            writer(*document)
    assert not path.exists()


def test_labels_that_spec_could_not_read_back_are_made_so(path: Path) -> None:
    with SpecFileWriter(path) as writer:
        for document in run_of({"a  b\tc": key("number")}, [{"a  b\tc": 1}], plan_name="two\nlines"):
            writer(*document)
    (scan,) = read_file(path).scans
    assert scan.labels == ("Epoch", "a b c")
    assert scan.command == "two lines"


def test_too_much_of_a_run_inside_a_run_is_an_error(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pycertifspec.documents.spec_file.MAX_WAITING", 2)
    outer, inner = (run_of({"x": key("number")}, [{"x": 1}]) for _ in range(2))
    with SpecFileWriter(path) as writer:
        writer(*outer[0])
        writer(*inner[0])
        writer(*inner[1])
        with pytest.raises(DataFileError, match="run inside a run"):
            writer(*inner[2])


@pytest.mark.parametrize(
    ("start", "command"),
    [
        ({"spec_command": "ascan  th 0 1  2 0.1"}, "ascan  th 0 1  2 0.1"),
        ({"plan_name": "count", "num_points": 3}, "count  3"),
        ({"plan_name": "list_scan", "motors": ["x"], "plan_args": {"args": ["x", [1, 2]]}}, "list_scan  x"),
        ({}, "run"),
    ],
)
def test_a_runs_command(start: dict[str, Any], command: str) -> None:
    assert command_of(start) == command


def test_the_uid_of_the_run_stands_in_the_scan(path: Path) -> None:
    documents = documents_of(TEXT)
    with SpecFileWriter(path) as writer:
        for document in documents:
            writer(*document)
    (line,) = [line.text for line in read_file(path).scans[0].lines if line.text.startswith("#MD uid = ")]
    assert json.loads(line.partition(" = ")[2]) == documents[0][1]["uid"]
