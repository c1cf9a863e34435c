"""What a simulated SPEC sees of the world: one directory, a shell if it is allowed, model time."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import pytest

from pycertifspec.simulator.clock import ManualClock, SteppingClock
from pycertifspec.simulator.world import World

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(SteppingClock(start=100.0), lambda _: None, directory=tmp_path, allow_shell=True)


def test_files_are_added_to_read_and_described(world: World, tmp_path: Path) -> None:
    told: list[tuple[set[str], str]] = []
    world.on_output = lambda names, text: told.append((set(names()), text))
    file = world.open_append("data")
    file.write("one\n")
    file.close()

    assert world.read_text("data") == "one\n"
    assert told == [({"data", str(tmp_path / "data")}, "one\n")]
    info = world.file_info("data")
    assert info is not None
    assert (info["size"], info["isreg"], info["isdir"]) == (4, 1, 0)
    assert world.file_info("none") is None


@pytest.mark.parametrize("path", ["..", "../x", "/etc/passwd", "sub/../../x", "link/x", "~"])
def test_nothing_outside_the_directory_is_touched(world: World, tmp_path: Path, path: str) -> None:
    (tmp_path / "link").symlink_to(tmp_path.parent)
    if path == "~":  # a tilde that is not expanded is a name like any other
        assert world.file_info(path) is None
        return
    for touch in (world.open_append, world.read_text, world.change_directory):
        with pytest.raises(PermissionError):
            touch(path)
    assert world.file_info(path) is None


def test_directories_are_changed_within_the_directory(world: World, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    assert world.change_directory("sub") == str(tmp_path / "sub")
    assert world.change_directory("..") == str(tmp_path)
    with pytest.raises(NotADirectoryError):
        world.change_directory("none")


def test_without_a_directory_there_are_no_files() -> None:
    world = World(SteppingClock(), lambda _: None)

    assert world.change_directory(".") == "/"
    with pytest.raises(PermissionError, match="--directory"):
        world.open_append("data")


def test_a_shell_command_runs_in_the_directory_and_gives_its_status(world: World, tmp_path: Path) -> None:
    assert world.run_shell("pwd; exit 3") == (3, f"{tmp_path}\n")


def test_an_interrupt_kills_a_shell_command(world: World) -> None:
    ends = threading.Timer(0.1, world.interrupt.set)
    ends.start()

    status, _ = world.run_shell("exec sleep 60")

    assert status != 0
    ends.join()


def test_the_shell_is_off_unless_it_is_allowed() -> None:
    with pytest.raises(PermissionError, match="--allow-unix"):
        World(SteppingClock(), lambda _: None).run_shell("true")


def test_few_variables_of_the_environment_are_seen(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "x")
    monkeypatch.setenv("USER", "ann")

    assert world.environment("SECRET") is None
    assert world.environment("USER") == "ann"
    assert world.environment("HOME") == str(tmp_path)
    assert world.environment("HOSTNAME")


def test_the_keyboard_is_asked_or_nobody_is() -> None:
    shown: list[str] = []
    asked = World(SteppingClock(), shown.append, keyboard=lambda prompt: prompt + "yes")

    assert asked.read_key_line("sure? ") == "sure? yes"
    assert World(SteppingClock(), shown.append).read_key_line("sure? ") is None
    assert shown == ["sure? \n"]
    assert asked.read_key() == ""


def test_time_is_the_models_and_numbers_come_again_with_their_seed(world: World) -> None:
    before = world.now()
    world.sleep(5)
    assert world.now() == pytest.approx(before + 5, abs=0.01)
    world.seed(3)
    first = [world.random() for _ in range(3)]
    world.seed(3)
    assert first == [world.random() for _ in range(3)]


def test_a_look_takes_time_only_where_time_does_not_pass() -> None:
    stepping, manual = SteppingClock(start=1.0), ManualClock(start=1.0)
    stepping.look()
    manual.look()
    assert stepping.now() > 1.0
    assert manual.now() == 1.0


def test_only_this_process_is_known_to_live(world: World) -> None:
    assert world.is_alive(os.getpid())
    assert not world.is_alive(1)


def test_an_interrupt_just_before_kills_a_shell_command_too(world: World) -> None:
    world.interrupt.set()

    assert world.run_shell("sleep 1000; echo done") == (-9, "")


@pytest.mark.parametrize("kind", ["pipe", "directory"])
def test_only_regular_files_are_opened_and_nothing_waits_for_the_other_end_of_a_pipe(
    world: World, tmp_path: Path, kind: str
) -> None:
    if kind == "pipe":
        os.mkfifo(tmp_path / "odd")
    else:
        (tmp_path / "odd").mkdir()
    for touch in (world.open_append, world.read_text):
        with pytest.raises(OSError, match=r"odd"):
            touch("odd")

    info = world.file_info("odd")
    assert info is not None
    assert (info["isreg"], info["isfifo"], info["isdir"]) == (0, kind == "pipe", kind == "directory")


def test_a_pipe_that_somebody_reads_is_refused_too(world: World, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        with pytest.raises(OSError, match="no regular file"):
            world.open_append("pipe")
    finally:
        os.close(reader)


def test_a_file_longer_than_the_limit_is_not_read(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pycertifspec.simulator.world.MAX_FILE", 3)
    (tmp_path / "data").write_text("1234")

    with pytest.raises(OSError, match="longer than 3 bytes"):
        world.read_text("data")


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_text_is_read_in_the_encoding_that_it_has(world: World, tmp_path: Path, encoding: str) -> None:
    (tmp_path / "old.mac").write_bytes('p "Ångström"\r\n'.encode(encoding))

    assert world.read_text("old.mac") == 'p "Ångström"\n'
