"""Which server is meant, in every spelling."""

from itertools import islice
from typing import Any

import pytest

from pycertifspec.errors import LocalProtocolError
from pycertifspec.session.target import Target, pauses, target

RANGE = (6510, 6530)


def find(host: str | None = None, port: int | None = None, environment: Any = None, **how: Any) -> Target:
    return target(host, port, how.get("port_range", RANGE), how.get("ports", ()), how.get("name"), environment or {})


def test_nothing_said_is_any_server_here() -> None:
    assert find() == Target("localhost", tuple(range(6510, 6531)), None, None)


@pytest.mark.parametrize(
    ("text", "host", "port", "name"),
    [
        ("id31", "id31", None, None),
        ("id31:6789", "id31", 6789, None),
        ("id31:fourc", "id31", None, "fourc"),
        (":fourc", "localhost", None, "fourc"),
        ("::1", "::1", None, None),
        ("[::1]:6789", "::1", 6789, None),
    ],
)
def test_a_host_may_name_port_or_server(text: str, host: str, port: int | None, name: str | None) -> None:
    for found in (find(text), find(environment={"SPEC_SERVER": text})):
        assert (found.host, found.port, found.name) == (host, port, name)
        assert len(found.ports) == (1 if port else 21)


def test_what_a_program_says_is_more_than_what_the_environment_says() -> None:
    assert find("here", environment={"SPEC_SERVER": "there:6789"}).host == "here"


def test_a_contradiction_is_refused() -> None:
    for wrong in ({"host": "a:1", "port": 2}, {"host": "a:x", "name": "y"}, {"host": "a", "port": 0}):
        with pytest.raises(LocalProtocolError):
            find(**wrong)


def test_a_host_that_is_no_name_is_refused() -> None:
    with pytest.raises(LocalProtocolError, match="the host is 6510; give a name, and a number as port="):
        find(6510)  # type: ignore[arg-type]


def test_a_lost_server_is_looked_for_as_itself() -> None:
    assert find("a").again("fourc").name == "fourc"
    assert find("a:psic").again("psic").name == "psic"
    assert find("a", 6789).again("fourc") == Target("a", (6789,), None, 6789)


def test_pauses_grow_and_stay_below_a_second() -> None:
    first = list(islice(iter(pauses()), 10))

    assert first == sorted(first)
    assert first[0] < 0.1
    assert first[-1] < 1
