"""The packets of vectors.json, read and written to the byte."""

from typing import Any

import numpy as np
import pytest
from tests.support.packets import VECTORS

from pycertifspec import SpecMessage
from pycertifspec.wire import header, values
from pycertifspec.wire.decoder import Decoder
from pycertifspec.wire.reader import MessageReader

HELLO, HELLO_REPLY, READ, SEND, FUNC, REPLY, EVENT, REGISTER = 14, 15, 11, 12, 10, 13, 8, 6
MATRIX = np.array([[1, 2, 3], [4.5, -5, 0.1]])

# What each packet says: the fields that are not 0 or empty, and its value (PROTOCOL.md 8).
SAYS: dict[str, tuple[dict[str, Any], Any]] = {
    "hello_v4": ({"sn": 1, "cmd": HELLO, "type": 2, "name": "pyclient"}, ""),
    "hello_reply_v4": ({"sn": 1, "cmd": HELLO_REPLY, "type": 2, "name": "fourc"}, "fourc"),
    "chan_read_v4": ({"sn": 2, "cmd": READ, "type": 2, "name": "motor/tth/position"}, ""),
    "reply_string_v4": ({"sn": 2, "cmd": REPLY, "type": 2, "name": "motor/tth/position"}, "25.000001373291"),
    "register_v4": ({"cmd": REGISTER, "type": 2, "name": "motor/tth/move_done"}, ""),
    "event_v4": ({"cmd": EVENT, "type": 2, "name": "motor/tth/move_done"}, "1"),
    "chan_send_v4": ({"cmd": SEND, "type": 2, "name": "motor/tth/start_one"}, "26"),
    "func_with_return_v4": ({"sn": 3, "cmd": FUNC, "type": 2}, "motor_mne"),
    "reply_assoc_v4": ({"sn": 4, "cmd": REPLY, "type": 4, "name": "var/x"}, {"one": "now", ("three", "0"): "time"}),
    "event_assoc_deleted_v4": ({"cmd": EVENT, "type": 4, "flags": 1, "name": "var/x"}, {"one": "now"}),
    "reply_double_2x3_v4": ({"sn": 6, "cmd": REPLY, "type": 5, "rows": 2, "cols": 3, "name": "var/arr"}, MATRIX),
    "reply_arr_string_fixed_v4": (
        {"sn": 7, "cmd": REPLY, "type": 13, "rows": 2, "cols": 8, "name": "var/names"},
        ["alpha", "be"],
    ),
    "reply_error_v4": ({"sn": 5, "cmd": REPLY, "type": 3, "err": 1, "name": "var/nope"}, None),
    "event_empty_string_v4": ({"cmd": EVENT, "type": 2, "name": "output/tty"}, ""),
    "event_bodyless_type0_v4": ({"cmd": EVENT, "name": "output/tty"}, None),
    "hello_v2": ({"sn": 1, "cmd": HELLO, "type": 2, "name": "pyclient"}, ""),
    "reply_v3_err": ({"sn": 9, "cmd": REPLY, "type": 3, "err": 1, "name": "var/nope"}, None),
}


def decode(name: Any) -> Any:
    (message,) = Decoder().receive(VECTORS[name])
    return message


def test_every_vector_is_described_here() -> None:
    assert set(VECTORS) == {f"{name}_{order}" for name in SAYS for order in ("le", "be")}
    assert set(SAID) == set(SAYS)


@pytest.mark.parametrize("name", VECTORS)
def test_a_packet_is_read_and_written_again_to_the_byte(name: Any) -> None:
    message = decode(name)
    reader = MessageReader()
    stream = memoryview(VECTORS[name])

    def fetch(memory: Any) -> Any:
        nonlocal stream
        count = min(len(memory), len(stream))
        memory[:count], stream = stream[:count], stream[count:]
        return count

    assert message.encode() == VECTORS[name]
    assert message.byteorder == ("little" if name.endswith("le") else "big")
    assert reader.read(fetch) == message


@pytest.mark.parametrize("name", VECTORS)
def test_a_packet_says_what_is_written_about_it(name: Any) -> None:
    fields, value = SAYS[name[:-3]]
    message = decode(name)

    zeros = {"sn": 0, "type": 0, "rows": 0, "cols": 0, "err": 0, "flags": 0, "name": ""}
    vers = int(name[name.index("_v") + 2])
    expected = {
        "magic": 4277009102,
        "vers": vers,
        "size": {2: 124, 3: 128, 4: 132}[vers],
        "sec": 1700000000,
        "usec": 250000,
        "len": len(VECTORS[name]) - message.size,
        **zeros,
        **fields,
    }
    assert {field: getattr(message, field) for field in SpecMessage._fields if field != "body"} == expected
    if isinstance(value, np.ndarray):
        assert np.array_equal(np.asarray(values.decode(message)), value)
    elif message.is_error:
        assert values.decode(message)
    else:
        assert values.decode(message) == value


@pytest.mark.parametrize("name", VECTORS)
def test_the_bytes_that_we_build_ourselves_are_those_of_the_vector(name: Any) -> None:
    message = decode(name)

    fields: Any = (*message[3:13], message.name)
    head = header.build(message.byteorder, message.vers, *fields)

    assert head + message.raw_body == VECTORS[name]


# What a program would say to have each packet sent: the value of its body, where it has one.
SAID: dict[str, Any] = {
    "hello_v4": None,
    "hello_reply_v4": "fourc",
    "chan_read_v4": None,
    "reply_string_v4": 25.000001373291,
    "register_v4": None,
    "event_v4": True,
    "chan_send_v4": 26,
    "func_with_return_v4": b"motor_mne\x000\0",
    "reply_assoc_v4": {"one": "now", ("three", 0): "time"},
    "event_assoc_deleted_v4": {"one": "now"},
    "reply_double_2x3_v4": MATRIX,
    "reply_arr_string_fixed_v4": values.encode_strings(["alpha", "be"], width=8),
    "reply_error_v4": values.encode_error("No such variable"),
    "event_empty_string_v4": "",
    "event_bodyless_type0_v4": None,
    "hello_v2": None,
    "reply_v3_err": values.encode_error("No such variable"),
}


@pytest.mark.parametrize("name", VECTORS)
def test_a_packet_is_written_from_what_a_program_would_say(name: Any) -> None:
    """Nothing of the vector is used but what is expected."""
    order: Any = "little" if name.endswith("le") else "big"
    said, (fields, _) = SAID[name[:-3]], SAYS[name[:-3]]
    if said is None or isinstance(said, bytes):
        body = values.Body(fields.get("type", 0), 0, 0, said or b"")
    else:
        body = said if isinstance(said, values.Body) else values.encode(said, order)
    told = {"sn": 0, "err": 0, "flags": 0, "name": "", **fields}

    packet = header.build(
        order,
        int(name[name.index("_v") + 2]),
        told["sn"],
        1700000000,
        250000,
        told["cmd"],
        body.type,
        body.rows,
        body.cols,
        len(body.data),
        told["err"],
        told["flags"],
        told["name"],
    ) + bytes(body.data)

    assert packet == VECTORS[name]


@pytest.mark.parametrize("order", ["le", "be"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("reply_string_v4", 25.000001373291),
        ("chan_send_v4", 26),
        ("reply_assoc_v4", {"one": "now", ("three", 0): "time"}),
        ("reply_double_2x3_v4", MATRIX),
        ("event_empty_string_v4", ""),
    ],
)
def test_pythons_values_are_encoded_to_the_bodies_of_the_vectors(name: Any, value: Any, order: Any) -> None:
    message = decode(f"{name}_{order}")

    body = values.encode(value, message.byteorder)

    assert (body.type, body.rows, body.cols, bytes(body.data)) == (
        message.type,
        message.rows,
        message.cols,
        message.raw_body,
    )


def test_fixed_width_strings_are_encoded_to_the_vectors_body() -> None:
    body = values.encode_strings(["alpha", "be"], width=8)

    assert (body.rows, body.cols, body.data) == (2, 8, decode("reply_arr_string_fixed_v4_le").body)
