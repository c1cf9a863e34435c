"""Text files as SPEC's users have them: nothing but regular files, in UTF-8 or else in Latin-1."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from pathlib import Path

# A pipe or device is opened without waiting for its other end, and then refused.
_AT_ONCE = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)


def _open_regular(path: Path, flags: int) -> int:
    """Open a regular file and return its descriptor.

    Raises:
        OSError: it is a pipe, a device or a link, or the system refuses.

    """
    descriptor = os.open(path, flags | _AT_ONCE, 0o666)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(f"{path} is no regular file")
    return descriptor


def open_append(path: Path) -> TextIO:
    """Open a file to add to its end, making it if needed; what is written is in the file at once.

    Raises:
        OSError: it is no regular file, or the system refuses.

    """
    descriptor = _open_regular(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    return os.fdopen(descriptor, "a", encoding="utf-8", buffering=1)


def is_cut(path: Path) -> bool:
    """Return whether a file's last line has no end, as after a crash or on a full disk; a file that is not there, no.

    Raises:
        OSError: it is no regular file, or the system refuses.

    """
    try:
        descriptor = _open_regular(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    with os.fdopen(descriptor, "rb") as file:
        return file.seek(0, os.SEEK_END) > 0 and file.seek(-1, os.SEEK_END) >= 0 and file.read(1) != b"\n"


def read_text(path: Path, *, limit: int) -> str:
    """Return a file's text.

    Args:
        path: the file, no link.
        limit: bytes that it may have.

    Raises:
        OSError: it is longer or no regular file, or the system refuses.

    """
    with os.fdopen(_open_regular(path, os.O_RDONLY), "rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size > limit:
            raise OSError(f"{path} is longer than {limit} bytes")
        return decoded(file.read(size))


def decoded(data: bytes) -> str:
    """Return text that is UTF-8 or, as old macro files are, Latin-1; line ends become newlines."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n")
