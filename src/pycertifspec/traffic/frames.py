"""Frames of a network: the TCP segment in one, through whichever link and IP it came."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from .capture import Frame

FIN, SYN, RST, ACK = 0x01, 0x02, 0x04, 0x10

_IPV4, _IPV6 = 0x0800, 0x86DD
_VLAN_TAGS: Final = frozenset({0x8100, 0x88A8, 0x9100})
_TCP: Final = 6
# IPv6's headers between its own and TCP's, each with its length in units of 8 bytes.
_EXTENSIONS: Final = frozenset({0, 43, 60})
MAX_EXTENSIONS: Final = 8


class End(NamedTuple):
    """One end of a connection."""

    address: str
    port: int

    def __str__(self) -> str:
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"


class Segment(NamedTuple):
    """A TCP segment.

    Attributes:
        time: seconds since 1970.
        source: who sent it.
        destination: to whom.
        sequence: number of its first byte.
        flags: `FIN`, `SYN`, `RST`, `ACK`.
        data: its bytes.
        lost: bytes at its end that were not captured.

    """

    time: float
    source: End
    destination: End
    sequence: int
    flags: int
    data: bytes
    lost: int = 0


def segment(frame: Frame) -> Segment | None:
    """Return the TCP segment in a frame, or None: it is another protocol, a fragment, or too short."""
    strip = _LINKS.get(frame.link)
    try:
        packet = strip(frame.data) if strip else None
        return _ip(frame.time, packet) if packet else None
    except (IndexError, struct.error):
        return None


def is_known_link(link: int) -> bool:
    """Return whether frames of a link type can be read."""
    return link in _LINKS


def _by_type(kind: int, packet: bytes) -> bytes | None:
    while kind in _VLAN_TAGS:
        (kind,) = struct.unpack_from(">H", packet, 2)
        packet = packet[4:]
    return packet if kind in (_IPV4, _IPV6) else None


def _ethernet(data: bytes) -> bytes | None:
    return _by_type(struct.unpack_from(">H", data, 12)[0], data[14:])


def _cooked(data: bytes) -> bytes | None:
    return _by_type(struct.unpack_from(">H", data, 14)[0], data[16:])


def _cooked_2(data: bytes) -> bytes | None:
    return _by_type(struct.unpack_from(">H", data)[0], data[20:])


def _loopback(data: bytes) -> bytes | None:
    return data[4:]  # the family before it is the version's that follows, in whichever order


def _raw(data: bytes) -> bytes | None:
    return data


# Link types by libpcap's numbers.
_LINKS: Final[dict[int, Callable[[bytes], bytes | None]]] = {
    0: _loopback,
    1: _ethernet,
    12: _raw,
    14: _raw,
    101: _raw,
    108: _loopback,
    113: _cooked,
    228: _raw,
    229: _raw,
    276: _cooked_2,
}


def _ip(time: float, packet: bytes) -> Segment | None:
    version = packet[0] >> 4
    if version == 4:
        size = (packet[0] & 0x0F) * 4
        total, _, fragment = struct.unpack_from(">HHH", packet, 2)
        if packet[9] != _TCP or fragment & 0x3FFF:
            return None
        # 0 is what a network card that cuts segments itself leaves there.
        length = (total or len(packet)) - size
        source, destination = (".".join(map(str, packet[at : at + 4])) for at in (12, 16))
        return _tcp(time, source, destination, packet[size:], length)
    if version == 6:
        total, following = struct.unpack_from(">HB", packet, 4)
        at = 40
        for _ in range(MAX_EXTENSIONS):
            if following not in _EXTENSIONS:
                break
            following, units = packet[at], packet[at + 1]
            at += 8 + 8 * units
        if following != _TCP:
            return None
        length = (total or len(packet) - 40) - (at - 40)
        return _tcp(time, _ipv6(packet[8:24]), _ipv6(packet[24:40]), packet[at:], length)
    return None


def _ipv6(raw: bytes) -> str:
    import ipaddress  # noqa: PLC0415  seldom needed

    return str(ipaddress.IPv6Address(raw))


def _tcp(time: float, source: str, destination: str, data: bytes, length: int) -> Segment | None:
    source_port, destination_port, sequence = struct.unpack_from(">HHI", data)
    offset, flags = (data[12] >> 4) * 4, data[13]
    if offset < 20 or length < offset:
        return None
    payload = data[offset:length]  # behind it, Ethernet's padding
    return Segment(
        time,
        End(source, source_port),
        End(destination, destination_port),
        sequence,
        flags,
        payload,
        max(0, length - max(len(data), offset)),
    )
