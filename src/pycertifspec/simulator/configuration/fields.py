"""Makes a value object of a TOML table: the keys are its fields, whatever they are."""

from __future__ import annotations

import math
from dataclasses import MISSING, dataclass, fields
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from pycertifspec.errors import InvalidFileError
from pycertifspec.simulator.hardware.config import CounterUse
from pycertifspec.simulator.hardware.rates import Constant, Peak, Product, Shape, Step, Sum

from .description import refuse

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from enum import StrEnum

    from pycertifspec.simulator.hardware.rates import Rate

Made = TypeVar("Made")

RATES: dict[str, type] = {"constant": Constant, "peak": Peak, "step": Step, "sum": Sum, "product": Product}
"""What a rate may be, by its `kind`."""

# Rates in rates. Real ones are a sum of products; Python's own depth is far from reached.
MAX_DEPTH = 20


@dataclass(frozen=True, slots=True)
class Place:
    """Where in which file something stands.

    Attributes:
        file: its name.
        key: in TOML's words: ``motor[1].slew_rate``.
        motors: the mnemonics that a rate may depend on.
        depth: how many rates are around it.

    """

    file: str
    key: str = ""
    motors: Collection[str] = ()
    depth: int = 0

    def at(self, key: str | int, *, deeper: bool = False) -> Place:
        """Return the place of a key or element of what stands here."""
        inner = f"{self.key}[{key}]" if isinstance(key, int) else f"{self.key}.{key}".removeprefix(".")
        return Place(self.file, inner, self.motors, self.depth + deeper)

    def refuse(self, found: Any, expected: str) -> NoReturn:
        """Say what is wrong here.

        Raises:
            InvalidFileError: always.

        """
        refuse(self.file, self.key or "the file", _shown(found), expected)


def make(cls: type[Made], table: Any, place: Place, *, what: str, given: Mapping[str, Any] | None = None) -> Made:
    """Make an object of a table.

    Args:
        cls: a dataclass; its fields are the keys.
        table: what the file has there.
        place: where that is.
        what: what it is to be, for errors: ``motor``.
        given: keys that are no fields, with what they were.

    Raises:
        InvalidFileError: it is no table, a key is unknown or missing, or a value is not what is expected.

    """
    if not isinstance(table, dict):
        place.refuse(table, f"a {what}: a table")
    known = {field.name: field for field in fields(cls)}  # type: ignore[arg-type]  # a dataclass
    check_keys(table, [*known, *(given or {})], place, what=what)
    values = {
        name: _READERS[str(field.type)](table[name], place.at(name)) for name, field in known.items() if name in table
    }
    for name, field in known.items():
        if name not in values and field.default is MISSING and field.default_factory is MISSING:
            raise InvalidFileError(f"{place.file}: {place.key} has no {name}, which every {what} must have")
    try:
        return cls(**values)
    except ValueError as error:
        raise InvalidFileError(f"{place.file}: {place.key}: {error}") from error


def check_keys(table: Mapping[str, Any], known: Collection[str], place: Place, *, what: str) -> None:
    """Find a key that means nothing.

    Raises:
        InvalidFileError: there is one.

    """
    for key in table:
        if key not in known:
            near = get_close_matches(key, known, 1)
            hint = f"did you mean {near[0]}?" if near else f"expected one of {', '.join(known)}"
            raise InvalidFileError(f"{place.file}: {place.at(key).key} is no parameter of a {what}; {hint}")


def text(value: Any, place: Place) -> str:
    """Return a text."""
    return value if isinstance(value, str) else place.refuse(value, "a text")


def number(value: Any, place: Place) -> float:
    """Return a finite number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        place.refuse(value, "a number")
    try:
        found = float(value)
    except OverflowError:
        found = math.inf
    return found if math.isfinite(found) else place.refuse(value, "a finite number")


def _whole(value: Any, place: Place) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        place.refuse(value, "a whole number")
    return int(number(value, place))


def _truth(value: Any, place: Place) -> bool:
    return value if isinstance(value, bool) else place.refuse(value, "true or false")


def _one_of(cls: type[StrEnum]) -> Callable[[Any, Place], StrEnum]:
    def read(value: Any, place: Place) -> StrEnum:
        if value not in list(cls):
            place.refuse(value, "one of " + ", ".join(f'"{member}"' for member in cls))
        return cls(value)

    return read


def _rate(value: Any, place: Place) -> Rate:
    """Return a rate: a number is one that is the same everywhere."""
    if place.depth > MAX_DEPTH:
        raise InvalidFileError(f"{place.file}: {place.key} is in more than {MAX_DEPTH} rates, expected fewer")
    if not isinstance(value, dict):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            place.refuse(value, "a rate: a number, or a table with a kind")
        return make(Constant, {"rate": value}, place, what="rate")
    cls = RATES.get(value["kind"]) if isinstance(value.get("kind"), str) else None
    if cls is None:
        place.at("kind").refuse(value.get("kind", "missing"), "one of " + ", ".join(f'"{kind}"' for kind in RATES))
    rate: Rate = make(cls, value, place, what=f"rate of kind {value['kind']}", given={"kind": cls})
    motor = getattr(rate, "motor", None)
    if motor is not None and motor not in place.motors:
        place.at("motor").refuse(motor, f"the mnemonic of a motor: {', '.join(place.motors) or 'there is none'}")
    return rate


def _rates(value: Any, place: Place) -> tuple[Rate, ...]:
    if not isinstance(value, list) or not value:
        place.refuse(value, "a list of rates")
    return tuple(_rate(one, place.at(index, deeper=True)) for index, one in enumerate(value))


# How a field is read, by its type as the class declares it.
_READERS: dict[str, Callable[[Any, Place], Any]] = {
    "str": text,
    "float": number,
    "float | None": number,
    "int": _whole,
    "bool": _truth,
    "CounterUse": _one_of(CounterUse),
    "Shape": _one_of(Shape),
    "Rate": _rate,
    "tuple[Rate, ...]": _rates,
}

_LONGEST_SHOWN = 60


def _shown(value: Any) -> str:
    """Write a value as TOML does, cut short."""
    found = repr(value)
    if isinstance(value, bool):
        found = str(value).lower()
    elif isinstance(value, str):
        found = f'"{value}"'
    elif isinstance(value, (dict, list)):
        found = "a table" if isinstance(value, dict) else f"a list of {len(value)}"
    return found if len(found) <= _LONGEST_SHOWN else found[:_LONGEST_SHOWN] + "…"
