"""SPEC's own config file: recognised by its content; what needs hardware becomes a plain device and is told."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycertifspec.errors import InvalidFileError
from pycertifspec.simulator.clock import ManualClock
from pycertifspec.simulator.configuration.reading import read_description
from pycertifspec.simulator.configuration.spec_devices import NO_LIMIT
from pycertifspec.simulator.configuration.spec_file import is_spec_config, spec_description
from pycertifspec.simulator.hardware.config import CounterConfig, CounterUse, MotorConfig
from pycertifspec.simulator.hardware.rates import Constant

if TYPE_CHECKING:
    from pathlib import Path

# Made up, in the form of public files: interfaces, hardware of several kinds, macro motors, NONE, parameters.
BEAMLINE = """\
# ID @(#)getinfo.c\t6.6  01/15/16 CSS
# Device nodes
SDEV_0\t = /dev/ttyS0 9600 raw
#SDEV_1\t = /dev/ttyS1 9600 raw
HW_GPIBENET\t = 192.0.2.20\t@gpib_0
VM_EPICS_M1\t = hutch:m1:c0: 8
PSE_MAC_MOT\t = kohzu 1
# Motor    cntrl steps sign slew base backl accel nada  flags   mne  name
MOT000 = EPICS_M2:0/2   4000  1  2000  200   50  125    0 0x003      tth  Two Theta
MOT001 = MAC_MOT:1/0/3  -2000 -1  1000  100  -10  250    0 0x003       en  Energy
MOTPAR:read_mode = 7
MOTPAR:misc_par_1 = sm1
MOT002 =    NONE   2000  1  2000  200   50  125    0 0x003       th
# Counter   ctrl unit chan scale flags    mne  name
CNT000 = EPICS_SC  0  0 10000000 0x001      sec  Seconds
CNTPAR:misc_par_1 = .S1
CNT001 = EPICS_SC  0  1      1 0x002       i0  I0
CNT002 =     NONE 11  2      1 0x000       mu  mu
CNT003 = EPICS_PV  2  0      1 0x000      apd  APD
"""
MOTOR = "MOT000 = E500:0/1 2000 1 2000 200 50 125 0 0x003 th Theta\n"
COUNTER = "CNT000 = VCT6:0 0 0 1000 0x001 sec Seconds\n"


def read(text: str) -> tuple[tuple[MotorConfig, ...], tuple[CounterConfig, ...], str]:
    assert is_spec_config(text)
    found = spec_description(text, "config")
    assert all(line.startswith("config: ") and "\n" not in line for line in found.remarks)
    return found.motors, found.counters, "\n".join(found.remarks)


def test_motors_and_counters_are_as_the_file_says() -> None:
    motors, counters, _ = read(BEAMLINE)

    limits: dict[str, Any] = {"low_limit": -NO_LIMIT, "high_limit": NO_LIMIT}
    assert motors == (
        MotorConfig(
            mnemonic="tth", name="Two Theta", steps_per_unit=4000.0, sign=1, slew_rate=2000.0, base_rate=200.0,
            backlash=50.0, acceleration=125.0, controller="EPICS_M2", unit=0, channel=2, **limits,
        ),
        MotorConfig(
            mnemonic="en", name="Energy", steps_per_unit=-2000.0, sign=-1, slew_rate=1000.0, base_rate=100.0,
            backlash=-10.0, acceleration=250.0, controller="MAC_MOT", unit=1, channel=0, **limits,
        ),
        MotorConfig(
            mnemonic="th", name="th", steps_per_unit=2000.0, sign=1, slew_rate=2000.0, base_rate=200.0, backlash=50.0,
            acceleration=125.0, controller="NONE", **limits,
        ),
    )  # fmt: skip
    assert [(c.mnemonic, c.name, c.use, c.scale, c.controller, c.unit, c.channel) for c in counters] == [
        ("sec", "Seconds", CounterUse.TIMER, 1e7, "EPICS_SC", 0, 0),
        ("i0", "I0", CounterUse.MONITOR, 1.0, "EPICS_SC", 0, 1),
        ("mu", "mu", CounterUse.COUNTER, 1.0, "NONE", 11, 2),
        ("apd", "APD", CounterUse.COUNTER, 1.0, "EPICS_PV", 2, 0),
    ]
    assert [c.rate for c in counters[1:]] == [Constant(50_000.0), Constant(0.0), Constant(1_000.0)]


def test_what_cannot_be_simulated_is_told_once_each() -> None:
    _, _, remarks = read(BEAMLINE)

    for line in (
        "line 3: SDEV_0 = /dev/ttyS0 9600 raw: no hardware is spoken to",
        "line 5: HW_GPIBENET = 192.0.2.20 @gpib_0: no hardware is spoken to",
        "line 6: VM_EPICS_M1 = hutch:m1:c0: 8: no hardware is spoken to",
        "line 7: PSE_MAC_MOT = kohzu 1: no hardware is spoken to",
        "MOTPAR:read_mode: not simulated (en)",
        "MOTPAR:misc_par_1: not simulated (en)",
        "CNTPAR:misc_par_1: not simulated (sec)",
        "EPICS_M2: a plain simulated motor each (tth)",
        "MAC_MOT: a plain simulated motor each (en)",
        "EPICS_SC: a plain simulated counter each (sec i0)",
        "EPICS_PV: a plain simulated counter each (apd)",
    ):
        assert remarks.count(f"config: {line}") == 1, line
    assert "NONE:" not in remarks
    assert "SDEV_1" not in remarks


def test_what_many_motors_share_is_one_line() -> None:
    lines = [f"MOT{n:03} = PIE712:0/{n} 2000 1 2000 200 50 125 0 0x003 m{n} m{n}" for n in range(300)]

    _, _, remarks = read("\n".join(lines))

    assert "PIE712: a plain simulated motor each (m0 m1 m2 m3 m4 m5 m6 m7 and 292 more)" in remarks
    assert remarks.count("\n") < 5


def test_the_devices_work(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text(BEAMLINE)
    clock = ManualClock()
    instrument = read_description(path).instrument(clock)

    instrument.start({"tth": 10, "en": -5, "th": 1})
    clock.advance(100)
    instrument.scaler.count_time(2)
    clock.advance(2)

    assert [motor.position for motor in instrument.motors] == [10, -5, 1]
    assert instrument.scaler.values()["sec"] == 2
    assert instrument.scaler.values()["i0"] == pytest.approx(100_000, rel=0.05)


def test_a_file_with_holes_is_read_in_the_order_of_its_numbers() -> None:
    text = (
        "MOT004 = NONE 1 1 1 1 0 1 0 0x003 e E\nMOT001 = NONE 1 1 1 1 0 1 0 0x003 b B\n"
        "CNT002 = NONE 0 0 1 0x000 x X\nCNT000 = SFTWARE 0 0 1000 0x001 sec Seconds\n"
    )

    motors, counters, remarks = read(text)

    assert [motor.mnemonic for motor in motors] == ["b", "e"]
    assert [counter.mnemonic for counter in counters] == ["sec", "x"]
    assert "MOT000, MOT002, MOT003: missing; the motors behind get lower numbers" in remarks
    assert "CNT001: missing; the counters behind get lower numbers" in remarks


def test_a_file_of_a_thousand_holes_names_the_first() -> None:
    _, _, remarks = read("MOT999 = NONE 1 1 1 1 0 1 0 0x003 e E\n")
    assert "MOT009, …: missing" in remarks


def test_values_that_no_motor_can_have_are_replaced_and_told() -> None:
    motors, counters, remarks = read(
        "MOT000 = ODD:0/1 0 0 0 -1 0.5 -1 0 0x001 th A name of far too many letters\nCNT000 = ODD 0 0 0 0x003 sec S\n"
    )

    assert motors[0].name == "A name of far t"
    assert (motors[0].steps_per_unit, motors[0].sign, motors[0].slew_rate) == (2000.0, 1, 2000.0)
    assert (motors[0].base_rate, motors[0].acceleration, motors[0].backlash) == (0.0, 0.0, 0.0)
    assert counters[0].scale == 1.0
    for what in (
        "steps per unit 0 cannot", "sign 0 cannot", "slew rate 0 cannot", "base rate -1 cannot",
        "acceleration -1 cannot", "backlash 0.5 cannot", "scale 0 cannot", "flags 0x001: their meaning",
        "a name is longer than 15",
    ):  # fmt: skip
        assert what in remarks


def test_a_file_without_a_timebase_is_told() -> None:
    assert "no counter is the timebase" in read(MOTOR)[2]


def test_lines_that_nobody_understands_are_told_and_left_out() -> None:
    motors, _, remarks = read("MOTPAR:slop = 1\n" + MOTOR + "CNTPAR:x = 1\nwhat is this\n" + COUNTER)

    assert len(motors) == 1
    assert "line 1: MOTPAR:slop = 1: it follows no MOT line and is left out" in remarks
    assert "line 3: CNTPAR:x = 1: it follows no CNT line and is left out" in remarks
    assert "line 4: 'what is this' is not understood and is left out" in remarks


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MOT000 = E500:0/1 2000 1 2000 200 50 125 0 0x003\n", "config: line 1 (MOT000) is 'E500:0/1 2000"),
        ("MOT000 = \n", "expected as SPEC writes it: controller[:unit/channel] steps sign"),
        ("MOT000 = E500:x 2000 1 2000 200 50 125 0 0x003 th Theta\n", "expected as SPEC writes it: controller"),
        (MOTOR.replace(" 2000 1 ", " many 1 "), "line 1 (MOT000): steps is 'many', expected a number"),
        (MOTOR.replace(" 2000 1 ", " inf 1 "), "line 1 (MOT000): steps is 'inf', expected a number"),
        (MOTOR.replace("0x003", "x3"), "line 1 (MOT000): flags is 'x3', expected a whole number"),
        (MOTOR.replace(" th ", " th-2 "), "line 1 (MOT000): mnemonic is 'th-2'"),
        (MOTOR + MOTOR, "line 2 is a second MOT000, expected one: line 1 (MOT000) is it already"),
        (MOTOR + MOTOR.replace("000", "001"), "line 2 (MOT001) is 'th', expected a mnemonic that no other"),
        (MOTOR + COUNTER.replace("sec", "th"), "line 2 (CNT000) is 'th', expected a mnemonic that no other"),
        ("CNT000 = SFTWARE 0 0 1000 0x001\n", "line 1 (CNT000) is 'SFTWARE 0 0 1000 0x001', expected as SPEC"),
        (COUNTER.replace("0x001", "one"), "flags is 'one', expected a whole number"),
        (COUNTER.replace("0 0 1000", "0 a 1000"), "channel is 'a', expected a whole number"),
        (COUNTER.replace("1000", "k"), "scale is 'k', expected a number"),
        (
            "".join(f"MOT{n:05} = NONE 1 1 1 1 0 1 0 0x003 m{n} m\n" for n in range(2001)),
            "line 2001 is one more MOT line, expected at most 2000",
        ),
    ],
)  # fmt: skip
def test_a_line_that_is_not_as_spec_writes_it_is_told(text: str, expected: str) -> None:
    with pytest.raises(InvalidFileError) as caught:
        spec_description(text, "config")
    assert expected in str(caught.value)


def test_a_file_in_latin_1_is_read(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_bytes(MOTOR.replace("Theta", "Drehwinkel \xdf").encode("latin-1"))
    assert read_description(path).motors[0].name == "Drehwinkel ß"


def test_toml_is_not_taken_for_it() -> None:
    assert not is_spec_config('name = "fourc"\n[[motor]]\nmnemonic = "th"\n')
    assert is_spec_config("# ID @(#)getinfo.c 6.6\n")


@given(st.text(st.sampled_from("MOTCNPAR0123= :/x.-_#\n\tEth"), max_size=200))
def test_any_text_is_a_beamline_or_a_clear_error(text: str) -> None:
    with contextlib.suppress(InvalidFileError):
        assert all(line.startswith("config: ") for line in spec_description(text, "config").remarks)
