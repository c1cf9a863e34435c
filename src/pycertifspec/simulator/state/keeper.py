"""`Keeper`: writes the state whenever something has changed, not too often, in a thread of its own."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Any

from .kept_hardware import KeptHardware
from .kept_language import KeptLanguage

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycertifspec.simulator.hardware.instrument import Instrument
    from pycertifspec.simulator.language import Interpreter

    from .state_file import StateFile

logger = logging.getLogger("pycertifspec.simulator")

# Real seconds between two writes: what a scan's motors do is on the disk as fast as anybody could pull a plug.
INTERVAL = 0.1
# Of the time, writing takes at most one part in so many: a large state is written less often.
SHARE = 10


class Keeper:
    """Keeps a simulated SPEC's state in a file.

    Motors and counters are put back to what was kept when it is made, before a site's files run; variables and macros
    with `begin`, after them. What the files define is read from them each time; the state has what is different.

    A command's variables are written together, when the command has ended, and when it asks for it (`save`), as scans
    do when they begin; what motors have done, while it runs too.

    Args:
        file: it is the keeper's from now on.
        instrument: as it was described.
        fresh: forget variables and macros, as SPEC does when it is started with ``-f``; motors stay where they are.

    Attributes:
        fresh: whether variables and macros begin anew.
        remarks: what was kept and could not be put back, a line each; it stays in the file.

    Raises:
        InvalidFileError: the file is no state of this program.

    """

    def __init__(self, file: StateFile, instrument: Instrument, *, fresh: bool = False) -> None:
        self._file = file
        self._condition = threading.Condition()
        self._wanted = self._ending = False
        self._writing = threading.Lock()  # also: what `sections` gives is in order
        self._pause = INTERVAL
        self._trouble = ""
        self._thread: threading.Thread | None = None
        self._language: KeptLanguage | None = None
        try:
            self._kept = file.read()
            self._hardware = KeptHardware(instrument)
            if self._kept is not None:
                self._put_back(self._hardware.restore)
        except BaseException:
            file.close()
            raise
        self._written = self._kept
        self.fresh = fresh or self._kept is None
        self.remarks = [f"{file.path}: {what} is not described; its state is kept" for what in self._hardware.strange]
        instrument.witness(self.hardware_changed)

    @property
    def path(self) -> str:
        """The file's name."""
        return str(self._file.path)

    def _put_back(self, restore: Any) -> Any:
        try:
            return restore(self._kept)
        except ValueError as error:
            self._file.refuse(str(error))

    def begin(self, interpreter: Interpreter) -> None:
        """Put variables and macros back to what was kept, and begin to write.

        Raises:
            InvalidFileError: what was kept is not as it was written.

        """
        language = KeptLanguage(interpreter)
        if not self.fresh:
            refused = self._put_back(language.restore)
            self.remarks += [f"{self.path}: {name} is SPEC's own now; its value is kept" for name in refused]
        self._language = language
        self._thread = threading.Thread(target=self._write_on, name="state", daemon=True)
        self._thread.start()
        self._want()

    def variable_changed(self, name: str) -> None:
        """Note that a global variable was assigned to; called for each assignment."""
        if self._language is not None:
            self._language.changed.add(name)

    def command_ended(self) -> None:
        """Write what was changed: call it when no command is half way, and none begins meanwhile."""
        if self._language is not None and self._language.take():
            self._want()

    def hardware_changed(self) -> None:
        """Write where the motors are."""
        self._want()

    def redescribe(self, change: Callable[[], None]) -> None:
        """Have the instrument described anew by `change`, and go on to keep it.

        Raises:
            InvalidFileError: what was kept of something that is described again now is not as it was written.

        """
        try:
            self._hardware.redescribe(change)
        except ValueError as error:
            self._file.refuse(str(error))
        self._want()

    def save(self) -> None:
        """Write everything as it is now, and return when it is on the disk (`savstate`)."""
        if self._language is not None:
            self._language.take()
            self._write()

    def close(self) -> None:
        """Write what is left to write, and let others use the file."""
        with self._condition:
            self._ending = True
            self._condition.notify_all()
        if self._thread is not None:
            self._thread.join()
            self.save()
            self._thread = self._language = None
        self._file.close()

    def _want(self) -> None:
        with self._condition:
            self._wanted = True
            self._condition.notify_all()

    def _write_on(self) -> None:
        while True:
            with self._condition:
                self._condition.wait_for(lambda: self._wanted or self._ending)
                if self._ending:
                    return
                self._wanted = False
            self._write()
            with self._condition:
                self._condition.wait_for(lambda: self._ending, self._pause)

    def _write(self) -> None:
        if self._language is None:
            return
        with self._writing:
            begun = time.monotonic()
            sections = {**self._hardware.sections(), **self._language.sections()}
            if sections == self._written:
                return
            try:
                self._file.write(sections)
            except OSError as error:
                self._complain(f"{self.path} cannot be written: {error}; the state of before is still there")
            else:
                self._written, self._trouble = sections, ""
            self._pause = max(INTERVAL, (SHARE - 1) * (time.monotonic() - begun))

    def _complain(self, trouble: str) -> None:
        """Say it once, not ten times a second."""
        if trouble != self._trouble:
            self._trouble = trouble
            logger.error(trouble)
