"""What real servers do differently can be switched, and the documented behaviour is the default (PROTOCOL.md 9, 10)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pycertifspec.session.options import ServerOptions
from pycertifspec.wire.constants import NO_TYPE, DataTypes, EventTypes

from .conftest import decoded

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycertifspec.SpecSocket import SpecMessage

    from .conftest import Stand, Talker

Make = "Callable[..., Talker]"


@pytest.fixture
def make(make_stand: Callable[..., Stand]) -> Any:
    return lambda **options: make_stand(options=ServerOptions(**options)).talker()


def read(spec: Talker, name: str) -> SpecMessage:
    return spec.reply(spec.ask(EventTypes.SV_CHAN_READ, name))


def raw(message: SpecMessage) -> bytes:
    return message.body.encode() if isinstance(message.body, str) else bytes(message.body)


@pytest.mark.parametrize("on", [True, False])
def test_no_error_is_told_at_a_registration_or_not(make: Any, on: bool) -> None:
    spec = make(no_error_event=on)
    spec.send(EventTypes.SV_REGISTER, "error")
    spec.sync()

    found = [(m.type, raw(m).rstrip(b"\0")) for m in spec.log if m.name == "error"]
    assert found == ([(DataTypes.SV_ERROR, b"No error")] if on else [])


@pytest.mark.parametrize("flag", [0x0001, 0x1000])
def test_a_deletion_has_this_flag_or_that(make: Any, flag: int) -> None:
    spec = make(deleted_flag=flag)
    spec.run('global x; x["a"] = 1')
    spec.watch("var/x")

    spec.run('delete x["a"]')

    assert [m.flags for m in spec.log if m.name == "var/x"] == [flag]


@pytest.mark.parametrize(
    ("on", "rows", "cols", "body"),
    [(False, 2, 10, b"alpha\0\0\0\0\0be\0\0\0\0\0\0\0\0"), (True, 1, 2, b"alpha\0be\0")],
)
def test_strings_travel_in_rows_or_terminated(make: Any, on: bool, rows: int, cols: int, body: bytes) -> None:
    spec = make(terminated_strings=on)
    spec.run('string array s[2][10]; s[0] = "alpha"; s[1] = "be"')

    answer = read(spec, "var/s")

    assert (answer.type, answer.rows, answer.cols, raw(answer)) == (DataTypes.SV_ARR_STRING, rows, cols, body)


@pytest.mark.parametrize("on", [False, True])
def test_arrays_end_in_a_nul_or_not(make: Any, on: bool) -> None:
    spec = make(array_nul=on)
    spec.run("long array a[3]")

    answer = read(spec, "var/a")

    assert len(raw(answer)) == 12 + on
    assert list(decoded(answer).ravel()) == [0, 0, 0]


@pytest.mark.parametrize("on", [True, False])
def test_a_failed_set_is_answered_or_not(make: Any, on: bool) -> None:
    spec = make(reply_to_failed_send=on)
    spec.watch("error")

    sn = spec.ask(EventTypes.SV_CHAN_SEND, "no/such/thing", "1")
    spec.event("error")
    spec.sync()

    assert [m.is_error for m in spec.log if m.sn == sn] == ([True] if on else [])


@pytest.mark.parametrize(("on", "kind", "length"), [(False, DataTypes.SV_STRING, 1), (True, NO_TYPE, 0)])
def test_the_first_event_of_an_output_has_a_body_or_none(make: Any, on: bool, kind: int, length: int) -> None:
    spec = make(bodyless_events=on)
    spec.send(EventTypes.SV_REGISTER, "output/tty")

    first = spec.event("output/tty")

    assert (first.type, first.len) == (kind, length)


@pytest.mark.parametrize("on", [True, False])
def test_setting_a_variable_that_does_not_exist_creates_it_or_not(make: Any, on: bool) -> None:
    spec = make(create_variables=on)
    spec.send(EventTypes.SV_CHAN_SEND, "var/zz_new", "5")
    assert read(spec, "var/zz_new").is_error != on


@pytest.mark.parametrize("on", [True, False])
def test_an_assignment_of_an_equal_value_is_told_or_not(make: Any, on: bool) -> None:
    spec = make(equal_value_events=on)
    spec.run("global n; n = 1")
    spec.watch("var/n")
    spec.run("n = n")
    spec.run("n = 2")
    assert [m.body for m in spec.log if m.name == "var/n"] == (["1", "2"] if on else ["2"])


@pytest.mark.parametrize(
    ("options", "told"),
    [({}, ["1", "0"]), ({"duplicate_move_done": True}, ["1", "0", "0"]), ({"move_done_delay": 0.5}, ["1", "0"])],
)
def test_the_end_of_a_motion_is_told_once_or_twice_and_in_time_or_late(make: Any, options: Any, told: Any) -> None:
    spec = make(**options)
    spec.watch("motor/tth/move_done")
    spec.run("umv tth 1")
    spec.run("sleep(1)")
    assert [m.body for m in spec.log if m.name == "motor/tth/move_done"] == told
