"""`Client`: an instrument, for programs that wait."""

from __future__ import annotations

import os
import weakref
from typing import TYPE_CHECKING, Any, NoReturn

from pycertifspec.session import properties, target
from pycertifspec.session.procedures import looking
from pycertifspec.session.procedures.counting import Names, instrument
from pycertifspec.session.telling import client_text
from pycertifspec.wire.constants import DEFAULT_PORT_RANGE

from .collections import Parts
from .link import Link
from .original import Original
from .verbs import commands, counting, moving, original, scanning, values, watching

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Self

    from .counter import Counter
    from .motor import Motor


class Client:
    """A connection to SPEC.

    One is enough for a program: any thread may use it, from callbacks as well. ``with Client(…) as client:``
    closes it at the end.

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
        self._link = Link(
            target.target(host, port, port_range, ports, name, os.environ),
            connect_timeout=timeout,
            call_timeout=call_timeout,
            reconnect=auto_reconnect,
            log_messages=log_messages,
        )
        self._original = Original(self._link)
        self._finalizer = weakref.finalize(self, self._link.abandon)

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
    unwatch = watching.unwatch
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

    # ---- as programs for the original have it ----

    run = original.run
    get = original.get
    set = original.set
    subscribe = original.subscribe
    unsubscribe = original.unsubscribe
    var = original.var

    # ---- the instrument ----

    def load_names(self) -> Names:
        """Ask which motors and counters there are; SPEC answers as soon as it is at its prompt."""
        self.known_names = self._link.run(instrument(None))
        return self.known_names

    @property
    def motors(self) -> Parts[Motor]:
        """The motors' mnemonics, and each motor as an attribute: ``client.motors.th``."""
        return Parts(self._motors, self.motor, lambda: self._link.run(looking.motors(self._motors())))

    @property
    def counters(self) -> Parts[Counter]:
        """The counters' mnemonics, and each counter as an attribute: ``client.counters.det``."""
        return Parts(self._counters, self.counter, lambda: self._link.run(looking.counters(self._counters())))

    @property
    def motor_names(self) -> dict[str, str]:
        """The motors' names as people read them, by mnemonic."""
        return dict(self._motors())

    @property
    def counter_names(self) -> dict[str, str]:
        """The counters' names as people read them, by mnemonic."""
        return dict(self._counters())

    def _motors(self) -> dict[str, str]:
        return (self.known_names if self.known_names.motors else self.load_names()).motors

    def _counters(self) -> dict[str, str]:
        return (self.known_names if self.known_names.counters else self.load_names()).counters

    # ---- state ----

    @property
    def ready(self) -> Any:
        """Whether SPEC waits for a command at its prompt."""
        return self.read(properties.READY)

    @property
    def simulate(self) -> Any:
        """Whether SPEC simulates: no hardware is touched."""
        return self.read(properties.SIMULATE)

    @property
    def shell(self) -> Any:
        """Whether SPEC is in a subshell."""
        return self.read(properties.SHELL)

    @property
    def version(self) -> Any:
        """SPEC's version."""
        return self.read(properties.variable_path("VERSION"))

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

    def close(self) -> None:
        """End the connection; what waits for something fails. Closing twice does nothing."""
        self._finalizer.detach()
        return self._link.close()

    # ---- Python's ----

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Client cannot be pickled: it is a connection; give the other process host and port")

    def __repr__(self) -> str:
        return client_text("Client", self._link.session.label, connected=self.connected)

    def _repr_html_(self) -> str:
        return self.motors._repr_html_() + self.counters._repr_html_()
