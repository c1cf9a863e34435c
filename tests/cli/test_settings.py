"""Where settings come from, and which server is meant."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.command import one_line, run

from pycertifspec.cli import settings
from pycertifspec.errors import LocalProtocolError, RefusedError

if TYPE_CHECKING:
    from pathlib import Path

SESSIONS = """
server = "fourc"
timeout = 4
[sessions.fourc]
host = "beamline"
port = 6515
read_only = true
timeout = 7
[sessions.psic]
host = "other"
name = "psic"
"""


def read(directory: Path, environment: dict[str, str] | None = None, **options: Any) -> settings.Settings:
    env = {"XDG_CONFIG_HOME": str(directory / "home"), **(environment or {})}
    return settings.read(argparse.Namespace(**options), env, directory)


def test_without_any_setting_the_server_is_on_this_machine(tmp_path: Path) -> None:
    found = read(tmp_path)
    server = found.server()
    assert (server.target.host, server.target.port, server.timeout, server.read_only) == ("localhost", None, 2.0, False)
    assert server.label == "localhost"
    assert {source for _, source in found.values.values()} == {"default"}


def test_an_option_wins_over_the_environment_that_over_files_and_nearer_files_over_farther_ones(tmp_path: Path) -> None:
    (tmp_path / "home" / "pycertifspec").mkdir(parents=True)
    user = tmp_path / "home" / "pycertifspec" / "config.toml"
    user.write_text('server = "a"\ntimeout = 1\ncolor = "never"\n')
    (tmp_path / "pyproject.toml").write_text('[tool.pycertifspec]\nserver = "b"\ntimeout = 2\n')
    (tmp_path / "pycertifspec.toml").write_text('server = "c"\n')

    values = read(tmp_path, {"PYCERTIFSPEC_TIMEOUT": "3"}, server="d").values

    assert values["server"] == ("d", "--server")
    assert values["timeout"] == (3.0, "PYCERTIFSPEC_TIMEOUT")
    assert values["color"] == ("never", str(user))
    assert read(tmp_path, {"SPEC_SERVER": "e"}).values["server"] == ("e", "SPEC_SERVER")
    assert read(tmp_path).values["server"] == ("c", str(tmp_path / "pycertifspec.toml"))
    assert read(tmp_path).of("timeout") == 2.0


def test_a_file_that_is_named_is_read_in_place_of_all(tmp_path: Path) -> None:
    (tmp_path / "pycertifspec.toml").write_text('server = "c"\n')
    (tmp_path / "mine.toml").write_text("timeout = 9\n")
    found = read(tmp_path, {"PYCERTIFSPEC_CONFIG": str(tmp_path / "mine.toml")})
    assert (found.of("server"), found.of("timeout")) == ("localhost", 9.0)
    with pytest.raises(LocalProtocolError, match="which is not there"):
        read(tmp_path, {"PYCERTIFSPEC_CONFIG": str(tmp_path / "none.toml")})


def test_a_session_names_a_server(tmp_path: Path) -> None:
    (tmp_path / "pycertifspec.toml").write_text(SESSIONS)
    fourc, psic = read(tmp_path).server(), read(tmp_path, server="psic").server()
    assert (fourc.label, fourc.timeout, fourc.read_only, fourc.session) == ("beamline:6515", 7.0, True, "fourc")
    assert (psic.label, psic.target.name, psic.timeout, psic.read_only) == ("other:psic", "psic", 4.0, False)
    assert read(tmp_path, timeout=1.0).server().timeout == 1.0
    assert read(tmp_path, {"PYCERTIFSPEC_TIMEOUT": "3"}).server().timeout == 3.0


def test_a_session_may_stand_in_the_environment(tmp_path: Path) -> None:
    variables = {"PYCERTIFSPEC_SESSIONS__ID10__HOST": "id10", "PYCERTIFSPEC_SESSIONS__ID10__READ_ONLY": "yes"}
    server = read(tmp_path, variables, server="id10").server()
    assert (server.target.host, server.read_only) == ("id10", True)


@pytest.mark.parametrize("address", ["fourc", "beamline:6515", "spec://beamline:6515"])
def test_a_read_only_session_refuses_by_whichever_name(tmp_path: Path, address: str) -> None:
    (tmp_path / "pycertifspec.toml").write_text(SESSIONS)
    with pytest.raises(RefusedError, match="refused to move th on beamline:6515: the session 'fourc' is read-only"):
        read(tmp_path, server=address).server().check_writable("move th")
    read(tmp_path, server="beamline:6516").server().check_writable("move th")
    read(tmp_path, server="psic").server().check_writable("move th")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("server = 5", "server is 5, expected host"),
        ('server = ""', "server is ''"),
        ("timeout = 0", "timeout is 0, expected seconds above 0"),
        ("timeout = inf", "timeout is inf"),
        ("timeout = [1]", "timeout is"),
        ('color = "red"', "expected auto, always or never"),
        ("colour = 1", "there is no setting 'colour'; there are server, timeout, color"),
        ("[sessions.a]\nreadonly = true", "there is no setting 'sessions.a.readonly'"),
        ("[sessions.a]\nport = 70000", "expected a port"),
        ("[sessions.a]\nport = true", "expected a port"),
        ('[sessions.a]\nread_only = "perhaps"', "expected true or false"),
        ("[sessions.a]", "the session 'a' has none of host, port"),
        ("sessions = 1", "sessions are tables"),
        ("[sessions]\na = 1", "sessions are tables"),
        ("server", "are no TOML"),
        ("# " + "x" * settings.MAX_FILE, "are longer than"),
    ],
)
def test_what_nobody_knows_is_an_error_that_names_the_file(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "pycertifspec.toml").write_text(text)
    with pytest.raises(LocalProtocolError, match=reason) as told:
        read(tmp_path)
    assert str(tmp_path / "pycertifspec.toml") in str(told.value)


def test_files_that_cannot_be_read_and_variables_that_make_no_sense_are_told(tmp_path: Path) -> None:
    with pytest.raises(LocalProtocolError, match="PYCERTIFSPEC_NOTHING: there is no setting 'nothing'"):
        read(tmp_path, {"PYCERTIFSPEC_NOTHING": "1"})
    with pytest.raises(LocalProtocolError, match=r"there is no setting 'a\.b'"):
        read(tmp_path, {"PYCERTIFSPEC_A__B": "1"})
    (tmp_path / "pycertifspec.toml").mkdir()
    with pytest.raises(LocalProtocolError, match="cannot be read: Is a directory"):
        read(tmp_path)


def test_on_windows_the_users_file_is_among_the_applications(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sys.platform", "win32")
    assert settings.user_directory({"APPDATA": str(tmp_path)}) == tmp_path
    assert settings.user_directory({}).name == "Roaming"
    monkeypatch.setattr("sys.platform", "linux")
    assert settings.user_directory({}).name == ".config"


def test_config_show_tells_where_each_value_comes_from(tmp_path: Path) -> None:
    (tmp_path / "pycertifspec.toml").write_text(SESSIONS)
    done = run("config", "show", "-w", "3", cwd=tmp_path, env={"SPEC_SERVER": "psic"})
    file = str(tmp_path / "pycertifspec.toml")

    assert (done.status, done.err) == (0, "")
    assert [line.split("\t") for line in done.out.splitlines()] == [
        ["name", "value", "source"],
        ["color", "auto", "default"],
        ["server", "psic", "SPEC_SERVER"],
        ["sessions.fourc.host", "beamline", file],
        ["sessions.fourc.port", "6515", file],
        ["sessions.fourc.read_only", "true", file],
        ["sessions.fourc.timeout", "7.0", file],
        ["sessions.psic.host", "other", file],
        ["sessions.psic.name", "psic", file],
        ["timeout", "3.0", "--timeout"],
    ]
    found = json.loads(run("config", "show", "--json", cwd=tmp_path).out)
    assert {"name": "sessions.fourc.port", "value": 6515, "source": file} in found


def test_config_files_tells_which_are_read(tmp_path: Path) -> None:
    (tmp_path / "pycertifspec.toml").write_text(SESSIONS)
    lines = run("config", "files", cwd=tmp_path).out.splitlines()
    assert lines[1] == f"{tmp_path / 'pycertifspec.toml'}\tread"
    assert lines[2] == f"{tmp_path / 'pyproject.toml'}\tnot there"
    assert lines[4].startswith("/etc/pycertifspec.toml\t")


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("a/b", "is not host, host:port or host:name"),
        ("spec://a:70000", "70000 is no port number"),
    ],
)
def test_an_address_that_makes_no_sense_is_wrong_usage(address: str, reason: str) -> None:
    done = run("config", "show", "--server", address)
    assert done.status == 2
    assert reason in one_line(done.err)
