"""What the interpreter asks of the world: it has no files, no clock and no screen of its own."""

from __future__ import annotations

from typing import Protocol


class TextFile(Protocol):
    """A file that is open for writing."""

    def write(self, text: str, /) -> object:
        """Add text at the end."""

    def close(self) -> None:
        """Close the file."""


class Host(Protocol):
    """The world. File methods raise `OSError` when they cannot or will not; a host confines them to one directory."""

    def write(self, text: str) -> None:
        """Show text on the screen (device ``tty``)."""

    def read_key_line(self, prompt: str) -> str | None:
        """Show a prompt and return the line that was typed, without its newline; None at the end of input."""

    def read_key(self) -> str:
        """Return a character that was typed already, or an empty string."""

    def now(self) -> float:
        """Return the seconds since 1970."""

    def sleep(self, seconds: float) -> None:
        """Wait; return at once when the interpreter is interrupted meanwhile."""

    def random(self) -> float:
        """Return a random number from 0 to 1, without 1."""

    def seed(self, seed: float) -> None:
        """Begin a new sequence of random numbers."""

    def format_time(self, seconds: float, fmt: str) -> str:
        """Return local time in the format of strftime."""

    def environment(self, name: str) -> str | None:
        """Return an environment variable."""

    def run_shell(self, command: str) -> tuple[int, str]:
        """Run a shell command; return its exit status and what it printed. May refuse with `OSError`."""

    def change_directory(self, path: str) -> str:
        """Go to a directory; return the present one as an absolute path."""

    def open_append(self, path: str) -> TextFile:
        """Open a file to add to its end."""

    def read_text(self, path: str) -> str:
        """Return the text of a whole file."""

    def is_cut(self, path: str) -> bool:
        """Tell whether a file's last line has no end; a file that is not there, no."""

    def file_info(self, path: str) -> dict[str, float] | None:
        """Return what is known of a file, or None if there is none.

        Keys: ``dev ino mode nlink uid gid rdev size atime mtime ctime isreg isdir ischr isblk islnk isfifo issock
        read write execute``.
        """

    def is_alive(self, process: int) -> bool:
        """Tell whether a process exists."""
