"""What waits for a client that reads slowly: in order, bounded, the newest of each property."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycertifspec.session.outbox import DROP_ABOVE, MERGE_ABOVE, Outbox

KEYS = st.none() | st.sampled_from(["position", "move_done", "value"])
PACKETS = st.lists(st.tuples(st.binary(min_size=1, max_size=20), KEYS), max_size=60)


def drain(outbox: Outbox) -> list[bytes]:
    taken = []
    while outbox:
        taken.append(outbox.take())
    return taken


@given(PACKETS)
def test_below_the_threshold_everything_comes_out_as_it_went_in(packets: Any) -> None:
    outbox = Outbox()

    assert all(outbox.put(packet, key) for packet, key in packets)

    assert outbox.size == sum(len(packet) for packet, _ in packets)
    assert drain(outbox) == [packet for packet, _ in packets]
    assert outbox.size == 0


@given(PACKETS)
def test_above_the_threshold_the_newest_of_each_property_comes_out_in_the_order_in_which_they_happened(
    packets: Any,
) -> None:
    numbered = [(b"%d:" % number + packet, key) for number, (packet, key) in enumerate(packets)]
    outbox = Outbox(merge_above=-1)

    for packet, key in numbered:
        assert outbox.put(packet, key)

    newest = {key: packet for packet, key in numbered}
    assert drain(outbox) == [packet for packet, key in numbered if key is None or newest[key] == packet]


@given(PACKETS, st.lists(st.integers(0, 3), max_size=60), st.integers(0, 100))
def test_whatever_is_put_and_taken_the_size_is_that_of_what_waits_and_nothing_that_must_arrive_is_lost(
    packets: Any, takes: Any, merge_above: Any
) -> None:
    outbox = Outbox(merge_above=merge_above)
    taken = []
    for (packet, key), count in zip(packets, [*takes, *[0] * 60], strict=False):
        assert outbox.put(packet, key)
        taken += [outbox.take() for _ in range(count) if outbox]
        assert outbox.size == sum(len(packet) for packet, _ in outbox._packets.values())
        assert bool(outbox) == (outbox.size > 0)
    taken += drain(outbox)

    must = [packet for packet, key in packets if key is None]
    left = iter(taken)
    assert all(packet in left for packet in must)  # each in its order
    for key in ("position", "move_done", "value"):
        of_key = [packet for packet, other in packets if other == key]
        assert not of_key or of_key[-1] in taken


@given(PACKETS, st.integers(1, 100))
def test_what_waits_is_bounded_by_the_limit_and_one_packet(packets: Any, limit: Any) -> None:
    outbox = Outbox(drop_above=limit)
    for packet, key in packets:
        before = outbox.size
        assert outbox.put(packet, key) == (before <= limit)
        assert outbox.size <= limit + 20


def test_a_property_that_changes_for_ever_takes_no_more_room_than_its_newest_value() -> None:
    outbox = Outbox(merge_above=100, drop_above=1000)
    for number in range(10_000):
        assert outbox.put(b"%05d" % number, "position")
    assert outbox.size <= 105 + 5
    assert drain(outbox)[-1] == b"09999"


def test_the_last_position_is_not_overtaken_by_the_end_of_the_motion() -> None:
    outbox = Outbox(merge_above=0)
    for packet, key in ((b"1", "move_done"), (b"at 1", "position"), (b"at 2", "position"), (b"0", "move_done")):
        outbox.put(packet, key)

    assert drain(outbox) == [b"at 2", b"0"]


def test_a_value_that_was_sent_already_is_not_looked_for() -> None:
    outbox = Outbox(merge_above=0)
    outbox.put(b"first", "x")
    assert outbox.take() == b"first"

    outbox.put(b"text")
    outbox.put(b"second", "x")

    assert drain(outbox) == [b"text", b"second"]


def test_an_empty_outbox_has_nothing_to_take() -> None:
    assert not Outbox()
    with pytest.raises(KeyError):
        Outbox().take()


def test_merging_begins_long_before_a_client_is_dropped() -> None:
    assert MERGE_ABOVE * 10 < DROP_ABOVE


def test_what_a_client_asked_for_may_wait_where_so_much_of_events_may_not() -> None:
    outbox = Outbox(drop_above=100)

    assert all(outbox.put(b"x" * 90, asked=True) for _ in range(10))
    assert outbox.put(b"e" * 90, "position")  # answers do not count against events
    assert outbox.put(b"e" * 90, "move_done")
    assert not outbox.put(b"e" * 90, "value")


def test_what_a_client_asked_for_is_bounded_too() -> None:
    outbox = Outbox(drop_replies_above=100)

    assert outbox.put(b"x" * 90, asked=True)
    assert outbox.put(b"x" * 90, asked=True)
    assert not outbox.put(b"x" * 90, asked=True)
