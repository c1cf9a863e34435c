"""`StateFile`: the file of a simulated SPEC's state, which at any moment is whole: the old one or the new one."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, NoReturn

from pycertifspec.errors import InvalidFileError

try:
    import fcntl
except ImportError:  # Windows: two simulators with one state are not kept apart there, nor is a directory a file
    POSIX = False
else:
    POSIX = True

if TYPE_CHECKING:
    from pathlib import Path

FORMAT = "pycertifspec simulator state"
VERSION = 1
"""Of what stands in the file; a program that writes another form counts it up and reads the older ones."""

# A state is as large as its variables; one that is larger than this was not written here.
MAX_FILE = 256 * 1024 * 1024

SECTIONS = ("motors", "counters", "variables", "macros")


class StateFile:
    """One program's state in a directory: ``DIR/NAME.json``.

    As long as it is open, no other process may open it; the system ends that when the process ends, however it ends.

    Args:
        directory: made if it is not there.
        name: of the program.

    Raises:
        InvalidFileError: the directory cannot be used, or another simulator has the file.

    """

    def __init__(self, directory: Path, name: str) -> None:
        self.path = directory / f"{name}.json"
        self._name = name
        self._new = directory / f"{name}.json.new"
        self._directory = self._lock = -1
        try:
            directory.mkdir(parents=True, exist_ok=True)
            self._directory = os.open(directory, os.O_RDONLY) if POSIX else -1
            self._lock = os.open(directory / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise InvalidFileError(f"{directory} cannot keep a state: {error.strerror}") from error
        if POSIX:
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                self.close()
                raise InvalidFileError(f"{self.path} is the state of a simulator that runs; use another one") from error

    def read(self) -> dict[str, dict[str, Any]] | None:
        """Return the sections of the state, or None if there is none yet.

        Raises:
            InvalidFileError: the file cannot be read, or is no state of this program. It is left as it is.

        """
        try:
            if self.path.stat().st_size > MAX_FILE:
                self.refuse(f"it is longer than {MAX_FILE} bytes")
            document = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except OSError as error:
            self.refuse(error.strerror or str(error))
        except (ValueError, RecursionError) as error:
            self.refuse(f"it is not JSON: {error}")
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            self.refuse(f'it is something else: "format" is not "{FORMAT}"')
        if document.get("version") != VERSION:
            self.refuse(f'its "version" is {document.get("version")!r}, and this program knows {VERSION}')
        if document.get("name") != self._name:
            self.refuse(f'it is the state of {document.get("name")!r}, not of "{self._name}"')
        for section in SECTIONS:
            if not isinstance(document.get(section), dict):
                self.refuse(f'"{section}" is missing or no object')
        return {section: document[section] for section in SECTIONS}

    def refuse(self, reason: str) -> NoReturn:
        """Say why the file cannot be used.

        Raises:
            InvalidFileError: always.

        """
        raise InvalidFileError(
            f"{self.path} cannot be used as a state: {reason}. It was left as it is; repair it, or move it away to "
            "begin anew"
        )

    def write(self, sections: dict[str, dict[str, Any]]) -> None:
        """Replace the state; after this the disk has the new one, and until then the old one.

        Raises:
            OSError: it cannot be written; the old one is still there.

        """
        with self._new.open("wb") as file:
            file.write(_document(self._name, sections).encode())
            file.flush()
            os.fsync(file.fileno())
        self._new.replace(self.path)
        if self._directory >= 0:
            os.fsync(self._directory)  # the new name, too, is on the disk

    def close(self) -> None:
        """Let others use the state."""
        descriptors, self._lock, self._directory = (self._lock, self._directory), -1, -1
        for descriptor in descriptors:
            if descriptor >= 0:
                os.close(descriptor)


def _document(name: str, sections: dict[str, dict[str, Any]]) -> str:
    """Return the file's text: JSON, a line for each record, so that people can read and compare it."""
    head = {"format": FORMAT, "version": VERSION, "name": name}
    parts = [f"{_json(key)}: {_json(value)}" for key, value in head.items()]
    for section, records in sections.items():
        lines = ",\n".join(f"  {_json(key)}: {_json(record)}" for key, record in records.items())
        parts.append(f"{_json(section)}: {{\n{lines}\n}}")
    return "{" + ",\n".join(parts) + "}\n"


def _json(value: Any) -> str:
    return json.dumps(value, allow_nan=False)
