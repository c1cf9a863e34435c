"""Macros that talk to other servers: `prop_…()` and `remote_…()` (SPEC_LANGUAGE.md 6.9, PROTOCOL.md 7.1)."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from .conftest import Failed

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Stand, Talker


@pytest.fixture
def other(make_stand: Callable[..., Stand]) -> Stand:
    return make_stand()


@pytest.fixture
def host(other: Stand) -> str:
    return f'"127.0.0.1:{other.port}"'


def test_properties_of_another_server_are_read_and_set(spec: Talker, other: Stand, host: str) -> None:
    theirs = other.talker()
    theirs.run('global x arr; x = 5; arr["a"] = 1; double array d[2]; d[1] = 2.5')

    assert spec.run(f'prop_get({host}, "var/x")') == "5"
    assert spec.run(f'local got; got = prop_get({host}, "var/arr"); return got') == {"a": "1"}
    assert spec.run(f'prop_get({host}, "motor/tth/position") + 1') == "61"
    spec.run(f'prop_put({host}, "var/x", 6); prop_put({host}, "motor/phi/start_one", 1)')
    theirs.idle()
    assert theirs.get("var/x") == "6"
    assert theirs.get("motor/phi/position") == "1"


@pytest.mark.parametrize("call", ['prop_get({}, "var/nosuch")', 'remote_eval({}, "nosuch")'])
def test_what_another_server_refuses_is_an_error_that_names_it(spec: Talker, host: str, call: str) -> None:
    answer = spec.run(call.format(host))

    assert isinstance(answer, Failed)
    assert host.strip('"') in answer
    assert "nosuch" in answer


def test_a_variable_follows_one_of_another_server(spec: Talker, other: Stand, host: str) -> None:
    theirs = other.talker()
    theirs.run('global x arr; x = 1; arr["a"] = 1; arr["b"]["c"] = 2')
    spec.run(f'global x arr; arr["own"] = 9; prop_watch({host}, "var/x"); prop_watch({host}, "var/arr")')
    theirs.run('x = 2; arr["b"]["c"] = 3; delete arr["a"]')

    spec.run(f'remote_eval({host}, "1")')

    assert spec.get("var/x") == "2"
    assert spec.get("var/arr") == {"own": "9", ("b", "c"): "3"}


def test_commands_are_executed_elsewhere_with_and_without_waiting(spec: Talker, other: Stand, host: str) -> None:
    theirs = other.talker()
    theirs.run("global n; n = 0")

    spec.run(f'remote_cmd({host}, "n = 5")')
    assert spec.run(f'remote_eval({host}, "n + 1")') == "6"
    assert spec.run(f'i = remote_async({host}, "n * 2"); j = remote_async({host}, "n * 3"); remote_poll(j)') == "15"
    assert spec.run("remote_poll(i)") == "10"
    assert spec.run("remote_poll(i)") == "-1"


def test_a_server_is_found_by_its_name_or_told_to_be_missing(spec: Talker) -> None:
    answer = spec.run('prop_get("127.0.0.1:nobody_is_called_so", "var/x")')

    assert isinstance(answer, Failed)
    assert "nobody_is_called_so" in answer


def test_connections_are_controlled(spec: Talker, host: str) -> None:
    def ask(what: str) -> str:
        return str(spec.run(f"remote_par({host}, {what})"))

    assert ask('"connected"') == "0"
    assert ask('"connect"') == "0"
    assert (ask('"connected"'), spec.run("remote_stat()"), spec.run(f"remote_stat({host})")) == ("1", "1", "1")
    assert ask('"timeout", 0.5') == "0.5"
    assert ask('"timeout"') == "0.5"
    assert ask('"nosuch"') == "-1"
    assert ask('"close"') == "0"
    assert ask('"connected"') == "0"


def test_a_command_elsewhere_is_aborted(spec: Talker, other: Stand, host: str) -> None:
    theirs = other.talker()
    theirs.watch("output/tty")
    spec.run(f'remote_cmd({host}, "print \\"begun\\"; while (1) ;")')
    theirs.tty("begun")

    spec.run(f'remote_par({host}, "abort")')

    assert theirs.run("1") == "1"


def test_an_answer_that_takes_too_long_ends_the_command_and_the_connection(
    spec: Talker, other: Stand, host: str
) -> None:
    assert isinstance(spec.run(f'remote_par({host}, "timeout", 0.05); remote_eval({host}, "while (1) ;")'), Failed)
    assert spec.run(f'remote_par({host}, "connected")') == "0"
    other.talker().abort()


@pytest.mark.parametrize("call", ["remote_eval({}, {})", "remote_poll(remote_async({}, {}))"])
def test_an_abort_ends_the_waiting_for_another_server(spec: Talker, other: Stand, host: str, call: str) -> None:
    theirs = other.talker()
    theirs.watch("output/tty")
    command = '"print \\"begun\\"; while (1) ;"'
    running = spec.start(f'remote_par({host}, "timeout", 1e6); ' + call.format(host, command))
    theirs.tty("begun")

    spec.abort()

    assert spec.reply(running).is_error
    assert spec.run("1") == "1"
    theirs.abort()


def test_a_server_that_is_gone_is_an_error_and_is_connected_again(
    make_stand: Callable[..., Stand], spec: Talker
) -> None:
    other = make_stand()
    host = f'"127.0.0.1:{other.port}"'
    assert spec.run(f'remote_eval({host}, "1")') == "1"
    other.stop()

    for call in ("remote_eval({}, 1)", "remote_cmd({}, 1)", "remote_async({}, 1)", 'prop_put({}, "var/x", 1)'):
        assert isinstance(spec.run(call.format(host)), Failed)
    assert not [t for t in threading.enumerate() if t.name.startswith("fourc") and not t.is_alive()]
