"""`Service`: what a server does with each client's requests (PROTOCOL.md 2, 5, 7.2)."""

from __future__ import annotations

import logging
import re
from collections import Counter, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from pycertifspec.errors import RemoteError, SpecError
from pycertifspec.wire import values
from pycertifspec.wire.constants import NO_TYPE, DataTypes, EventTypes
from pycertifspec.wire.header import encode_name
from pycertifspec.wire.message import decode_text, encode_text
from pycertifspec.wire.values import Body

from . import properties

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycertifspec.wire.message import SpecMessage

    from .options import ServerOptions
    from .server import ServerSession

logger = logging.getLogger("pycertifspec.server")

# Of one client: more commands than anybody types, few enough that a runaway loop is stopped.
MAX_QUEUED = 10_000
# An instrument has some hundred motors with twenty properties each.
MAX_REGISTRATIONS = 20_000
# Motors between prestart_all and start_all.
MAX_STARTS = 1_000


class Client(Protocol):
    """One connection, as the service needs it."""

    session: ServerSession

    def send(self, packet: bytes, key: str | None = None, *, event: bool = False) -> None:
        """Send a packet, or let it wait; of events with the same key, only the newest need wait."""

    def close(self) -> None:
        """Close the connection after what waits was sent."""


class Published(Protocol):
    """One property that a program publishes."""

    def read(self) -> Any:
        """Return the present value; raise `SpecError` if there is none."""

    def write(self, value: Any) -> None:
        """Set the value; raise `SpecError` if that cannot be."""


class Program(Protocol):
    """What is served: the decisions that are not the protocol's."""

    name: str

    def attach(self, channel: Channel | None) -> None:
        """Say who tells changes, from the server's start; None when it has stopped."""

    def find(self, name: str) -> Published | None:
        """Return the property of this name, if there is one."""

    def start_motors(self, targets: list[tuple[str, str]]) -> Command | None:
        """Return the command that starts motors together, each a mnemonic and a user position."""

    def abort(self) -> None:
        """Stop what moves, counts and runs, as ^C at SPEC's keyboard."""

    def abort_motors(self) -> None:
        """Stop what moves."""

    async def execute(self, command: Command) -> Any:
        """Execute a command; return its value, or raise `SpecError`. It is cancelled to abort it."""


class Channel(Protocol):
    """What a server does for its program."""

    @property
    def options(self) -> ServerOptions:
        """The ways in which it is to differ from other servers."""

    def tell(self, name: str, value: Any, *, deleted: bool = False, mergeable: bool = True) -> None:
        """Tell those who watch a property its new value (see `Service.changed`). Any thread may."""

    def watched(self, name: str) -> bool:
        """Return whether a client watches a property, or an element of it. Any thread may."""

    def push(self, command: Command) -> None:
        """Put a command into the queue."""

    def on_ready(self, tell: Callable[[bool], None]) -> None:
        """Have the program told False when a command comes and none waits or runs, and True when all are done."""


class Command(NamedTuple):
    """What is to be executed: source text, or a function or command name and its arguments as source text."""

    items: tuple[str, ...]

    @property
    def text(self) -> str:
        """The command as a person would write it."""
        return self.items[0] if len(self.items) == 1 else " ".join(self.items)


@dataclass(eq=False, slots=True)
class Job:
    """A command in the queue."""

    command: Command
    client: Client | None
    sn: int | None
    """The serial number that its reply will have, or None if none is wanted."""


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
        self._queue: deque[Job] = deque()
        self._watchers: dict[str, dict[Client, None]] = {}
        self._watched: dict[Client, set[str]] = {}
        self._bases: Counter[str] = Counter()  # how many watched names are a property or an element of it
        self._starts: dict[Client, list[tuple[str, str]]] = {}
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
        try:
            handler(client, message)
        except SpecError as error:
            self._refuse(client, message, str(error))
        except Exception as error:
            # What goes wrong in the program's own code is no fault of the connection; the author gets the traceback.
            logger.exception("request %d of %r failed", message.cmd, message.name)
            self._refuse(client, message, f"{type(error).__name__}: {error}")

    def _refuse(self, client: Client, message: SpecMessage, reason: str) -> None:
        """Say no: to a read with a reply; else with an event, and a reply if that is an option (PROTOCOL.md 2.5)."""
        read = message.cmd == EventTypes.SV_CHAN_READ
        if not read:
            self.report(reason)
        sent = message.cmd == EventTypes.SV_CHAN_SEND and message.sn and self.options.reply_to_failed_send
        if read or sent:
            client.send(client.session.error_reply(message.sn, message.name, reason))

    def lost(self, client: Client) -> None:
        """Free what a client that is gone had: registrations, waiting commands, motors not started yet."""
        for name in self._watched.pop(client, ()):
            self._forget(name, client)
        self._starts.pop(client, None)
        self._queue = deque(job for job in self._queue if job.client is not client)

    def _hello(self, client: Client, message: SpecMessage) -> None:
        client.send(client.session.hello_reply(message.sn, self.program.name))

    def _read(self, client: Client, message: SpecMessage) -> None:
        name = message.name
        client.send(client.session.reply(message.sn, name, self._encode(client.session, self._value(name))))

    def _write(self, client: Client, message: SpecMessage) -> None:
        name, value = message.name, values.decode(message)
        if name == properties.PRESTART_ALL:
            self._starts[client] = []
        elif name == properties.START_ALL:
            self._push_motion(client, self._starts.pop(client, []))
        elif name == properties.ABORT_ALL:
            self.program.abort_motors()
        elif name.startswith("motor/") and name.endswith("/start_one"):
            self._start_one(client, name, value)
        elif (published := self.program.find(name)) is not None:
            published.write(value)
        else:
            base, keys = split_element(name)
            array = self.program.find(base) if keys else None
            if array is None:
                raise RemoteError(f"no property {name!r} on {self.program.name!r}")
            if not isinstance(array.read(), dict):
                raise RemoteError(f"{name!r} cannot be set: {base!r} is no associative array")
            array.write(_element_update(keys, value))

    def _start_one(self, client: Client, name: str, value: Any) -> None:
        mne = name.split("/")[1]
        if self.program.find(properties.motor_path(mne, "position")) is None:
            raise RemoteError(f"no motor {mne!r} on {self.program.name!r}")
        target = (mne, str(value))
        starts = self._starts.get(client)
        if starts is None:
            self._push_motion(client, [target])
        elif len(starts) < MAX_STARTS:
            starts.append(target)
        else:
            raise RemoteError(f"more than {MAX_STARTS} motions between prestart_all and start_all")

    def _push_motion(self, client: Client, targets: list[tuple[str, str]]) -> None:
        command = self.program.start_motors(targets) if targets else None
        if command is not None:
            self._check_room(client)
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
        return _element(name, array.read(), keys)

    def _register(self, client: Client, message: SpecMessage) -> None:
        name = message.name
        watched = self._watched.setdefault(client, set())
        if len(watched) >= MAX_REGISTRATIONS and name not in watched:
            raise RemoteError(f"{name!r} is not watched: {MAX_REGISTRATIONS} properties are already")
        encode_name(name)
        value = self._present(name)
        first = None if value is None else client.session.event(name, self._encode(client.session, value))
        watched.add(name)
        if name not in self._watchers:
            self._bases[split_element(name)[0]] += 1
        self._watchers.setdefault(name, {})[client] = None
        if first is not None:
            client.send(first, event=True)

    def _present(self, name: str) -> Any:
        """Return what a registration's first event tells, or None for no event."""
        if name == properties.ERROR:
            quiet = self.last_error == properties.NO_ERROR and not self.options.no_error_event
            return None if quiet else values.encode_error(self.last_error)
        if name.startswith("output/"):
            return Body(NO_TYPE, 0, 0, b"") if self.options.bodyless_events else ""
        value = self._value(name)
        return None if _is_data_array(value) else value

    def _unregister(self, client: Client, message: SpecMessage) -> None:
        self._watched.get(client, set()).discard(message.name)
        self._forget(message.name, client)

    def _forget(self, name: str, client: Client) -> None:
        watchers = self._watchers.get(name)
        if watchers is None:
            return
        watchers.pop(client, None)
        if not watchers:
            del self._watchers[name]
            self._bases[split_element(name)[0]] -= 1

    # ---- commands ----

    def _command(self, client: Client, message: SpecMessage) -> None:
        text = _body_text(message).split("\0", 1)[0]
        self._enqueue(client, message, Command((text,)), EventTypes.SV_CMD_WITH_RETURN)

    def _function(self, client: Client, message: SpecMessage) -> None:
        items = _body_text(message).removesuffix("\0").split("\0")
        self._enqueue(client, message, Command(tuple(items)), EventTypes.SV_FUNC_WITH_RETURN)

    def _enqueue(self, client: Client, message: SpecMessage, command: Command, with_return: int) -> None:
        sn = message.sn if message.cmd == with_return else None
        try:
            self._check_room(client)
        except RemoteError as error:
            self._fail(Job(command, client, sn), str(error))
        else:
            self.push(command, client, sn)

    def _check_room(self, client: Client) -> None:
        if sum(job.client is client for job in self._queue) >= MAX_QUEUED:
            raise RemoteError(f"{MAX_QUEUED} commands wait already")

    def push(self, command: Command, client: Client | None = None, sn: int | None = None) -> None:
        """Put a command at the end of the queue that all clients share."""
        was_ready = self.ready
        self._queue.append(Job(command, client, sn))
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
        self._fail(job, reason)
        self._ended(job)

    def _ended(self, job: Job) -> None:
        if self.running is job:
            self.running = None
        if not self._queue:
            self.changed(properties.READY, "1")
            self.tell_ready(True)

    def _fail(self, job: Job, reason: str) -> None:
        if job.client is not None and job.sn is not None:
            job.client.send(job.client.session.error_reply(job.sn, "", reason))
        self.report(reason)

    def _abort(self, client: Client, _: SpecMessage) -> None:
        mine = [job for job in self._queue if job.client is client]
        self._queue = deque(job for job in self._queue if job.client is not client)
        for job in mine:
            self._fail(job, "aborted before it began")
        if mine and self.ready:
            self.tell_ready(True)
        self._starts.pop(client, None)
        self._interrupt()
        self.program.abort()

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
        """Return whether any client watches this property, or an element of it."""
        return self._bases[name] > 0

    def changed(self, name: str, value: Any, *, deleted: bool = False, mergeable: bool = True) -> None:
        """Send a property's new value to those who watch it.

        Args:
            name: of the property.
            value: the value; of an associative array the elements that changed, by key.
            deleted: the property, or these elements of it, have ceased to exist.
            mergeable: a client that is behind need not see an older value; never so of ``output/``, a stream of text.

        """
        if isinstance(value, dict):
            for key, element in value.items():
                path = element_path(name, key)
                if path in self._watchers:
                    self._tell(path, {key: element}, deleted=deleted, mergeable=True)
            mergeable = False
        elif deleted:  # an array, whole: its elements too
            for path in [path for path in self._watchers if path.startswith(f"{name}[")]:
                self._tell(path, {_key_of(path): ""}, deleted=True, mergeable=True)
        if name.startswith("output/"):
            mergeable = False
        if name in self._watchers and not values.is_data_array(value):
            self._tell(name, value, deleted=deleted, mergeable=mergeable)

    def _tell(self, name: str, value: Any, *, deleted: bool, mergeable: bool) -> None:
        flags = self.options.deleted_flag if deleted else 0
        packets: dict[tuple[str, int], bytes] = {}  # encoded once for each kind of client
        for client in list(self._watchers[name]):
            session = client.session
            packet = packets.get((session.order, session.version))
            if packet is None:
                packet = session.event(name, self._encode(session, value), flags)
                packets[session.order, session.version] = packet
            client.send(packet, name if mergeable else None, event=True)

    def _encode(self, session: ServerSession, value: Any) -> Body:
        if isinstance(value, Body):
            return value
        if isinstance(value, list) and value and isinstance(value[0], str):
            if self.options.terminated_strings:
                return values.encode_strings(value, terminated=True)
            return values.encode_strings(value, width=getattr(value, "width", 0))
        if isinstance(value, str):
            # What a program prints or keeps may have a NUL in it; a text body ends there (PROTOCOL.md 2.2).
            return Body(DataTypes.SV_STRING, 0, 0, encode_text(value.replace("\0", "")))
        body = values.encode(value, session.order)
        if self.options.array_nul and values.is_data_array(value):
            body = body._replace(data=bytes(body.data) + b"\0")
        return body


_ELEMENT = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\]){1,2})")


def split_element(name: str) -> tuple[str, tuple[str, ...]]:
    """Return a property's name and its indices: ``var/x[1][2]`` gives ``var/x`` and ``("1", "2")`` (5.5)."""
    match = _ELEMENT.fullmatch(name)
    if match is None:
        return name, ()
    return match[1], tuple(index.strip("\"'") for index in match[2][1:-1].split("]["))


def _key_of(path: str) -> Any:
    keys = split_element(path)[1]
    return keys[0] if len(keys) == 1 else keys


def _is_data_array(value: Any) -> bool:
    """Return whether a value is an array of numbers or strings, which SPEC tells nobody of (5.5)."""
    return values.is_data_array(value) or isinstance(value, list)


def element_path(name: str, key: Any) -> str:
    """Return the name of an element's property."""
    return name + "".join(f"[{index}]" for index in (key if isinstance(key, tuple) else (key,)))


def _element(name: str, value: Any, keys: tuple[str, ...]) -> Any:
    """Return one element of an array: of an associative one, the pair (5.5)."""
    if isinstance(value, dict):
        key = keys[0] if len(keys) == 1 else keys
        for known, element in value.items():
            if (tuple(map(str, known)) if isinstance(known, tuple) else str(known)) == key:
                return {key: element}
    elif values.is_data_array(value):
        try:
            return value[tuple(int(index) for index in keys)]
        except (IndexError, ValueError):
            pass  # told below, as for any element that is not there
    raise RemoteError(f"no element {name!r}")


def _element_update(keys: tuple[str, ...], value: Any) -> dict[Any, Any]:
    """Return the update that sets one element, from a value or from the pair that some clients send (5.5)."""
    key = keys[0] if len(keys) == 1 else keys
    return {key: next(iter(value.values())) if isinstance(value, dict) and len(value) == 1 else value}


def _body_text(message: SpecMessage) -> str:
    """Return a command's text, whatever type it was sent as: the server ignores the type (2.2)."""
    return message.body if isinstance(message.body, str) else decode_text(message.body).removesuffix("\0")
