"""A beamline in a TOML file: what it says comes true, and whatever is wrong is told with file, key and expectation."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from pycertifspec.errors import InvalidFileError
from pycertifspec.simulator.clock import ManualClock
from pycertifspec.simulator.configuration.fields import MAX_DEPTH, RATES
from pycertifspec.simulator.configuration.reading import read_description
from pycertifspec.simulator.hardware.config import CounterConfig, CounterUse, MotorConfig
from pycertifspec.simulator.hardware.rates import Constant, Peak, Product, Shape, Step, Sum

ROOT = Path(__file__).parents[3]
MOTOR = '[[motor]]\nmnemonic = "th"\nname = "Theta"\n'
COUNTER = '[[counter]]\nmnemonic = "det"\nname = "Detector"\n'


def refusal(path: Path, text: str | bytes) -> str:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InvalidFileError) as caught:
        read_description(path)
    assert str(caught.value).startswith(str(path))
    return str(caught.value).removeprefix(str(path)).removeprefix(": ")


def test_the_example_is_a_beamline_that_counts_its_reflection() -> None:
    clock = ManualClock()
    description = read_description(ROOT / "examples" / "beamline.toml")
    instrument = description.instrument(clock)

    assert (description.name, description.geometry, description.remarks) == ("powder", None, ())
    assert [motor.mnemonic for motor in instrument.motors] == ["tth", "th", "gap", "cryo"]
    assert instrument.motor("th").position == 0.0
    assert instrument.motor("cryo").config.read_only
    instrument.start({"tth": 28.44})
    clock.advance(60)
    instrument.scaler.count_time(1.0)
    clock.advance(1.0)
    values = instrument.scaler.values()
    assert values["sec"] == 1.0
    assert values["det"] == pytest.approx(20_005, rel=0.05)
    assert values["temp"] == 295


def test_every_parameter_of_motors_and_counters_can_be_written(tmp_path: Path) -> None:
    motor: dict[str, Any] = {
        "mnemonic": "th", "name": "Theta", "steps_per_unit": -500.5, "sign": -1, "offset": 1.5, "dial": 2,
        "base_rate": 1, "slew_rate": 3.0, "acceleration": 4, "backlash": -5, "low_limit": -6, "high_limit": 6,
        "low_switch": -7,
        "high_switch": 7, "home": 0.5, "controller": "MAC", "unit": 1, "channel": 2, "disabled": True, "unusable": True,
        "read_only": True, "protected": True,
    }  # fmt: skip
    counter: dict[str, Any] = {
        "mnemonic": "det", "name": "Detector", "use": "monitor", "rate": 7, "scale": 2, "noise": False,
        "controller": "VCT", "unit": 3, "channel": 4, "disabled": True,
    }  # fmt: skip
    path = tmp_path / "all.toml"
    path.write_text(table("motor", motor) + table("counter", counter))

    found = read_description(path)

    assert set(motor) == {field.name for field in fields(MotorConfig)}
    assert set(counter) == {field.name for field in fields(CounterConfig)}
    assert found.motors == (MotorConfig(**motor),)
    assert found.counters == (CounterConfig(**{**counter, "use": CounterUse.MONITOR, "rate": Constant(7.0)}),)
    assert isinstance(found.motors[0].dial, float)


def table(name: str, values: dict[str, Any]) -> str:
    lines = [
        f"{key} = {str(value).lower() if isinstance(value, bool) else repr(value)}" for key, value in values.items()
    ]
    return "\n".join([f"[[{name}]]", *lines, ""])


def test_what_is_not_said_is_as_the_class_has_it(tmp_path: Path) -> None:
    path = tmp_path / "short.toml"
    path.write_text(MOTOR + COUNTER)

    found = read_description(path)

    assert found.motors == (MotorConfig(mnemonic="th", name="Theta"),)
    assert found.counters == (CounterConfig(mnemonic="det", name="Detector"),)
    assert (found.name, found.geometry) == (None, None)


def test_rates_of_every_kind_are_read(tmp_path: Path) -> None:
    path = tmp_path / "rates.toml"
    path.write_text(
        MOTOR + COUNTER + 'rate = { kind = "sum", terms = [1, { kind = "constant", rate = 2 }, '
        '{ kind = "product", factors = [{ kind = "peak", motor = "th", center = 1, fwhm = 2, shape = "lorentzian" }, '
        '{ kind = "step", motor = "th", center = 3, width = -4, height = 5 }] }] }\n'
    )

    rate = read_description(path).counters[0].rate

    peak = Peak("th", 1.0, 2.0, shape=Shape.LORENTZIAN)
    assert rate == Sum((Constant(1.0), Constant(2.0), Product((peak, Step("th", 3.0, -4.0, 5.0)))))


def test_a_file_without_devices_is_a_beamline_without_devices(tmp_path: Path) -> None:
    path = tmp_path / "empty.toml"
    path.write_text("")
    assert read_description(path).motors == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("motor = [", "is neither TOML ("),
        ("x = " + "[" * 5000, "is neither TOML (it is nested too deeply)"),
        ('nam = "x"', "nam is no parameter of a beamline; did you mean name?"),
        ("zzz = 1", "zzz is no parameter of a beamline; expected one of name, geometry, motor, counter"),
        ("name = 5", "name is 5, expected a text"),
        ('name = "no blanks"', 'name is "no blanks", expected a name: a letter'),
        ('geometry = ""', 'geometry is "", expected a name'),
        ("motor = 3", "motor is 3, expected a list of tables, each begun with [[motor]]"),
        ("motor = [3]", "motor[0] is 3, expected a motor: a table"),
        ("counter = [[1]]", "counter[0] is a list of 1, expected a counter: a table"),
        ('[motor]\nmnemonic = "th"', "motor is a table, expected a list of tables"),
        ('[[motor]]\nname = "Theta"', "motor[0] has no mnemonic, which every motor must have"),
        (MOTOR + "slew = 5", "motor[0].slew is no parameter of a motor; did you mean slew_rate?"),
        (MOTOR + 'slew_rate = "fast"', 'motor[0].slew_rate is "fast", expected a number'),
        (MOTOR + "slew_rate = true", "motor[0].slew_rate is true, expected a number"),
        (MOTOR + "slew_rate = nan", "motor[0].slew_rate is nan, expected a finite number"),
        (MOTOR + "low_switch = -inf", "motor[0].low_switch is -inf, expected a finite number"),
        (MOTOR + f"dial = {10**400}", "motor[0].dial is 1000000000"),
        (MOTOR + "sign = 1.0", "motor[0].sign is 1.0, expected a whole number"),
        (MOTOR + "sign = 2", "motor[0]: sign of motor th is 2"),
        (MOTOR + "unit = false", "motor[0].unit is false, expected a whole number"),
        (MOTOR + "disabled = 1", "motor[0].disabled is 1, expected true or false"),
        (MOTOR + "slew_rate = 0", "motor[0]: slew_rate of motor th is 0.0"),
        (MOTOR + "low_limit = 5\nhigh_limit = 4", "motor[0]: high_limit of motor th is 4.0"),
        (
            MOTOR.replace('"th"', '"much_too_long"'),
            "motor[0]: mnemonic is 'much_too_long', expected a letter or _, then letters, digits and _, at most 7",
        ),
        (MOTOR.replace('"Theta"', '"A name that is too long"'), "motor[0]: name of th is 'A name that is too long'"),
        *(
            (
                MOTOR.replace('"Theta"', name),
                f"motor[0]: name of th is {shown}, expected 1 to 15 characters, words with",
            )
            for name, shown in [('""', "''"), ('"A  B"', "'A  B'"), ('" A"', "' A'"), (r'"A\nB"', r"'A\nB'")]
        ),
        (MOTOR.replace('"th"', '"a b"'), "motor[0]: mnemonic is 'a b', expected a letter or _"),
        (
            MOTOR.replace('"th"', '"A"'),
            "motor[0].mnemonic is 'A', expected a mnemonic that is no word of SPEC's language",
        ),
        (COUNTER.replace("det", "local"), "counter[0].mnemonic is 'local', expected a mnemonic that is no word of"),
        (MOTOR + MOTOR, "motor[1].mnemonic is 'th', expected a mnemonic that no other motor or counter has: motor[0]"),
        (MOTOR + COUNTER.replace("det", "th"), "counter[0].mnemonic is 'th', expected a mnemonic that no other"),
        (COUNTER + 'use = "clock"', 'counter[0].use is "clock", expected one of "timebase", "monitor", "counter"'),
        (COUNTER + "use = [1]", "counter[0].use is a list of 1, expected one of"),
        (COUNTER + "scale = 0", "counter[0]: scale of counter det is 0.0, expected 1e-12 to 1e+12"),
        (COUNTER + 'rate = "high"', 'counter[0].rate is "high", expected a rate: a number, or a table with a kind'),
        (COUNTER + "rate = -1", "counter[0].rate: rate is -1.0, expected zero or more"),
        (COUNTER + "rate = {}", 'counter[0].rate.kind is "missing", expected one of "constant", "peak"'),
        (COUNTER + 'rate = { kind = "hill" }', 'counter[0].rate.kind is "hill", expected one of'),
        (COUNTER + 'rate = { kind = ["peak"] }', "counter[0].rate.kind is a list of 1, expected one of"),
        (COUNTER + 'rate = { kind = "peak" }', "counter[0].rate has no motor, which every rate of kind peak must have"),
        (
            COUNTER + 'rate = { kind = "peak", motor = "th", center = 0, fwhm = 1 }',
            'counter[0].rate.motor is "th", expected the mnemonic of a motor: there is none',
        ),
        (
            MOTOR + COUNTER + 'rate = { kind = "peak", motor = "tth", center = 0, fwhm = 1 }',
            'counter[0].rate.motor is "tth", expected the mnemonic of a motor: th',
        ),
        (
            MOTOR + COUNTER + 'rate = { kind = "peak", motor = "th", center = 0, fwhm = 0 }',
            "counter[0].rate: fwhm is 0.0, expected a positive number",
        ),
        (
            MOTOR + COUNTER + 'rate = { kind = "step", motor = "th", center = 0, width = 0 }',
            "counter[0].rate: width is 0.0, expected a number that is not zero",
        ),
        (
            MOTOR + COUNTER + 'rate = { kind = "peak", motor = "th", center = 0, fwhm = 1, heigth = 1 }',
            "counter[0].rate.heigth is no parameter of a rate of kind peak; did you mean height?",
        ),
        (
            MOTOR + COUNTER + 'rate = { kind = "peak", motor = "th", center = 0, fwhm = 1, shape = "square" }',
            'counter[0].rate.shape is "square", expected one of "gaussian", "lorentzian"',
        ),
        (COUNTER + 'rate = { kind = "sum", terms = 1 }', "counter[0].rate.terms is 1, expected a list of rates"),
        (COUNTER + 'rate = { kind = "sum", terms = [] }', "counter[0].rate.terms is a list of 0, expected a list of"),
        (
            COUNTER + 'rate = { kind = "sum", terms = [1, "x"] }',
            'counter[0].rate.terms[1] is "x", expected a rate: a number',
        ),
        (
            COUNTER + "rate = " + '{ kind = "sum", terms = [' * 30 + "1" + "] }" * 30,
            f"is in more than {MAX_DEPTH} rates, expected fewer",
        ),
        ("[[motor]]\n" * 2001, "motor is a list of 2001, expected at most 2000"),
        (b"name = '\xff'", "is not text in UTF-8, expected a TOML file or SPEC's config file"),
        (b" " * (4 * 1024 * 1024 + 1), "is longer than 4194304 bytes"),
    ],
)
def test_what_is_wrong_is_told_with_its_key_and_what_was_expected(
    tmp_path: Path, text: str | bytes, expected: str
) -> None:
    assert expected in refusal(tmp_path / "beam.toml", text)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidFileError, match="cannot be read: No such file"):
        read_description(tmp_path / "nothing.toml")


def test_the_reference_page_names_every_key_and_default() -> None:
    page = (ROOT / "docs" / "reference" / "simulator-config.md").read_text()
    for cls in (MotorConfig, CounterConfig, *RATES.values()):
        for field in fields(cls):
            assert f"`{field.name}`" in page, field.name
    for field in fields(MotorConfig):
        if isinstance(field.default, float):
            row = next(line for line in page.splitlines() if line.startswith(f"| `{field.name}` |"))
            assert f"{field.default:g}" in row, field.name
