"""Captures of network traffic, made byte by byte."""

from __future__ import annotations

import ipaddress
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

FIN, SYN, RST, ACK = 0x01, 0x02, 0x04, 0x10
CLIENT, SERVER = ("10.0.0.1", 50001), ("10.0.0.2", 6510)
CLIENT_6, SERVER_6 = ("fe80::1", 50001), ("fe80::2", 6510)

Address = tuple[str, int]


def tcp(source: Address, destination: Address, sequence: int, data: bytes = b"", flags: int = ACK) -> bytes:
    """Return an IP packet with a TCP segment."""
    segment = struct.pack(
        ">HHIIBBHHH", source[1], destination[1], sequence % (1 << 32), 0, 6 << 4, flags, 1024, 0, 0
    )  # fmt: skip
    segment += b"\1\1\1\0" + data  # options
    ends = [ipaddress.ip_address(address).packed for address, _ in (source, destination)]
    if len(ends[0]) == 4:
        return struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(segment), 1, 0, 64, 6, 0) + b"".join(ends) + segment
    hop_by_hop = bytes([6, 0, 1, 4, 0, 0, 0, 0])
    return struct.pack(">IHBB", 6 << 28, 8 + len(segment), 0, 64) + b"".join(ends) + hop_by_hop + segment


def framed(link: int, packet: bytes) -> bytes:
    """Return a packet as a link carries it."""
    kind = b"\x08\x00" if packet[0] >> 4 == 4 else b"\x86\xdd"
    return {
        0: b"\2\0\0\0" + packet,
        1: bytes(12) + kind + packet + bytes(6),  # Ethernet fills up short frames
        -1: bytes(12) + b"\x81\x00\x00\x05" + kind + packet,  # a virtual network's tag
        101: packet,
        108: b"\0\0\0\2" + packet,
        113: bytes(14) + kind + packet,
        276: kind + bytes(18) + packet,
    }[link]


def pcap(frames: Iterable[bytes], link: int = 1, *, mark: str = "<", nano: bool = False) -> bytes:
    """Return a capture of tcpdump's; a frame a millisecond from 1000 seconds on."""
    magic = 0xA1B23C4D if nano else 0xA1B2C3D4
    head = struct.pack(mark + "IHHiIII", magic, 2, 4, 0, 0, 262144, link)
    unit = 1_000_000 if nano else 1000
    return head + b"".join(
        struct.pack(mark + "IIII", 1000, number * unit, len(frame), len(frame)) + frame
        for number, frame in enumerate(frames)
    )


def pcapng(frames: Iterable[bytes], link: int = 1, *, mark: str = "<", kind: int = 6) -> bytes:
    """Return a capture of Wireshark's, of nanoseconds."""

    def block(number: int, body: bytes) -> bytes:
        body += bytes(-len(body) % 4)
        size = struct.pack(mark + "I", len(body) + 12)
        return struct.pack(mark + "I", number) + size + body + size

    resolution = struct.pack(mark + "HHB3xHH", 9, 1, 9, 0, 0)
    blocks = [
        block(0x0A0D0D0A, struct.pack(mark + "IHHq", 0x1A2B3C4D, 1, 0, -1)),
        block(1, struct.pack(mark + "HHI", link, 0, 0) + resolution),
        block(5, bytes(12)),  # statistics
    ]
    for number, frame in enumerate(frames):
        high, low = divmod(1000 * 10**9 + number * 10**6, 1 << 32)
        size = len(frame)
        head = {
            6: struct.pack(mark + "IIIII", 0, high, low, size, size),
            2: struct.pack(mark + "HHIIII", 0, 0, high, low, size, size),
            3: struct.pack(mark + "I", size),
        }[kind]
        blocks.append(block(kind, head + frame))
    return b"".join(blocks)
