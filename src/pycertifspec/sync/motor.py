"""`Motor`: one motor of the instrument."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pycertifspec.session import properties
from pycertifspec.session.procedures import facts, looking, moving, searching
from pycertifspec.session.procedures import properties as reading

from .attributes import Attribute
from .motion import Motion

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycertifspec.session.change import Change
    from pycertifspec.session.procedures.facts import Facts
    from pycertifspec.wire.message import SpecMessage

    from .changes import Changes, Watch
    from .client import Client


class Motor:
    """One motor, by its mnemonic. Numbers are in user units unless an attribute says otherwise.

    Nothing is asked of the server before something is read or done; whoever needs to know that the motor
    exists reads its position.
    """

    position = Attribute(properties.POSITION)
    dial_position = Attribute(properties.DIAL_POSITION)
    offset = Attribute(properties.OFFSET)
    step_size = Attribute(properties.STEP_SIZE)
    sign = Attribute(properties.SIGN)
    move_done = Attribute(
        properties.MOVE_DONE._replace(doc="True when the motor stands: the contrary of what travels under this name."),
        inverted=True,
    )
    moving = Attribute(properties.MOVE_DONE._replace(doc="True while the motor moves."))
    high_lim_hit = Attribute(properties.HIGH_LIM_HIT)
    low_lim_hit = Attribute(properties.LOW_LIM_HIT)
    emergency_stop = Attribute(properties.EMERGENCY_STOP)
    motor_fault = Attribute(properties.MOTOR_FAULT)
    high_limit = Attribute(properties.HIGH_LIMIT)
    low_limit = Attribute(properties.LOW_LIMIT)
    unusable = Attribute(properties.UNUSABLE)
    base_rate = Attribute(properties.BASE_RATE)
    slew_rate = Attribute(properties.SLEW_RATE)
    acceleration = Attribute(properties.ACCELERATION)
    backlash = Attribute(properties.BACKLASH)

    # Assigning what there is not, such as a misspelt attribute, is an error.
    __slots__ = ("__weakref__", "_link", "conn", "name")

    def __init__(self, name: str, conn: Client) -> None:
        self.name = name
        self.conn = conn
        self._link = conn._link  # noqa: SLF001  one object in two parts

    def path(self, prop: str) -> str:
        """Return the full name of one of the motor's properties."""
        return properties.motor_path(self.name, prop)

    def read(self, prop: str) -> Any:
        """Return the value of one of the motor's properties: ``"position"``.

        Raises:
            RemoteError: there is no such motor or property.

        """
        return self._link.run(reading.read(self.path(prop)))

    def write(self, prop: str, value: Any) -> None:
        """Write one of the motor's properties. Writing ``position`` changes the offset and moves nothing.

        SPEC sets positions and limits as a command: where it is busy, when it is not any more.

        Raises:
            RemoteError: the server refused.

        """
        return self._link.run(reading.write(self._link.session, self.path(prop), value))

    def watch(self, prop: str, callback: Callable[[Change], Any]) -> Watch:
        """Call a function with each change of one of the motor's properties, the present value first."""
        return self.conn.watch(self.path(prop), callback)

    def changes(self, prop: str) -> Changes[Change]:
        """Return what one of the motor's properties becomes, the present value first."""
        return self.conn.changes(self.path(prop))

    @property
    def limits(self) -> Any:
        """Both limits in user units, the lower one first."""
        return self._link.run(facts.limits(self.name))

    def facts(self) -> Facts:
        """Return what is known of the motor, asked together: positions, limits, whether it moves.

        Raises:
            RemoteError: there is no such motor.

        """
        return self._link.run(facts.facts(self.name))

    def set_limits(self, low: float, high: float) -> None:
        """Set both limits, in user units; where SPEC is busy, it does so when it is not any more.

        Raises:
            RemoteError: the server refused.

        """
        both = f"{float(low):.15g} {float(high):.15g}"
        return self._link.run(reading.write(self._link.session, self.path("limits"), both))

    def moveto(
        self,
        value: float,
        blocking: bool = True,
        callback: Callable[[], Any] | None = None,
        *,
        timeout: float | None = None,
        leave: bool = False,
    ) -> Any:
        """Move to a position, in user units, and wait until the motor stands there.

        Ctrl-C, cancellation and the timeout stop the motion, once, unless `leave` is true.

        Args:
            value: where to.
            blocking: False returns a `Motion` at once.
            callback: is called without arguments when a motion that is not waited for is over.
            timeout: seconds that the motion may take; None for as long as it takes.
            leave: let the motor move on when the waiting ends early.

        Returns:
            Where it stands; the `Motion` if it is not waited for.

        Raises:
            RefusedError: the target is beyond a limit, or the motor disabled; it has not moved.
            RemoteError: the motor was refused, or stopped short; the text says where and why.
            CallTimeoutError: the timeout passed.

        """
        if not blocking:
            return Motion(self._link, {self.name: value}, timeout, callback)
        return self._link.run(moving.move_one(self._link.session, self.name, value, timeout=timeout, leave=leave))

    def move(
        self,
        distance: float,
        blocking: bool = True,
        callback: Callable[[], Any] | None = None,
        *,
        timeout: float | None = None,
        leave: bool = False,
    ) -> Any:
        """Move BY a distance from where the motor stands, in user units; `moveto` moves to a position.

        Args:
            distance: how far.
            blocking: as `moveto`.
            callback: as `moveto`.
            timeout: as `moveto`.
            leave: as `moveto`.

        Returns:
            As `moveto`.

        Raises:
            RefusedError: as `moveto`.
            RemoteError: as `moveto`.
            CallTimeoutError: as `moveto`.

        """
        if not blocking:
            return Motion(self._link, {self.name: distance}, timeout, callback, by=True)
        procedure = moving.move_one(self._link.session, self.name, distance, by=True, timeout=timeout, leave=leave)
        return self._link.run(procedure)

    def search(self, how: str = "home", home: float | None = None, *, timeout: float | None = None) -> float:
        """Search for the home or a limit switch, wait, and return where the motor stands, in user units.

        Args:
            how: ``home``, ``home+``, ``home-``, ``lim+`` or ``lim-`` (PROTOCOL.md 5.6).
            home: the dial position that is set there.
            timeout: seconds that it may take.

        Raises:
            RemoteError: the server refused.
            CallTimeoutError: the timeout passed; the motor was stopped.

        """
        return self._link.run(searching.search(self._link.session, self.name, how, home, timeout=timeout))

    def stop(self) -> None:
        """Stop this motor, and with it all that SPEC does: there is no other way (PROTOCOL.md 2.6)."""
        return self.conn.abort()

    def answer_sync_check(self, callback: Callable[[float, float], bool]) -> Watch:
        """Let a function answer when SPEC finds that controller and SPEC disagree about the position.

        Args:
            callback: is given SPEC's position and the controller's; returns whether the controller's is to be taken.

        """
        return self.conn.watch(self.path("sync_check"), moving.sync_answer(callback, self._answer))

    def _answer(self, yes: bool) -> None:
        self.write("sync_check", yes)

    # ---- as programs for the original have it ----

    def get(self, prop_name: str) -> SpecMessage | None:
        """Return one of the motor's properties as a message, None if there is none."""
        return self.conn.get(self.path(prop_name))

    def set(self, prop_name: str, value: Any, wait_for_error: float = 0) -> bool:
        """Write one of the motor's properties; return True."""
        return self.conn.set(self.path(prop_name), value, wait_for_error)

    def subscribe(
        self, prop: str, callback: Callable[[SpecMessage], Any], nowait: bool = False, timeout: float = 1
    ) -> bool:
        """Call a function with each event of one of the motor's properties, as `Client.subscribe`."""
        return self.conn.subscribe(self.path(prop), callback, nowait, timeout)

    def unsubscribe(self, prop: str, callback: Callable[[SpecMessage], Any]) -> bool:
        """Call it no more, as `Client.unsubscribe`."""
        return self.conn.unsubscribe(self.path(prop), callback)

    def __repr__(self) -> str:
        return self._link.run(looking.motor(self.name, self._shown))

    def _repr_html_(self) -> str:
        return self._link.run(looking.motors({self.name: self._shown}))

    @property
    def _shown(self) -> str:
        return self.conn.known_names.motors.get(self.name, "")
