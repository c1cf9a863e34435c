"""Watching: callbacks, loops, waiting for values; registrations counted: the same on both faces."""

import queue
import threading
from typing import Any

import pytest

from pycertifspec import CallTimeoutError, ConnectionLostError, RemoteError

PATIENCE = 20.0


def test_a_callback_is_told_the_present_value_first_and_then_each_change_in_order(client: Any) -> None:
    client.execute("global x; x = 0")
    seen: queue.Queue[Any] = queue.Queue()

    with client.watch("var/x", seen.put) as watch:
        client.execute("for (i = 1; i <= 200; i++) x = i")
        got = [seen.get(timeout=PATIENCE) for _ in range(201)]

    assert [change.value for change in got] == [str(number) for number in range(201)]
    assert [change.first for change in got] == [True, *[False] * 200]
    assert watch.name == "var/x"


def test_a_property_that_does_not_exist_cannot_be_watched(client: Any) -> None:
    with pytest.raises(RemoteError, match="nosuch"):
        client.watch("var/nosuch", print)
    with pytest.raises(RemoteError, match="nosuch"):
        client.changes("motor/nosuch/position")
    with pytest.raises(RemoteError, match="nosuch"):
        client.wait_for("var/nosuch", 1, 1)


def test_several_watchers_are_one_registration_and_the_later_one_is_told_the_present_value(client: Any) -> None:
    client.execute("global x; x = 1")
    one: queue.Queue[Any] = queue.Queue()
    two: queue.Queue[Any] = queue.Queue()

    first, second = client.watch("var/x", one.put), None
    assert one.get(timeout=PATIENCE).value == "1"
    second = client.watch("var/x", two.put)
    assert two.get(timeout=PATIENCE).first
    first.close()
    client.execute("x = 2")

    assert two.get(timeout=PATIENCE).value == "2"
    assert one.empty()
    second.close()


def test_changes_come_in_a_loop_until_it_is_closed(client: Any) -> None:
    client.execute("global x; x = 1")

    changes = client.changes("var/x")
    client.execute("x = 2; x = 3")

    assert [changes.next(PATIENCE).value for _ in range(3)] == ["1", "2", "3"]
    assert changes.next(0.01) is None
    changes.close()
    assert list(changes) == []


def test_an_associative_array_comes_whole_though_events_have_only_what_has_changed(client: Any) -> None:
    client.execute('global y; y["a"] = 1')
    with client.changes("var/y") as changes:
        client.execute('y["b"] = 2; y["a"] = 3; delete y["b"]')
        got = [changes.next(PATIENCE) for _ in range(4)]

    assert [change.value for change in got] == [{"a": "1"}, {"a": "1", "b": "2"}, {"a": "3", "b": "2"}, {"a": "3"}]
    assert [change.deleted for change in got] == [False, False, False, True]
    assert got[1].part == {"b": "2"}


def test_an_element_of_an_array_is_watched_by_itself(client: Any) -> None:
    client.execute('global y; y["a"] = 1')

    with client.changes("var/y[a]") as changes:
        client.execute('y["b"] = 2; y["a"] = 3')
        assert [changes.next(PATIENCE).value for _ in range(2)] == ["1", "3"]


def test_waiting_for_a_value_or_a_condition(client: Any) -> None:
    client.execute("global x; x = 1")
    assert client.wait_for("var/x", "1", 10) == "1"

    thread = threading.Timer(0, lambda: client.execute("for (i = 0; i < 10; i++) x = i"))
    thread.start()
    assert client.wait_for("var/x", lambda value: float(value) > 5, 10) in {"6", "7", "8", "9"}
    thread.join()

    with pytest.raises(CallTimeoutError, match=r"var/x.*'9'"):
        client.wait_for("var/x", "never", 0.05)


def test_a_callback_that_raises_is_logged_and_the_others_still_run(client: Any, caplog: Any) -> None:
    seen: queue.Queue[Any] = queue.Queue()

    def wrong(_: Any) -> None:
        raise ValueError("wrong")

    with client.watch("status/ready", wrong), client.watch("status/ready", seen.put):
        assert seen.get(timeout=PATIENCE).value is True

    assert "a callback for" in caplog.text


def test_a_slow_callback_delays_callbacks_alone(client: Any) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(_: Any) -> None:
        begun.set()
        assert go_on.wait(PATIENCE)

    if hasattr(client, "thing"):
        pytest.MonkeyPatch  # noqa: B018  in asyncio a callback that blocks blocks the loop, as everywhere
        go_on.set()
    with client.watch("status/ready", slow):
        assert begun.wait(PATIENCE)
        assert client.read("motor/th/position") == 30.0
        go_on.set()


def test_the_screen_and_files_are_streams(client: Any) -> None:
    client.execute('open("log.txt")')
    with client.output() as screen, client.output("log.txt") as file:
        client.execute('print "on the screen"; fprintf("log.txt", "in the file\\n")')
        for stream, wanted in ((screen, "on the screen\n"), (file, "in the file\n")):
            text = ""
            while wanted not in text:
                text += stream.next(PATIENCE)


def test_several_properties_come_in_one_loop(client: Any) -> None:
    client.execute("global x, y; x = 1; y = 2")

    with client.changes("var/x", "var/y") as changes:
        first = {(change.name, change.value) for change in (changes.next(PATIENCE), changes.next(PATIENCE))}
        client.execute("y = 3")
        last = changes.next(PATIENCE)

    assert first == {("var/x", "1"), ("var/y", "2")}
    assert (last.name, last.value) == ("var/y", "3")


def test_a_loop_that_nobody_connects_again_for_ends_with_the_connection(connect: Any, make_stand: Any) -> None:
    stand = make_stand()
    client = connect("127.0.0.1", stand.port, auto_reconnect=False)

    with client.changes("status/ready") as changes:
        assert changes.next(PATIENCE).value is True
        stand.stop()
        with pytest.raises(ConnectionLostError):
            while changes.next(PATIENCE) is not None:
                pass
