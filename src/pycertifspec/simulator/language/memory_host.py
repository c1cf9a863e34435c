"""A host that lives in memory: for tests, and for trying out text without any effect."""

from __future__ import annotations

from typing import Final

# The day and month names that the default format of date() uses, with the one moment this host knows.
_EPOCH_TEXT: Final = "Thu Jan 01 00:00:00 1970"
# A linear congruential sequence (Numerical Recipes), good enough to look random.
_MULTIPLIER: Final = 1_664_525
_INCREMENT: Final = 1_013_904_223
_MODULUS: Final = 2**32


class MemoryFile:
    """A file in a dictionary."""

    def __init__(self, files: dict[str, str], path: str) -> None:
        self._files = files
        self._path = path
        files.setdefault(path, "")

    def write(self, text: str) -> None:
        """Add text at the end."""
        self._files[self._path] += text

    def close(self) -> None:
        """Nothing is kept open."""


class MemoryHost:
    """Keeps the screen, the files and the time in attributes, for tests to look at and to set.

    Attributes:
        screen: all that was shown.
        keys: lines that will be typed.
        files: text by path.
        time: the seconds since 1970; `sleep` moves it on.
        variables: the environment.
        shell: what each shell command gives.

    """

    def __init__(self) -> None:
        self.screen = ""
        self.keys: list[str] = []
        self.files: dict[str, str] = {}
        self.time = 0.0
        self.variables: dict[str, str] = {"HOME": "/home/user", "USER": "user"}
        self.shell: dict[str, tuple[int, str]] = {}
        self.directory = "/home/user"
        self.directories = {"/", "/home", "/home/user", "/tmp"}  # noqa: S108  a name, no file
        self._random = 1

    def write(self, text: str) -> None:
        """Keep what is shown."""
        self.screen += text

    def take_screen(self) -> str:
        """Return what was shown since the last time."""
        text, self.screen = self.screen, ""
        return text

    def read_key_line(self, prompt: str) -> str | None:
        """Return the next of `keys`."""
        self.screen += prompt
        return self.keys.pop(0) if self.keys else None

    def read_key(self) -> str:
        """Return the first character of `keys`."""
        if not self.keys:
            return ""
        first, self.keys[0] = self.keys[0][:1], self.keys[0][1:]
        if not self.keys[0]:
            del self.keys[0]
        return first

    def now(self) -> float:
        """Return `time`."""
        return self.time

    def sleep(self, seconds: float) -> None:
        """Move `time` on."""
        self.time += seconds

    def random(self) -> float:
        """Return the next number of a fixed sequence."""
        self._random = (_MULTIPLIER * self._random + _INCREMENT) % _MODULUS
        return self._random / _MODULUS

    def seed(self, seed: float) -> None:
        """Begin the sequence elsewhere."""
        self._random = int(seed) % _MODULUS

    def format_time(self, seconds: float, fmt: str) -> str:
        """Return a text for the beginning of 1970; other moments are written as seconds after it."""
        if fmt == "%a %b %d %H:%M:%S %Y":
            return _EPOCH_TEXT if int(seconds) == 0 else f"{_EPOCH_TEXT} + {int(seconds)} s"
        return fmt.replace("%s", str(int(seconds))).replace("%Y", "1970")

    def environment(self, name: str) -> str | None:
        """Look in `variables`."""
        return self.variables.get(name)

    def run_shell(self, command: str) -> tuple[int, str]:
        """Look in `shell`."""
        return self.shell.get(command, (127, ""))

    def change_directory(self, path: str) -> str:
        """Go to one of `directories`."""
        wanted = self._absolute(path)
        if wanted not in self.directories:
            raise FileNotFoundError(path)
        self.directory = wanted
        return wanted

    def open_append(self, path: str) -> MemoryFile:
        """Open one of `files`."""
        if path.startswith("/forbidden"):
            raise PermissionError(path)
        return MemoryFile(self.files, path)

    def read_text(self, path: str) -> str:
        """Return one of `files`."""
        if path not in self.files:
            raise FileNotFoundError(path)
        return self.files[path]

    def is_cut(self, path: str) -> bool:
        """Tell whether a file's last line has no end."""
        return not self.files.get(path, "\n").endswith("\n")

    def file_info(self, path: str) -> dict[str, float] | None:
        """Return size and kind."""
        if path in self.files:
            size = float(len(self.files[path]))
            return {"isreg": 1.0, "isdir": 0.0, "size": size, "read": 1.0, "write": 1.0, "execute": 0.0, "mtime": 0.0}
        if self._absolute(path) in self.directories:
            return {"isreg": 0.0, "isdir": 1.0, "size": 0.0, "read": 1.0, "write": 1.0, "execute": 1.0, "mtime": 0.0}
        return None

    def is_alive(self, process: int) -> bool:
        """Tell that process 1 lives."""
        return process == 1

    def _absolute(self, path: str) -> str:
        if path == ".":
            return self.directory
        return path if path.startswith("/") else f"{self.directory}/{path}"
