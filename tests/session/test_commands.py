"""`CommandQueue` counts what each client has waiting as it goes."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import pytest

from pycertifspec.errors import RemoteError
from pycertifspec.session.commands import MAX_QUEUED, CommandQueue, Job
from pycertifspec.session.program import Command

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Unwalked(deque[Job]):
    """A queue that nobody may go through."""

    def __iter__(self) -> Iterator[Job]:
        raise AssertionError("the whole queue was walked through")


def test_a_command_is_counted_without_a_look_at_those_that_wait() -> None:
    queue = CommandQueue()
    queue._jobs = _Unwalked()
    for _ in range(MAX_QUEUED):
        queue.append(Job(Command(("1",)), None, None))
    with pytest.raises(RemoteError, match="wait already"):
        queue.append(Job(Command(("1",)), None, None))
    assert len(queue) == MAX_QUEUED


def test_when_all_is_taken_nothing_is_remembered_of_a_client() -> None:
    queue = CommandQueue()
    for _ in range(2):
        queue.append(Job(Command(("1",)), None, None))
    assert len(queue._waiting) == 1
    queue.popleft()
    queue.popleft()
    assert not queue._waiting
    assert not queue
