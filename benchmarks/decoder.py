"""Small messages cut out of a stream, as a burst of events comes in."""

from __future__ import annotations

import struct
from time import perf_counter
from typing import TYPE_CHECKING

from pycertifspec import DataTypes, EventTypes
from pycertifspec.wire.decoder import Decoder

from . import packets
from .row import Row, Target, compare

if TYPE_CHECKING:
    from collections.abc import Callable

EVENT = packets.packet(EventTypes.SV_EVENT, DataTypes.SV_STRING, "motor/th/position", packets.POSITION)
COUNT = 20_000  # a round
CHUNK = 64 * 1024


def measure(rounds: int) -> list[Row]:
    """Measure messages a second beside a loop that does nothing but unpack and slice."""
    stream = EVENT * COUNT
    chunks = [stream[at : at + CHUNK] for at in range(0, len(stream), CHUNK)]
    ours, bare = [], []
    for _ in range(rounds):
        bare.append(_rate(lambda: _slice(stream)))
        ours.append(_rate(lambda: _decode(chunks)))
    median = compare("decoder, small events", "msg/s", ours, bare, Target("figure", ">=", 250_000))
    return [median, Row("decoder, small events, best round", "msg/s", max(ours), max(bare), max(ours) / max(bare))]


def _rate(run: Callable[[], int]) -> float:
    start = perf_counter()
    count = run()
    return count / (perf_counter() - start)


def _decode(chunks: list[bytes]) -> int:
    decoder, count = Decoder(), 0
    for chunk in chunks:
        count += len(decoder.receive(chunk))
    assert count == COUNT
    return count


def _slice(stream: bytes) -> int:
    """Do the least that gives a header's fields, a name and a body for each message."""
    unpack = struct.Struct("=IiIIIIiiIIIii80s").unpack_from
    messages, at = [], 0
    while at < len(stream):
        fields = unpack(stream, at)
        start = at + packets.HEADER_SIZE
        at = start + fields[10]
        messages.append((fields, stream[start:at]))
    return len(messages)
