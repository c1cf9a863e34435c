"""Every exception that this package raises on purpose."""

from __future__ import annotations

# What `typing` has of this name; importing that costs a third of the time that `import pycertifspec` may take.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class SpecError(Exception):
    """The root: `except SpecError` catches whatever pycertifspec raises on purpose."""


class LocalProtocolError(SpecError, ValueError):
    """We were asked to send what cannot be right; nothing was sent."""


class LocalTypeError(LocalProtocolError, TypeError):
    """We were asked to send a value of a kind that has no place in a message; nothing was sent."""


class RemoteProtocolError(SpecError, ValueError):
    """The other end sent what is not SPEC's protocol, or what contradicts itself.

    Attributes:
        field: the field that is wrong (``"magic"``, ``"len"``, ``"body"`` ...).
        property: the name of the property it came with, where that was read already.

    """

    def __init__(self, message: str, *, field: str = "", property: str = "") -> None:  # noqa: A002  SPEC's word
        super().__init__(message)
        self.field = field
        self.property = property

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), self.args, {"field": self.field, "property": self.property}


class RemoteError(SpecError):
    """The server said no: its answer was an error (PROTOCOL.md 2.5).

    Attributes:
        reply: the message that said so, or None where it was no single one.

    """

    reply: Any = None


class ServerNotFoundError(SpecError, ConnectionError):
    """No SPEC server answered on any of the ports that were tried."""


class ConnectionLostError(SpecError, ConnectionError):
    """The other end is gone, or this connection can no longer be used."""


class CallTimeoutError(SpecError, TimeoutError):
    """The other end did not answer, or did not take what was sent, in time."""


class RefusedError(SpecError, PermissionError):
    """We do not do what was asked for: the session is read-only, or a limit forbids it; nothing was sent."""


class DataFileError(SpecError, ValueError):
    """A file cannot hold what was to be written, is not of the kind that was expected, or has not what was asked for.

    Files are SPEC data files, those that scans are converted to, recordings and captures of traffic.
    """


class ClockStuckError(SpecError, TimeoutError):
    """Model time cannot go on, because something still works that neither waits for it nor ends."""


class InvalidFileError(SpecError, ValueError):
    """A file that was given cannot be used; the message names it, the place in it and what was expected there."""


class StoppedError(SpecError):
    """This program itself stopped what was waited for."""
