"""`AsyncClient`: an instrument, for asyncio."""

from __future__ import annotations

import os
import weakref
from typing import TYPE_CHECKING, Any, NoReturn

from pycertifspec.errors import LocalProtocolError
from pycertifspec.session import properties, target
from pycertifspec.session.callbacks import Callback
from pycertifspec.session.names import check_name
from pycertifspec.session.procedures import commands, counting, hearing, moving
from pycertifspec.session.procedures import properties as reading
from pycertifspec.session.procedures.counting import Names
from pycertifspec.session.steps import Follow
from pycertifspec.session.stream import Stream
from pycertifspec.session.telling import client_text
from pycertifspec.wire.constants import DEFAULT_PORT_RANGE

from .changes import Changes, Watch
from .collections import Parts
from .counter import AsyncCounter
from .link import Link
from .motion import Motion
from .motor import AsyncMotor
from .scan import Scan, Scans
from .value import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Self

    from pycertifspec.session.change import Change
    from pycertifspec.session.procedures.commands import Result


class AsyncClient:
    """A connection to SPEC.

    One is enough for a program, in one event loop. ``async with AsyncClient(…) as client:`` connects and closes it
    at the end; ``client = await AsyncClient.connect(…)`` leaves that to ``await client.close()``.

    Args:
        host: name or address; ``"host:6510"`` or ``"host:fourc"`` name a port or a server as well. None is what the
            environment's SPEC_SERVER says, else ``localhost``.
        port: the port, if it is known; no other is asked then.
        port_range: first and last port to ask where none is named, both inclusive.
        ports: ports to ask before the range.
        timeout: seconds that each port is given to answer.
        log_messages: log every message that comes (logger ``pycertifspec.messages``, level INFO).
        name: connect to the server of this process name (``"fourc"``) alone.
        call_timeout: seconds that the server is given for each answer that takes it no time.
        auto_reconnect: connect again when the connection is lost, to the same server; watches go on.

    Raises:
        ServerNotFoundError: no server answered.
        LocalProtocolError: a port is no port number.

    """

    def __init__(
        self,
        host: str | None = None,
        port: int | None = None,
        port_range: tuple[int, int] | None = DEFAULT_PORT_RANGE,
        ports: Iterable[int] = (),
        timeout: float | None = 0.5,
        log_messages: bool = False,
        *,
        name: str | None = None,
        call_timeout: float = 5.0,
        auto_reconnect: bool = True,
    ) -> None:
        self.known_names = Names({}, {})
        self._target = target.target(host, port, port_range, ports, name, os.environ)
        self._how: dict[str, Any] = {
            "connect_timeout": timeout,
            "call_timeout": call_timeout,
            "reconnect": auto_reconnect,
            "log_messages": log_messages,
        }
        self._connected_link: Link | None = None

    @classmethod
    async def connect(cls, *where: Any, **how: Any) -> Self:
        """Connect, and return the client; takes what the class takes.

        Raises:
            ServerNotFoundError: no server answered.
            LocalProtocolError: a port is no port number.

        """
        return await cls(*where, **how).__aenter__()

    @property
    def _link(self) -> Link:
        if self._connected_link is None:
            raise LocalProtocolError(
                "this client is not connected: `client = await AsyncClient.connect(…)`, or "
                "`async with AsyncClient(…) as client:`"
            )
        return self._connected_link

    # ---- values ----

    async def read(self, prop: str, kind: Callable[[Any], Any] | None = None, *, timeout: float | None = None) -> Any:
        """Return a property's value.

        Numbers and flags where the property is known to be one (PROTOCOL.md 5), else text; an associative array as a
        dict of texts, a data array as a numpy array.

        Args:
            prop: its name: ``"motor/th/position"``, ``"var/SCAN_N"``.
            kind: makes what is wanted of it: ``float``.
            timeout: seconds to wait for the answer; None for the client's `call_timeout`.

        Raises:
            RemoteError: there is no such property, or it is no `kind`.
            CallTimeoutError: the server did not answer in time.
            ConnectionLostError: the server is gone.

        """
        return await self._link.run(reading.read(prop, kind, timeout))

    async def read_change(self, prop: str, *, timeout: float | None = None) -> Change:
        """Return a property's value with what came with it: ``change.message`` says when the server sent it.

        Args:
            prop: its name.
            timeout: as in `read`.

        Raises:
            RemoteError: there is no such property.
            CallTimeoutError: the server did not answer in time.
            ConnectionLostError: the server is gone.

        """
        return await self._link.run(reading.read_change(prop, timeout))

    async def write(self, prop: str, value: Any, *, timeout: float | None = None) -> None:
        """Write a property, and see that the server did not refuse.

        Args:
            prop: its name.
            value: text, a number, a dict for an associative array (other elements stay), a numpy array.
            timeout: as in `read`.

        Raises:
            RemoteError: the server refused.
            CallTimeoutError: nobody knows whether it was written.
            ConnectionLostError: the server is gone.

        """
        return await self._link.run(reading.write(self._link.session, prop, value, timeout))

    async def call(
        self,
        function: str,
        *arguments: Any,
        returns: Callable[[Any], Any] | None = None,
        timeout: float | None = None,
    ) -> Any:
        """Call one of SPEC's functions, or a macro function, and return its value.

        Args:
            function: its name.
            arguments: numbers, texts, dicts.
            returns: makes what is wanted of the value, which is text: ``float``.
            timeout: seconds that it may take; None for as long as it takes.

        Raises:
            RemoteError: it failed, or what it returned is not what is wanted.
            CallTimeoutError: it took too long, and was aborted.
            ConnectionLostError: the server is gone; whether it ran nobody knows, and it is not called again.

        """
        return await self._link.run(
            commands.call(self._link.session, function, *arguments, returns=returns, timeout=timeout)
        )

    async def execute(
        self,
        command: str,
        *,
        timeout: float | None = None,
        leave: bool = False,
        progress: Callable[[str], object] | None = None,
    ) -> Result:
        """Run a command as at SPEC's prompt, and wait until it is over.

        Ctrl-C, cancellation and the timeout abort it, unless `leave` is true.

        Args:
            command: SPEC text.
            timeout: seconds that it may take; None for as long as it takes.
            leave: let it go on when the waiting ends early.
            progress: is called with each piece of what it prints, as it prints it.

        Returns:
            Its value, and what it printed.

        Raises:
            RemoteError: it failed.
            CallTimeoutError: it took too long.
            ConnectionLostError: the server is gone; the command is not run again.

        """
        return await self._link.run(
            commands.execute(self._link.session, command, timeout, leave=leave)
            if progress is None
            else hearing.stream(self._link.session, command, progress, timeout, leave=leave)
        )

    async def abort(self) -> None:
        """Stop everything, as ^C at SPEC's keyboard: motors, counting, macros, whoever started them."""
        return await self._link.run(commands.abort())

    # ---- watching ----

    async def watch(self, prop: str, callback: Callable[[Change], Any] | None = None) -> Watch:
        """Watch a property until the watch is closed.

        Callbacks run one after the other, in the order of what happened, apart from what reads the connection.

        Args:
            prop: its name; data arrays, and `A` and `S`, tell nobody when they change (PROTOCOL.md 5.5).
            callback: is called with each change, the present value first; may be a coroutine function. Without
                one, the watch's `value` is what the server has told last.

        Raises:
            RemoteError: there is no such property.

        """
        self._link.dispatcher.start()
        watcher = Callback(self._link.dispatcher, callback or _nothing)
        self._link.watch(watcher, (check_name(prop),))
        watch = Watch(self._link, watcher, prop)
        try:
            await self._link.run(reading.confirm(prop))
        except BaseException:
            await watch.close()
            raise
        return watch

    async def changes(self, *props: str) -> Changes[Change]:
        """Return what properties become, one change after the other, for a loop; the present values are the first.

        Args:
            props: their names.

        Raises:
            RemoteError: there is no such property.

        """
        stream = Stream(lasting=True)
        await self._link.do(Follow(stream, tuple(map(check_name, props))))
        changes: Changes[Change] = Changes(self._link, stream, _same)
        try:
            for prop in props:
                await self._link.run(reading.confirm(prop))
        except BaseException:
            await changes.close()
            raise
        return changes

    async def wait_for(self, prop: str, wanted: Any, timeout: float | None = None) -> Any:
        """Wait until a property has a value, or one for which a function is true; return that value.

        Args:
            prop: its name.
            wanted: a value, or a function of a value.
            timeout: seconds; None waits for ever.

        Raises:
            RemoteError: there is no such property.
            CallTimeoutError: the timeout passed.
            ConnectionLostError: the server is gone.

        """
        return await self._link.run(reading.wait_for(prop, wanted, timeout, self._link.session))

    async def output(self, file: str = "tty") -> Changes[str]:
        """Return what SPEC writes from now on to the screen, or to a file, piece by piece, for a loop.

        Args:
            file: its name, relative to SPEC's directory (PROTOCOL.md 5.4).

        """
        stream = Stream(lasting=True)
        await self._link.do(Follow(stream, (f"output/{file}",)))
        return Changes(self._link, stream, _value)

    # ---- the instrument ----

    async def load_names(self) -> Names:
        """Ask which motors and counters there are; SPEC answers as soon as it is at its prompt."""
        self.known_names = await self._link.run(counting.instrument(None))
        return self.known_names

    def motor(self, mne: str) -> AsyncMotor:
        """Return a motor by its mnemonic."""
        return AsyncMotor(mne, self)

    def counter(self, mne: str) -> AsyncCounter:
        """Return a counter by its mnemonic."""
        return AsyncCounter(mne, self)

    @property
    def motors(self) -> Parts[AsyncMotor]:
        """The motors' mnemonics, once awaited, and each motor as an attribute: ``client.motors.th``."""
        return Parts(self.known_names.motors, self._motors, self.motor)

    @property
    def counters(self) -> Parts[AsyncCounter]:
        """The counters' mnemonics, once awaited, and each counter as an attribute: ``client.counters.det``."""
        return Parts(self.known_names.counters, self._counters, self.counter)

    @property
    def motor_names(self) -> Value[dict[str, str]]:
        """The motors' names as people read them, by mnemonic."""
        return Value(self._motors, "motor_names")

    @property
    def counter_names(self) -> Value[dict[str, str]]:
        """The counters' names as people read them, by mnemonic."""
        return Value(self._counters, "counter_names")

    async def _motors(self) -> dict[str, str]:
        return (self.known_names if self.known_names.motors else await self.load_names()).motors

    async def _counters(self) -> dict[str, str]:
        return (self.known_names if self.known_names.counters else await self.load_names()).counters

    async def move(
        self,
        targets: Mapping[str, float] | None = None,
        /,
        *,
        timeout: float | None = None,
        leave: bool = False,
        progress: Callable[[dict[str, float]], Any] | None = None,
        arrived: Callable[[str, float], Any] | None = None,
        **motors: float,
    ) -> dict[str, float]:
        """Move motors TO positions, in user units, all together, and wait until they stand.

        A motor that is at its target already is not moved. Ctrl-C, cancellation and the timeout stop the motion, once,
        unless `leave` is true.

        Args:
            targets: positions by mnemonic.
            timeout: seconds for all; None for as long as they move.
            leave: let them move on when the waiting ends early.
            progress: is called with all positions whenever one has changed.
            arrived: is called with a motor's mnemonic and position when it stands at its target; others may move on.
            motors: positions by mnemonic: ``client.move(th=1, tth=2)``.

        Returns:
            Where each stands.

        Raises:
            RefusedError: a target is beyond a limit, or its motor disabled; nothing has moved.
            RemoteError: a motor was refused, or stopped short; the text says which, where and why.
            CallTimeoutError: the timeout passed.
            ConnectionLostError: the server is gone; the motors may still move.

        """
        wanted = moving.targets_of(targets, motors)
        return await self._link.run(
            moving.move(self._link.session, wanted, timeout=timeout, leave=leave, progress=progress, arrived=arrived)
        )

    async def check_move(
        self, targets: Mapping[str, float] | None = None, /, **motors: float
    ) -> dict[str, moving.Facts]:
        """See whether motors can be moved to positions, as `move` does before it moves them; nothing moves.

        Args:
            targets: positions by mnemonic, in user units.
            motors: positions by mnemonic.

        Returns:
            What is known of each: where it is, its limits.

        Raises:
            RefusedError: one is beyond a limit, or disabled; the text says which and why.
            RemoteError: one is not there.

        """
        return await self._link.run(moving.checked(self._link.session, moving.targets_of(targets, motors)))

    async def start_move(
        self, targets: Mapping[str, float] | None = None, /, *, timeout: float | None = None, **motors: float
    ) -> Motion:
        """Start motors as `move` does, and do not wait.

        Args:
            targets: positions by mnemonic.
            timeout: seconds after which they are stopped; None for as long as they move.
            motors: positions by mnemonic.

        """
        return Motion(self._link, moving.targets_of(targets, motors), timeout)

    async def count(
        self,
        time: float | None = None,
        callback: Callable[[dict[str, float]], Any] | None = None,
        refresh_names: bool = False,
        *,
        monitor: float | None = None,
        counters: Iterable[str] | None = None,
        timeout: float | None = None,
    ) -> dict[str, float]:
        """Count, wait until it is over, and return each counter's value by its mnemonic.

        Ctrl-C, cancellation and the timeout stop the counting.

        Args:
            time: seconds.
            callback: is called with all values whenever one has changed, and at the end.
            refresh_names: ask first which counters there are; otherwise that is known from before.
            monitor: counts of the monitor to count to, in place of seconds.
            counters: mnemonics of those whose values are wanted; None for all that there are.
            timeout: seconds that it may take; None for as long as it takes.

        Raises:
            LocalProtocolError: neither seconds nor monitor counts are given, or both.
            RemoteError: the server did not count.
            CallTimeoutError: the timeout passed.

        """
        if refresh_names:
            await self.load_names()
        return await self._link.run(
            counting.count(
                self._link.session,
                counting.preset(time, monitor),
                tuple(await self._counters() if counters is None else counters),
                timeout=timeout,
                progress=callback,
            )
        )

    async def stop_counting(self) -> None:
        """Stop counting; whoever waits for it goes on with what was counted."""
        return await self._link.run(counting.stop())

    async def scan(self, command: str, *, timeout: float | None = None) -> Scan:
        """Run a scan in SPEC; return it at once, to be followed point by point or as a whole.

        Args:
            command: as at SPEC's prompt: ``"ascan th 0 1 20 0.1"``.
            timeout: seconds after which it is aborted; None for as long as it takes.

        """
        return Scan(self._link, command, timeout)

    async def follow_scans(self) -> Scans:
        """Return the scans that begin from now on, whoever starts them, for a loop."""
        return Scans(self._link)

    # ---- state ----

    @property
    def ready(self) -> Any:
        """Whether SPEC waits for a command at its prompt."""
        return Value(lambda: self.read(properties.READY), "ready")

    @property
    def simulate(self) -> Any:
        """Whether SPEC simulates: no hardware is touched."""
        return Value(lambda: self.read(properties.SIMULATE), "simulate")

    @property
    def shell(self) -> Any:
        """Whether SPEC is in a subshell."""
        return Value(lambda: self.read(properties.SHELL), "shell")

    @property
    def version(self) -> Any:
        """SPEC's version."""
        return Value(lambda: self.read(properties.variable_path("VERSION")), "version")

    @property
    def server_name(self) -> str:
        """The name that SPEC was started under."""
        return self._link.server_name

    @property
    def port(self) -> int:
        """The port that this is connected to, or was last."""
        return self._link.port

    @property
    def connected(self) -> bool:
        """Whether the connection stands."""
        return self._link.connected

    def on_connection(self, callback: Callable[[bool], Any]) -> Callable[[], None]:
        """Call a function with False when the connection is lost, and True when it stands again.

        Returns:
            What ends that.

        """
        self._link.on_connection.append(callback)
        return lambda: self._link.on_connection.remove(callback)

    async def wait_until_ready(self, timeout: float | None = None) -> None:
        """Wait until SPEC waits for a command.

        Raises:
            CallTimeoutError: the timeout passed.

        """
        return await self._link.run(reading.until_ready(self._link.session, timeout))

    async def close(self) -> None:
        """End the connection; what waits for something fails. Closing twice does nothing."""
        if self._connected_link is None:
            return None
        self._finalizer.detach()
        return await self._link.close()

    # ---- Python's ----

    async def __aenter__(self) -> Self:
        if self._connected_link is None:
            link = Link(self._target, **self._how)
            await link.connect()
            self._connected_link = link
            self._finalizer = weakref.finalize(self, link.abandon)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __reduce__(self) -> NoReturn:
        raise TypeError("an AsyncClient cannot be pickled: it is a connection; give the other process host and port")

    def __repr__(self) -> str:
        if self._connected_link is None:
            return f"<AsyncClient for {self._target.host}, not connected>"
        return client_text("AsyncClient", self._link.session.label, connected=self.connected)


def _nothing(change: Change) -> None:
    """Take no notice: the value is kept by the session."""


def _same(change: Change) -> Change:
    return change


def _value(change: Change) -> str:
    return str(change.value)
