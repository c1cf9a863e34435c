"""`SpecMotor`: one of SPEC's motors as a device of ophyd-async."""

import asyncio
from collections.abc import AsyncIterator
from functools import cached_property
from typing import Any

from bluesky.protocols import Location
from ophyd_async.core import (
    CalculatableTimeout,
    MovableLogic,
    Reference,
    SignalR,
    SignalRW,
    StandardMovable,
    StandardReadable,
    WatchableAsyncStatus,
    WatcherUpdate,
)
from ophyd_async.core import StandardReadableFormat as Format

from pycertifspec.documents.instrument import Instrument
from pycertifspec.errors import CallTimeoutError
from pycertifspec.session import properties
from pycertifspec.session.properties import Property, motor_path

from .address import address
from .backend import SpecSignalBackend
from .departures import Ticket
from .setpoint import as_setpoint


class SpecMotor(StandardMovable[float], StandardReadable):
    """A motor of a SPEC server.

    It is set in user units, checked against SPEC's limits before anything moves, and its status is done when it
    stands. Motors that a plan sets together (``bps.mv(th, 1, tth, 2)``) start with one command of SPEC's; if one of
    them is refused, none moves. Stopping it, and whatever ends the waiting early, stops the motion once, and with it
    all that SPEC does: there is no other way (PROTOCOL.md 2.6). A motion that this device did not begin is left alone.

    Its reading has one key, its name; offset, sign, step size, limits and speeds are its configuration.

    Args:
        mnemonic: of the motor: ``"th"``.
        server: ``host:port``, ``host:name`` or ``host``; empty for what the environment's SPEC_SERVER says.
        units: of its positions, such as ``"mm"``; SPEC does not tell them. Empty for degrees where the mnemonic is one
            of SPEC's own angles (``th``), keV for ``en``, and none for the others.
        name: of the device; `init_devices` gives it that of its variable.

    """

    def __init__(self, mnemonic: str, server: str = "", units: str = "", name: str = "") -> None:
        self.mnemonic = mnemonic
        unit = units or Instrument().unit_of(mnemonic)

        def at(prop: Property[Any]) -> str:
            return address(server, motor_path(mnemonic, prop.name))

        position, start = at(properties.POSITION), at(properties.START_ONE)
        self._moving = SpecSignalBackend(float, position, start, unit)
        with self.add_children_as_readables(Format.HINTED_UNCACHED_SIGNAL):
            self.readback = SignalR(SpecSignalBackend(float, position, units=unit))
        with self.add_children_as_readables(Format.CONFIG_SIGNAL):
            self.offset = SignalRW(SpecSignalBackend(float, at(properties.OFFSET), units=unit))
            self.sign = SignalR(SpecSignalBackend(float, at(properties.SIGN)))
            self.step_size = SignalR(SpecSignalBackend(float, at(properties.STEP_SIZE)))
            self.low_limit = SignalRW(SpecSignalBackend(float, at(properties.LOW_LIMIT), units=unit))
            self.high_limit = SignalRW(SpecSignalBackend(float, at(properties.HIGH_LIMIT), units=unit))
            self.slew_rate = SignalRW(SpecSignalBackend(float, at(properties.SLEW_RATE)))
            self.acceleration = SignalRW(SpecSignalBackend(float, at(properties.ACCELERATION)))
        self.setpoint = as_setpoint(SignalRW(self._moving))
        self.dial_position = SignalR(SpecSignalBackend(float, at(properties.DIAL_POSITION), units=unit))
        self.moving = SignalR(SpecSignalBackend(bool, at(properties.MOVE_DONE)))
        super().__init__(name=name)

    @cached_property
    def movable_logic(self) -> MovableLogic[float]:
        """How it moves."""
        return _Moving(self)

    def set(
        self, new_position: float, timeout: CalculatableTimeout = "CALCULATE_TIMEOUT"
    ) -> WatchableAsyncStatus[float]:
        """Move to a position, in user units; the status is done when the motor stands, and tells how far it is.

        Args:
            new_position: where to.
            timeout: seconds after which it is stopped; by default it may take as long as it moves.

        """
        if self._mock is not None:
            return super().set(new_position, timeout)
        # Announced before anything is waited for, so that a motor that is set next is known when this one is ready.
        ticket = self._moving.connection.departures.announce()
        limit = None if isinstance(timeout, str) else timeout
        status = WatchableAsyncStatus(self._travel(float(new_position), limit, ticket), name=self.name)
        status.add_callback(lambda _: ticket.cancel())
        return status

    async def _travel(
        self, target: float, timeout: float | None, ticket: Ticket
    ) -> AsyncIterator[WatcherUpdate[float]]:
        initial = await self._moving.get_value()
        units, precision = await self.movable_logic.get_units_precision()
        try:
            async with asyncio.timeout(timeout) as limit:
                async for current in self._moving.move(target, ticket):
                    yield WatcherUpdate(
                        current=current,
                        initial=initial,
                        target=target,
                        name=self.name,
                        unit=units,
                        precision=precision,
                    )
        except TimeoutError as error:
            if not limit.expired():
                raise
            raise CallTimeoutError(
                f"motor {self.mnemonic!r} did not arrive at {target:g} within {timeout} s; it was stopped"
            ) from error

    async def locate(self) -> Location[float]:
        """Return where it is, and where it goes: a motor that does not move goes nowhere else."""
        if self._mock is not None:
            return await super().locate()
        setpoint, readback = await asyncio.gather(self._moving.get_setpoint(), self.readback.get_value())
        return Location(setpoint=setpoint, readback=readback)

    async def check_limits(self, target: float) -> None:
        """See whether the motor may go to a position, in user units; a mock may go anywhere.

        Raises:
            RefusedError: it is beyond a limit, or the motor is disabled.

        """
        if self._mock is None:
            await self._moving.check(target)

    async def stop(self, success: bool = False) -> None:
        """Stop the motion that `set` has begun; without effect if there is none.

        Args:
            success: whether its status is done as if the motor had arrived.

        """
        if self._mock is None:
            await self._moving.stop(success=success)
        else:
            await super().stop(success)  # type: ignore[no-untyped-call]


class _Moving(MovableLogic[float]):
    """What a motor is asked for besides moving; a mock moves as it comes from ophyd-async."""

    def __init__(self, motor: SpecMotor) -> None:
        super().__init__(motor.setpoint, motor.readback)
        self._motor = Reference(motor)
        self._units_precision: tuple[str | None, int | None] | None = None

    async def get_units_precision(self) -> tuple[str | None, int | None]:
        """Return units and digits, asked once."""
        if self._units_precision is None:
            self._units_precision = await super().get_units_precision()
        return self._units_precision

    async def check_move(self, new_position: float) -> None:
        """Refuse what SPEC would refuse."""
        await self._motor().check_limits(new_position)
