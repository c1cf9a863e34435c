"""Recorded traffic: a line of JSON a message, so that a problem at a beamline becomes a test at home."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, Final

from pycertifspec.errors import DataFileError, RemoteProtocolError
from pycertifspec.wire.decoder import Decoder

from .passing import Listener, Passing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .passing import Direction

# The first line's; a newer form gets a new number.
FORMAT: Final = "pycertifspec recording"
VERSION: Final = 1
# A message with the largest body that is read by default, in base64, and what stands around it.
MAX_LINE: Final = 1536 * 1024 * 1024

NO_RECORDING: Final = "this is no recording of ours (`pycertifspec sniff --record FILE` makes one)"
_DIRECTIONS: Final[dict[str, Direction]] = {"up": "up", "down": "down"}


def heading(server: str) -> str:
    """Return the first line of a recording.

    Args:
        server: which one was listened to, for people.

    """
    return json.dumps({"format": FORMAT, "version": VERSION, "server": server}) + "\n"


def line(passing: Passing) -> str:
    """Return the line of a message or a note."""
    item: dict[str, Any] = {
        "time": round(passing.time, 6),
        "connection": passing.connection,
        "direction": passing.direction,
    }
    if passing.message is None:
        item["note"] = passing.note
    else:
        item["name"] = passing.name  # for people; the packet says it all
        item["packet"] = base64.b64encode(passing.message.encode()).decode()
    return json.dumps(item) + "\n"


def read(lines: Iterable[str]) -> Iterator[Passing]:
    """Return what a recording holds, in its order.

    Raises:
        DataFileError: it is no recording, or damaged; the line is told.

    """
    listeners: dict[int, Listener] = {}
    for number, text in enumerate(lines, 1):
        try:
            item = json.loads(text)
            if number == 1:
                _check_heading(item)
                continue
            connection, direction, time = int(item["connection"]), _DIRECTIONS[item["direction"]], float(item["time"])
            listener = listeners.setdefault(connection, Listener(connection))
            if "note" in item:
                yield listener.note(direction, str(item["note"]), time)
            else:
                (message,) = Decoder().receive(base64.b64decode(item["packet"], validate=True))
                yield listener.hear(direction, message, time)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            if number == 1 and not isinstance(error, DataFileError):
                raise DataFileError(NO_RECORDING) from error
            reason = str(error) if isinstance(error, (DataFileError, RemoteProtocolError)) else "not understood"
            raise DataFileError(f"line {number} of the recording: {reason}: {text[:80]!r}") from error


def _check_heading(item: Any) -> None:
    if not isinstance(item, dict) or item.get("format") != FORMAT:
        raise DataFileError(NO_RECORDING)
    if item.get("version") != VERSION:
        raise DataFileError(f"it has version {item.get('version')!r}, and we read {VERSION}")
