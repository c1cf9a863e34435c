"""Feeds what reads the wire with damaged traffic: `python -m fuzzing.decoder --seconds 10`.

The rule: any byte string gives messages or a documented error (`RemoteProtocolError`), whatever way it is cut,
in bounded time; and what is read can be written and read again.
"""

from __future__ import annotations

import argparse
import json
import logging
import random
import sys
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from pycertifspec.errors import LocalProtocolError, RemoteProtocolError
from pycertifspec.wire import header, values
from pycertifspec.wire.decoder import Decoder
from pycertifspec.wire.reader import MessageReader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pycertifspec.wire.message import SpecMessage

SLOWEST = 2.0  # seconds that one input may take; a thousand times what the slowest takes on an idle machine
MAX_BODY = 1 << 16  # memory is none of this program's subjects
VECTORS = Path(__file__).parents[1] / "tests" / "vectors" / "vectors.json"

# What damages most: the edges of integers, and what is a delimiter somewhere.
EDGES = [b"\0", b"\xff", b"\x80", b"\x1c", b"\n", b"\x7f\xff\xff\xff", b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x80\0\0\0"]
FIELDS = {"vers": 4, "size": 8, "cmd": 24, "type": 28, "rows": 32, "cols": 36, "len": 40, "err": 44, "flags": 48}


def seeds() -> list[bytes]:
    """Return real packets."""
    return [bytes.fromhex(text) for text in json.loads(VECTORS.read_text()).values()]


def mutate(chance: random.Random, stream: bytearray) -> None:
    """Damage a stream in one place."""
    at = chance.randrange(len(stream) + 1)
    kind = chance.randrange(7)
    if kind == 0:
        stream[at : at + 1] = bytes([chance.randrange(256)])
    elif kind == 1:
        edge = chance.choice(EDGES)
        stream[at : at + len(edge)] = edge
    elif kind == 2:
        stream[at:at] = chance.randbytes(chance.randrange(1, 9))
    elif kind == 3:
        del stream[at : at + chance.randrange(1, 200)]
    elif kind == 4:
        stream[at:at] = stream[at : at + chance.randrange(1, 200)]
    elif kind == 5:
        where = chance.choice(list(FIELDS.values()))
        number = chance.choice((chance.randrange(16), chance.randrange(300), chance.randrange(1 << 32)))
        stream[where : where + 4] = number.to_bytes(4, chance.choice(("little", "big")))
    else:
        del stream[at:]


def rebuild(chance: random.Random, seed: bytes) -> bytes:
    """Return a packet with another type, shape and body whose header does not lie about its length."""
    (message,) = Decoder().receive(seed)
    body = chance.choice((chance.randbytes(chance.randrange(64)), message.raw_body, b"\0" * chance.randrange(20)))
    numbers = list(message[3:13])
    numbers[4] = chance.randrange(-1, 18)  # type
    numbers[5], numbers[6] = chance.randrange(6), chance.randrange(10)
    numbers[7] = len(body)
    vers = chance.choice((2, 3, 4, 4, 5))
    size = header.STANDARD_SIZE[min(vers, 4)] + (4 * chance.randrange(30) if vers > 4 else 0)
    order = chance.choice(("little", "big"))
    return header.pack(order, vers, size, tuple(numbers), message.name.encode()) + body  # type: ignore[arg-type]


def make_input(chance: random.Random, packets: Sequence[bytes]) -> bytes:
    """Return some packets, more or less damaged."""
    if chance.random() < 0.05:
        return chance.randbytes(chance.randrange(300))
    pieces = [chance.choice(packets) for _ in range(chance.randrange(1, 5))]
    stream = bytearray(b"".join(rebuild(chance, piece) if chance.random() < 0.5 else piece for piece in pieces))
    for _ in range(chance.choice((0, 0, 1, 1, 2, 5))):
        mutate(chance, stream)
    return bytes(stream)


def cut(chance: random.Random, stream: bytes) -> list[bytes]:
    """Return a stream in pieces."""
    edges = sorted(chance.randrange(len(stream) + 1) for _ in range(chance.choice((0, 1, 3, 20))))
    return [stream[a:b] for a, b in zip([0, *edges], [*edges, len(stream)], strict=True)]


def decode(pieces: Sequence[bytes]) -> tuple[list[SpecMessage], bool]:
    """Return the messages that the Decoder makes of the pieces, and whether it gave the stream up."""
    decoder = Decoder(max_body=MAX_BODY)
    messages: list[SpecMessage] = []
    try:
        for piece in pieces:
            messages += decoder.receive(piece)
    except RemoteProtocolError:
        assert decoder.failure is not None
    return messages, decoder.failure is not None


def read(pieces: Sequence[bytes]) -> tuple[list[SpecMessage], bool]:
    """Return the messages that the MessageReader makes of the pieces, and whether it gave the stream up."""
    reader = MessageReader(max_body=MAX_BODY)
    messages: list[SpecMessage] = []
    left = [memoryview(piece) for piece in pieces if piece]

    def fetch(memory: memoryview) -> int:
        if not left:
            return 0
        count = min(len(memory), len(left[0]))
        memory[:count] = left[0][:count]
        left[0] = left[0][count:]
        if not left[0]:
            del left[0]
        return count

    try:
        while (message := reader.read(fetch)) is not None:
            messages.append(message)
    except RemoteProtocolError:
        return messages, True
    return messages, False


def check_value(message: SpecMessage) -> None:
    """Decode a message's value; what comes out is sent back and read again as the same."""
    assert len(message.raw_body) == message.len, "raw_body has another length than the header says"
    assert Decoder().receive(message.encode()) == [message], "a message does not survive being written"
    try:
        value = values.decode(message)
    except RemoteProtocolError:
        return
    if value is None or isinstance(value, bytes):
        return
    try:
        kind, rows, cols, data = values.encode(value, message.byteorder)  # type: ignore[arg-type]
    except LocalProtocolError:
        return  # nested lists of strings, and indices that nobody can write
    again = message._replace(type=kind, rows=rows, cols=cols, len=len(data), body=bytes(data))
    (received,) = Decoder().receive(again.encode())
    values.decode(received)


def check(chance: random.Random, stream: bytes) -> int:
    """Check one input; return how many messages were in it."""
    messages, failed = decode([stream])
    assert decode(cut(chance, stream)) == (messages, failed), "another cut gives other messages"
    assert read(cut(chance, stream)) == (messages, failed), "Decoder and MessageReader disagree"
    for message in messages:
        check_value(message)
    return len(messages)


def main() -> int:
    """Run for a while; return 1 when the rule was broken."""
    parser = argparse.ArgumentParser(prog="python -m fuzzing.decoder", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=None, help="that of an earlier run, to see it again")
    options = parser.parse_args()
    logging.getLogger("pycertifspec").addHandler(logging.NullHandler())
    logging.getLogger("pycertifspec").propagate = False  # a warning for each odd array is what is wanted here
    seed = random.SystemRandom().randrange(1 << 32) if options.seed is None else options.seed
    chance = random.Random(seed)
    packets = seeds()
    begin = time.monotonic()
    inputs = found = 0
    slowest = 0.0
    stream = b""
    try:
        while time.monotonic() - begin < options.seconds:
            stream = make_input(chance, packets)
            start = time.monotonic()
            found += check(chance, stream)
            slowest = max(slowest, time.monotonic() - start)
            assert slowest < SLOWEST, f"an input took {slowest:.1f} s"
            inputs += 1
    except Exception:  # noqa: BLE001  whatever it is, it is the finding
        traceback.print_exc()
        print(f"seed {seed}, input {inputs + 1}, {len(stream)} bytes: {stream.hex()}", file=sys.stderr)
        return 1
    took = time.monotonic() - begin
    print(
        f"decoder: {inputs} inputs with {found} messages in {took:.1f} s ({inputs / took:.0f}/s), "
        f"slowest {slowest * 1000:.1f} ms, seed {seed}: messages or documented errors, all of them"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
