"""Finding a server: the rules, without a network."""

from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.packets import ERROR, HELLO_REPLY, REPLY, VECTORS, Packet, stamped

from pycertifspec.errors import LocalProtocolError, LocalTypeError, ServerNotFoundError
from pycertifspec.session import discovery
from pycertifspec.wire.decoder import Decoder


def reply(**fields: Any) -> Any:
    (message,) = Decoder().receive(Packet(**{"cmd": HELLO_REPLY, **fields}).encode())
    return message


def test_the_port_comes_first_then_the_ports_then_the_range_each_once() -> None:
    assert discovery.candidate_ports(6515, [6789, 6511, 6515], (6510, 6513)) == [6515, 6789, 6511, 6510, 6512, 6513]


def test_the_default_range_is_the_vendors_with_both_ends() -> None:
    assert discovery.candidate_ports(None, []) == list(range(6510, 6531))


def test_without_a_range_the_named_ports_alone_are_tried() -> None:
    assert discovery.candidate_ports(1, [65535], None) == [1, 65535]


@pytest.mark.parametrize("bad", [0, -1, 65536, "6510", 6510.0, None])
def test_what_is_no_port_number_is_refused(bad: Any) -> None:
    with pytest.raises(LocalProtocolError, match="no port number"):
        discovery.candidate_ports(None, [bad], None)


@pytest.mark.parametrize("bad", [(0, 5), (65530, 65536), (1, 10**12), (-5, 5), ("a", "b"), (6510, None)])
def test_a_range_that_is_none_is_refused_at_once(bad: Any) -> None:
    with pytest.raises(LocalProtocolError, match="no port number"):
        discovery.candidate_ports(None, [], bad)


@pytest.mark.parametrize("port", [True, np.True_, np.array([6510, 6511]), "6510"], ids=repr)
def test_a_port_that_is_no_number_is_refused(port: Any) -> None:
    with pytest.raises(LocalProtocolError, match="no port number"):
        discovery.candidate_ports(port, [], None)


@pytest.mark.parametrize("ports", [6510, 1.5, object()])
def test_ports_that_cannot_be_gone_through_are_refused(ports: Any) -> None:
    with pytest.raises(LocalTypeError, match=r"ports is .*, expected port numbers such as \[6510, 6789\]"):
        discovery.candidate_ports(None, ports)


@pytest.mark.parametrize("port_range", [6510, (6510,), (6510, 6511, 6512), ()])
def test_a_range_that_is_no_pair_is_refused(port_range: Any) -> None:
    with pytest.raises(LocalTypeError, match=r"port_range is .*, expected a pair such as \(6510, 6530\)"):
        discovery.candidate_ports(None, [], port_range)


def test_no_ports_may_be_none_and_numpys_integers_are_numbers() -> None:
    port, port_range, more = cast("Any", (np.int64(5), (np.uint16(7), np.int32(8)), np.array([6, 5])))
    ports = discovery.candidate_ports(port, None, port_range)

    assert ports == [5, 7, 8]
    assert {type(port) for port in ports} == {int}
    assert discovery.candidate_ports(None, more, None) == [6, 5]


@pytest.mark.parametrize("empty", [None, (6530, 6510)])
def test_no_port_at_all_is_refused(empty: Any) -> None:
    with pytest.raises(LocalProtocolError, match="no port was named and the range is empty"):
        discovery.candidate_ports(None, [], empty)


def test_hello_is_a_packet_of_version_4_with_our_name_and_the_time() -> None:
    (message,) = Decoder().receive(discovery.hello(5, 6))

    assert (message.cmd, message.sn, message.type, message.len, message.vers) == (14, 1, 2, 0, 4)
    assert (message.sec, message.usec, message.name) == (5, 6, "pycertifspec")
    assert stamped(discovery.hello(5, 6)).replace(b"pycertifspec", b"pyclient\0\0\0\0") == VECTORS["hello_v4_le"]


@pytest.mark.parametrize(
    ("body", "name", "server"),
    [
        (b"fourc\0", "fourc", "fourc"),
        (b"fourc\0", "", "fourc"),
        (b"fourc", "other", "fourc"),
        (b"", "fourc", "fourc"),
        (b"\0", "fourc", "fourc"),
        (b"", "", ""),
    ],
)
@pytest.mark.parametrize("kind", [0, 2])
def test_a_servers_name_is_in_the_body_or_else_in_the_name_field(body: Any, name: Any, server: Any, kind: Any) -> None:
    assert discovery.server_name(reply(body=body, name=name, type=kind)) == server


def test_a_greeting_is_accepted_and_anything_else_is_not() -> None:
    assert discovery.objection(reply(body=b"fourc\0"), None) is None
    assert discovery.objection(reply(body=b"fourc\0"), "fourc") is None
    assert discovery.objection(reply(), None) is None
    assert discovery.objection(reply(body=b"fourc\0"), "Fourc") == "is 'fourc'"
    assert discovery.objection(reply(cmd=REPLY, type=ERROR), None) == "answered HELLO with command 13"


@given(st.permutations(range(5)), st.lists(st.booleans(), min_size=5, max_size=5))
def test_the_first_in_order_that_answers_wins_in_whatever_order_the_answers_come(arrivals: Any, good: Any) -> None:
    choice = discovery.Choice(5)
    best = next((index for index in range(5) if good[index]), None)

    for arrived in arrivals:
        assert choice.winner is None or choice.winner == best
        if good[arrived]:
            choice.accept(arrived)
        else:
            choice.refuse(arrived, f"no {arrived}")

    assert choice.over
    assert choice.winner == best
    assert choice.reasons == {index: f"no {index}" for index in range(5) if not good[index]}


def test_it_is_over_as_soon_as_no_better_one_can_answer() -> None:
    choice = discovery.Choice(3)

    choice.accept(1)
    before = choice.over
    choice.refuse(0, "no")

    assert not before
    assert choice.over
    assert choice.winner == 1


def test_the_error_says_who_was_sought_where_what_came_and_what_to_do() -> None:
    error = discovery.not_found(
        "lab", [6789, 6510, 6511, 6512, 7000], "fourc", [(6789, "did not answer"), (6510, "is 'spec'")]
    )

    assert isinstance(error, ServerNotFoundError)
    assert "no SPEC server named 'fourc' found on lab, ports 6789, 6510-6512, 7000" in str(error)
    assert "(6789 did not answer; 6510 is 'spec')" in str(error)
    assert "-S" in str(error)


def test_the_error_is_short_where_nothing_answered() -> None:
    assert str(discovery.not_found("lab", [6510], None, [])).startswith(
        "no SPEC server found on lab, port 6510; is SPEC"
    )
