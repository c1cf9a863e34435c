"""Captures of network traffic: whatever the file, link and network, SPEC's messages come out of it."""

from __future__ import annotations

import contextlib
import itertools
import struct
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.captures import (
    ACK,
    CLIENT,
    CLIENT_6,
    FIN,
    RST,
    SERVER,
    SERVER_6,
    SYN,
    framed,
    pcap,
    pcapng,
    tcp,
)

from pycertifspec.errors import DataFileError
from pycertifspec.session.server import ServerSession
from pycertifspec.traffic import capture, frames
from pycertifspec.traffic.listening import Conversations
from pycertifspec.wire import header, values
from pycertifspec.wire.constants import EventTypes

if TYPE_CHECKING:
    from pycertifspec.traffic.passing import Passing


MAKERS: list[Any] = [pcap, pcapng]


def request(number: int, name: str, command: int = EventTypes.SV_CHAN_READ) -> bytes:
    return header.build("little", 4, number, 0, 0, command, 0, 0, 0, 0, 0, 0, name)


def reply(number: int, text: str) -> bytes:
    return ServerSession(lambda: (0, 0)).reply(number, "", values.encode(text))


def event(name: str, text: str) -> bytes:
    return ServerSession(lambda: (0, 0)).event(name, values.encode(text))


def heard(data: bytes) -> list[Passing]:
    conversations = Conversations()
    found: list[Passing] = []
    for frame in capture.frames(BytesIO(data).read):
        if segment := frames.segment(frame):
            found += conversations.receive(segment)
    return [*found, *conversations.finish()]


def told(passings: list[Passing]) -> list[tuple[str, str, Any]]:
    return [
        (passing.direction, passing.name, passing.note if passing.message is None else passing.message.body)
        for passing in passings
    ]


def dialogue(client: tuple[str, int] = CLIENT, server: tuple[str, int] = SERVER) -> list[bytes]:
    """A connection from its first packet to its last."""
    ask, answer = request(7, "motor/th/position"), reply(7, "1.5")
    return [
        tcp(client, server, 100, flags=SYN),
        tcp(server, client, 900, flags=SYN | ACK),
        tcp(client, server, 101, ask),
        tcp(server, client, 901, answer),
        tcp(client, server, 101 + len(ask), flags=FIN | ACK),
    ]


WHOLE = [
    ("up", "", "10.0.0.1:50001 to 10.0.0.2:6510"),
    ("up", "motor/th/position", b""),
    ("down", "motor/th/position", "1.5"),
    ("up", "", "closes"),
]


@pytest.mark.parametrize("link", [0, 1, -1, 101, 108, 113, 276])
def test_each_link_is_understood(link: int) -> None:
    assert told(heard(pcap([framed(link, packet) for packet in dialogue()], abs(link)))) == WHOLE


@pytest.mark.parametrize("mark", ["<", ">"])
@pytest.mark.parametrize("make", [pcap, pcapng])
def test_both_kinds_of_file_in_both_byte_orders(make: Any, mark: str) -> None:
    passings = heard(make([framed(1, packet) for packet in dialogue()], mark=mark))

    assert told(passings) == WHOLE
    assert [round(passing.time, 6) for passing in passings] == [1000.002, 1000.002, 1000.003, 1000.004]
    assert passings[2].elapsed == pytest.approx(0.001)


def test_nanoseconds_old_blocks_and_blocks_without_time() -> None:
    packets = [framed(1, packet) for packet in dialogue()]
    assert [p.time for p in heard(pcap(packets, nano=True))] == pytest.approx([1000.002, 1000.002, 1000.003, 1000.004])
    assert told(heard(pcapng(packets, kind=2))) == WHOLE
    assert told(heard(pcapng(packets, kind=3)))[:3] == WHOLE[:3]


def test_several_sections_in_one_file() -> None:
    packets = [framed(1, packet) for packet in dialogue()]
    assert told(heard(pcapng(packets[:3]) + pcapng(packets[3:], mark=">"))) == WHOLE


def test_ipv6_with_headers_between() -> None:
    passings = heard(pcap([framed(1, packet) for packet in dialogue(CLIENT_6, SERVER_6)]))
    assert told(passings) == [("up", "", "[fe80::1]:50001 to [fe80::2]:6510"), *WHOLE[1:]]


def pieces_of(stream: bytes, cuts: list[int], start: int) -> list[bytes]:
    edges = sorted({0, len(stream), *(cut % (len(stream) + 1) for cut in cuts)})
    return [
        tcp(CLIENT, SERVER, start + a, stream[a:b]) for a, b in itertools.pairwise(edges)
    ]  # fmt: skip


STREAM = b"".join(request(number, f"var/x{number}") for number in range(1, 6))


@given(
    st.lists(st.integers(0, 10_000), max_size=8),
    st.randoms(use_true_random=False),
    st.sampled_from([100, (1 << 32) - 300]),
)
def test_segments_in_any_order_and_more_than_once_give_the_stream(cuts: list[int], random: Any, start: int) -> None:
    segments = pieces_of(STREAM, cuts, start)
    shuffled = segments + random.choices(segments, k=3) + pieces_of(STREAM, [random.randrange(len(STREAM))], start)
    random.shuffle(shuffled)
    first = tcp(CLIENT, SERVER, start - 1, flags=SYN)

    passings = heard(pcap([first, *shuffled], 101))

    assert [passing.name for passing in passings if passing.message] == [f"var/x{number}" for number in range(1, 6)]


def test_what_was_not_captured_is_told_and_the_next_message_is_found() -> None:
    size = len(request(1, "var/x1"))
    lost = [tcp(CLIENT, SERVER, 99, flags=SYN)]
    lost += [tcp(CLIENT, SERVER, 100 + at, STREAM[at : at + 50]) for at in range(0, len(STREAM), 50) if at != 150]

    passings = heard(pcap(lost, 101))

    assert size == 132
    assert told(passings)[1:] == [
        ("up", "var/x1", b""),
        ("up", "", "50 bytes were not captured"),
        *[("up", f"var/x{number}", b"") for number in (3, 4, 5)],
    ]


def test_a_frame_that_was_captured_in_part_is_a_hole() -> None:
    packets = [tcp(CLIENT, SERVER, 99, flags=SYN)]
    packets += [tcp(CLIENT, SERVER, 100 + at * 132, STREAM[at * 132 : (at + 1) * 132]) for at in range(5)]
    packets[3] = packets[3][:100]

    found = told(heard(pcap(packets, 101)))

    assert ("up", "", "76 bytes were not captured") in found
    assert [name for _, name, _ in found if name] == ["var/x1", "var/x2", "var/x4", "var/x5"]


def test_a_connection_that_began_before_the_capture_is_heard_from_its_next_message_on() -> None:
    middle = request(1, "var/x")[60:] + request(2, "var/y")
    passings = heard(pcap([tcp(CLIENT, SERVER, 5000, middle), tcp(SERVER, CLIENT, 7, event("var/y", "1"))], 101))
    assert told(passings) == [
        ("up", "", "10.0.0.1:50001 to 10.0.0.2:6510"),
        ("up", "var/y", b""),
        ("down", "var/y", "1"),
    ]


def test_who_sends_events_is_the_server() -> None:
    passings = heard(pcap([tcp(SERVER, CLIENT, 7, event("var/y", "1"))], 101))
    assert told(passings) == [("up", "", "10.0.0.1:50001 to 10.0.0.2:6510"), ("down", "var/y", "1")]


def test_a_port_that_is_used_again_is_another_connection() -> None:
    again = [
        tcp(CLIENT, SERVER, 70_000, flags=SYN),
        tcp(CLIENT, SERVER, 70_001, request(1, "var/z")),
        tcp(SERVER, CLIENT, 1, flags=RST),
    ]
    passings = heard(pcap([*dialogue(), *again], 101))
    assert [(p.connection, p.name or p.note) for p in passings[4:]] == [
        (2, "10.0.0.1:50001 to 10.0.0.2:6510"),
        (2, "var/z"),
        (2, "is reset"),
    ]


def test_other_protocols_are_not_heard() -> None:
    others = [
        tcp(CLIENT, SERVER, 99, flags=SYN),
        tcp(CLIENT, SERVER, 100, b"GET / HTTP/1.1\r\n\r\n"),
        tcp(CLIENT, SERVER, 118, request(1, "var/x")),  # too late
        tcp(CLIENT, CLIENT, 1, request(1, "var/x")),  # a connection to itself
        b"\x45" + bytes(8) + b"\x11" + bytes(30),  # UDP
        tcp(CLIENT_6, SERVER_6, 1, b"")[:44],  # cut
        b"\x60" + bytes(5) + b"\x11" + bytes(40),
        b"\x10" + bytes(30),
        tcp(CLIENT, SERVER, 1)[:6] + b"\x20\x00" + tcp(CLIENT, SERVER, 1)[8:],  # a fragment
        tcp(CLIENT, SERVER, 1)[:32] + b"\x00" + tcp(CLIENT, SERVER, 1)[33:],  # a header of no length
    ]
    assert heard(pcap(others, 101)) == []
    assert heard(pcap([bytes(12) + b"\x08\x06" + bytes(30), b""], 1)) == []
    assert heard(pcap([b"1234"], 147)) == []


def test_bytes_that_look_like_a_header_are_passed_over_in_the_middle() -> None:
    magic = request(1, "x")[:4]
    data = magic + bytes(20) + magic[:2] + request(2, "var/y")
    assert [p.name for p in heard(pcap([tcp(CLIENT, SERVER, 1, data)], 101)) if p.message] == ["var/y"]


def test_a_stream_that_stops_being_spec_is_told() -> None:
    packets = [tcp(CLIENT, SERVER, 99, flags=SYN), tcp(CLIENT, SERVER, 100, request(1, "var/x") + b"nonsense" * 20)]
    packets.append(tcp(CLIENT, SERVER, 100 + 132 + 160, request(2, "var/y")))
    found = told(heard(pcap(packets, 101)))
    assert found[1][1] == "var/x"
    assert "not a SPEC packet" in found[2][2]
    assert found[3][1] == "var/y"


def test_a_stream_whose_hole_never_closes_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pycertifspec.traffic.streams.MAX_AHEAD", 300)
    conversations = Conversations()
    packets = [tcp(CLIENT, SERVER, 99, flags=SYN), *pieces_of(STREAM, [132, 264, 396, 528], 1000)]
    found: list[Passing] = []
    for frame in capture.frames(BytesIO(pcap(packets, 101)).read):
        segment = frames.segment(frame)
        assert segment is not None
        found += conversations.receive(segment)
    assert [p.name for p in found if p.message] == [f"var/x{number}" for number in range(1, 6)]


def test_more_connections_than_there_can_be_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pycertifspec.traffic.listening.MAX_CONNECTIONS", 3)
    with pytest.raises(DataFileError, match="more than 3 connections"):
        heard(pcap([tcp(("10.0.0.1", port), SERVER, 1, b"x") for port in range(1, 9)], 101))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no capture"),
        (b"GIF89a", "no capture"),
        (pcap([])[:10], "ends in its first header"),
        (pcap([]) + struct.pack("<IIII", 0, 0, 1 << 30, 1 << 30), "damaged: a frame or block of"),
        (b"\x0a\x0d\x0d\x0a\x1c\0\0\0nope", "byte order"),
        (pcapng([])[:28] + struct.pack("<II", 6, 7), "a block of 7 bytes"),
        (pcapng([]) + struct.pack("<III", 6, 12, 12), "a block of type 6"),
        (pcapng([])[:28] + struct.pack("<II", 6, 36) + bytes(28), "a block of type 6"),
    ],
)
def test_what_is_no_capture_is_told(data: bytes, reason: str) -> None:
    with pytest.raises(DataFileError, match=reason):
        heard(data)


@given(st.binary(max_size=300), st.sampled_from([b"", pcap([])[:24], pcapng([])]))
def test_whatever_the_bytes_are_they_are_read_or_refused(data: bytes, start: bytes) -> None:
    with contextlib.suppress(DataFileError):
        heard(start + data)


@given(st.integers(0, 600), st.sampled_from(MAKERS))
def test_a_file_that_was_cut_gives_what_is_whole(size: int, make: Any) -> None:
    data = make([framed(1, packet) for packet in dialogue()])
    try:
        found = told(heard(data[:size]))
    except DataFileError:
        assert size < 40
    else:
        assert found == WHOLE[: len(found)]


@given(st.lists(st.binary(max_size=80), max_size=4), st.sampled_from([0, 1, 101, 113, 276]))
def test_whatever_the_frames_are_they_are_passed_over(packets: list[bytes], link: int) -> None:
    assert heard(pcap([*packets, *(b"\x45" + packet for packet in packets)], link)) == []


def test_resolutions_of_time_by_powers_of_two() -> None:
    interfaces: list[tuple[int, float]] = []
    options = struct.pack("<HH4s", 2, 3, b"eth") + struct.pack("<HHB3x", 9, 1, 0x80 | 10)
    list(capture._block(1, struct.pack("<HHI", 1, 0, 0) + options, "<", interfaces))
    list(capture._block(1, struct.pack("<HHI", 1, 0, 0), "<", interfaces))
    assert interfaces == [(1, 1024.0), (1, 1e6)]
