"""A property's author assigns it, changes and deletes elements, withdraws it; who watches is told just that."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from pycertifspec.errors import LocalProtocolError
from pycertifspec.wire import values
from pycertifspec.wire.constants import EventTypes

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.server.conftest import Peer

    from pycertifspec.server import Application

    Client = Callable[..., Peer]

TABLE = {"a": 1, ("b", "c"): "x", 3: "three"}


def told(peer: Peer) -> tuple[str, int, Any]:
    event = peer.next_event()
    return event.name, event.flags, values.decode(event)


def test_an_array_that_is_assigned_tells_what_is_new_what_changed_and_what_is_gone(
    application: Application, client: Client
) -> None:
    table = application.publish("var/t", TABLE)
    whole, pair, kept = client(), client(), client()
    whole.watch("var/t")
    pair.watch("var/t[b][c]")
    kept.watch("var/t[3]")

    table.value = {"a": 2, "3": "three", "new": "n"}

    assert told(whole) == ("var/t", 0, {"a": "2", "new": "n"})
    assert told(whole) == ("var/t", 1, {("b", "c"): ""})
    assert told(pair) == ("var/t[b][c]", 1, {("b", "c"): ""})
    kept.nothing_more()
    table.value = table.value
    for peer in (whole, pair):
        peer.nothing_more()
    assert whole.read("var/t") == {"a": "2", "3": "three", "new": "n"}
    assert "no element" in pair.refused(EventTypes.SV_CHAN_READ, "var/t[b][c]")


def test_an_array_that_its_author_goes_on_changing_is_compared_with_what_was_told(
    application: Application, client: Client
) -> None:
    mine = {"a": 1}
    table = application.publish("var/t", mine)
    peer = client()
    peer.watch("var/t")
    mine["a"] = 2
    assert peer.read("var/t") == {"a": "1"}
    table.value = mine
    assert told(peer) == ("var/t", 0, {"a": "2"})
    copy = table.value
    copy["b"] = 3
    table.value = copy
    assert told(peer) == ("var/t", 0, {"b": "3"})
    peer.nothing_more()


def test_an_array_that_becomes_a_plain_value_tells_the_end_of_its_elements(
    application: Application, client: Client
) -> None:
    table = application.publish("var/t", {"a": 1})
    peer, element = client(), client()
    peer.watch("var/t")
    element.watch("var/t[a]")
    table.value = "text"
    assert told(element) == ("var/t[a]", 1, {"a": ""})
    assert told(peer) == ("var/t", 1, {"a": ""})
    assert told(peer) == ("var/t", 0, "text")


@pytest.mark.parametrize(("key", "path"), [("a", "var/t[a]"), (("b", "c"), "var/t[b][c]"), ("3", "var/t[3]")])
def test_an_element_is_read_set_and_deleted_as_an_item(
    application: Application, client: Client, key: Any, path: str
) -> None:
    table = application.publish("var/t", TABLE)
    whole, element = client(), client()
    whole.watch("var/t")
    element.watch(path)

    table[key] = 7
    assert table[key] == 7
    assert told(whole) == ("var/t", 0, {key: "7"})
    assert told(element) == (path, 0, {key: "7"})
    del table[key]
    assert told(whole) == ("var/t", 1, {key: ""})
    assert told(element) == (path, 1, {key: ""})
    assert len(table.value) == 2
    assert "no element" in element.refused(EventTypes.SV_CHAN_READ, path)
    with pytest.raises(KeyError):
        del table[key]
    table[key] = 8  # there again, and still watched
    assert told(element) == (path, 0, {key: "8"})


def test_what_is_no_kept_array_has_no_items(application: Application) -> None:
    for published in (application.publish("var/n", 1), application.publish("var/g", get=lambda: {"a": 1})):
        with pytest.raises(LocalProtocolError, match="no associative array"):
            published["a"]
        with pytest.raises(LocalProtocolError, match="no associative array"):
            published["a"] = 1
        with pytest.raises(LocalProtocolError, match="no associative array"):
            del published["a"]


def test_the_end_of_an_element_that_a_function_gave_is_told_by_its_author(
    application: Application, client: Client
) -> None:
    given = {"a": 1, "b": 2}
    published = application.publish("var/g", get=lambda: given)
    peer = client()
    peer.watch("var/g[a]")
    del given["a"]
    published.changed({"a": ""}, deleted=True)
    assert told(peer) == ("var/g[a]", 1, {"a": ""})


def test_a_property_that_is_withdrawn_is_told_as_deleted_with_its_elements_and_read_no_more(
    application: Application, client: Client
) -> None:
    table = application.publish("var/t", {"a": 1, ("b", "c"): 2})
    number = application.publish("var/n", 1)
    application.publish("var/e", {})
    peer, element = client(), client()
    for name in ("var/t", "var/n", "var/e"):
        peer.watch(name)
    element.watch("var/t[b][c]")

    for name in ("var/t", "var/n", "var/e"):
        application.withdraw(name)

    assert told(peer) == ("var/t", 1, {"a": "", ("b", "c"): ""})
    assert told(peer) == ("var/n", 1, "")
    assert told(peer) == ("var/e", 1, "")
    assert told(element) == ("var/t[b][c]", 1, {("b", "c"): ""})
    assert "no property 'var/t'" in peer.refused(EventTypes.SV_CHAN_READ, "var/t")
    assert "no property 'var/n'" in peer.refused(EventTypes.SV_CHAN_SEND, "var/n", "2")
    for withdrawn in (table, number):
        with pytest.raises(LocalProtocolError, match="was withdrawn"):
            withdrawn.value = 2
    for name in ("var/t", "motor/th/position"):
        with pytest.raises(LocalProtocolError, match="no property"):
            application.withdraw(name)


def test_a_property_that_is_published_again_is_told_to_who_watched_it_before(
    application: Application, client: Client
) -> None:
    application.publish("var/n", 1)
    peer = client()
    peer.watch("var/n")
    application.withdraw("var/n")
    assert told(peer) == ("var/n", 1, "")
    again = application.publish("var/n", 2)
    assert told(peer) == ("var/n", 0, "2")
    again.value = 3
    assert told(peer) == ("var/n", 0, "3")


def test_elements_set_in_several_threads_are_all_kept(application: Application) -> None:
    table = application.publish("var/t", {})

    def fill(letter: str) -> None:
        for number in range(300):
            table[letter, number] = number

    threads = [threading.Thread(target=fill, args=(letter,)) for letter in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(table.value) == 1200
