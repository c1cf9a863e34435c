"""A beamline in a TOML file: `[[motor]]` and `[[counter]]` tables, a name, a geometry."""

from __future__ import annotations

import tomllib
from typing import Any

from pycertifspec.errors import InvalidFileError
from pycertifspec.simulator.geometry import check_geometry
from pycertifspec.simulator.hardware.config import CounterConfig, MotorConfig

from .description import MAX_DEVICES, NAME, NAME_IN_WORDS, Description, Mnemonics
from .fields import Place, check_keys, make, text

_KEYS = ("name", "geometry", "motor", "counter")


def toml_description(content: str, file: str) -> Description:
    """Return what a TOML file says.

    Raises:
        InvalidFileError: it is no TOML, or says what cannot be simulated.

    """
    try:
        table = tomllib.loads(content)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise InvalidFileError(
            f"{file} is neither TOML ({reason}) nor SPEC's config file (it has no line MOT000 = … or CNT000 = …)"
        ) from error
    place = Place(file)
    check_keys(table, _KEYS, place, what="beamline")
    used = Mnemonics(file)
    motors = [
        make(MotorConfig, motor, place.at("motor").at(index), what="motor")
        for index, motor in enumerate(_tables(table, "motor", place))
    ]
    for index, motor in enumerate(motors):
        used.add(motor.mnemonic, place.at("motor").at(index).at("mnemonic").key)
    inside = Place(file, motors=[motor.mnemonic for motor in motors])
    counters = [
        make(CounterConfig, counter, inside.at("counter").at(index), what="counter")
        for index, counter in enumerate(_tables(table, "counter", place))
    ]
    for index, counter in enumerate(counters):
        used.add(counter.mnemonic, place.at("counter").at(index).at("mnemonic").key)
    geometry = _name(table, "geometry", place)
    if geometry is not None and (problem := check_geometry(geometry, [motor.mnemonic for motor in motors])):
        raise InvalidFileError(f"{file}: geometry: {problem}; leave the key out for a beamline without one")
    return Description(
        motors=tuple(motors),
        counters=tuple(counters),
        name=_name(table, "name", place),
        geometry=geometry,
        file=file,
    )


def _tables(table: dict[str, Any], key: str, place: Place) -> list[Any]:
    found = table.get(key, [])
    if not isinstance(found, list):
        place.at(key).refuse(found, f"a list of tables, each begun with [[{key}]]")
    if len(found) > MAX_DEVICES:
        place.at(key).refuse(found, f"at most {MAX_DEVICES}")
    return found


def _name(table: dict[str, Any], key: str, place: Place) -> str | None:
    if key not in table:
        return None
    found = text(table[key], place.at(key))
    if not NAME.fullmatch(found):
        place.at(key).refuse(found, NAME_IN_WORDS)
    return found
