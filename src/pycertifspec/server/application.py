"""`Application`: what an author publishes — properties, functions, motors, counters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from pycertifspec.errors import LocalProtocolError, RemoteError
from pycertifspec.session import calls, properties
from pycertifspec.session.elements import split_element
from pycertifspec.session.options import ServerOptions
from pycertifspec.session.program import Command
from pycertifspec.wire.header import encode_name

from .counting import Counter, Counters
from .functions import Functions
from .motors import Motor, ServedMotor
from .property import Property

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pycertifspec.session.program import Channel, Published

__all__ = ["Application", "Counter", "Motor", "Property"]

F = TypeVar("F", bound="Callable[..., Any]")

# How often a motor or counter that does not tell its changes itself is looked at while it is busy, in seconds.
DEFAULT_POLL = 0.1
# Variables that clients may create, if that is an option: more than a measurement has.
MAX_CREATED = 1_000


class Application:
    """A program that SPEC, and every SPEC client, can talk to.

    Publish properties, functions, motors and counters, then serve it: with `Server` in asyncio,
    or ``with ServerThread(application) as server`` in blocking code. Nothing is evaluated that
    was not published.

    Args:
        name: what clients find it by, as in ``host:name``.

    """

    def __init__(self, name: str = "python") -> None:
        encode_name(name)
        self.name = name
        self._properties: dict[str, Published] = {}
        self._functions = Functions(name)
        self._motors: dict[str, ServedMotor] = {}
        self._counters: Counters | None = None
        self._channel: Channel | None = None
        self._options = ServerOptions()
        self._created = 0
        self.simulate = False
        for path, get in (
            (properties.SHELL, lambda: 0),
            (properties.SIMULATE, lambda: int(self.simulate)),
            (properties.QUIT, lambda: 0),
        ):
            self.publish(path, get=get)

    # ---- what an author calls ----

    def publish(
        self,
        name: str,
        value: Any = None,
        *,
        get: Callable[[], Any] | None = None,
        set: Callable[[Any], None] | None = None,  # noqa: A002  SPEC's word
        writable: bool = True,
    ) -> Property:
        """Publish a property.

        Args:
            name: its path, ``var/x``; whatever can be a property name.
            value: its first value: text, number, dict, list of strings, numpy array.
            get: gives the value instead; must be quick, for it is called between messages.
            set: takes a value that a client sets; raises `SpecError` to refuse it.
            writable: whether clients may set it.

        Returns:
            The property; assign its `value` to tell those who watch.

        Raises:
            LocalProtocolError: the name cannot travel, or is published already.

        """
        encode_name(name)
        if name in self._properties:
            raise LocalProtocolError(f"the property {name!r} is published already")
        published = Property(self, name, value, get, set, writable=writable)
        self._properties[name] = published
        if self._channel is not None and self._channel.watched(name):  # it was withdrawn, and is there again (5.5)
            published.changed(published.read())
        return published

    def withdraw(self, name: str) -> None:
        """Publish a property no longer: who watches it is told that it, and each element, has ceased to exist.

        Who reads it from now on is told that there is none; if it is published again, those who still watch it
        are told its new values.

        Raises:
            LocalProtocolError: there is no such property, or it belongs to a motor or to the counters.

        """
        published = self._properties.get(name)
        if not isinstance(published, Property):
            raise LocalProtocolError(f"no property {name!r} was published")
        published.cease()
        del self._properties[name]

    def function(self, function: F) -> F:
        """Publish a function under its own name; a decorator.

        A plain function runs in a thread of the application's, a coroutine function in the server's loop:
        one at a time, in the order of the requests. Clients pass numbers (as float), text and
        associative arrays (as dict). An argument annotated as int, float, str or bool becomes that, or the call
        is refused with an error that names it. A function that still runs when the server stops is waited for
        a second; as Python can end no thread, the program's own end then waits for it.
        """
        self._functions.add(function)
        return function

    def motor(self, mnemonic: str, motor: Motor, *, poll: float = DEFAULT_POLL) -> ServedMotor:
        """Publish a motor with all properties that SPEC's motors have (PROTOCOL.md 5.6).

        Args:
            mnemonic: short name, ``th``.
            motor: an object that fits the protocol `pycertifspec.server.Motor`.
            poll: seconds between looks at it while it moves.

        """
        if mnemonic in self._motors:
            raise LocalProtocolError(f"the motor {mnemonic!r} is published already")
        served = ServedMotor(mnemonic, motor, self.changed, poll)
        served.options = self._options
        self._motors[mnemonic] = served
        self._properties.update(served.published)
        return served

    def counters(self, counters: Mapping[str, Counter], *, poll: float = DEFAULT_POLL) -> Counters:
        """Publish counters, which count together (PROTOCOL.md 5.9).

        Args:
            counters: by mnemonic; the first is the timer, in seconds, the second the monitor.
            poll: seconds between looks at them while they count.

        """
        if self._counters is not None:
            raise LocalProtocolError("the counters are published already")
        self._counters = Counters(counters, self.changed, self._push_count, self._drop_counts, poll)
        self._properties.update(self._counters.published)
        return self._counters

    def _push_count(self, preset: float) -> None:
        if self._channel is not None:
            self._channel.push(Command((_COUNT, str(preset))))

    def _drop_counts(self) -> None:
        if self._channel is not None:
            self._channel.drop(lambda command: command.items[0] == _COUNT)

    def changed(self, name: str, value: Any, *, deleted: bool = False) -> None:
        """Tell those who watch a property its new value. Any thread may call it.

        Args:
            name: of the property.
            value: the value; of an associative array, the elements that changed.
            deleted: these elements, or the property, have ceased to exist (PROTOCOL.md 4).

        """
        if self._channel is not None:
            self._channel.tell(name, value, deleted=deleted)

    # ---- what the server asks ----

    def attach(self, channel: Channel | None) -> None:
        """Say who tells changes: the server that serves this application, or nobody."""
        self._channel = channel
        self._options = ServerOptions() if channel is None else channel.options
        for motor in self._motors.values():
            motor.options = self._options
            if channel is None:
                motor.release()
        if channel is None:
            self._functions.close()

    def find(self, name: str) -> Published | None:
        """Return the property of this name, if there is one."""
        return self._properties.get(name)

    def create(self, name: str) -> Published:
        """Publish a property that a client sets and nobody has published."""
        if self._created >= MAX_CREATED:
            raise RemoteError(f"{name!r} is not created: clients have created {MAX_CREATED} properties already")
        self._created += 1
        return self.publish(name, "")

    def start_motors(self, targets: list[tuple[str, str]]) -> Command | None:
        """Return the command that starts motors together."""
        for mnemonic, target in targets:
            self._motors[mnemonic].check(target)
        words = (word for mnemonic, target in targets for word in (mnemonic, target))
        return Command((_START, *words))

    def abort(self) -> None:
        """Stop what moves and counts."""
        self._stop_all([*self._motors.values(), *([self._counters] if self._counters else [])])

    def abort_motors(self) -> None:
        """Stop what moves."""
        self._stop_all(list(self._motors.values()))

    @staticmethod
    def _stop_all(devices: Sequence[ServedMotor | Counters]) -> None:
        """Stop each; one that cannot be stopped does not keep the others from it."""
        problem: Exception | None = None
        for device in devices:
            try:
                device.stop()
            except Exception as error:  # noqa: BLE001  raised below, when the others have been stopped
                problem = error
        if problem is not None:
            raise problem

    async def execute(self, command: Command) -> Any:
        """Call what a command names, and return the last value."""
        if command.items[0] == _START:
            pairs = list(zip(command.items[1::2], command.items[2::2], strict=True))
            for mnemonic, target in pairs:
                self._motors[mnemonic].start(float(target))
            return ""
        if command.items[0] == _COUNT and self._counters is not None:
            self._counters.count(float(command.items[1]))
            return ""
        statements = calls.parse(command.text) if len(command.items) == 1 else [calls.parse_items(command.items)]
        value: Any = ""
        for statement in statements:
            value = await self._evaluate(statement)
        return value

    async def _evaluate(self, statement: Any) -> Any:
        if isinstance(statement, calls.Name) and statement.text in self._functions:
            statement = calls.Call(statement.text, ())
        if not isinstance(statement, calls.Call):
            return self._resolve(statement, strict=True)
        if statement.name not in self._functions:
            raise RemoteError(f"{self.name!r} publishes no function {statement.name!r}")
        return await self._functions.call(statement.name, [self._resolve(word) for word in statement.arguments])

    def _resolve(self, argument: Any, *, strict: bool = False) -> Any:
        """Return an argument's value: a word is a published variable, else itself."""
        if not isinstance(argument, calls.Name):
            return argument
        base, keys = split_element(properties.variable_path(argument.text))
        variable = self._properties.get(base)
        if variable is not None and not keys:
            return variable.read()
        if strict:
            raise RemoteError(f"{self.name!r} publishes no variable or function {argument.text!r}")
        return argument.text


# No client can send commands of these names.
_START = "\x00start"
_COUNT = "\x00count"
