"""What the user has set, where each value comes from, and which server is meant."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pycertifspec.errors import LocalProtocolError, RefusedError
from pycertifspec.session.target import VARIABLE, Target, target
from pycertifspec.wire.constants import DEFAULT_PORT_RANGE

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

PREFIX: Final = "PYCERTIFSPEC_"
# Names the file that is read in place of all others.
FILE_VARIABLE: Final = PREFIX + "CONFIG"
DEFAULT_TIMEOUT: Final = 2.0
DEFAULT_SERVER: Final = "localhost"
# Somebody wrote it by hand.
MAX_FILE: Final = 1024 * 1024


class Setting(NamedTuple):
    """A value and where it comes from: an option, a variable of the environment, a file, or the default."""

    value: Any
    source: str


def _positive(value: Any) -> float:
    seconds = float(value)
    if not 0 < seconds < float("inf"):
        raise ValueError(value)
    return seconds


def _port(value: Any) -> int:
    if isinstance(value, bool) or not 0 < int(value) < 1 << 16:
        raise ValueError(value)
    return int(value)


def _flag(value: Any) -> bool:
    known = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    return value if isinstance(value, bool) else known[str(value).lower()]


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(value)
    return value


def _color(value: Any) -> str:
    if value not in ("auto", "always", "never"):
        raise ValueError(value)
    return str(value)


# What can be set, how it is read, and what is expected. Whatever else stands in a file is an error: a `read_only`
# that was misspelt would let motors move.
KNOWN: Final = {
    "server": (_text, "host, host:port, host:name or the name of a session"),
    "timeout": (_positive, "seconds above 0"),
    "color": (_color, "auto, always or never"),
}
KNOWN_OF_SESSION: Final = {
    "host": (_text, "a host's name or address"),
    "port": (_port, "a port, 1 to 65535"),
    "name": (_text, "a SPEC server's process name, such as fourc"),
    "timeout": KNOWN["timeout"],
    "read_only": (_flag, "true or false"),
}


@dataclass(frozen=True, slots=True)
class Server:
    """The server that is meant.

    Attributes:
        target: where to look for it.
        timeout: seconds that it may take to answer.
        read_only: whether nothing may be written, moved or run there.
        session: the name of the session in the settings, or None where an address was given.

    """

    target: Target
    timeout: float
    read_only: bool
    session: str | None

    @property
    def label(self) -> str:
        """The server as a person writes it."""
        last = self.target.port if self.target.port is not None else self.target.name
        return f"{self.target.host}:{last}" if last is not None else self.target.host

    def check_writable(self, what: str) -> None:
        """Refuse what writes, moves or runs where the session is read-only.

        Raises:
            RefusedError: it is.

        """
        if self.read_only:
            raise RefusedError(
                f"refused to {what} on {self.label}: the session {self.session!r} is read-only; "
                "`pycertifspec config show` tells where that is set"
            )


class Settings:
    """All that is set, by dotted names such as ``timeout`` and ``sessions.fourc.port``."""

    def __init__(self, values: Mapping[str, Setting]) -> None:
        self.values = dict(values)

    @property
    def sessions(self) -> list[str]:
        """The names of all sessions."""
        return sorted({name.split(".")[1] for name in self.values if name.startswith("sessions.")})

    def of(self, name: str) -> Any:
        """Return a value, or None where nothing is set."""
        found = self.values.get(name)
        return None if found is None else found.value

    def server(self) -> Server:
        """Return the server that is meant.

        Raises:
            LocalProtocolError: the address makes no sense.

        """
        said: str = self.of("server")
        found = self.address(said)
        session = said if said in self.sessions else self._read_only_session(found)
        read_only = session is not None and bool(self.of(f"sessions.{session}.read_only"))
        timeout = self.of("timeout")
        own = f"sessions.{session}.timeout"
        if own in self.values and not self.values["timeout"].source.startswith(("--", PREFIX)):
            timeout = self.of(own)
        return Server(found, timeout, read_only, session)

    def address(self, said: str) -> Target:
        """Return where the server is that a session's name, or an address, means.

        Raises:
            LocalProtocolError: the address makes no sense.

        """
        if said in self.sessions:
            return self._session_target(said)
        return target(said, None, DEFAULT_PORT_RANGE, (), None, {})

    def _session_target(self, session: str) -> Target:
        host, port, name = (self.of(f"sessions.{session}.{key}") for key in ("host", "port", "name"))
        return target(host or DEFAULT_SERVER, port, DEFAULT_PORT_RANGE, (), name, {})

    def _read_only_session(self, meant: Target) -> str | None:
        """Return the read-only session that an address leads to: nobody evades it by writing the address out."""
        for session in self.sessions:
            if self.of(f"sessions.{session}.read_only"):
                known = self._session_target(session)
                if known.host == meant.host and known[2:] == meant[2:]:
                    return session
        return None


def read(
    options: argparse.Namespace | None = None,
    environment: Mapping[str, str] = os.environ,
    directory: Path | None = None,
) -> Settings:
    """Return the settings: an option wins over the environment, that over files, nearer files over farther ones.

    Args:
        options: of the command line; its `server`, `timeout` and `color` count.
        environment: SPEC_SERVER, PYCERTIFSPEC_TIMEOUT, PYCERTIFSPEC_SESSIONS__FOURC__PORT ...
        directory: where ``pycertifspec.toml`` and ``pyproject.toml`` are looked for, by default the current one.

    Raises:
        LocalProtocolError: a file cannot be read or says what nobody knows.

    """
    values = {
        "server": Setting(DEFAULT_SERVER, "default"),
        "timeout": Setting(DEFAULT_TIMEOUT, "default"),
        "color": Setting("auto", "default"),
    }
    for path, table in reversed(list(_files(environment, directory or Path.cwd()))):
        values.update(_checked(table, str(path)))
    values.update(_of_environment(environment))
    for name in KNOWN:
        given = getattr(options, name, None)
        if given is not None:
            values[name] = Setting(_convert(name, given, f"--{name}"), f"--{name}")
    return Settings(values)


def candidates(environment: Mapping[str, str], directory: Path) -> list[Path]:
    """Return the files that are read if they are there, the nearest first."""
    if named := environment.get(FILE_VARIABLE):
        return [Path(named)]
    return [
        directory / "pycertifspec.toml",
        directory / "pyproject.toml",
        user_directory(environment) / "pycertifspec" / "config.toml",
        Path("/etc/pycertifspec.toml"),
    ]


def user_directory(environment: Mapping[str, str]) -> Path:
    """Return where a user's configuration is: %APPDATA% on Windows, $XDG_CONFIG_HOME or ~/.config elsewhere."""
    if sys.platform == "win32":
        return Path(environment.get("APPDATA") or Path.home() / "AppData" / "Roaming")
    return Path(environment.get("XDG_CONFIG_HOME") or Path.home() / ".config")


def _files(environment: Mapping[str, str], directory: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    for path in candidates(environment, directory):
        try:
            with path.open("rb") as file:
                text = file.read(MAX_FILE + 1)
        except (FileNotFoundError, NotADirectoryError) as error:
            if FILE_VARIABLE in environment:
                raise LocalProtocolError(f"{FILE_VARIABLE} names {path}, which is not there") from error
            continue
        except OSError as error:
            raise LocalProtocolError(f"the settings in {path} cannot be read: {error.strerror}") from error
        table = _parse(path, text)
        if path.name == "pyproject.toml":
            table = table.get("tool", {}).get("pycertifspec", {})
        yield path, table


def _parse(path: Path, text: bytes) -> dict[str, Any]:
    import tomllib  # noqa: PLC0415  most often there is no file

    if len(text) > MAX_FILE:
        raise LocalProtocolError(f"the settings in {path} are longer than {MAX_FILE} bytes: it is some other file")
    try:
        return tomllib.loads(text.decode())
    except ValueError as error:
        raise LocalProtocolError(f"the settings in {path} are no TOML: {error}") from error


def _checked(table: Mapping[str, Any], source: str) -> Iterator[tuple[str, Setting]]:
    sessions = table.get("sessions", {})
    if not isinstance(sessions, dict) or not all(isinstance(session, dict) for session in sessions.values()):
        raise LocalProtocolError(f"{source}: sessions are tables, such as [sessions.fourc]")
    for session, of in sessions.items():
        if not of:
            raise LocalProtocolError(f"{source}: the session {session!r} has none of {', '.join(KNOWN_OF_SESSION)}")
    flat = {name: value for name, value in table.items() if name != "sessions"}
    flat |= {f"sessions.{session}.{key}": value for session, of in sessions.items() for key, value in of.items()}
    for name, value in flat.items():
        yield name, Setting(_convert(name, value, source), source)


def _convert(name: str, value: Any, source: str) -> Any:
    parts = name.split(".")
    known = KNOWN if len(parts) == 1 else KNOWN_OF_SESSION
    if len(parts) not in (1, 3) or parts[-1] not in known:
        raise LocalProtocolError(f"{source}: there is no setting {name!r}; there are {', '.join(known)}")
    convert, expected = known[parts[-1]]
    try:
        return convert(value)
    except (KeyError, TypeError, ValueError) as error:
        raise LocalProtocolError(f"{source}: {name} is {value!r}, expected {expected}") from error


def _of_environment(environment: Mapping[str, str]) -> Iterator[tuple[str, Setting]]:
    for variable, value in sorted(environment.items()):
        if variable == VARIABLE and value:
            yield "server", Setting(value, variable)
        elif variable.startswith(PREFIX) and variable != FILE_VARIABLE:
            name = variable.removeprefix(PREFIX).lower().replace("__", ".")
            yield name, Setting(_convert(name, value, variable), variable)
