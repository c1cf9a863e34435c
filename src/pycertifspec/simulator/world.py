"""`World`: the screen, clock, random numbers and one directory of files that a simulated SPEC sees."""

from __future__ import annotations

import contextlib
import getpass
import os
import random
import signal
import socket
import stat
import subprocess
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from . import text_files
from .clock import Interrupt

if TYPE_CHECKING:
    from collections.abc import Callable

    from .clock import Clock
    from .language import TextFile

# No command file or table that a macro reads is as long.
MAX_FILE = 64 * 1024 * 1024
# What a shell command may print into a variable.
MAX_SHELL_OUTPUT = 16 * 1024 * 1024
# Of the process's environment a macro sees these alone.
ENVIRONMENT = ("DISPLAY", "HOME", "LANG", "TERM", "TZ", "USER")


class _ToldFile:
    """A file that tells what is written to it."""

    def __init__(self, file: TextFile, tell: Callable[[str], None]) -> None:
        self._file = file
        self._tell = tell
        self.close = file.close

    def write(self, text: str) -> None:
        """Add text at the end."""
        self._file.write(text)
        self._tell(text)


def _user() -> str:
    """Return who runs this process; "unknown" if nobody knows: it stands in every data file."""
    try:
        return getpass.getuser()
    except (ImportError, KeyError, OSError):  # no environment, no such user
        return "unknown"


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a shell and all that it has started, which would keep its output open."""
    if process.poll() is None:
        if hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        else:  # Windows
            process.kill()


class World:
    """What the interpreter asks of the world (`language.Host`).

    Args:
        clock: model time.
        screen: shows text; called in the thread that runs commands.
        keyboard: see the attribute; without one, nobody types.
        directory: the only place where files are read and written; without one, there are no files.
        seed: of the random numbers.
        allow_shell: whether `unix()` runs commands; they are not confined to the directory.

    Attributes:
        screen: shows text, as `screen` above.
        keyboard: shows a prompt and returns a line that was typed, None at the end. It returns when `interrupt` is set.
        on_output: told what is written to files: a function that gives the file's names as it was opened, in full and
            from the present directory, and the text.

    """

    def __init__(
        self,
        clock: Clock,
        screen: Callable[[str], None],
        *,
        keyboard: Callable[[str], str | None] | None = None,
        directory: Path | None = None,
        seed: int = 0,
        allow_shell: bool = False,
    ) -> None:
        self.clock = clock
        self.interrupt = Interrupt()
        self.screen = screen
        self.keyboard = keyboard or self._nobody
        self._root = None if directory is None else directory.resolve(strict=True)
        self._here = self._root
        self._random = random.Random(seed)  # noqa: S311  no secret
        self._allow_shell = allow_shell
        self.on_output: Callable[[Callable[[], tuple[str, ...]], str], object] = lambda _names, _text: None

    def write(self, text: str) -> None:
        """Show text on the screen."""
        self.screen(text)

    def read_key_line(self, prompt: str) -> str | None:
        """Show a prompt and return the line that was typed; None where nobody types."""
        with self.clock.elsewhere():
            return self.keyboard(prompt)

    def _nobody(self, prompt: str) -> None:
        self.screen(f"{prompt}\n")

    def read_key(self) -> str:
        """Return nothing: single keys are not read."""
        return ""

    def now(self) -> float:
        """Return the model time."""
        self.clock.look()
        return self.clock.now()

    def sleep(self, seconds: float) -> None:
        """Wait in model time, unless interrupted."""
        self.clock.wait(self.clock.now() + seconds, self.interrupt)

    def random(self) -> float:
        """Return a number from 0 to 1, without 1."""
        return self._random.random()

    def seed(self, seed: float) -> None:
        """Begin a new sequence of random numbers."""
        self._random.seed(seed)

    def format_time(self, seconds: float, fmt: str) -> str:
        """Return local time as text."""
        return time.strftime(fmt, time.localtime(seconds))

    def environment(self, name: str) -> str | None:
        """Return one of the variables that macros may see; the home directory is the directory of files."""
        if name == "HOSTNAME":
            return socket.gethostname()
        if name == "HOME" and self._root is not None:
            return str(self._root)
        if name == "USER" and not os.environ.get(name):
            return _user()
        return os.environ.get(name) if name in ENVIRONMENT else None

    def run_shell(self, command: str) -> tuple[int, str]:
        """Run a shell command, if that is allowed; an interrupt kills it."""
        if not self._allow_shell:
            raise PermissionError("unix() is off in this simulator; start it with --allow-unix")
        with subprocess.Popen(  # noqa: S602  this is what unix() is for, and it was allowed
            command,
            shell=True,
            cwd=self._here,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            start_new_session=True,
        ) as process:
            assert process.stdout is not None  # noqa: S101  for the type checker
            kill = partial(_kill, process)
            with self.interrupt.passed_to(kill):
                if self.interrupt.is_set():  # just before
                    kill()
                output = process.stdout.read(MAX_SHELL_OUTPUT)
                process.stdout.close()
                status = process.wait()
        return status, output.decode(errors="replace")

    def change_directory(self, path: str) -> str:
        """Go to a directory; return the present one."""
        if self._root is None:
            return "/"
        wanted = self._inside(path)
        if not wanted.is_dir():
            raise NotADirectoryError(path)
        self._here = wanted
        return str(wanted)

    def open_append(self, path: str) -> TextFile:
        """Open a file to add to its end; what is written is in the file at once, for those who follow it."""
        found = self._inside(path)
        return _ToldFile(text_files.open_append(found), partial(self._wrote, path, found))

    def _wrote(self, given: str, path: Path, text: str) -> None:
        self.on_output(lambda: (given, str(path), os.path.relpath(path, self._here)), text)

    def read_text(self, path: str) -> str:
        """Return a file's text."""
        return text_files.read_text(self._inside(path), limit=MAX_FILE)

    def is_cut(self, path: str) -> bool:
        """Tell whether a file's last line has no end."""
        return text_files.is_cut(self._inside(path))

    def file_info(self, path: str) -> dict[str, float] | None:
        """Return what is known of a file, None if there is none."""
        try:
            found = self._inside(path)
            facts = found.stat()
        except OSError:
            return None
        tests = {"reg": stat.S_ISREG, "dir": stat.S_ISDIR, "lnk": stat.S_ISLNK, "chr": stat.S_ISCHR}
        tests |= {"blk": stat.S_ISBLK, "fifo": stat.S_ISFIFO, "sock": stat.S_ISSOCK}
        rights = {"read": os.R_OK, "write": os.W_OK, "execute": os.X_OK}
        names = ("dev", "ino", "mode", "nlink", "uid", "gid", "size", "atime", "mtime", "ctime")
        return {
            "rdev": 0.0,
            **{name: float(getattr(facts, f"st_{name}")) for name in names},
            **{f"is{kind}": float(test(facts.st_mode)) for kind, test in tests.items()},
            **{name: float(os.access(found, right)) for name, right in rights.items()},
        }

    def is_alive(self, process: int) -> bool:
        """Tell of this process alone; others are none of a macro's business."""
        return process == os.getpid()

    def _inside(self, path: str) -> Path:
        """Return a path in the directory, whatever links lie on the way.

        Raises:
            PermissionError: it is outside, or there is no directory.

        """
        if self._root is None or self._here is None:
            raise PermissionError("this simulator has no directory for files; start it with --directory DIR")
        found = Path(os.path.realpath(self._here / path))
        if found != self._root and self._root not in found.parents:
            raise PermissionError(f"{path} is outside {self._root}")
        return found
