"""Commands whose output is heard as it comes: aborted ones, and those that a server forgets."""

from typing import Any

import pytest

from pycertifspec.errors import RemoteError, StoppedError
from pycertifspec.session.procedures import commands, hearing
from pycertifspec.wire.constants import DataTypes, EventTypes

from .conftest import made


def heard(driver: Any) -> tuple[Any, list[str]]:
    texts: list[str] = []
    return hearing.heard(driver.session, "ascan", lambda change: texts.append(change.value), None), texts


def answer(driver: Any, text: str) -> None:
    """Answer the command, the first request that has a number, with an error."""
    from collections import deque

    driver.session.receive(deque([made(EventTypes.SV_REPLY, "", text, sn=1, kind=DataTypes.SV_ERROR)]))


def test_a_command_of_which_nothing_is_heard_while_spec_is_at_its_prompt_was_dropped(driver: Any) -> None:
    driver.properties["status/ready"] = "1"
    driver.script += [("output/tty", "begins\n"), *[None] * commands.DROPPED_AFTER]
    procedure, texts = heard(driver)

    with pytest.raises(RemoteError, match=r"has not answered the command 'ascan': somebody aborted it"):
        driver.run(procedure)

    assert texts == ["begins\n"]
    assert driver.sent == []  # there is nothing left to abort


def test_what_an_aborted_command_still_prints_is_heard_until_it_has_ended(driver: Any) -> None:
    procedure, texts = heard(driver)

    def ends() -> None:
        driver.event("output/tty", "^C aborted\n")
        answer(driver, "aborted")
        driver.event("output/tty", "12.FOURC> ")  # the next prompt is not its own

    driver.script += [("output/tty", "one\n"), StoppedError("enough"), ends]

    with pytest.raises(StoppedError):
        driver.run(procedure)

    assert driver.sent == [("SV_ABORT", "")]
    assert texts == ["one\n", "^C aborted\n"]


def test_a_server_that_says_nothing_to_an_abort_is_waited_for_within_bounds(driver: Any) -> None:
    procedure, _ = heard(driver)
    driver.script += [StoppedError("enough"), None]

    with pytest.raises(StoppedError):
        driver.run(procedure)

    assert driver.sent == [("SV_ABORT", "")]
    assert commands.GRACE <= driver.now <= commands.GRACE + 1


def test_a_piece_that_comes_with_the_interruption_is_heard(driver: Any) -> None:
    procedure, texts = heard(driver)

    def both() -> None:
        driver.event("output/tty", "a point\n")
        raise StoppedError("enough")

    driver.script += [both, None]

    with pytest.raises(StoppedError):
        driver.run(procedure)

    assert texts == ["a point\n"]
