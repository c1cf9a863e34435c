"""Published functions get arguments as they are annotated, and end with the server as far as Python lets them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from pycertifspec.errors import RemoteError
from pycertifspec.server.functions import Functions, _fit
from pycertifspec.wire.constants import EventTypes

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.server.conftest import Peer

    from pycertifspec.server import Application

    Client = Callable[..., Peer]

ARRAY = {"a": 1.0}


def fitted(annotation: Any, value: Any) -> Any:
    def f(x: Any) -> None:
        pass

    f.__annotations__["x"] = annotation
    return _fit(f, "f", [value]).arguments["x"]


@pytest.mark.parametrize(
    ("annotation", "value", "expected"),
    [
        (float, "1", 1.0),
        (float, 2.5, 2.5),
        (float, " 1e3 ", 1000.0),
        (int, 3.0, 3),
        (int, "3", 3),
        (int, "3.0", 3),
        (int, "12345678901234567890", 12345678901234567890),
        (str, 1.0, "1"),
        (str, 0.1, "0.1"),
        (str, "007", "007"),
        (bool, 0.0, False),
        (bool, "0", False),
        (bool, "2", True),
        ("float", "1", 1.0),
        (dict, ARRAY, ARRAY),
        (Any, "1", "1"),
        ("float | None", "1", "1"),
    ],
)
def test_an_argument_becomes_what_its_annotation_says(annotation: Any, value: Any, expected: Any) -> None:
    got = fitted(annotation, value)
    assert (got, type(got)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("annotation", "value"),
    [(float, "far"), (float, ARRAY), (int, 2.5), (int, "two"), (int, "inf"), (int, "nan"), (str, ARRAY),
     (bool, "yes"), (bool, "nan"), (bool, ARRAY)],
)  # fmt: skip
def test_an_argument_that_cannot_become_that_is_refused_by_name(annotation: Any, value: Any) -> None:
    with pytest.raises(RemoteError) as caught:
        fitted(annotation, value)
    assert str(caught.value) == f"f(): the argument x is to be {annotation.__name__}, not {value!r}"


def test_a_long_argument_is_named_in_a_short_text() -> None:
    with pytest.raises(RemoteError) as caught:
        fitted(int, "x" * 10_000)
    assert len(str(caught.value)) < 200


def test_numbers_that_came_as_text_are_added_and_words_are_refused(application: Application, client: Client) -> None:
    @application.function
    def add(first: float, *more: float) -> float:
        return sum(more, first)

    peer = client()
    assert peer.command('add("1", 2, "3")') == "6"
    text = peer.refused(EventTypes.SV_CMD_WITH_RETURN, "", 'add(1, "two")')
    assert text == "add(): the argument more is to be float, not ('two',)"


def test_a_server_that_ends_does_not_wait_for_a_function_for_ever(
    application: Application,
    serve: Callable[..., Any],
    connect: Callable[..., Peer],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pycertifspec.server.functions.GRACE", 0.01)
    begun, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    @application.function
    def stuck() -> None:
        begun.set()
        go_on.wait()
        ended.set()

    server = serve(application)
    connect(server).send(EventTypes.SV_CMD, "", "stuck")
    assert begun.wait(10)
    (thread,) = [thread for thread in threading.enumerate() if thread.name == "lab-functions_0"]
    try:
        server.stop()
        assert not ended.is_set()
        assert "the function stuck() still runs" in caplog.text
    finally:
        go_on.set()
        thread.join(10)


def test_the_thread_of_a_function_that_ends_in_time_is_gone(application: Application, client: Client) -> None:
    application.function(_quick)
    assert client().command("_quick") == "1"
    application.attach(None)
    assert not [thread for thread in threading.enumerate() if thread.name == "lab-functions_0"]


def _quick() -> int:
    return 1


def test_functions_that_were_never_called_have_no_thread() -> None:
    functions = Functions("lab")
    functions.add(_quick)
    functions.close()
    assert "_quick" in functions
