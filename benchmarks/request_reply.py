"""A request and its reply on the blocking socket, against the barest loop that moves the same bytes."""

from __future__ import annotations

from itertools import chain
from statistics import median
from time import perf_counter_ns
from typing import TYPE_CHECKING, TypeAlias

from pycertifspec import DataTypes, EventTypes

from . import packets
from .connection import connected
from .machine import one_core
from .row import Row, Target, compare

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Sequence

    from pycertifspec import SpecSocket

PROPERTY = "motor/th/position"
TURNS, CALLS = 10, 300  # a round: the loops take turns so short that they meet the same neighbours
REQUEST = packets.packet(EventTypes.SV_CHAN_READ, 0, PROPERTY)
REPLY = packets.packet(EventTypes.SV_REPLY, DataTypes.SV_STRING, PROPERTY, packets.POSITION)

Rounds: TypeAlias = "Sequence[list[list[int]]]"  # of one loop: its rounds' turns' calls, in ns


def measure(rounds: int) -> list[Row]:
    """Measure the median and the slowest hundredth of calls."""
    with one_core(), connected("reply", REPLY) as pair:
        loops = [_one_call(pair.bare), _spec(pair.ours), _two_calls(pair.bare)]
        _round(loops)  # fills caches
        one, ours, two = zip(*(_round(loops) for _ in range(rounds)), strict=True)
    return [
        compare("request/reply p50", "us", _p50(ours), _p50(one), Target("ratio", "<=", 1.2)),
        _quietest(ours, one),
        compare("request/reply p50 / header and body apart", "us", _p50(ours), _p50(two)),
        compare("request/reply p99", "us", _p99(ours), _p99(one)),
    ]


def _one_call(bare: socket.socket) -> Callable[[], None]:
    """Return the barest loop's body: the whole reply comes into one buffer."""
    send, receive, buffer, size = bare.sendall, bare.recv_into, bytearray(len(REPLY)), len(REPLY)

    def call() -> None:
        send(REQUEST)
        count = receive(buffer)
        while count < size:
            count += receive(memoryview(buffer)[count:])

    return call


def _two_calls(bare: socket.socket) -> Callable[[], None]:
    """Return the same for who cannot know how long the reply will be."""
    send, receive = bare.sendall, bare.recv_into
    header, body = bytearray(packets.HEADER_SIZE), bytearray(len(REPLY) - packets.HEADER_SIZE)

    def call() -> None:
        send(REQUEST)
        for buffer in (header, body):
            count = receive(buffer)
            while count < len(buffer):
                count += receive(memoryview(buffer)[count:])

    return call


def _spec(ours: SpecSocket) -> Callable[[], None]:
    send, receive = ours.send_spec, ours.recv_spec
    command = EventTypes.SV_CHAN_READ

    def call() -> None:
        send(1, command, 0, PROPERTY)
        receive()

    return call


def _round(loops: Sequence[Callable[[], None]]) -> list[list[list[int]]]:
    """Return the times of each loop's calls, in ns, turn by turn."""
    times: list[list[list[int]]] = [[] for _ in loops]
    for _ in range(TURNS):
        for turns, call in zip(times, loops, strict=True):
            turns.append(_turn(call))
    return times


def _turn(call: Callable[[], None]) -> list[int]:
    times = []
    for _ in range(CALLS):
        start = perf_counter_ns()
        call()
        times.append(perf_counter_ns() - start)
    return times


def _p50(rounds: Rounds) -> list[float]:
    return [median(chain(*turns)) / 1000 for turns in rounds]


def _p99(rounds: Rounds) -> list[float]:
    return [sorted(chain(*turns))[TURNS * CALLS * 99 // 100] / 1000 for turns in rounds]


def _quietest(ours: Rounds, one: Rounds) -> Row:
    """Compare the best turns: where others use the machine as well, this is what we cost without them."""
    figure, limit = (min(median(turn) for turn in chain(*rounds)) / 1000 for rounds in (ours, one))
    return Row("request/reply p50, quietest turn", "us", figure, limit, figure / limit)
