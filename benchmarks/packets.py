"""The packets that are sent here: as SPEC sends them, header version 4 in the machine's order."""

from __future__ import annotations

import sys

from pycertifspec import DataTypes, EventTypes
from pycertifspec.wire import header

HEADER_SIZE = header.STANDARD_SIZE[header.NEWEST_VERSION]
POSITION = b"1.2345\0"  # a motor's


def packet(command: int, data_type: int, name: str = "", body: bytes = b"", *, rows: int = 0, cols: int = 0) -> bytes:
    """Return a packet's bytes."""
    fields = (1, 1_700_000_000, 0, command, data_type, rows, cols, len(body), 0, 0)
    return header.build(sys.byteorder, header.NEWEST_VERSION, *fields, name) + body


def array(size: int) -> bytes:
    """Return a reply with an array of doubles that has `size` bytes."""
    return packet(EventTypes.SV_REPLY, DataTypes.SV_ARR_DOUBLE, "var/image", bytes(size), rows=1, cols=size // 8)
