"""The table of properties agrees with the protocol."""

from __future__ import annotations

from typing import Any

import pytest

from pycertifspec.session import properties
from pycertifspec.session.options import ServerOptions
from pycertifspec.session.properties import Units
from pycertifspec.wire.header import encode_name

ALL = (*properties.MOTOR, properties.VALUE, properties.COUNT)


def test_a_motor_has_the_properties_of_the_protocol_in_its_order() -> None:
    """PROTOCOL.md 5.6 and 5.8."""
    assert [prop.name for prop in properties.MOTOR] == [
        "position",
        "dial_position",
        "offset",
        "step_size",
        "sign",
        "move_done",
        "high_lim_hit",
        "low_lim_hit",
        "emergency_stop",
        "motor_fault",
        "high_limit",
        "low_limit",
        "limits",
        "search",
        "unusable",
        "sync_check",
        "start_one",
        "base_rate",
        "slew_rate",
        "acceleration",
        "backlash",
    ]


def test_what_can_be_set_is_what_the_protocol_says() -> None:
    assert {prop.name for prop in ALL if prop.writable} == {
        "position",
        "dial_position",
        "offset",
        "high_limit",
        "low_limit",
        "limits",
        "search",
        "sync_check",
        "start_one",
        "base_rate",
        "slew_rate",
        "acceleration",
        "backlash",
        "count",
    }
    assert {prop.name for prop in ALL if not prop.readable} == {"limits", "search", "start_one"}


@pytest.mark.parametrize("prop", ALL, ids=lambda prop: prop.name)
def test_every_property_says_what_it_is_and_can_be_used(prop: Any) -> None:
    assert prop.doc.endswith(".")
    assert prop.readable or prop.writable
    assert isinstance(prop.units, Units)
    assert prop.convert("1") in (1.0, True, "1")


@pytest.mark.parametrize(
    ("text", "value"), [("0", False), ("1", True), ("2", True), ("0.0", False), ("", False), ("-1", True)]
)
def test_a_flag_is_set_when_it_is_any_number_but_0(text: Any, value: Any) -> None:
    assert properties.flag(text) is value


def test_the_motor_moves_while_move_done_is_1() -> None:
    """PROTOCOL.md 6, 1: the name is inverted."""
    assert properties.MOVE_DONE.convert("1") is True
    assert "WHILE the motor moves" in properties.MOVE_DONE.doc


def test_paths_are_as_the_protocol_spells_them() -> None:
    assert properties.motor_path("th", "position") == "motor/th/position"
    assert properties.scaler_path("sec", "value") == "scaler/sec/value"
    assert properties.variable_path("x[1][2]") == "var/x[1][2]"
    for path in (properties.PRESTART_ALL, properties.START_ALL, properties.ABORT_ALL):
        assert path.startswith("motor/../")
    assert properties.COUNT_ALL == "scaler/.all./count"
    for name in (
        properties.ERROR,
        properties.READY,
        properties.SHELL,
        properties.SIMULATE,
        properties.QUIT,
        properties.TTY,
    ):
        assert not name.startswith("/")
        encode_name(name)


def test_the_defaults_of_a_server_are_what_is_documented() -> None:
    """PROTOCOL.md 4, 5.2 and 10."""
    options = ServerOptions()
    assert (options.no_error_event, options.deleted_flag, options.reply_to_failed_send) == (True, 0x0001, True)
    assert not any(
        (
            options.terminated_strings,
            options.array_nul,
            options.bodyless_events,
            options.null_move_events,
            options.stale_position,
        )
    )
