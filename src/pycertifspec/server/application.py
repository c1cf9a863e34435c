"""`Application`: what an author publishes — properties, functions, motors, counters."""

from __future__ import annotations

import asyncio
import inspect
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from pycertifspec.errors import LocalProtocolError, RemoteError
from pycertifspec.session import calls, properties
from pycertifspec.session.options import ServerOptions
from pycertifspec.session.service import Command, split_element
from pycertifspec.wire.header import encode_name
from pycertifspec.wire.scalars import format_scalar

from .counting import Counter, Counters
from .motors import Motor, ServedMotor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pycertifspec.session.service import Channel, Published

__all__ = ["Application", "Counter", "Motor", "Property"]

F = TypeVar("F", bound="Callable[..., Any]")

# How often a motor or counter that does not tell its changes itself is looked at while it is busy, in seconds.
DEFAULT_POLL = 0.1


class Property:
    """A published property: a value that is kept, or two functions that give and take it.

    Attributes:
        name: as clients know it, ``var/x``.

    """

    def __init__(
        self,
        application: Application,
        name: str,
        value: Any = None,
        get: Callable[[], Any] | None = None,
        set: Callable[[Any], None] | None = None,  # noqa: A002  SPEC's word
        *,
        writable: bool = True,
    ) -> None:
        self.name = name
        self._application = application
        self._value = value
        self._get = get
        self._set = set
        self._writable = writable and (set is not None or get is None)

    @property
    def value(self) -> Any:
        """The present value; assigning it tells those who watch. Any thread may."""
        return self._value if self._get is None else self._get()

    @value.setter
    def value(self, value: Any) -> None:
        self._value = value
        self.changed(value)

    def changed(self, value: Any) -> None:
        """Tell those who watch a new value; of an associative array, the elements that changed."""
        self._application.changed(self.name, value)

    def read(self) -> Any:
        """Return the value for a client."""
        value = self.value
        return "" if value is None else value

    def write(self, value: Any) -> None:
        """Set the value for a client. Elements of an associative array are merged (PROTOCOL.md 5.5)."""
        if not self._writable:
            raise RemoteError(f"the property {self.name!r} cannot be set")
        if self._set is not None:
            self._set(value)
        elif isinstance(value, dict) and isinstance(self._value, dict):
            spelled = {_spelled(key): key for key in self._value}  # a client cannot tell 1 from "1"
            self._value = {**self._value, **{spelled.get(_spelled(key), key): item for key, item in value.items()}}
        else:
            self._value = value
        self.changed(value)


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
        self._functions: dict[str, Callable[..., Any]] = {}
        self._motors: dict[str, ServedMotor] = {}
        self._counters: Counters | None = None
        self._channel: Channel | None = None
        self._thread: ThreadPoolExecutor | None = None
        self._options = ServerOptions()
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
        return published

    def function(self, function: F) -> F:
        """Publish a function under its own name; a decorator.

        A plain function runs in a thread of the application's, a coroutine function in the server's loop:
        one at a time, in the order of the requests. Clients pass numbers (as float), text and
        associative arrays (as dict).
        """
        self._functions[function.__name__] = function
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
        self._counters = Counters(counters, self.changed, poll)
        self._properties.update(self._counters.published)
        return self._counters

    def changed(self, name: str, value: Any) -> None:
        """Tell those who watch a property its new value. Any thread may call it."""
        if self._channel is not None:
            self._channel.tell(name, value)

    # ---- what the server asks ----

    def attach(self, channel: Channel | None) -> None:
        """Say who tells changes: the server that serves this application, or nobody."""
        self._channel = channel
        self._options = ServerOptions() if channel is None else channel.options
        for motor in self._motors.values():
            motor.options = self._options
            if channel is None:
                motor.release()
        if channel is None and self._thread is not None:
            self._thread.shutdown(wait=True, cancel_futures=True)
            self._thread = None

    def find(self, name: str) -> Published | None:
        """Return the property of this name, if there is one."""
        return self._properties.get(name)

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
        function = self._functions.get(statement.name)
        if function is None:
            raise RemoteError(f"{self.name!r} publishes no function {statement.name!r}")
        arguments = [self._resolve(argument) for argument in statement.arguments]
        try:
            inspect.signature(function).bind(*arguments)
        except TypeError as error:
            raise RemoteError(f"{statement.name}(): {error}") from error
        if inspect.iscoroutinefunction(function):
            return await function(*arguments)
        if self._thread is None:
            self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"{self.name}-functions")
        return await asyncio.get_running_loop().run_in_executor(self._thread, _call, function, *arguments)

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


_START = "\x00start"  # no client can send a command of this name


def _call(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a published function in its thread."""
    try:
        return function(*arguments)
    except (StopIteration, SystemExit, KeyboardInterrupt) as error:
        # No future can hold the first, and the others would end the server's loop.
        raise RuntimeError(f"{function.__name__}() raised {error!r}") from error


def _spelled(key: Any) -> Any:
    """Return an index as clients write it."""
    return tuple(map(format_scalar, key)) if isinstance(key, tuple) else format_scalar(key)
