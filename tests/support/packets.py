"""Packets written by the book, without a line of the code under test (PROTOCOL.md 1.2)."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

VECTORS: dict[str, bytes] = {
    name: bytes.fromhex(text)
    for name, text in json.loads((Path(__file__).parents[1] / "vectors" / "vectors.json").read_text()).items()
}

MAGIC = 4277009102
SEC, USEC = 1700000000, 250000

HELLO, HELLO_REPLY, CHAN_READ, CHAN_SEND, REPLY, EVENT, REGISTER, CLOSE = 14, 15, 11, 12, 13, 8, 6, 1
STRING, ERROR, ASSOC, ARR_DOUBLE = 2, 3, 4, 5


@dataclass(frozen=True)
class Packet:
    """What a packet says, and how it is written."""

    cmd: int = REPLY
    type: int = STRING
    name: str = ""
    body: bytes = b""
    sn: int = 0
    rows: int = 0
    cols: int = 0
    err: int = 0
    flags: int = 0
    sec: int = SEC
    usec: int = USEC
    vers: int = 4
    order: Literal["little", "big"] = "little"
    extra: int = 0  # bytes that a header of the future has before the name
    magic: int = MAGIC
    len: int | None = None  # what the header says, where that is not the truth
    size: int | None = None

    def encode(self) -> bytes:
        known = min(self.vers, 4)
        length = len(self.body) if self.len is None else self.len
        size = {2: 124, 3: 128}.get(known, 132) + self.extra if self.size is None else self.size
        integers = [self.magic, self.vers, size, self.sn, self.sec, self.usec, self.cmd, self.type]
        integers += [self.rows, self.cols, length, self.err, self.flags][: {2: 3, 3: 4}.get(known, 5)]
        codes = "IiIIIIiiIIIii"[: len(integers)]
        head = struct.pack(("<" if self.order == "little" else ">") + codes, *integers)
        return head + bytes(self.extra) + self.name.encode().ljust(80, b"\0") + self.body


def stamped(packet: bytes, order: Literal["little", "big"] = "little") -> bytes:
    """Return a packet with the time of the vectors in place of its own."""
    return packet[:16] + SEC.to_bytes(4, order) + USEC.to_bytes(4, order) + packet[24:]


def packets_of(stream: bytes) -> list[bytes]:
    """Cut a stream of little-endian version 4 packets into packets."""
    found = []
    while stream:
        length = 132 + struct.unpack_from("<I", stream, 40)[0]
        found.append(stream[:length])
        stream = stream[length:]
    return found
