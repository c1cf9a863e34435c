"""What documents say of a scan: from its heading, its columns and what the server has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import event_model
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pycertifspec import AsyncClient
from pycertifspec.documents import Instrument, describe_scan, look_at
from pycertifspec.documents.heading import parse_heading
from pycertifspec.documents.instrument import _precision

if TYPE_CHECKING:
    from .conftest import Bench

INSTRUMENT = Instrument(
    "beamline:fourc",
    motors={"tth": "Two Theta", "th": "Theta", "chi": "Chi", "en": "Energy", "samx": "Sample X"},
    counters={"sec": "Seconds", "mon": "Monitor", "det": "Detector", "ion": "Ion Chamber"},
    units={"samx": "mm"},
)
TAIL = ["Epoch", "Seconds", "Ion Chamber", "Monitor", "Detector"]


@pytest.mark.parametrize(
    ("command", "axes", "points", "preset"),
    [
        ("ascan  th 0 1  20 0.1", [("th",)], 21, 0.1),
        ("a2scan  th 0 1  tth 0 2  20 -1000", [("th", "tth")], 21, -1000),
        ("dscan th -1 1 10 1", [("th",)], 11, 1),
        ("lup th -1 1 10 1", [("th",)], 11, 1),
        ("mesh  th 0 1 3  chi 2 4 5  0.1", [("chi",), ("th",)], 24, 0.1),
        ("hscan 0 1 10 1", [("H",)], 11, 1),
        ("lscan 0 1 10 1", [("L",)], 11, 1),
        ("hklscan  1 2  0 0  0 0  10 1", [("H", "K", "L")], 11, 1),
        ("hklmesh  H 0 1 2  K 0 1 3  0.1", [("K",), ("H",)], 12, 0.1),
        ("hkcircle  1 0 90  10 1", [("H", "K")], 11, 1),
        ("klradial  1 0 90  10 1", [("K", "L")], 11, 1),
        ("loopscan 5 0.1 0", [("elapsed_time",)], 5, 0.1),
        ("timescan 0.1 0", [("elapsed_time",)], None, 0.1),
        ("Escan 8 9 20 1", [()], 21, 1),
        ("mine th 1 2", [], None, None),
        ("ascan th", [], None, None),
        ("ascan 1 2 3 4 5", [], None, None),
        ("ascan th 0 1 1e99 1", [], None, None),
        ("", [], None, None),
    ],
)
def test_a_heading_says_what_is_scanned(
    command: str, axes: list[tuple[str, ...]], points: int | None, preset: float | None
) -> None:
    heading = parse_heading(command)
    assert [dimension.axes for dimension in heading.dimensions] == axes
    assert (heading.points, heading.preset) == (points, preset)


SCANS = ["ascan", "dscan", "a2scan", "mesh", "hklmesh", "hklscan", "hscan", "hkcircle", "Escan", "timescan", "loopscan"]
WORDS = st.sampled_from(["th", "chi", "H", "-1", "0", "2.5", "nan", "inf", "3", "x"])


@given(
    st.text(max_size=60)
    | st.builds(lambda name, words: " ".join([name, *words]), st.sampled_from(SCANS), st.lists(WORDS, max_size=14))
)
@example("mesh 0 0 0 1 0 0 0 1")
def test_no_heading_is_an_error(command: str) -> None:
    assert parse_heading(command).name == (command.split() or ["scan"])[0]


@pytest.mark.parametrize(
    ("command", "labels", "names", "dimensions", "plotted"),
    [
        ("ascan  th 0 1  20 0.1", ["Theta", "H", "K", "L", *TAIL], "th H K L", [["th"]], ["th", "det"]),
        ("mesh  th 0 1 3  chi 2 4 5  0.1", ["Theta", "Chi", *TAIL], "th chi", [["chi"], ["th"]], ["chi", "th", "det"]),
        ("kscan 0 1 20 1", ["H", "K", "L", *TAIL], "H K L", [["K"]], ["K", "det"]),
        ("loopscan 5 1 0", ["Time", *TAIL], "elapsed_time", [["elapsed_time"]], ["elapsed_time", "det"]),
        ("Escan 8 9 20 1", ["Energy", *TAIL], "en", [["en"]], ["en", "det"]),
        ("mine", ["Sample X", "Theta", *TAIL], "samx th", [["samx", "th"]], ["samx", "th", "det"]),
        ("count_things", TAIL, "", [["time"]], ["det"]),
    ],
)
def test_the_columns_of_a_data_file_have_the_mnemonics_names(
    command: str, labels: list[str], names: str, dimensions: list[list[str]], plotted: list[str]
) -> None:
    said = describe_scan(command, labels, INSTRUMENT)
    assert said.names == (*names.split(), "epoch", "sec", "ion", "mon", "det")
    assert said.metadata["hints"]["dimensions"] == [[dimension, "primary"] for dimension in dimensions]
    assert said.hints == {name: {"fields": [name]} for name in plotted}
    assert said.metadata["columns"] == dict(zip(said.names, labels, strict=True))


def test_labels_that_the_screen_has_cut_are_known_and_the_detector_comes_first_there() -> None:
    said = describe_scan(
        "a2scan tth 0 1 samx 0 1 5 1", ["Two Theta", "Sample X", "Detector", "Monit", "Seconds"], INSTRUMENT
    )
    assert said.names == ("tth", "samx", "det", "Monit", "sec")
    assert "det" in said.hints


def test_names_are_words_that_differ_in_more_than_upper_case() -> None:
    said = describe_scan("mine", ["seq_num", "A b", "a-b", "", "time"], Instrument())
    assert said.names == ("seq_num_2", "A_b", "a_b_2", "column", "time_2")


def test_data_keys_say_units_precision_and_source() -> None:
    keys = describe_scan("ascan samx 0 1 2 1", ["Sample X", "H", *TAIL], INSTRUMENT, spectra={"A": 1024}).data_keys
    assert keys["samx"]["units"] == "mm"
    assert keys["samx"]["precision"] == 4
    assert keys["samx"]["source"] == "spec://beamline:fourc/motor/samx"
    assert keys["H"]["units"] == "r.l.u."
    assert keys["det"] | {"label": ""} == {
        "dtype": "number",
        "dtype_numpy": "<f8",
        "shape": [],
        "source": "spec://beamline:fourc/scaler/det",
        "object_name": "det",
        "precision": 0,
        "label": "",
        "units": "counts",
    }
    assert (keys["sec"]["units"], keys["epoch"]["units"]) == ("s", "s")
    assert keys["mca_A"]["shape"] == [1024]


@pytest.mark.parametrize(("mnemonic", "unit"), [("th", "deg"), ("en", "keV"), ("samx", "mm"), ("tabh", None)])
def test_units_of_motors_are_those_of_the_geometry_and_what_the_site_says(mnemonic: str, unit: str | None) -> None:
    assert INSTRUMENT.unit_of(mnemonic) == unit
    key: dict[str, Any] = describe_scan("x", [], Instrument(motors={mnemonic: ""}, units={"samx": "mm"})).baseline[
        mnemonic
    ]
    assert key.get("units") == unit


def test_the_metadata_make_a_valid_start_document() -> None:
    said = describe_scan(
        "mesh  th 0 1 3  chi 2 4 5  -1000",
        ["Theta", "Chi", *TAIL],
        INSTRUMENT,
        number=7,
        file="run7.spec",
        title="a crystal",
        user="anna",
        date="Tue Nov 14 22:14:20 2023",
        geometry={1: (1.5, 2), 0: (3,)},
        q=(1, 0, 0),
    ).metadata
    event_model.schema_validators[event_model.DocumentNames.start].validate({"uid": "x", "time": 0, **said})
    assert said["scan_id"] == 7
    assert said["monitor_counts"] == 1000
    assert (said["shape"], said["extents"]) == ([6, 4], [[2, 4], [0, 1]])
    assert (said["num_points"], said["num_intervals"]) == (24, 23)
    assert said["geometry"] == {"G0": [3], "G1": [1.5, 2]}
    assert said["hkl"] == [1, 0, 0]
    assert (said["title"], said["user"], said["data_file"]) == ("a crystal", "anna", "run7.spec")


def test_an_instrument_is_asked_for(bench: Bench) -> None:
    import asyncio

    async def ask() -> Instrument:
        async with AsyncClient(bench.spec.address) as client:
            return await look_at(client, "simulated:fourc", units={"samx": "mm"})

    found = asyncio.run(ask())
    assert found.motors["th"] == "Theta"
    assert found.counters["det"] == "Detector"
    assert found.positions["tth"] == 60
    assert found.version
    assert found.unit_of("samx") == "mm"


def test_a_busy_spec_is_not_asked_for_names(slow_bench: Bench) -> None:
    import asyncio

    async def ask() -> Instrument:
        async with AsyncClient(slow_bench.spec.address) as client:
            return await look_at(client, "x", known=Instrument(motors={"th": "Theta"}))

    scan = slow_bench.begin("loopscan 2 1", 0.5)
    assert asyncio.run(ask()).positions == {"th": 30}
    slow_bench.end(scan)


@pytest.mark.parametrize(
    ("text", "digits"), [("5", 5), ("4.0", 4), ("99", 4), ("-1", 4), ("", 4), (None, 4), ("inf", 4)]
)
def test_the_decimals_of_positions_are_specs_where_they_make_sense(text: str | None, digits: int) -> None:
    assert _precision(text) == digits
