"""Addresses as people write them: a scheme in front, IPv6, paths that are none."""

from __future__ import annotations

import pytest

from pycertifspec.errors import LocalProtocolError
from pycertifspec.session.target import target
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
