"""How a message is shown, to people and as JSON, and which ones are."""

from __future__ import annotations

from datetime import datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final

from pycertifspec.errors import RemoteProtocolError
from pycertifspec.wire import values
from pycertifspec.wire.constants import ELEMENTS, DataTypes, EventTypes

from .output import iso, printable

if TYPE_CHECKING:
    from collections.abc import Collection

    from pycertifspec.traffic.passing import Passing
    from pycertifspec.wire.message import SpecMessage

# As much of a value as fits into a line of a terminal; --verbose shows all.
SHORT: Final = 100
# Elements of an array that are looked at for the short form.
FEW: Final = 16
_CODE_NAMES: Final = {int(code): code.name.removeprefix("SV_").lower() for code in EventTypes}
_TYPE_NAMES: Final = {int(code): code.name.removeprefix("SV_").lower() for code in DataTypes}
KINDS: Final = tuple(_CODE_NAMES.values())
_CALLS: Final = frozenset({EventTypes.SV_FUNC, EventTypes.SV_FUNC_WITH_RETURN})
_MARKS: Final = {"up": ">", "down": "<"}


def kind(message: SpecMessage) -> str:
    """Return a message's command in lower case, without SV_; its number where nobody knows it."""
    return _CODE_NAMES.get(message.cmd, str(message.cmd))


def wanted(passing: Passing, names: Collection[str], kinds: Collection[str]) -> bool:
    """Return whether a message is of a property that one of the patterns fits, and of one of the kinds.

    Args:
        passing: the message; what is no message is wanted always.
        names: patterns such as ``motor/*/position``; none for all.
        kinds: of `KINDS`; none for all.

    """
    if passing.message is None:
        return True
    if kinds and kind(passing.message) not in kinds:
        return False
    return not names or any(fnmatchcase(passing.name, pattern) for pattern in names)


def as_text(passing: Passing, *, full: bool = False) -> str:
    """Return a line for people: local time, connection, direction, kind, property, serial number, value, time taken.

    Args:
        passing: what is shown.
        full: whether long values are shown to their end.

    """
    at = datetime.fromtimestamp(passing.time).astimezone().strftime("%H:%M:%S.%f")
    start = f"{at} {passing.connection:>3} {_MARKS[passing.direction]}"
    message = passing.message
    if message is None:
        return f"{start} -- {printable(passing.note)}"
    parts = [start, f"{kind(message):<16}", printable(passing.name)]
    if message.sn:
        parts.append(f"#{message.sn}")
    if message.is_error:
        parts.append("error")
    if message.is_deleted:
        parts.append("deleted")
    if message.len:
        parts.append(_value_text(message, full=full))
    if passing.elapsed is not None:
        parts.append(f"({passing.elapsed * 1e3:.1f} ms)")
    return " ".join(part for part in parts if part).rstrip()


def as_object(passing: Passing) -> dict[str, Any]:
    """Return what stands for it in JSON; `value` is None where a body contradicts its header, and `note` says why."""
    message = passing.message
    value, note = (None, passing.note) if message is None else _value(message)
    return {
        "name": passing.name,
        "value": value,
        "type": _type_name(message) if message else "note",
        "units": "",
        "timestamp": iso(passing.time),
        "connection": passing.connection,
        "direction": passing.direction,
        "kind": kind(message) if message else "note",
        "sn": message.sn if message else 0,
        "error": bool(message and message.is_error),
        "deleted": bool(message and message.is_deleted),
        "elapsed": passing.elapsed,
        "note": note,
    }


def _type_name(message: SpecMessage) -> str:
    return _TYPE_NAMES.get(message.type, str(message.type)) if message.len or message.type else "none"


def _value(message: SpecMessage) -> tuple[Any, str]:
    if message.cmd in _CALLS and isinstance(message.body, str):
        return message.body.split("\0"), ""  # a function and its arguments (PROTOCOL.md 2.2)
    try:
        return values.decode(message), ""
    except RemoteProtocolError as error:
        return None, str(error)


def _value_text(message: SpecMessage, *, full: bool) -> str:
    value, trouble = _value(message)
    if trouble:
        return f"-- {printable(trouble)}"
    if message.type in ELEMENTS:
        few = value if full else value.reshape(-1)[:FEW]
        shape = "x".join(map(str, value.shape))
        text = f"{_type_name(message)}[{shape}] {few.tolist()}"
        text = text if full or value.size <= FEW else f"{text[:-1]}, ...]"
    else:
        text = repr(value)
    text = printable(text)
    return text if full or len(text) <= SHORT else f"{text[:SHORT]}..."
