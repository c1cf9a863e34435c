"""Where printed text goes: the screen, files, log files (SPEC_LANGUAGE.md 6.5)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from .associative import SEPARATOR, BuiltinArray
from .errors import exceeded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .host import Host, TextFile
    from .limits import Limits

TTY: Final = "tty"
NULL: Final = "/dev/null"
# A log file receives everything and is not closed by errors (SPEC_LANGUAGE.md 6.5).
_LOG = re.compile(r"(?:[tde]?log[^/]*|[^/]*[tde]?log)")
_ERROR_LOG = re.compile(r"(?:elog[^/]*|[^/]*elog)")


@dataclass(slots=True)
class Device:
    """A place for text."""

    name: str
    file: TextFile | None
    on: bool = False

    @property
    def base(self) -> str:
        """The name without its directory."""
        return self.name.rpartition("/")[2]

    @property
    def is_log(self) -> bool:
        """Whether it is a log file."""
        return self.name not in {TTY, NULL} and _LOG.fullmatch(self.base) is not None

    @property
    def is_error_log(self) -> bool:
        """Whether errors are copied to it."""
        return _ERROR_LOG.fullmatch(self.base) is not None


class Outputs:
    """The devices that are open, and which of them are on.

    Attributes:
        table: ``OUTFILES[][]``.

    """

    def __init__(self, host: Host, limits: Limits) -> None:
        self._host = host
        self._limits = limits
        self._devices: dict[str, Device] = {TTY: Device(TTY, None, on=True)}
        self.table = BuiltinArray("OUTFILES")
        self._publish()

    def __iter__(self) -> Iterator[Device]:
        return iter(list(self._devices.values()))

    def write(self, text: str) -> None:
        """Send text to all devices that are on, and to the log files."""
        for device in self._devices.values():
            if device.on or device.is_log:
                self._send(device, text)

    def write_only(self, name: str, text: str) -> bool:
        """Send text to one device and to the log files; tell whether that device could be opened."""
        if not self.open(name):
            return False
        wanted = self._devices[self._key(name)]
        for device in list(self._devices.values()):
            if device is wanted or device.is_log:
                self._send(device, text)
        return True

    def write_error(self, text: str, plain: str) -> None:
        """Send `plain` where output goes, and `text` to the error logs instead."""
        for device in self._devices.values():
            if device.is_error_log:
                self._send(device, text)
            elif device.on or device.is_log:
                self._send(device, plain)

    def write_logs(self, text: str) -> None:
        """Send text to the log files alone: prompts and what is typed (SPEC_LANGUAGE.md 6.5)."""
        for device in self._devices.values():
            if device.is_log:
                self._send(device, text)

    def write_screen(self, text: str) -> None:
        """Send text to the screen, if it is on, and to nothing else."""
        if self._devices[TTY].on:
            self._host.write(text)

    def open(self, name: str) -> bool:
        """Open a file to add to it, without turning it on; tell whether it is open now."""
        key = self._key(name)
        if key in self._devices:
            return True
        if len(self._devices) > self._limits.open_files:
            exceeded("open_files", self._limits.open_files, "The number of open files")
        try:
            file = None if key == NULL else self._host.open_append(key)
        except (OSError, ValueError):  # ValueError: a path with a null character
            return False
        self._devices[key] = Device(key, file)
        self._publish()
        return True

    def turn_on(self, name: str) -> bool:
        """Turn a device on, opening it if needed; tell whether it is on now."""
        if not self.open(name):
            return False
        self._devices[self._key(name)].on = True
        self._publish()
        return True

    def turn_off(self, name: str) -> bool:
        """Turn a device off; the screen comes back when nothing else is on. Tell whether it was open."""
        device = self._devices.get(self._key(name))
        if device is None:
            return False
        device.on = False
        self._screen_if_alone()
        self._publish()
        return True

    def close(self, name: str) -> bool:
        """Close a file; tell whether it was open."""
        key = self._key(name)
        if key == TTY or key not in self._devices:
            return False
        file = self._devices.pop(key).file
        if file is not None:
            file.close()
        self._screen_if_alone()
        self._publish()
        return True

    def reset(self) -> None:
        """Close all but log files and turn the screen on, as after an error (SPEC_LANGUAGE.md 9)."""
        for device in list(self._devices.values()):
            if not device.is_log:
                self.close(device.name)
        self._devices[TTY].on = True
        self._publish()

    def close_all(self) -> None:
        """Close every file, log files too."""
        for name in list(self._devices):
            self.close(name)

    def _screen_if_alone(self) -> None:
        if not any(device.on for device in self._devices.values()):
            self._devices[TTY].on = True

    def _send(self, device: Device, text: str) -> None:
        if device.name == TTY:
            self._host.write(text)
        elif device.file is not None:
            device.file.write(text)

    def _key(self, name: str) -> str:
        if name == "~" or name.startswith("~/"):
            return (self._host.environment("HOME") or "") + name[1:]
        return name

    def _publish(self) -> None:
        self.table.elements = {
            key + SEPARATOR + what: value
            for key, device in self._devices.items()
            for what, value in (("path", device.name), ("on", float(device.on)), ("log", float(device.is_log)))
        }
