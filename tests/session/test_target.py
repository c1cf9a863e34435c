"""Which server is meant, in the spellings that people use."""

from __future__ import annotations

import pytest

from pycertifspec.errors import LocalProtocolError
from pycertifspec.session.target import pauses, target
from pycertifspec.wire.constants import DEFAULT_PORT_RANGE

RANGE = tuple(range(DEFAULT_PORT_RANGE[0], DEFAULT_PORT_RANGE[1] + 1))


@pytest.mark.parametrize(
    ("text", "host", "port", "name"),
    [
        ("beamline", "beamline", None, None),
        ("beamline:6515", "beamline", 6515, None),
        ("beamline:fourc", "beamline", None, "fourc"),
        (":fourc", "localhost", None, "fourc"),
        ("spec://beamline:6515", "beamline", 6515, None),
        ("spec://beamline/", "beamline", None, None),
        ("fe80::1", "fe80::1", None, None),
        ("[fe80::1]", "fe80::1", None, None),
        ("[fe80::1]:6515", "fe80::1", 6515, None),
    ],
)
def test_an_address_is_host_and_port_or_name(text: str, host: str, port: int | None, name: str | None) -> None:
    found = target(text, None, DEFAULT_PORT_RANGE, (), None, {})
    assert found == (host, (port,) if port else RANGE, name, port)
    assert target(None, None, DEFAULT_PORT_RANGE, (), None, {"SPEC_SERVER": text}) == found


def test_without_an_address_it_is_this_machine() -> None:
    assert target(None, None, DEFAULT_PORT_RANGE, (), None, {}).host == "localhost"


@pytest.mark.parametrize(
    ("text", "port", "name"), [("a:1", 2, None), ("a:fourc", None, "psic"), ("a/b", None, None), ("a:0", None, None)]
)
def test_what_contradicts_itself_is_told(text: str, port: int | None, name: str | None) -> None:
    with pytest.raises(LocalProtocolError, match="cannot look for a server"):
        target(text, port, DEFAULT_PORT_RANGE, (), name, {})


def test_a_server_that_was_lost_is_looked_for_by_what_it_was() -> None:
    assert target("a", None, DEFAULT_PORT_RANGE, (), None, {}).again("fourc").name == "fourc"
    assert target("a:6515", None, DEFAULT_PORT_RANGE, (), None, {}).again("fourc")[1:3] == ((6515,), None)
    named = target("a:psic", None, DEFAULT_PORT_RANGE, (), None, {})
    assert named.again("fourc") == named


def test_pauses_between_attempts_grow_and_stay_below_a_second() -> None:
    found = [pause for pause, _ in zip(pauses(), range(8), strict=False)]
    assert found[:5] == [0.05, 0.1, 0.2, 0.4, 0.8]
    assert found[5:] == [0.8, 0.8, 0.8]
