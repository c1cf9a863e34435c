"""Where documents go: what every target can do, and the words by which the command line names them."""

from __future__ import annotations

import importlib
import re
from typing import TYPE_CHECKING, Any, Final, Protocol

from pycertifspec.errors import LocalProtocolError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .spool import Entry

# Each kind of target: its module here, and how its address looks.
KINDS: Final = {
    "jsonl": ("jsonl", "jsonl:FILE"),
    "kafka": ("kafka", "kafka:HOST:PORT[,HOST:PORT]/TOPIC"),
    "nats": ("nats", "nats://HOST:PORT[/SUBJECT]"),
    "tiled": ("tiled", "tiled:http://HOST:PORT[/PATH][?api_key=KEY]"),
    "spec": ("spec_file", "spec:FILE"),
}


# Kinds whose addresses are URLs, which may hold a key or a password.
_URLS: Final = ("kafka", "nats", "tiled")
_USER: Final = re.compile(r"//[^/@]*@")


class Target(Protocol):
    """Something that takes documents. It is used by one thread at a time."""

    def open(self) -> None:
        """Get ready, also after a failure; raises whatever is in the way."""

    def send(self, entries: Sequence[Entry]) -> int:
        """Deliver documents; return up to which position they need not be delivered again, 0 for none yet."""

    def close(self) -> None:
        """Let go of everything; raises nothing."""


class Callback:
    """A function of name and document as a target.

    Args:
        function: as Bluesky calls its subscribers: ``function(name, document)``.

    """

    def __init__(self, function: Callable[[str, dict[str, Any]], Any]) -> None:
        self._function = function
        self._last = 0

    def open(self) -> None:
        """There is nothing to do."""

    def send(self, entries: Sequence[Entry]) -> int:
        """Call the function with each document; after one for which it raised, that one is the next."""
        for entry in entries:
            if entry.position > self._last:
                self._function(entry.name, entry.document)
                self._last = entry.position
        return entries[-1].position

    def close(self) -> None:
        """There is nothing to do."""


def name_of(address: str) -> str:
    """Return what a target is called in logs and in the spool: its address without key and password."""
    if address.partition(":")[0] not in _URLS:
        return address
    return _USER.sub("//", address).partition("?")[0]


def make_target(address: str) -> Target:
    """Return the target that an address means; nothing is connected yet.

    Args:
        address: ``jsonl:FILE``, ``tiled:URI``, ``kafka:HOSTS/TOPIC``, ``nats://HOST:PORT/SUBJECT``, ``spec:FILE``.

    Raises:
        LocalProtocolError: it is no address of a target.
        ModuleNotFoundError: what it needs is not installed.

    """
    kind, colon, rest = address.partition(":")
    if not colon or not rest or kind not in KINDS:
        forms = ", ".join(form for _, form in KINDS.values())
        raise LocalProtocolError(f"{name_of(address)!r} is no place for documents; there are {forms}")
    module = importlib.import_module(f"{__package__}.{KINDS[kind][0]}")
    return module.target(rest)  # type: ignore[no-any-return]
