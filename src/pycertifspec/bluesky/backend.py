"""`SpecSignalBackend`: any property of a SPEC server as a signal of ophyd-async."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from bluesky.protocols import Reading
from ophyd_async.core import (
    NotConnectedError,
    SignalBackend,
    SignalDatatypeT,
    SignalMetadata,
    make_datakey,
)

from pycertifspec.errors import ConnectionLostError, RemoteError, SpecError
from pycertifspec.session import names, properties
from pycertifspec.session.change import sent_at
from pycertifspec.session.procedures.facts import digits_of
from pycertifspec.session.properties import Units, motor_path

from .address import split
from .connection import Connection, shared
from .conversion import converted, datatype_of, plain
from .monitor import OK, Monitor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from event_model import DataKey
    from ophyd_async.core import Callback

    from pycertifspec.session.change import Change

    from .departures import Journey, Ticket

_START = "/" + properties.START_ONE.name

_POSITIONS = {Units.USER, Units.DIAL}


class SpecSignalBackend(SignalBackend[SignalDatatypeT]):
    """A signal's way to a property.

    Reading asks the server; a signal that is monitored is told by it. Writing returns when the server is known not to
    have refused, and what SPEC does as a command (a motor's offset, limits) when that is over. Writing a motor's
    ``start_one`` moves the motor: it is checked against the limits first, joins the motors that are set in the same
    breath, and is over when the motor stands; cancelling it stops the motor.

    Args:
        datatype: what the value is; None for what the server says when it is connected.
        read_address: ``spec://host:port/motor/th/position``; empty for a signal that is written alone.
        write_address: as `read_address`, where what is written is another property; empty for the same.
        units: of the value; None for what SPEC's protocol says, which is nothing about positions.
        precision: digits behind the point; None for what a motor's steps make of its positions.

    """

    def __init__(
        self,
        datatype: type[SignalDatatypeT] | None,
        read_address: str = "",
        write_address: str = "",
        units: str | None = None,
        precision: int | None = None,
    ) -> None:
        super().__init__(datatype)
        self.set_addresses(read_address, write_address)
        self.units = units
        self.precision = precision
        self._connection: Connection | None = None
        self._setpoint: Any = None
        self._journey: Journey | None = None
        self._monitor: Monitor | None = None

    def set_addresses(self, read_address: str, write_address: str = "") -> None:
        """Say where the values are from and where they go; a declarative device does so."""
        self.read_address = read_address
        self.write_address = write_address or read_address

    @property
    def moves(self) -> bool:
        """Whether writing it moves a motor."""
        return self.write_address.endswith(_START)

    @property
    def _motor(self) -> str:
        """The mnemonic of the motor that writing it moves."""
        return split(self.write_address)[1].split("/")[1]

    @property
    def connection(self) -> Connection:
        """The connection that devices of this server share.

        Raises:
            NotConnectedError: the signal has not been connected.

        """
        if self._connection is None:
            raise NotConnectedError(f"{self.read_address or self.write_address}: connect its device first")
        return self._connection

    def source(self, name: str, read: bool) -> str:  # noqa: ARG002  ophyd-async's signature
        """Return the address that is read, or written."""
        return self.read_address if read and self.read_address else self.write_address

    async def connect(self, timeout: float) -> None:
        """Connect, and see that the property is there.

        Raises:
            NotConnectedError: no server answers, or it has no such property; the text says which.

        """
        place = self.read_address or self.write_address
        try:
            server, prop = split(place)
            async with asyncio.timeout(timeout):
                self._connection = await shared(server)
                if self.read_address:
                    await self._learn(prop)
        except TimeoutError as error:
            raise NotConnectedError(f"{place}: no answer within {timeout} s") from error
        except SpecError as error:
            raise NotConnectedError(f"{place}: {error}") from error

    async def _learn(self, prop: str) -> None:
        """Learn what the property is from its present value."""
        value = await self.connection.client.read(prop)
        if self.datatype is None:
            self.datatype = datatype_of(value, self.read_address)
        converted(value, self.datatype, self.read_address)
        kind = names.units(prop)
        if kind not in _POSITIONS:
            self.units = self.units if self.units is not None else kind or None
        elif self.precision is None:
            motor = prop.split("/")[1]
            steps = await self.connection.client.read(motor_path(motor, properties.STEP_SIZE.name), float)
            self.precision = digits_of(steps)

    async def put(self, value: SignalDatatypeT | None) -> None:
        """Write the value; what `None` stands for is the command's affair, as with ``prestart_all``.

        Raises:
            SpecError: it was refused; or, for a motion, as `AsyncClient.move`.

        """
        if self.moves:
            await self._move(float(plain(value)))
        else:
            _, prop = split(self.write_address)
            client = self.connection.client
            await client.write(prop, "" if value is None else plain(value))
            self._setpoint = value
            if properties.is_queued(prop):
                # SPEC does this as a command, after those that wait already; what is done behind it is done after it.
                with contextlib.suppress(RemoteError):  # a server that is no SPEC, and has no queue
                    await client.execute("0", leave=True)

    async def _move(self, target: float) -> None:
        ticket = self.connection.departures.announce()
        try:
            # Meanwhile those that are set in the same breath announce themselves.
            await self.connection.client.read(motor_path(self._motor, properties.POSITION.name))
            async for _ in self.move(target, ticket):
                pass
        finally:
            ticket.cancel()

    async def move(self, target: float, ticket: Ticket) -> AsyncIterator[float]:
        """Move the motor that this signal moves; give its positions until it stands. Ending that early stops it.

        Args:
            target: where to, in user units.
            ticket: of those that it is to start with.

        Raises:
            SpecError: as `AsyncClient.move`.

        """
        motor = self._motor
        journey = self._journey = ticket.journey
        self._setpoint = target
        try:
            ticket.board(motor, target)
            async for position in journey.ride(motor):
                yield position
        finally:
            if self._journey is journey:
                self._journey = self._setpoint = None

    async def check(self, target: float) -> None:
        """See whether the motor that this signal moves may go somewhere, in user units; nothing moves.

        Raises:
            SpecError: as `AsyncClient.check_move`.

        """
        await self.connection.client.check_move({self._motor: float(plain(target))})

    async def stop(self, *, success: bool) -> None:
        """End the motion that this signal has begun, if there is one.

        Args:
            success: whether who waits for it goes on as if it had arrived.

        """
        if self._journey is not None:
            await self._journey.stop(success=success)

    async def get_datakey(self, source: str) -> DataKey:
        """Return type, units and digits, and where the value is from."""
        value: Any = await self.get_value()
        metadata: SignalMetadata = {}
        if self.units is not None:
            metadata["units"] = self.units
        if self.precision is not None and isinstance(value, float):
            metadata["precision"] = self.precision
        return make_datakey(self.datatype or float, value, source, metadata)

    async def get_reading(self) -> Reading[SignalDatatypeT]:
        """Return the value that the server has now, with the time of the server's clock."""
        return self._reading(await self.connection.client.read_change(split(self.read_address)[1]))

    def _reading(self, change: Change) -> Reading[SignalDatatypeT]:
        return Reading(
            value=converted(change.value, self.datatype, self.read_address),
            timestamp=sent_at(change.message),
            alarm_severity=OK,
        )

    async def get_value(self) -> SignalDatatypeT:
        """Return the value that the server has now."""
        value = await self.connection.client.read(split(self.read_address)[1])
        return converted(value, self.datatype, self.read_address)  # type: ignore[no-any-return]

    async def get_setpoint(self) -> SignalDatatypeT:
        """Return what was written last, or the present value if nothing was; of a motor where it goes, or stands.

        A motor may have been moved by others since, and relative motions begin at its setpoint.
        """
        return await self.get_value() if self._setpoint is None else self._setpoint

    def set_callback(self, callback: Callback[Reading[SignalDatatypeT]] | None) -> None:
        """Tell a function each change of the value; None ends that.

        A lost connection is told as the last value with the alarm severity 3, invalid.

        Raises:
            ConnectionLostError: the connection is lost.

        """
        if callback is None:
            if self._monitor is not None:
                self._monitor.end()
                self._monitor = None
            return
        if self._monitor is not None:
            raise RuntimeError(f"{self.read_address} tells a function already; end that first")
        connection = self.connection
        if not connection.client.connected:
            raise ConnectionLostError(f"{self.read_address} cannot be monitored: {connection.client} is not connected")
        self._monitor = Monitor(connection, split(self.read_address)[1], self._reading, callback)
