"""Arguments that make no sense are told: nothing moves, nothing counts, nothing is written."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.typed import Typed

from pycertifspec.simulator.hardware.faults import HitLimit, LoseSteps, SlowStart, Stall
from pycertifspec.simulator.language import MacroExitError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def spec(tmp_path: Path) -> Iterator[Typed]:
    typed = Typed(tmp_path, [])
    yield typed
    typed.beamline.close()


SENSELESS = {
    "ct abc": "Invalid number: abc",
    "ct 1 2": "Usage:  ct [time]",
    "ct word": "Invalid number: word",
    "uct abc": "Invalid number: abc",
    "uct 1 2": "Usage:  uct [time]",
    "count abc": "Invalid time: it has no value",
    "count word": "Invalid time: abc",
    "count 1 2": "Usage:  count [time]",
    "count_em 1 2": "Usage:  count_em [time]",
    "wu th": "Usage:  wu",
    "wa th": "Usage:  wa",
    "lm th": "Usage:  lm",
    "wh th": "Usage:  wh",
    "pa 1": "Usage:  pa",
    "show_cnts 1": "Usage:  show_cnts",
    "resume 1": "Usage:  resume",
    "mv th 1 th 2": "Theta is given twice.",
    "mv th 1 1 2": "Theta is given twice.",
    "umvr chi 1 th 1 th 2": "Theta is given twice.",
    "mv th word": "Invalid position: word",
    "mvd th abc": "Invalid position: abc",
    "set th abc": "Invalid number: abc",
    "set_dial th abc": "Invalid number: abc",
    "set_lm th abc 1": "Invalid number: abc",
    "br word word word": "Invalid value: word",
    "tw th abc": "Invalid number: abc",
    "tw nosuch 1": "Invalid motor name: nosuch",
    'tw "" 1': "Invalid motor name: ",
    "mesh nosuch 1 2 2 chi 3 4 2 1": "Invalid motor name: nosuch",
    "mesh th 1 2 2 nosuch 3 4 2 1": "Invalid motor name: nosuch",
    "set nosuch 1": "Invalid motor name: nosuch",
    'set th ""': "Invalid number: an argument is empty.",
    'set_dial th ""': "Invalid number: an argument is empty.",
    'set_lm th 1 ""': "Invalid number: an argument is empty.",
    'loopscan 2 ""': "Invalid number: an argument is empty.",
    '_check0 ""': "Invalid motor name: ",
    "_chk_lim nosuch 3": "Invalid motor name: nosuch",
    "newfile other abc": "Invalid number: abc",
    "or0 0 0 0": "0 0 0 is no reflection.",
    "or1 0 0 0": "0 0 0 is no reflection.",
    "setaz 0 0 0": "0 0 0 has no direction.",
    "ascan th 1 2 th 3 4 2 1": "Theta is given twice.",
    "d2scan th 1 2 th 3 4 2 1": "Theta is given twice.",
    "a3scan th 1 2 chi 3 4 1 0 1 2 1": "Theta is given twice.",
    "ascan th abc 2 2 1": "Invalid position: abc",
    "ascan th 1 2 2 word": "Invalid time: word",
    "mesh th 1 2 2 th 3 4 2 1": "Theta is given twice.",
    "mesh th 1 2 2 chi abc 4 2 1": "Invalid number: abc",
    "mesh th 1 2 2 chi 3 4 2 abc": "Invalid number: abc",
    "loopscan abc 1": "Invalid number: abc",
    "loopscan 2 abc": "Invalid number: abc",
    "timescan abc": "Invalid number: abc",
    "hscan abc 1 2 1": "Invalid number: abc",
    "hklscan 0 1 0 1 0 abc 2 1": "Invalid number: abc",
    "hklmesh H 0 1 2 H 0 1 2 1": "H is given twice.",
    "hklmesh H 0 1 2 K abc 1 2 1": "Invalid number: abc",
    "hkcircle abc 0 1 2 1": "Invalid number: abc",
    "hkradial 0 abc 1 2 1": "Invalid number: abc",
    'ENERGY_MOTOR = "mono"; Escan 8 9 2 1': 'There is no energy motor: ENERGY_MOTOR is "mono".',
}


@pytest.mark.parametrize("command", SENSELESS)
def test_it_is_told_and_nothing_happens(spec: Typed, tmp_path: Path, command: str) -> None:
    spec('word = "abc"; newfile before')
    written = (tmp_path / "before").read_text()
    motors = [motor.standing for motor in spec.beamline.instrument.motors]

    assert spec(command) == f"{SENSELESS[command]}\n"

    assert isinstance(spec.value, MacroExitError)
    assert (tmp_path / "before").read_text() == written
    assert [motor.standing for motor in spec.beamline.instrument.motors] == motors
    assert spec("print SCAN_N, S[sec]") == "0 0\n"


@pytest.mark.parametrize("number", ["0", "-0.0", "00", "0e5", " 0 ", "12", "1e-3", "0x10"])
def test_text_that_is_a_number_is_one(spec: Typed, number: str) -> None:
    spec(f'word = "{number}"; umv samx word')
    value = float(int(number, 16)) if "x" in number else float(number)
    assert spec.position("samx") == value


def test_an_argument_is_evaluated_once(spec: Typed) -> None:
    spec("n = 1; ct n++; uct n++; umv samx n++; loopscan n++ 0.1")
    assert spec.beamline.interpreter.get("n") == 5.0


@pytest.mark.parametrize(
    ("fault", "value", "meant"),
    [
        (HitLimit, 1.5, "0 to 1, not 1.5"),
        (HitLimit, -0.1, "0 to 1, not -0.1"),
        (Stall, 2, "0 to 1, not 2"),
        (Stall, math.nan, "0 to 1, not nan"),
        (LoseSteps, -5, "0 or more, not -5"),
        (LoseSteps, 2.5, "a whole number of steps, not 2.5"),
        (LoseSteps, math.inf, "0 or more, not inf"),
        (SlowStart, -1.0, "0 or more, not -1.0"),
    ],
)
def test_a_fault_that_cannot_be_is_refused_where_it_is_made(
    fault: Callable[[Any], Any], value: Any, meant: str
) -> None:
    with pytest.raises(ValueError, match=meant):
        fault(value)


@pytest.mark.parametrize(("fault", "value"), [(HitLimit, 0), (HitLimit, 1), (Stall, 0.0), (LoseSteps, 0)])
def test_the_ends_of_what_can_be_are_possible(fault: Callable[[Any], Any], value: Any) -> None:
    assert fault(value) == fault(value)
