"""Arrays received whole, against the barest loop that waits until as many bytes are there."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

from . import packets
from .connection import connected, fill
from .row import Row, Target, compare

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from pycertifspec import SpecSocket

# Bytes of an array and how many make a round.
SIZES = {"8 kB": (8_000, 1_000), "1 MB": (1_000_000, 40), "32 MB": (32_000_000, 4)}
# What was promised; of 8 kB the calls count, which request_reply measures.
TARGETS = dict.fromkeys(("1 MB", "32 MB"), Target("ratio", ">=", 0.9))
BURST = 1_000_000  # the peer sends small messages together: it must not be what is slow


def measure(rounds: int) -> list[Row]:
    """Measure each size beside new memory for each message, and beside one buffer for all."""
    return [row for label, (size, count) in SIZES.items() for row in _measure(label, size, count, rounds)]


def _measure(label: str, size: int, count: int, rounds: int) -> list[Row]:
    message = packets.array(size)
    total = len(message)
    fresh, ours, same, apart = [], [], [], []
    buffer = bytearray(total)
    with connected("blast", message * max(1, BURST // total)) as pair:
        for _ in range(rounds):
            fresh.append(_rate(lambda: fill(pair.bare, bytearray(total)), total, count))
            ours.append(_rate(lambda: _receive(pair.ours, size), total, count))
            same.append(_rate(lambda: fill(pair.bare, buffer), total, count))
            apart.append(_rate(lambda: _fill_apart(pair.bare, size), total, count))
    return [
        compare(f"{label} array / into new memory", "MB/s", ours, fresh, TARGETS.get(label)),
        compare(f"{label} array / into one buffer", "MB/s", ours, same),
        compare(f"{label} array / header and body apart", "MB/s", ours, apart),
    ]


def _rate(receive: Callable[[], object], total: int, count: int) -> float:
    start = perf_counter()
    for _ in range(count):
        receive()
    return count * total / (perf_counter() - start) / 1e6


def _fill_apart(bare: socket.socket, size: int) -> None:
    """Do what one must who cannot know how long the next message is."""
    fill(bare, bytearray(packets.HEADER_SIZE))
    fill(bare, bytearray(size))


def _receive(ours: SpecSocket, size: int) -> None:
    assert len(ours.recv_spec().body) == size
