"""`AsyncClient`: an instrument, for asyncio."""

from __future__ import annotations

import os
import weakref
from typing import TYPE_CHECKING, Any, NoReturn

from pycertifspec.errors import LocalProtocolError
from pycertifspec.session import properties, target
from pycertifspec.session.procedures.counting import Names, instrument
from pycertifspec.session.telling import client_text
from pycertifspec.wire.constants import DEFAULT_PORT_RANGE

from .collections import Parts
from .link import Link
from .value import Value
from .verbs import commands, counting, moving, scanning, values, watching

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Self

    from .counter import AsyncCounter
    from .motor import AsyncMotor


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

    read = values.read
    read_change = values.read_change
    write = values.write

    # ---- commands ----

    call = commands.call
    execute = commands.execute
    abort = commands.abort
    wait_until_ready = commands.wait_until_ready

    # ---- watching ----

    watch = watching.watch
    changes = watching.changes
    wait_for = watching.wait_for
    output = watching.output

    # ---- motors, counters, scans ----

    motor = moving.motor
    move = moving.move
    move_by = moving.move_by
    check_move = moving.check_move
    start_move = moving.start_move
    counter = counting.counter
    count = counting.count
    stop_counting = counting.stop_counting
    scan = scanning.scan
    follow_scans = scanning.follow_scans
    watch_scans = scanning.watch_scans

    # ---- the instrument ----

    async def load_names(self) -> Names:
        """Ask which motors and counters there are; SPEC answers as soon as it is at its prompt."""
        self.known_names = await self._link.run(instrument(None))
        return self.known_names

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
    def host(self) -> str:
        """The host that was named, or that the environment named."""
        return self._link.target.host

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
