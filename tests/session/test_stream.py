"""What waits for a slow reader is bounded, and stays in order."""

from collections import deque
from types import SimpleNamespace as Item
from typing import Any

import pytest

from pycertifspec.errors import ConnectionLostError
from pycertifspec.session.stream import MAX_WAITING, Stream, shrink


def drained(stream: Stream) -> list[Any]:
    items = []
    while (item := stream.take()) is not None:
        items.append(item)
    return items


def test_items_come_out_in_order() -> None:
    stream = Stream()
    for number in range(1, 4):
        stream.put(number)

    assert drained(stream) == [1, 2, 3]


def test_of_a_state_only_the_newest_is_kept_where_too_much_waits_and_of_text_the_end(caplog: Any) -> None:
    stream = Stream()
    for number in range(MAX_WAITING + 1):
        stream.put(Item(name="motor/th/position" if number % 2 else "output/tty", number=number))

    kept = drained(stream)
    assert len(kept) <= MAX_WAITING // 2 + 2
    assert kept[-1].number == MAX_WAITING
    assert [item.number for item in kept] == sorted(item.number for item in kept)
    assert sum(item.name == "motor/th/position" for item in kept) == 1
    assert "nobody reads" in caplog.text


def test_an_increment_of_a_variable_is_not_replaced_by_a_later_one() -> None:
    items = deque([Item(name="var/x"), Item(name="status/ready"), Item(name="var/x"), Item(name="status/ready")])

    shrink(items)

    assert [item.name for item in items] == ["var/x", "var/x", "status/ready"]


def test_an_error_comes_after_what_is_here_and_a_closed_stream_takes_nothing() -> None:
    stream = Stream()
    stream.put(1)
    stream.fail(ConnectionLostError("gone"))
    assert stream.take() == 1
    with pytest.raises(ConnectionLostError):
        stream.take()

    closed = Stream()
    closed.close()
    closed.put(1)
    assert closed.ready
    assert closed.take() is None


def test_what_wakes_a_reader_stays_until_it_is_taken() -> None:
    class Promise:
        kept = 0

        def done(self) -> bool:
            return bool(self.kept)

        def set_result(self, _: Any, /) -> None:
            self.kept += 1

        set_exception = set_result

    stream, promise = Stream(), Promise()
    stream.wait(promise)
    stream.put(1)
    stream.put(2)
    stream.wait(None)  # who waited was interrupted at the same moment

    assert promise.kept == 1
    assert stream.rest() == [1, 2]
    assert stream.rest() == []
