"""What a name on the command line means: a motor, a counter, a variable or a property."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pycertifspec.errors import RemoteError
from pycertifspec.session import names, properties
from pycertifspec.session.change import sent_at
from pycertifspec.wire import arrays

from .output import Record

if TYPE_CHECKING:
    from typing import Any

    from pycertifspec.sync.client import Client
    from pycertifspec.wire.message import SpecMessage

HELP = "th: a motor's position; det: a counter; @NAME: a variable; else a property, such as motor/th/offset"


class Named(NamedTuple):
    """A property that was meant, and what the server said of it."""

    name: str
    path: str
    message: SpecMessage

    @property
    def value(self) -> Any:
        """Its value."""
        return names.value_of(self.message, self.path)

    @property
    def record(self) -> Record:
        """What is told of it."""
        return record(self.path, self.value, sent_at(self.message))


def paths(name: str) -> tuple[str, ...]:
    """Return the properties that a name may mean, the likeliest first."""
    if name.startswith("@"):
        return (properties.variable_path(name[1:]),)
    if "/" in name:
        return (name,)
    return properties.motor_path(name, "position"), properties.scaler_path(name, "value"), name


def find(client: Client, name: str) -> Named:
    """Return what a name means on this server.

    Raises:
        RemoteError: nothing.

    """
    possible = paths(name)
    for path in possible:
        message = client.get(path, force_fetch=True)
        if message is not None:
            return Named(name, path, message)
    if len(possible) == 1:
        client.read(possible[0])  # the server says why it cannot be read
    raise RemoteError(
        f"{name!r} is no motor, counter or property of {client.server_name}; the variable of that name is '@{name}'"
    )


def record(path: str, value: Any, timestamp: float | None) -> Record:
    """Return what is told of a property's value."""
    return Record(path, value, type_name(value), names.units(path), timestamp)


def type_name(value: Any) -> str:
    """Return what a value is: ``flag``, ``double``, ``string``, ``assoc`` or ``array``."""
    if isinstance(value, bool):
        return "flag"
    if isinstance(value, int | float):
        return "double"
    if isinstance(value, dict):
        return "assoc"
    return "array" if arrays.is_array(value) or isinstance(value, list) else "string"
