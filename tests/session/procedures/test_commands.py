"""Commands: what is theirs of the screen's text, and servers that forget them."""

from typing import Any

import pytest

from pycertifspec.errors import CallTimeoutError, ConnectionLostError, LocalProtocolError, LocalTypeError, RemoteError
from pycertifspec.session.own_output import own_output
from pycertifspec.session.procedures import commands
from pycertifspec.session.quoting import literal


@pytest.mark.parametrize(
    ("shown", "own"),
    [
        ("hello\n", "hello\n"),
        ("\n12.FOURC> hello\n", "hello\n"),
        ("hello\n\n13.FOURC> ", "hello\n"),
        ("hello\n\n13.FOURC> \n", "hello\n"),
        ("another's\n\n12.FOURC> mine\n\n13.FOURC> ", "mine\n"),
        ("\n12.FOURC> \nstands alone\n", "\nstands alone\n"),
        ("a 1.5> 1\n", "a 1.5> 1\n"),
        ("", ""),
    ],
)
def test_a_commands_own_output_is_what_stands_behind_the_last_prompt_before_it(shown: str, own: str) -> None:
    assert own_output(shown) == own


def test_arguments_are_spelled_as_spec_reads_them() -> None:
    assert literal({"a": 1, "b": "x"}) == '["a": 1, "b": "x"]'
    assert literal('say "a\\n"\n') == '"say \\"a\\\\n\\"\\n"'
    assert literal(True) == "1"
    with pytest.raises(LocalProtocolError):
        literal("a\0b")
    with pytest.raises(LocalTypeError):
        literal(None)


def run(driver: Any, timeout: float | None = None, **how: Any) -> Any:
    return driver.run(commands.execute(driver.session, "sleep(5)", timeout, **how))


def test_a_command_that_somebody_aborted_and_nobody_answers_ends_with_an_error(driver: Any) -> None:
    driver.properties["status/ready"] = "1"
    driver.script += [None] * commands.DROPPED_AFTER

    with pytest.raises(RemoteError, match="somebody aborted it"):
        run(driver)
    assert driver.sent == []


def test_a_command_is_waited_for_as_long_as_spec_is_busy(driver: Any) -> None:
    driver.properties["status/ready"] = "0"
    driver.script += [*[None] * 100, ConnectionLostError("gone")]

    with pytest.raises(ConnectionLostError):
        run(driver)
    assert driver.sent == []


@pytest.mark.parametrize(("leave", "sent"), [(False, [("SV_ABORT", "")]), (True, [])])
def test_an_interrupted_command_is_aborted_once_unless_it_is_to_be_left(driver: Any, leave: bool, sent: Any) -> None:
    driver.script += [KeyboardInterrupt(), *([] if leave else [None])]  # nothing of it within its grace

    with pytest.raises(KeyboardInterrupt):
        run(driver, leave=leave)

    assert not driver.script

    assert driver.sent == sent
    assert list(driver.session.registry) == ["error", "status/quit"]  # no more than at first


def test_a_timeout_aborts(driver: Any) -> None:
    driver.properties["status/ready"] = "0"
    driver.script += [None] * 4

    with pytest.raises(CallTimeoutError, match="more than 5 s"):
        run(driver, timeout=5)
    assert driver.sent == [("SV_ABORT", "")]
