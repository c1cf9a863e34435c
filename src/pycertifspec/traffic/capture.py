"""Captures of network traffic, pcap and pcapng: bytes in, frames out."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final, NamedTuple

from pycertifspec.errors import DataFileError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Read = Callable[[int], bytes]

# No frame is longer: libpcap's own limit of what it captures is 256 KiB. Other blocks hold a few names.
MAX_FRAME: Final = 1024 * 1024

_PCAP: Final = {  # magic number: byte order, and units of time in a second
    b"\xd4\xc3\xb2\xa1": ("<", 1e6),
    b"\xa1\xb2\xc3\xd4": (">", 1e6),
    b"\x4d\x3c\xb2\xa1": ("<", 1e9),
    b"\xa1\xb2\x3c\x4d": (">", 1e9),
}
_SECTION: Final = b"\x0a\x0d\x0d\x0a"
_ORDER: Final = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}
_INTERFACE, _SIMPLE, _ENHANCED, _OLD_PACKET = 1, 3, 6, 2
_TIME_RESOLUTION: Final = 9  # the option that tells an interface's units of time


class Frame(NamedTuple):
    """What was captured of one frame.

    Attributes:
        time: seconds since 1970.
        link: its link type, as libpcap numbers them.
        data: its bytes, fewer than there were if the capture was told so.

    """

    time: float
    link: int
    data: bytes


def frames(read: Read, cut: Callable[[], object] = lambda: None) -> Iterator[Frame]:
    """Return the frames of a capture of either kind; one that was cut ends with the last whole frame.

    Args:
        read: returns so many bytes, fewer at the end.
        cut: called where the capture ends within a frame.

    Raises:
        DataFileError: it is no capture, or is damaged.

    """
    magic = read(4)
    if magic in _PCAP:
        yield from _pcap(read, cut, *_PCAP[magic])
    elif magic == _SECTION:
        yield from _pcapng(read, cut)
    else:
        raise DataFileError(f"this is no capture: it starts with {magic!r}, and not as pcap or pcapng do")


def _pcap(read: Read, cut: Callable[[], object], mark: str, units: float) -> Iterator[Frame]:
    head = read(20)
    if len(head) < 20:
        raise DataFileError("the capture ends in its first header")
    link = struct.unpack_from(mark + "I", head, 16)[0] & 0xFFFF  # above it stands how checksums were captured
    record = struct.Struct(mark + "IIII")
    while len(start := read(record.size)) == record.size:
        seconds, fraction, size, _ = record.unpack(start)
        data = read(_checked(size))
        if len(data) < size:
            break
        yield Frame(seconds + fraction / units, link, data)
    if start:
        cut()


def _checked(size: int) -> int:
    if size > MAX_FRAME:
        raise DataFileError(f"the capture is damaged: a frame or block of {size} bytes, and none has {MAX_FRAME}")
    return size


def _pcapng(read: Read, cut: Callable[[], object]) -> Iterator[Frame]:
    """Return the frames of a file whose first four bytes were read."""
    kind, mark = _SECTION, "<"
    interfaces: list[tuple[int, float]] = []
    while kind:
        length_field = read(4)
        if kind == _SECTION:
            order = read(4)
            if order not in _ORDER:
                raise DataFileError(f"the capture is damaged: its byte order is {order!r}")
            mark, interfaces, done = _ORDER[order], [], 4
        else:
            done = 0
        if len(length_field) < 4:
            break
        (length,) = struct.unpack(mark + "I", length_field)
        rest = _checked(length) - 8 - done
        if length % 4 or rest < 4:
            raise DataFileError(f"the capture is damaged: a block of {length} bytes")
        body = read(rest)
        if len(body) < rest:
            break
        block = 0 if kind == _SECTION else struct.unpack(mark + "I", kind)[0]
        yield from _block(block, body[:-4], mark, interfaces)
        kind = read(4)
        if len(kind) < 4:
            break
    if kind:
        cut()


def _block(kind: int, body: bytes, mark: str, interfaces: list[tuple[int, float]]) -> Iterator[Frame]:
    try:
        if kind == _INTERFACE:
            (link,) = struct.unpack_from(mark + "H", body)
            interfaces.append((link, _units(body[8:], mark)))
        elif kind in (_ENHANCED, _OLD_PACKET):
            layout = "IIIII" if kind == _ENHANCED else "HHIIII"
            interface, *_, high, low, size, _ = struct.unpack_from(mark + layout, body)
            link, units = interfaces[interface]
            yield Frame((high << 32 | low) / units, link, body[20:][:size])
        elif kind == _SIMPLE:
            (size,) = struct.unpack_from(mark + "I", body)
            yield Frame(0.0, interfaces[0][0], body[4:][:size])
    except (IndexError, struct.error) as error:
        raise DataFileError(f"the capture is damaged: a block of type {kind}: {error}") from error


def _units(options: bytes, mark: str) -> float:
    """Return how many units of time an interface counts in a second."""
    at = 0
    while at + 4 <= len(options):
        code, size = struct.unpack_from(mark + "HH", options, at)
        if code == _TIME_RESOLUTION and size and at + 4 < len(options):
            value = options[at + 4]
            return float(2 ** (value & 0x7F) if value & 0x80 else 10**value)
        if not code:
            break
        at += 4 + (size + 3) // 4 * 4
    return 1e6
