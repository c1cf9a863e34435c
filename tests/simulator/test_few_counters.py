"""Beamlines that lack a monitor, a detector or a timebase: what is not there has no column, and no count begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.support.typed import Typed

from pycertifspec.simulator.datafile import read_file
from pycertifspec.simulator.hardware.config import CounterConfig, CounterUse
from pycertifspec.simulator.hardware.rates import Constant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TIMEBASE = CounterConfig(mnemonic="sec", name="Seconds", use=CounterUse.TIMER, scale=1e6)
CLOCK = CounterConfig(mnemonic="clock", name="Clock", use=CounterUse.TIMER, scale=1e6)
MONITOR = CounterConfig(mnemonic="i0", name="I zero", use=CounterUse.MONITOR, rate=Constant(1000.0), noise=False)
DETECTOR = CounterConfig(mnemonic="det", name="Detector", rate=Constant(50.0), noise=False)
DIODE = CounterConfig(mnemonic="diode", name="Diode", rate=Constant(70.0), noise=False)

Make = "Callable[..., Typed]"


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Typed]]:
    made: list[Typed] = []

    def make(*counters: CounterConfig) -> Typed:
        made.append(Typed(tmp_path, [], counters=counters))
        return made[-1]

    yield make
    for typed in made:
        typed.beamline.close()


@pytest.mark.parametrize(
    ("counters", "in_file", "on_screen", "values"),
    [
        ((TIMEBASE, DETECTOR), "Seconds  Detector", "Detector    Seconds", (2, 100)),
        ((DETECTOR, CLOCK, MONITOR), "Clock  I zero  Detector", "Detector      I zero      Clock", (2, 2000, 100)),
        ((MONITOR, TIMEBASE), "Seconds  I zero", "I zero    Seconds", (2, 2000)),
        ((TIMEBASE,), "Seconds", "Seconds", (2,)),
        ((DIODE, TIMEBASE), "Seconds  Diode", "Diode    Seconds", (2, 140)),
    ],
)
def test_a_scan_has_the_columns_that_there_are(
    make: Callable[..., Typed],
    tmp_path: Path,
    counters: tuple[CounterConfig, ...],
    in_file: str,
    on_screen: str,
    values: tuple[float, ...],
) -> None:
    spec = make(*counters)
    shown = spec("newfile few; ascan samx 0 1 2 2; plot_res")
    (scan,) = read_file(tmp_path / "few").scans
    assert scan.labels[scan.labels.index("Epoch") + 1 :] == tuple(in_file.split("  "))
    assert scan.data[-1][-len(values) :].tolist() == list(values)
    head = next(line for line in shown.splitlines() if line.startswith("  #"))
    assert head.endswith(f" {on_screen}")
    rows = [line for line in shown.splitlines() if line.startswith("  2 ")]
    assert [len(row) for row in rows] == [len(head)]
    assert float(spec.beamline.interpreter.get("pl_MAX")) == values[-1]
    assert "?" not in shown + (tmp_path / "few").read_text()


@pytest.mark.parametrize(
    ("counters", "command", "said"),
    [
        ((TIMEBASE, DETECTOR), "ascan samx 1 2 2 -100", "There is no monitor to count to.\n"),
        ((TIMEBASE, DETECTOR), "timescan -5", "There is no monitor to count to.\n"),
        ((TIMEBASE, DETECTOR), "ct -100", "There is no monitor to count to.\n"),
        ((TIMEBASE, DETECTOR), "uct -100", "There is no monitor to count to.\n"),
        ((TIMEBASE, DETECTOR), "count -100", "There is no monitor to count to.\n"),
        ((DETECTOR, MONITOR), "ascan samx 1 2 2 1", "There is no timebase to count by.\n"),
        ((DETECTOR, MONITOR), "loopscan 2 1", "There is no timebase to count by.\n"),
        ((DETECTOR, MONITOR), "ct", "There is no timebase to count by.\n"),
        ((), "ct 1", "There is no timebase to count by.\n"),
    ],
)
def test_what_cannot_be_counted_to_is_said_before_anything_moves_or_is_written(
    make: Callable[..., Typed], tmp_path: Path, counters: tuple[CounterConfig, ...], command: str, said: str
) -> None:
    spec = make(*counters)
    spec("newfile untouched")
    before = (tmp_path / "untouched").read_text()
    assert spec(command) == said
    assert (tmp_path / "untouched").read_text() == before
    assert spec("print SCAN_N, A[samx]") == "0 0\n"


def test_the_monitor_of_a_preset_is_named(make: Callable[..., Typed], tmp_path: Path) -> None:
    make(DETECTOR, CLOCK, MONITOR)("newfile preset; ascan samx 0 1 2 -100")
    assert "\n#M 100  (I zero)\n" in (tmp_path / "preset").read_text()


def test_rates_are_by_the_timebase_wherever_it_stands(make: Callable[..., Typed]) -> None:
    assert make(DIODE, CLOCK)("ct 2").endswith("       Diode = 140 (70/s)\n       Clock = 2\n")
