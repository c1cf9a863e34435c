"""`Motor`: a motor of the blocking client for plans, as the original pycertifspec had it."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING

from ophyd.status import Status

from pycertifspec.errors import SpecError
from pycertifspec.sync.motor import Motor as SpecMotor

from .readings import numbers, readings

if TYPE_CHECKING:
    from pycertifspec.sync.motion import Motion

    from .readings import DataKeys, Readings

READ = ("position", "dial_position")
CONFIGURATION = ("offset", "step_size", "sign")

# Seconds that a new offset is given to hold: SPEC may be in the middle of a command.
SET_WITHIN = 10.0


class Motor:
    """A motor that plans can move. `pycertifspec.bluesky.SpecMotor` is the one to begin with now.

    Its data keys are those of the original, ``position`` and ``dial_position``: two such motors in one plan need
    a `prefix` each.

    Args:
        motor: ``client.motor("th")``.
        prefix: is put before the data keys: ``"th_"``.

    Raises:
        ValueError: it is no motor of a `pycertifspec.Client`.

    """

    def __init__(self, motor: SpecMotor, *, prefix: str = "") -> None:
        if not isinstance(motor, SpecMotor):
            raise ValueError(f"{motor!r} is no motor of a pycertifspec.Client: give it client.motor(name)")  # noqa: TRY004
        self.motor = motor
        self.name = motor.name
        self.parent = None
        self.hints = {"fields": [prefix + "position"]}
        self.status: Status | None = None
        self._prefix = prefix
        self._motion: Motion | None = None

    @property
    def position(self) -> float:
        """Where it stands, in user units."""
        return float(self.motor.position)

    def read(self) -> Readings:
        """Return both positions as SPEC says them now."""
        return self._values(READ)

    def describe(self) -> DataKeys:
        """Return what `read` gives."""
        return self._sources(READ)

    def read_configuration(self) -> Readings:
        """Return what positions mean: offset, steps in a unit, sign."""
        return self._values(CONFIGURATION)

    def describe_configuration(self) -> DataKeys:
        """Return what `read_configuration` gives."""
        return self._sources(CONFIGURATION)

    def configure(self, offset: float | None = None) -> tuple[Readings, Readings]:
        """Set the offset between dial and user position, if one is given; return the configuration before and after.

        Raises:
            CallTimeoutError: SPEC was busy for longer than `SET_WITHIN` seconds; it will set the offset afterwards.

        """
        before = self.read_configuration()
        if offset is not None:
            self.motor.offset = offset
            # SPEC sets it when it comes to it, after what it does already (PROTOCOL.md 5.6).
            self.motor.conn.wait_for(self.motor.path("offset"), offset, SET_WITHIN)
        return before, self.read_configuration()

    def trigger(self) -> Status:
        """Do nothing: a position is read when it is wanted."""
        status = Status()
        status.set_finished()
        return status

    def set(self, position: float) -> Status:
        """Move, in user units.

        Returns:
            A status that fails with what SPEC said, when the motor is refused or stops short.

        """
        status = self.status = Status()
        begun: Future[Motion] = Future()  # the motion may be over before it is known here
        self._motion = self.motor.moveto(position, blocking=False, callback=lambda: _over(begun.result(), status))
        begun.set_result(self._motion)
        return status

    def stop(self, *_: object, **__: object) -> None:
        """Stop it if it moves, and with it all that SPEC does (PROTOCOL.md 2.6)."""
        if self._motion is not None and not self._motion.done:
            self._motion.stop()
        elif self.motor.moving:
            self.motor.stop()

    def _values(self, names: tuple[str, ...]) -> Readings:
        return readings({self._prefix + name: self.motor.read(name) for name in names})

    def _sources(self, names: tuple[str, ...]) -> DataKeys:
        return numbers({self._prefix + name: self.motor.path(name) for name in names})


def _over(motion: Motion, status: Status) -> None:
    try:
        motion.wait(0)
    except SpecError as error:
        status.set_exception(error)
    else:
        status.set_finished()
