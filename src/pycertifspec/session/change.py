"""`Change`: what a watched property has become."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from pycertifspec.wire.message import SpecMessage


class Change(NamedTuple):
    """One event of a property.

    Attributes:
        name: the property.
        value: what it is now: a number or flag where it is known to be one (PROTOCOL.md 5), else text; an
            associative array whole, with all changes until now.
        first: True for the value that registration tells, which is no change (PROTOCOL.md 5.1).
        deleted: True if the property, or the elements in `part`, have ceased to exist.
        part: the elements of an associative array that this event is about, else None.
        message: the event as it came.

    """

    name: str
    value: Any
    first: bool
    deleted: bool
    part: dict[Any, str] | None
    message: SpecMessage


def sent_at(message: SpecMessage) -> float:
    """Return when a message was sent, seconds since 1970 by its sender's clock."""
    return float(message.sec + message.usec / 1e6)
