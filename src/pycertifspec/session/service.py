"""`Service`: what a server does with each client's requests (PROTOCOL.md 2, 5, 7.2)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from pycertifspec.errors import RemoteError, SpecError
from pycertifspec.wire import values
from pycertifspec.wire.constants import NO_TYPE, EventTypes
from pycertifspec.wire.header import encode_name
from pycertifspec.wire.message import decode_text
from pycertifspec.wire.values import Body

from . import properties
from .commands import MAX_COMMAND, CommandQueue, Job, Starts, position_text
from .elements import element, element_update, split_element
from .encoding import encode
from .program import Command
from .registrations import Registrations

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycertifspec.wire.message import SpecMessage

    from .options import ServerOptions
    from .program import Client, Program
    from .server import ServerSession

logger = logging.getLogger("pycertifspec.server")

# An error's text as it is kept and told: longer than any that is read, shorter than what a client may send.
MAX_REASON = 4_000


class Service:
    """Knows who watches what and what is to be executed next; hands packets to the clients.

    Args:
        program: what is served.
        options: the ways in which servers differ.
        wake: called when a job has come into the queue.
        interrupt: called when the running job is to be aborted.

    """

    def __init__(
        self, program: Program, options: ServerOptions, wake: Callable[[], None], interrupt: Callable[[], None]
    ) -> None:
        self.program = program
        self.options = options
        self.running: Job | None = None
        self.last_error = properties.NO_ERROR
        self.tell_ready: Callable[[bool], None] = lambda _: None
        self._wake = wake
        self._interrupt = interrupt
        self._queue = CommandQueue()
        self._starts = Starts()
        self._registrations = Registrations(options)
        self._asking: Client | None = None  # whose request is acted on
        self._handlers: dict[int, Callable[[Client, SpecMessage], None]] = {
            EventTypes.SV_CLOSE: lambda client, _: client.close(),
            EventTypes.SV_ABORT: self._abort,
            EventTypes.SV_CMD: self._command,
            EventTypes.SV_CMD_WITH_RETURN: self._command,
            EventTypes.SV_REGISTER: self._register,
            EventTypes.SV_UNREGISTER: self._unregister,
            EventTypes.SV_FUNC: self._function,
            EventTypes.SV_FUNC_WITH_RETURN: self._function,
            EventTypes.SV_CHAN_READ: self._read,
            EventTypes.SV_CHAN_SEND: self._write,
            EventTypes.SV_HELLO: self._hello,
        }

    # ---- requests ----

    def received(self, client: Client, message: SpecMessage) -> None:
        """Act on a client's request."""
        handler = self._handlers.get(message.cmd)
        if handler is None:
            if message.sn:
                client.send(client.session.error_reply(message.sn, message.name, f"unknown command {message.cmd}"))
            return
        self._asking = client
        try:
            handler(client, message)
        except SpecError as error:
            self._refuse(client, message, str(error))
        except Exception as error:
            # What goes wrong in the program's own code is no fault of the connection; the author gets the traceback.
            logger.exception("request %d of %r failed", message.cmd, message.name)
            self._refuse(client, message, f"{type(error).__name__}: {error}")
        finally:
            self._asking = None

    def _refuse(self, client: Client, message: SpecMessage, reason: str) -> None:
        """Say no: to a read with a reply; else with an event, and a reply if that is an option (PROTOCOL.md 2.5)."""
        reason = reason[:MAX_REASON]
        read = message.cmd == EventTypes.SV_CHAN_READ
        if not read:
            self.report(reason)
        sent = message.cmd == EventTypes.SV_CHAN_SEND and message.sn and self.options.reply_to_failed_send
        if read or sent:
            client.send(client.session.error_reply(message.sn, message.name, reason))

    def lost(self, client: Client) -> None:
        """Free what a client that is gone had: registrations, waiting commands, motors not started yet."""
        self._registrations.remove_all(client)
        self._starts.close(client)
        self._queue.remove(client)

    def _hello(self, client: Client, message: SpecMessage) -> None:
        client.send(client.session.hello_reply(message.sn, self.program.name))

    def _read(self, client: Client, message: SpecMessage) -> None:
        name = message.name
        client.send(client.session.reply(message.sn, name, self._encode(client.session, self._value(name))))

    def _write(self, client: Client, message: SpecMessage) -> None:
        name, value = message.name, values.decode(message)
        if name == properties.PRESTART_ALL:
            self._starts.open(client)
        elif name == properties.START_ALL:
            self._push_motion(client, self._starts.close(client))
        elif name == properties.ABORT_ALL:
            self.program.abort_motors()
        elif name.startswith("motor/") and name.endswith("/start_one"):
            self._start_one(client, name, value)
        elif (published := self.program.find(name)) is not None:
            published.write(value)
        elif name in (properties.READY, properties.ERROR) or name.startswith(properties.OUTPUT):
            raise RemoteError(f"{name!r} cannot be set")
        else:
            base, keys = split_element(name)
            array = self.program.find(base) if keys else None
            if array is None and self.options.create_variables and base.startswith(properties.VARIABLES):
                self.program.create(base).write(element_update(keys, value) if keys else value)
                return
            if array is None:
                raise RemoteError(f"no property {name!r} on {self.program.name!r}")
            if not isinstance(array.read(), dict):
                raise RemoteError(f"{name!r} cannot be set: {base!r} is no associative array")
            array.write(element_update(keys, value))

    def _start_one(self, client: Client, name: str, value: Any) -> None:
        mne = name.split("/")[1]
        if self.program.find(properties.motor_path(mne, "position")) is None:
            raise RemoteError(f"no motor {mne!r} on {self.program.name!r}")
        target = (mne, position_text(name, value))
        if not self._starts.add(client, target):
            self._push_motion(client, [target])

    def _push_motion(self, client: Client, targets: list[tuple[str, str]]) -> None:
        command = self.program.start_motors(targets) if targets else None
        if command is not None:
            self.push(command, client)

    def _value(self, name: str) -> Any:
        published = self.program.find(name)
        if published is not None:
            return published.read()
        if name == properties.READY:
            return int(self.ready)
        if name == properties.ERROR:
            return self.last_error
        base, keys = split_element(name)
        array = self.program.find(base) if keys else None
        if array is None:
            raise RemoteError(f"no property {name!r} on {self.program.name!r}")
        return element(name, array.read(), keys)

    def _register(self, client: Client, message: SpecMessage) -> None:
        name = message.name
        self._registrations.check_room(client, name)
        encode_name(name)
        value = self._present(name)
        first = None if value is None else client.session.event(name, self._encode(client.session, value))
        self._registrations.add(client, name, value)
        if first is not None:
            client.send(first, event=True)

    def _present(self, name: str) -> Any:
        """Return what a registration's first event tells, or None for no event."""
        if name == properties.ERROR:
            quiet = self.last_error == properties.NO_ERROR and not self.options.no_error_event
            return None if quiet else values.encode_error(self.last_error)
        if name.startswith(properties.OUTPUT):
            return Body(NO_TYPE, 0, 0, b"") if self.options.bodyless_events else ""
        value = self._value(name)
        return None if _is_data_array(value) else value

    def _unregister(self, client: Client, message: SpecMessage) -> None:
        self._registrations.remove(client, message.name)

    # ---- commands ----

    def _command(self, client: Client, message: SpecMessage) -> None:
        self._enqueue(client, message, EventTypes.SV_CMD_WITH_RETURN)

    def _function(self, client: Client, message: SpecMessage) -> None:
        self._enqueue(client, message, EventTypes.SV_FUNC_WITH_RETURN)

    def _enqueue(self, client: Client, message: SpecMessage, with_return: int) -> None:
        sn = message.sn if message.cmd == with_return else None
        try:
            self.push(_command_of(message), client, sn)
        except RemoteError as error:
            self._fail(client, sn, str(error))

    def push(self, command: Command, client: Client | None = None, sn: int | None = None) -> None:
        """Put a command at the end of the queue that all clients share.

        Args:
            command: what is to be executed.
            client: whose it is; if None, who has made the request that is acted on, or else the program itself.
            sn: of the reply that it wants, or None.

        Raises:
            RemoteError: too much of this client's waits already.

        """
        was_ready = self.ready
        self._queue.append(Job(command, client or self._asking, sn))
        if was_ready:
            self.tell_ready(False)
        self._wake()

    def next_job(self) -> Job | None:
        """Begin the next command, if none runs and one waits."""
        if self.running is not None or not self._queue:
            return None
        self.running = self._queue.popleft()
        self.changed(properties.READY, "0")
        return self.running

    def finished(self, job: Job, value: Any) -> None:
        """Answer a command with its value; the next one can begin."""
        if job.client is not None and job.sn is not None:
            session = job.client.session
            try:
                packet = session.reply(job.sn, "", self._encode(session, "" if value is None else value))
            except SpecError as error:
                packet = session.error_reply(job.sn, "", f"{job.command.text[:80]}: {error}")
            job.client.send(packet)
        self._ended(job)

    def failed(self, job: Job, reason: str) -> None:
        """Answer a command with an error; the next one can begin."""
        self._fail(job.client, job.sn, reason)
        self._ended(job)

    def _ended(self, job: Job) -> None:
        if self.running is job:
            self.running = None
        if not self._queue:
            self.changed(properties.READY, "1")
            self.tell_ready(True)

    def _fail(self, client: Client | None, sn: int | None, reason: str) -> None:
        reason = reason[:MAX_REASON]
        if client is not None and sn is not None:
            client.send(client.session.error_reply(sn, "", reason))
        self.report(reason)

    def _abort(self, client: Client, _: SpecMessage) -> None:
        self._drop(client, lambda _: True)
        self._starts.close(client)
        self._interrupt()
        self.program.abort()

    def drop(self, meant: Callable[[Command], bool]) -> None:
        """Forget commands that wait and are meant: of the client whose request is acted on."""
        if self._asking is not None:
            self._drop(self._asking, meant)

    def _drop(self, client: Client, meant: Callable[[Command], bool]) -> None:
        dropped = self._queue.remove(client, meant)
        for job in dropped:
            self._fail(client, job.sn, "aborted before it began")
        if dropped and self.ready:
            self.tell_ready(True)

    # ---- events ----

    @property
    def ready(self) -> bool:
        """Whether the program waits for commands."""
        return self.running is None and not self._queue

    def report(self, text: str) -> None:
        """Tell an error to those who watch `error`."""
        self.last_error = text
        self.changed(properties.ERROR, values.encode_error(text), mergeable=False)

    def quit(self) -> None:
        """Tell those who watch for it that the server goes away."""
        self.changed(properties.QUIT, "1")

    def watched(self, name: str) -> bool:
        """Return whether any client watches this property, or an element of it. Any thread may ask."""
        return self._registrations.watched(name)

    def asker_watches(self, name: str) -> bool:
        """Return whether the client whose command runs watches this property. Any thread may ask."""
        job = self.running
        return job is not None and job.client is not None and self._registrations.watches(job.client, name)

    def tell_asker(self, name: str, value: Any) -> None:
        """Tell a property's value to the client whose command runs, if it watches it."""
        if self.running is not None and self.running.client is not None:
            self._registrations.tell_one(self.running.client, name, value)

    def changed(self, name: str, value: Any, *, deleted: bool = False, mergeable: bool = True) -> None:
        """Tell a property's new value to those who watch it (see `Registrations.changed`)."""
        self._registrations.changed(name, value, deleted=deleted, mergeable=mergeable)

    def _encode(self, session: ServerSession, value: Any) -> Body:
        return encode(value, session.order, self.options)


def _is_data_array(value: Any) -> bool:
    """Return whether a value is an array of numbers or strings, which SPEC tells nobody of (5.5)."""
    return values.is_data_array(value) or isinstance(value, list)


def _command_of(message: SpecMessage) -> Command:
    """Return the command in a message, whatever type it was sent as: the server ignores the type (2.2).

    Raises:
        RemoteError: it is longer than any command.

    """
    if message.len > MAX_COMMAND:
        raise RemoteError(f"the command has {message.len} bytes, more than {MAX_COMMAND}")
    body = message.body if isinstance(message.body, str) else decode_text(message.body).removesuffix("\0")
    if message.cmd in (EventTypes.SV_CMD, EventTypes.SV_CMD_WITH_RETURN):
        return Command((body.split("\0", 1)[0],))
    return Command(tuple(body.removesuffix("\0").split("\0")))
