"""What `sniff` shows and keeps: lines on the screen, lines in a recording."""

from __future__ import annotations

import contextlib
import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING, TextIO

from pycertifspec.traffic import recording
from pycertifspec.traffic.passing import Passing

from .messages import as_object, as_text, wanted

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable
    from typing import Self

    from .output import Output

# Messages that wait to be shown. A screen that stands still (Ctrl-S) must not make the beamline stand still.
MAX_WAITING = 100_000
# ... and as many bytes of their bodies.
MAX_WAITING_BYTES = 256 * 1024 * 1024


class _Lines:
    """Shows and keeps one message after the other; knows when it is enough."""

    def __init__(self, options: argparse.Namespace, output: Output, file: TextIO | None) -> None:
        self._options, self._output, self._file = options, output, file
        self._left: int | None = options.count

    def tell(self, passing: Passing) -> bool:
        """Show a message if it is wanted; return whether more are."""
        if self._file is not None:
            self._file.write(recording.line(passing))
        if wanted(passing, self._options.property, self._options.kind):
            self._show(passing)
            if self._left is not None and passing.message is not None:
                self._left -= 1
        return self._left is None or self._left > 0

    def _show(self, passing: Passing) -> None:
        form, output = self._options.form, self._output
        if form == "jsonl":
            output.json(as_object(passing))
        elif passing.message is None:
            if not output.quiet and form != "terse":
                output.line(as_text(passing))
        elif form == "terse":
            output.line(as_text(passing).split(" ", 1)[1].lstrip())
        else:
            output.line(as_text(passing, full=bool(output.verbose)))


def _file(options: argparse.Namespace, server: str) -> contextlib.AbstractContextManager[TextIO | None]:
    """Return the new file for a recording, if one is wanted.

    Raises:
        FileExistsError: it is there already.

    """
    if options.record is None:
        return contextlib.nullcontext()
    try:
        file: TextIO = options.record.open("x", encoding="utf-8", newline="\n")
    except FileExistsError as error:
        said = "is there already: a recording is a new file; choose another name"
        raise FileExistsError(error.errno, said, str(options.record)) from error
    file.write(recording.heading(server))
    return file


def tell(passings: Iterable[Passing], options: argparse.Namespace, output: Output, source: str) -> None:
    """Show and keep messages that are there already."""
    with _file(options, source) as file:
        lines = _Lines(options, output, file)
        for passing in passings:
            if not lines.tell(passing):
                return


class Teller:
    """Shows and keeps messages in a thread of its own, for who hears them must not wait for a screen.

    What does not fit into its memory is left out, and that is said where it would have stood.

    Args:
        options: of the command.
        output: for the lines.
        server: which one is listened to, for the recording's first line.
        enough: called when no more is wanted, or nobody can be told.

    """

    def __init__(self, options: argparse.Namespace, output: Output, server: str, enough: Callable[[], None]) -> None:
        self._queue: SimpleQueue[Passing | None] = SimpleQueue()
        self._waiting = self._bytes = 0
        self._left_out = 0
        self._lock = threading.Lock()
        self._enough = enough
        self._failure: OSError | None = None
        self._open = _file(options, server)
        self._options, self._output = options, output
        # A screen that stands still holds the thread; Ctrl-C must end the program even so.
        self._thread = threading.Thread(target=self._run, name="sniff", daemon=True)

    def hear(self, passing: Passing) -> None:
        """Take in a message. It never waits."""
        with self._lock:
            if self._waiting >= MAX_WAITING or self._bytes + _size(passing) > MAX_WAITING_BYTES:
                self._left_out += 1
                return
            if self._left_out:
                note = f"{self._left_out} messages were left out here: they came faster than they could be written"
                self._put(Passing(passing.time, passing.connection, passing.direction, None, note=note))
                self._left_out = 0
            self._put(passing)

    def _put(self, passing: Passing) -> None:
        self._queue.put(passing)
        self._waiting += 1
        self._bytes += _size(passing)

    def _run(self) -> None:
        try:
            with self._open as file:
                lines = _Lines(self._options, self._output, file)
                while (passing := self._queue.get()) is not None:
                    with self._lock:
                        self._waiting -= 1
                        self._bytes -= _size(passing)
                    if not lines.tell(passing):
                        break
        except OSError as error:  # raised again where the command ends
            self._failure = error
        self._enough()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._queue.put(None)
        self._thread.join()
        if self._failure is not None:
            raise self._failure


def _size(passing: Passing) -> int:
    return 0 if passing.message is None else passing.message.len
