"""`Talk`: questions and answers over a SpecSocket, for the demonstration."""

from __future__ import annotations

import contextlib
import time
from itertools import count
from typing import TYPE_CHECKING, Any

from pycertifspec.errors import CallTimeoutError, RemoteError, RemoteProtocolError, SpecError
from pycertifspec.session import properties
from pycertifspec.wire import values
from pycertifspec.wire.constants import DataTypes, EventTypes

if TYPE_CHECKING:
    from pycertifspec.SpecSocket import SpecMessage, SpecSocket

# How long an answer may take: SPEC answers property reads at once, and calls when its prompt is free.
ANSWER_TIME = 5.0


class Talk:
    """One question at a time; what a watched property says in between is kept in `seen`."""

    def __init__(self, spec: SpecSocket) -> None:
        self._spec = spec
        spec.settimeout(ANSWER_TIME)
        self._numbers = count(2)  # 1 was HELLO's
        self.seen: dict[str, list[str]] = {}

    def read(self, name: str) -> Any:
        """Return a property's value."""
        return self._ask(EventTypes.SV_CHAN_READ, name, b"")

    def number(self, name: str) -> float:
        """Return the number that a property is.

        Raises:
            RemoteProtocolError: it is none.

        """
        text = self.read(name)
        try:
            return float(text)
        except (TypeError, ValueError) as error:
            raise RemoteProtocolError(
                f"{name!r} is {text!r}, expected a number", field="body", property=name
            ) from error

    def call(self, function: str, *arguments: object) -> Any:
        """Return what a function gives."""
        items = (function, *map(str, arguments), "")
        return self._ask(EventTypes.SV_FUNC_WITH_RETURN, "", "\0".join(items).encode())

    def write(self, name: str, text: str = "") -> None:
        """Set a property; the server answers only with an event if that fails (PROTOCOL.md 2.5)."""
        self._spec.send_spec(
            0, EventTypes.SV_CHAN_SEND, DataTypes.SV_STRING, name, text.encode() + b"\0" if text else b""
        )

    def watch(self, name: str) -> None:
        """Ask for a property's changes."""
        self.seen[name] = []
        self._spec.send_spec(0, EventTypes.SV_REGISTER, DataTypes.SV_STRING, name)

    def begun(self, name: str) -> bool:
        """Return whether a watched property that is 1 while something goes on has been 1."""
        return "1" in self.seen[name]

    def refusal(self, errors_before: int) -> RemoteError | None:
        """Return what the server told after so many errors; it tells everybody's, so it need not be about us."""
        told = self.seen[properties.ERROR][errors_before:]
        return RemoteError(told[-1]) if told else None

    def abort(self) -> None:
        """Stop whatever moves and counts, and return when the server has taken the request."""
        self._spec.send_spec(0, EventTypes.SV_ABORT, DataTypes.SV_STRING)
        # A connection that is closed while events come in is reset, and what was sent may be lost with it.
        number = self._request(EventTypes.SV_CHAN_READ, properties.READY, b"")
        with contextlib.suppress(SpecError):
            self._answer(number)

    def listen(self, seconds: float) -> None:
        """Take in what comes within a time."""
        end = time.monotonic() + seconds
        try:
            while (left := end - time.monotonic()) > 0:
                self._spec.settimeout(left)
                self._take(self._spec.recv_spec())
        except CallTimeoutError:
            pass  # that is all that came
        finally:
            self._spec.settimeout(ANSWER_TIME)  # an abort, say, is not to be given up after what was left

    def _ask(self, command: EventTypes, name: str, body: bytes) -> Any:
        asked = repr(name) if name else body.partition(b"\0")[0].decode() + "()"
        message = self._answer(self._request(command, name, body))
        if message is None:
            raise CallTimeoutError(f"{self._state()}: no answer to {asked} within {ANSWER_TIME:g} s")
        if message.is_error:
            raise RemoteError(f"{asked}: {values.text_of(message)}")
        return values.decode(message)

    def _answer(self, number: int) -> SpecMessage | None:
        """Return the answer to a request, None if there is none in time."""
        end = time.monotonic() + ANSWER_TIME
        while time.monotonic() < end:
            try:
                message = self._spec.recv_spec()
            except CallTimeoutError:
                return None
            if _answers(message, number):
                return message
            self._take(message)
        return None

    def _state(self) -> str:
        """Return why there is no answer: properties are read even while a command runs (PROTOCOL.md 5.1)."""
        message = self._answer(self._request(EventTypes.SV_CHAN_READ, properties.READY, b""))
        if message is None:
            return "the server does not answer"
        if not message.is_error and values.text_of(message) == "0":
            return "the server is busy with a command (status/ready is 0); try again when its prompt is free"
        return "the server is there, but slow"

    def _request(self, command: EventTypes, name: str, body: bytes) -> int:
        number = next(self._numbers)
        self._spec.send_spec(number, command, DataTypes.SV_STRING, name, body)
        return number

    def _take(self, message: SpecMessage) -> None:
        if message.name in self.seen:
            self.seen[message.name].append(values.text_of(message))


def _answers(message: SpecMessage, number: int) -> bool:
    return message.cmd == EventTypes.SV_REPLY and message.sn == number
