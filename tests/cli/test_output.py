"""How commands speak."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from tests.support.command import Terminal

from pycertifspec.cli.output import Output, Record, number, printable
from pycertifspec.session.plain import as_json, plain
from pycertifspec.wire import values


class Tty(StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("color", "environment", "terminal", "colored"),
    [
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("auto", {"TERM": "dumb"}, True, False),
        ("auto", {"NO_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": ""}, True, True),
        ("auto", {"FORCE_COLOR": "1"}, False, True),
        ("auto", {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, False),
        ("always", {"NO_COLOR": "1"}, False, True),
        ("never", {"FORCE_COLOR": "1"}, True, False),
    ],
)
def test_colours_are_where_they_are_wanted(
    color: str, environment: dict[str, str], terminal: bool, colored: bool
) -> None:
    out = Tty() if terminal else StringIO()
    assert Output(color=color, environment=environment, out=out).colored == colored


def test_a_record_has_the_keys_of_every_value_in_json() -> None:
    found = json.loads(as_json(Record("var/x", float("nan"), "double", "mm", 1.5).as_json(point=3)))
    assert found == {
        "name": "var/x",
        "value": "nan",
        "type": "double",
        "units": "mm",
        "timestamp": "1970-01-01T00:00:01.500000+00:00",
        "point": 3,
    }
    assert Record("x", 1).as_json()["timestamp"] is None


def test_every_value_of_spec_is_plain_in_json() -> None:
    array = values.decode(_message([[1.0, 2.0], [3.0, float("inf")]]))
    assert plain(array) == [[1.0, 2.0], [3.0, "inf"]]
    assert plain({("1", "2"): b"\x01\xff", "k": (1, None)}) == {"1][2": "01ff", "k": [1, None]}


def _message(value: list[list[float]]) -> Any:
    import numpy as np

    from pycertifspec.session.server import ServerSession
    from pycertifspec.wire.decoder import Decoder

    (message,) = Decoder().receive(ServerSession(lambda: (0, 0)).event("var/x", values.encode(np.array(value))))
    return message


def test_notes_go_to_standard_error_unless_we_are_quiet() -> None:
    out, err = StringIO(), StringIO()
    Output(out=out, err=err).note("a\x1b[31m")
    Output(out=out, err=err).detail("b")
    Output(out=out, err=err, verbose=1).detail("c")
    Output(out=out, err=err, quiet=True).note("d")
    assert (out.getvalue(), err.getvalue()) == ("", "a\\x1b[31m\nc\n")


def test_numbers_and_texts_are_shown_as_people_read_them() -> None:
    assert [number(value) for value in (1.0, 0.1 + 0.2, 1e-9)] == ["1", "0.3", "1e-09"]
    assert printable("a\tb\x9b\u2028é") == "a\\tb\\x9b\\u2028é"


def test_a_table_in_a_pipe_has_tabs_and_nothing_else() -> None:
    out = StringIO()
    Output(out=out).table(["a", "b"], [["1", "x\ty"]])
    assert out.getvalue() == "a\tb\n1\tx\\ty\n"


def test_in_a_narrow_terminal_a_table_stays_readable() -> None:
    with Terminal("version", "--json", size=(40, 10)) as terminal:
        assert terminal.end() == 0
    out = Tty()
    Output(out=out, environment={"TERM": "dumb"}).table(["only"], [["1"]], numeric=True)
    assert out.getvalue().split() == ["only", "1"]
