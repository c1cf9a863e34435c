"""Functions of SPEC as a client and as a server: properties and commands of others (PROTOCOL.md 7.1)."""

from __future__ import annotations

import contextlib
import socket
from itertools import count
from typing import TYPE_CHECKING, Any

from pycertifspec.errors import SpecError
from pycertifspec.simulator.language import Function, SpecRuntimeError
from pycertifspec.simulator.language.exchange import from_python, to_python
from pycertifspec.simulator.language.values import to_text
from pycertifspec.SpecSocket import SpecSocket
from pycertifspec.wire import values
from pycertifspec.wire.constants import DataTypes, EventTypes

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycertifspec.simulator.clock import Clock, Interrupt
    from pycertifspec.simulator.language import Interpreter, Value
    from pycertifspec.SpecSocket import SpecMessage

# How long another server may take to answer, in seconds; `remote_par(host, "timeout", t)` changes it.
ANSWER_TIME = 5.0
# More servers than a macro file talks to, and more answers than one collects.
MAX_SERVERS = 50
# Either value of the flag of a deletion (PROTOCOL.md 4).
DELETED = 0x1001
MAX_PENDING = 1_000


class Remote:
    """One connection to another server."""

    def __init__(self, address: str) -> None:
        host, _, which = address.partition(":")
        self.timeout = ANSWER_TIME
        self.answers: dict[int, SpecMessage] = {}
        self.events: list[SpecMessage] = []
        self._numbers = count(2)
        self._socket = SpecSocket()
        try:
            if which.isdigit():
                self._socket.connect_spec(host, int(which), port_range=None, timeout=ANSWER_TIME)
            else:
                self._socket.connect_spec(host, name=which or None)
        except BaseException:
            self._socket.close()
            raise

    def send(self, command: EventTypes, name: str, body: values.Body | None = None, *, numbered: bool = True) -> int:
        """Send a request; return its serial number."""
        number = next(self._numbers) if numbered else 0
        body = body or values.Body(DataTypes.SV_STRING, 0, 0, b"")
        self._socket.settimeout(self.timeout)
        data: Any = body.data
        self._socket.send_spec(number, command, body.type, name, data, rows=body.rows, cols=body.cols)
        return number

    def answer(self, number: int, *, timeout: float | None = None) -> SpecMessage:
        """Return the answer to a request, taking in what comes before it."""
        self._socket.settimeout(self.timeout if timeout is None else timeout)
        while number not in self.answers:
            message = self._socket.recv_spec()
            if message.cmd == EventTypes.SV_REPLY and len(self.answers) < MAX_PENDING:
                self.answers[message.sn] = message
            elif message.cmd == EventTypes.SV_EVENT and len(self.events) < MAX_PENDING:
                self.events.append(message)
        return self.answers.pop(number)

    def give_up(self) -> None:
        """End the waiting for an answer; any thread may."""
        with contextlib.suppress(OSError):  # the other end may be gone already
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Take leave and close the connection."""
        with contextlib.suppress(SpecError, OSError):  # the other end may be gone already
            self.send(EventTypes.SV_CLOSE, "", numbered=False)
        self._socket.close()


class RemoteFunctions:
    """What macros can ask of other servers, and tell the clients of this one.

    Args:
        clock: time goes on while another server is waited for.
        tell: sends an event to the clients that watch a property.
        interrupt: ends the waiting for an answer; the connection is given up then, for the answer may still come.

    """

    def __init__(self, clock: Clock, tell: Callable[[str, Any], None], interrupt: Interrupt) -> None:
        self._clock = clock
        self._tell = tell
        self._interrupt = interrupt
        self._servers: dict[str, Remote] = {}
        self._asynchronous: dict[int, tuple[str, int]] = {}
        self._ids = count(1)

    def install(self, interpreter: Interpreter) -> None:
        """Add the functions."""
        for name, implementation, minimum, maximum in (
            ("prop_send", self.tell, 2, 2),
            ("prop_get", self.get, 2, 2),
            ("prop_put", self.put, 3, 3),
            ("prop_watch", self.watch, 2, 2),
            ("remote_cmd", self.command, 2, 2),
            ("remote_eval", self.evaluate, 2, 2),
            ("remote_async", self.start, 2, 2),
            ("remote_poll", self.poll, 1, 1),
            ("remote_stat", self.status, 0, 1),
            ("remote_par", self.parameter, 2, 3),
        ):
            doc = (implementation.__doc__ or "").partition("\n")[0]
            interpreter.functions.register(Function(name, implementation, minimum, maximum, doc=doc))

    def close(self) -> None:
        """Close all connections."""
        while self._servers:
            self._servers.popitem()[1].close()

    def _server(self, address: Value) -> Remote:
        name = to_text(address)
        if name not in self._servers:
            if len(self._servers) >= MAX_SERVERS:
                raise SpecRuntimeError(f"More than {MAX_SERVERS} servers are connected.")
            self._servers[name] = Remote(name)
        return self._servers[name]

    def _ask(
        self, interpreter: Interpreter, address: Value, command: EventTypes, name: str, body: values.Body | None = None
    ) -> Value:
        try:
            server = self._server(address)
            with self._clock.elsewhere(), self._interrupt.passed_to(server.give_up):
                if self._interrupt.is_set():  # just before
                    server.give_up()
                reply = server.answer(server.send(command, name, body))
        except (SpecError, OSError) as error:
            self._drop(address)
            interpreter.check_interrupt()
            raise SpecRuntimeError(f"{to_text(address)}: {error}") from error
        self._follow(interpreter, server)
        if reply.is_error:
            raise SpecRuntimeError(f"{to_text(address)}: {values.text_of(reply)}")
        return from_python(interpreter, values.decode(reply))

    def _drop(self, address: Value) -> None:
        server = self._servers.pop(to_text(address), None)
        if server is not None:
            server.close()

    def _send(self, address: Value, command: EventTypes, name: str, body: values.Body | None = None) -> Value:
        try:
            self._server(address).send(command, name, body, numbered=False)
        except (SpecError, OSError) as error:
            self._drop(address)
            raise SpecRuntimeError(f"{to_text(address)}: {error}") from error
        return 0.0

    @staticmethod
    def _follow(interpreter: Interpreter, server: Remote) -> None:
        """Let variables of ours follow those that are watched, if they exist; of arrays come the changes alone."""
        while server.events:
            event = server.events.pop(0)
            kind, _, path = event.name.partition("/")
            name = path.partition("[")[0]
            if kind != "var" or not interpreter.symbols.is_global(name):
                continue
            value = values.decode(event)
            if not isinstance(value, dict):
                interpreter.set(name, value)
                continue
            for key, element in value.items():
                keys = key if isinstance(key, tuple) else (key,)
                if event.flags & DELETED:
                    interpreter.delete(name, *keys)
                else:
                    interpreter.set(name, element, *keys)

    def tell(self, _: Interpreter, name: Value, value: Value) -> Value:
        """Send an event to the clients that watch a property of this server."""
        self._tell(to_text(name), to_python(value))
        return 0.0

    def get(self, interpreter: Interpreter, address: Value, name: Value) -> Value:
        """A property of another server, "host:port" or "host:name"."""
        return self._ask(interpreter, address, EventTypes.SV_CHAN_READ, to_text(name))

    def put(self, _: Interpreter, address: Value, name: Value, value: Value) -> Value:
        """Set a property of another server."""
        return self._send(address, EventTypes.SV_CHAN_SEND, to_text(name), values.encode(_plain(value)))

    def watch(self, interpreter: Interpreter, address: Value, name: Value) -> Value:
        """Watch a property; a variable of the same name follows whenever that server is asked something."""
        self._send(address, EventTypes.SV_REGISTER, to_text(name))
        self._follow(interpreter, self._server(address))
        return 0.0

    def command(self, _: Interpreter, address: Value, text: Value) -> Value:
        """Have another server execute a command, and do not wait."""
        return self._send(address, EventTypes.SV_CMD, "", values.encode_scalar(to_text(text)))

    def evaluate(self, interpreter: Interpreter, address: Value, text: Value) -> Value:
        """Have another server execute a command, and return its value."""
        body = values.encode_scalar(to_text(text))
        return self._ask(interpreter, address, EventTypes.SV_CMD_WITH_RETURN, "", body)

    def start(self, _: Interpreter, address: Value, text: Value) -> Value:
        """Have another server execute a command; return a number for remote_poll."""
        if len(self._asynchronous) >= MAX_PENDING:
            raise SpecRuntimeError(f"More than {MAX_PENDING} answers are waited for.")
        body = values.encode_scalar(to_text(text))
        try:
            number = self._server(address).send(EventTypes.SV_CMD_WITH_RETURN, "", body)
        except (SpecError, OSError) as error:
            self._drop(address)
            raise SpecRuntimeError(f"{to_text(address)}: {error}") from error
        identity = next(self._ids)
        self._asynchronous[identity] = (to_text(address), number)
        return float(identity)

    def poll(self, interpreter: Interpreter, identity: Value) -> Value:
        """The value of an asynchronous command, once it is there; waits for it."""
        found = self._asynchronous.pop(int(float(to_text(identity) or 0)), None)
        if found is None or found[0] not in self._servers:
            return -1.0
        server = self._servers[found[0]]
        try:
            with self._clock.elsewhere(), self._interrupt.passed_to(server.give_up):
                if self._interrupt.is_set():  # just before
                    server.give_up()
                reply = server.answer(found[1])
        except (SpecError, OSError) as error:
            self._drop(found[0])
            interpreter.check_interrupt()
            raise SpecRuntimeError(f"{found[0]}: {error}") from error
        self._follow(interpreter, server)
        return from_python(interpreter, values.decode(reply))

    def status(self, _: Interpreter, address: Value = None) -> Value:
        """Whether another server is connected; without an argument, how many are."""
        return float(len(self._servers) if address is None else to_text(address) in self._servers)

    def parameter(self, _: Interpreter, address: Value, what: Value, value: Value = None) -> Value:
        """Control a connection: "connect", "close", "connected", "abort", "timeout"."""
        word = to_text(what)
        if word == "connected":
            return float(to_text(address) in self._servers)
        if word == "close":
            self._drop(address)
        elif word == "abort":
            return self._send(address, EventTypes.SV_ABORT, "")
        elif word == "connect":
            self._server(address)
        elif word == "timeout":
            server = self._server(address)
            if value is not None:
                server.timeout = max(0.01, float(to_text(value)))
            return server.timeout
        else:
            return -1.0
        return 0.0


def _plain(value: Value) -> Any:
    held: Any = to_python(value)
    return "" if held is None else held
