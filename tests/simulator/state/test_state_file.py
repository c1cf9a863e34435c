"""The file of a state: the old one or the new one, nobody else's, and never overwritten when it is not understood."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from pycertifspec.errors import InvalidFileError
from pycertifspec.simulator.state import StateFile
from pycertifspec.simulator.state.state_file import FORMAT, SECTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

posix = pytest.mark.skipif(os.name == "nt", reason="locks and signals are POSIX's")
EMPTY: dict[str, dict[str, Any]] = {section: {} for section in SECTIONS}


@pytest.fixture
def file(tmp_path: Path) -> Iterator[StateFile]:
    file = StateFile(tmp_path / "deep" / "state", "fourc")
    yield file
    file.close()


def test_there_is_no_state_in_the_beginning(file: StateFile) -> None:
    assert file.read() is None
    assert not file.path.exists()


def test_what_is_written_is_read(file: StateFile) -> None:
    state = {**EMPTY, "variables": {"x": {"value": 'a "b"\n\x1c\ud800'}}}
    file.write(EMPTY)
    file.write(state)
    assert file.read() == state
    assert {path.name for path in file.path.parent.iterdir()} == {"fourc.json", "fourc.lock"}


@posix
def test_two_simulators_do_not_share_a_state(file: StateFile) -> None:
    with pytest.raises(InvalidFileError, match=r"fourc\.json is the state of a simulator that runs"):
        StateFile(file.path.parent, "fourc")
    StateFile(file.path.parent, "psic").close()
    file.close()
    file.close()
    StateFile(file.path.parent, "fourc").close()


def whole(**change: Any) -> str:
    return json.dumps({"format": FORMAT, "version": 1, "name": "fourc", **EMPTY, **change})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it is not JSON"),
        (whole()[:-10], "it is not JSON"),
        ("[" * 100_000, "it is not JSON"),
        ("[]", "it is something else"),
        ('{"format": "other"}', "it is something else"),
        (whole(version=2), 'its "version" is 2, and this program knows 1'),
        (whole(name="psic"), "it is the state of 'psic', not of \"fourc\""),
        (whole(motors=[]), '"motors" is missing or no object'),
    ],
)
def test_a_file_that_is_not_understood_is_named_and_stays_as_it_is(file: StateFile, text: str, reason: str) -> None:
    file.path.write_text(text)

    with pytest.raises(InvalidFileError) as caught:
        file.read()

    assert str(file.path) in str(caught.value)
    assert reason in str(caught.value)
    assert file.path.read_text() == text


def test_a_file_that_is_no_text_or_no_file_or_too_long_is_named(file: StateFile) -> None:
    file.path.write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidFileError, match="it is not JSON"):
        file.read()
    with file.path.open("wb") as stream:
        stream.truncate(256 * 1024 * 1024 + 1)
    with pytest.raises(InvalidFileError, match="it is longer than 268435456 bytes"):
        file.read()
    file.path.unlink()
    file.path.mkdir()
    with pytest.raises(InvalidFileError, match="directory"):
        file.read()


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(InvalidFileError, match="taken cannot keep a state"):
        StateFile(tmp_path / "taken", "fourc")


def test_what_cannot_be_written_leaves_the_old_state(file: StateFile) -> None:
    file.write(EMPTY)
    (file.path.parent / "fourc.json.new").mkdir()
    with pytest.raises(OSError, match="directory"):
        file.write({**EMPTY, "variables": {"x": {"value": 1.0}}})
    assert file.read() == EMPTY


WRITER = """
import sys
from pathlib import Path
from pycertifspec.simulator.state import StateFile
file = StateFile(Path(sys.argv[1]), "fourc")
number = 0
while True:
    number += 1
    records = {str(n): number for n in range(number % 7 * 400)}
    file.write({"motors": {}, "counters": {}, "variables": {"first": number, **records, "last": number}, "macros": {}})
    if number == 2:
        print("writing", flush=True)
"""


@posix
def test_a_kill_at_any_moment_of_writing_leaves_a_whole_state(tmp_path: Path) -> None:
    chance = random.Random(1)
    for _ in range(25):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(chance.uniform(0.0, 0.02))
            process.send_signal(signal.SIGKILL)

        file = StateFile(tmp_path, "fourc")
        state = file.read()
        file.close()

        assert state is not None
        assert len({*state["variables"].values()}) == 1
        assert {"first", "last"} <= state["variables"].keys()
