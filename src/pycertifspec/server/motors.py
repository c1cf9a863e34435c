"""Motors of an application: any object that fits the protocol, with every property of SPEC's motors."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, Any, Protocol

from pycertifspec.errors import RemoteError
from pycertifspec.session import properties
from pycertifspec.session.options import ServerOptions
from pycertifspec.wire.scalars import format_number

from .scale import Scale

if TYPE_CHECKING:
    from collections.abc import Callable


class Motor(Protocol):
    """What an object needs to be published as a motor.

    Beyond these, whatever it has under the names of PROTOCOL.md 5.6 is published (`dial_position`, `offset`,
    `sign`, `step_size`, `high_limit` ...; limits in dial units); what it lacks gets a plain value. An attribute
    that can be set is set when a client writes it, a method `search(how, home)` starts searches. Its position and
    its offset can always be set: what the object cannot be told is kept beside it.
    """

    @property
    def position(self) -> float:
        """Where it is, in user units."""

    @property
    def moving(self) -> bool:
        """Whether it moves."""

    def move(self, target: float) -> None:
        """Start a motion to a position in user units, and return at once."""

    def stop(self) -> None:
        """Stop a motion, and return at once."""


# What a motor that does not say otherwise has. Limits are far: SPEC has no word for "none".
FAR = 1e9
_PLAIN: dict[str, float] = {
    "step_size": 1000,
    "high_lim_hit": 0,
    "low_lim_hit": 0,
    "emergency_stop": 0,
    "motor_fault": 0,
    "high_limit": FAR,
    "low_limit": -FAR,
    "unusable": 0,
    "base_rate": 100,
    "slew_rate": 1000,
    "acceleration": 125,
    "backlash": 0,
}
_SCALED: dict[str, Callable[[Scale], float]] = {
    "position": lambda scale: scale.user,
    "dial_position": lambda scale: scale.dial,
    "offset": lambda scale: scale.offset,
    "sign": lambda scale: scale.sign,
}
_STREAMED = ("position", "dial_position")


class ServedMotor:
    """A motor under its mnemonic: reads its properties and tells their changes in SPEC's order (PROTOCOL.md 5.7)."""

    def __init__(self, mnemonic: str, motor: Motor, tell: Callable[[str, Any], None], poll: float) -> None:
        self.mnemonic = mnemonic
        self.motor = motor
        self.scale = Scale(motor)
        self._tell = tell
        self._poll = poll
        self.options = ServerOptions()
        self._told: dict[str, Any] = {}
        self._before: dict[str, float] = {}  # where it was before a motion
        self._late = False  # it moves, and does not show it yet
        self._following: asyncio.Task[None] | None = None
        self.published = {
            properties.motor_path(mnemonic, prop.name): _MotorProperty(self, prop)
            for prop in properties.MOTOR
            if prop is not properties.START_ONE
        }

    def value(self, name: str) -> float:
        """Return a property's present number."""
        if name == "move_done":
            return 0 if self._late else int(self.motor.moving)
        if name in _SCALED:
            return _SCALED[name](self.scale)
        return float(getattr(self.motor, name, _PLAIN.get(name, 0)))

    def first_value(self, name: str) -> float:
        """Return a property's present number for a client, who is told from now on when it is another."""
        value = self.value(name)
        self._told.setdefault(name, value)
        return value

    def set_position(self, name: str, number: float) -> None:
        """Have the present position read otherwise, as SPEC's ``set`` and ``set_dial`` do; nothing moves (5.6).

        Args:
            name: ``position``, ``dial_position`` or ``offset``.
            number: what it is to be.

        Raises:
            RemoteError: it is no finite number, or the motor moves.

        """
        if not math.isfinite(number):
            raise RemoteError(f"motor {self.mnemonic}: {number} is no {name}")
        if self.motor.moving:
            raise RemoteError(f"motor {self.mnemonic}: its {name} cannot be set while it moves")
        scale = self.scale
        if name == "dial_position":
            scale.set_dial(number)
        else:
            scale.set_user(number if name == "position" else scale.user + number - scale.offset)

    def check(self, target: str) -> float:
        """Return a target that may be moved to.

        Raises:
            RemoteError: it is no number, beyond a limit, or the motor is unusable.

        """
        try:
            position = float(target)
        except ValueError:
            raise RemoteError(f"motor {self.mnemonic}: {target!r} is no position") from None
        if self.value("unusable"):
            raise RemoteError(f"motor {self.mnemonic} is unusable")
        dial = self.scale.to_dial(position)
        low, high = sorted((self.value("low_limit"), self.value("high_limit")))
        if not low <= dial <= high:  # also true of nan
            raise RemoteError(
                f"motor {self.mnemonic}: {format_number(position)} is outside its limits, "
                f"{format_number(low)} to {format_number(high)} (dial)"
            )
        return position

    def start(self, target: float) -> None:
        """Start a motion and follow it: move_done 1, positions, the last position, move_done 0."""
        target = self.check(str(target))
        self.update()  # an earlier motion may be over without having been seen so
        if not self.motor.moving and self._stands_at(target):
            if self.options.null_move_events:  # by default there are none (PROTOCOL.md 6, 5)
                self._tell_value("move_done", 1)
                self._tell_value("move_done", 0)
            return
        self._before = {name: self.value(name) for name in _STREAMED}
        self.motor.move(self.scale.target(target))
        if self.options.move_done_delay and (self._following is None or self._following.done()):
            self._late = True
        elif not self._late:
            self._tell_value("move_done", 1)  # even the shortest motion shows (PROTOCOL.md 7.3)
        self._follow()

    def _stands_at(self, target: float) -> bool:
        return math.isclose(target, self.scale.user, abs_tol=0.5 / abs(self.value("step_size")))

    def stop(self) -> None:
        """Stop a motion, and tell its end if that was at once."""
        if self.motor.moving:
            self.motor.stop()
            self.update()

    def update(self) -> None:
        """Tell what has changed: to be called after a change that the server did not cause."""
        # Looked at once: a motion that ends between here and there is told the next time, with its final position.
        moving = self.value("move_done")
        if moving:
            self._tell_changed("move_done", 1)
        stale = self.options.stale_position and not moving and self._told.get("move_done")
        for prop in properties.MOTOR:
            if prop.readable and prop.name not in ("move_done", "sync_check"):
                value = self.value(prop.name)
                if stale and prop.name in _STREAMED:
                    self._tell_value(prop.name, self._before.get(prop.name, value))
                    self._told[prop.name] = value
                else:
                    self._tell_changed(prop.name, value)
        if not moving:
            self._tell_changed("move_done", 0)

    def _tell_changed(self, name: str, value: float) -> None:
        if self._told.get(name) != value:
            self._tell_value(name, value)

    def _tell_value(self, name: str, value: float) -> None:
        self._told[name] = value
        for _ in range(2 if name == "move_done" and not value and self.options.duplicate_move_done else 1):
            self._tell(properties.motor_path(self.mnemonic, name), value)

    def _follow(self) -> None:
        if self._following is None or self._following.done():
            self._following = asyncio.get_running_loop().create_task(self._until_done(), name=f"{self.mnemonic} moves")
            self._following.add_done_callback(lambda _: self.update())

    async def _until_shown(self) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + self.options.move_done_delay
        try:
            while (left := end - loop.time()) > 0:
                self.update()
                await asyncio.sleep(min(left, self._poll))
        finally:
            self._late = False
        self._tell_value("move_done", 1)

    def release(self) -> None:
        """Follow no motion any more: nobody is there to be told."""
        if self._following is not None:
            self._following.cancel()

    async def _until_done(self) -> None:
        if self._late:
            await self._until_shown()
        while self.motor.moving:
            self.update()
            await asyncio.sleep(self._poll)


class _MotorProperty:
    """One property of a served motor, as the service asks for it."""

    def __init__(self, served: ServedMotor, prop: Any) -> None:
        self._served = served
        self._prop = prop

    def read(self) -> Any:
        if self._prop is properties.SYNC_CHECK:
            return ""
        if not self._prop.readable:
            raise RemoteError(f"motor/{self._served.mnemonic}/{self._prop.name} can only be set")
        return self._served.first_value(self._prop.name)

    def write(self, value: Any) -> None:
        name, served = self._prop.name, self._served
        if not self._prop.writable:
            raise RemoteError(f"motor/{served.mnemonic}/{name} cannot be set")
        try:
            self._write(name, served, str(value).split())
        except (ValueError, IndexError) as error:
            raise RemoteError(f"motor/{served.mnemonic}/{name}: {value!r} does not fit: {error}") from error
        except AttributeError as error:
            raise RemoteError(f"motor/{served.mnemonic}/{name} cannot be set on this motor") from error
        served.update()

    @staticmethod
    def _write(name: str, served: ServedMotor, words: list[str]) -> None:
        motor: Any = served.motor
        if name == "search":
            motor.search(words[0], *(served.scale.home(float(word)) for word in words[1:]))
            served._follow()  # noqa: SLF001  the two are one
        elif name == "limits":
            motor.low_limit, motor.high_limit = sorted(served.scale.to_dial(float(word)) for word in words)
        elif name in ("low_limit", "high_limit"):  # read in dial units, written in user units (PROTOCOL.md 5.6)
            setattr(motor, name, served.scale.to_dial(float(words[0])))
        elif name in _SCALED:
            served.set_position(name, float(words[0]))
        else:
            setattr(motor, name, float(words[0]))
