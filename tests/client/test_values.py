"""Reading, writing, calling, executing: the same on both faces."""

from typing import Any

import numpy as np
import pytest

from pycertifspec import CallTimeoutError, LocalProtocolError, LocalTypeError, RemoteError


def test_a_number_comes_as_a_number_where_the_property_is_one(client: Any) -> None:
    assert client.read("motor/th/position") == 30.0
    assert client.read("motor/th/move_done") is False
    assert client.read("status/ready") is True


def test_a_change_has_the_message_that_says_when_the_server_sent_it(client: Any) -> None:
    change = client.read_change("motor/th/position")

    assert (change.name, change.value) == ("motor/th/position", 30.0)
    assert change.message.sec > 1_600_000_000
    with pytest.raises(RemoteError, match="nosuch"):
        client.read_change("motor/nosuch/position")


def test_text_that_looks_like_a_number_stays_text_unless_asked(client: Any) -> None:
    client.execute('global x; x = "007"')

    assert client.read("var/x") == "007"
    assert client.read("var/x", float) == 7.0


def test_a_value_that_is_not_what_was_asked_for_is_an_error_that_shows_it(client: Any) -> None:
    client.execute('global x; x = "abc"')

    with pytest.raises(RemoteError, match=r"var/x.*'abc'.*float"):
        client.read("var/x", float)


def test_a_property_that_does_not_exist_is_told_with_the_server(client: Any) -> None:
    with pytest.raises(RemoteError, match=r"fourc.*to read 'motor/nosuch/position'"):
        client.read("motor/nosuch/position")


def test_what_is_written_is_read(client: Any) -> None:
    client.execute("global x, y; double array a[2][3]; y[1] = 1")

    client.write("var/x", 1.5)
    client.write("var/y", {"k": 2, ("a", "b"): "text"})
    client.write("var/a", np.array([[1.0, 2, 3], [4, 5, 6]]))

    assert client.read("var/x", float) == 1.5
    assert client.read("var/y") == {"1": "1", "k": "2", ("a", "b"): "text"}
    assert client.read("var/a").tolist() == [[1, 2, 3], [4, 5, 6]]


def test_a_write_that_is_refused_is_an_error(client: Any) -> None:
    with pytest.raises(RemoteError, match="motor/th/sign"):
        client.write("motor/th/sign", 1)


def test_a_write_that_only_the_error_property_tells_of_is_an_error(connect: Any, make_stand: Any) -> None:
    from pycertifspec.session.options import ServerOptions

    stand = make_stand(options=ServerOptions(reply_to_failed_send=False))
    client = connect("127.0.0.1", stand.port)

    with pytest.raises(RemoteError, match="motor/th/nosuch"):
        client.write("motor/th/nosuch", 1)


def test_what_has_no_place_in_a_message_is_refused_before_it_is_sent(client: Any) -> None:
    for wrong in ("/motor/th", "", "x" * 90):
        with pytest.raises(LocalProtocolError):
            client.write(wrong, 1)
        with pytest.raises(LocalProtocolError):
            client.read(wrong)
    with pytest.raises(LocalTypeError):
        client.write("var/x", object())
    with pytest.raises(LocalProtocolError, match="empty"):
        client.execute("  ")


def test_a_function_is_called_with_python_values(client: Any) -> None:
    assert client.call("motor_mne", 0) == "tth"
    assert client.call("sqrt", 16, returns=float) == 4.0
    assert client.call("length", 'a "b" \\ c', returns=int) == 9

    client.execute("def f(a, b) '{ return a b }'")
    assert client.call("f", 1, "x") == "1x"


def test_a_function_that_fails_is_an_error(client: Any) -> None:
    with pytest.raises(RemoteError, match="nosuchfunction"):
        client.call("nosuchfunction", 1)
    with pytest.raises(RemoteError, match=r"'tth'.*float"):
        client.call("motor_mne", 0, returns=float)


def test_a_command_gives_its_value_and_its_own_output_without_prompts(client: Any) -> None:
    assert client.execute("1 + 1").value == "2"
    for number in range(5):
        assert client.execute(f'print "line {number}"').output == f"line {number}\n"


def test_commands_of_two_clients_get_each_its_own_output(connect: Any, stand: Any) -> None:
    one, two = connect("127.0.0.1", stand.port), connect("127.0.0.1", stand.port)

    for number in range(5):
        one.execute(f'print "one {number}"')
        assert two.execute(f'print "two {number}"').output == f"two {number}\n"


def test_a_command_that_fails_is_an_error_with_specs_text(client: Any) -> None:
    with pytest.raises(RemoteError, match=r"nosuch.*fourc|fourc.*nosuch"):
        client.execute("nosuch")


def test_a_command_that_takes_too_long_is_aborted(spec: Any) -> None:
    with pytest.raises(CallTimeoutError, match=r"'sleep\(100\)' took more than 0.1 s on .*; it was told to stop"):
        spec.execute("sleep(100)", timeout=0.1)

    spec.wait_until_ready(timeout=10)


@pytest.mark.parametrize("progress", [None, str], ids=["at the end", "as it comes"])
def test_a_command_that_is_left_when_the_timeout_passes_goes_on(spec: Any, progress: Any) -> None:
    with pytest.raises(CallTimeoutError, match=r"'sleep\(100\)' took more than 0.1 s on .*; it goes on"):
        spec.execute("sleep(100)", timeout=0.1, leave=True, progress=progress)

    assert not spec.ready


def test_an_array_comes_as_numpy_has_it(client: Any) -> None:
    client.execute("ulong array counts[4]; counts[2] = 7")

    value = client.read("var/counts")

    assert value.dtype == np.uint32
    assert value.tolist() == [0, 0, 7, 0]


def test_status_name_and_version(client: Any) -> None:
    assert client.ready is True
    assert client.simulate is False
    assert client.shell is False
    assert client.server_name == "fourc"
    assert client.version.startswith("6.")
    assert client.connected is True


def test_names_of_motors_and_counters_are_known_by_mnemonic(client: Any) -> None:
    assert client.motor_names["th"] == "Theta"
    assert client.counter_names["det"] == "Detector"
    assert list(client.motors)[:2] == ["tth", "th"]
    assert list(client.counters)[:3] == ["sec", "mon", "det"]
    assert "th" in dir(client.motors.thing if hasattr(client.motors, "thing") else client.motors)
    with pytest.raises(AttributeError, match="nosuch"):
        _ = client.motors.nosuch


def test_output_comes_while_a_command_prints_it(client: Any) -> None:
    pieces: list[str] = []

    result = client.execute("for (i = 0; i < 3; i++) print i", progress=pieces.append)

    assert "".join(pieces) == result.output == "0\n1\n2\n"
    pieces.clear()
    with pytest.raises(RemoteError, match="undefined"):
        client.execute('print "before"; nosuch', progress=pieces.append)
    assert "".join(pieces).startswith("before\n")
    assert client.execute("7 * 6", progress=pieces.append).value == "42"


def test_a_position_or_limit_that_was_written_is_there_when_it_is_read(client: Any) -> None:
    th = client.motor("th")

    for position in (5.0, 31.0):
        th.write("position", position)
        assert th.read("position") == position
        th.set_limits(position - 10, position + 10)
        assert tuple(th.limits) == (position - 10, position + 10)


def test_a_position_that_is_written_while_spec_is_busy_is_there_when_it_is_not(spec: Any, clock: Any) -> None:
    with pytest.raises(CallTimeoutError):
        spec.execute("sleep(100)", timeout=0.1, leave=True)

    spec.motor("th").write("position", 5)
    assert spec.motor("th").read("position") == 30.0
    clock.advance(1000)
    spec.wait_until_ready(10)

    assert spec.motor("th").read("position") == 5.0


@pytest.mark.parametrize("name", ["motor", "counter"])
def test_a_misspelt_attribute_cannot_be_assigned(client: Any, name: str) -> None:
    thing = getattr(client, name)("th")

    with pytest.raises(AttributeError, match="positon"):
        getattr(thing, "thing", thing).positon = 5


@pytest.mark.parametrize(
    ("what", "says"),
    [
        (lambda client: client.read(5), "5 is no property: names are texts"),
        (lambda client: client.execute(5), "5: a command is a text"),
        (lambda client: client.scan(" "), "the command is empty"),
        (lambda client: client.count("x"), "cannot count to 'x': expected a number"),
        (lambda client: client.move(th="x"), "cannot move motor 'th' to 'x': it is no number"),
        (lambda client: client.move(th=None), "cannot move motor 'th' to None: it is no number"),
        (lambda client: client.changes(), "cannot watch nothing"),
    ],
    ids=["a name", "a command", "a scan", "a time", "a target", "no target", "no names"],
)
def test_what_makes_no_sense_is_refused_before_anything_is_sent(client: Any, what: Any, says: str) -> None:
    with pytest.raises(LocalProtocolError, match=says):
        what(client)
