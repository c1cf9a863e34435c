"""What is known of a property by its name: how its text becomes a value (PROTOCOL.md 5)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pycertifspec.errors import LocalProtocolError, LocalTypeError, RemoteProtocolError
from pycertifspec.wire import values
from pycertifspec.wire.constants import DataTypes

from . import properties
from .elements import split_element

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycertifspec.wire.message import SpecMessage

    from .properties import Property

# An attribute of an enumeration costs as much as the rest.
_STRING = int(DataTypes.SV_STRING)

_MOTOR: dict[str, Property[Any]] = {prop.name: prop for prop in properties.MOTOR}
_COUNTER: dict[str, Property[Any]] = {prop.name: prop for prop in properties.COUNTER}
_STATUS = {properties.READY, properties.SHELL, properties.SIMULATE, properties.QUIT}


def check_name(name: str) -> str:
    """Return a property's name.

    Raises:
        LocalProtocolError: it begins with a slash, as no name does (PROTOCOL.md 5.1), or is empty, or no text.

    """
    if not isinstance(name, str):
        raise LocalTypeError(f"{name!r} is no property: names are texts such as 'motor/th/position'")
    if not name or name.startswith("/"):
        raise LocalProtocolError(
            f"{name!r} is no property: names are paths without a slash in front, as motor/th/position"
        )
    return name


@lru_cache(maxsize=1024)
def converter(name: str) -> Callable[[str], Any] | None:
    """Return what makes a value of a property's text, or None where text stays text."""
    if name in _STATUS:
        return properties.flag
    known = _known(name)
    return None if known is None or known.convert is str else known.convert


def units(name: str) -> str:
    """Return what a property's number counts, as far as its name tells; empty where it does not."""
    known = _known(name)
    return "" if known is None else str(known.units)


def _known(name: str) -> Property[Any] | None:
    family, _, rest = name.partition("/")
    table = {"motor": _MOTOR, "scaler": _COUNTER}.get(family)
    return table.get(rest.rpartition("/")[2]) if table else None


def value_of(message: SpecMessage, name: str) -> Any:
    """Return the value in a reply or an event of a property.

    Raises:
        RemoteProtocolError: the body contradicts its header, or the property is a number and its text is none.

    """
    if message[7] == _STRING:
        text: Any = message[14]
        convert = converter(name)
        if convert is None:
            return text.split("\0", 1)[0] if "\0" in text else text
        try:
            return convert(text)
        except ValueError:
            raise RemoteProtocolError(
                f"the value of {name!r} is {text[:80]!r}, expected a number", field="body", property=name
            ) from None
    value = values.decode(message)
    if isinstance(value, dict) and len(value) == 1 and split_element(name)[1]:
        return next(iter(value.values()))  # an element comes as the pair (5.5)
    return value
